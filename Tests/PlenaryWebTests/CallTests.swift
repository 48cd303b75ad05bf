import BigBlueButton
import HTTPTypes
import PlenarySimulator
import Testing

@testable import PlenaryWeb

@Suite struct CallTests {
    private static func failed(_ key: MessageKey) -> [String] {
        ["<returncode>FAILED</returncode>", "<messageKey>\(key)</messageKey>"]
    }

    // MARK: a meeting's life

    @Test func `a meeting is created, looked at and ended`() async throws {
        try await Desk.open { desk in
            let nobody = try await desk.call(.getMeetings)
            expectXML(nobody, contains: ["<returncode>SUCCESS</returncode>", "<messageKey>noMeetings</messageKey>"])
            let holder = try await desk.create("room-1")

            let again = try await desk.call(
                .create, "name=Room+room-1&meetingID=room-1&moderatorPW=mp-secret&attendeePW=ap-secret")
            expectXML(again, contains: ["<messageKey>duplicateWarning</messageKey>"])
            expectXML(
                try await desk.call(.isMeetingRunning, "meetingID=room-1"), contains: ["<running>false</running>"])
            let id = try #require(MeetingID(rawValue: "room-1"))
            holder.joinParticipant(meetingID: id, fullName: "Ann", at: desk.clock.now)
            expectXML(try await desk.call(.isMeetingRunning, "meetingID=room-1"), contains: ["<running>true</running>"])
            expectXML(
                try await desk.call(.getMeetingInfo, "meetingID=room-1"),
                contains: ["<meetingName>Room room-1</meetingName>", "<fullName>Ann</fullName>"])
            expectXML(
                try await desk.call(.getMeetings), contains: ["<meetingID>room-1</meetingID>"], lacks: ["noMeetings"])

            expectXML(
                try await desk.call(.end, "meetingID=room-1&password=mp-secret"),
                contains: ["<messageKey>sentEndMeetingRequest</messageKey>"])
            expectXML(
                try await desk.call(.isMeetingRunning, "meetingID=room-1"), contains: ["<running>false</running>"])
            expectXML(try await desk.call(.getMeetingInfo, "meetingID=room-1"), contains: Self.failed(.notFound))
        }
    }

    @Test func `meetings of both servers are one list`() async throws {
        try await Desk.open { desk in
            var holders: Set<String> = []
            for number in 1...6 { holders.insert(try await desk.create("room-\(number)").name) }
            #expect(holders.count == 2)
            let list = try await desk.call(.getMeetings)
            expectXML(list, contains: (1...6).map { "<meetingID>room-\($0)</meetingID>" })
        }
    }

    @Test(arguments: ChecksumAlgorithm.allCases) func `every checksum that BigBlueButton knows opens a call`(
        algorithm: ChecksumAlgorithm
    ) async throws {
        try await Desk.open { desk in
            let target = try Desk.target(.isMeetingRunning, "meetingID=a%20b+c", algorithm: algorithm)
            expectXML(try await desk.send(target), contains: ["<running>false</running>"])
            // The checksum may stand anywhere, in either case.
            let sum = try Desk.checksum(.isMeetingRunning, "meetingID=ab&x=1", algorithm: algorithm)
            for query in [
                "checksum=\(sum)&meetingID=ab&x=1", "meetingID=ab&checksum=\(sum)&x=1",
                "meetingID=ab&x=1&checksum=\(sum.uppercased())",
            ] {
                let answer = try await desk.send("/bigbluebutton/api/isMeetingRunning?\(query)")
                expectXML(answer, contains: ["<running>false</running>"], query)
            }
        }
    }

    // MARK: refusals

    @Test func `a wrong checksum is answered in the same octets, whatever else is wrong`() async throws {
        try await Desk.open { desk in
            try await desk.create("room-1")
            let other = try Desk.checksum(.getMeetingInfo, "meetingID=room-1", secret: "another secret")
            let forCreate = try Desk.checksum(.create, "meetingID=room-1")
            let targets = [
                "getMeetings", "getMeetings?checksum=", "getMeetings?checksum=zz", "frobnicate",
                "frobnicate?checksum=00",
                "getMeetingInfo?meetingID=room-1&checksum=\(other)",
                "getMeetingInfo?meetingID=nobody&checksum=\(other)",
                "getMeetingInfo?checksum=\(other)", "end?meetingID=room-1&checksum=\(forCreate)",
                "join?meetingID=room-1&checksum=\(other)", "create?checksum=\(other)", "hooks/create?checksum=\(other)",
                "join?meetingID=room-1&fullName=A&redirect=false&errorRedirectUrl=https%3A%2F%2Fapp.example",
                // What BigBlueButton 3.0 forgets to check.
                "create?meetingID=ab&name=ab&presentationUploadExternalUrl=https%3A%2F%2Fx.example",
            ]
            for target in targets {
                for method in [HTTPRequest.Method.get, .post, .put] {
                    let answer = try await desk.send("/bigbluebutton/api/\(target)", method: method)
                    expectXML(answer, "\(method) \(target)")
                    #expect(answer.body == Refusal.checksum.xml, "\(method) \(target)")
                }
            }
            // A body of a wrong type or without meaning changes nothing.
            for type in ["text/plain", Desk.form, "application/xml", "multipart/form-data"] {
                let answer = try await desk.send(
                    "/bigbluebutton/api/create?meetingID=ab", method: .post, headers: [.contentType: type],
                    body: "x=<&%zz")
                #expect(answer.body == Refusal.checksum.xml, "\(type)")
            }
        }
    }

    struct Row: Sendable {
        let call: CallName
        let query: String
        var method = HTTPRequest.Method.get
        var type: String?
        var body: String?
        let contains: [String]
        var lacks: [String] = []
    }

    static let rows = [
        Row(call: "frobnicate", query: "a=1", contains: failed(.unsupportedRequest)),
        Row(call: "hooks/unknown", query: "callbackURL=x", contains: failed(.unsupportedRequest)),
        Row(call: .getMeetings, query: "", method: .put, contains: failed(.unsupportedRequest)),
        Row(call: .create, query: "meetingID=ab&name=ab", method: .delete, contains: failed(.unsupportedRequest)),
        Row(
            call: .create, query: "meetingID=ab&name=ab", method: .post, type: "text/plain", body: "hello",
            contains: failed(.unsupportedContentType)),
        Row(
            call: .create, query: "meetingID=ab&name=ab", method: .post, body: "hello",
            contains: failed(.unsupportedContentType)),
        Row(
            call: .getMeetings, query: "", method: .post, type: "application/xml", body: "<modules/>",
            contains: failed(.unsupportedContentType)),
        Row(
            call: .create, query: "meetingID=ab&name=ab", method: .post, type: "application/xml", body: "<modules>",
            contains: failed(.validationError)),
        Row(call: .create, query: "name=ab", contains: failed(.missingParamMeetingID)),
        Row(call: .create, query: "meetingID=ab", contains: failed(.validationError)),
        Row(call: .create, query: "meetingID=a%2Cb&name=ab", contains: failed(.validationError)),
        Row(call: .getMeetingInfo, query: "meetingID=nobody", contains: failed(.notFound)),
        // That there is no such meeting is told before that its id is missing (`bbb-api.md` 3.1, 3.4).
        Row(call: .getMeetingInfo, query: "", contains: failed(.notFound)),
        Row(call: .end, query: "meetingID=nobody", contains: failed(.notFound)),
        Row(
            call: .isMeetingRunning, query: "meetingID=nobody", contains: ["SUCCESS", "<running>false</running>"],
            lacks: ["FAILED"]),
        Row(
            call: .isMeetingRunning, query: "meetingID=no%3Cb%3Eody%26&x=%22%27",
            contains: ["<running>false</running>"],
            lacks: ["<b>"]),
        Row(
            call: .create, query: "meetingID=ab&name=%3Cscript%3E%26%22", contains: ["SUCCESS"], lacks: ["<script>"]),
    ]

    @Test(arguments: rows.indices) func `calls are answered in XML, whatever is wrong with them`(index: Int)
        async throws
    {
        let row = Self.rows[index]
        try await Desk.open { desk in
            var headers: HTTPFields = [:]
            headers[.contentType] = row.type
            let answer = try await desk.call(row.call, row.query, method: row.method, headers: headers, body: row.body)
            expectXML(answer, contains: row.contains, lacks: row.lacks, "\(row.method) \(row.call)?\(row.query)")
        }
    }

    @Test func `a query has its limit, and one octet less is taken`() async throws {
        let query = "meetingID=" + String(repeating: "a", count: 200)
        let length = try #require(Desk.target(.isMeetingRunning, query).split(separator: "?").last).utf8.count
        for (limit, isTaken) in [(length, true), (length - 1, false)] {
            try await Desk.open({ $0.longestQuery = limit }) { desk in
                let answer = try await desk.call(.isMeetingRunning, query)
                expectXML(answer, contains: isTaken ? ["<running>"] : Self.failed(.validationError))
                #expect(isTaken || answer.text.contains("longer than \(limit) octets"))
            }
        }
    }

    @Test func `a body that nobody signed has a smaller limit than one that a query signs`() async throws {
        try await Desk.open({ ($0.longestForm, $0.longestBody) = (100, 300) }) { desk in
            let headers: HTTPFields = [.contentType: Desk.form]
            func body(_ count: Int) -> String { "x=" + String(repeating: "a", count: count - 2) }
            for (count, key) in [(100, MessageKey.checksumError), (101, .validationError), (5_000, .validationError)] {
                let answer = try await desk.send(
                    "/bigbluebutton/api/getMeetings", method: .post, headers: headers, body: body(count))
                expectXML(answer, contains: Self.failed(key), "\(count) octets")
            }
            // Only what takes documents has the larger one.
            for (count, isTaken) in [(101, true), (300, true), (301, false), (100_000, false)] {
                let answer = try await desk.call(
                    .create, "meetingID=room-\(count)&name=Room", method: .post, headers: headers, body: body(count))
                expectXML(answer, contains: isTaken ? ["SUCCESS"] : Self.failed(.validationError), "\(count) octets")
                let other = try await desk.call(
                    .isMeetingRunning, "meetingID=ab", method: .post, headers: headers, body: body(count))
                expectXML(other, contains: Self.failed(.validationError), "\(count) octets")
            }
        }
    }

    // MARK: forms

    @Test func `a create whose parameters are all in a form is taken when the form is signed`() async throws {
        try await Desk.open { desk in
            let headers: HTTPFields = [.contentType: Desk.form + "; charset=UTF-8"]
            let raw = "name=Room+1&meetingID=form-1"
            let sum = try Desk.checksum(.create, raw)
            for target in ["create", "create?checksum=\(sum)"] {
                let body = target == "create" ? raw + "&checksum=\(sum)" : raw
                let answer = try await desk.send(
                    "/bigbluebutton/api/\(target)", method: .post, headers: headers, body: body)
                expectXML(answer, contains: ["SUCCESS", "<meetingID>form-1</meetingID>"], target)
            }
            // As BigBlueButton 2.4 to 2.7 sign it: sorted, and in Java's way.
            let sorted = try Desk.checksum(.create, "meetingID=form-2&name=Room+2")
            let answer = try await desk.send(
                "/bigbluebutton/api/create", method: .post, headers: headers,
                body: "name=Room%202&meetingID=form-2&checksum=\(sorted)")
            expectXML(answer, contains: ["SUCCESS", "<meetingID>form-2</meetingID>"])
        }
    }

    @Test func `a form that its checksum does not cover is refused`() async throws {
        try await Desk.open { desk in
            let bare = try Desk.checksum(.create, "")
            let answer = try await desk.send(
                "/bigbluebutton/api/create?checksum=\(bare)", method: .post, headers: [.contentType: Desk.form],
                body: "name=Room&meetingID=form-1")
            #expect(answer.body == Refusal.checksum.xml)
            #expect(desk.servers.allSatisfy { $0.meetings.isEmpty })
        }
    }

    @Test func `slides go to the server as they came`() async throws {
        try await Desk.open { desk in
            let document =
                #"<modules><module name="presentation"><document url="https://x.example/a.pdf"/></module></modules>"#
            let answer = try await desk.call(
                .create, "name=Room&meetingID=slides", method: .post, headers: [.contentType: "application/xml"],
                body: document)
            expectXML(answer, contains: ["SUCCESS"])
            let bodies = desk.servers.flatMap(\.recentRequests).map { String(decoding: $0.body, as: UTF8.self) }
            #expect(bodies.contains(document))
        }
    }

    // MARK: methods

    @Test(arguments: ["getMeetings", "index", "wrong checksum", "not found"])
    func `HEAD is answered like GET, without a body`(what: String) async throws {
        try await Desk.open { desk in
            let target =
                switch what {
                case "getMeetings": try Desk.target(.getMeetings)
                case "index": "/bigbluebutton/api"
                case "wrong checksum": "/bigbluebutton/api/getMeetings?checksum=00"
                default: try Desk.target(.getMeetingInfo, "meetingID=nobody")
                }
            let get = try await desk.send(target)
            let head = try await desk.send(target, method: .head)
            #expect(head.status == get.status && head.type == get.type)
            #expect(head.body.isEmpty && !get.body.isEmpty, "\(head.text)")
        }
    }

    @Test func `HEAD of a join leads where GET leads`() async throws {
        try await Desk.open { desk in
            try await desk.create("room-1")
            let query = "fullName=Ann&meetingID=room-1&role=VIEWER"
            let (get, head) = (
                try await desk.call(.join, query), try await desk.call(.join, query, method: .head)
            )
            #expect(head.status == 302 && head.headers[.location] == get.headers[.location] && head.body.isEmpty)
        }
    }
}
