import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct RoomPeopleStoreTests {
    @Test(arguments: Place.allCases) func `of many who move a room at once, it always has one owner`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            var users: [RoomUserID] = []
            for number in 0..<10 { users.append(try await stand.user("user\(number)", number).id) }
            let all = users
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let moved = try await store.changeUsers(of: room.number, now: .start) { users in
                            try users.ownershipMoved(
                                to: all[number % 10], isOfCustomer: true, keepsPrevious: number % 3 == 0,
                                by: .administrator)
                        }
                        #expect(moved?.owner == all[number % 10])
                        let owners = try await store.number(
                            "SELECT COUNT(*) FROM room_users WHERE room_id = $1 AND is_owner = 1",
                            [.integer(room.number.number)])
                        #expect(owners == 1)
                    }
                }
                try await group.waitForAll()
            }
            let held = try #require(try await store.roomUsers(of: room.number))
            #expect(all.contains(held.owner))
            #expect(try await store.people(of: room.number).map(\.user.id) == held.all)
            // The schema keeps a second one out.
            await #expect(throws: StoreFault.constraint(.unique)) {
                try await store.run("UPDATE room_users SET is_owner = 1")
                try await store.run(
                    """
                    INSERT INTO room_users (room_id, user_id, is_owner, permissions, created_at)
                    SELECT room_id, (SELECT MAX(id) FROM users), 1, '', 0 FROM room_users
                    """)
            }
        }
    }

    @Test(arguments: Place.allCases) func `who is refused in a room is not made a user, and who is taken is made once`(
        place: Place
    ) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let owner = try #require(try await store.roomUsers(of: room.number)).owner
            let details = UserDetails.named(after: "Eve@other.example")
            let (first, second) = (ResourceIdentity.sample(6_901), ResourceIdentity.sample(6_902))
            await #expect(throws: RoomProblem.self) {
                _ = try await store.addPerson(details, home: nil, identity: first, to: room.number, now: .start) {
                    id, users in
                    try users.added(id, permissions: [.view], by: .user(RoomUserID("nobody")))
                }
            }
            let nobody = try await store.user(email: "eve@other.example")
            #expect(nobody == nil)
            for identity in [first, second] {
                let added = try await store.addPerson(
                    details, home: nil, identity: identity, to: room.number, now: .start
                ) { id, users in
                    try users.added(id, permissions: [.view], by: .user(owner))
                }
                #expect(added?.user.identity == first && added?.permissions == [.view])
            }
            let lost = try await store.addPerson(
                .named(after: "ben@other.example"), home: nil, identity: second, to: RoomNumber(99), now: .start
            ) { id, users in
                try users.added(id, permissions: [], by: .user(owner))
            }
            #expect(lost == nil)
            let ben = try await store.user(email: "ben@other.example")
            #expect(ben == nil)
        }
    }

    @Test(arguments: Place.allCases) func `people get permissions, lose them, and go`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let owner = try #require(try await store.roomUsers(of: room.number)).owner
            let ida = try await stand.user("ida", 1, isOfCustomer: false)
            let added = try await store.changeUsers(of: room.number, now: .second(1)) {
                try $0.added(ida.id, permissions: [.join, .view], by: .administrator)
            }
            #expect(added == RoomUsers(owner: owner, others: [ida.id: [.join, .view]]))
            #expect(try await store.roomUsers(of: room.number) == added)
            _ = try await store.changeUsers(of: room.number, now: .second(2)) {
                try $0.changed(ida.id, to: [.start], by: .administrator)
            }
            let person = try #require(try await store.people(of: room.number).last)
            #expect(person.user == ida && person.permissions == [.start] && person.createdAt == .second(1))
            // Who is no user of the customer does not get a room, whatever was believed.
            await #expect(throws: RoomProblem.userNotOfCustomer) {
                _ = try await store.changeUsers(of: room.number, now: .start) {
                    try $0.ownershipMoved(to: ida.id, isOfCustomer: true, by: .administrator)
                }
            }
            #expect(try await store.isUser(owner, ofCustomerOf: room.number))
            #expect(try await !store.isUser(ida.id, ofCustomerOf: room.number))
            await #expect(throws: RoomProblem.notFound) {
                _ = try await store.changeUsers(of: room.number, now: .start) {
                    try $0.added(RoomUserID("u6Yh3DkQ9w"), permissions: [], by: .administrator)
                }
            }
            await #expect(throws: RoomProblem.ownerRequired) {
                _ = try await store.changeUsers(of: room.number, now: .start) {
                    try $0.removed(owner, by: .administrator)
                }
            }
            let left = try await store.changeUsers(of: room.number, now: .start) {
                try $0.removed(ida.id, by: .user(ida.id))
            }
            #expect(left == RoomUsers(owner: owner))
            #expect(try await store.people(of: room.number).count == 1)
            let nobody = try await store.changeUsers(of: RoomNumber(99), now: .start) { _ in .none }
            #expect(nobody == nil)
        }
    }

    @Test(arguments: Place.allCases) func `an owner stays until there is another one`(place: Place) async throws {
        try await withRooms(place) { stand in
            let (store, customer) = (stand.store, stand.customer.number)
            let room = try await stand.room()
            let owner = try #require(try await store.members(of: customer).first).user
            let ida = try await stand.user("ida", 1)
            #expect(try await store.members(of: customer).map(\.isOwner) == [true, false])
            await #expect(throws: RoomProblem.ownerRequired) {
                _ = try await store.removeMember(owner.id, of: customer)
            }
            await #expect(throws: RoomProblem.ownerRequired) {
                try await store.setMember(owner.id, isOwner: false, of: customer, now: .start)
            }
            await #expect(throws: RoomProblem.ownerRequired) { _ = try await store.removeUser(owner.number) }
            // Who changes them tells first whether they are still what was known.
            await #expect(throws: RoomProblem.notFound) {
                try await store.setMember(ida.id, isOwner: true, of: customer, now: .start) { held in
                    #expect(held?.isOwner == false)
                    throw RoomProblem.notFound
                }
            }
            #expect(try await store.customers(of: ida.number) == [customer: false])
            try await store.setMember(ida.id, isOwner: true, of: customer, now: .start)
            #expect(try await store.customers(of: ida.number) == [customer: true])
            #expect(try await store.customers(of: owner.number) == [customer: false])
            // Still the owner of a room.
            await #expect(throws: RoomProblem.ownerRequired) {
                _ = try await store.removeMember(owner.id, of: customer)
            }
            _ = try await store.changeUsers(of: room.number, now: .start) {
                try $0.ownershipMoved(to: ida.id, isOfCustomer: true, by: .user(owner.id))
            }
            #expect(try await store.removeMember(owner.id, of: customer))
            #expect(try await store.removeMember(owner.id, of: customer) == false)
            #expect(try await store.removeUser(owner.number))
            #expect(try await store.removeUser(owner.number) == false)
            #expect(try await store.people(of: room.number).map(\.user.id) == [ida.id])
        }
    }

    @Test(arguments: Place.allCases) func `an e-mail address is one user's, in any case`(place: Place) async throws {
        try await withStore(place) { store in
            let details = UserDetails(
                email: "Ida@School.example", firstName: "Ida", lastName: "Berg", locale: "de",
                metadata: Metadata(members: ["crm": .scalar(.integer(4))]))
            let ida = try await store.addUser(details, identity: .sample(1), now: .start)
            #expect(ida.details.email == "ida@school.example" && ida.name == "Ida Berg" && !ida.hasPassword)
            #expect(try await store.user(email: "IDA@school.example") == ida)
            #expect(try await store.user(.ulid(ida.identity.ulid)) == ida)
            await #expect(throws: CommerceFault.taken(field: "email")) {
                _ = try await store.addUser(details, identity: .sample(2), now: .start)
            }
            await #expect(throws: ValidationFault.self) {
                _ = try await store.addUser(
                    UserDetails(email: "nobody", firstName: "", lastName: "\u{7}"), identity: .sample(2), now: .start)
            }
            let changed = try await store.updateUser(ida.number, now: .second(1)) { $0.lastName = "Ber" }
            #expect(changed?.name == "Ida Ber" && changed?.updatedAt == .second(1))
            #expect(try await store.setPassword("$scrypt$x", of: ida.number, now: .second(2)))
            let credential = try #require(try await store.credential(ofUser: "Ida@school.example"))
            #expect(credential.password == "$scrypt$x" && credential.user.hasPassword)
            #expect(!String(describing: credential).contains("scrypt"))
            #expect(try await store.credential(ofUser: "eve@school.example") == nil)
            #expect(try await store.setPassword(nil, of: UserNumber(99), now: .start) == false)
        }
    }
}
