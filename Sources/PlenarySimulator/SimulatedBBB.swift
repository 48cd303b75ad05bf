package import BigBlueButton

/// One BigBlueButton 3.0 server, as a value: what it holds, and what it answers.
///
/// Written from `bbb-api.md` and not from the balancer, so that one checks the other. Left out: media, the minute in
/// which somebody who left is still listed, and the calls of the browser's client. What it sends by itself are values
/// (``SimulatedCallback``); a ``SimulatedCourier`` makes requests of them.
package struct SimulatedBBB: Sendable {
    package let name: String
    /// Where it believes to be; redirects lead there.
    package internal(set) var url: APIURL
    package internal(set) var secret: Secret
    /// Which checksums it believes. BigBlueButton 3.0 believes the bare call name over a form body.
    package var policy = Call.Policy(acceptsUnsignedForms: true)
    /// Whether meetings end by themselves, as configured by `create` (`bbb-api.md` 4.3). Off, so that a test's meetings
    /// end when the test says so.
    package var endsUnusedMeetings = false
    /// Whether `getRecordings` without any filter lists everything (`bbb-api.md` 6.1).
    package var listsAllRecordings = true
    /// Whether bbb-webhooks is installed beside it (`bbb-api.md` 11).
    package var hasHooks = true
    /// Whether it has the calls about the Flash client's configuration, as servers up to 2.3 do (`bbb-api.md` 8).
    package var hasConfigXML = false
    /// Live meetings, the oldest first.
    package internal(set) var meetings: [SimulatedMeeting] = []
    /// The latest meetings that are over.
    package internal(set) var endedMeetings: [InternalMeetingID] = []
    /// The oldest first: a real server lists them in no order at all.
    package internal(set) var recordings: [SimulatedRecording] = []
    package internal(set) var hooks: [SimulatedHook] = []
    /// The outbox: the latest requests that it wants to be sent, the oldest first. ``takeCallbacks()`` empties it.
    package internal(set) var callbacks: [SimulatedCallback] = []
    /// The same, whether or not somebody took them.
    package internal(set) var firedCallbacks: [SimulatedCallback] = []
    /// The latest sessions of meetings that ended; a reboot leaves none.
    var endedSessions: [SimulatedEndedSession] = []
    /// Requests received, by call. Pages and unknown paths are not counted.
    package internal(set) var callCounts: [CallName: Int] = [:]
    /// The latest requests, the oldest first. Bodies over 1 MiB are left out.
    package internal(set) var recentRequests: [SimulatedRequest] = []
    var random: SeededRandom
    /// The latest time that it was told of, for what happens without one.
    private(set) var clock = WireTime(milliseconds: 0)

    private static let keptRequests = 64
    private static let longestKeptBody = 1 << 20

    package init(name: String, url: APIURL, secret: Secret, seed: UInt64 = 1) {
        self.name = name
        self.url = url
        self.secret = secret
        random = SeededRandom(seed: seed)
    }

    /// Answers one request.
    package mutating func handle(_ request: SimulatedRequest, at now: WireTime) -> SimulatedResponse {
        tell(now)
        note(request)
        endIfOver(at: now)
        let token = Parameters(parsing: request.query)["sessionToken"] ?? ""
        switch destination(of: request.path) {
        case .call(let name): return answer(name, request, at: now)
        case .client: return openClient(token: token, at: now)
        case .clientState: return clientState(token: token)
        case .home:
            return .page(
                200, title: "\(self.name)",
                text: "A simulated BigBlueButton server. It holds \(meetings.count) meetings.")
        case .nothing: return .page(404, title: "Not found", text: "There is nothing at this address.")
        }
    }

    /// Time goes on, and never back.
    mutating func tell(_ now: WireTime) { clock = max(clock, now) }

    /// Writes a request down without answering it. What pages keep asking would leave room for nothing else.
    mutating func note(_ request: SimulatedRequest) {
        let destination = destination(of: request.path)
        if destination == .clientState { return }
        if case .call(let name) = destination { callCounts[name, default: 0] += 1 }
        var kept = request
        if kept.body.count > Self.longestKeptBody { kept.body = [] }
        recentRequests.append(kept)
        if recentRequests.count > Self.keptRequests { recentRequests.removeFirst() }
    }

    /// What a path leads to.
    enum Destination: Equatable { case call(CallName), client, clientState, home, nothing }

    /// Where a path leads (`bbb-api.md` 1.1); nginx in front merges double slashes.
    func destination(of path: String) -> Destination {
        let segments = path.split(separator: "/").map(String.init)
        let api = url.text.split(separator: "/").dropFirst(2).map(String.init)
        if segments == api || segments == api.dropLast() && !segments.isEmpty { return .call(.index) }
        if segments.starts(with: api) {
            return .call(CallName(rawValue: segments.dropFirst(api.count).joined(separator: "/")))
        }
        if segments == ["html5client", "state"] { return .clientState }
        if segments.first == "html5client" { return .client }
        return segments.isEmpty ? .home : .nothing
    }

    private mutating func answer(_ name: CallName, _ request: SimulatedRequest, at now: WireTime) -> SimulatedResponse {
        let method = request.method == .head ? .get : request.method
        let call = Call(
            name, method: method, rawQuery: request.query, contentType: request.contentType, body: request.body)
        do throws(Refusal) {
            switch name {
            case .index: return index(asJSON: request.contentType?.lowercased().hasPrefix("application/json") == true)
            case .join where method == .get: return join(call, at: now)
            case .create:
                try verify(call)
                return try create(call, at: now)
            case .end:
                try verify(call)
                return try end(call, at: now)
            case .getSessions:
                try verify(call)
                return getSessions()
            case .isMeetingRunning:
                try verify(call)
                return try isMeetingRunning(call)
            case .getMeetingInfo:
                try verify(call)
                return try getMeetingInfo(call)
            case .getMeetings:
                try verify(call)
                return getMeetings()
            case .insertDocument where method == .post:
                try verify(call)
                return try insertDocument(call)
            case .sendChatMessage where method == .get || method == .post:
                try verify(call)
                return try sendChatMessage(call)
            case .getRecordings, .publishRecordings, .deleteRecordings, .updateRecordings:
                return try answerRecordingCall(call)
            case .getRecordingTextTracks: return try getRecordingTextTracks(call)
            case .putRecordingTextTrack where method == .post: return try putRecordingTextTrack(call, request)
            case .hooksCreate, .hooksList, .hooksDestroy, .hooksPing: return try answerHookCall(call)
            case .getDefaultConfigXML where hasConfigXML: return try getDefaultConfigXML(call)
            case .setConfigXML where hasConfigXML && method == .post: return try setConfigXML(call)
            case .join, .insertDocument, .sendChatMessage, .putRecordingTextTrack: throw .unsupportedRequest
            default: return .noSuchCall
            }
        } catch { return .xml(error.xml) }
    }

    /// The checksum first, then the content type (`bbb-api.md` 2.7).
    func verify(_ call: Call) throws(Refusal) {
        guard call.signer(among: [secret], policy: policy) != nil else { throw Self.wrongChecksum(of: call.name) }
        guard call.name == .sendChatMessage || call.hasSupportedContentType else { throw .contentType }
    }

    /// Each part of BigBlueButton says it in words of its own (`bbb-api.md` 2.10).
    static func wrongChecksum(of call: CallName) -> Refusal {
        switch call {
        case .getRecordings, .publishRecordings, .deleteRecordings, .updateRecordings, .getRecordingTextTracks,
            .putRecordingTextTrack, .getDefaultConfigXML:
            Refusal(.checksumError, "You did not pass the checksum security check")
        case .hooksCreate, .hooksList, .hooksDestroy:
            Refusal(.checksumError, "You did not pass the checksum security check.")
        case .setConfigXML:
            Refusal(
                "configXMLChecksumError",
                "configXMLChecksumError: request did not pass the checksum security check.")
        default: Refusal(.checksumError, "Checksums do not match")
        }
    }

    /// Which meeting is meant (`bbb-api.md` 4.2): the first whose internal id begins with the text, else with its hash.
    ///
    /// A short id of hexadecimal digits can so mean a stranger's meeting, as on a real server.
    func position(of text: String) -> Int? {
        guard !text.isEmpty else { return nil }
        if let found = meetings.firstIndex(where: { $0.internalID.rawValue.hasPrefix(text) }) { return found }
        return position(ofExternal: text)
    }

    /// The meeting that a front-end's id names, and nothing else: how `create` looks.
    func position(ofExternal text: String) -> Int? {
        let prefix = sha1Hex(text) + "-"
        return meetings.firstIndex { $0.internalID.rawValue.hasPrefix(prefix) }
    }

    /// An internal id that was not given before, and the create time in it.
    func newInternalID(for id: String, at now: WireTime) -> (InternalMeetingID, WireTime) {
        let hash = sha1Hex(id)
        var time = now
        while true {
            if let internalID = InternalMeetingID(rawValue: "\(hash)-\(time)"), !endedMeetings.contains(internalID),
                !meetings.contains(where: { $0.internalID == internalID })
            {
                return (internalID, time)
            }
            time = time.advanced(by: .milliseconds(1))
        }
    }
}
