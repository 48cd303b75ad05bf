import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Every call in every situation, as ``SectionFifteenRow`` has it.
@Suite struct SectionFifteenTests {
    @Test func `the table leaves no call out`() {
        let listed = Set(SectionFifteenRow.all.map(\.call))
        // Those two are answered without an account, by the web room.
        let known = Set(CallRules.bigBlueButton.keys).subtracting([.index, .hooksPing])
        let own: Set<CallName> = [.getServers, .getMeetingEvents, .getStatistics, .move]
        #expect(listed.isSuperset(of: known.union(own)))
    }

    @Test(arguments: SectionFifteenRow.all)
    func `a call asks whom the table says, and answers what is there`(row: SectionFifteenRow) async throws {
        let world = try await TwoAccounts()
        let before = world.counts
        let answer = await world.stand.answer(to: row.request(row.parameters(world.mine)))
        #expect(try Said.words(answer, owner: world.owner) == row.known)
        let received = world.received(since: before)
        for name in Set(received.flatMap { Array($0.keys) }).union(row.asks.keys) {
            let counts = received.map { $0[name] ?? 0 }
            let owners = world.stand.servers.map { $0 === world.owner ? 1 : 0 }
            switch row.asks[name] {
            case .owner?: #expect(counts == owners, "\(name)")
            case .another?:
                #expect(counts.reduce(0, +) == 1, "\(name)")
                #expect(counts != owners, "\(name)")
            case .all?: #expect(counts.allSatisfy { $0 == 1 }, "\(name) \(counts)")
            case nil: Issue.record("servers got \(name): \(counts)")
            }
        }
    }

    @Test(arguments: SectionFifteenRow.all)
    func `what nobody knows is told so, and no server is troubled`(row: SectionFifteenRow) async throws {
        guard let unknown = row.unknown else { return }
        let world = try await TwoAccounts()
        let before = world.counts
        let answer = await world.stand.answer(to: row.request(row.parameters(TwoAccounts.nobody)))
        #expect(try Said.words(answer) == unknown)
        guard row.call != .create else { return }
        let received = world.received(since: before)
        for (name, receivers) in row.asks where receivers != .all {
            #expect(received.allSatisfy { $0[name] == nil }, "\(name)")
        }
    }

    @Test(arguments: SectionFifteenRow.all)
    func `what is another account's is unknown, both ways, and nothing happens to it`(row: SectionFifteenRow)
        async throws
    {
        let world = try await TwoAccounts()
        if let said = row.unknown {
            let answer = await world.stand.answer(to: row.request(row.parameters(world.theirs)))
            #expect(try Said.words(answer) == said)
        }
        if let said = row.toOthers ?? row.unknown, said != SectionFifteenRow.notAsked {
            let call = row.request(row.parameters(world.mine))
            #expect(try await Said.words(world.stand.answer(to: call, of: world.other)) == said)
        }
        #expect(world.isUntouched(world.theirs, on: world.theirOwner, of: world.other))
        #expect(world.isUntouched(world.mine, on: world.owner, of: world.stand.account))
    }

    @Test func `no list of one account has anything of the other in it`() async throws {
        let world = try await TwoAccounts()
        for call in [CallName.getMeetings, .getSessions, .getRecordings, .hooksList, .getMeetingEvents] {
            let parameters: Parameters = ["users": "0"]
            let request = Call(call, rawQuery: parameters.encoded())
            for (account, ours, others) in [
                (world.stand.account, world.mine, world.theirs), (world.other, world.theirs, world.mine),
            ] {
                let answer = await world.stand.answer(to: request, of: account)
                let text = try #require(answer.bodyOctets).asText
                let traces = [others.meetingID, others.internalID, others.hookID]
                #expect(traces.allSatisfy { !text.contains($0) }, "\(call): \(text)")
                #expect([ours.meetingID, ours.internalID].contains { text.contains($0) }, "\(call): \(text)")
            }
        }
    }

    @Test(arguments: SectionFifteenRow.all)
    func `while its server is suspect, and when it is offline, a call answers as the table says`(
        row: SectionFifteenRow
    ) async throws {
        let suspect = try await TwoAccounts()
        try await suspect.stand.suspect(suspect.owner)
        var answer = await suspect.stand.answer(to: row.request(row.parameters(suspect.mine)))
        #expect(try Said.words(answer, owner: suspect.owner) == row.suspect, "suspect")
        let offline = try await TwoAccounts()
        try await offline.stand.takeDown(offline.owner)
        answer = await offline.stand.answer(to: row.request(row.parameters(offline.mine)))
        #expect(try Said.words(answer, owner: offline.owner) == row.offline, "offline")
    }

    @Test(arguments: SectionFifteenRow.all)
    func `what is missing, too long or no value is told`(row: SectionFifteenRow) async throws {
        guard !row.missing.isEmpty || !row.bad.isEmpty else { return }
        let world = try await TwoAccounts()
        for (name, said) in row.missing {
            var parameters = row.parameters(world.mine)
            parameters[name] = nil
            #expect(try await Said.words(world.stand.answer(to: row.request(parameters))) == said, "without \(name)")
        }
        for (name, value, said) in row.bad {
            var parameters = row.parameters(world.mine)
            parameters[name] = value
            let answer = await world.stand.answer(to: row.request(parameters))
            #expect(try Said.words(answer) == said, "\(name)=\(value.prefix(10))")
        }
        #expect(world.isUntouched(world.mine, on: world.owner, of: world.stand.account))
    }

    // MARK: checksums

    @Test(arguments: SectionFifteenRow.all)
    func `a call that no account signed is refused`(row: SectionFifteenRow) async throws {
        let world = try await TwoAccounts()
        var query = row.parameters(world.mine).encoded()
        if !row.isForBrowsers {
            let secret = try #require(Secret("somebody else"))
            let checksum = Checksum(row.call, query: query, secret: secret).hex
            query += (query.isEmpty ? "" : "&") + "checksum=\(checksum)"
        }
        let call = row.request(query: query)
        #expect(world.stand.fleet.caller(of: call) == nil)
        #expect(try Said.words(world.stand.fleet.refuseUnsigned(call)) == row.unsigned)
    }

    /// All but the one that signs in a way of its own: see ConfigXMLTests.
    private static let signedByQuery = SectionFifteenRow.all.filter { !$0.isForBrowsers && $0.call != .setConfigXML }

    @Test(arguments: signedByQuery)
    func `a call is the account's whose secret signed it`(row: SectionFifteenRow) async throws {
        let world = try await TwoAccounts()
        for (account, text) in [(world.stand.account, "client"), (world.other, "other-client")] {
            let query = row.parameters(world.mine).encoded()
            let checksum = Checksum(row.call, query: query, secret: try #require(Secret(text)), algorithm: .sha512).hex
            let signed = query + (query.isEmpty ? "" : "&") + "checksum=\(checksum)"
            #expect(world.stand.fleet.caller(of: row.request(query: signed))?.account.id == account.id)
        }
    }

    @Test func `the upload of a text track tells in its own way what is missing before it is signed`() async throws {
        let stand = try await Stand(servers: 1)
        for (query, said) in [
            ("recordID=r", "Missing param checksum."), ("checksum=00", "Missing param recordID."),
        ] {
            let call = Call(.putRecordingTextTrack, method: .post, rawQuery: query)
            let answer = stand.fleet.refuseUnsigned(call)
            #expect(try Said.words(answer) == "json FAILED paramError")
            #expect(answer.bodyOctets?.asText.contains(said) == true)
        }
    }

    // MARK: methods

    private static let otherMethods: [(CallName, Call.Method)] = [
        (.putRecordingTextTrack, .get), (.hooksCreate, .post), (.hooksList, .post), (.hooksDestroy, .post),
        (.setConfigXML, .get), (.create, .other), (.join, .other), (.getMeetings, .other), (.move, .other),
    ]

    @Test(arguments: otherMethods)
    func `a method that no server takes is an unsupported request`(name: CallName, method: Call.Method) async throws {
        let world = try await TwoAccounts()
        let before = world.counts
        let call = Call(name, method: method, rawQuery: "meetingID=mine-1&name=Room&fullName=A&role=VIEWER")
        #expect(try await Said.words(world.stand.answer(to: call)) == "FAILED unsupportedRequest")
        #expect(world.received(since: before).allSatisfy { $0.isEmpty })
    }

    @Test func `HEAD is a GET`() async throws {
        let world = try await TwoAccounts()
        #expect(try await Said.words(world.stand.answer(to: Call(.getMeetings, method: .head))) == "SUCCESS 3")
    }
}
