internal import BigBlueButton
internal import PlenaryFleet

extension SimulatedBBB {
    /// `bbb-api.md` 5.3, with the checks in the order of 5.3.3.
    mutating func join(_ call: Call, at now: WireTime) -> SimulatedResponse {
        let given = call.parameters
        let position: Int
        // What validation finds is told by redirect, even to callers that asked for XML.
        do throws(Refusal) { position = try validateJoin(call) } catch { return redirect(error, given) }
        do throws(JoinFailure) { return try admit(given, to: position) } catch {
            let wantsXML = given["redirect"].map { $0.lowercased() != "true" } ?? false
            return error.isAlwaysXML || wantsXML ? .xml(error.refusal.xml) : redirect(error.refusal, given)
        }
    }

    /// Why somebody may not enter. `Params required` is XML even for browsers.
    private struct JoinFailure: Error {
        let refusal: Refusal
        var isAlwaysXML = false

        init(_ key: MessageKey, _ message: String) { refusal = Refusal(key, message) }

        static func parameters(_ message: String) -> JoinFailure {
            var failure = JoinFailure("Params required", message)
            failure.isAlwaysXML = true
            return failure
        }
    }

    private func validateJoin(_ call: Call) throws(Refusal) -> Int {
        try verify(call)
        let given = call.parameters
        let id = given.sanitized("meetingID") ?? ""
        let found = position(of: id)
        var violations = SimulatedViolations()
        violations.meetingID(id)
        if found == nil, !id.isEmpty {
            violations.add(.invalidMeetingIdentifier, "A meeting with that ID does not exist")
        }
        if (given.sanitized("fullName") ?? "").isEmpty {
            violations.add(.missingParamFullName, "You must provide your name")
        }
        violations.password(given.sanitized("password"))
        violations.boolean(given.sanitized("guest"), "Guest must be a boolean value (true or false)")
        violations.boolean(given.sanitized("auth"), "Auth must be a boolean value (true or false)")
        violations.integer(given.sanitized("createTime"), "Value must be an integral number")
        try violations.check()
        guard let found else { throw .joinNotFound }
        return found
    }

    private mutating func admit(_ given: Parameters, to position: Int) throws(JoinFailure) -> SimulatedResponse {
        let meeting = meetings[position]
        if let time = given.nonEmpty("createTime"), WireTime(text: time) != meeting.createTime {
            throw JoinFailure(
                .mismatchCreateTime, "The createTime parameter submitted mismatches with the current meeting.")
        }
        let role = try role(in: given, of: meeting)
        let isBot = given["bot"]?.lowercased() == "true"
        let userID = given.nonEmpty("userID")
        let present = Set(meeting.participants.map(\.userID))
        if meeting.maxParticipants > 0, present.count >= meeting.maxParticipants, !isBot,
            !present.contains(userID ?? "")
        {
            throw JoinFailure(
                .maxParticipantsReached, "The number of participants allowed for this meeting has been reached.")
        }
        let status = Self.guestStatus(
            given, role: role, policy: meeting.parameters.nonEmpty("guestPolicy") ?? "ALWAYS_ACCEPT")
        let participant = SimulatedParticipant(
            id: newParticipantID(), userID: userID, fullName: given.sanitized("fullName") ?? "", role: role)
        let session = SimulatedSession(
            token: random.word(16, from: .lowercase), cookie: random.word(32, from: .uppercase),
            participant: participant, isWaiting: status == .wait, logoutURL: given.nonEmpty("logoutURL"))
        if status == .deny {
            throw JoinFailure(
                "guestDeniedAccess", "You have been denied access to this meeting based on the meeting's guest policy")
        }
        meetings[position].sessions.append(session)
        meetings[position].customData[participant.userID] = Self.customData(in: given)
        return answer(session, in: meeting, given, status)
    }

    private func role(in given: Parameters, of meeting: SimulatedMeeting) throws(JoinFailure) -> SimulatedRole {
        if let role = given["role"].flatMap({ SimulatedRole(rawValue: $0.uppercased()) }) { return role }
        guard let password = given.nonEmpty("password") else {
            throw .parameters(
                "You must either send the valid role of the user, or the password, sould the meeting has one.")
        }
        if password == meeting.moderatorPW { return .moderator }
        if password == meeting.attendeePW { return .viewer }
        throw .parameters("You must enter a valid password")
    }

    private enum GuestStatus: String { case allow = "ALLOW", wait = "WAIT", deny = "DENY" }

    private static func guestStatus(_ given: Parameters, role: SimulatedRole, policy: String) -> GuestStatus {
        if role == .moderator { return .allow }
        let isGuest = given["guest"]?.lowercased() == "true"
        let isAuthenticated = given["auth"].map { $0.lowercased() == "true" } ?? (given["guest"] == nil)
        switch policy {
        case "ALWAYS_ACCEPT": return .allow
        case "ASK_MODERATOR": return isGuest || isAuthenticated ? .wait : .allow
        case "ALWAYS_ACCEPT_AUTH": return isGuest ? .wait : .allow
        default: return .deny
        }
    }

    /// `userdata-NAME`, where the whole splits into two at `-` (`bbb-api.md` 5.3.2). Names are not checked any further, as
    /// on a real server: a bad one makes its `getMeetings` malformed.
    private static func customData(in given: Parameters) -> [Parameters.Parameter] {
        given.forForwarding.all.compactMap { parameter in
            let parts = parameter.name.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "userdata", !parts[1].isEmpty else { return nil }
            return .init(name: String(parts[1]), value: parameter.value)
        }
    }

    private mutating func answer(
        _ session: SimulatedSession, in meeting: SimulatedMeeting, _ given: Parameters, _ status: GuestStatus
    ) -> SimulatedResponse {
        let layout = given.nonEmpty("enforceLayout") == nil ? "" : "waitLayout=1&"
        let client = "\(root)/html5client/?\(layout)sessionToken=\(session.token)"
        let secure = url.isSecure ? "; Secure" : ""
        let cookie = ServerAnswer.Header(
            name: "Set-Cookie", value: "JSESSIONID=\(session.cookie); Path=/bigbluebutton\(secure); HttpOnly")
        guard let redirect = given["redirect"], redirect.lowercased() != "true" else {
            return .redirect(to: client, headers: [cookie])
        }
        let authToken = random.word(12, from: .lowercase)
        var response = SimulatedResponse.xml(
            XMLWriter.response(.success) {
                $0.element("messageKey", "successfullyJoined")
                $0.element("message", "You have joined successfully.")
                $0.element("meeting_id", meeting.internalID.rawValue)
                $0.element("user_id", session.participant.id)
                $0.element("auth_token", authToken)
                $0.element("session_token", session.token)
                $0.element("guestStatus", status.rawValue)
                $0.element("url", client)
            })
        response.headers.append(cookie)
        return response
    }

    /// Scheme and authority of this server.
    var root: String { (url.isSecure ? "https://" : "http://") + url.authority }

    /// Envelope C (`bbb-api.md` 5.3.4).
    private func redirect(_ refusal: Refusal, _ given: Parameters) -> SimulatedResponse {
        let base = given.nonEmpty("errorRedirectUrl") ?? given.nonEmpty("logoutURL") ?? root
        let json = "[{\"message\":\"\(refusal.message)\",\"key\":\"\(refusal.key)\"}]"
        let errors = json.reduce(into: "") { result, character in
            switch character {
            case "{": result += "%7B"
            case "}": result += "%7D"
            case "\"": result += "%22"
            case " ": result += "%20"
            default: result.append(character)
            }
        }
        return .redirect(to: base + (base.contains("?") ? "&" : "?") + "errors=" + errors)
    }

    mutating func newParticipantID() -> String { "w_" + random.word(12, from: .lowercase) }
}
