import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

enum RoomQuery {
    /// - Parameter text: the query of a list, as it stands in an address.
    static func of(_ text: String) throws -> ListQuery {
        try ListQuery(
            try QueryText.read(text), of: RoomList.schema, in: SchemaCatalogue([RoomList.schema]))
    }
}

@Suite struct RoomListStoreTests {
    /// What a room looks like for the list in memory.
    private static func view(live: Set<RoomNumber>) -> ShortList<Room>.View {
        ShortList<Room>.View(
            ulid: { $0.identity.ulid },
            value: { room, field, key in
                switch field {
                case "id": return .identifier(.id(room.identity.id))
                case "uuid": return .identifier(.uuid(room.identity.uuid))
                case "ulid": return .identifier(.ulid(room.identity.ulid))
                case "customer_id": return .identifier(.id(room.customerID))
                case "account_id": return .identifier(.id(room.accountID))
                case "subscription_id": return .identifier(.id(room.subscriptionID))
                case "live": return .bool(live.contains(room.number))
                case "room_metadata":
                    let text = key.flatMap { room.details.metadata.members[$0]?.filterText }
                    return text.map { FilterValue.text($0) }
                default: return RoomList.key(of: room, field)
                }
            },
            text: { room, field in
                switch field {
                case "room_name": room.details.name
                case "slug": room.details.slug
                default: nil
                }
            })
    }

    private static let names = [
        "Müller", "muller", "MÜLLER'S 100%", "a_b", "axb", "Ünïcödé", "Straße", "Ελλάδα", "Zimmer 1", "zimmer 10", "!",
        "%",
        "Łódź Kraków",
    ]
    private static let words = [
        "m", "mull", "MÜLL", "_", "%25", "!", "1", "e", "zim", "zim+1", "str", "ελ", "room_name:a;slug:b",
    ]
    private static let sorts = [
        "", "created_at", "-created_at", "room_name", "-room_name", "status,-room_name", "-status,is_public", "slug",
        "ulid", "-ulid", "is_public,-created_at", "-updated_at,slug", "room_type,-ulid",
    ]

    /// A part of a query, or nothing.
    private func part(_ rooms: [Room], _ dice: inout Dice) throws -> String {
        let room = try #require(rooms.randomElement(using: &dice))
        let name = FormCoding.encode(try #require(Self.words.randomElement(using: &dice)))
        let word = try #require(Self.words.randomElement(using: &dice))
        let second = room.createdAt.timestamp
        let comparison = try #require(["gte", "lte", "gt", "lt"].randomElement(using: &dice))
        let parts = [
            "filter[status]=active", "filter[status]=inactive,active", "filter[is_public]=true",
            "filter[is_public]=0,1", "filter[room_type]=meet", "filter[room_type]=live,video", "filter[live]=true",
            "filter[live]=false", "filter[live]=true,false", "filter[customer_id]=\(room.customerID)",
            "filter[account_id]=\(room.accountID)", "filter[subscription_id]=\(room.subscriptionID)",
            "filter[customer_id]=u6Yh3DkQ9w", "filter[created_at][\(comparison)]=\(second)",
            "filter[created_at][\(comparison)]=\(second)", "filter[updated_at]=\(second)",
            "filter[created_at]=\(second)", "filter[room_metadata.n]=1", "filter[room_metadata.n]=1.0,true",
            "filter[room_metadata.n]=x,\(name)", "filter[room_metadata.m]=1", "filter[id]=\(room.identity.id)",
            "filter[uuid]=\(room.identity.uuid)", "filter[ulid]=\(room.identity.ulid)", "search=\(word)",
            "search=\(word)", "search=\(word)",
        ]
        return try #require(parts.randomElement(using: &dice))
    }

    /// Rooms of two accounts that differ in all that lists look at.
    private func fill(_ stand: RoomStand, _ dice: inout Dice) async throws -> (rooms: [Room], live: Set<RoomNumber>) {
        let other = try await stand.store.account("more")
        _ = try await stand.store.bind(other, to: stand.subscription.number, force: false, now: .start)
        var rooms: [Room] = []
        var live: Set<RoomNumber> = []
        let values: [Metadata.Value] = [
            .scalar(.integer(1)), .scalar(.number(1)), .scalar(.bool(true)), .scalar(.text("x")), .scalar(.null),
            .list([.integer(1)]), .scalar(.text("a_b")),
        ]
        for number in 0..<60 {
            let name = try #require(Self.names.randomElement(using: &dice))
            let time = WireTime.start.advanced(by: .milliseconds(Int.random(in: 0..<6, using: &dice) * 400))
            let (isPublic, isActive) = (Bool.random(using: &dice), Bool.random(using: &dice))
            let value = try #require(values.randomElement(using: &dice))
            let room = try await stand.room(
                name, number, in: Bool.random(using: &dice) ? other : stand.account, now: time
            ) {
                $0.isPublic = isPublic
                $0.status = isActive ? .active : .inactive
                $0.metadata = Metadata(members: ["n": value])
            }
            rooms.append(room)
            if number % 5 == 0 {
                _ = try await stand.running(room, number)
                live.insert(room.number)
            }
            // Being started is not running.
            if number % 5 == 1 { _ = try await stand.begun(room, number) }
        }
        return (rooms, live)
    }

    @Test func `a list in SQL has what a list in memory has`() async throws {
        try await withRooms(.memory) { stand in
            var dice = Dice(seed: 22)
            let (rooms, live) = try await fill(stand, &dice)
            let list = ShortList(rooms, view: Self.view(live: live))
            for step in 0..<400 {
                var parts: [String] = []
                for _ in 0..<Int.random(in: 0...2, using: &dice) { parts.append(try part(rooms, &dice)) }
                // A filter that is there twice is wrong.
                var names: Set<Substring> = []
                parts = parts.filter { names.insert($0.prefix { $0 != "=" }).inserted }
                let sort = try #require(Self.sorts.randomElement(using: &dice))
                if !sort.isEmpty { parts.append("sort=\(sort)") }
                parts.append("limit=\(Int.random(in: 1...20, using: &dice))")
                let text = parts.joined(separator: "&")
                var place = Bool.random(using: &dice) ? "" : "&page=\(Int.random(in: 1...4, using: &dice))"
                // From page to page by the cursor that the one before gave.
                for _ in 0..<4 {
                    let query = try RoomQuery.of(text + place)
                    let wanted = list.answer(query) { .text($0.identity.id) }
                    let found = try await stand.store.rooms(query, reach: .platform)
                    let comment = Comment(rawValue: "step \(step): \(text)\(place)")
                    #expect(found.rooms.map(\.identity.id) == wanted.data.compactMap(\.text), comment)
                    #expect(found.total == wanted.total, comment)
                    #expect(found.next?.text == wanted.next?.text, comment)
                    guard let next = found.next else { break }
                    place = "&cursor=\(next.text)"
                }
            }
        }
    }

    @Test func `a cursor that somebody made up is only another place`() async throws {
        try await withRooms(.memory) { stand in
            var dice = Dice(seed: 23)
            let (rooms, live) = try await fill(stand, &dice)
            let list = ShortList(rooms, view: Self.view(live: live))
            let fitting: [String: FilterValue] = [
                "room_name": .text("Muller"), "-created_at": .time(.second(1)), "is_public": .bool(true),
            ]
            let keys: [FilterValue?] = [nil, .text("Muller"), .bool(true), .integer(3), .time(.second(1))]
            for (sort, fits) in fitting {
                for key in keys {
                    let order = try RoomQuery.of("sort=\(sort)").sort
                    let cursor = Cursor(sort: order, keys: [key], ulid: rooms[7].identity.ulid)
                    let text = "sort=\(sort)&limit=100&cursor=\(cursor.text)"
                    let query: ListQuery
                    do {
                        query = try RoomQuery.of(text)
                    } catch let problem as Problem {
                        // A key of another kind than the field's is told, where the kind is known.
                        #expect(problem.code == .invalidQuery && key != fits && key != nil)
                        continue
                    }
                    let found = try await stand.store.rooms(query, reach: .platform)
                    // What has no place in that order leads anywhere, but fails nothing.
                    guard key == fits else { continue }
                    let wanted = list.answer(query) { .text($0.identity.id) }
                    #expect(found.rooms.map(\.identity.id) == wanted.data.compactMap(\.text), "\(sort)")
                }
            }
        }
    }

    @Test(arguments: Place.allCases) func `everybody sees their own rooms only`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room("One", 1)
            try await stand.room("Two", 2)
            let south = try await store.addCustomer("Suedschule", 2)
            func names(_ reach: Reach, viewer: User? = nil) async throws -> [String] {
                try await store.rooms(try RoomQuery.of("sort=room_name"), reach: reach, viewer: viewer?.number)
                    .rooms.map(\.details.name)
            }
            #expect(try await names(.platform) == ["One", "Two"])
            #expect(try await names(.customers([stand.customer.number])) == ["One", "Two"])
            #expect(try await names(.customers([south.number])).isEmpty)
            #expect(try await names(.customers([])).isEmpty)

            let ida = try await stand.user("ida", 1)
            #expect(try await names(.platform, viewer: ida).isEmpty)
            for (permissions, seen) in [([RoomPermission.join], []), ([.join, .view], ["One"])] {
                _ = try await store.changeUsers(of: room.number, now: .start) { users in
                    try users.added(ida.id, permissions: Set(permissions), by: .administrator)
                }
                #expect(try await names(.platform, viewer: ida) == seen)
            }
            // Of an account of one's own all.
            try await store.setMember(ida.id, isOwner: true, of: stand.account, now: .start)
            #expect(try await names(.platform, viewer: ida) == ["One", "Two"])
            #expect(try await names(.customers([south.number]), viewer: ida).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `a list finds what metadata say now`(place: Place) async throws {
        try await withRooms(place) { stand in
            let room = try await stand.room { $0.metadata = Metadata(members: ["a": .scalar(.integer(1))]) }
            func count(_ text: String) async throws -> Int? {
                try await stand.store.rooms(try RoomQuery.of(text), reach: .platform).total
            }
            #expect(try await count("filter[room_metadata.a]=1") == 1)
            _ = try await stand.store.updateRoom(room.number, seeds: .sample(1), now: .start) {
                $1.metadata = Metadata(members: ["b": .scalar(.text("x"))])
            }
            #expect(try await count("filter[room_metadata.a]=1") == 0)
            #expect(try await count("filter[room_metadata.b]=x") == 1)
        }
    }
}
