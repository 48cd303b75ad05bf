package import BigBlueButton

/// Compares what a server has with what the store says it has (ARCHITECTURE decision 3: unknown is not empty).
///
/// It exists only for a poll that was answered. What was mapped is taken *before* the poll is sent, so that a meeting made
/// while the answer was on its way is never missed in it; no clock is compared.
package enum Reconciler {
    package enum Action: Sendable, Hashable {
        /// An interrupted create is there: it is running.
        case settle(MeetingNumber, MeetingSnapshot)
        /// An interrupted create is not there: nobody has it.
        case abandon(MeetingNumber)
        /// The server made the meeting anew under the same id.
        case renew(MeetingNumber, MeetingSnapshot)
        /// The server is found without it.
        case end(MeetingNumber)
        /// A copy of a meeting that has a place elsewhere: end it here.
        case sweep(MeetingNumber, MeetingSnapshot)
    }

    package struct Result: Sendable, Hashable {
        package var actions: [Action] = []
        /// Meetings that no mapping explains, breakouts of mapped meetings left out.
        package var unexplained: [MeetingSnapshot] = []
    }

    /// - Parameters:
    ///   - mapped: meetings of this server in the states creating, running and displaced, before the poll was sent.
    ///   - inventory: all that the server has.
    ///   - inFlight: creates that a living process is still busy with.
    ///   - isReplaced: whether what took a displaced meeting's place is really there. Until then the copy may be all that is
    ///     left of it, and be needed again.
    ///   - canEnd: `false` in panic: then nothing is forgotten and nothing is ended.
    package static func reconcile(
        mapped: [Meeting], inventory: [MeetingSnapshot], inFlight: (Meeting) -> Bool,
        isReplaced: (Meeting) -> Bool, canEnd: Bool
    ) -> Result {
        var result = Result()
        var byID: [MeetingID: MeetingSnapshot] = [:]
        for meeting in inventory { byID[meeting.meetingID] = meeting }
        var explained: Set<InternalMeetingID> = []

        for meeting in mapped.sorted(by: { $0.number < $1.number }) {
            let there = byID[meeting.key.idOnServer]
            switch (meeting.state, there) {
            case (.creating, let there?):
                explained.insert(there.internalMeetingID)
                if !inFlight(meeting) { result.actions.append(.settle(meeting.number, there)) }
            case (.creating, nil):
                if !inFlight(meeting), canEnd { result.actions.append(.abandon(meeting.number)) }
            case (.running, let there?):
                explained.insert(there.internalMeetingID)
                if there.internalMeetingID != meeting.internalMeetingID {
                    result.actions.append(.renew(meeting.number, there))
                }
            case (.displaced, let there?)
            where there.internalMeetingID == meeting.internalMeetingID || meeting.internalMeetingID == nil:
                // The key may live on this very server again: then what is there is that meeting, whichever create made it.
                guard !mapped.contains(where: { $0.state.isLive && $0.key == meeting.key }) else {
                    if canEnd { result.actions.append(.end(meeting.number)) }
                    continue
                }
                explained.insert(there.internalMeetingID)
                if canEnd, isReplaced(meeting) { result.actions.append(.sweep(meeting.number, there)) }
            case (.running, nil), (.displaced, _):
                if canEnd { result.actions.append(.end(meeting.number)) }
            case (.ended, _): break
            }
        }
        result.unexplained = inventory.filter { meeting in
            if explained.contains(meeting.internalMeetingID) { return false }
            return !(meeting.isBreakout && meeting.parentMeetingID.map(explained.contains) == true)
        }
        return result
    }
}
