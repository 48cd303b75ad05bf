internal import BigBlueButton

/// What tests and curious people tell a simulated server beside the API: faults, people who come and go, a reboot.
///
/// `GET state` and `callbacks`; `POST fault?mode=...`, `heal`, `reboot`, `join?meetingID=...`, `leave?meetingID=...`,
/// `end?meetingID=...`, `marks?meetingID=...`, `record?recordID=...&formats=presentation,video`,
/// `config?hooks=false&configXML=true`.
struct SimulatedControl {
    let server: SimulatedServer

    /// What is answered: a status and JSON.
    struct Answer: Equatable {
        let status: Int
        let json: String

        init(_ value: SimulatedJSON, status: Int = 200) {
            self.status = status
            json = value.encoded
        }

        static let done = Answer([:])
        static func wrong(_ what: String) -> Answer { Answer(["error": .text(what)], status: 400) }
    }

    /// - Parameter verb: the path behind `/simulator/`.
    func carryOut(_ verb: String, _ given: Parameters, at now: WireTime) -> Answer {
        switch verb {
        case "state": return state()
        case "callbacks": return callbacks()
        case "heal": server.heal()
        case "reboot": server.reboot()
        case "config": configure(given)
        case "fault":
            guard let rule = Self.rule(given) else {
                return .wrong("mode is slow, hang, refuse, a status, garbage, truncated, empty or wrongSecret")
            }
            server.set(rule)
        case "join", "leave", "end", "marks":
            guard let id = given["meetingID"].flatMap(MeetingID.init(rawValue:)), server.meeting(id) != nil else {
                return .wrong("there is no such meeting")
            }
            people(verb, id, given, at: now)
        case "record":
            let formats = given.nonEmpty("formats").map { $0.split(separator: ",").map(String.init) }
            guard server.publishRecording(given["recordID"] ?? "", formats: formats, at: now) else {
                return .wrong("there is no such recording")
            }
        default: return Answer(["error": "no such verb"], status: 404)
        }
        return .done
    }

    private func people(_ verb: String, _ id: MeetingID, _ given: Parameters, at now: WireTime) {
        switch verb {
        case "join":
            let role = given["role"].flatMap { SimulatedRole(rawValue: $0.uppercased()) } ?? .viewer
            server.joinParticipant(
                meetingID: id, fullName: given["fullName"] ?? "Somebody", role: role, userID: given["userID"], at: now)
        case "leave": server.leaveAll(id, at: now)
        case "marks": server.setRecordingMarks(given["marks"] != "false", of: id)
        default: server.endMeeting(id, at: now)
        }
    }

    /// What is not named stays as it is.
    private func configure(_ given: Parameters) {
        server.withBBB { bbb in
            if let hooks = given["hooks"] { bbb.hasHooks = hooks == "true" }
            if let configXML = given["configXML"] { bbb.hasConfigXML = configXML == "true" }
        }
    }

    private static func rule(_ given: Parameters) -> SimulatedFaultRule? {
        let fault: SimulatedFault
        switch given["mode"] ?? "" {
        case "slow": fault = .slow(.milliseconds(Int64((Double(given["seconds"] ?? "") ?? 1) * 1_000)))
        case "hang": fault = .hang
        case "refuse": fault = .refuse
        case "garbage": fault = .garbage
        case "truncated": fault = .truncated
        case "empty": fault = .emptyBody
        case "wrongSecret": fault = .wrongSecret
        case let mode:
            guard let status = Int(mode), (400...599).contains(status) else { return nil }
            fault = .status(status)
        }
        return SimulatedFaultRule(
            fault, call: given["call"].map(CallName.init(rawValue:)), when: given["when"] == "after" ? .after : .before,
            remaining: given["count"].flatMap { Int($0) })
    }

    private func state() -> Answer {
        let bbb = server.withBBB { $0 }
        let calls = bbb.callCounts.map { ($0.key.rawValue, SimulatedJSON.count($0.value)) }
        let recordings = bbb.recordings.map { recording -> SimulatedJSON in
            [
                "recordID": .text(recording.recordID), "state": .text(recording.state.rawValue),
                "meetingID": .text(recording.meetingID),
            ]
        }
        let hooks = bbb.hooks.map { hook -> SimulatedJSON in
            ["id": .text(hook.id), "callbackURL": .text(hook.callbackURL)]
        }
        return Answer([
            "meetings": .list(bbb.meetings.map(Self.describe)), "recordings": .list(recordings), "hooks": .list(hooks),
            "calls": .object(calls.sorted { $0.0 < $1.0 }),
        ])
    }

    private static func describe(_ meeting: SimulatedMeeting) -> SimulatedJSON {
        let logoutURL = meeting.parameters["logoutURL"] ?? ""
        return [
            "meetingID": .text(meeting.id.rawValue), "internalMeetingID": .text(meeting.internalID.rawValue),
            "createTime": .number(meeting.createTime.milliseconds),
            "participants": .count(meeting.participants.count), "voiceBridge": .text(meeting.voiceBridge),
            "logoutURL": .text(logoutURL),
            "documents": .list(meeting.documents.map { SimulatedJSON.text($0.name) }),
            "parameters": .named(meeting.parameters.all),
        ]
    }

    /// What was fired, whether or not it was delivered by now; the oldest first.
    private func callbacks() -> Answer {
        let fired = server.withBBB { $0.firedCallbacks }
        let list = fired.map { callback -> SimulatedJSON in
            [
                "kind": .text(callback.kind.rawValue), "method": .text(callback.method), "url": .text(callback.url),
                "meetingID": .text(callback.meetingID),
            ]
        }
        return Answer(["callbacks": .list(list)])
    }
}
