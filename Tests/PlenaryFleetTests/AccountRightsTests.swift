import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// What accounts may do and have (`balancer.md` 7), with the words of the founding document.
@Suite struct AccountRightsTests {
    private static let access = "This application is not currently allowed to access this API."
    private static let record = "This application is not allowed to record meetings."
    private static let meetings = "This application is not allowed to have any more concurrent meetings."

    /// An account beside the default one.
    private func school(
        _ stand: Stand, _ change: @escaping @Sendable (inout AccountRights) -> Void = { _ in }
    ) async throws -> Account {
        let account = try await stand.tenant("school")
        return try #require(try await stand.store.changeRights(of: account.id, change))
    }

    private func reply(_ name: CallName, _ parameters: Parameters, of account: Account, _ stand: Stand) async throws
        -> Reply
    {
        guard case .xml(let octets) = await stand.answer(to: Call(name, rawQuery: parameters.encoded()), of: account)
        else { throw Stand.NoReply() }
        return try Reply(octets)
    }

    private func create(_ id: String, _ more: Parameters = [:], of account: Account, _ stand: Stand) async throws
        -> Reply
    {
        var parameters: Parameters = ["name": "Class", "meetingID": id]
        parameters.append(contentsOf: more)
        return try await reply(.create, parameters, of: account, stand)
    }

    @Test func `a disabled account is refused whatever it calls, and what runs goes on`() async throws {
        let stand = try await Stand(servers: 1)
        let account = try await school(stand)
        #expect(try await create("class-1", of: account, stand).isSuccess)
        let disabled = try #require(try await stand.store.changeRights(of: account.id) { $0.isEnabled = false })
        for row in SectionFifteenRow.all where row.known != "FAILED unsupportedRequest" {
            let parameters: Parameters = [
                "meetingID": "class-1", "name": "Class", "fullName": "Ann", "redirect": "false",
            ]
            let answer = await stand.answer(to: row.request(parameters), of: disabled)
            guard case .xml(let octets) = answer else {
                Issue.record("\(row.call) was answered")
                continue
            }
            let reply = try Reply(octets)
            #expect(reply.messageKey == .permissionDenied && reply.message == Self.access, "\(row.call)")
        }
        await stand.pass(10)
        #expect(stand.servers[0].meetings.count == 1)
        let enabled = try #require(try await stand.store.changeRights(of: account.id) { $0.isEnabled = true })
        #expect(try await reply(.getMeetingInfo, ["meetingID": "class-1"], of: enabled, stand).isSuccess)
    }

    @Test(arguments: ["true", "TRUE", "True"]) func `who may not record is refused before a server hears of it`(
        record: String
    ) async throws {
        let stand = try await Stand(servers: 1)
        let account = try await school(stand) { $0.mayRecord = false }
        let refused = try await create("class-1", ["record": record], of: account, stand)
        #expect(refused.messageKey == .permissionDenied && refused.message == Self.record)
        #expect(stand.servers[0].count(of: .create) == 0)
        for record in ["false", ""] {
            #expect(try await create("class-\(record)", ["record": record], of: account, stand).isSuccess)
        }
    }

    @Test func `so many creates at once as one likes give as many meetings as are allowed`() async throws {
        let stand = try await Stand(servers: 3)
        let account = try await school(stand) { $0.limits.meetings = 10 }
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
            for number in 0..<50 {
                group.addTask { try await create("class-\(number)", of: account, stand) }
            }
            return try await group.reduce(into: [Reply]()) { $0.append($1) }
        }
        #expect(replies.filter(\.isSuccess).count == 10)
        let refused = replies.filter { !$0.isSuccess }
        #expect(refused.count == 40)
        #expect(refused.allSatisfy { $0.messageKey == .permissionDenied && $0.message == Self.meetings })
        #expect(stand.servers.map(\.meetings.count).reduce(0, +) == 10)
        // Others have their own; what is there can be created again, and what ends gives its place back.
        #expect(try await stand.create("room-1").isSuccess)
        let mine = try #require(stand.store.roster { $0.runningMeetings(of: account.id).first })
        #expect(try await create(mine.key.meetingID.rawValue, of: account, stand).isSuccess)
        #expect(try await create("another", of: account, stand).message == Self.meetings)
        let breakout: Parameters = [
            "isBreakout": "true", "parentMeetingID": mine.key.meetingID.rawValue, "sequence": "1",
        ]
        #expect(try await create("group-1", breakout, of: account, stand).isSuccess)
        #expect(try await reply(.end, ["meetingID": mine.key.meetingID.rawValue], of: account, stand).isSuccess)
        await stand.pollAll()
        #expect(try await create("another", of: account, stand).isSuccess)
    }

    @Test func `a create that comes to nothing takes no place`() async throws {
        let stand = try await Stand(servers: 1)
        let account = try await school(stand) { $0.limits.meetings = 1 }
        stand.servers[0].set(.failed(.idNotUnique, "no"), call: .create, remaining: 1)
        #expect(try await create("class-1", of: account, stand).messageKey == .idNotUnique)
        #expect(try await create("class-2", of: account, stand).isSuccess)
    }

    @Test func `an account is placed on servers with its tags only`() async throws {
        let stand = try await Stand(servers: 3)
        let tagged = try stand.server(stand.servers[1])
        _ = try await stand.store.setTags(["school"], of: tagged.id)
        let account = try await school(stand) { $0.serverTags = ["school"] }
        for number in 0..<4 {
            // Also where it prefers another one.
            #expect(try await create("class-\(number)", ["preferredServer": "bbb1"], of: account, stand).isSuccess)
        }
        #expect(stand.servers.map(\.meetings.count) == [0, 4, 0])
        let none = try #require(try await stand.store.changeRights(of: account.id) { $0.serverTags = ["none"] })
        #expect(try await create("class-9", of: none, stand).isSuccess)
        #expect(stand.servers[1].meetings.count == 4)
        let nowhere = try #require(try await stand.store.changeRights(of: account.id) { $0.serverTags = ["gpu"] })
        #expect(try await create("class-10", of: nowhere, stand).messageKey == .internalError)
    }

    @Test func `no more people are let in than an account may have, however they come`() async throws {
        let stand = try await Stand(servers: 2)
        let account = try await school(stand) { $0.limits.participants = 5 }
        for id in ["class-1", "class-2"] { #expect(try await create(id, of: account, stand).isSuccess) }
        func join(_ number: Int) async throws -> Bool {
            let parameters: Parameters = [
                "meetingID": number.isMultiple(of: 2) ? "class-1" : "class-2", "fullName": "P\(number)",
                "role": "VIEWER",
            ]
            guard
                case .redirect(let url, _) = await stand.answer(
                    to: Call(.join, rawQuery: parameters.encoded()), of: account)
            else { throw Stand.NoReply() }
            guard url.contains("/join?") else {
                #expect(url.contains("permissionDenied"))
                return false
            }
            let id = try stand.idOnServer(number.isMultiple(of: 2) ? "class-1" : "class-2", of: account.id)
            for server in stand.servers where server.meeting(id) != nil {
                server.joinParticipant(meetingID: id, fullName: "P\(number)", at: stand.now)
            }
            return true
        }
        var isIn: [Bool] = []
        for number in 0..<20 { isIn.append(try await join(number)) }
        #expect(isIn.filter { $0 }.count == 5)
        // They have arrived, and are not counted twice.
        await stand.pass(30)
        #expect(try await !join(20))
        _ = try await stand.store.changeRights(of: account.id) { $0.limits.participants = 6 }
        let more = try #require(stand.store.roster { $0.accounts[account.id] })
        let parameters: Parameters = ["meetingID": "class-1", "fullName": "Late", "role": "VIEWER"]
        guard
            case .redirect(let url, _) = await stand.answer(
                to: Call(.join, rawQuery: parameters.encoded()), of: more)
        else { throw Stand.NoReply() }
        #expect(url.contains("/join?"))
    }

    // MARK: who calls

    private func signed(_ secret: String, _ algorithm: ChecksumAlgorithm = .sha1) throws -> Call {
        let checksum = Checksum(
            .getMeetings, query: "", secret: try #require(Secret(secret)), algorithm: algorithm)
        return Call(.getMeetings, rawQuery: "checksum=\(checksum.hex)")
    }

    @Test func `an address of an account opens to its secrets only`() async throws {
        let stand = try await Stand(servers: 1)
        let account = try await school(stand)
        let call = try signed("school-client")
        #expect(stand.fleet.caller(of: call)?.account.id == account.id)
        #expect(stand.fleet.caller(of: call, by: .named("school"))?.account.id == account.id)
        #expect(stand.fleet.caller(of: call, by: .named("SCHOOL"))?.account.id == account.id)
        for name in ["default", "nobody", "", "..", "school "] {
            #expect(stand.fleet.caller(of: call, by: .named(name)) == nil, "\(name)")
        }
    }

    @Test func `a secret is good until it ends`() async throws {
        let stand = try await Stand(servers: 1)
        let account = try await school(stand)
        let new = try #require(Secret("the new one"))
        let end = stand.now.advanced(by: .seconds(60))
        _ = try await stand.store.rotateSecret(new, label: "new", of: account.id, othersEnd: end, now: stand.now)
        stand.clock.advance(by: .milliseconds(59_999))
        #expect(try stand.fleet.caller(of: signed("school-client")) != nil)
        stand.clock.advance(by: .milliseconds(1))
        #expect(try stand.fleet.caller(of: signed("school-client")) == nil)
        #expect(try stand.fleet.caller(of: signed("the new one"))?.account.id == account.id)
    }

    @Test func `callbacks are signed with a secret that is valid`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        _ = try await stand.signed(.hooksCreate, ["callbackURL": "https://lms.example/hook"], by: "client")
        let new = try #require(Secret("the new one"))
        let end = stand.now.advanced(by: .seconds(60))
        _ = try await stand.store.rotateSecret(new, label: "new", of: .default, othersEnd: end, now: stand.now)
        let receiver = Receiver("https://lms.example/")
        for (id, secret) in [("room-1", "client"), ("room-2", "the new one")] {
            receiver.clear()
            try await stand.create(id)
            try await stand.bringCallbacks()
            try await stand.deliverAll(receiver)
            let sent = try #require(receiver.received(at: "https://lms.example/hook").first)
            let body = String(decoding: sent.body ?? [], as: UTF8.self)
            let checksum = Checksum(
                CallName(rawValue: "https://lms.example/hook"), query: body, secret: try #require(Secret(secret))
            ).hex
            #expect(sent.url.hasSuffix("checksum=\(checksum)"), "\(id)")
            stand.clock.advance(by: .seconds(61))
        }
    }

    @Test func `a hash that an account does not allow is a wrong checksum`() async throws {
        let stand = try await Stand(servers: 1)
        _ = try await school(stand) { $0.algorithms = [.sha256, .sha512] }
        for algorithm in ChecksumAlgorithm.allCases {
            let caller = stand.fleet.caller(of: try signed("school-client", algorithm), by: .named("school"))
            #expect((caller != nil) == [.sha256, .sha512].contains(algorithm), "\(algorithm)")
        }
    }
}
