import BigBlueButton
import HTTPTypes
import PlenaryFleet
import Testing

@testable import PlenaryWeb

@Suite struct IndexTests {
    static let spellings = [
        "/bigbluebutton/api", "/bigbluebutton/api/", "/bigbluebutton", "/bigbluebutton/", "//bigbluebutton//api//",
        "/bigbluebutton//api", "/bigbluebutton/bigbluebutton/api", "/bigbluebutton/bigbluebutton/api/",
        "/bigbluebutton/api?", "/bigbluebutton/api/?checksum=0123456789", "/bigbluebutton/api?random=1&checksum=",
        "/bigbluebutton/api/?&checksum=da39a3ee5e6b4b0d3255bfef95601890afd80709",
    ]

    @Test(arguments: spellings) func `the root tells the version, however it is spelled`(target: String) async throws {
        try await Desk.open { desk in
            let answer = try await desk.send(target)
            expectXML(
                answer,
                contains: [
                    "<returncode>SUCCESS</returncode>", "<version>2.0</version>", "<apiVersion>2.0</apiVersion>",
                    "<bbbVersion>3.0</bbbVersion>",
                ])
            #expect(answer.body == desk.fleet.index())
            let posted = try await desk.send(target, method: .post)
            #expect(posted.body == desk.fleet.index() && posted.status == 200)
        }
    }

    @Test(arguments: ["application/json", "application/json; charset=utf-8", "Application/JSON"])
    func `the root answers in JSON to a request of that content type`(type: String) async throws {
        try await Desk.open { desk in
            let answer = try await desk.send("/bigbluebutton/api", headers: [.contentType: type])
            #expect(answer.status == 200 && answer.type == "application/json;charset=utf-8")
            #expect(
                answer.text
                    == #"{"response":{"returncode":"SUCCESS","version":"2.0","apiVersion":"2.0","bbbVersion":"3.0","#
                    + #""custom":{"name":"plenary","version":"0","deploy":0,"revision":""}}}"#)
        }
    }

    @Test func `a client that accepts JSON gets XML all the same`() async throws {
        try await Desk.open { desk in
            let answer = try await desk.send("/bigbluebutton/api", headers: [.accept: "application/json"])
            expectXML(answer, contains: ["<version>2.0</version>"])
        }
    }

    @Test(arguments: [
        "/bigbluebutton/apix", "/bigbluebuttonx/api", "/api/create", "/bigbluebutton/create",
        "/BigBlueButton/api",
        "/bigbluebutton/API/create", "/bigbluebutton/%61pi/create", "/x/bigbluebutton/api", "/join", "/nothing",
    ])
    func `what only looks like the API is not found`(path: String) async throws {
        try await Desk.open { desk in
            for query in ["", "?meetingID=room-1&checksum=0123456789"] {
                let answer = try await desk.send(path + query)
                #expect(answer.status == 404, "\(path)\(query)")
                #expect(!answer.text.contains("<response>") && !answer.text.contains("0123456789"))
            }
        }
    }

    // MARK: targets

    struct Target: Sendable {
        let text: String
        let call: CallName?
        var query = ""
    }

    @Test(arguments: [
        Target(text: "/bigbluebutton/api/create", call: "create"),
        Target(text: "/bigbluebutton/api/create/", call: "create"),
        Target(text: "/bigbluebutton/api/create?a=b?c=/d", call: "create", query: "a=b?c=/d"),
        Target(text: "/bigbluebutton/api//create?", call: "create"),
        Target(text: "/bigbluebutton/api/hooks/create?x=%2F", call: "hooks/create", query: "x=%2F"),
        Target(text: "/bigbluebutton/bigbluebutton/api/join?a", call: "join", query: "a"),
        Target(text: "/bigbluebutton/api?create", call: .index, query: "create"),
        Target(text: "/bigbluebutton?a=1", call: .index, query: "a=1"),
        Target(text: "/bigbluebutton/api/Create", call: "Create"),
        Target(text: "/bigbluebutton/api/create%20", call: "create%20"),
        Target(text: "/?/bigbluebutton/api/create", call: nil, query: "/bigbluebutton/api/create"),
        Target(text: "", call: nil),
        Target(text: "/", call: nil),
    ])
    func `a target is read as it was received`(target: Target) {
        let read = BBBTarget(target.text)
        #expect(read.call == target.call && read.query == target.query, "\(target.text)")
    }

    @Test func `a call that is not known has one name in the log`() {
        #expect(BBBTarget.label(.create) == "create")
        #expect(BBBTarget.label(.index) == "index")
        for name in ["Create", "checksum=abc", "../../etc", "create\nforged=1"] {
            #expect(BBBTarget.label(CallName(rawValue: name)) == "other")
        }
    }
}
