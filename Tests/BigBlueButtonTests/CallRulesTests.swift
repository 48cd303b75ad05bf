import BigBlueButton
import Testing

/// What each call takes (`bbb-api.md` 1.1, 2.7): the union of what the versions of BigBlueButton take.
@Suite struct CallRulesTests {
    /// A request's body, as it is sent.
    enum Sent: String, Sendable, CaseIterable {
        case nothing, form, multipart, xml, textXML, json, untyped

        var contentType: String? {
            switch self {
            case .nothing, .untyped: nil
            case .form: "application/x-www-form-urlencoded; charset=UTF-8"
            case .multipart: "multipart/form-data; boundary=b"
            case .xml: "application/xml"
            case .textXML: "text/xml"
            case .json: "application/json"
            }
        }

        var octets: [UInt8] {
            switch self {
            case .nothing: []
            case .form, .untyped: Array("a=1".utf8)
            case .multipart:
                Array("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n".utf8)
            case .xml, .textXML: Array("<modules></modules>".utf8)
            case .json: Array("{\"a\":1}".utf8)
            }
        }
    }

    struct Rule: Sendable, CustomTestStringConvertible {
        let call: CallName
        let methods: Set<Call.Method>
        let bodies: Set<Sent>
        let isRead: Bool

        init(_ call: CallName, _ methods: Set<Call.Method>, _ bodies: Set<Sent>, isRead: Bool = false) {
            self.call = call
            self.methods = methods
            self.bodies = bodies
            self.isRead = isRead
        }

        var testDescription: String { call.rawValue }
    }

    static let both: Set<Call.Method> = [.get, .head, .post]
    static let reading: Set<Call.Method> = [.get, .head]
    static let forms: Set<Sent> = [.nothing, .form, .multipart]
    static let documents: Set<Sent> = [.nothing, .xml, .textXML]
    static let anything = Set(Sent.allCases)

    static let rules = [
        Rule("", both, anything, isRead: true),
        Rule("create", both, forms.union(documents)),
        Rule("join", both, forms),
        Rule("end", both, forms),
        Rule("isMeetingRunning", both, forms, isRead: true),
        Rule("getMeetingInfo", both, forms, isRead: true),
        Rule("getMeetings", both, forms, isRead: true),
        Rule("getSessions", both, forms, isRead: true),
        Rule("insertDocument", both, documents),
        Rule("sendChatMessage", both, forms),
        Rule("getRecordings", both, anything, isRead: true),
        Rule("publishRecordings", both, anything),
        Rule("deleteRecordings", both, anything),
        Rule("updateRecordings", both, anything),
        Rule("getRecordingTextTracks", both, anything, isRead: true),
        Rule("putRecordingTextTrack", [.post], anything),
        Rule("hooks/create", reading, forms),
        Rule("hooks/list", reading, forms, isRead: true),
        Rule("hooks/destroy", reading, forms),
        Rule("hooks/ping", reading, anything, isRead: true),
        Rule("getDefaultConfigXML", both, forms, isRead: true),
        Rule("setConfigXML", [.post], anything),
    ]

    private func refusal(of call: Call) -> Refusal? {
        do throws(Refusal) {
            try call.checkForm()
            return nil
        } catch { return error }
    }

    @Test func `the table is about all calls that we know, and no other`() {
        #expect(Set(CallRules.bigBlueButton.keys) == Set(Self.rules.map(\.call)))
    }

    @Test(arguments: rules) func `a call takes its methods and its bodies, and refuses the others in the right words`(
        rule: Rule
    ) {
        for method in [Call.Method.get, .head, .post, .other] {
            for sent in Sent.allCases {
                let call = Call(
                    rule.call, method: method, rawQuery: "meetingID=m-1&checksum=00", contentType: sent.contentType,
                    body: sent.octets)
                let expected: Refusal? =
                    if !rule.methods.contains(method) {
                        .unsupportedRequest
                    } else if !rule.bodies.contains(sent) {
                        .contentType
                    } else {
                        nil
                    }
                #expect(refusal(of: call) == expected, "\(method.rawValue) with \(sent.rawValue)")
                #expect(call.hasSupportedContentType == rule.bodies.contains(sent), "\(sent.rawValue)")
                #expect(call.rules.isRead == rule.isRead)
            }
        }
    }

    @Test func `a call that nobody knows takes what most do`() {
        for method in [Call.Method.get, .head, .post] {
            for sent in Sent.allCases {
                let call = Call(
                    "somethingNew", method: method, rawQuery: "a=1", contentType: sent.contentType, body: sent.octets)
                #expect(call.rules == .plain)
                let expected: Refusal? = Self.forms.contains(sent) ? nil : .contentType
                #expect(refusal(of: call) == expected, "\(sent.rawValue)")
            }
        }
        #expect(refusal(of: Call("somethingNew", method: .other)) == .unsupportedRequest)
        // Names are case-sensitive.
        #expect(Call("Create", rawQuery: "a=1").rules == .plain)
    }

    @Test func `slides that come under the type of a form are slides for a create, and refused by insertDocument`() {
        let octets = Array("\u{FEFF}\n <modules/>".utf8)
        for (name, isTaken) in [(CallName.create, true), (.insertDocument, false), (.join, false)] {
            let call = Call(
                name, method: .post, rawQuery: "meetingID=m-1", contentType: "application/x-www-form-urlencoded",
                body: octets)
            #expect((refusal(of: call) == nil) == isTaken, "\(name)")
        }
    }
}
