internal import BigBlueButton

/// What tests and curious people tell a simulated server beside the API: faults, people who come and go, a reboot.
///
/// `GET state`; `POST fault?mode=...`, `heal`, `reboot`, `join?meetingID=...`, `leave?meetingID=...`, `end?meetingID=...`.
struct SimulatedControl {
    let server: SimulatedServer

    /// What is answered: a status and JSON.
    struct Answer: Equatable {
        let status: Int
        let json: String

        static let done = Answer(status: 200, json: "{}")
        static func wrong(_ what: String) -> Answer { Answer(status: 400, json: "{\"error\":\(quoted(what))}") }
    }

    /// - Parameter verb: the path behind `/simulator/`.
    func carryOut(_ verb: String, _ given: Parameters, at now: WireTime) -> Answer {
        switch verb {
        case "state": return state()
        case "heal": server.heal()
        case "reboot": server.reboot()
        case "fault":
            guard let rule = Self.rule(given) else {
                return .wrong("mode is slow, hang, refuse, a status, garbage, truncated, empty or wrongSecret")
            }
            server.set(rule)
        case "join", "leave", "end":
            guard let id = given["meetingID"].flatMap(MeetingID.init(rawValue:)), server.meeting(id) != nil else {
                return .wrong("there is no such meeting")
            }
            people(verb, id, given, at: now)
        default: return Answer(status: 404, json: "{\"error\":\"no such verb\"}")
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
        default: server.endMeeting(id)
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
        let (meetings, calls) = server.withBBB { ($0.meetings, $0.callCounts) }
        let list = meetings.map { meeting in
            "{\"meetingID\":\(quoted(meeting.id.rawValue)),\"internalMeetingID\":\(quoted(meeting.internalID.rawValue)),"
                + "\"createTime\":\(meeting.createTime.milliseconds),\"participants\":\(meeting.participants.count)}"
        }
        let counts = calls.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 }.map { "\(quoted($0.0)):\($0.1)" }
        let json = "{\"meetings\":[\(list.joined(separator: ","))],\"calls\":{\(counts.joined(separator: ","))}}"
        return Answer(status: 200, json: json)
    }
}

/// A JSON string.
private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case _ where scalar.value < 0x20:
            let hex = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
