internal import BigBlueButton

/// Something that web hooks are told (`bbb-api.md` 11.5).
enum SimulatedEvent {
    case meetingCreated(SimulatedMeeting)
    case meetingEnded(SimulatedMeeting)
    case userJoined(SimulatedParticipant, SimulatedMeeting)
    case userLeft(SimulatedParticipant, SimulatedMeeting)
    /// One format of a recording was published.
    case publishEnded(SimulatedRecording, SimulatedRecording.Format)

    var id: String {
        switch self {
        case .meetingCreated: "meeting-created"
        case .meetingEnded: "meeting-ended"
        case .userJoined: "user-joined"
        case .userLeft: "user-left"
        case .publishEnded: "rap-publish-ended"
        }
    }

    /// The front-end's id of the meeting that it is about.
    var meetingID: String {
        switch self {
        case .meetingCreated(let meeting), .meetingEnded(let meeting), .userJoined(_, let meeting),
            .userLeft(_, let meeting):
            meeting.id.rawValue
        case .publishEnded(let recording, _): recording.meetingID
        }
    }

    private var internalMeetingID: String {
        switch self {
        case .meetingCreated(let meeting), .meetingEnded(let meeting), .userJoined(_, let meeting),
            .userLeft(_, let meeting):
            meeting.internalID.rawValue
        case .publishEnded(let recording, _): recording.internalMeetingID
        }
    }

    /// As hooks are told that did not ask for raw data.
    func mapped(at now: WireTime) -> SimulatedJSON {
        [
            "data": [
                "type": "event", "id": .text(id), "attributes": attributes,
                "event": ["ts": .number(now.milliseconds)],
            ]
        ]
    }

    private var attributes: SimulatedJSON {
        let ids: [(String, SimulatedJSON)] = [
            ("internal-meeting-id", .text(internalMeetingID)), ("external-meeting-id", .text(meetingID)),
        ]
        switch self {
        case .meetingCreated(let meeting):
            let members = ids + meeting.properties
            return ["meeting": .object(members)]
        case .meetingEnded: return ["meeting": .object(ids)]
        case .userJoined(let person, _), .userLeft(let person, _):
            return [
                "meeting": .object(ids),
                "user": [
                    "internal-user-id": .text(person.id), "external-user-id": .text(person.userID),
                    "name": .text(person.fullName), "role": .text(person.role.rawValue),
                ],
            ]
        case .publishEnded(let recording, let format):
            return [
                "meeting": .object(ids), "record-id": .text(recording.recordID), "success": .flag(true),
                "step-time": .count(format.processingTime), "workflow": .text(format.type),
                "recording": [
                    "name": .text(recording.name), "is-breakout": .flag(recording.isBreakout),
                    "start-time": .number(recording.startTime.milliseconds),
                    "end-time": .number(recording.endTime.milliseconds),
                    "metadata": .named(recording.metadata),
                ],
            ]
        }
    }

    /// As the parts of a server tell each other, for hooks that asked for raw data.
    func raw(at now: WireTime) -> SimulatedJSON {
        switch self {
        case .meetingCreated(let meeting):
            let props: SimulatedJSON = [
                "name": .text(meeting.name), "extId": .text(meetingID), "intId": .text(internalMeetingID),
                "isBreakout": .flag(meeting.isBreakout),
            ]
            return message("MeetingCreatedEvtMsg", body: ["props": ["meetingProp": props]], at: now)
        case .meetingEnded:
            return message("MeetingEndedEvtMsg", body: ["meetingId": .text(internalMeetingID)], at: now)
        case .userJoined(let person, _):
            return message(
                "UserJoinedMeetingEvtMsg",
                body: [
                    "intId": .text(person.id), "extId": .text(person.userID), "name": .text(person.fullName),
                    "role": .text(person.role.rawValue),
                ], at: now)
        case .userLeft(let person, _):
            return message("UserLeftMeetingEvtMsg", body: ["intId": .text(person.id)], at: now)
        case .publishEnded(let recording, let format):
            return [
                "header": ["timestamp": .number(now.milliseconds), "name": "publish_ended"],
                "payload": [
                    "success": .flag(true), "step_time": .count(format.processingTime),
                    "record_id": .text(recording.recordID), "meeting_id": .text(internalMeetingID),
                    "external_meeting_id": .text(meetingID), "workflow": .text(format.type),
                ],
            ]
        }
    }

    private func message(_ name: String, body: SimulatedJSON, at now: WireTime) -> SimulatedJSON {
        let header: SimulatedJSON = ["name": .text(name), "meetingId": .text(internalMeetingID)]
        return [
            "envelope": [
                "name": .text(name), "routing": ["meetingId": .text(internalMeetingID)],
                "timestamp": .number(now.milliseconds),
            ],
            "core": ["header": header, "body": body],
        ]
    }
}

extension SimulatedMeeting {
    /// What `meeting-created` tells beside the ids.
    fileprivate var properties: [(String, SimulatedJSON)] {
        let parent = parentID?.rawValue ?? "bbb-none"
        return [
            ("name", .text(name)), ("is-breakout", .flag(isBreakout)), ("parent-id", .text(parent)),
            ("duration", .count(duration)),
            ("create-time", .number(createTime.milliseconds)), ("create-date", .text(createTime.javaDate)),
            ("moderator-pass", .text(moderatorPW)), ("viewer-pass", .text(attendeePW)),
            ("record", .flag(isRecorded)), ("voice-conf", .text(voiceBridge)), ("dial-number", .text(dialNumber)),
            ("max-users", .count(maxParticipants)), ("metadata", .named(metadata)),
        ]
    }
}
