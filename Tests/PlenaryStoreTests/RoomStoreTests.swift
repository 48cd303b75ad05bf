import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension RoomSeeds {
    /// The same for the same number.
    static func sample(_ number: Int) -> RoomSeeds {
        var dice = Dice(seed: UInt64(900_000 + number))
        return RoomSeeds(at: .start, using: &dice)
    }
}

extension RoomTokenSeed {
    static func sample(_ number: Int) -> RoomTokenSeed {
        var dice = Dice(seed: UInt64(800_000 + number))
        return RoomTokenSeed(at: .start, using: &dice)
    }
}

extension RoomCodeSeed {
    static func sample(_ number: Int) -> RoomCodeSeed {
        var dice = Dice(seed: UInt64(700_000 + number))
        return RoomCodeSeed(at: .start, using: &dice)
    }
}

/// What a school has that bought rooms.
struct RoomStand: Sendable {
    let store: Store
    let customer: Customer
    let subscription: Subscription
    let account: AccountID

    /// A room; numbers differ for each.
    @discardableResult
    func room(
        _ name: String = "Business Meeting", _ number: Int = 1, in other: AccountID? = nil, now: WireTime = .start,
        _ change: (inout RoomDetails) -> Void = { _ in }
    ) async throws -> Room {
        var details = RoomDetails(name: name)
        change(&details)
        return try await store.addRoom(
            details, in: other ?? account, identity: .sample(5_000 + number), seeds: .sample(number), now: now)
    }

    /// Somebody; numbers differ for each.
    func user(_ name: String, _ number: Int, isOfCustomer: Bool = true) async throws -> User {
        let user = try await store.addUser(
            UserDetails(email: "\(name)@school.example", firstName: name, lastName: "Berg"),
            identity: .sample(6_000 + number), now: .start)
        if isOfCustomer {
            try await store.setMember(user.id, isOwner: false, of: customer.number, now: .start)
        }
        return user
    }
}

/// Gives a store with a customer, a subscription and an account that has it.
func withRooms(
    _ place: Place, features: [FeatureCode: FeatureValue] = [.guestAccess: .bool(true)],
    _ work: (RoomStand) async throws -> Void
) async throws {
    try await withStore(place) { store in
        let customer = try await store.addCustomer("Nordschule")
        let sold = try await store.addPackage("Meet", features: features)
        let subscription = try await store.sell(sold.number, to: customer.number)
        let account = try await store.account("nord")
        _ = try await store.bind(account, to: subscription.number, force: false, now: .start)
        try await work(RoomStand(store: store, customer: customer, subscription: subscription, account: account))
    }
}

@Suite struct RoomStoreTests {
    @Test(arguments: Place.allCases) func `a room is there as it was made, by each of its names`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let metadata = Metadata(members: [
                "id": .scalar(.integer(1)), "share": .scalar(.number(1)), "list": .list([.null, .bool(true)]),
                "crm": .object(["note": .text("ä\"\\")]),
            ])
            let room = try await stand.room("Größe", 1) {
                $0.features = RoomFeatures(["max_participants": .integer(50), "x": .number(1.5)])
                $0.settings = RoomSettings(["description": .text("Weekly"), "mine": .bool(false)])
                $0.metadata = metadata
            }
            #expect(room.identity == .sample(5_001) && room.type == .meet && room.account == stand.account)
            #expect(room.customerID == stand.customer.identity.id)
            #expect(room.subscriptionID == stand.subscription.identity.id)
            #expect(room.details.slug == "groesse" && room.details.metadata == metadata)
            #expect(room.details.features.given == ["max_participants": .integer(50), "x": .number(1.5)])
            #expect(room.createdAt == .start && room.updatedAt == .start)
            for name in [room.identity.id, room.identity.uuid, room.identity.ulid] {
                #expect(try await store.room(try #require(ResourceReference(name))) == room, "\(name)")
            }
            #expect(try await store.room(room.number) == room)
            #expect(try await store.room(.id("u6Yh3DkQ9w")) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `a room belongs to the customer's owner user, who is made once`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let first = try await stand.room("One", 1)
            let second = try await stand.room("Two", 2)
            let owner = try #require(try await store.people(of: first.number).first)
            #expect(owner.isOwner && owner.permissions == RoomPermission.all)
            #expect(owner.user.details.email == stand.customer.details.email)
            #expect(try await store.people(of: second.number).map(\.user) == [owner.user])
            #expect(try await store.members(of: stand.customer.number).map(\.user) == [owner.user])
            #expect(try await store.ownedAccounts(of: owner.user.number) == [stand.account])
            let again = try await store.ensureOwnerUser(of: stand.customer.number, identity: .sample(1), now: .start)
            #expect(again == owner.user)
            // Of whom the room was made for.
            let ida = try await stand.user("ida", 1)
            let third = try await store.addRoom(
                RoomDetails(name: "Three"), in: stand.account, owner: ida.id, identity: .sample(3), seeds: .sample(3),
                now: .start)
            #expect(try await store.roomUsers(of: third.number) == RoomUsers(owner: ida.id))
            let stranger = try await stand.user("eve", 2, isOfCustomer: false)
            await #expect(throws: RoomProblem.userNotOfCustomer) {
                _ = try await store.addRoom(
                    RoomDetails(name: "Four"), in: stand.account, owner: stranger.id, identity: .sample(4),
                    seeds: .sample(4), now: .start)
            }
        }
    }

    @Test(arguments: Place.allCases) func `who has that e-mail address becomes the owner user`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let ida = try await stand.store.addUser(
                UserDetails(email: stand.customer.details.email.uppercased(), firstName: "Ida", lastName: "Berg"),
                identity: .sample(1), now: .start)
            let room = try await stand.room()
            #expect(try await stand.store.roomUsers(of: room.number)?.owner == ida.id)
        }
    }

    @Test(arguments: Place.allCases) func `a room needs an account with a subscription that is usable`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            await #expect(throws: RoomCreationRefusal.subscriptionUnusable) {
                try await stand.room("Plain", 1, in: .default)
            }
            await #expect(throws: CommerceFault.notFound(.account)) {
                try await stand.room("Nobody's", 1, in: AccountID(99))
            }
            await #expect(throws: RoomCreationRefusal.subscriptionUnusable) {
                try await stand.room("Late", 1, now: .second(400 * 86_400))
            }
            _ = try await store.updateCustomer(stand.customer.number, now: .start) { $0.status = .suspended }
            await #expect(throws: RoomCreationRefusal.customerSuspended) { try await stand.room("Suspended", 1) }
            #expect(try await store.roomCount(of: stand.subscription.number) == 0)
        }
    }

    @Test(arguments: Place.allCases) func `of many rooms at once, as many as fit are made`(place: Place) async throws {
        try await withRooms(place, features: [.maxRooms: .integer(5), .maxAccounts: .integer(2)]) { stand in
            let other = try await stand.store.account("more")
            _ = try await stand.store.bind(other, to: stand.subscription.number, force: false, now: .start)
            let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        do {
                            // Over all accounts; inactive ones count.
                            try await stand.room(
                                "Room \(number)", number, in: number % 2 == 0 ? other : stand.account
                            ) {
                                $0.status = number % 3 == 0 ? .inactive : .active
                            }
                            return true
                        } catch RoomCreationRefusal.limited(let refusal) {
                            #expect(refusal == QuotaRefusal(code: .maxRooms, value: 5, used: 5, requested: 1))
                            return false
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(made == 5)
            #expect(try await stand.store.roomCount(of: stand.subscription.number) == 5)
            // One that is removed makes room for one.
            let page = try await stand.store.rooms(try RoomQuery.of(""), reach: .platform)
            _ = try await stand.store.removeRoom(try #require(page.rooms.first).number, now: .start)
            try await stand.room("Another", 100)
            #expect(try await stand.store.roomCount(of: stand.subscription.number) == 5)
        }
    }

    @Test(arguments: Place.allCases) func `a change is made in one step, or not at all`(place: Place) async throws {
        try await withRooms(place) { stand in
            let room = try await stand.room()
            let changed = try await stand.store.updateRoom(room.number, seeds: .sample(1), now: .second(5)) {
                old, details in
                #expect(old == room)
                details.name = "Renamed"
                details.status = .inactive
            }
            #expect(changed?.details.name == "Renamed" && changed?.details.slug == "business-meeting")
            #expect(changed?.updatedAt == .second(5) && changed?.createdAt == .start)
            await #expect(throws: RoomFaults.self) {
                _ = try await stand.store.updateRoom(room.number, seeds: .sample(1), now: .second(6)) { $1.name = "" }
            }
            await #expect(throws: Unexpected.self) {
                _ = try await stand.store.updateRoom(room.number, seeds: .sample(1), now: .second(6)) { _, details in
                    details.name = "Lost"
                    throw Unexpected("on purpose")
                }
            }
            #expect(try await stand.store.room(room.number) == changed)
            let nobody = try await stand.store.updateRoom(RoomNumber(99), seeds: .sample(1), now: .start) { _, _ in }
            #expect(nobody == nil)
        }
    }

    // MARK: what goes

    @Test(arguments: Place.allCases) func `a removed room is gone for ever, with all that belongs to it`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room("Public", 1) {
                $0.isPublic = true
                $0.metadata = Metadata(members: ["a": .scalar(.integer(1))])
            }
            let kept = try await stand.room("Kept", 2) { $0.isPublic = true }
            _ = try await store.addCode(
                RoomCodeDetails(role: .guest), to: room.number, seed: .sample(1), now: .start)
            let session = try await stand.running(room)
            try await store.enter(
                RoomEntry(session: session.number, visitor: .init("v"), role: .guest), now: .start)
            await #expect(throws: RoomProblem.roomInUse) {
                _ = try await store.removeRoom(room.number, now: .second(1))
            }
            let removed = try await store.removeRoom(room.number, force: true, now: .second(2))
            #expect(removed?.session == session && removed?.room == room)
            for table in ["room_metadata_keys", "room_codes", "room_sessions", "room_session_visits"] {
                #expect(try await store.number("SELECT COUNT(*) FROM \(table)") == 0, "\(table)")
            }
            for table in ["rooms", "room_users", "room_tokens"] {
                #expect(try await store.number("SELECT COUNT(*) FROM \(table)") == 1, "\(table)")
            }
            #expect(try await store.room(room.number) == nil)
            for name in [room.identity.id, room.identity.uuid, room.identity.ulid] {
                #expect(try await store.roomRemoved(try #require(ResourceReference(name))) == .second(2), "\(name)")
            }
            #expect(try await store.roomRemoved(.id(kept.identity.id)) == nil)
            #expect(try await store.removeRoom(room.number, now: .second(3)) == nil)
            // Its id is not given to another one.
            await #expect(throws: StoreFault.constraint(.unique)) { try await stand.room("Again", 1) }
        }
    }

    @Test(arguments: Place.allCases) func `rooms of an account go with it, when nothing runs in them`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let (store, account) = (stand.store, stand.account)
            let one = try await stand.room("One", 1)
            try await stand.room("Two", 2)
            let session = try await stand.running(one)
            await #expect(throws: RoomProblem.roomInUse) {
                try await store.write { try $0.removeRooms(of: account, now: .start) }
            }
            #expect(try await store.number("SELECT COUNT(*) FROM rooms") == 2)
            _ = try await store.endSession(session.number, reason: .api, now: .second(1))
            try await store.write { try $0.removeRooms(of: account, now: .second(2)) }
            #expect(try await store.number("SELECT COUNT(*) FROM rooms") == 0)
            #expect(try await store.number("SELECT COUNT(*) FROM gone_rooms") == 2)
        }
    }
}
