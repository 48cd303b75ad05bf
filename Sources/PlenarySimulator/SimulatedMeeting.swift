package import BigBlueButton

/// What somebody may do in a meeting.
package enum SimulatedRole: String, Sendable, Hashable {
    case moderator = "MODERATOR"
    case viewer = "VIEWER"
}

/// One session of somebody in a meeting. Two tabs of one person are two participants with the same user id.
package struct SimulatedParticipant: Sendable, Hashable {
    /// The server's own id: `w_` and twelve characters.
    package let id: String
    /// The id that the front-end gave.
    package let userID: String
    package let fullName: String
    package let role: SimulatedRole
    package var hasVoice = false
    package var isListeningOnly = false
    package var hasVideo = false
    package var isTalking = false

    init(id: String, userID: String?, fullName: String, role: SimulatedRole) {
        self.id = id
        self.userID = userID ?? id
        self.fullName = fullName
        self.role = role
    }
}

/// What a successful `join` leaves behind: somebody may enter with the token. Nobody is in the meeting by that alone.
package struct SimulatedSession: Sendable, Hashable {
    package let token: String
    package let cookie: String
    package let participant: SimulatedParticipant
    /// `WAIT`: a moderator would have to let the guest in.
    package let isWaiting: Bool
    /// Where the join sends its user afterwards; `nil`: where the meeting sends everybody.
    package let logoutURL: String?
    /// The page was opened.
    package internal(set) var hasEntered = false
}

/// A document that came with `create` or `insertDocument`.
package struct SimulatedDocument: Sendable, Hashable {
    package let name: String
    /// `nil`: the content was in the request.
    package let url: String?
    package internal(set) var isCurrent: Bool
}

/// A meeting as a server holds it.
package struct SimulatedMeeting: Sendable {
    package let id: MeetingID
    package let internalID: InternalMeetingID
    package let name: String
    package let createTime: WireTime
    package let attendeePW: String
    package let moderatorPW: String
    package let voiceBridge: String
    /// What `create` said, without the checksum, each name once.
    package let parameters: Parameters
    /// Names in lower case (`bbb-api.md` 5.1.2).
    package let metadata: [Parameters.Parameter]
    /// Of a breakout: the meeting that it belongs to.
    package let parentID: InternalMeetingID?
    package internal(set) var breakouts: [MeetingID] = []
    /// All breakout rooms that it ever had.
    package internal(set) var breakoutSessions: [InternalMeetingID] = []
    package internal(set) var documents: [SimulatedDocument] = []
    package internal(set) var participants: [SimulatedParticipant] = []
    package internal(set) var sessions: [SimulatedSession] = []
    /// What `sendChatMessage` brought.
    package internal(set) var chat: [String] = []
    /// Stays true when everybody has left.
    package internal(set) var hasUserJoined = false
    /// Everybody who ever was in it, each user id once.
    package internal(set) var visitors: [SimulatedParticipant] = []
    var visitorIDs: Set<String> = []
    /// Somebody pressed record (`bbb-api.md` 10.1).
    package internal(set) var hasRecordingMarks = false
    /// What `setConfigXML` brought (`bbb-api.md` 8).
    package internal(set) var configs: [SimulatedConfig] = []
    /// When the last participant left; `nil` while somebody is in, and before anybody was.
    package internal(set) var endTime: WireTime?
    /// Of each user id, what the latest join said (`bbb-api.md` 5.3.2).
    var customData: [String: [Parameters.Parameter]] = [:]

    var isBreakout: Bool { parentID != nil }
    /// Somebody is in it.
    package var isRunning: Bool { !participants.isEmpty }
    package var listenerCount: Int { participants.count(where: \.isListeningOnly) }
    package var voiceParticipantCount: Int { participants.count(where: \.hasVoice) }
    package var videoCount: Int { participants.count(where: \.hasVideo) }
    package var moderatorCount: Int { participants.count { $0.role == .moderator } }
    package var duration: Int { integer("duration") ?? 0 }
    package var maxParticipants: Int { integer("maxParticipants") ?? 0 }
    package var isRecorded: Bool { isTrue("record") }

    /// An integer among the parameters; a bad one counts as none (`bbb-api.md` 3.3).
    func integer(_ name: String) -> Int? { parameters[name].flatMap { Int($0) } }

    /// A boolean among the parameters: only `true` is true (`bbb-api.md` 3.3).
    func isTrue(_ name: String) -> Bool { parameters[name]?.lowercased() == "true" }

    mutating func enter(_ participant: SimulatedParticipant) {
        participants.append(participant)
        hasUserJoined = true
        endTime = nil
        if visitorIDs.insert(participant.userID).inserted { visitors.append(participant) }
        if isRecorded, isTrue("autoStartRecording") { hasRecordingMarks = true }
    }

    /// - Returns: who left.
    mutating func leave(where isLeaving: (SimulatedParticipant) -> Bool, at now: WireTime) -> [SimulatedParticipant] {
        let leaving = participants.filter(isLeaving)
        guard !leaving.isEmpty else { return [] }
        participants.removeAll(where: isLeaving)
        if participants.isEmpty { endTime = now }
        return leaving
    }

    /// A breakout room of it was opened.
    mutating func opened(_ breakout: SimulatedMeeting) {
        breakouts.append(breakout.id)
        breakoutSessions.append(breakout.internalID)
    }
}
