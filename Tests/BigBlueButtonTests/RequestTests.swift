import Testing

@testable import BigBlueButton

/// What a validated call says, and which refusal an invalid one gets: keys as BigBlueButton 3.0 answers them
/// (docs/decisions/0003).
struct RequestTests {
    private static let form = "application/x-www-form-urlencoded"

    private func createRefusal(_ query: String, type: String? = nil, body: String = "", limits: XMLLimits = XMLLimits())
        -> Refusal?
    {
        do throws(Refusal) {
            _ = try CreateRequest(
                Call(.create, method: .post, rawQuery: query, contentType: type, body: body.octets),
                documentLimits: limits)
            return nil
        } catch { return error }
    }

    private func meetingRefusal(_ name: CallName, _ query: String, type: String? = nil, body: String = "") -> Refusal? {
        do throws(Refusal) {
            _ = try MeetingRequest(Call(name, method: .post, rawQuery: query, contentType: type, body: body.octets))
            return nil
        } catch { return error }
    }

    private func joinRefusal(_ query: String, type: String? = nil, body: String = "") -> Refusal? {
        do throws(Refusal) {
            _ = try JoinRequest(Call(.join, method: .post, rawQuery: query, contentType: type, body: body.octets))
            return nil
        } catch { return error }
    }

    private func create(_ query: String, type: String? = nil, body: String = "") throws(Refusal) -> CreateRequest {
        try CreateRequest(Call(.create, method: .post, rawQuery: query, contentType: type, body: body.octets))
    }

    private func join(_ query: String) throws(Refusal) -> JoinRequest { try JoinRequest(Call(.join, rawQuery: query)) }

    struct Outcome: Sendable, CustomTestStringConvertible {
        let query: String
        let key: MessageKey?
        var message = ""

        var testDescription: String { String(query.prefix(60)) }
        var refusal: Refusal? { key.map { Refusal($0, message) } }

        static func accepted(_ query: String) -> Outcome { Outcome(query: query, key: nil) }
        static func invalid(_ query: String, _ message: String) -> Outcome {
            Outcome(query: query, key: .validationError, message: message)
        }
        static func noMeetingID(_ query: String) -> Outcome {
            Outcome(query: query, key: .missingParamMeetingID, message: "You must provide a meeting ID")
        }
    }

    private static let idLength = "Meeting ID must be between 2 and 256 characters"
    private static let nameLength = "Meeting name must be between 2 and 256 characters"
    private static let passwordLength = "Password must be between 2 and 64 characters"
    private static let noName = "You must provide a meeting name"

    private static func letters(_ count: Int) -> String { String(repeating: "x", count: count) }

    // MARK: create

    static let creates: [Outcome] = [
        .accepted("name=Test&meetingID=m1"),
        .accepted("name=Te&meetingID=m1"),
        .accepted("name=\(letters(256))&meetingID=\(letters(256))"),
        .accepted("name=%F0%9F%98%80&meetingID=%F0%9F%98%80"),
        .accepted("name=Test&meetingID=a%20b%2F%26%C3%A9"),
        .accepted("name=Test&meetingID=m1&attendeePW=&moderatorPW="),
        .accepted("name=Test&meetingID=m1&attendeePW=ab&moderatorPW=\(letters(64))"),
        .accepted("name=Test&meetingID=m1&voiceBridge=&record=&isBreakoutRoom="),
        .accepted("name=Test&meetingID=m1&voiceBridge=07075&record=TRUE&isBreakoutRoom=0"),
        .accepted("name=Test&meetingID=m1&voiceBridge=-5&record=1&isBreakoutRoom=False"),
        .accepted("name=Test&meetingID=m1&unknown=,&duration=x"),
        .accepted("name=Test&meetingID=m1&meetingID=,"),
        .accepted("name=%20Test%01&meetingID=m1"),
        .invalid("", noName),
        .invalid("meetingID=m1", noName),
        .invalid("name=&meetingID=m1", noName),
        .invalid("name=%20%00&meetingID=m1", noName),
        .invalid("Name=Test&meetingID=m1", noName),
        .invalid("name=T&meetingID=m1", nameLength),
        .invalid("name=\(letters(257))&meetingID=m1", nameLength),
        .noMeetingID("name=Test"),
        .noMeetingID("name=Test&meetingID="),
        .noMeetingID("name=Test&meetingID=%20"),
        .noMeetingID("name=Test&meetingId=m1"),
        .noMeetingID("name=Test&meetingID=%zz"),
        .invalid("name=Test&meetingID=m", idLength),
        .invalid("name=Test&meetingID=\(letters(257))", idLength),
        .invalid("name=Test&meetingID=\(String(repeating: "%F0%9F%98%80", count: 129))", idLength),
        .invalid("name=Test&meetingID=m,1", "Meeting ID cannot contain ','"),
        .invalid("name=Test&meetingID=%2C", "Meeting ID cannot contain ','"),
        .invalid("name=Test&meetingID=%20m1", "Invalid meeting ID"),
        .invalid("name=Test&meetingID=m1+", "Invalid meeting ID"),
        .invalid("name=Test&meetingID=m%011", "Invalid meeting ID"),
        .invalid("name=Test&meetingID=m1%00", "Invalid meeting ID"),
        .invalid("name=Test&meetingID=m1%0D%0A", "Invalid meeting ID"),
        .invalid("name=Test&meetingID=m1&attendeePW=x", passwordLength),
        .invalid("name=Test&meetingID=m1&moderatorPW=\(letters(65))", passwordLength),
        .invalid("name=Test&meetingID=m1&voiceBridge=abc", "Voice bridge must be an integral value"),
        .invalid("name=Test&meetingID=m1&voiceBridge=1.5", "Voice bridge must be an integral value"),
        .invalid("name=Test&meetingID=m1&voiceBridge=99999999999999999999", "Voice bridge must be an integral value"),
        .invalid("name=Test&meetingID=m1&record=yes", "Record must be a boolean value (true or false)"),
        .invalid("name=Test&meetingID=m1&record=2", "Record must be a boolean value (true or false)"),
        .invalid(
            "name=Test&meetingID=m1&isBreakoutRoom=maybe",
            "You must provide a boolean value (true or false) for the breakout room"),
        // Of equal keys the last violation is told.
        .invalid("meetingID=m&attendeePW=x", passwordLength),
        .invalid("name=T&meetingID=m", idLength),
    ]

    @Test(arguments: creates) func `create is validated as BigBlueButton validates it`(outcome: Outcome) {
        #expect(createRefusal(outcome.query) == outcome.refusal)
    }

    @Test func `of several violations the first in Java's order is told`() {
        #expect(MessageKey.missingParamFullName.javaBucket == 6)
        #expect(MessageKey.notFound.javaBucket == 10)
        #expect(MessageKey.invalidMeetingIdentifier.javaBucket == 10)
        #expect(MessageKey.validationError.javaBucket == 14)
        #expect(MessageKey.missingParamMeetingID.javaBucket == 15)
        #expect(MessageKey.checksumError.javaBucket == 1)
        #expect(MessageKey.unsupportedContentType.javaBucket == 1)
        #expect(createRefusal("")?.key == .validationError)
        #expect(
            createRefusal("record=yes&name=Test")
                == Refusal(.validationError, "Record must be a boolean value (true or false)"))
        #expect(joinRefusal("") == Refusal(.missingParamFullName, "You must provide your name"))
    }

    @Test func `a create says what was sent`() throws {
        let request = try create(
            "meetingID=m1&checksum=abc&name=%20My%20Room&attendeePW=ap&moderatorPW=mp&meta_x=1&meta_x=2&record=1")
        #expect(request.meetingID.rawValue == "m1")
        #expect(request.name == "My Room")
        #expect(request.attendeePW == "ap")
        #expect(request.moderatorPW == "mp")
        #expect(request.parentMeetingID == nil)
        #expect(request.document == nil)
        #expect(
            request.parameters
                == [
                    "meetingID": "m1", "name": " My Room", "attendeePW": "ap", "moderatorPW": "mp", "meta_x": "1",
                    "record": "1",
                ])
    }

    @Test func `a create is read from a form as well`() throws {
        let request = try create("meetingID=m1", type: Self.form, body: "name=My+Room&meetingID=m2&checksum=abc")
        #expect(request.parameters == ["meetingID": "m1", "name": "My Room"])
        #expect(request.document == nil)
    }

    @Test func `passwords are put in where none were sent`() throws {
        let neither = try create("name=Test&meetingID=m1")
        #expect(neither.attendeePW == nil)
        #expect(neither.moderatorPW == nil)
        #expect(
            neither.passwords(in: neither.parameters, attendeePW: "A1", moderatorPW: "M1")
                == ["name": "Test", "meetingID": "m1", "attendeePW": "A1", "moderatorPW": "M1"])

        let one = try create("name=Test&moderatorPW=mp&meetingID=m1")
        #expect(one.attendeePW == nil)
        #expect(one.moderatorPW == "mp")
        #expect(
            one.passwords(in: one.parameters, attendeePW: "A1", moderatorPW: "M1")
                == ["name": "Test", "moderatorPW": "mp", "meetingID": "m1", "attendeePW": "A1"])

        let empty = try create("attendeePW=&name=Test&moderatorPW=&meetingID=m1")
        #expect(empty.attendeePW == nil)
        #expect(empty.moderatorPW == nil)
        #expect(
            empty.passwords(in: empty.parameters, attendeePW: "A1", moderatorPW: "M1")
                == ["attendeePW": "A1", "name": "Test", "moderatorPW": "M1", "meetingID": "m1"])

        let both = try create("name=Test&meetingID=m1&attendeePW=ap&moderatorPW=mp")
        #expect(both.passwords(in: both.parameters, attendeePW: "A1", moderatorPW: "M1") == both.parameters)
    }

    @Test func `a breakout room needs its parent`() throws {
        let missing = Refusal(.parentMeetingIDMissing, "No parent meeting ID was provided for the breakout room")
        #expect(createRefusal("name=Test&meetingID=m1&isBreakout=true") == missing)
        #expect(createRefusal("name=Test&meetingID=m1&isBreakout=TRUE&parentMeetingID=") == missing)
        #expect(try create("name=Test&meetingID=m1&isBreakout=True&parentMeetingID=p1").parentMeetingID == "p1")
        #expect(try create("name=Test&meetingID=m1&isBreakout=1&parentMeetingID=p1").parentMeetingID == nil)
        #expect(try create("name=Test&meetingID=m1&parentMeetingID=p1").parentMeetingID == nil)
    }

    // MARK: documents

    private static let modules = """
        <?xml version="1.0" encoding="UTF-8"?>
        <modules><module name="presentation"><document url='https://example.org/a.pdf?x=1' filename="é.pdf"/></module></modules>

        """

    @Test(arguments: ["application/xml", "text/xml", "application/xml; charset=UTF-8"])
    func `a document goes on byte for byte with its type`(type: String) throws {
        let request = try create("name=Test&meetingID=m1", type: type, body: Self.modules)
        #expect(request.document == OutgoingCall.Body(octets: Self.modules.octets, contentType: type))
        #expect(request.parameters == ["name": "Test", "meetingID": "m1"])
    }

    @Test func `a document under the type of a form goes on as XML`() throws {
        let request = try create("name=Test&meetingID=m1", type: Self.form, body: "\r\n" + Self.modules.dropFirst(39))
        #expect(request.document?.contentType == "application/xml")
        #expect(request.document?.octets == ("\r\n" + Self.modules.dropFirst(39)).octets)
        #expect(request.parameters == ["name": "Test", "meetingID": "m1"])
    }

    @Test(arguments: [
        "<modules>", "<modules><module></modules>", "modules", "<!DOCTYPE m [<!ENTITY x 'y'>]><modules>&x;</modules>",
        "<modules>&nbsp;</modules>",
        "<modules/><modules/>", "<", " ",
    ]) func `a broken document is refused`(body: String) {
        let refusal = Refusal(.validationError, "The document in the body of the request is not well-formed XML")
        #expect(createRefusal("name=Test&meetingID=m1", type: "application/xml", body: body) == refusal)
    }

    @Test func `a document beyond the limits is refused`() {
        let body = "<modules><module>\(Self.letters(100))</module></modules>"
        #expect(
            createRefusal("name=Test&meetingID=m1", type: "text/xml", body: body, limits: XMLLimits(size: 100))?.key
                == .validationError)
        #expect(
            createRefusal("name=Test&meetingID=m1", type: "text/xml", body: body, limits: XMLLimits(size: 1_000)) == nil
        )
    }

    @Test func `parameters are looked at before the document`() {
        #expect(
            createRefusal("name=Test", type: "text/xml", body: "<")
                == Refusal(.missingParamMeetingID, "You must provide a meeting ID"))
    }

    // MARK: content types

    @Test(arguments: [nil, "", "application/json", "text/plain"] as [String?])
    func `a body of another type is refused before anything else`(type: String?) {
        let refusal = Refusal(.unsupportedContentType, "POST request Content-Type is missing or unsupported")
        #expect(createRefusal("", type: type, body: "name=Test&meetingID=m1") == refusal)
        #expect(joinRefusal("", type: type, body: "x") == refusal)
        #expect(meetingRefusal(.end, "", type: type, body: "x") == refusal)
    }

    @Test func `only create takes a document here`() {
        #expect(
            joinRefusal("meetingID=m1&fullName=Ann", type: "application/xml", body: "<a/>")?.key
                == .unsupportedContentType)
        #expect(
            meetingRefusal(.getMeetingInfo, "meetingID=m1", type: "text/xml", body: "<a/>")?.key
                == .unsupportedContentType)
        #expect(meetingRefusal(.end, "meetingID=m1", type: Self.form, body: "<a/>")?.key == .unsupportedContentType)
    }

    // MARK: calls about one meeting

    static let meetings: [Outcome] = [
        .accepted("meetingID=m1"),
        .accepted("meetingID=m1&password="),
        .accepted("meetingID=m1&password=pw"),
        .noMeetingID(""),
        .noMeetingID("meetingID="),
        .noMeetingID("meetingID=%01"),
        .invalid("meetingID=m", idLength),
        .invalid("meetingID=\(letters(257))", idLength),
        .invalid("meetingID=m,1", "Meeting ID cannot contain ','"),
    ]

    @Test(arguments: meetings, [CallName.isMeetingRunning, .getMeetingInfo, .end])
    func `a call about a meeting is validated as BigBlueButton validates it`(outcome: Outcome, name: CallName) {
        #expect(meetingRefusal(name, outcome.query) == outcome.refusal)
    }

    @Test func `only end has a password`() {
        let refusal = Refusal(.validationError, Self.passwordLength)
        for query in ["meetingID=m1&password=x", "meetingID=m1&password=\(Self.letters(65))"] {
            #expect(meetingRefusal(.end, query) == refusal)
            #expect(meetingRefusal(.getMeetingInfo, query) == nil)
            #expect(meetingRefusal(.isMeetingRunning, query) == nil)
        }
        #expect(meetingRefusal(.end, "password=x") == refusal)
    }

    @Test func `a call about a meeting says what was signed, and nothing that stands beside it`() throws {
        let beside = Call(
            .end, method: .post, rawQuery: "meetingID=%20m1%00&checksum=x", contentType: Self.form,
            body: "password=pw&meetingID=m2".octets)
        let request = try MeetingRequest(beside)
        #expect(request.meetingID.rawValue == "m1")
        #expect(request.parameters.all.map(\.name) == ["meetingID"])

        let form = Call(
            .end, method: .post, rawQuery: "checksum=x", contentType: Self.form, body: "password=pw&meetingID=m2".octets
        )
        #expect(try MeetingRequest(form).parameters == ["password": "pw", "meetingID": "m2"])
    }

    // MARK: join

    private static let noFullName = "You must provide your name"

    static let joins: [Outcome] = [
        .accepted("meetingID=m1&fullName=A"),
        .accepted("meetingID=m1&fullName=\(letters(1_000))"),
        .accepted("meetingID=m1&fullName=Ann&password=&guest=&auth=&createTime="),
        .accepted("meetingID=m1&fullName=Ann&password=pw&guest=TRUE&auth=0&createTime=1531155809613"),
        .accepted("meetingID=%20m1&fullName=Ann"),
        Outcome(query: "meetingID=m1", key: .missingParamFullName, message: noFullName),
        Outcome(query: "meetingID=m1&fullName=", key: .missingParamFullName, message: noFullName),
        Outcome(query: "meetingID=m1&fullName=%20%07", key: .missingParamFullName, message: noFullName),
        Outcome(query: "meetingID=m&createTime=x", key: .missingParamFullName, message: noFullName),
        .noMeetingID("fullName=Ann"),
        .noMeetingID("fullName=Ann&meetingID="),
        .invalid("fullName=Ann&meetingID=m", idLength),
        .invalid("fullName=Ann&meetingID=m,1", "Meeting ID cannot contain ','"),
        .invalid("fullName=Ann&meetingID=m1&password=x", passwordLength),
        .invalid("fullName=Ann&meetingID=m1&guest=yes", "Guest must be a boolean value (true or false)"),
        .invalid("fullName=Ann&meetingID=m1&auth=no", "Auth must be a boolean value (true or false)"),
        .invalid("fullName=Ann&meetingID=m1&createTime=now", "Value must be an integral number"),
        .invalid("fullName=Ann&createTime=now", "Value must be an integral number"),
    ]

    @Test(arguments: joins) func `join is validated as BigBlueButton validates it`(outcome: Outcome) {
        #expect(joinRefusal(outcome.query) == outcome.refusal)
    }

    @Test func `a join says what was sent`() throws {
        let request = try join("checksum=x&meetingID=%20m1&fullName=%00Ann%20B%20&role=moderator&userID=u1&role=viewer")
        #expect(request.meetingID.rawValue == "m1")
        #expect(request.fullName == "Ann B")
        #expect(request.userID == "u1")
        #expect(request.role == "MODERATOR")
        #expect(
            request.parameters == ["meetingID": " m1", "fullName": "\u{0}Ann B ", "role": "moderator", "userID": "u1"])
        let empty = try join("meetingID=m1&fullName=Ann&role=&userID=")
        #expect(empty.userID == nil)
        #expect(empty.role == nil)
    }

    @Test(arguments: [
        ("userdata-bbb_auto_join_audio", true), ("userdata-_x", true), ("userdata-X1.y", true),
        ("userdata-my-key", true), ("userdata", true),
        ("Userdata-1x", true), ("userdata-1x", false), ("userdata-", false), ("userdata--x", false),
        ("userdata-.x", false), ("userdata-a%20b", false),
        ("userdata-a%3Eb", false), ("userdata-%C3%A9", false), ("userdata-a%C3%A9", false), ("userdata-a%00", false),
        ("userdata-a:b", false),
        ("userdata-a%0Ab", false), ("userdata-%40", false), ("userdata-%5B", false), ("userdata-%60", false),
        ("userdata-%7B", false),
    ]) func `userdata without an XML name does not go on`(name: String, goesOn: Bool) throws {
        let request = try join("meetingID=m1&fullName=Ann&\(name)=1&x=2")
        #expect(request.parameters.all.count == (goesOn ? 4 : 3))
        #expect(request.parameters["x"] == "2")
    }

    /// The combining character makes one Character with the hyphen, but for BigBlueButton the name begins with
    /// `userdata-`, and `<\u{301}x>` makes its getMeetings malformed.
    @Test func `userdata that begins with a combining character does not go on`() throws {
        let request = try join("meetingID=m1&fullName=Ann&userdata-%CC%81x=1")
        #expect(request.parameters.all.map(\.name) == ["meetingID", "fullName"])
    }

    // MARK: how a join is answered

    @Test(arguments: [
        ("", false), ("redirect=true", false), ("redirect=TRUE", false), ("redirect=false", true),
        ("redirect=False", true), ("redirect=", true),
        ("redirect=0", true), ("redirect=1", true), ("redirect=true&redirect=false", false),
    ]) func `only redirect=true is true`(query: String, wantsXML: Bool) {
        #expect(JoinRequest.Delivery(Parameters(parsing: query)).wantsXML == wantsXML)
    }

    @Test(
        arguments: [
            ("", nil), ("errorRedirectUrl=https://e.org/x", "https://e.org/x"),
            ("logoutURL=http://l.org", "http://l.org"),
            ("logoutURL=http://l.org&errorRedirectUrl=HTTPS://e.org", "HTTPS://e.org"),
            ("errorRedirectUrl=&logoutURL=http://l.org", "http://l.org"),
            ("errorRedirectUrl=javascript:alert(1)&logoutURL=http://l.org", "http://l.org"),
            ("errorRedirectUrl=javascript:alert(1)", nil),
            ("errorRedirectUrl=/local", nil), ("errorRedirectUrl=//e.org", nil),
            ("errorRedirectUrl=%20https://e.org", nil),
            ("errorRedirectUrl=https://e.org/%0D%0AX:1", nil), ("errorRedirectUrl=https://e.org/a%20b", nil),
            ("errorRedirectUrl=https://e.org/%7F", nil),
            ("errorRedirectUrl=https://e.org/%00", nil), ("errorRedirectUrl=data:text/html,x", nil),
            ("redirectErrorUrl=https://e.org", nil),
        ] as [(String, String?)]) func `errors go to a web address or nowhere`(query: String, expected: String?)
    {
        #expect(JoinRequest.Delivery(Parameters(parsing: query)).errorURL == expected)
    }

    private static let errors =
        "errors=%5B%7B%22message%22%3A%22A%20meeting%20with%20that%20ID%20does%20not%20exist%22%2C%22key%22%3A%22invalidMeetingIdentifier%22%7D%5D"

    @Test(arguments: [
        ("https://e.org", "https://e.org?E"), ("https://e.org/x", "https://e.org/x?E"),
        ("https://e.org/x?a=1", "https://e.org/x?a=1&E"),
        ("https://e.org/x?", "https://e.org/x?E"), ("https://e.org/x?a=1&", "https://e.org/x?a=1&E"),
        ("https://e.org/x#f", "https://e.org/x?E#f"),
        ("https://e.org/x?a=1#f?g", "https://e.org/x?a=1&E#f?g"), ("https://e.org/x#f?g", "https://e.org/x?E#f?g"),
        ("https://e.org/?next=a%26b", "https://e.org/?next=a%26b&E"),
    ]) func `an error is put into the query before any fragment`(base: String, expected: String) {
        #expect(JoinRequest.Delivery.redirect(.joinNotFound, to: base) == expected.replacing("E", with: Self.errors))
    }

    @Test func `an error in a redirect is JSON whatever its text`() throws {
        let redirect = JoinRequest.Delivery.redirect(Refusal("k\"ey", "a \"b\" \\ & # + é"), to: "https://e.org")
        let query = try #require(redirect.split(separator: "?").last)
        #expect(Parameters(parsing: query) == ["errors": #"[{"message":"a \"b\" \\ & # + é","key":"k\"ey"}]"#])
        #expect(
            query.utf8.filter { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "+") }.isEmpty)
    }
}
