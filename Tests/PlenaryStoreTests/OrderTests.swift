import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// What operators want done (`balancer.md` 12): written down, carried out by whoever serves.
@Suite struct OrderTests {
    private func written(_ ordered: Store.Ordered) throws -> Order {
        guard case .written(let order) = ordered else { throw Unexpected("the server has an order") }
        return order
    }

    private func withServers(_ place: Place, _ work: (Store, ServerID, ServerID) async throws -> Void) async throws {
        try await withStore(place) { store in
            let one = try await store.addSample("bbb1")
            let two = try await store.addSample("bbb2")
            try await work(store, one.id, two.id)
        }
    }

    private func open(_ store: Store) -> [Order] { store.roster { $0.orders.values.sorted { $0.id < $1.id } } }

    @Test(arguments: Place.allCases)
    func `an order turns its server in the same step, and is there for the next process`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            var servers: [ServerID] = []
            for number in 1...3 { servers.append(try await store.addSample("bbb\(number)", administrative: .force).id) }
            let room = try await store.running("room", on: servers[0])
            let works: [(Order.Work, ServerID?, AdministrativeState)] = [
                (.move(room.number, to: servers[1]), nil, .force), (.move(room.number, to: nil), nil, .force),
                (.evacuate(servers[0], perMinute: 2.5), servers[0], .drain),
                (.untilEmpty(servers[1]), servers[1], .drain), (.panic(servers[2]), servers[2], .maintenance),
            ]
            let told = Told(store)
            for (index, (work, server, state)) in works.enumerated() {
                let order = try written(try await store.order(work, now: .second(index)))
                let expected = Order(
                    id: OrderID(Int64(index + 1)), work: work, state: .open, moved: 0, failed: 0, message: "",
                    createdAt: .second(index))
                #expect(order == expected && order.server == server)
                #expect(try await store.order(order.id) == expected)
                if let server { #expect(store.servers[server]?.administrative == state) }
            }
            #expect(open(store).map(\.work) == works.map(\.0))
            // A move turns no server.
            #expect(told.words.filter { $0.hasPrefix("server") }.count == 3)
            let next = try await database.store()
            #expect(open(next) == open(store))
        }
    }

    @Test(arguments: Place.allCases) func `a server has one order at a time`(place: Place) async throws {
        try await withServers(place) { store, one, two in
            let first = try written(try await store.order(.evacuate(one, perMinute: 1), now: .start))
            for work in [Order.Work.untilEmpty(one), .evacuate(one, perMinute: 9)] {
                #expect(try await store.order(work, now: .second(1)) == .busy(first))
            }
            #expect(store.servers[one]?.administrative == .drain)
            // Others are free, and so is this one when the order is over.
            _ = try written(try await store.order(.panic(two), now: .second(2)))
            #expect(try await store.finish(first.id, as: .done, message: "", now: .second(3)))
            _ = try written(try await store.order(.untilEmpty(one), now: .second(4)))
        }
    }

    @Test(arguments: Place.allCases) func `a panic takes the place of whatever was ordered in peace`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            for work in [Order.Work.evacuate(one, perMinute: 1), .untilEmpty(one), .panic(one)] {
                let first = try written(try await store.order(work, now: .start))
                let panic = try written(try await store.order(.panic(one), now: .second(1)))
                #expect(try await store.order(first.id)?.state == .cancelled)
                #expect(open(store) == [panic] && store.servers[one]?.administrative == .maintenance)
                #expect(try await store.finish(panic.id, as: .done, message: "", now: .second(2)))
            }
        }
    }

    @Test(arguments: Place.allCases) func `of two processes that order something at once, one does`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let stores = [try await database.store(), try await database.store()]
            let server = try await stores[0].addSample("bbb1").id
            let orders = try await withThrowingTaskGroup(of: (Order, Bool).self) { group in
                for attempt in 0..<20 {
                    group.addTask {
                        switch try await stores[attempt % 2].order(.untilEmpty(server), now: .start) {
                        case .written(let order): return (order, true)
                        case .busy(let order): return (order, false)
                        }
                    }
                }
                return try await group.reduce(into: [(Order, Bool)]()) { $0.append($1) }
            }
            #expect(orders.count { $0.1 } == 1)
            #expect(Set(orders.map(\.0)).count == 1)
        }
    }

    @Test(arguments: Place.allCases) func `steps are added up, and the last thing that was said is kept`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            let order = try written(try await store.order(.evacuate(one, perMinute: 1), now: .start))
            try await store.noteStep(of: order.id, moved: 2, failed: 0)
            try await store.noteStep(of: order.id, moved: 0, failed: 1, message: "no room")
            try await store.noteStep(of: order.id, moved: 1, failed: 0)
            let noted = try #require(open(store).first)
            #expect(noted.moved == 3 && noted.failed == 1 && noted.message == "no room" && noted.state == .open)
            #expect(try await store.order(order.id) == noted)
            _ = try await store.finish(order.id, as: .done, message: "empty", now: .second(9))
            // What comes late changes nothing.
            try await store.noteStep(of: order.id, moved: 5, failed: 5, message: "late")
            let done = try #require(try await store.order(order.id))
            #expect(done.moved == 3 && done.failed == 1 && done.message == "empty" && done.state == .done)
        }
    }

    @Test(arguments: Place.allCases) func `an order ends once, and may turn its server`(place: Place) async throws {
        try await withServers(place) { store, one, two in
            let first = try written(try await store.order(.untilEmpty(one), now: .start))
            let turned = try await store.finish(
                first.id, as: .done, message: "empty", turning: .maintenance, now: .second(5))
            #expect(turned && open(store).isEmpty)
            #expect(store.servers[one]?.administrative == .maintenance)
            _ = try await store.setAdministrative(.ready, of: one, now: .second(6))
            let again = try await store.finish(
                first.id, as: .failed, message: "late", turning: .maintenance, now: .second(7))
            #expect(!again)
            #expect(store.servers[one]?.administrative == .ready)
            #expect(try await store.order(first.id)?.message == "empty")
            // One about a meeting turns nothing.
            let room = try await store.running("room", on: two)
            let move = try written(try await store.order(.move(room.number, to: nil), now: .second(8)))
            #expect(try await store.finish(move.id, as: .failed, message: "no", turning: .drain, now: .second(9)))
            #expect(store.servers[two]?.administrative == .ready)
            #expect(try await store.finish(OrderID(99), as: .done, message: "", now: .second(9)) == false)
        }
    }

    @Test(arguments: Place.allCases) func `what people say of a server ends what was ordered for it`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            let room = try await store.running("room", on: one)
            let order = try written(try await store.order(.evacuate(one, perMinute: 1), now: .start))
            let other = try written(try await store.order(.evacuate(two, perMinute: 1), now: .start))
            let move = try written(try await store.order(.move(room.number, to: two), now: .start))
            #expect(try await store.setAdministrative(.ready, of: one, now: .second(5)))
            let cancelled = try #require(try await store.order(order.id))
            #expect(cancelled.state == .cancelled && !cancelled.message.isEmpty)
            #expect(open(store) == [other, move])
            #expect(store.servers[one]?.administrative == .ready)
            #expect(try await store.finish(order.id, as: .done, message: "", now: .second(6)) == false)
            // The same when it is said again, or of a server that is not there.
            #expect(try await store.setAdministrative(.drain, of: ServerID(99), now: .second(7)) == false)
            #expect(open(store) == [other, move])
            // And when the server goes.
            _ = try await store.removeServer(two, force: true, now: .second(8))
            #expect(try await store.order(other.id)?.state == .cancelled)
            #expect(open(store) == [move])
        }
    }

    @Test(arguments: Place.allCases) func `another process sees orders come and go`(place: Place) async throws {
        try await withDatabase(place) { database in
            let (here, there) = (try await database.store(), try await database.store())
            let server = try await here.addSample("bbb1").id
            let order = try written(try await here.order(.untilEmpty(server), now: .start))
            try await there.catchUp()
            #expect(open(there) == [order] && there.servers[server]?.administrative == .drain)
            try await here.noteStep(of: order.id, moved: 1, failed: 0)
            try await there.catchUp()
            #expect(open(there).map(\.moved) == [1])
            _ = try await there.finish(order.id, as: .done, message: "", turning: .maintenance, now: .second(1))
            try await here.catchUp()
            #expect(open(here).isEmpty && here.servers[server]?.administrative == .maintenance)
        }
    }

    @Test(arguments: Place.allCases) func `an order about nothing is refused, and turns nothing`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            let wrong: [(Order.Work, StoreFault.Constraint)] = [
                (.evacuate(one, perMinute: 0), .check), (.evacuate(one, perMinute: -1), .check),
                (.panic(ServerID(99)), .foreignKey), (.untilEmpty(ServerID(99)), .foreignKey),
                (.move(MeetingNumber(99), to: nil), .foreignKey),
            ]
            for (work, constraint) in wrong {
                await #expect(throws: StoreFault.constraint(constraint)) {
                    _ = try await store.order(work, now: .start)
                }
            }
            #expect(open(store).isEmpty && store.servers[one]?.administrative == .ready)
            let order = try written(try await store.order(.panic(one), now: .start))
            #expect(order.id == OrderID(1))
        }
    }
}
