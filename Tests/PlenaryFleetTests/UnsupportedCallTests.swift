import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Calls that are switched off for an account (`rooms-api.md` 15.10).
@Suite struct UnsupportedCallTests {
    private static let five: [CallName] = [
        .updateRecordings, .getDefaultConfigXML, .setConfigXML, .getRecordingTextTracks, .putRecordingTextTrack,
    ]

    /// What the calls answer where nothing is switched off, at servers that have all of them.
    private static let known: [CallName: String] = [
        .updateRecordings: "SUCCESS", .getDefaultConfigXML: "document", .setConfigXML: "SUCCESS",
        .getRecordingTextTracks: "json SUCCESS", .putRecordingTextTrack: "json SUCCESS upload_text_track_success",
    ]
    private static let unsupported = "FAILED unsupportedRequest"

    private static func world() async throws -> TwoAccounts {
        let world = try await TwoAccounts()
        for server in world.stand.servers { server.withBBB { $0.hasConfigXML = true } }
        return world
    }

    private static func switchOff(_ calls: Set<CallName>, of account: AccountID, in world: TwoAccounts) async throws {
        let changed = try await world.stand.store.changeRights(of: account) { $0.unsupportedCalls = calls }
        #expect(changed?.rights.unsupportedCalls == calls)
    }

    private static func answer(_ call: CallName, of account: AccountID, in world: TwoAccounts) async throws
        -> CallAnswer
    {
        let row = try #require(SectionFifteenRow.all.first { $0.call == call })
        let subject = account == .default ? world.mine : world.theirs
        return await world.stand.answer(
            to: row.request(row.parameters(subject)), of: try world.stand.current(account))
    }

    private static func words(_ call: CallName, of account: AccountID, in world: TwoAccounts) async throws -> String {
        try Said.words(try await answer(call, of: account, in: world))
    }

    @Test(arguments: five) func `a call that is switched off is answered as if there were none of that name`(
        call: CallName
    ) async throws {
        let world = try await Self.world()
        #expect(try await Self.words(call, of: .default, in: world) == Self.known[call])
        try await Self.switchOff([call], of: .default, in: world)
        let before = world.counts
        guard case .xml(let octets) = try await Self.answer(call, of: .default, in: world) else {
            Issue.record("it is not answered in XML")
            return
        }
        let reply = try Reply(octets)
        #expect(reply.code == .failed && reply.messageKey == .unsupportedRequest)
        #expect(reply.message == "This request is not supported.")
        #expect(reply.root.children.map(\.name) == ["returncode", "messageKey", "message"])
        // No server heard of it.
        #expect(world.received(since: before).allSatisfy { $0.isEmpty })
        try await Self.switchOff([], of: .default, in: world)
        #expect(try await Self.words(call, of: .default, in: world) == Self.known[call])
    }

    @Test(arguments: five) func `a call that is switched off takes no other call along, and no other account`(
        call: CallName
    ) async throws {
        let world = try await Self.world()
        try await Self.switchOff([call], of: .default, in: world)
        for other in Self.five where other != call {
            #expect(try await Self.words(other, of: .default, in: world) == Self.known[other], "\(other)")
        }
        for other in Self.five {
            #expect(try await Self.words(other, of: world.other.id, in: world) == Self.known[other], "\(other)")
        }
    }

    @Test func `all five can be switched off`() async throws {
        let world = try await Self.world()
        try await Self.switchOff(Set(Self.five), of: world.other.id, in: world)
        for call in Self.five {
            #expect(try await Self.words(call, of: world.other.id, in: world) == Self.unsupported, "\(call)")
        }
    }

    private static let others = SectionFifteenRow.all.filter { !five.contains($0.call) }

    @Test(arguments: others) func `with all five switched off the others answer as ever`(row: SectionFifteenRow)
        async throws
    {
        let world = try await TwoAccounts()
        try await Self.switchOff(Set(Self.five), of: .default, in: world)
        let account = try world.stand.current(.default)
        let answer = await world.stand.answer(to: row.request(row.parameters(world.mine)), of: account)
        #expect(try Said.words(answer, owner: world.owner) == row.known)
    }

    @Test func `an account has all calls unless somebody says otherwise`() async throws {
        #expect(AccountRights.canBeUnsupported == Set(Self.five))
        let world = try await Self.world()
        for account in [AccountID.default, world.other.id] {
            #expect(try world.stand.current(account).rights.unsupportedCalls.isEmpty)
            for call in Self.five {
                #expect(try await Self.words(call, of: account, in: world) == Self.known[call], "\(call)")
            }
        }
    }

    @Test func `whose account is disabled is told that first`() async throws {
        let world = try await Self.world()
        try await Self.switchOff(Set(Self.five), of: .default, in: world)
        _ = try await world.stand.store.changeRights(of: .default) { $0.isEnabled = false }
        for call in Self.five {
            let words = try await Self.words(call, of: .default, in: world)
            #expect(words == "FAILED permissionDenied", "\(call)")
        }
    }

    @Test func `strangers do not learn what is switched off`() async throws {
        let world = try await Self.world()
        try await Self.switchOff(Set(Self.five), of: .default, in: world)
        for name in [CallName.updateRecordings, .getRecordingTextTracks, .getDefaultConfigXML] {
            let call = Call(name, rawQuery: "recordID=\(world.mine.recordID)&checksum=00")
            #expect(world.stand.fleet.caller(of: call) == nil)
            #expect(try Said.words(world.stand.fleet.refuseUnsigned(call)) == "FAILED checksumError")
        }
    }
}
