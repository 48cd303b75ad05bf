package import BigBlueButton
internal import Logging
package import PlenaryCore
internal import PlenaryStore

/// Calls about one meeting that go to its server, and whose answer is the server's.
extension Fleet {
    /// `end` (`bbb-api.md` 5.4). The mapping stays until the server is found without the meeting: ending takes a while, and a
    /// confirmation is not the fact.
    package func end(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try MeetingRequest(call) { self.locate($0, of: account.id) != nil }
        // While it is being made, or moved, it waits: what is ended is what comes of that. And nobody moves it meanwhile.
        guard let key = store.roster({ $0.liveMeeting(request.meetingID, of: account.id) }).map(\.key) else {
            return try await endNow(request, of: account)
        }
        if !beginsEnd(of: key) {
            await creates.pass(key) {}
            // Nobody knows yet whether its new server has it: an end of the old one would not be the end.
            guard beginsEnd(of: key) else { throw .unknownOutcome }
        }
        defer { withState { $0.ends[key] = $0.ends[key].flatMap { $0 > 1 ? $0 - 1 : nil } } }
        return try await endNow(request, of: account)
    }

    /// From now on nobody moves the meeting until its end is answered.
    ///
    /// - Returns: `false` when it is being made or moved.
    private func beginsEnd(of key: MeetingKey) -> Bool {
        let isBeingMade = store.roster { $0.liveMeeting(key)?.state == .creating }
        return withState { state in
            guard !isBeingMade, !state.moves.contains(key) else { return false }
            state.ends[key, default: 0] += 1
            return true
        }
    }

    private func endNow(_ request: MeetingRequest, of account: Account) async throws(Refusal) -> [UInt8] {
        let (found, server) = try owner(of: request.meetingID, of: account)
        let reply = try await route(request.call, request.parameters, to: found, at: server)
        reads.discard(server.id)
        if reply.saysMeetingIsGone {
            await forget(found, server)
            throw .notFound
        }
        if reply.isSuccess, let meeting = found.meeting {
            do { try await store.markEnding(meeting) } catch {
                FleetLog.failure("noting that a meeting ends", error)
            }
            nudges.nudge(server.id)
        }
        return reply.octets
    }

    /// `insertDocument` (`bbb-api.md` 5.9): the body goes on byte for byte.
    func insertDocument(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        do throws(Refusal) { return try await insert(call, of: account) } catch {
            guard error.key == .notFound else { throw error }
            // The words of this call, with the key of the others: it has none of its own (`bbb-api.md` 15).
            throw Refusal(.notFound, "Meeting with id [\(call.signedParameters["meetingID"] ?? "")] not found.")
        }
    }

    private func insert(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try MeetingRequest(call) { self.locate($0, of: account.id) != nil }
        var document: OutgoingCall.Body?
        if case .document(let octets, let contentType) = call.body {
            document = OutgoingCall.Body(octets: octets, contentType: contentType)
        }
        if let document { try CreateRequest.check(document, limits: settings.document) }
        let (found, server) = try owner(of: request.meetingID, of: account)
        let reply = try await route(
            request.call, request.parameters, to: found, at: server, document: document,
            within: settings.create.document)
        if reply.saysMeetingIsGone { await forget(found, server) }
        return reply.octets
    }

    /// `sendChatMessage` (`bbb-api.md` 5.8). Nobody there, or no such meeting: for the caller it is the same.
    func sendChatMessage(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try ChatRequest(call)
        let unknown = Refusal(.meetingNotFound, "Meeting not found")
        guard let id = request.meetingID else { throw unknown }
        let (found, server): (Located, Server)
        do throws(Refusal) { (found, server) = try owner(of: id, of: account) } catch {
            throw error.key == .notFound ? unknown : error
        }
        // The server says meetingNotFound of a meeting in which nobody is: that ends no mapping.
        return try await route(.sendChatMessage, request.parameters, to: found, at: server).octets
    }

    /// The server of a meeting.
    ///
    /// - Throws: `notFound` for a meeting that nobody knows; `serverUnavailable` when its server was given up.
    func owner(of id: MeetingID, of account: Account) throws(Refusal) -> (Located, Server) {
        guard let found = locate(id, of: account.id), let server = server(found.server) else { throw .notFound }
        guard !isGivenUp(server) else { throw .serverUnavailable }
        return (found, server)
    }

    /// Sends a call about a meeting to its server, under the id that the server knows.
    ///
    /// - Throws: what a caller is told when no answer came.
    func route(
        _ call: CallName, _ parameters: Parameters, to found: Located, at server: Server,
        document: OutgoingCall.Body? = nil, within: Duration? = nil
    ) async throws(Refusal) -> Reply {
        var parameters = parameters
        parameters["meetingID"] = idToSend(found)
        switch await send(
            call, parameters, document: document, to: server, within: within ?? settings.create.whole)
        {
        case .success(let reply):
            guard reply.saysMeetingIsGone, let now = elsewhere(than: found), let server = self.server(now.server),
                !isGivenUp(server)
            else { return reply }
            return try await route(call, parameters, to: now, at: server, document: document, within: within)
        case .failure(let fault): throw fault.refusal
        }
    }

    /// Where a meeting is by now of which a server says that it does not have it: it may have been moved while the question
    /// was on its way.
    func elsewhere(than found: Located) -> Located? {
        guard let asked = found.meeting, let meeting = store.roster({ $0.liveMeeting(asked.key) }) else { return nil }
        let there = whereItRuns(meeting)
        guard there.number > asked.number else { return nil }
        return Located(server: there.server, idOnServer: there.key.idOnServer, meeting: there)
    }
}

extension ServerFault {
    /// What a caller is told.
    var refusal: Refusal {
        if isUnsupported { return .unsupportedRequest }
        return mayHaveActed ? .unknownOutcome : .serverUnavailable
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}
