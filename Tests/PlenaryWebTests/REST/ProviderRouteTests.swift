import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// `/service-providers` (`rooms-api.md` 6).
@Suite struct ProviderRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)
    private static let path = "/service-providers"
    private static let body: JSON = [
        "provider_name": "Scalelite north", "provider_type": "scalelite",
        "properties": ["host_url": "https://Scalelite.example.com/", "secret": "my-secret-key"], "settings": [:],
        "metadata": ["contract": "N-12"],
    ]
    private static let checksumError = "<returncode>FAILED</returncode><messageKey>checksumError</messageKey>"

    @Test func `a provider is made, shown, listed, changed and deleted, and its secret is never told`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let made = try await desk.api(.post, Self.path, Self.body, as: key)
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(made.json["id"]?.text)
            #expect(made.header("Location") == "/api/v1/service-providers/\(id)")
            #expect(
                made.json["properties"] == [
                    "host_url": "https://Scalelite.example.com/",
                    "api_url": "https://scalelite.example.com/bigbluebutton/api", "secret": .null,
                    "secret_set": true,
                ])
            #expect(made.json["health"]?["state"] == "healthy")
            #expect(made.json["health"]?["version"] == "1.5.1")
            #expect(Self.check.faults(of: made.json, JSONSchema.named("ServiceProvider")).isEmpty)

            let uuid = try #require(made.json["uuid"]?.text)
            let shown = try await desk.api(.get, "\(Self.path)/\(uuid)", as: key)
            #expect(shown.json == made.json)
            let tag = try #require(shown.header("ETag"))
            let list = try await desk.api(.get, Self.path, as: key)
            #expect(list.data == [made.json])
            #expect(Self.check.faults(of: list.json, JSONSchema.named("ServiceProviderList")).isEmpty)

            let changed = try await desk.api(
                .patch, "\(Self.path)/\(id)", ["provider_name": "North", "metadata": ["site": 3]], as: key,
                headers: ["If-Match": tag])
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.json["provider_name"] == "North")
            #expect(changed.json["metadata"] == ["site": 3])
            #expect(changed.json["health"]?["state"] == "healthy")
            let same = try await desk.api(.patch, "\(Self.path)/\(id)", changed.json, as: key)
            #expect(same.status == 200, "\(same.text)")
            let off: JSON = ["active": false]
            for method in [HTTPRequest.Method.patch, .delete] {
                let stale = try await desk.api(
                    method, "\(Self.path)/\(id)", method == .patch ? off : nil, as: key, headers: ["If-Match": tag])
                #expect(stale.status == 412)
            }
            for reply in [made, shown, list, changed] { #expect(!reply.text.contains("my-secret-key")) }

            let gone = try await desk.api(.delete, "\(Self.path)/\(id)", as: key)
            #expect(gone.status == 204)
            let after = try await desk.api(.get, "\(Self.path)/\(id)", as: key)
            #expect(after.status == 404)
        }
    }

    @Test func `everything that is wrong with a provider is told at once`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let body: JSON = [
                "provider_type": "bbb", "active": "yes", "nonsense": 1, "health": [:],
                "properties": ["host_url": "http://h.example", "secret": "", "host_ip": "10.0.0.1"],
            ]
            let told = [
                "/active invalid_type", "/health read_only", "/nonsense unknown_field",
                "/properties/host_ip unknown_field", "/properties/host_url provider_tls_required",
                "/properties/secret required", "/provider_name required",
            ]
            for path in [Self.path, "\(Self.path)/check"] {
                let reply = try await desk.api(.post, path, body, as: key)
                #expect(reply.status == 422)
                #expect(reply.code == "validation_failed")
                #expect(reply.faults == told)
            }
            let made = try await desk.addProvider("north", as: key)
            let changed = try await desk.api(
                .patch, "\(Self.path)/\(made)",
                [
                    "provider_type": "bigbluebutton", "id": "vD2fSb8YkC", "settings": ["a": 1],
                    "properties": ["host_url": "https://h.example?x=1", "server_tag": "a"],
                ], as: key)
            #expect(
                changed.faults == [
                    "/id read_only", "/properties/host_url invalid_host_url", "/properties/server_tag unknown_field",
                    "/provider_type read_only", "/settings/a unknown_field",
                ])
            let query = try await desk.api(.post, "\(Self.path)?verify=maybe", Self.body, as: key)
            #expect(query.code == "invalid_query")
        }
    }

    private struct Refusal: Sendable {
        let code: String
        var reason: String?
        var place = "host_url"
        let change: @Sendable (inout FakeHost.Behaviour) -> Void
    }

    private static let refusals = [
        Refusal(code: "provider_unreachable") { $0.fault = .refused },
        Refusal(code: "provider_unreachable") { $0.root = "<html/>" },
        Refusal(code: "provider_tls_invalid", reason: "expired") {
            // 1 February 2026.
            let facts = CertificateFacts(
                notBefore: nil, notAfter: WireTime(milliseconds: 1_769_904_000_000), issuer: "R11",
                isSelfIssued: false)
            $0.certificate = .invalid(.expired, facts)
        },
        Refusal(code: "provider_tls_invalid", reason: "self_signed") { $0.certificate = .invalid(.selfSigned, nil) },
        Refusal(code: "provider_secret_invalid", place: "secret") {
            $0.meetings = ProviderRouteTests.checksumError
        },
        Refusal(code: "provider_version_unsupported") {
            $0.root = "<returncode>SUCCESS</returncode><build>0.99</build>"
        },
    ]

    @Test func `what does not pass its checks is not stored, and told why`() async throws {
        let host = FakeHost()
        try await Desk.open(looksAround: false, providers: host) { desk in
            let key = try await desk.key()
            for refusal in Self.refusals {
                host.heal()
                host.set(refusal.change)
                let reply = try await desk.api(.post, Self.path, Self.body, as: key)
                #expect(reply.status == 422)
                #expect(reply.code == refusal.code)
                #expect(reply.json["reason"]?.text == refusal.reason)
                #expect(reply.faults == ["/properties/\(refusal.place) \(refusal.code)"])
                if refusal.reason == "expired" {
                    #expect(
                        reply.json["detail"]
                            == "scalelite.example.com presented a certificate that expired on 2026-02-01.")
                }
                #expect(!reply.text.contains("my-secret-key") && !reply.text.contains("bigbluebutton/api"))

                // The Test button is told the same, as an answer.
                let trial = try await desk.api(.post, "\(Self.path)/check", Self.body, as: key)
                #expect(trial.status == 200, "\(trial.text)")
                #expect(trial.json["passed"] == false)
                #expect(trial.json["problem"]?["code"]?.text == refusal.code)
                #expect(Self.check.faults(of: trial.json, JSONSchema.named("ServiceProviderCheck")).isEmpty)
                #expect(!trial.text.contains("my-secret-key"))
            }
            host.heal()
            let good = try await desk.api(.post, "\(Self.path)/check", Self.body, as: key)
            #expect(good.json["passed"] == true)
            #expect(good.json["problem"] == .null)
            #expect(Self.check.faults(of: good.json, JSONSchema.named("ServiceProviderCheck")).isEmpty)
            let stored = try await desk.store.serviceProviders()
            #expect(stored.isEmpty)
        }
    }

    @Test func `without checks a provider waits for the first one that it passes`() async throws {
        let host = FakeHost()
        try await Desk.open(looksAround: false, providers: host) { desk in
            let key = try await desk.key()
            host.set { $0.fault = .refused }
            let made = try await desk.api(.post, "\(Self.path)?verify=false", Self.body, as: key)
            #expect(made.status == 201, "\(made.text)")
            #expect(made.json["active"] == false)
            #expect(made.json["health"]?["state"] == "unknown")
            let id = try #require(made.json["id"]?.text)
            let failed = try await desk.api(.post, "\(Self.path)/\(id)/check", as: key)
            #expect(failed.status == 200)
            #expect(failed.json["active"] == false)
            #expect(failed.json["health"]?["consecutive_failures"] == 1)
            host.heal()
            let passed = try await desk.api(.post, "\(Self.path)/\(id)/check", as: key)
            #expect(passed.json["active"] == true)
            #expect(passed.json["health"]?["state"] == "healthy")
            #expect(Self.check.faults(of: passed.json, JSONSchema.named("ServiceProvider")).isEmpty)
        }
    }

    @Test func `another secret or address must pass the checks, another name need not`() async throws {
        let host = FakeHost()
        try await Desk.open(looksAround: false, providers: host) { desk in
            let key = try await desk.key()
            let place = "\(Self.path)/\(try await desk.addProvider("north", as: key))"
            host.set { $0.meetings = Self.checksumError }
            let secret: JSON = ["properties": ["secret": "another-secret"]]
            let refused = try await desk.api(.patch, place, secret, as: key)
            #expect(refused.code == "provider_secret_invalid")
            #expect(refused.faults == ["/properties/secret provider_secret_invalid"])
            let named = try await desk.api(.patch, place, ["provider_name": "N"], as: key)
            #expect(named.status == 200, "\(named.text)")
            let unverified = try await desk.api(.patch, "\(place)?verify=false", secret, as: key)
            #expect(unverified.json["active"] == false)
            #expect(unverified.json["health"]?["state"] == "unknown")
            host.heal()
            let passed = try await desk.api(.patch, place, ["active": true], as: key)
            #expect(passed.json["active"] == true)
            #expect(!passed.text.contains("another-secret"))
        }
    }

    @Test func `a list is filtered, and the types are listed`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let north = try await desk.addProvider("north", as: key)
            let own = try await desk.api(
                .post, Self.path, ["provider_name": "Own", "provider_type": "fleet", "active": false], as: key)
            #expect(own.status == 201, "\(own.text)")
            #expect(own.json["properties"] == ["server_tag": .null])
            #expect(Self.check.faults(of: own.json, JSONSchema.named("ServiceProvider")).isEmpty)
            let fleet = try #require(own.json["id"]?.text)
            let cases: [(String, [String])] = [
                ("filter[provider_type]=scalelite", [north]), ("filter[active]=false", [fleet]),
                ("filter[service_type]=meet&sort=provider_name", [fleet, north]),
                ("filter[health.state]=healthy", [north]), ("filter[health.state]=down", []),
                ("search=nor", [north]),
            ]
            for (query, ids) in cases {
                let list = try await desk.api(.get, "\(Self.path)?\(query)", as: key)
                #expect(list.data.compactMap { $0["id"]?.text } == ids, "\(query)")
            }
            let types = try await desk.api(.get, "/service-provider-types", as: key)
            let names = types.data.compactMap { $0["provider_type"]?.text }
            #expect(names == ProviderType.allCases.map(\.rawValue))
            #expect(Self.check.faults(of: types.json, JSONSchema.named("ServiceProviderTypeList")).isEmpty)
            let offered = try await desk.api(.get, "/service-provider-types?filter[offered]=false", as: key)
            #expect(offered.data.map { $0["provider_type"] } == ["vimeo"])
        }
    }

    @Test func `providers are the platform's: a customer's key sees none and changes none`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let place = "\(Self.path)/\(try await desk.addProvider("north", as: key))"
            let theirs = try await desk.key(of: [customer.number])
            let less = try await desk.key(["rooms.*"])
            let reader = try await desk.key(["service_providers.read"])
            let absent = "\(Self.path)/vD2fSb8YkC"
            let calls: [(HTTPRequest.Method, String, Int)] = [
                (.get, Self.path, 200), (.get, place, 404), (.get, "/service-provider-types", 200),
                (.post, Self.path, 403), (.patch, place, 403), (.delete, place, 403), (.post, "\(place)/check", 403),
                (.post, "\(Self.path)/check", 403), (.patch, absent, 403), (.post, "\(absent)/check", 403),
            ]
            for (method, path, status) in calls {
                let reply = try await desk.api(method, path, as: theirs)
                #expect(reply.status == status, "\(method) \(path)")
                let nobody = try await desk.api(method, path, as: nil)
                #expect(nobody.status == 401, "\(method) \(path)")
                let forbidden = try await desk.api(method, path, as: less)
                #expect(forbidden.status == 403, "\(method) \(path)")
                let read = try await desk.api(method, path, as: reader)
                #expect(read.status == (method == .get ? 200 : 403), "\(method) \(path)")
            }
            let list = try await desk.api(.get, Self.path, as: theirs)
            #expect(list.data.isEmpty)
            for method in [HTTPRequest.Method.get, .patch, .delete] {
                let reply = try await desk.api(method, absent, as: key)
                #expect(reply.status == 404)
            }
            let unchecked = try await desk.api(.post, "\(absent)/check", as: key)
            #expect(unchecked.status == 404)
        }
    }
}
