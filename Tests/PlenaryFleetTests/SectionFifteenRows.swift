import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Testing

/// One row of the table of `bbb-api.md` section 15, and of the balancer's own calls (`balancer.md` 6): who is asked,
/// and what is answered in which situation. Keys are those of docs/decisions/0003.
struct SectionFifteenRow: Sendable, CustomTestStringConvertible {
    /// Which servers get one call.
    enum Receivers: Sendable {
        /// The one that has what the call is about.
        case owner
        /// One that has not.
        case another
        case all
    }

    typealias Subject = TwoAccounts.Subject
    typealias Bad = (name: String, value: String, said: String)

    let call: CallName
    let method: Call.Method
    /// To tell two rows of one call apart.
    let note: String
    /// Route: the owner. Fan out: all. Own and Refuse: nobody.
    let asks: [CallName: Receivers]
    let parameters: @Sendable (Subject) -> Parameters
    let upload: OutgoingCall.Body?
    /// A call that browsers make, without a checksum.
    let isForBrowsers: Bool

    // MARK: columns

    let known: String
    /// `nil`: the call is not about one thing.
    let unknown: String?
    /// To the other account, about what is not its own; ``notAsked`` where other tests say more.
    let toOthers: String?
    let offline: String
    let suspect: String
    let unsigned: String
    let missing: [(name: String, said: String)]
    let bad: [Bad]

    static let notAsked = "-"
    var testDescription: String { "\(call)\(note)" }

    init(
        _ call: CallName, _ method: Call.Method = .get, note: String = "", asks: [CallName: Receivers] = [:],
        with parameters: @escaping @Sendable (Subject) -> Parameters = { _ in [:] },
        upload: OutgoingCall.Body? = nil, isForBrowsers: Bool = false, known: String, unknown: String? = nil,
        toOthers: String? = nil, offline: String, suspect: String, unsigned: String = "FAILED checksumError",
        missing: [(name: String, said: String)] = [], bad: [Bad] = []
    ) {
        self.call = call
        self.method = method
        self.note = note
        self.asks = asks
        self.parameters = parameters
        self.upload = upload
        self.isForBrowsers = isForBrowsers
        self.known = known
        self.unknown = unknown
        self.toOthers = toOthers
        self.offline = offline
        self.suspect = suspect
        self.unsigned = unsigned
        self.missing = missing
        self.bad = bad
    }

    /// The call with any parameters; those of a form stand in the query too.
    func request(_ parameters: Parameters) -> Call { request(query: parameters.encoded()) }

    func request(query: String) -> Call {
        Call(call, method: method, rawQuery: query, contentType: upload?.contentType, body: upload?.octets ?? [])
    }

    // MARK: the table

    static let all: [SectionFifteenRow] = [
        meetingRows, listRows, recordingRows, textTrackRows, hookRows, ownRows, configRows, refusedRows,
    ].flatMap { $0 }

    private static let tooLong = String(repeating: "x", count: 257)

    static let meetingRows: [SectionFifteenRow] = [
        .init(
            .create, asks: [.create: .owner], with: { ["name": "Room", "meetingID": $0.meetingID] },
            known: "SUCCESS duplicateWarning", unknown: "SUCCESS", toOthers: notAsked, offline: "SUCCESS",
            suspect: "FAILED internalError",
            missing: [("meetingID", "FAILED missingParamMeetingID"), ("name", "FAILED validationError")],
            bad: [
                ("meetingID", tooLong, "FAILED validationError"), ("meetingID", "a,b", "FAILED validationError"),
                ("name", tooLong, "FAILED validationError"),
                ("attendeePW", String(repeating: "p", count: 65), "FAILED validationError"),
                ("record", "maybe", "FAILED validationError"), ("voiceBridge", "1x", "FAILED validationError"),
            ]),
        .init(
            .join, with: { ["fullName": "Bea", "meetingID": $0.meetingID, "role": "VIEWER"] },
            known: "302 to its server", unknown: "302 with errors invalidMeetingIdentifier",
            offline: "unavailable serverUnavailable", suspect: "302 to its server",
            missing: [
                ("meetingID", "302 with errors invalidMeetingIdentifier"),
                ("fullName", "302 with errors missingParamFullName"),
            ],
            bad: [
                ("meetingID", tooLong, "302 with errors invalidMeetingIdentifier"),
                ("createTime", "today", "302 with errors validationError"),
                ("guest", "yes", "302 with errors validationError"),
            ]),
        .init(
            .join, note: " with redirect=false", asks: [.join: .owner],
            with: { ["fullName": "Bea", "meetingID": $0.meetingID, "role": "VIEWER", "redirect": "false"] },
            known: "relayed SUCCESS successfullyJoined", unknown: "FAILED invalidMeetingIdentifier",
            offline: "unavailable serverUnavailable", suspect: "unavailable serverUnavailable",
            missing: [
                ("meetingID", "FAILED invalidMeetingIdentifier"), ("fullName", "FAILED missingParamFullName"),
                ("role", "relayed FAILED Params required"),
            ],
            bad: [
                ("meetingID", tooLong, "FAILED invalidMeetingIdentifier"), ("auth", "x", "FAILED validationError"),
            ]),
        .init(
            .isMeetingRunning, asks: [.isMeetingRunning: .owner], with: { ["meetingID": $0.meetingID] },
            known: "SUCCESS running=true", unknown: "SUCCESS running=false", offline: "SUCCESS running=false",
            suspect: "SUCCESS running=true", missing: [("meetingID", "FAILED missingParamMeetingID")],
            bad: [("meetingID", tooLong, "FAILED validationError")]),
        .init(
            .getMeetingInfo, asks: [.getMeetingInfo: .owner], with: { ["meetingID": $0.meetingID] },
            known: "SUCCESS running=true", unknown: "FAILED notFound", offline: "FAILED notFound",
            suspect: "SUCCESS running=true", missing: [("meetingID", "FAILED notFound")],
            bad: [("meetingID", tooLong, "FAILED notFound")]),
        .init(
            .end, asks: [.end: .owner], with: { ["meetingID": $0.meetingID, "password": "any"] },
            known: "SUCCESS sentEndMeetingRequest", unknown: "FAILED notFound", offline: "FAILED serverUnavailable",
            suspect: "FAILED serverUnavailable", missing: [("meetingID", "FAILED notFound")],
            bad: [("meetingID", tooLong, "FAILED notFound"), ("password", "p", "FAILED validationError")]),
        .init(
            .insertDocument, .post, asks: [.insertDocument: .owner], with: { ["meetingID": $0.meetingID] },
            upload: slides, known: "SUCCESS", unknown: "FAILED notFound", offline: "FAILED serverUnavailable",
            suspect: "FAILED serverUnavailable", missing: [("meetingID", "FAILED notFound")],
            bad: [("meetingID", tooLong, "FAILED notFound")]),
        .init(
            .sendChatMessage, asks: [.sendChatMessage: .owner],
            with: { ["meetingID": $0.meetingID, "message": "Hello", "userName": "Robot"] },
            known: "SUCCESS", unknown: "FAILED meetingNotFound", offline: "FAILED serverUnavailable",
            suspect: "FAILED serverUnavailable",
            missing: [("meetingID", "FAILED meetingNotFound"), ("message", "FAILED validationError")],
            bad: [
                ("message", String(repeating: "x", count: 501), "FAILED validationError"),
                ("userName", String(repeating: "x", count: 256), "FAILED validationError"),
            ]),
    ]

    static let slides = OutgoingCall.Body(
        octets: Array(
            ("<modules><module name=\"presentation\">"
                + "<document url=\"https://app.example/a.pdf\"/></module></modules>").utf8),
        contentType: "application/xml")

    static let listRows: [SectionFifteenRow] = [
        .init(
            .getMeetings, asks: [.getMeetings: .all], known: "SUCCESS 3", toOthers: "SUCCESS 1", offline: "SUCCESS 2",
            suspect: "SUCCESS 3"),
        .init(
            .getSessions, asks: [.getSessions: .all], known: "SUCCESS 1", toOthers: "SUCCESS 1",
            offline: "SUCCESS noSessions", suspect: "SUCCESS noSessions"),
    ]

    static let recordingRows: [SectionFifteenRow] = [
        .init(
            .getRecordings, asks: [.getRecordings: .all], with: { ["recordID": $0.recordID] }, known: "SUCCESS 1",
            // Callers take a recording that is not listed for deleted.
            unknown: "SUCCESS noRecordings", offline: "FAILED internalError", suspect: "FAILED internalError",
            missing: [("recordID", "SUCCESS 1")],
            bad: [("recordID", tooLong, "SUCCESS noRecordings"), ("state", "nonsense", "SUCCESS noRecordings")]),
        .init(
            .publishRecordings, asks: [.getRecordings: .all, .publishRecordings: .owner],
            with: { ["recordID": $0.recordID, "publish": "true"] }, known: "SUCCESS", unknown: "FAILED notFound",
            offline: "FAILED internalError", suspect: "FAILED internalError",
            missing: [("recordID", "FAILED missingParamRecordID"), ("publish", "FAILED missingParamPublish")],
            bad: [("recordID", tooLong, "FAILED notFound"), ("recordID", ",", "FAILED notFound")]),
        .init(
            .deleteRecordings, asks: [.getRecordings: .all, .deleteRecordings: .owner],
            with: { ["recordID": $0.recordID] }, known: "SUCCESS", unknown: "FAILED notFound",
            offline: "FAILED internalError", suspect: "FAILED internalError",
            missing: [("recordID", "FAILED missingParamRecordID")], bad: [("recordID", tooLong, "FAILED notFound")]),
        .init(
            .updateRecordings, asks: [.getRecordings: .all, .updateRecordings: .owner],
            with: { ["recordID": $0.recordID, "meta_presenter": "Eve"] }, known: "SUCCESS",
            unknown: "FAILED notFound", offline: "FAILED internalError", suspect: "FAILED internalError",
            missing: [("recordID", "FAILED missingParamRecordID")], bad: [("recordID", tooLong, "FAILED notFound")]),
    ]

    static let textTrackRows: [SectionFifteenRow] = [
        .init(
            .getRecordingTextTracks, asks: [.getRecordings: .all, .getRecordingTextTracks: .owner],
            with: { ["recordID": $0.recordID] }, known: "json SUCCESS", unknown: "json FAILED noRecordings",
            offline: "json FAILED internalError", suspect: "json FAILED internalError",
            missing: [("recordID", "FAILED missingParamRecordID")],
            bad: [("recordID", tooLong, "json FAILED noRecordings")]),
        .init(
            .putRecordingTextTrack, .post, asks: [.getRecordings: .all, .putRecordingTextTrack: .owner],
            with: { ["recordID": $0.recordID, "kind": "captions", "lang": "en_US"] }, upload: track,
            known: "json SUCCESS upload_text_track_success", unknown: "json FAILED noRecordings",
            offline: "json FAILED internalError", suspect: "json FAILED internalError",
            // As the recorded answers have it (docs/decisions/0003).
            unsigned: "json FAILED checksumError",
            missing: [
                ("recordID", "json FAILED paramError"), ("kind", "json FAILED paramError"),
                ("lang", "json FAILED paramError"),
            ],
            bad: [
                ("recordID", tooLong, "json FAILED noRecordings"), ("kind", "lyrics", "json FAILED invalidKind"),
                ("lang", "e", "json FAILED invalidLang"),
            ]),
    ]

    static let track = OutgoingCall.Body(
        octets: Array(
            ("--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.vtt\"\r\n"
                + "Content-Type: text/vtt\r\n\r\nWEBVTT\r\n--xyz--\r\n").utf8),
        contentType: "multipart/form-data; boundary=xyz")

    static let hookRows: [SectionFifteenRow] = [
        // What servers get is the balancer's own hook, once more.
        .init(
            .hooksCreate, asks: [.hooksCreate: .all],
            with: { ["callbackURL": "https://app.example/\($0.meetingID)", "meetingID": $0.meetingID] },
            known: "SUCCESS", unknown: "SUCCESS", offline: "SUCCESS", suspect: "SUCCESS",
            missing: [("callbackURL", "FAILED missingParamCallbackURL")],
            bad: [("callbackURL", "", "FAILED missingParamCallbackURL")]),
        .init(
            .hooksList, with: { ["meetingID": $0.meetingID] }, known: "SUCCESS 1", unknown: "SUCCESS 1",
            offline: "SUCCESS 1", suspect: "SUCCESS 1", missing: [("meetingID", "SUCCESS 1")]),
        .init(
            .hooksDestroy, with: { ["hookID": $0.hookID] }, known: "SUCCESS", unknown: "FAILED destroyMissingHook",
            offline: "SUCCESS", suspect: "SUCCESS", missing: [("hookID", "FAILED missingParamHookID")],
            bad: [("hookID", tooLong, "FAILED destroyMissingHook")]),
    ]

    static let ownRows: [SectionFifteenRow] = [
        .init(
            .getServers, known: "SUCCESS 3", toOthers: "FAILED permissionDenied", offline: "SUCCESS 3",
            suspect: "SUCCESS 3"),
        .init(
            .getMeetingEvents, with: { _ in ["users": "0"] }, known: "SUCCESS 3", toOthers: "SUCCESS 1",
            offline: "SUCCESS 3", suspect: "SUCCESS 3", missing: [("users", "SUCCESS")],
            bad: [("limit", String(repeating: "9", count: 257), "FAILED invalidParameters")]),
        .init(
            .getStatistics, asks: [.getMeetings: .all], known: "SUCCESS 3", toOthers: "FAILED permissionDenied",
            offline: "SUCCESS 3", suspect: "SUCCESS 3"),
        .init(
            .move, asks: [.getMeetingInfo: .owner, .create: .another, .end: .owner],
            with: { ["meetingID": $0.meetingID] }, known: "SUCCESS",
            unknown: "FAILED notFound", toOthers: "FAILED permissionDenied", offline: "SUCCESS", suspect: "SUCCESS",
            missing: [("meetingID", "FAILED missingParamMeetingID")],
            bad: [
                ("meetingID", tooLong, "FAILED validationError"), ("serverID", "99", "FAILED invalidParameters"),
            ]),
    ]

    /// As at servers of today, of which none has these calls; ConfigXMLTests has the others.
    static let configRows: [SectionFifteenRow] = [
        .init(
            .getDefaultConfigXML, asks: [.getDefaultConfigXML: .all], known: "FAILED unsupportedRequest",
            toOthers: "FAILED unsupportedRequest", offline: "FAILED unsupportedRequest",
            suspect: "FAILED unsupportedRequest"),
        .init(
            .setConfigXML, .post, asks: [.setConfigXML: .owner],
            with: { ["meetingID": $0.meetingID, "configXML": FormCoding.encode("<config/>")] },
            known: "FAILED unsupportedRequest", unknown: "FAILED invalidMeetingIdentifier",
            offline: "FAILED serverUnavailable", suspect: "FAILED serverUnavailable",
            unsigned: "FAILED configXMLChecksumError",
            missing: [("meetingID", "FAILED missingParamMeetingID"), ("configXML", "FAILED configXMLError")],
            bad: [("meetingID", tooLong, "FAILED invalidMeetingIdentifier")]),
    ]

    /// Of browsers at their server (`bbb-api.md` 7).
    private static let browserCalls: [CallName] = [
        "getJoinUrl", "learningDashboard", "stuns", "signOut", "guestWait", "enter", "configXML",
    ]

    /// Those, calls of long ago (`bbb-api.md` 8), and what nobody has.
    static let refusedRows: [SectionFifteenRow] =
        SectionFifteenRow.browserCalls.map { SectionFifteenRow.refused($0, isForBrowsers: true) } + [
            refused("feedback", .post, isForBrowsers: true), refused("setPollXML", .post),
            refused("getmeetings"), refused("anythingElse"),
        ]

    private static func refused(_ call: CallName, _ method: Call.Method = .get, isForBrowsers: Bool = false)
        -> SectionFifteenRow
    {
        let said = "FAILED unsupportedRequest"
        return SectionFifteenRow(
            call, method, with: { ["sessionToken": "abcdefghijklmnop", "meetingID": $0.meetingID] },
            isForBrowsers: isForBrowsers, known: said, unknown: said, offline: said, suspect: said,
            // Nobody signs what a browser asks, so that it is unsigned says nothing (section 15: Refuse).
            unsigned: isForBrowsers ? said : "FAILED checksumError")
    }
}
