import BigBlueButton
import PlenaryCore
import PlenaryRooms
import PlenarySimulator
import Testing

@Suite struct RoomResourceTests {
    private static let now = WireTime(milliseconds: 1_772_352_000_000)
    private static let origin = "https://rooms.example"

    /// An account of nobody: nothing is sold to it.
    private static func ownership() throws -> RoomOwnership {
        var dice = SeededRandom(seed: 1)
        let account = Account(
            id: AccountID(2), identity: ResourceIdentity(at: now, using: &dice), slug: try #require(Slug("school")),
            name: "School", secrets: [], createdAt: now)
        return RoomOwnership(account: account, subscription: nil, customer: nil)
    }

    private static func room(_ ownership: RoomOwnership, _ details: RoomDetails) -> Room {
        var dice = SeededRandom(seed: 2)
        return Room(
            number: RoomNumber(1), identity: ResourceIdentity(at: now, using: &dice), account: ownership.account.id,
            accountID: ownership.account.identity.id, customerID: "", subscriptionID: "", type: .meet,
            details: details, createdAt: now, updatedAt: now)
    }

    private static func changed(_ body: JSON, _ details: RoomDetails, isStrict: Bool = false) throws -> RoomDetails {
        let whose = try ownership()
        return try RoomResource.details(
            from: ObjectReader(body), changing: room(whose, details), of: whose, origin: origin, isStrict: isStrict)
    }

    @Test func `what was fetched may be sent back as it is`() throws {
        let details = try RoomDetails(
            name: "Room", features: RoomFeatures(["max_participants": .integer(50)]),
            settings: RoomSettings(["description": .text("Here"), "own": .number(1.5)]),
            metadata: Metadata(members: ["a": .scalar(.null)])
        ).checked()
        let shown = RoomResource.json(Self.room(try Self.ownership(), details), origin: Self.origin)
        #expect(shown["customer_id"] == .null)
        let again = try Self.changed(shown, details)
        #expect(again == details)
    }

    @Test func `features and settings are merged by key, metadata replaced`() throws {
        let details = RoomDetails(
            name: "Room", slug: "room", features: RoomFeatures(["recording": .bool(true)]),
            settings: RoomSettings(["own": .integer(1)]),
            metadata: Metadata(members: ["a": .scalar(.integer(1)), "b": .scalar(.integer(2))]))
        let changed = try Self.changed(
            [
                "room_features": ["max_duration": 60], "room_settings": ["own": .null, "mine": "x"],
                "room_metadata": ["b": 3],
            ], details)
        #expect(changed.features.given == ["recording": .bool(true), "max_duration": .integer(60)])
        #expect(changed.settings.given == ["mine": .text("x")])
        #expect(changed.metadata == Metadata(members: ["b": .scalar(.integer(3))]))
        let emptied = try Self.changed(["room_features": .null, "room_metadata": .null], details)
        #expect(emptied.features == .none)
        #expect(emptied.metadata == .empty)
    }

    @Test func `what nobody sets is told by its own code`() throws {
        let details = RoomDetails(name: "Room", slug: "room")
        var problem: Problem?
        do {
            _ = try Self.changed(
                ["url": "https://other.example", "room_type": "live", "account_id": "aK4mZr7PdQ", "is_public": 1],
                details)
        } catch let caught as Problem { problem = caught }
        #expect(
            problem?.faults.map(\.code) == [.readOnly, .invalidType, .immutableBySubscription, .readOnly])
    }

    @Test func `the schema of the settings has each key that applies, and its default`() {
        let schema = RoomSettingsSchema.json(type: .meet, provider: .scalelite)
        #expect(schema["properties"]?.members?.count == RoomSettingKey.allCases.count)
        #expect(schema["properties"]?["user_camera_cap"]?["default"] == 3)
        let other = RoomSettingsSchema.json(type: .live, provider: .vimeo)
        #expect(other["properties"]?["user_camera_cap"] == nil)
    }
}
