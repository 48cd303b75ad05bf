import BigBlueButton
import PlenaryCore
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryFleet

/// What callers asked to be told, from the create to the receiver (`bbb-api.md` 10): exact, once, and signed by them.
@Suite struct CallbackFlowTests {
    private func receiver() -> Receiver { Receiver("https://lms.example/") }

    /// What a receiver gets that has no body.
    private func get(_ url: String, _ number: Int64, _ stand: Stand) -> OutboundRequest {
        OutboundRequest(url: url, headers: [stand.numbered(number)])
    }

    // MARK: the end

    @Test func `servers are given addresses of ours in place of the caller's`() async throws {
        let stand = try await Stand.reachable()
        try await stand.create("room-1", Told.all)
        let given = try #require(try stand.holder("room-1").meetings.first).parameters
        let names: [(String, CallerCallbacks.Kind)] = [
            ("meta_endCallbackUrl", .end), ("meetingEndedURL", .ended), ("meta_bn-recording-ready-url", .recording),
            ("meta_analytics-callback-url", .analytics),
        ]
        for (name, kind) in names {
            let address = try stand.address(kind, of: "room-1")
            #expect(given[name] == address)
        }
        #expect(!given.all.contains { $0.value.contains("lms.example") })
        // No two meetings, and no two kinds, have one key.
        try await stand.create("room-2", Told.all)
        let addresses = try CallerCallbacks.Kind.allCases.flatMap { kind in
            try ["room-1", "room-2"].map { try stand.address(kind, of: $0) }
        }
        #expect(Set(addresses.compactMap { $0.split(separator: "/").last }).count == 8)
    }

    @Test func `the end is told exactly as BigBlueButton tells it`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        let id = "room ü&1"
        try await stand.create(id, Told.all)
        let holder = try stand.holder(id)
        #expect(try holder.setRecordingMarks(of: stand.id(id)))
        #expect(try await stand.reply(.end, ["meetingID": id]).isSuccess)
        try await stand.bringCallbacks()
        // Not by the server's word: when it is found without the meeting.
        #expect(try await stand.deliveries(.waiting).map(\.kind) == [.analytics])
        await stand.pollAll()
        try await stand.fleet.deliverOnce(receiver)
        #expect(
            receiver.received.filter { $0.body == nil } == [
                get("\(Told.end)&recordingmarks=true&meetingID=room+%C3%BC%261", 2, stand), get(Told.ended, 3, stand),
            ])
        #expect(try await stand.deliveries().allSatisfy { $0.state == .delivered && $0.lastResult == "HTTP 200" })
        receiver.clear()
        await stand.pass(120)
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.isEmpty)
    }

    @Test func `an address without a query gets one, and the other one is used as it is`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        try await stand.create(
            "room-1", ["meta_endcallbackurl": "https://lms.example/e", "meetingEndedURL": "https://lms.example/x?"])
        try stand.holder("room-1").endMeeting(stand.id("room-1"))
        try await stand.bringCallbacks()
        await stand.pollAll()
        try await stand.fleet.deliverOnce(receiver)
        #expect(
            receiver.received.map(\.url) == [
                "https://lms.example/e?recordingmarks=false&meetingID=room-1", "https://lms.example/x?",
            ])
    }

    @Test func `a server that restarts tells nothing, and the end is told all the same`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        try await stand.create("room-1", Told.all)
        let holder = try stand.holder("room-1")
        holder.setRecordingMarks(of: try stand.id("room-1"))
        holder.reboot()
        #expect(try await stand.bringCallbacks().isEmpty)
        await stand.pollAll()
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.map(\.url) == [Told.ended])
        // Forty seconds are the server's to tell whether somebody pressed record.
        stand.clock.advance(by: .seconds(39))
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.count == 1)
        stand.clock.advance(by: .seconds(1))
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.map(\.url) == [Told.ended, "\(Told.end)&recordingmarks=false&meetingID=room-1"])
    }

    @Test func `what the server tells after the end is in time`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        try await stand.create("room-1", Told.all)
        let holder = try stand.holder("room-1")
        holder.setRecordingMarks(of: try stand.id("room-1"))
        holder.endMeeting(try stand.id("room-1"))
        await stand.pollAll()
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received(at: Told.end).isEmpty)
        stand.clock.advance(by: .seconds(3))
        try await stand.bringCallbacks()
        try await stand.fleet.deliverOnce(receiver)
        #expect(
            receiver.received(at: Told.end).map(\.url) == ["\(Told.end)&recordingmarks=true&meetingID=room-1"])
        #expect(receiver.received(at: Told.ended).count == 1)
    }

    @Test func `each meeting of one id is told, and none twice`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        for round in 1...3 {
            try await stand.create("room-1", Told.all)
            #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
            // Made anew before anybody looked, in the second round.
            if round == 2 { try await stand.create("room-1", Told.all) }
            await stand.pollAll()
            try await stand.bringCallbacks()
        }
        try await stand.deliverAll(receiver)
        let ended = stand.servers.flatMap { $0.withBBB { $0.firedCallbacks } }.filter { $0.kind == .endedURL }
        #expect(receiver.received(at: Told.ended).count == ended.count && ended.count == 3)
        #expect(receiver.received(at: Told.end).count == 3)
        #expect(Set(receiver.received.map(\.number)).count == receiver.received.count)
    }

    @Test func `breakout rooms end without a word, their parent does not`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        try await stand.create("room-1", Told.all)
        let more: Parameters = ["isBreakout": "true", "parentMeetingID": "room-1", "sequence": "1"]
        var breakout = Told.all
        breakout.append(contentsOf: more)
        #expect(try await stand.create("breakout-1", breakout).isSuccess)
        #expect(try stand.holder("breakout-1") === stand.holder("room-1"))
        try stand.holder("room-1").endMeeting(stand.id("room-1"))
        await stand.pollAll()
        try await stand.deliverAll(receiver)
        #expect(try stand.mapped("breakout-1") == nil)
        #expect(receiver.received.map(\.url) == [Told.ended, "\(Told.end)&recordingmarks=false&meetingID=room-1"])
    }

    // MARK: recordings and analytics

    @Test(arguments: ["bbb", "bn", "canvas"])
    func `a recording is told exactly as BigBlueButton tells it, with the caller's signature`(name: String) async throws
    {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        let parameters: Parameters = [
            "meetingID": "room \"1\" ü", "name": "Room", "record": "true",
            "meta_\(name)-recording-ready-url": Told.recording,
        ]
        _ = try await stand.signed(.create, parameters, by: "client")
        let holder = try stand.holder("room \"1\" ü")
        let recordID = try #require(holder.meetings.first?.internalID.rawValue)
        holder.endMeeting(try stand.id("room \"1\" ü"))
        await stand.pollAll()
        #expect(holder.publishRecording(recordID, at: stand.now))
        #expect(try await stand.bringCallbacks().count == 1)
        try await stand.fleet.deliverOnce(receiver)
        let payload = "{\"meeting_id\":\"room \\\"1\\\" ü\",\"record_id\":\"\(recordID)\"}"
        let token = SignedToken.sign(payload, secret: try stand.secret("client"), algorithm: .hs256)
        let form = "application/x-www-form-urlencoded; charset=UTF-8"
        let expected = OutboundRequest(
            url: Told.recording,
            headers: [.init(name: "Content-Type", value: form), stand.numbered(1)],
            body: Array("signed_parameters=\(token)".utf8))
        #expect(receiver.received == [expected])
    }

    @Test func `each format that becomes ready is news, a repetition is not`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        try await stand.create("room-1", Told.all)
        let holder = try stand.holder("room-1")
        let recordID = try #require(holder.meetings.first?.internalID.rawValue)
        holder.endMeeting(try stand.id("room-1"))
        await stand.pollAll()
        try await stand.bringCallbacks()
        var told: [Int] = []
        for formats in [["presentation"], ["presentation", "video"], ["presentation", "video"]] {
            #expect(holder.publishRecording(recordID, formats: formats, at: stand.now))
            let callbacks = try await stand.bringCallbacks()
            #expect(callbacks.count == formats.count)
            // A server may send what was taken once more.
            for callback in callbacks { #expect(try await stand.bring(callback) == .taken) }
            try await stand.deliverAll(receiver)
            told.append(receiver.received(at: Told.recording).count)
        }
        #expect(told == [1, 2, 2])
    }

    @Test func `analytics are passed on octet by octet, with a bearer of the caller's`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        try await stand.create("room-1", ["meetingKeepEvents": "true", "meta_analytics-callback-url": Told.analytics])
        let holder = try stand.holder("room-1")
        holder.joinParticipant(
            meetingID: try stand.id("room-1"), fullName: "Añn \u{1F600}", role: .moderator, at: stand.now)
        holder.endMeeting(try stand.id("room-1"), at: stand.now)
        let sent = try await stand.bringCallbacks()
        #expect(sent.map(\.kind) == [.analytics])
        stand.clock.advance(by: .seconds(30))
        try await stand.fleet.deliverOnce(receiver)
        let expiry = stand.now.milliseconds / 1_000 + 86_400
        let token = SignedToken.sign(
            "{\"exp\":\(expiry)}", secret: try stand.secret("client"), algorithm: .hs512, includesType: true)
        let expected = OutboundRequest(
            url: Told.analytics,
            headers: [
                .init(name: "Content-Type", value: "application/json"),
                .init(name: "Authorization", value: "Bearer \(token)"),
                .init(name: "User-Agent", value: "BigBlueButton Analytics Callback"),
                stand.numbered(1),
            ], body: try stand.withCallersAddresses(sent.first?.body ?? []))
        #expect(receiver.received == [expected])
        // The same once more is no news.
        for callback in sent { #expect(try await stand.bring(callback) == .taken) }
        #expect(try await stand.deliveries().count == 1)
    }

    // MARK: signatures

    @Test func `what is told is signed with the secret that asked for it, and with the newest when that one is gone`()
        async throws
    {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        _ = try await stand.store.addSecret(
            stand.secret("second"), label: "second", to: .default, now: stand.now)
        for (id, secret) in [("room-1", "client"), ("room-2", "second"), ("room-3", "client")] {
            let parameters: Parameters = [
                "meetingID": id, "name": "Room", "record": "true", "meta_bn-recording-ready-url": Told.recording,
            ]
            #expect(try await stand.signed(.create, parameters, by: secret).isSuccess)
        }
        func announce(_ id: String) async throws -> OutboundRequest? {
            let holder = try stand.holder(id)
            let recordID = try #require(holder.meeting(stand.id(id))?.internalID.rawValue)
            holder.endMeeting(try stand.id(id))
            holder.publishRecording(recordID, at: stand.now)
            try await stand.bringCallbacks()
            receiver.clear()
            try await stand.fleet.deliverOnce(receiver)
            return receiver.received.first
        }
        func expect(_ request: OutboundRequest?, signedBy text: String) throws {
            let token = request?.form["signed_parameters"] ?? ""
            let secret = try stand.secret(text)
            #expect(SignedToken.verify(token, secret: secret, algorithms: [.hs256]) != nil, "\(text)")
        }
        try expect(try await announce("room-1"), signedBy: "client")
        try expect(try await announce("room-2"), signedBy: "second")
        let first = try #require(stand.account.secrets.first)
        #expect(try await stand.store.removeSecret(first.number, from: .default))
        try expect(try await announce("room-3"), signedBy: "second")
    }

    @Test func `what nobody can sign is given up, and can be told once there is a secret again`() async throws {
        let stand = try await Stand.reachable()
        let receiver = receiver()
        try await stand.create("room-1", ["meta_bn-recording-ready-url": Told.recording, "record": "true"])
        let holder = try stand.holder("room-1")
        let recordID = try #require(holder.meetings.first?.internalID.rawValue)
        for secret in stand.account.secrets {
            #expect(try await stand.store.removeSecret(secret.number, from: .default))
        }
        holder.endMeeting(try stand.id("room-1"))
        holder.publishRecording(recordID, at: stand.now)
        try await stand.bringCallbacks()
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.isEmpty)
        #expect(try await stand.deliveries(.parked).map(\.lastResult) == ["the account has no secret to sign with"])
        _ = try await stand.store.addSecret(stand.secret("new"), label: "new", to: .default, now: stand.now)
        #expect(try await stand.store.retry(nil, now: stand.now) == 1)
        try await stand.fleet.deliverOnce(receiver)
        let token = try #require(receiver.received.first?.form["signed_parameters"])
        let secret = try stand.secret("new")
        #expect(SignedToken.verify(token, secret: secret) != nil)
    }

    @Test func `each account is told what is its own, with its own secret`() async throws {
        let stand = try await Stand.reachable()
        let receiver = Receiver("https://lms.example/", "https://school.example/")
        _ = try await stand.addAccount("school", secret: "of the school")
        for (secret, host) in [("client", "lms"), ("of the school", "school")] {
            let parameters: Parameters = [
                "meetingID": "room-1", "name": "Room", "record": "true",
                "meta_bn-recording-ready-url": "https://\(host).example/ready",
            ]
            #expect(try await stand.signed(.create, parameters, by: secret).isSuccess)
        }
        for server in stand.servers {
            for meeting in server.meetings {
                server.endMeeting(meeting.id)
                server.publishRecording(meeting.internalID.rawValue, at: stand.now)
            }
        }
        try await stand.bringCallbacks()
        try await stand.fleet.deliverOnce(receiver)
        for (text, host) in [("client", "lms"), ("of the school", "school")] {
            let request = try #require(receiver.received(at: "https://\(host).example/").first)
            let token = try #require(request.form["signed_parameters"])
            let secret = try stand.secret(text)
            #expect(SignedToken.verify(token, secret: secret) != nil, "\(host)")
        }
        #expect(receiver.received.count == 2)
    }
}

extension Stand {
    /// What a server said, with the caller's address for analytics where ours stood.
    fileprivate func withCallersAddresses(_ body: [UInt8]) throws -> [UInt8] {
        let meeting = try #require(store.roster { $0.meetings.values.first })
        let ours = try #require(Addresses.callback(.analytics, of: meeting, base: fleet.settings.callbacksURL))
        return Array(String(decoding: body, as: UTF8.self).replacing(ours, with: Told.analytics).utf8)
    }
}
