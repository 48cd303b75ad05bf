import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// A customer with an account that may have rooms.
struct School: Sendable {
    /// May everything, everywhere.
    let key: APIKeyText
    let customer: Customer
    /// The ids.
    let subscription: String
    let account: String

    static let features: JSON = [
        ["code": "max_participants", "value": 100], ["code": "max_duration", "value": 60],
        ["code": "recording", "value": true], ["code": "max_rooms", "value": 3],
    ]
}

extension Desk {
    /// - Parameter features: of the package that the school bought.
    func openSchool(_ name: String = "Nordschule", features: JSON = School.features) async throws -> School {
        let now = clock.now
        var random = FleetRandom(clock.fleetTime)
        _ = try await store.ensureFleetProvider(identity: ResourceIdentity(at: now, using: &random), now: now)
        let key = try await key()
        let customer = try await addCustomer(name, as: key)
        let sold = try await addPackage(["name": .text(name), "features": features], as: key)
        let subscription = try await sell(sold, to: customer, as: key)
        let reference = try #require(ResourceReference(subscription))
        let found = try await store.subscription(reference)
        let number = try #require(found).number
        let account = try await store.addAccount(
            slug: try #require(Slug(name.lowercased())), AccountDetails(name: name),
            identity: ResourceIdentity(at: now, using: &random), subscription: number, now: now)
        return School(key: key, customer: customer, subscription: subscription, account: account.identity.id)
    }

    /// Adds a room by the API, and gives its id.
    func addRoom(_ name: String = "Business Meeting", in school: School, _ more: [JSON.Member] = []) async throws
        -> String
    {
        let body = JSON.object(
            [
                JSON.Member("account_id", .text(school.account)), JSON.Member("room_name", .text(name)),
            ] + more)
        let reply = try await api(.post, "/rooms", body, as: school.key)
        #expect(reply.status == 201, "\(reply.text)")
        return try #require(reply.json["id"]?.text)
    }
}

/// The schemas of what rooms take and answer.
enum RoomSchemaSet {
    private static let groups: [[String: JSON]] = [
        RoomSchemas.all, RoomTokenSchemas.all, RoomCodeSchemas.all, RoomUserSchemas.all, RoomSessionSchemas.all,
    ]

    static let schemas: [String: JSON] = groups.reduce(into: [:]) { all, group in
        all.merge(group) { first, _ in first }
    }

    static func faults(_ json: JSON, _ name: String) -> [String] {
        SchemaCheck(schemas: schemas).faults(of: json, JSONSchema.named(name))
    }
}

@Suite struct RoomSchemaTests {
    @Test(arguments: RoomSchemaSet.schemas.keys.sorted())
    func `every schema of rooms has an example that it allows`(name: String) throws {
        let schema = try #require(RoomSchemaSet.schemas[name])
        let example = try #require(schema["example"])
        #expect(RoomSchemaSet.faults(example, name).isEmpty)
    }
}
