internal import BigBlueButton

/// The calls about meetings that exist (`bbb-api.md` 5.2, 5.4 to 5.9), and the version request.
extension SimulatedBBB {
    /// `bbb-api.md` 1.7.
    func index(asJSON: Bool) -> SimulatedResponse {
        let fields = [
            ("returncode", "SUCCESS"), ("version", "2.0"), ("apiVersion", "2.0"), ("bbbVersion", "3.0.19"),
            ("graphqlWebsocketUrl", "\(url.isSecure ? "wss" : "ws")://\(url.authority)/graphql"),
            ("graphqlApiUrl", "\(root)/api/rest"), ("html5PluginSdkVersion", "0.0.95"),
        ]
        guard asJSON else {
            return .xml(
                XMLWriter.response(.success) { for (name, value) in fields.dropFirst() { $0.element(name, value) } })
        }
        return .json(["response": .object(fields.map { ($0.0, SimulatedJSON.text($0.1)) })])
    }

    func isMeetingRunning(_ call: Call) throws(Refusal) -> SimulatedResponse {
        let id = call.parameters.sanitized("meetingID") ?? ""
        var violations = SimulatedViolations()
        violations.meetingID(id)
        try violations.check()
        let isRunning = position(of: id).map { meetings[$0].isRunning } ?? false
        return .xml(XMLWriter.response(.success) { $0.element("running", isRunning) })
    }

    func getMeetingInfo(_ call: Call) throws(Refusal) -> SimulatedResponse {
        let meeting = meetings[try existing(call)]
        return .xml(XMLWriter.response(.success) { meeting.describe(into: &$0, groupingDigits: false) })
    }

    func getMeetings() -> SimulatedResponse {
        guard !meetings.isEmpty else {
            return .xml(
                XMLWriter.response(.success) {
                    $0.empty("meetings")
                    $0.element("messageKey", MessageKey.noMeetings.rawValue)
                    $0.element("message", "no meetings were found on this server")
                })
        }
        return .xml(
            XMLWriter.response(.success) {
                $0.element("meetings") {
                    for meeting in meetings {
                        $0.element("meeting") { meeting.describe(into: &$0, groupingDigits: true) }
                    }
                }
            })
    }

    /// Everybody who joined, whether or not they opened the page, by internal id (`bbb-api.md` 5.7).
    func getSessions() -> SimulatedResponse {
        let sessions = meetings.flatMap { meeting -> [(SimulatedMeeting, String)] in
            let joined = Set(meeting.sessions.map(\.participant.id))
            let others = meeting.participants.filter { !joined.contains($0.id) }
            return (meeting.sessions.map(\.participant) + others).map { (meeting, $0.fullName) }
        }
        guard !sessions.isEmpty else {
            return .xml(
                XMLWriter.response(.success) {
                    $0.empty("sessions")
                    $0.element("messageKey", "noSessions")
                    $0.element("message", "no sessions were found on this serverr")
                })
        }
        return .xml(
            XMLWriter.response(.success) {
                $0.element("sessions") {
                    for (meeting, userName) in sessions {
                        $0.element("meeting") {
                            $0.element("meetingID", meeting.internalID.rawValue)
                            $0.element("meetingName", meeting.name)
                            $0.element("userName", userName)
                        }
                    }
                }
            })
    }

    /// The password is not compared (`bbb-api.md` 3.4).
    mutating func end(_ call: Call, at now: WireTime) throws(Refusal) -> SimulatedResponse {
        conclude(meetings[try existing(call)].internalID, at: now)
        return .xml(
            XMLWriter.response(.success) {
                $0.element("messageKey", MessageKey.sentEndMeetingRequest.rawValue)
                $0.element(
                    "message",
                    "A request to end the meeting was sent.  Please wait a few seconds, and then use the getMeetingInfo or "
                        + "isMeetingRunning API calls to verify that it was ended.")
            })
    }

    private func existing(_ call: Call) throws(Refusal) -> Int {
        let id = call.parameters.sanitized("meetingID") ?? ""
        let found = position(of: id)
        var violations = SimulatedViolations()
        violations.meetingID(id)
        if call.name == .end { violations.password(call.parameters.sanitized("password")) }
        if found == nil, !id.isEmpty { violations.add(.notFound, Refusal.notFound.message) }
        try violations.check()
        guard let found else { throw .notFound }
        return found
    }

    /// None of its own answers has a message key.
    mutating func insertDocument(_ call: Call) throws(Refusal) -> SimulatedResponse {
        let id = call.parameters.sanitized("meetingID") ?? ""
        var violations = SimulatedViolations()
        violations.meetingID(id)
        try violations.check()
        guard let documents = SimulatedModules(call.body)?.documents else {
            return .page(500, title: "Internal server error", text: "The document could not be read.")
        }
        guard let position = position(of: id) else {
            return .xml(XMLWriter.response(.failed) { $0.element("message", "Meeting with id [\(id)] not found.") })
        }
        if documents.contains(where: \.isCurrent) {
            for index in meetings[position].documents.indices { meetings[position].documents[index].isCurrent = false }
        }
        meetings[position].documents += documents
        return .xml(XMLWriter.response(.success) { $0.element("message", "Presentation is being uploaded") })
    }

    mutating func sendChatMessage(_ call: Call) throws(Refusal) -> SimulatedResponse {
        let id = call.parameters.sanitized("meetingID") ?? ""
        let message = call.parameters.sanitized("message") ?? ""
        var violations = SimulatedViolations()
        violations.meetingID(id)
        if message.isEmpty || message.utf16.count > 500 {
            violations.add(.validationError, "Param message must be between 1 and 500 characters")
        }
        if (call.parameters["userName"] ?? "").utf16.count > 255 {
            violations.add(.validationError, "Param userName must not exceed 255 characters")
        }
        try violations.check()
        guard let position = position(of: id), meetings[position].isRunning else {
            throw Refusal(.meetingNotFound, "Meeting not found")
        }
        meetings[position].chat.append(message)
        return .xml(
            XMLWriter.response(.success) {
                $0.element("messageKey", "")
                $0.element("message", "")
            })
    }
}
