import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Packages and their features in the store (`rooms-api.md` 5.1 and 5.2).
@Suite struct PackageStoreTests {
    @Test(arguments: Place.allCases) func `a package is there as it was added, by each of its names`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let given = PackageDetails(
                name: "Meet Standard", description: "a\nb", shortDescription: "20 connections", serviceType: .live,
                status: .inactive, isHidden: true, isRetired: true, price: try #require(Price("14.99")),
                signupFee: try #require(Price("5")), currency: try #require(Currency("USD")), tier: 1.5,
                trial: try #require(Period(14, .day)), grace: try #require(Period(1, .week)),
                periodicity: try #require(Period(2, .year)), metadata: Metadata(members: ["a": .list([.null])]))
            let features = FeatureSet([
                .maxRooms: .integer(20), .maxDuration: .unlimited, .recording: .bool(true), .guestAccess: .bool(false),
            ])
            let identity = ResourceIdentity.sample(1)
            let sold = try await store.addPackage(given, features: features, identity: identity, now: .second(5))
            #expect(sold.number == PackageNumber(1) && sold.details == given && sold.features == features)
            let next = try await database.store()
            for reference in [ResourceReference.id(identity.id), .uuid(identity.uuid), .ulid(identity.ulid)] {
                #expect(try await next.servicePackage(reference) == sold)
            }
            #expect(try await next.servicePackage(sold.number) == sold)
            let plain = try await next.addPackage("Plain", 2)
            #expect(try await next.servicePackages() == [sold, plain])
            #expect(try await next.servicePackage(PackageNumber(99)) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `what is wrong is not stored`(place: Place) async throws {
        try await withStore(place) { store in
            await #expect(throws: ValidationFault.self) { _ = try await store.addPackage("") }
            for wrong in [
                [FeatureCode.maxRooms: FeatureValue.integer(-1)], [.maxRooms: .bool(false)],
                [.maxParticipants: .integer(0)], [.recording: .integer(1)], [.recording: .unlimited],
            ] {
                await #expect(throws: FeatureValueFault.self) { _ = try await store.addPackage(features: wrong) }
            }
            #expect(try await store.commerceRows() == [0, 0, 0, 0, 0])
            // A true where a number belongs means unlimited, and is kept as that (D-11).
            let sold = try await store.addPackage(features: [.maxRooms: .bool(true)])
            #expect(sold.features == FeatureSet([.maxRooms: .unlimited]))
            #expect(try await store.servicePackage(sold.number) == sold)
        }
    }

    @Test(arguments: Place.allCases) func `a change keeps all else`(place: Place) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let sold = try await store.addPackage(features: [.maxRooms: .integer(3)])
            let changed = try #require(
                try await store.updatePackage(sold.number, now: .second(9)) {
                    $0.isRetired = true
                    $0.tier = nil
                    $0.serviceType = .video
                })
            var expected = sold.details
            expected.isRetired = true
            expected.serviceType = .video
            #expect(changed.details == expected && changed.features == sold.features)
            #expect(changed.createdAt == .start && changed.updatedAt == .second(9))
            #expect(try await database.store().servicePackage(sold.number) == changed)
            await #expect(throws: ValidationFault.self) {
                _ = try await store.updatePackage(sold.number, now: .second(10)) { $0.name = "" }
            }
            #expect(try await store.servicePackage(sold.number) == changed)
            #expect(try await store.updatePackage(PackageNumber(99), now: .start) { $0.tier = 2 } == nil)
        }
    }

    @Test(arguments: Place.allCases) func `the type of service stays while there are subscriptions`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let sold = try await store.addPackage()
            let customer = try await store.addCustomer("Nordschule")
            _ = try await store.sell(sold.number, to: customer.number)
            await #expect(throws: CommerceFault.serviceTypeInUse) {
                _ = try await store.updatePackage(sold.number, now: .second(1)) { $0.serviceType = .live }
            }
            #expect(try await store.servicePackage(sold.number) == sold)
            #expect(try await store.updatePackage(sold.number, now: .second(1)) { $0.name = "New" } != nil)
        }
    }

    // MARK: features

    @Test(arguments: Place.allCases) func `a package has each feature once`(place: Place) async throws {
        try await withStore(place) { store in
            let sold = try await store.addPackage(features: [.maxRooms: .integer(20)])
            let number = sold.number
            for (value, second) in [(FeatureValue.integer(0), 1), (.unlimited, 2), (.integer(7), 3)] {
                let changed = try await store.setFeature(.maxRooms, value, of: number, now: .second(second))
                #expect(changed?.features == FeatureSet([.maxRooms: value]))
                #expect(changed?.updatedAt == .second(second))
                #expect(try await store.servicePackage(number) == changed)
            }
            _ = try await store.setFeature(.recording, .bool(true), of: number, mustBeNew: true, now: .second(4))
            await #expect(throws: CommerceFault.featureExists(.recording)) {
                _ = try await store.setFeature(.recording, .bool(false), of: number, mustBeNew: true, now: .second(5))
            }
            await #expect(throws: FeatureValueFault.outOfRange(.maxDuration, least: 1, most: 2_147_483_647)) {
                _ = try await store.setFeature(.maxDuration, .integer(0), of: number, now: .second(5))
            }
            let now = try #require(try await store.servicePackage(number))
            #expect(now.features == FeatureSet([.maxRooms: .integer(7), .recording: .bool(true)]))
            #expect(now.updatedAt == .second(4))
            #expect(try await store.setFeature(.maxRooms, .integer(1), of: PackageNumber(99), now: .start) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `a feature is removed once`(place: Place) async throws {
        try await withStore(place) { store in
            let sold = try await store.addPackage(features: [.maxRooms: .integer(20), .recording: .bool(false)])
            let changed = try await store.removeFeature(.maxRooms, of: sold.number, now: .second(1))
            #expect(changed?.features == FeatureSet([.recording: .bool(false)]) && changed?.updatedAt == .second(1))
            await #expect(throws: CommerceFault.noFeature(.maxRooms)) {
                _ = try await store.removeFeature(.maxRooms, of: sold.number, now: .second(2))
            }
            #expect(try await store.servicePackage(sold.number) == changed)
            #expect(try await store.removeFeature(.maxRooms, of: PackageNumber(99), now: .start) == nil)
        }
    }

    // MARK: the end

    @Test(arguments: Place.allCases) func `a package with subscriptions is not deleted`(place: Place) async throws {
        try await withStore(place) { store in
            let sold = try await store.addPackage("One", 1, features: [.maxRooms: .integer(20)])
            let other = try await store.addPackage("Two", 2, features: [.maxRooms: .integer(20)])
            let customer = try await store.addCustomer("Nordschule")
            let subscription = try await store.sell(sold.number, to: customer.number)
            await #expect(throws: CommerceFault.notDeletable(.hasSubscriptions(1))) {
                _ = try await store.removePackage(sold.number)
            }
            #expect(try await store.commerceRows() == [1, 2, 2, 1, 1])
            _ = try await store.updateSubscription(subscription.number, now: .start) { $0.life.status = .inactive }
            #expect(try await store.removeSubscription(subscription.number))
            #expect(try await store.removePackage(sold.number))
            #expect(try await store.removePackage(sold.number) == false)
            #expect(try await store.servicePackages() == [other])
            #expect(try await store.commerceRows() == [1, 1, 1, 0, 0])
        }
    }

    // MARK: what the schema refuses

    @Test(
        arguments: Place.allCases,
        [
            ("packages SET status = 'suspended'", StoreFault.Constraint.check), ("packages SET name = ''", .check),
            ("packages SET service_type = 'phone'", .check), ("packages SET price = '-1'", .check),
            ("packages SET price = ''", .check), ("packages SET price = '1.2.3'", .check),
            ("packages SET price = '.5'", .check), ("packages SET price = '5.'", .check),
            ("packages SET price = '1e3'", .check), ("packages SET signup_fee = 'free'", .check),
            ("packages SET currency = 'EURO'", .check), ("packages SET is_hidden = 2", .check),
            ("packages SET is_retired = -1", .check), ("packages SET trial_unit = 'hour'", .check),
            ("packages SET grace_count = -1", .check), ("packages SET period_count = 1001", .check),
            ("packages SET tier = 'best'", .other), ("packages SET metadata = NULL", .notNull),
            ("package_features SET kind = 'text'", .check), ("package_features SET number = -1", .check),
            ("package_features SET number = NULL", .check), ("package_features SET kind = 'unlimited'", .check),
            ("package_features SET kind = 'flag'", .check), ("package_features SET code = ''", .check),
            ("package_features SET code = 'max_rooms'", .unique), ("package_features SET package_id = 99", .foreignKey),
        ] as [(String, StoreFault.Constraint)])
    func `the schema itself refuses what must not be`(place: Place, refused: (String, StoreFault.Constraint))
        async throws
    {
        try await withStore(place) { store in
            let sold = try await store.addPackage(features: [.maxRooms: .integer(20), .maxDuration: .integer(60)])
            await #expect(throws: StoreFault.constraint(refused.1)) { try await store.run("UPDATE \(refused.0)") }
            #expect(try await store.servicePackage(sold.number) == sold)
        }
    }

    @Test(arguments: Place.allCases) func `a feature that a newer version wrote is not misread`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let sold = try await store.addPackage(features: [.maxRooms: .integer(20)])
            try await store.run("UPDATE package_features SET code = 'max_dreams'")
            await #expect(throws: StoreFault.unreadable("feature")) { _ = try await store.servicePackage(sold.number) }
        }
    }
}
