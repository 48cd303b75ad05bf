import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension Store {
    fileprivate func addScalelite(_ number: Int = 1, isActive: Bool = true) async throws -> ServiceProvider {
        let details = ServiceProviderDetails(
            name: "Scalelite \(number)", isActive: isActive,
            properties: .server(try HostURL("https://s\(number).example"), secret: try .sample("canary \(number)")),
            metadata: Metadata(members: ["contract": .scalar(.text("N-12"))]))
        return try await addServiceProvider(.scalelite, details, identity: .sample(7_000 + number), now: .start)
    }

    fileprivate func ensureFleet() async throws -> ServiceProvider? {
        try await ensureFleetProvider(identity: .sample(7_900), now: .start)
    }

    /// `1* 2 -3`: numbers in their order, the default with a star, what is inactive with a minus.
    fileprivate func attached(to owner: ProviderOwner) async throws -> String {
        try await providers(of: owner).map { attached in
            let entry = attached.entry
            return "\(entry.isActive ? "" : "-")\(entry.provider)\(entry.isDefault ? "*" : "")"
        }.joined(separator: " ")
    }
}

private func draft(_ provider: ServiceProvider, _ more: String = "") throws -> ProviderAttachmentDraft {
    let json = try JSONReader.read(Array(#"{"service_provider_id":"\#(provider.identity.id)"\#(more)}"#.utf8))
    return try ProviderAttachmentDraft(ObjectReader(json))
}

private func patch(_ text: String) throws -> ProviderAttachmentPatch {
    try ProviderAttachmentPatch(ObjectReader(JSONReader.read(Array(text.utf8))))
}

/// Service providers and where they are attached, in the store (`rooms-api.md` 5.3 and 6).
@Suite struct ServiceProviderStoreTests {
    private static let good = ProviderReport(
        latency: .milliseconds(5), version: "1.5.1", versionCheck: .ok,
        tls: ProviderTLS(fault: nil, notAfter: .second(9_000_000), issuer: "R11", checkedAt: .second(1)))

    @Test(arguments: Place.allCases) func `a provider is there as it was added, by each of its names`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let provider = try await store.addScalelite()
            let next = try await database.store()
            let identity = provider.identity
            for reference in [ResourceReference.id(identity.id), .uuid(identity.uuid), .ulid(identity.ulid)] {
                #expect(try await next.serviceProvider(reference) == provider)
            }
            #expect(try await next.serviceProviders() == [provider])
            #expect(try await next.serviceProvider(ProviderNumber(9)) == nil)
            #expect(try await store.number("SELECT COUNT(*) FROM service_providers WHERE secret LIKE '%canary%'") == 0)
        }
    }

    @Test(arguments: Place.allCases) func `a change keeps what it does not name`(place: Place) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let old = try await store.addScalelite()
            let renamed = try #require(
                try await store.updateServiceProvider(old.number, now: .second(2)) { $0.name = "North" })
            #expect(renamed.details.properties == old.details.properties && renamed.updatedAt == .second(2))
            let observed = try await store.observeServiceProvider(
                old.number, with: old.details.properties, found: Self.good, now: .second(3))
            #expect(observed?.provider.health.state == .healthy)
            let url = try HostURL("https://other.example")
            let secret = try Secret.sample("next")
            let moved = try #require(
                try await store.updateServiceProvider(old.number, now: .second(4)) {
                    $0.properties = .server(url, secret: secret)
                })
            // Of the new place nothing is known.
            #expect(moved.health == .unknown)
            let stored = try await database.store().serviceProvider(old.number)
            #expect(stored == moved && stored?.details.properties.endpoint?.secret == secret)
            #expect(try await store.updateServiceProvider(ProviderNumber(9), now: .start) { $0.name = "x" } == nil)
        }
    }

    @Test func `health is written when something is new, and else once a minute`() async throws {
        try await withStore(.memory) { store in
            let provider = try await store.addScalelite()
            func see(_ report: ProviderReport, at second: Int) async throws {
                _ = try await store.observeServiceProvider(
                    provider.number, with: provider.details.properties, found: report, now: .second(second))
            }
            func written() async throws -> WireTime? {
                try await store.serviceProvider(provider.number)?.health.checkedAt
            }
            try await see(Self.good, at: 10)
            try await see(Self.good, at: 25)
            #expect(try await written() == .second(10))
            try await see(Self.good, at: 70)
            #expect(try await written() == .second(70))
            try await see(ProviderReport(fault: .unreachable("x")), at: 75)
            #expect(try await written() == .second(75))
        }
    }

    @Test func `what was found of another address says nothing`() async throws {
        try await withStore(.memory) { store in
            let provider = try await store.addScalelite()
            let other = ProviderProperties.server(try HostURL("https://x.example"), secret: try .sample("y"))
            let observed = try await store.observeServiceProvider(
                provider.number, with: other, found: Self.good, now: .second(1))
            #expect(observed?.provider == provider && observed?.changes == [])
        }
    }

    @Test func `the first good check makes active what waited for it`() async throws {
        try await withStore(.memory) { store in
            let details = ServiceProviderDetails(
                name: "x", isActive: false, isPending: true,
                properties: .server(try HostURL("https://x.example"), secret: try .sample("y")))
            let provider = try await store.addServiceProvider(
                .scalelite, details, identity: .sample(1), now: .start)
            func see(_ report: ProviderReport) async throws -> ServiceProvider? {
                try await store.observeServiceProvider(
                    provider.number, with: details.properties, found: report, now: .second(1))?.provider
            }
            let failed = try await see(ProviderReport(fault: .secretInvalid))
            #expect(failed?.details.isPending == true && failed?.details.isActive == false)
            let low = try await see(ProviderReport(version: "0.9", versionCheck: .unsupported))
            #expect(low?.details.isActive == false)
            let passed = try await see(Self.good)
            #expect(passed?.details.isActive == true && passed?.details.isPending == false)
            #expect(try await store.serviceProvider(provider.number) == passed)
        }
    }

    @Test(arguments: Place.allCases) func `secrets are sealed anew with the others`(place: Place) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let provider = try await store.addScalelite()
            _ = try await store.ensureFleet()
            let used = try await store.keysInUse()
            // The installation's own, and the provider's.
            #expect(used.map(\.secrets) == [2])
            try await store.run("UPDATE service_providers SET key_id = 'gone' WHERE type = 'scalelite'")
            #expect(try await store.keysInUse().count == 2)
            _ = try await store.reseal()
            #expect(try await store.keysInUse().map(\.secrets) == [2])
            #expect(try await store.serviceProvider(provider.number) == provider)
        }
    }

    @Test func `a secret that does not open costs nobody else theirs`() async throws {
        try await withStore(.memory) { store in
            let (one, two) = (try await store.addScalelite(1), try await store.addScalelite(2))
            try await store.run(
                "UPDATE service_providers SET secret = (SELECT secret FROM service_providers WHERE id = 1) WHERE id = 2"
            )
            #expect(try await store.serviceProvider(one.number) == one)
            let broken = try await store.serviceProvider(two.number)
            let url = try HostURL("https://s2.example")
            #expect(broken?.details.properties == .server(url, secret: nil))
            // Renaming it leaves the stored one alone.
            let renamed = try await store.updateServiceProvider(two.number, now: .second(1)) { $0.name = "n" }
            #expect(renamed?.details.name == "n")
        }
    }

    // MARK: the provider of a fresh install

    @Test(arguments: Place.allCases) func `our own servers are made once, and given to what was sold before`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let meet = try await store.addPackage("Meet", 1)
            let video = try await store.addPackage("Video", 2) { $0.serviceType = .video }
            let customer = try await store.addCustomer("Nordschule")
            let sold = try await store.sell(meet.number, to: customer.number)
            #expect(try await store.attached(to: .subscription(sold.number)) == "")
            let made = try await store.ensureFleet()
            #expect(made?.type == .fleet && made?.details.isActive == true)
            #expect(try await database.store().ensureFleet() == nil)
            #expect(try await store.attached(to: .soldPackage(meet.number)) == "1*")
            #expect(try await store.attached(to: .soldPackage(video.number)) == "")
            #expect(try await store.attached(to: .subscription(sold.number)) == "1*")
            let next = try await store.addPackage("Next", 3)
            #expect(try await store.attached(to: .soldPackage(next.number)) == "1*")
            let second = try await store.sell(next.number, to: customer.number, 2)
            #expect(try await store.attached(to: .subscription(second.number)) == "1*")
        }
    }

    @Test func `once people deleted it, it is not made again`() async throws {
        try await withStore(.memory) { store in
            let made = try #require(try await store.ensureFleet())
            #expect(try await store.removeServiceProvider(made.number))
            #expect(try await store.ensureFleet() == nil)
            #expect(try await store.removeServiceProvider(made.number) == false)
        }
    }

    @Test func `a package is made with the providers that are named`() async throws {
        try await withStore(.memory) { store in
            _ = try await store.ensureFleet()
            let (one, two) = (try await store.addScalelite(1), try await store.addScalelite(2))
            let sold = try await store.addPackage(
                PackageDetails(name: "x"), providers: [two.number, one.number], identity: .sample(1), now: .start)
            #expect(try await store.attached(to: .soldPackage(sold.number)) == "3* 2")
            await #expect(throws: ProviderConflict.serviceTypeMismatch(offers: .meet, wants: .live)) {
                _ = try await store.addPackage(
                    PackageDetails(name: "y", serviceType: .live), providers: [one.number], identity: .sample(2),
                    now: .start)
            }
        }
    }

    // MARK: attaching

    @Test(arguments: Place.allCases) func `the default moves, and what is in use stays`(place: Place) async throws {
        try await withStore(place) { store in
            let fleet = try #require(try await store.ensureFleet())
            let (one, two) = (try await store.addScalelite(1), try await store.addScalelite(2))
            let sold = try await store.addPackage()
            let owner = ProviderOwner.soldPackage(sold.number)
            _ = try await store.attachProvider(try draft(one), to: owner, now: .second(1))
            _ = try await store.attachProvider(try draft(two, #","default":true"#), to: owner, now: .second(2))
            #expect(try await store.attached(to: owner) == "1 2 3*")
            #expect(try await store.servicePackage(sold.number)?.updatedAt == .second(2))
            await #expect(throws: ProviderConflict.attachedAlready) {
                _ = try await store.attachProvider(try draft(one), to: owner, now: .second(3))
            }
            let reference = ResourceReference.id(one.identity.id)
            let changed = try await store.changeAttachment(
                of: reference, to: owner, try patch(#"{"default":true}"#), now: .second(3))
            #expect(changed?.entry.isDefault == true)
            #expect(try await store.attached(to: owner) == "1 2* 3")
            await #expect(throws: ProviderConflict.isDefault) {
                _ = try await store.changeAttachment(
                    of: reference, to: owner, try patch(#"{"active":false}"#), now: .second(4))
            }
            await #expect(throws: ProviderConflict.isDefault) {
                _ = try await store.updateServiceProvider(one.number, now: .second(4)) { $0.isActive = false }
            }
            let last = ResourceReference.id(two.identity.id)
            await #expect(throws: ProviderConflict.isActive) {
                _ = try await store.detachProvider(last, from: owner, now: .second(4))
            }
            await #expect(throws: ProviderConflict.inUse(packages: 1, subscriptions: 0)) {
                _ = try await store.removeServiceProvider(two.number)
            }
            _ = try await store.changeAttachment(of: last, to: owner, try patch(#"{"active":false}"#), now: .second(5))
            #expect(try await store.attached(to: owner) == "1 2* -3")
            #expect(try await store.detachProvider(last, from: owner, now: .second(6)))
            #expect(try await store.detachProvider(last, from: owner, now: .second(6)) == false)
            #expect(try await store.removeServiceProvider(two.number))
            #expect(try await store.removePackage(sold.number))
            #expect(try await store.removeServiceProvider(fleet.number))
        }
    }

    @Test func `a subscription has only what its package has`() async throws {
        try await withStore(.memory) { store in
            _ = try await store.ensureFleet()
            let scalelite = try await store.addScalelite()
            let sold = try await store.addPackage()
            let customer = try await store.addCustomer("Nordschule")
            let subscription = try await store.sell(sold.number, to: customer.number)
            let owner = ProviderOwner.subscription(subscription.number)
            await #expect(throws: ProviderConflict.notInPackage) {
                _ = try await store.attachProvider(try draft(scalelite), to: owner, now: .start)
            }
            _ = try await store.attachProvider(try draft(scalelite), to: .soldPackage(sold.number), now: .start)
            // Changing a package does not change what was sold.
            #expect(try await store.attached(to: owner) == "1*")
            let attached = try await store.attachProvider(try draft(scalelite), to: owner, now: .start)
            #expect(attached?.attached.type == .scalelite && attached?.attached.isActive == true)
            #expect(try await store.attached(to: owner) == "1* 2")
            await #expect(throws: CommerceFault.notFound(.subscription)) {
                _ = try await store.attachProvider(
                    try draft(scalelite), to: .subscription(SubscriptionNumber(9)), now: .start)
            }
            let unknown = try draft(
                ServiceProvider(
                    number: ProviderNumber(9), identity: .sample(55), type: .fleet, details: scalelite.details,
                    health: .unknown, createdAt: .start, updatedAt: .start))
            await #expect(throws: ProviderConflict.noSuchProvider) {
                _ = try await store.attachProvider(unknown, to: owner, now: .start)
            }
        }
    }

    @Test func `the schema itself keeps one default, and it active`() async throws {
        try await withStore(.memory) { store in
            _ = try await store.ensureFleet()
            let other = try await store.addScalelite()
            let sold = try await store.addPackage()
            _ = try await store.attachProvider(try draft(other), to: .soldPackage(sold.number), now: .start)
            await #expect(throws: StoreFault.constraint(.unique)) {
                try await store.run("UPDATE package_providers SET is_default = 1")
            }
            await #expect(throws: StoreFault.constraint(.check)) {
                try await store.run("UPDATE package_providers SET is_active = 0")
            }
            await #expect(throws: StoreFault.constraint(.foreignKey)) {
                try await store.run("DELETE FROM service_providers")
            }
        }
    }
}
