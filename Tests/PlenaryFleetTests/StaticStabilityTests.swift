import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

/// An engine that can be cut off, and counts what it is asked.
private final class CuttableEngine: SQLEngine {
    let base: SQLiteEngine
    private let state = Mutex((isCut: false, transactions: 0))

    init() throws { base = try SQLiteEngine() }

    var dialect: SQLDialect { base.dialect }
    var transactions: Int { state.withLock { $0.transactions } }
    func cut(_ isCut: Bool = true) { state.withLock { $0.isCut = isCut } }

    private func pass() throws {
        let isCut = state.withLock { state in
            state.transactions += 1
            return state.isCut
        }
        if isCut { throw StoreFault.unavailable("cut off") }
    }

    func write<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try pass()
        return try await base.write(work)
    }

    func read<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try pass()
        return try await base.read(work)
    }

    func compact() async throws { try await base.compact() }
    func emptyLog() async throws { try await base.emptyLog() }
    func close() async throws {}
}

@Suite struct StaticStabilityTests {
    @Test func `joins and reads touch no database, and go on when it cannot be reached`() async throws {
        let engine = try CuttableEngine()
        let stand = try await Stand(engine: engine)
        try await stand.create("room-1")
        let before = engine.transactions
        func useIt() async throws {
            guard
                case .redirect = await stand.answer(.join, ["fullName": "A", "meetingID": "room-1", "role": "VIEWER"])
            else { throw Stand.NoReply() }
            #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).isSuccess)
            #expect(try await stand.reply(.isMeetingRunning, ["meetingID": "room-1"]).isSuccess)
            #expect(try await stand.reply(.getMeetings).root.child("meetings")?.children.count == 1)
        }
        try await useIt()
        #expect(engine.transactions == before)
        engine.cut()
        await stand.fleet.catchUp()
        try await useIt()
        #expect(try await stand.create("room-2").messageKey == .internalError)
        #expect(try await stand.create("room-1").messageKey == .duplicateWarning)
    }

    @Test func `joins that could not be written wait until they can`() async throws {
        let engine = try CuttableEngine()
        let stand = try await Stand(engine: engine)
        try await stand.create("room-1")
        _ = await stand.answer(.join, ["fullName": "A", "meetingID": "room-1", "role": "VIEWER"])
        engine.cut()
        await stand.fleet.flushJoins()
        engine.cut(false)
        let number = try #require(try stand.mapped("room-1")).number
        #expect(try await stand.store.joins(of: number).isEmpty)
        await stand.fleet.flushJoins()
        #expect(try await stand.store.joins(of: number).map(\.fullName) == ["A"])
    }

    @Test func `the use of a secret is written once an hour, when it can be, and no call waits for it`() async throws {
        let engine = try CuttableEngine()
        let stand = try await Stand(engine: engine)
        let secret = try #require(stand.account.secrets.first)
        func call(with secret: Secret) -> Bool {
            let checksum = Checksum(.getMeetings, query: "", secret: secret)
            return stand.fleet.caller(of: Call(.getMeetings, rawQuery: "checksum=\(checksum.hex)")) != nil
        }
        let (before, first) = (engine.transactions, stand.clock.now)
        for _ in 0..<3 { #expect(call(with: secret.secret)) }
        #expect(engine.transactions == before)
        engine.cut()
        await stand.fleet.flushSecretUses()
        engine.cut(false)
        #expect(try await stand.store.lastUses().isEmpty)
        await stand.fleet.flushSecretUses()
        #expect(try await stand.store.lastUses() == [secret.number: first])
        // Within the hour nothing is written; nor is what somebody else signed.
        let written = engine.transactions
        stand.clock.advance(by: .seconds(3_599))
        #expect(call(with: secret.secret))
        stand.clock.advance(by: .seconds(1))
        let guessed = try #require(Secret("guessed"))
        #expect(!call(with: guessed))
        await stand.fleet.flushSecretUses()
        #expect(engine.transactions == written)
        #expect(call(with: secret.secret))
        await stand.fleet.flushSecretUses()
        #expect(try await stand.store.lastUses() == [secret.number: stand.clock.now])
    }
}
