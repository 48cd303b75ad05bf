package import BigBlueButton

/// What happens on a server without a call: people come, talk and leave, moderators end meetings, machines restart.
extension SimulatedBBB {
    /// The live meeting of a front-end's id.
    package func meeting(_ id: MeetingID) -> SimulatedMeeting? {
        position(ofExternal: id.rawValue).map { meetings[$0] }
    }

    /// Brings somebody into a meeting as if they had joined and opened the page.
    ///
    /// - Returns: the participant's id, or `nil` when there is no such meeting.
    @discardableResult
    package mutating func joinParticipant(
        meetingID: MeetingID, fullName: String, role: SimulatedRole = .viewer, userID: String? = nil, at now: WireTime
    ) -> String? {
        tell(now)
        endIfOver(at: now)
        guard let position = position(ofExternal: meetingID.rawValue) else { return nil }
        let participant = SimulatedParticipant(id: newParticipantID(), userID: userID, fullName: fullName, role: role)
        enter(participant, meetingAt: position, at: now)
        return participant.id
    }

    mutating func enter(_ participant: SimulatedParticipant, meetingAt position: Int, at now: WireTime) {
        meetings[position].enter(participant)
        emit(.userJoined(participant, meetings[position]), at: now)
    }

    /// Microphone on or off. Who speaks does not merely listen.
    package mutating func setVoice(_ isOn: Bool, of participant: String) {
        change(participant) {
            $0.hasVoice = isOn
            $0.isTalking = $0.isTalking && isOn
            if isOn { $0.isListeningOnly = false }
        }
    }

    /// Speaking or silent; speaking needs a microphone.
    package mutating func setTalking(_ isTalking: Bool, of participant: String) {
        change(participant) { $0.isTalking = isTalking && $0.hasVoice }
    }

    /// Camera on or off.
    package mutating func setVideo(_ isOn: Bool, of participant: String) { change(participant) { $0.hasVideo = isOn } }

    /// Listening without a microphone, or not.
    package mutating func setListenOnly(_ isOn: Bool, of participant: String) {
        change(participant) {
            $0.isListeningOnly = isOn
            if isOn {
                $0.hasVoice = false
                $0.isTalking = false
            }
        }
    }

    /// Somebody leaves.
    ///
    /// - Returns: whether they were there.
    @discardableResult
    package mutating func leave(_ participant: String, at now: WireTime) -> Bool {
        tell(now)
        for position in meetings.indices where leave(meetingAt: position, at: now, where: { $0.id == participant }) {
            return true
        }
        return false
    }

    /// Everybody leaves a meeting; it stays.
    package mutating func leaveAll(_ id: MeetingID, at now: WireTime) {
        tell(now)
        guard let position = position(ofExternal: id.rawValue) else { return }
        _ = leave(meetingAt: position, at: now) { _ in true }
    }

    private mutating func leave(
        meetingAt position: Int, at now: WireTime, where isLeaving: (SimulatedParticipant) -> Bool
    ) -> Bool {
        let left = meetings[position].leave(where: isLeaving, at: now)
        for participant in left { emit(.userLeft(participant, meetings[position]), at: now) }
        return !left.isEmpty
    }

    /// A moderator ends a meeting from inside, its breakouts with it.
    ///
    /// - Parameter now: `nil`: the latest time that the server was told of.
    /// - Returns: whether it was there.
    @discardableResult
    package mutating func endMeeting(_ id: MeetingID, at now: WireTime? = nil) -> Bool {
        guard let position = position(ofExternal: id.rawValue) else { return false }
        conclude(meetings[position].internalID, at: now ?? clock)
        return true
    }

    /// A moderator opens breakout rooms from inside: no front-end knows their ids beforehand (`bbb-api.md` 4.1).
    ///
    /// - Returns: their ids, none when there is no such meeting.
    @discardableResult
    package mutating func openBreakouts(
        of id: MeetingID, count: Int, with more: Parameters = Parameters(), at now: WireTime
    ) -> [MeetingID] {
        tell(now)
        guard let parent = position(ofExternal: id.rawValue) else { return [] }
        let parentID = meetings[parent].internalID
        var opened: [MeetingID] = []
        for sequence in 1...max(1, count) {
            let text = "\(sha1Hex("\(parentID)-\(now)-\(sequence)"))-\(now)"
            guard let breakout = MeetingID(rawValue: text), position(ofExternal: text) == nil else { continue }
            let (internalID, createTime) = newInternalID(for: text, at: now)
            var parameters: Parameters = [
                "isBreakout": "true", "sequence": "\(sequence)", "freeJoin": "false",
            ]
            parameters.append(contentsOf: more)
            let room = SimulatedMeeting(
                id: breakout, internalID: internalID, name: "\(meetings[parent].name) (Room - \(sequence))",
                createTime: createTime, attendeePW: meetings[parent].attendeePW,
                moderatorPW: meetings[parent].moderatorPW, voiceBridge: freeVoiceBridge(),
                parameters: parameters,
                metadata: meetings[parent].metadata, parentID: parentID)
            meetings.append(room)
            meetings[parent].opened(room)
            emit(.meetingCreated(room), at: now)
            opened.append(breakout)
        }
        return opened
    }

    /// The machine restarts: all meetings are lost, sessions with them, and nobody is told. What was counted stays, and
    /// what is on its disk: recordings and hooks.
    package mutating func reboot() {
        for meeting in meetings { forget(meeting.internalID) }
    }

    private mutating func change(_ participant: String, _ change: (inout SimulatedParticipant) -> Void) {
        for meeting in meetings.indices {
            guard let index = meetings[meeting].participants.firstIndex(where: { $0.id == participant }) else {
                continue
            }
            change(&meetings[meeting].participants[index])
            return
        }
    }
}
