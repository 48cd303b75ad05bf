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
    /// No such address, or a wrong key: which of them is not told.
    case unknown = 404
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

    /// A recording is ready (`bbb-api.md` 10.2): signed by a server that had the meeting.
    package func receiveRecording(of called: CalledBack, _ form: Parameters) async -> InboundAnswer {
        let past = called.past
        guard let token = form["signed_parameters"] else { return .malformed }
        guard let (server, payload) = signer(of: token, past, .hs256) else { return .unsigned }
        guard let json = JSONValue(payload), let recordID = json["record_id"]?.text.flatMap(InternalMeetingID.init),
            json["meeting_id"]?.text == past.meeting.key.idOnServer.rawValue,
            past.meeting.key.idOnServer.names(recordID)
        else { return .malformed }
        guard let url = past.meeting.callbacks.url(for: .recording) else { return .unknown }
        // One for each format that becomes ready: what the recording consists of by now tells a repetition from news.
        let event = "recording \(past.meeting.number) \(recordID) \(await fingerprint(of: recordID, at: server))"
        return await tell(.recording, past, event: event, url: url, payload: recordID.rawValue)
    }

    /// What happened in a meeting (`bbb-api.md` 10.3). The document is passed on as it is, but for the addresses
    /// that servers have of us instead of the caller's.
    package func receiveAnalytics(of called: CalledBack, bearer: String, _ body: [UInt8]) async -> InboundAnswer {
        let past = called.past
        guard let (_, claims) = signer(of: bearer, past, .hs512), let claims = JSONValue(claims),
            let expiry = claims["exp"]?.number, Double(time.now().milliseconds) / 1_000 < expiry
        else { return .unsigned }
        guard let json = JSONValue(body), json["meeting_id"]?.text == past.meeting.key.idOnServer.rawValue else {
            return .malformed
        }
        guard let url = past.meeting.callbacks.url(for: .analytics) else { return .unknown }
        let event = "analytics \(past.meeting.number) \(json["internal_meeting_id"]?.text ?? "")"
        let document = Addresses.restoringJSON(String(decoding: body, as: UTF8.self)) { number in
            number == past.meeting.number ? past.meeting : nil
        }
        let payload = MeetingIDs.restoringJSON(document, of: past.meeting.key.account)
        return await tell(.analytics, past, event: event, url: url, payload: payload)
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

    /// Which server of the meeting signed a token: no other server's secret opens it (RELIABILITY 2.1).
    private func signer(of token: String, _ past: PastMeeting, _ algorithm: SignedToken.Algorithm) -> (Server, [UInt8])?
    {
        for server in past.servers.compactMap({ self.server($0) }) {
            if let payload = SignedToken.verify(token, secret: server.endpoint.secret, algorithms: [algorithm]) {
                return (server, payload)
            }
        }
        return nil
    }

    /// What a recording consists of. When its server does not say, each callback is an event of its own.
    private func fingerprint(of recordID: InternalMeetingID, at server: Server) async -> String {
        let result = await send(
            .getRecordings, ["recordID": recordID.rawValue, "state": "any"], to: server, within: settings.readDeadline)
        guard case .success(let reply) = result,
            let entry = RecordingsReply(reply)?.entries.first(where: { $0.recordID.rawValue == recordID.rawValue })
        else { return "at \(time.now())" }
        let formats = entry.formats.map { format in
            ["length", "size", "processingTime"].reduce(format.type) { "\($0):\(format.element.text(of: $1) ?? "")" }
        }
        return sha1Hex(formats.sorted().joined(separator: " "))
    }
}
