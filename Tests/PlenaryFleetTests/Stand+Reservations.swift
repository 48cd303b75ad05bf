import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Pools of connections, in minutes from 0 as in `rooms-api.md` 15.12.
extension Stand {
    /// A stand whose default account has so many connections.
    static func pool(of connections: Int, servers count: Int = 3, engine: (any SQLEngine)? = nil) async throws
        -> Stand
    {
        let stand = try await Stand(servers: count, engine: engine)
        try await stand.setPool(connections)
        return stand
    }

    /// A(15, 0-120) in a pool of 20; A of the examples is `room-A`.
    static func withA(servers count: Int = 3, engine: (any SQLEngine)? = nil) async throws -> Stand {
        let stand = try await pool(of: 20, servers: count, engine: engine)
        #expect(try await stand.book("room-A", 15, 120) == "admitted")
        return stand
    }

    /// The default account has so many from now on; `nil`: it reserves nothing.
    func setPool(_ connections: Int?) async throws {
        let account = try await store.changeRights(of: .default) { $0.limits.connections = connections }
        #expect(account?.rights.limits.connections == connections)
    }

    func at(_ minute: Int) -> WireTime { clock.base.advanced(by: .seconds(60 * minute)) }

    /// Time passes until that minute, or a moment before it; then every server is polled.
    func pass(until minute: Int, less moment: Duration = .zero) async {
        clock.advance(by: .seconds(60 * minute) - moment - clock.uptime)
        await pollAll()
    }

    /// Time passes as it does when everything runs: polls every two seconds, room is made every second.
    func pass(makingRoom seconds: Int) async {
        for second in 0..<seconds {
            clock.advance(by: .seconds(1))
            await fleet.endPreempted()
            if second.isMultiple(of: 2) { await pollAll() }
        }
    }

    /// Those that had to make room are ended, and polls see it; no time passes.
    func makeRoom() async {
        await fleet.endPreempted()
        await pollAll()
    }

    /// What becomes of a create that wants so many connections, as ``words(of:)`` has it.
    @discardableResult
    func book(_ id: String, _ connections: Int, _ minutes: Int = 60, of account: AccountID = .default) async throws
        -> String
    {
        let wish: Parameters = ["maxParticipants": String(connections), "duration": String(minutes)]
        return Self.words(of: try await create(id, wish, of: account))
    }

    /// `admitted`, `duplicateWarning`, or a key with the connections that could be had and the seconds to wait for
    /// more, as in `noConnectionsAvailable 5 3600`.
    static func words(of reply: Reply) -> String {
        if reply.isSuccess { return reply.messageKey?.rawValue ?? "admitted" }
        let told = ["availableConnections", "retryAfter"].compactMap { reply.root.text(of: $0) }
        return ([reply.messageKey?.rawValue ?? "FAILED"] + told).joined(separator: " ")
    }

    /// Many creates at the same time, each for an hour: what became of them, sorted.
    func bookAtOnce(_ wishes: [(String, Int)]) async throws -> [String] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for (id, connections) in wishes { group.addTask { try await book(id, connections) } }
            return try await group.reduce(into: [String]()) { $0.append($1) }.sorted()
        }
    }

    func key(_ id: String, of account: AccountID = .default) throws -> MeetingKey {
        MeetingKey(account: account, meetingID: try self.id(id))
    }

    /// What is reserved in the pool of an account, and what of it is being ended.
    func reservations(of account: AccountID = .default) async throws -> Set<Reservation> {
        Set(try await store.pool(of: account, capacity: nil, isShared: true).reservations.values)
    }

    func reservation(_ id: String, of account: AccountID = .default) async throws -> Reservation? {
        let key = try key(id, of: account)
        return try await store.pool(of: account, capacity: nil, isShared: true).reservations[key]
    }

    /// Where a join leads: `302 to its server`, or an error.
    func joining(_ id: String, of account: AccountID = .default) async throws -> String {
        let join: Parameters = ["meetingID": id, "fullName": "Ann", "role": "VIEWER"]
        let answer = try await answer(.join, join, of: account)
        return try Said.words(answer, owner: holders(id, of: account).first)
    }

    /// Whether one server has a meeting, and lets in who comes.
    func lives(_ id: String, of account: AccountID = .default) async throws -> Bool {
        guard try holders(id, of: account).count == 1 else { return false }
        return try await joining(id, of: account) == "302 to its server"
    }

    /// How often servers were told to end a meeting.
    var ends: Int { servers.reduce(0) { $0 + $1.count(of: .end) } }
}
