import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// What a caller says reaches the server as it was said.
@Suite struct GoldenRequestTests {
    /// What a later BigBlueButton may know.
    private static let unknown: Parameters = [
        "future": "a b+c&d=e%2F~*'\"<\u{E9}\u{1F600}>", "x-future.y_z": "", "zukunft\u{FC}r": "100%", "random": "xyz",
    ]

    private static let routed = SectionFifteenRow.all.filter { $0.asks[$0.call] == .owner }

    @Test(arguments: routed)
    func `parameters that nobody knows reach the server as they came, once, and so do all others`(
        row: SectionFifteenRow
    ) async throws {
        let tapped = try await TappedFleet()
        let allowed = try #require(AllowedDifference.inParameters[row.call])
        let subjects = row.call == .create ? [tapped.world.mine, TwoAccounts.nobody] : [tapped.world.mine]
        for subject in subjects {
            var given = row.parameters(subject)
            given.append(contentsOf: Self.unknown)
            // What is said twice counts the first time.
            let call = row.request(query: "\(given.encoded())&future=second&checksum=00")
            _ = await tapped.answer(call)
            let exchange = try #require(tapped.tap.last(row.call))
            func compared(_ parameters: Parameters) -> String {
                parameters.filter { !allowed.contains($0.name) }.encoded()
            }
            #expect(compared(exchange.parameters) == compared(given))
            let request = SimulatedRequest(exchange.call)
            #expect(tapped.world.stand.servers.contains { $0.recentRequests.contains(request) })
        }
    }

    @Test func `a create is told to the server but for what is the balancer's, with our addresses`() async throws {
        let tapped = try await TappedFleet()
        var given: Parameters = ["name": "Room", "meetingID": "room-1", "load": "2", "preferredServer": "nobody"]
        given.append(contentsOf: TwoAccounts.callbacks)
        given.append(
            contentsOf: [
                "serverTag": "none", "meta_server-tag": "none", "attendeePW": "ap", "moderatorPW": "mp",
                "logoutURL": "https://app.example/bye?x=%%USERID%%", "voiceBridge": "00123", "record": "1",
                "welcome": "<br>Welcome to <b>%%CONFNAME%%</b>!",
            ])
        _ = await tapped.answer(Call(.create, rawQuery: given.encoded()))
        let told = try #require(tapped.tap.last(.create)).parameters
        let own = ["load", "preferredServer", "serverTag"]
        #expect(told.all.map(\.name) == given.all.map(\.name).filter { !own.contains($0) })
        for parameter in told.all {
            let wasGiven = given[parameter.name]
            if wasGiven?.hasPrefix("https://app.example/") == true, parameter.name != "logoutURL" {
                #expect(parameter.value.hasPrefix("https://plenary.example/callbacks/"), "\(parameter.name)")
            } else {
                #expect(parameter.value == wasGiven, "\(parameter.name)")
            }
        }
    }

    @Test func `a create that is too long for an address reaches the server whole`() async throws {
        let tapped = try await TappedFleet()
        var given: Parameters = ["meetingID": "room-1", "name": "Room", "attendeePW": "ap", "moderatorPW": "mp"]
        for number in 0..<3 { given["meta_long-\(number)"] = String(repeating: "<\u{E9}>", count: 700) }
        #expect(try await Said.words(tapped.answer(Call(.create, rawQuery: given.encoded()))) == "SUCCESS")
        let exchange = try #require(tapped.tap.last(.create))
        #expect(exchange.call.body?.contentType == "application/x-www-form-urlencoded")
        #expect(SimulatedRequest(exchange.call).query.utf8.count < 5_000)
        func sorted(_ parameters: Parameters) -> [String] { parameters.all.map { "\($0.name)=\($0.value)" }.sorted() }
        #expect(sorted(exchange.parameters) == sorted(given))
        let id = try #require(MeetingID(rawValue: "room-1"))
        let meeting = try #require(try tapped.world.stand.holder("room-1").meeting(id))
        #expect(meeting.metadata.map(\.value) == given.all.filter { $0.name.hasPrefix("meta_") }.map(\.value))
    }

    // MARK: bodies

    /// Everything in it that a parser and a writer would not bring back as it was.
    private static let modules: [UInt8] =
        [0xEF, 0xBB, 0xBF]
        + Array(
            ("<?xml version='1.0'   encoding=\"UTF-8\"?>\r\n<!-- by hand --><modules >\n\t<module name='presentation'>"
                + "<document url='https://app.example/a.pdf?x=1&amp;y=2' filename=\"Z&#252;rich \u{FC}.pdf\"/>"
                + "<document name=\"b.pdf\">JVBERi0xLjQ=\r\n</document ></module>"
                + "<module name=\"clientSettingsOverride\"><![CDATA[{\"public\":{\"a\":\"]] >&\"}}]]></module>"
                + "<module name=\"tomorrow\"/></modules>\n\n<!-- end -->").utf8)

    private static let documents: [(CallName, String)] = [
        (.create, "application/xml"), (.create, "text/xml; charset=UTF-8"), (.insertDocument, "application/xml"),
        (.insertDocument, "Text/XML;charset=\"utf-8\""),
    ]

    @Test(arguments: documents)
    func `slides reach the server octet by octet, with their type`(name: CallName, contentType: String) async throws {
        let tapped = try await TappedFleet()
        for subject in name == .create ? [tapped.world.mine, TwoAccounts.nobody] : [tapped.world.mine] {
            let row = try #require(SectionFifteenRow.all.first { $0.call == name })
            let call = Call(
                name, method: .post, rawQuery: row.parameters(subject).encoded(), contentType: contentType,
                body: Self.modules)
            #expect(try await Said.words(tapped.answer(call)).hasPrefix("SUCCESS"))
            let body = try #require(tapped.tap.last(name)?.call.body)
            #expect(body.octets == Self.modules)
            #expect(body.contentType == contentType)
        }
    }

    @Test func `slides under the type of a form reach the server as what they are`() async throws {
        let tapped = try await TappedFleet()
        let call = Call(
            .create, method: .post, rawQuery: "name=Room&meetingID=room-1",
            contentType: "application/x-www-form-urlencoded", body: Self.modules)
        #expect(try await Said.words(tapped.answer(call)) == "SUCCESS")
        let body = try #require(tapped.tap.last(.create)?.call.body)
        #expect(body.octets == Self.modules)
        #expect(body.contentType == "application/xml")
    }

    @Test func `a text track reaches the server octet by octet, with its type`() async throws {
        let tapped = try await TappedFleet()
        let file = Array(UInt8.min...UInt8.max) + [0x0D, 0x0A, 0x2D, 0x2D]
        let head =
            "--=_b 1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\u{FC}.vtt\"\r\n"
            + "Content-Type: text/vtt\r\n\r\n"
        let body = Array(head.utf8) + file + Array("\r\n--=_b 1--\r\n".utf8)
        let contentType = "multipart/form-data; boundary=\"=_b 1\""
        let parameters: Parameters = ["recordID": tapped.world.mine.recordID, "kind": "captions", "lang": "de"]
        let call = Call(
            .putRecordingTextTrack, method: .post, rawQuery: parameters.encoded(), contentType: contentType, body: body)
        #expect(try await Said.words(tapped.answer(call)) == "json SUCCESS upload_text_track_success")
        let sent = try #require(tapped.tap.last(.putRecordingTextTrack)?.call.body)
        #expect(sent.octets == body)
        #expect(sent.contentType == contentType)
        let recording = tapped.world.owner.recordings.first { $0.recordID == tapped.world.mine.recordID }
        #expect(recording?.tracks.last?.octets == file)
    }

    @Test func `changes of recordings name to each server those that it has, and say all else as it came`()
        async throws
    {
        let tapped = try await TappedFleet()
        let stand = tapped.world.stand
        let second = try #require(try stand.mapped("mine-2")?.internalMeetingID?.rawValue)
        let holder = try stand.holder("mine-2")
        holder.addRecording(
            SimulatedRecording(
                recordID: second, meetingID: "mine-2", name: "Second", startTime: stand.clock.now,
                endTime: stand.clock.now, metadata: [.init(name: "a", value: "b")]))
        let given: Parameters = [
            "protect": "true", "recordID": "\(second),nobody,\(tapped.world.mine.recordID)", "meta_new": "x y+z",
        ]
        #expect(
            try await Said.words(tapped.answer(Call(.updateRecordings, rawQuery: given.encoded()))) == "SUCCESS")
        let told = tapped.tap.exchanges.filter { $0.call.call == .updateRecordings }
        #expect(Set(told.map(\.authority)) == [holder.url.authority, tapped.world.owner.url.authority])
        for exchange in told {
            var expected = given
            let isSecond = exchange.authority == holder.url.authority
            expected["recordID"] = isSecond ? second : tapped.world.mine.recordID
            #expect(exchange.parameters.encoded() == expected.encoded())
        }
    }

    // MARK: join

    private static let logouts: [(FleetSettings.Rejoin, String?)] = [
        (.off, nil), (.off, "https://app.example/bye"), (.join, nil), (.join, "https://app.example/bye?a=1&b=2"),
        (.create, "https://app.example/bye"),
    ]

    @Test(arguments: logouts)
    func `a join leads to the server with all that it said, signed, and with places for errors and for the way back`(
        rejoin: FleetSettings.Rejoin, logoutURL: String?
    ) async throws {
        let tapped = try await TappedFleet { $0.rejoin = rejoin }
        var given: Parameters = [
            "fullName": "Zo\u{EB} <&>", "meetingID": "mine-1", "role": "VIEWER", "userID": "u 1", "avatarURL": "",
            "userdata-bbb_auto_join_audio": "true", "createTime": "", "configToken": "t",
        ]
        given.append(contentsOf: Self.unknown)
        if let logoutURL { given["logoutURL"] = logoutURL }
        let answer = await tapped.answer(Call(.join, rawQuery: given.encoded() + "&future=second"))
        guard case .redirect(let url, let cookies) = answer else { throw Stand.NoReply() }
        #expect(tapped.tap.exchanges.isEmpty)
        let owner = tapped.world.owner
        let start = "\(owner.url.text)/join?"
        try #require(url.hasPrefix(start), "\(url)")
        let query = String(url.dropFirst(start.count))
        #expect(Call(.join, rawQuery: query).signer(among: [owner.secret]) == 0)
        let told = Parameters(parsing: query)
        var expected = given
        expected["errorRedirectUrl"] = logoutURL ?? "https://plenary.example/join-failed"
        if rejoin != .off {
            let back = try #require(told["logoutURL"])
            #expect(back.hasPrefix("https://plenary.example/bigbluebutton/api/rejoin?"))
            expected["logoutURL"] = back
        }
        #expect(told.filter { $0.name != "checksum" }.encoded() == expected.encoded())
        #expect(cookies.map(\.name) == (rejoin == .off ? [] : [Fleet.joinCookie]))
        // And the server lets them in.
        let request = SimulatedRequest(target: String(url.dropFirst("http://\(owner.url.authority)".count)))
        #expect(owner.carryOut(request, at: tapped.world.stand.clock.now).status == 302)
    }

    @Test func `where errors go is the caller's word if there is one`() async throws {
        let tapped = try await TappedFleet()
        let given: Parameters = [
            "fullName": "Ann", "meetingID": "mine-1", "role": "VIEWER",
            "errorRedirectUrl": "https://app.example/error?a=1",
        ]
        let answer = await tapped.answer(Call(.join, rawQuery: given.encoded()))
        guard case .redirect(let url, _) = answer else { throw Stand.NoReply() }
        #expect(
            Parameters(parsing: SimulatedRequest(target: url).query)["errorRedirectUrl"] == given["errorRedirectUrl"])
    }

    @Test func `userdata that would break the server's lists is left out of a join, and nothing else`() async throws {
        let tapped = try await TappedFleet()
        let given: Parameters = [
            "userdata-1x": "bad", "fullName": "Ann", "userdata-ok_1": "good", "meetingID": "mine-1",
            "userdata-a b": "bad", "role": "VIEWER", "redirect": "false",
        ]
        _ = await tapped.answer(Call(.join, rawQuery: given.encoded()))
        let told = try #require(tapped.tap.last(.join)).parameters
        let names = told.all.map(\.name).filter { $0 != "errorRedirectUrl" && $0 != "logoutURL" }
        #expect(names == ["fullName", "userdata-ok_1", "meetingID", "role", "redirect"])
    }
}
