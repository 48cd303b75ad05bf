package import BigBlueButton
package import PlenaryCore
package import PlenaryFleet

/// A provider as a place where meetings of rooms are held (`rooms-api.md` 11.6, 11.7): our own fleet, a BigBlueButton server, a
/// Scalelite. What a failure means for a visitor is decided above it.
package protocol MeetingHost: Sendable {
    /// Makes the meeting, or finds that it is there: a create is repeated without harm while the passwords agree.
    ///
    /// - Parameters:
    ///   - document: slides to be shown from the start (`bbb-api.md` 5.1); `nil`: none.
    ///   - reservation: what it takes of the pool of section 15, where the host keeps that; others disregard it.
    ///   - deadline: for everything together.
    func create(
        _ parameters: Parameters, document: OutgoingCall.Body?, reserving reservation: ReservationRequest?,
        deadline: Duration
    ) async throws(HostFault) -> HostedMeeting

    /// Who is in the meeting now.
    ///
    /// - Returns: `nil`: the host says that it does not have it.
    func look(at meeting: MeetingID, deadline: Duration) async throws(HostFault) -> HostedPeople?

    /// Where a browser goes to be in the meeting. Nobody is asked for that by hosts of others.
    func join(_ parameters: Parameters) async throws(HostFault) -> HostedJoin

    /// Ends the meeting; one that is not there has ended.
    func end(_ meeting: MeetingID, moderatorPassword: Secret, deadline: Duration) async throws(HostFault)

    /// The recordings of all sessions of a meeting, deleted ones apart.
    ///
    /// - Parameter recording: only this one; `nil`: all. Who asks for one learns whether it is there, and not only whether it is
    ///   among those that could be seen.
    func recordings(of meeting: MeetingID, only recording: RecordID?, deadline: Duration) async throws(HostFault)
        -> [RecordingsReply.Entry]

    /// - Returns: whether the host has it.
    func publish(_ recording: RecordID, _ isPublished: Bool, deadline: Duration) async throws(HostFault) -> Bool

    /// - Returns: whether the host had it.
    func delete(_ recording: RecordID, deadline: Duration) async throws(HostFault) -> Bool
}

/// With a document all parameters of a create stand in the address, which servers take up to 8 KB (`bbb-api.md` 1.6).
enum SlideRules {
    /// - Returns: `nil` where the address would be too long: a session without slides is better than none.
    static func fitting(_ document: OutgoingCall.Body?, beside parameters: Parameters, longestQuery: Int)
        -> OutgoingCall.Body?
    {
        guard document != nil, parameters.encoded().utf8.count > longestQuery else { return document }
        JoinLog.slidesLeftOut()
        return nil
    }
}

/// What hosts are asked about recordings (`bbb-api.md` 6.1 to 6.3).
enum RecordingCalls {
    static func list(_ meeting: MeetingID, only recording: RecordID?) -> Parameters {
        var parameters: Parameters = [
            "meetingID": meeting.rawValue, "state": "processing,processed,published,unpublished",
        ]
        if let recording { parameters["recordID"] = recording.rawValue }
        return parameters
    }

    static func publish(_ recording: RecordID, _ isPublished: Bool) -> Parameters {
        ["recordID": recording.rawValue, "publish": isPublished ? "true" : "false"]
    }

    static func delete(_ recording: RecordID) -> Parameters { ["recordID": recording.rawValue] }
}

/// A meeting as its host made it.
package struct HostedMeeting: Sendable, Hashable {
    package let internalID: InternalMeetingID
    package let createTime: WireTime

    package init(internalID: InternalMeetingID, createTime: WireTime) {
        self.internalID = internalID
        self.createTime = createTime
    }
}

/// Where a browser is sent, and what it shall keep.
package struct HostedJoin: Sendable, Hashable {
    /// Opens the meeting: it goes into no log.
    package let url: String
    package let cookies: [CallAnswer.Cookie]

    package init(url: String, cookies: [CallAnswer.Cookie] = []) {
        self.url = url
        self.cookies = cookies
    }
}

/// Who is in a meeting, as its host tells it.
package struct HostedPeople: Sendable, Hashable {
    package let meeting: HostedMeeting
    package let figures: MeetFigures
    /// `userID` of each person who came through a room, each once.
    package let users: Set<String>

    package init(meeting: HostedMeeting, figures: MeetFigures, users: Set<String>) {
        self.meeting = meeting
        self.figures = figures
        self.users = users
    }

    /// Distinct people: who is in twice by the same browser counts once.
    package var distinct: Int { users.count }

    /// - Returns: `nil` when the reply describes no meeting.
    package init?(_ reply: Reply) {
        guard let snapshot = MeetingSnapshot(reply.root) else { return nil }
        var figures = MeetFigures(startedAt: snapshot.createTime)
        let attendees = reply.root.child("attendees")?.children(named: "attendee") ?? []
        var seen: [String: Bool] = [:]
        for (index, attendee) in attendees.enumerated() {
            // Without an id of its own each counts.
            let id = attendee.text(of: "userID").flatMap { $0.isEmpty ? nil : $0 } ?? "nobody \(index)"
            let isModerator = attendee.text(of: "role")?.uppercased() == "MODERATOR"
            seen[id] = (seen[id] ?? false) || isModerator
        }
        figures.count(seen.map { (userID: $0.key, isModerator: $0.value) })
        figures.listeners = snapshot.listenerCount
        figures.voices = snapshot.voiceParticipantCount
        figures.videos = snapshot.videoCount
        figures.isRecording = reply.root.text(of: "recording") == "true"
        figures.mostParticipants = reply.root.text(of: "maxUsers").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        self.init(
            meeting: HostedMeeting(internalID: snapshot.internalMeetingID, createTime: snapshot.createTime),
            figures: figures, users: Set(seen.keys))
    }
}

/// Why a host did not do what it was asked.
package enum HostFault: Error, Sendable, Hashable {
    /// No answer. What was asked may have been done all the same.
    case silent(mayHaveActed: Bool)
    /// It was reached, and the time was over before it answered.
    case late
    /// It answered something that no BigBlueButton answers.
    case unreadable
    /// It answered that it does not.
    case refused(MessageKey)
    /// The pool of section 15 has not as many connections.
    case noConnections(available: Int, retryAfter: Duration?)
    /// As many meetings run as the account may have.
    case tooManyMeetings

    /// Whether another host may do it: what is refused by the pool is refused everywhere.
    package var isOfTheHost: Bool {
        switch self {
        case .silent, .late, .unreadable, .refused: true
        case .noConnections, .tooManyMeetings: false
        }
    }

    /// Whether what was asked may have been done all the same.
    package var mayHaveActed: Bool {
        switch self {
        case .silent(let mayHaveActed): mayHaveActed
        case .late, .unreadable: true
        case .refused, .noConnections, .tooManyMeetings: false
        }
    }
}
