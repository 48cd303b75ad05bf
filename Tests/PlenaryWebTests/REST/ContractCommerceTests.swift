import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// The examples of customers, accounts, packages, subscriptions and providers, member by member (`rooms-api.md` 3 to 6).
@Suite struct ContractCommerceTests {
    @Test func `the customer of section 3 is answered as there`() async throws {
        try await Desk.open(looksAround: false) { desk in
            try desk.goes(to: "2026-03-01T08:00:00Z")
            let key = try await desk.key()
            let made = try await desk.api(
                .post, "/customers",
                [
                    "external_id": "crm-4711", "customer_prefix": "NRD", "customer_type": "business",
                    "email": "it@nordschule.example", "first_name": "Ida", "last_name": "Berg",
                    "company_name": "Nordschule", "hostname": .null, "country": "DE", "currency": "EUR",
                    "locale": "de", "timezone": "Europe/Berlin",
                    "allowed_domains_registration": ["nordschule.example"],
                    "customer_metadata": ["external_billing_id": "B-99"],
                ], as: key)
            #expect(made.status == 201, "\(made.text)")
            try expectExample(
                made.json,
                """
                {
                  "object": "Customer", "id": "c8Wq2TnKpX",
                  "uuid": "5d0c4e1e-3a3d-4b1c-9a7b-3f0b7a1c2d11", "ulid": "01JPKS1A0B2C3D4E5F6G7H8J9K",
                  "external_id": "crm-4711", "customer_key": "8wq2tn", "customer_prefix": "NRD",
                  "customer_type": "business", "status": "active", "email": "it@nordschule.example",
                  "first_name": "Ida", "last_name": "Berg", "company_name": "Nordschule",
                  "hostname": null, "subdomain": "nordschule", "country": "DE", "currency": "EUR",
                  "locale": "de", "timezone": "Europe/Berlin",
                  "allowed_domains_origins": [], "allowed_domains_registration": ["nordschule.example"],
                  "customer_settings": {}, "customer_metadata": { "external_billing_id": "B-99" },
                  "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:00:00Z"
                }
                """, varying: ["/id", "/uuid", "/ulid", "/customer_key"])
        }
    }

    @Test func `the account of section 4 is answered as there`() async throws {
        try await Desk.open(looksAround: false) { desk in
            try desk.goes(to: "2026-03-01T08:20:00Z")
            let tenant = try await TenantDesk(desk)
            let made = try await desk.api(
                .post, "/accounts",
                [
                    "account_name": "Nordschule Meetings", "subscription_id": .text(tenant.subscription),
                    "tag": "school", "account_metadata": ["cost_centre": 4_100],
                ], as: tenant.key)
            #expect(made.status == 201, "\(made.text)")
            try expectExample(
                made.json,
                """
                {
                  "object": "Account", "id": "aK4mZr7PdQ",
                  "uuid": "2f1c9a40-77de-4b0e-8f0a-6a5d1c3e9b27", "ulid": "01JPKS1K2M3N4P5Q6R7S8T9V0W",
                  "account_name": "Nordschule Meetings", "account_key": "nordschule-meetings",
                  "code": null, "tag": "school", "subscriber_id": "c8Wq2TnKpX",
                  "subscription_id": "sB9xHt3LwV", "status": "active",
                  "account_settings": {}, "account_metadata": { "cost_centre": 4100 },
                  "created_at": "2026-03-01T08:20:00Z", "updated_at": "2026-03-01T08:20:00Z"
                }
                """, varying: ["/id", "/uuid", "/ulid", "/subscriber_id", "/subscription_id"])
            #expect(made.json["subscriber_id"] == .text(tenant.customer.identity.id))
            #expect(made.json["subscription_id"] == .text(tenant.subscription))
        }
    }

    /// What the package of 5.2 is made of.
    private static let meetStandard: JSON = [
        "name": "Meet Standard", "short_description": "20 connections", "description": "", "service_type": "meet",
        "status": "active", "hidden": false, "retired": false, "price": "14.99", "signup_fee": "0.00",
        "currency": "EUR", "tier": 1, "trial_period": 0, "trial_interval": "day", "grace_period": 7,
        "grace_interval": "day", "periodicity": 1, "periodicity_type": "month",
        "features": [
            ["code": "max_rooms", "value": 20], ["code": "max_participants", "value": 100],
            ["code": "max_duration", "value": 60], ["code": "recording", "value": true],
            ["code": "max_connections", "value": 20],
        ],
    ]

    @Test func `the package of 5.2 and the subscription of 5.3 are answered as there`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            try desk.goes(to: "2026-03-01T08:00:00Z")
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let provider = try await desk.addProvider("north", as: key)
            let sold = try await desk.addPackage(Self.meetStandard, as: key)
            let attached = try await desk.api(
                .post, "/packages/\(sold)/providers", ["service_provider_id": .text(provider)], as: key)
            #expect(attached.status == 201, "\(attached.text)")
            let shown = try await desk.api(.get, "/packages/\(sold)?include=features,providers", as: key)
            try expectExample(
                shown.json,
                """
                {
                  "object": "ServicePackage", "id": "pG5cNy6RjM",
                  "uuid": "c0a1d7d2-9a0c-4f5e-8a57-0b6f5f1f6e11", "ulid": "01JPKS0A1B2C3D4E5F6G7H8J9K",
                  "name": "Meet Standard", "short_description": "20 connections", "description": "",
                  "service_type": "meet", "status": "active", "hidden": false, "retired": false,
                  "price": "14.99", "signup_fee": "0.00", "currency": "EUR", "tier": 1,
                  "trial_period": 0, "trial_interval": "day", "grace_period": 7, "grace_interval": "day",
                  "periodicity": 1, "periodicity_type": "month",
                  "features": [
                    { "code": "max_rooms", "value": 20 }, { "code": "max_participants", "value": 100 },
                    { "code": "max_duration", "value": 60 }, { "code": "recording", "value": true },
                    { "code": "max_connections", "value": 20 }
                  ],
                  "providers": [ { "service_provider_id": "vD2fSb8YkC", "default": true, "active": true } ],
                  "package_settings": {}, "package_metadata": {},
                  "created_at": "2026-03-01T07:30:00Z", "updated_at": "2026-03-01T07:30:00Z"
                }
                """, varying: ContractExample.identity.union(["/providers/*/service_provider_id"]))

            let made = try await desk.api(
                .post, "/subscriptions",
                ["package_id": .text(sold), "subscriber_id": .text(customer.identity.id)], as: key)
            #expect(made.status == 201, "\(made.text)")
            try expectExample(
                made.json,
                """
                {
                  "object": "Subscription", "id": "sB9xHt3LwV",
                  "uuid": "b7cecfb2-2bf4-4628-91e1-18dea2fd40bc", "ulid": "01JPKS1Q2R3S4T5V6W7X8Y9Z0A",
                  "tag": "jkgqmnmj", "name": "Meet Standard - jkgqmnmj", "description": "",
                  "package_id": "pG5cNy6RjM", "subscriber_id": "c8Wq2TnKpX", "service_type": "meet",
                  "status": "active", "is_active": true,
                  "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z",
                  "cancels_at": null, "canceled_at": null, "trial_period": 0, "trial_interval": "day",
                  "trial_ends_at": null, "grace_period": 7, "grace_interval": "day",
                  "periodicity": 1, "periodicity_type": "month", "tier": 1,
                  "price": "14.99", "currency": "EUR", "subscription_metadata": {},
                  "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:00:00Z"
                }
                """, varying: ["/id", "/uuid", "/ulid", "/tag", "/name", "/package_id", "/subscriber_id"])
            let tag = made.json["tag"]?.text ?? ""
            #expect(tag.utf8.count == 8 && made.json["name"] == .text("Meet Standard - \(tag)"))
            #expect(made.json["package_id"] == .text(sold))
        }
    }

    /// In the order of the catalogue, as everywhere: the example has recording last.
    @Test func `the usage of 5.3 is answered as there`() async throws {
        try await Desk.open { desk in
            let tenant = try await TenantDesk(
                desk,
                features: [
                    ["code": "max_rooms", "value": 10], ["code": "max_connections", "value": 20],
                    ["code": "recording", "value": true],
                ])
            let account = try await tenant.accountID()
            let path = "/subscriptions/\(tenant.subscription)"
            let own = try await desk.api(.patch, "\(path)/features/max_rooms", ["value": 20], as: tenant.key)
            #expect(own.status == 200, "\(own.text)")
            for _ in 0..<7 {
                let room = try await desk.api(
                    .post, "/rooms", ["account_id": .text(account), "room_name": "Talk"], as: tenant.key)
                #expect(room.status == 201, "\(room.text)")
            }
            try await tenant.create("course-17", connections: 15, minutes: 60, in: account)
            let usage = try await desk.api(.get, "\(path)/usage", as: tenant.key)
            try expectExample(
                usage.json,
                """
                {
                  "object": "list",
                  "data": [
                    { "object": "SubscriptionFeature", "code": "max_rooms", "name": "Max Rooms",
                      "value": 20, "source": "subscription", "used": 7, "remaining": 13,
                      "resets_at": null },
                    { "object": "SubscriptionFeature", "code": "recording", "name": "Recording",
                      "value": true, "source": "package", "used": null, "remaining": null,
                      "resets_at": null },
                    { "object": "SubscriptionFeature", "code": "max_connections",
                      "name": "Concurrent connections", "value": 20, "source": "package", "used": 15,
                      "remaining": 5, "resets_at": null }
                  ],
                  "meta": { "pagination": { "total": 3, "count": 3, "per_page": 50, "current_page": 1,
                    "total_pages": 1, "next_cursor": null, "links": { "previous": null, "next": null } },
                    "include": [] }
                }
                """)
        }
    }

    // MARK: providers (6)

    private static let scalelite: JSON = [
        "provider_name": "Scalelite north", "provider_type": "scalelite",
        "properties": ["host_url": "https://scalelite.example.com", "secret": "my-secret-key"], "settings": [:],
        "metadata": ["contract": "N-12"],
    ]

    @Test func `the provider of 6.5 is answered as there`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            try desk.goes(to: "2026-03-01T08:10:00Z")
            let made = try await desk.api(.post, "/service-providers", Self.scalelite, as: try await desk.key())
            #expect(made.status == 201, "\(made.text)")
            try expectExample(
                made.json,
                """
                {
                  "object": "ServiceProvider", "id": "vD2fSb8YkC",
                  "uuid": "f3cfd3d0-6237-446d-b16d-5854c69d3e7a", "ulid": "01JPKS0Z1Y2X3W4V5T6S7R8Q9P",
                  "provider_name": "Scalelite north", "active": true,
                  "provider_type": "scalelite", "service_type": "meet",
                  "properties": {
                    "host_url": "https://scalelite.example.com",
                    "api_url": "https://scalelite.example.com/bigbluebutton/api",
                    "secret": null, "secret_set": true
                  },
                  "settings": {}, "metadata": { "contract": "N-12" },
                  "health": {
                    "state": "healthy", "checked_at": "2026-03-01T09:00:05Z",
                    "consecutive_failures": 0, "latency_ms": 41,
                    "version": "1.5.1", "version_check": "ok",
                    "tls": { "valid": true, "not_after": "2026-06-01T00:00:00Z", "issuer": "R11" },
                    "warnings": []
                  },
                  "created_at": "2026-03-01T08:10:00Z", "updated_at": "2026-03-01T08:10:00Z"
                }
                """,
                varying: ["/id", "/uuid", "/ulid", "/health/checked_at", "/health/latency_ms", "/health/tls/not_after"])
        }
    }

    @Test func `a certificate that expired is told as in 6.6`() async throws {
        let host = FakeHost()
        // 1 February 2026.
        let facts = CertificateFacts(
            notBefore: nil, notAfter: WireTime(milliseconds: 1_769_904_000_000), issuer: "R11", isSelfIssued: false)
        host.set { $0.certificate = .invalid(.expired, facts) }
        try await Desk.open(looksAround: false, providers: host) { desk in
            let reply = try await desk.api(.post, "/service-providers", Self.scalelite, as: try await desk.key())
            try expectProblem(
                reply,
                """
                {
                  "type": "https://rooms.example/problems/provider_tls_invalid",
                  "title": "The provider's certificate is not valid", "status": 422,
                  "code": "provider_tls_invalid", "reason": "expired",
                  "detail": "scalelite.example.com presented a certificate that expired on 2026-02-01.",
                  "instance": "/api/v1/service-providers", "request_id": "req_01JPKSAB2C3D4E5F6G7H8J9KMN",
                  "errors": [ { "pointer": "/properties/host_url", "code": "provider_tls_invalid",
                                "detail": "The certificate has expired." } ]
                }
                """)
        }
    }
}
