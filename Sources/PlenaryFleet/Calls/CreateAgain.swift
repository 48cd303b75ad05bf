internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// A create of a meeting that exists.
extension Fleet {
    /// A create of a meeting that its server has: the server decides whether it is a duplicate, and its answer goes out.
    ///
    /// - Returns: `nil` when the key has its place elsewhere by now: the situation must be looked at anew.
    func again(_ plan: CreatePlan, _ meeting: Meeting) async throws -> [UInt8]? {
        guard let server = server(meeting.server) else { throw Refusal.noServer }
        let request = plan.request
        // The number that it has: the caller's own may have been exchanged, and be somebody else's.
        let bridge = plan.voiceBridge == nil && !settings.uniqueVoiceBridges ? nil : meeting.voiceBridge.nonEmpty
        // Passwords of ours are known to the server but not to the caller (`bbb-api.md` 14.4).
        let isWithout = request.attendeePW == nil && request.moderatorPW == nil
        let parameters = self.parameters(plan, for: meeting, voiceBridge: bridge, addingPasswords: isWithout)
        let deadline = request.document == nil ? settings.create.whole : settings.create.document
        switch await send(.create, parameters, document: request.document, to: server, within: deadline) {
        case .failure(let fault): throw fault.mayHaveActed ? Refusal.unknownOutcome : .serverUnavailable
        case .success(let reply):
            if reply.messageKey == .nonUniqueVoiceBridge, try await isGone(meeting) {
                // It ended there, and somebody else has its number by now.
                _ = try await store.end(
                    meeting, reason: "not on its server", isLost: isLost(meeting), now: time.now())
                return nil
            }
            guard let created = CreateReply(reply), created.internalMeetingID != meeting.internalMeetingID else {
                return reply.octets
            }
            return try await isTaken(created, for: meeting, plan, by: server) ? reply.octets : nil
        }
    }

    /// A server had lost a meeting and made it anew: the mapping follows, unless the key found another place meanwhile.
    ///
    /// - Returns: whether the meeting there is the one that counts; if not, it was ended.
    private func isTaken(_ created: CreateReply, for meeting: Meeting, _ plan: CreatePlan, by server: Server)
        async throws
        -> Bool
    {
        reads.discard(server.id)
        // What waits to be written is of the meeting that ended.
        await flushJoins()
        let settlement = Store.Settlement(created)
        let renewal = Store.Renewal(
            name: plan.request.name, parameters: plan.request.parameters.encoded(), secret: plan.secret,
            callbacks: plan.callbacks, logoutURL: plan.logoutURL, document: kept(plan.request.document),
            replacing: meeting.internalMeetingID, admission: admission(plan, meeting.key))
        do {
            let settled = try await store.settle(
                meeting.number, on: server.id, settlement, renewal: renewal, now: time.now())
            if settled != nil { return true }
        } catch let fault as Store.Unreserved {
            // It had ended there, and others have its connections by now.
            await sweep(created.internalMeetingID, moderatorPW: created.moderatorPW, server)
            throw fault.shortage.refusal(at: time.now())
        }
        // Another create found it first, and its pool had no connections for it: it is being ended.
        if let known = store.roster({ $0.meetings[meeting.number] }), known.state == .displaced,
            known.internalMeetingID == created.internalMeetingID
        {
            return false
        }
        // It was ended between our look at the roster and the server's answer.
        if try await store.takeBack(meeting, on: server.id, settlement, now: time.now()) != nil { return true }
        // If it lives on this very server, what is there is what counts; it is asked again.
        guard store.roster({ $0.liveMeeting(meeting.key)?.server }) != server.id else { return false }
        FleetLog.meeting(
            "ending a copy of a meeting that has its place elsewhere", meeting, server: server, level: .notice)
        await sweep(created.internalMeetingID, moderatorPW: created.moderatorPW, server)
        return false
    }
}
