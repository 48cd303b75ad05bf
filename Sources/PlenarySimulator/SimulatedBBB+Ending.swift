internal import BigBlueButton

/// The end of a meeting, and what remains of it (`bbb-api.md` 4.3).
extension SimulatedBBB {
    private static let keptEnded = 1_000

    /// A meeting ends, its breakouts with it: everybody who waits for that is told, pages send people away, and what
    /// was recorded is worked on.
    mutating func conclude(_ ended: InternalMeetingID, at now: WireTime) {
        let gone = forget(ended)
        for meeting in gone {
            remember(meeting)
            fireEnd(of: meeting)
            fireAnalytics(of: meeting, at: now)
            emit(.meetingEnded(meeting), at: now)
            guard meeting.isRecorded else { continue }
            let rooms = meeting.breakoutSessions.filter { room in
                recordings.contains { $0.recordID == room.rawValue }
                    || gone.contains { $0.internalID == room && $0.isRecorded }
            }
            recordings.append(SimulatedRecording(of: meeting, breakoutRooms: rooms, endedAt: now))
        }
    }

    /// Takes a meeting and its breakouts out of memory, and nothing else.
    ///
    /// - Returns: those that went.
    @discardableResult
    mutating func forget(_ ended: InternalMeetingID) -> [SimulatedMeeting] {
        let gone = meetings.filter { $0.internalID == ended || $0.parentID == ended }
        meetings.removeAll { $0.internalID == ended || $0.parentID == ended }
        endedMeetings += gone.map(\.internalID)
        endedMeetings.removeFirst(max(0, endedMeetings.count - Self.keptEnded))
        for breakout in gone {
            guard let parent = meetings.firstIndex(where: { $0.internalID == breakout.parentID }) else { continue }
            meetings[parent].breakouts.removeAll { $0 == breakout.id }
        }
        return gone
    }

    private mutating func remember(_ meeting: SimulatedMeeting) {
        for session in meeting.sessions {
            endedSessions.append(
                SimulatedEndedSession(
                    token: session.token, meetingName: meeting.name, fullName: session.participant.fullName,
                    logoutURL: logoutURL(of: session, in: meeting)))
        }
        endedSessions.removeFirst(max(0, endedSessions.count - Self.keptEnded))
    }

    mutating func endIfOver(at now: WireTime) {
        guard endsUnusedMeetings else { return }
        for meeting in meetings {
            let unused = meeting.integer("meetingExpireIfNoUserJoinedInMinutes") ?? 5
            let emptied = meeting.integer("meetingExpireWhenLastUserLeftInMinutes") ?? 1
            let age = now.since(meeting.createTime)
            let isOver =
                meeting.duration > 0 && age >= .seconds(60 * meeting.duration)
                || !meeting.hasUserJoined && age >= .seconds(60 * unused)
                || emptied > 0 && meeting.endTime.map { now.since($0) >= .seconds(60 * emptied) } == true
            if isOver { conclude(meeting.internalID, at: now) }
        }
    }
}

/// The page of somebody whose meeting has ended still knows where to go.
struct SimulatedEndedSession: Sendable {
    let token: String
    let meetingName: String
    let fullName: String
    let logoutURL: String
}
