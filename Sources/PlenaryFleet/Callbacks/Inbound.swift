package import BigBlueButton
internal import Logging
package import PlenaryCore
internal import PlenaryStore

/// What a server is answered that calls us back.
package enum InboundAnswer: Int, Sendable, Hashable {
    case taken = 200
    /// What it sent is not what such a call brings.
    case malformed = 400
    /// It is not signed by the server of that meeting.
    case unsigned = 401
    /// The same of an event: for web hooks 401 would be as good as taken (`bbb-api.md` 11.5).
    case forbidden = 403
    /// No such address, or a wrong key: which of them is not told.
    case unknown = 404
    /// It is longer than is read.
    case tooLong = 413
    /// Our database cannot be used: the server may try again.
    case unavailable = 503
}

/// The meeting behind an address of ours.
package struct CalledBack: Sendable {
    let past: PastMeeting
}

/// Servers call back at addresses that only they know. What they say is written down and told to the caller; whether a
/// meeting is over is asked, not believed.
extension Fleet {
    /// The meeting behind an address of ours, before anything else of the request is read.
    ///
    /// - Returns: `nil` when there is none, or the key is wrong.
    package func calledBack(_ kind: CallerCallbacks.Kind, _ number: Int64, key: String) async throws -> CalledBack? {
        guard let past = try await store.meeting(MeetingNumber(number)),
            Addresses.isKey(key, kind.rawValue, of: past.meeting)
        else { return nil }
        return CalledBack(past: past)
    }

    /// A meeting is over at its server, or so it says (`bbb-api.md` 10.1).
    package func receiveEnd(of called: CalledBack, _ query: Parameters) async -> InboundAnswer {
        let past = called.past
        do {
            if let marks = query["recordingmarks"] {
                try await store.noteMarks(
                    marks.lowercased() == "true", of: standsFor(past).number, now: time.now())
                deliveries.raise()
            }
        } catch {
            FleetLog.failure("noting the end of a meeting", error)
            return .unavailable
        }
        // A poll sees whether it is so.
        reads.discard(past.meeting.server)
        nudges.nudge(past.meeting.server)
        return .taken
    }

    /// The meeting for which a server's callback counts: one that was given up and taken back has another number by now.
    private func standsFor(_ past: PastMeeting) -> Meeting {
        guard past.meeting.state == .ended, let live = store.roster({ $0.liveMeeting(past.meeting.key) }),
            live.replaces == past.meeting.number, past.servers.contains(live.server),
            past.meeting.internalMeetingID == nil || past.meeting.internalMeetingID == live.internalMeetingID
        else { return past.meeting }
        return live
    }

    /// A recording is ready (`bbb-api.md` 10.2): signed by a server that had the meeting. It may be of a breakout room.
    package func receiveRecording(of called: CalledBack, _ form: Parameters) async -> InboundAnswer {
        told(await takeRecording(called.past, form), .recording, of: called)
    }

    private func takeRecording(_ past: PastMeeting, _ form: Parameters) async -> InboundAnswer {
        guard let token = form["signed_parameters"] else { return .malformed }
        guard let signer = signer(of: token, past, .hs256) else { return .unsigned }
        guard let json = JSONValue(signer.payload), let meetingID = json["meeting_id"]?.text,
            let recordID = json["record_id"]?.text.flatMap(InternalMeetingID.init(rawValue:))
        else { return .malformed }
        var payload = recordID.rawValue
        let recording = await recording(recordID, at: signer.server)
        if meetingID != past.meeting.key.idOnServer.rawValue {
            switch isRoom(recordID, called: meetingID, of: past, recording) {
            case true?: payload += " \(meetingID)"
            case false?: return .malformed
            case nil: return unasked(past)
            }
        } else if !past.meeting.key.idOnServer.names(recordID) {
            return .malformed
        }
        guard let url = past.meeting.callbacks.url(for: .recording) else { return .unknown }
        // One for each format that becomes ready: what the recording consists of by now tells a repetition from news.
        let event = "recording \(past.meeting.number) \(recordID) \(fingerprint(of: recording))"
        return await tell(.recording, past, event: event, url: url, payload: payload)
    }

    /// What happened in a meeting (`bbb-api.md` 10.3), or in one of its breakout rooms. The document is passed on as it is,
    /// but for the addresses that servers have of us instead of the caller's.
    package func receiveAnalytics(of called: CalledBack, bearer: String, _ body: [UInt8]) async -> InboundAnswer {
        told(await takeAnalytics(called.past, bearer, body), .analytics, of: called)
    }

    private func takeAnalytics(_ past: PastMeeting, _ bearer: String, _ body: [UInt8]) async -> InboundAnswer {
        guard let signer = signer(of: bearer, past, .hs512), let claims = JSONValue(signer.payload),
            let expiry = claims["exp"]?.number, Double(time.now().milliseconds) / 1_000 < expiry
        else { return .unsigned }
        guard let json = JSONValue(body), let meetingID = json["meeting_id"]?.text else { return .malformed }
        let internalID = json["internal_meeting_id"]?.text
        if meetingID != past.meeting.key.idOnServer.rawValue {
            guard let room = internalID.flatMap(InternalMeetingID.init(rawValue:)) else { return .malformed }
            let recording = await recording(room, at: signer.server)
            switch isRoom(room, called: meetingID, of: past, recording) {
            case true?: break
            case false?: return .malformed
            case nil: return unasked(past)
            }
        }
        guard let url = past.meeting.callbacks.url(for: .analytics) else { return .unknown }
        let event = "analytics \(past.meeting.number) \(internalID ?? "")"
        let document = Addresses.restoringJSON(String(decoding: body, as: UTF8.self)) { number in
            number == past.meeting.number ? past.meeting : nil
        }
        let payload = MeetingIDs.restoringJSON(document, of: past.meeting.key.account)
        return await tell(.analytics, past, event: event, url: url, payload: payload)
    }

    /// A callback that came to one of our addresses and cannot be taken.
    package func refuse(_ answer: InboundAnswer, _ kind: CallerCallbacks.Kind, of called: CalledBack) -> InboundAnswer {
        told(answer, kind, of: called)
    }

    /// Servers send most of what they tell once: what is refused though it knows one of our addresses is lost, and nobody else
    /// would hear of it.
    private func told(_ answer: InboundAnswer, _ kind: CallerCallbacks.Kind, of called: CalledBack) -> InboundAnswer {
        guard let reason = answer.reason else { return answer }
        let meeting = called.past.meeting
        Logger.current.warning(
            "callback of a server is refused",
            metadata: [
                "callback.kind": "\(kind.rawValue)", "callback.reason": "\(reason)",
                "meeting.number": "\(meeting.number)", "account.id": "\(meeting.key.account)",
                "server.name": "\(server(meeting.server)?.name.text ?? meeting.server.description)",
            ])
        return answer
    }

    private func tell(
        _ kind: Delivery.Kind, _ past: PastMeeting, event: String, url: String, payload: String
    ) async -> InboundAnswer {
        let meeting = past.meeting
        let now = time.now()
        do {
            _ = try await store.tell(
                [
                    NewDelivery(
                        account: meeting.key.account, kind: kind, meeting: meeting.number, event: event,
                        lane: "\(meeting.number) \(url)", url: url, payload: payload, secret: past.secret, dueAt: now)
                ], now: now)
        } catch {
            FleetLog.failure("writing a callback down", error)
            return .unavailable
        }
        deliveries.raise()
        return .taken
    }

    /// Who signed something, and what it says.
    private struct Signer {
        /// Who can be asked more; `nil`: it is not in the fleet any more.
        let server: Server?
        let payload: [UInt8]
    }

    /// Which server of the meeting signed a token: no other server's secret opens it (RELIABILITY 2.1).
    ///
    /// A server that was taken out of the fleet and added again, as for a changed secret, has another number: its URL tells
    /// that it is the same one. One that was taken out still tells of the meetings that it had.
    private func signer(of token: String, _ past: PastMeeting, _ algorithm: SignedToken.Algorithm) -> Signer? {
        let numbers = Set(past.servers)
        let urls = Set(past.formerServers.map(\.url.text))
        let servers = store.roster { roster in
            roster.servers.values.filter { numbers.contains($0.id) || urls.contains($0.endpoint.url.text) }
        }.sorted { $0.id < $1.id }
        for server in servers {
            if let payload = SignedToken.verify(token, secret: server.endpoint.secret, algorithms: [algorithm]) {
                return Signer(server: server, payload: payload)
            }
        }
        for former in past.formerServers {
            if let payload = SignedToken.verify(token, secret: former.secret, algorithms: [algorithm]) {
                return Signer(
                    server: servers.first { $0.endpoint.url.text == former.url.text }, payload: payload)
            }
        }
        return nil
    }

    /// A recording as its server describes it; `nil`: it did not say.
    private func recording(_ id: InternalMeetingID, at server: Server?) async -> Asked? {
        guard let server else { return nil }
        let result = await send(
            .getRecordings, ["recordID": id.rawValue, "state": "any"], to: server, within: settings.readDeadline)
        guard case .success(let reply) = result, let list = RecordingsReply(reply) else { return nil }
        return Asked(server: server.id, entry: list.entries.first { $0.recordID.rawValue == id.rawValue })
    }

    /// What a server said when it was asked for a recording.
    private struct Asked {
        let server: ServerID
        /// `nil`: it has none of that id.
        let entry: RecordingsReply.Entry?
    }

    /// Whether a session is a breakout room of the meeting: those have its address for callbacks, and ids of their own. Its
    /// server tells of it when the room is over.
    ///
    /// - Returns: `nil` when nobody could be asked.
    private func isRoom(
        _ id: InternalMeetingID, called meetingID: String, of past: PastMeeting, _ recording: Asked?
    ) -> Bool? {
        let parent = past.meeting.key.idOnServer
        let seen = withState { state in
            past.servers.contains { state.view(of: $0).rooms.has(id, meetingID, of: parent) }
        }
        if seen { return true }
        guard let recording else { return nil }
        if withState({ $0.view(of: recording.server).rooms.has(id, meetingID, of: parent) }) { return true }
        guard let entry = recording.entry, entry.meetingID == meetingID,
            let parentID = entry.element.child("breakout")?.text(of: "parentId").flatMap(
                InternalMeetingID.init(rawValue:))
        else { return false }
        return parent.names(parentID)
    }

    /// Nobody can say whether a callback is about a breakout room. Its server may not send it again.
    private func unasked(_ past: PastMeeting) -> InboundAnswer {
        Logger.current.warning(
            "callback may be of a breakout room, and its server cannot be asked",
            metadata: [
                "meeting.number": "\(past.meeting.number)", "account.id": "\(past.meeting.key.account)",
                "server.name": "\(server(past.meeting.server)?.name.text ?? past.meeting.server.description)",
            ])
        return .unavailable
    }

    /// What a recording consists of. When its server does not say, each callback is an event of its own.
    private func fingerprint(of recording: Asked?) -> String {
        guard let entry = recording?.entry else { return "at \(time.now())" }
        let formats = entry.formats.map { format in
            ["length", "size", "processingTime"].reduce(format.type) { "\($0):\(format.element.text(of: $1) ?? "")" }
        }
        return sha1Hex(formats.sorted().joined(separator: " "))
    }
}

extension InboundAnswer {
    /// Why something is refused, for the log; `nil` when it is not, or came to an address that nobody asked for.
    var reason: String? {
        switch self {
        case .taken, .unknown, .unavailable: nil
        case .malformed: "not what such a call brings, or of a meeting that is not this one"
        case .unsigned, .forbidden: "not signed by a server that had the meeting"
        case .tooLong: "longer than is read"
        }
    }
}

/// Breakout rooms that a server had, the newest ones: they are made without us, and told about when they are over.
struct KnownRooms: Sendable {
    private static let limit = 2_000

    private var rooms: [InternalMeetingID: MeetingSnapshot] = [:]
    private var order: [InternalMeetingID] = []

    /// Takes in those that a poll showed.
    mutating func note(_ seen: [MeetingSnapshot]) {
        for room in seen where rooms.updateValue(room, forKey: room.internalMeetingID) == nil {
            order.append(room.internalMeetingID)
        }
        guard order.count > Self.limit else { return }
        for old in order.prefix(order.count - Self.limit) { rooms[old] = nil }
        order.removeFirst(order.count - Self.limit)
    }

    /// Whether it had that room, in that meeting.
    func has(_ id: InternalMeetingID, _ meetingID: String, of parent: MeetingID) -> Bool {
        guard let room = rooms[id], room.meetingID.rawValue == meetingID, let parentID = room.parentMeetingID else {
            return false
        }
        return parent.names(parentID)
    }
}
