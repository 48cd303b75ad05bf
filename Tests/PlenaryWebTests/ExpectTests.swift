import BigBlueButton
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import PlenarySimulator
import Testing

@testable import PlenaryWeb

/// Who may go on, of those who wait for leave to send a body (`Expect: 100-continue`), and what a form may have in it.
@Suite struct ExpectTests {
    struct Case: Sendable {
        let call: CallName
        var query: String?
        var length: String?
        var expect = "100-continue"
        let isWanted: Bool
    }

    static let cases = [
        // Signed: up to the long limit where the call takes documents, else up to that of a form.
        Case(call: .create, query: "meetingID=ab", length: "300", isWanted: true),
        Case(call: .create, query: "meetingID=ab", length: "300", expect: "100-Continue", isWanted: true),
        Case(call: .create, query: "meetingID=ab", length: "301", isWanted: false),
        Case(call: .create, query: "meetingID=ab", isWanted: true),
        Case(call: .end, query: "meetingID=ab", length: "100", isWanted: true),
        Case(call: .end, query: "meetingID=ab", length: "101", isWanted: false),
        // Not signed: a form that may bring its own checksum.
        Case(call: .create, length: "100", isWanted: true), Case(call: .create, length: "101", isWanted: false),
        Case(call: .create, isWanted: false), Case(call: .create, length: "x", isWanted: false),
        // Nobody waits.
        Case(call: .create, query: "meetingID=ab", length: "10", expect: "", isWanted: false),
        Case(call: .create, query: "meetingID=ab", length: "10", expect: "a miracle", isWanted: false),
        Case(
            call: .create, query: "name=" + String(repeating: "a", count: 70_000), length: "10", isWanted: false),
    ]

    @Test(arguments: cases.indices) func `a body is asked for when we are going to read it`(index: Int) async throws {
        let it = Self.cases[index]
        try await Desk.open { desk in
            var settings = WebSettings()
            (settings.longestForm, settings.longestBody) = (100, 300)
            let bodies = BodyReader(budget: BodyBudget(limit: 1_000), time: desk.clock.fleetTime)
            let api = BBBAPI(fleet: desk.fleet, settings: settings, bodies: bodies)
            var headers: HTTPFields = [:]
            if !it.expect.isEmpty { headers[.expect] = it.expect }
            headers[.contentLength] = it.length
            let target = try it.query.map { try Desk.target(it.call, $0) } ?? "/bigbluebutton/api/\(it.call)"
            let head = HTTPRequest(
                method: .post, scheme: "http", authority: "localhost", path: target, headerFields: headers)
            let request = Request(head: head, body: .init(buffer: ByteBuffer()))
            #expect(api.wantsBody(of: request) == it.isWanted, "\(it.call) \(it.length ?? "-") \(it.expect)")
        }
    }

    @Test func `a form of more parameters than anybody sends is refused, signed or not`() async throws {
        try await Desk.open { desk in
            let headers: HTTPFields = [.contentType: Desk.form]
            let most = Call.mostParameters
            for (count, key) in [
                (most, "checksumError"), (most + 1, "validationError"), (most * 20, "validationError"),
            ] {
                let body = String(repeating: "a=1&", count: count)
                let unsigned = try await desk.send(
                    "/bigbluebutton/api/create", method: .post, headers: headers, body: body)
                expectXML(unsigned, contains: ["<messageKey>\(key)</messageKey>"], "\(count)")
            }
            let signed = try await desk.call(
                .create, "meetingID=ab&name=Room", method: .post, headers: headers,
                body: String(repeating: "a=1&", count: most + 1))
            expectXML(signed, contains: ["<messageKey>validationError</messageKey>", "\(most)"])
            #expect(desk.servers.allSatisfy { $0.meetings.isEmpty })
        }
    }
}
