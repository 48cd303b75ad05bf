package import BigBlueButton
package import PlenaryCore

/// A meeting of any time, with what is needed to speak for it after it is over.
package struct PastMeeting: Sendable {
    package let meeting: Meeting
    /// What the caller said in the create, as a query.
    package let parameters: Parameters
    /// The secret that signed the create.
    package let secret: Int64?
    /// Every server that a create of it may have reached.
    package let servers: [ServerID]
    /// Of these, those that were taken out of the fleet: where they were, and with which secret. They may still tell of it.
    package let formerServers: [Endpoint]
}

extension Store {
    /// A meeting by its number, whatever became of it.
    package func meeting(_ number: MeetingNumber) async throws -> PastMeeting? {
        try await read { connection in
            guard
                let row = try connection.query("\(MeetingRows.columns) WHERE id = $1", [.integer(number.number)]).first
            else { return nil }
            let servers = try connection.query(
                "SELECT server_id FROM placements WHERE meeting = $1 ORDER BY placed_at, server_id",
                [.integer(number.number)])
            return PastMeeting(
                meeting: try MeetingRows.read(row),
                parameters: Parameters(parsing: try MeetingRows.parameters(connection, number)),
                secret: try MeetingRows.secret(connection, number),
                servers: try servers.map { ServerID(try $0.integer(0)) },
                formerServers: try ServerRows.former(connection, of: number))
        }
    }

    /// The slides that came with a create.
    package func document(of meeting: MeetingNumber) async throws -> OutgoingCall.Body? {
        try await read { connection in
            try connection.query(
                "SELECT content_type, document FROM meeting_documents WHERE meeting = $1", [.integer(meeting.number)]
            ).first.map { OutgoingCall.Body(octets: try $0.blob(1), contentType: try $0.text(0)) }
        }
    }

    /// Its caller wants to be told at another address, under a name of metadata (``CallerCallbacks/metadataNames``); `nil`:
    /// at none any more.
    package func setCallback(_ name: String, to url: String?, of meeting: MeetingNumber) async throws {
        try await write { transaction in
            let rows = try transaction.connection.query(
                "\(MeetingRows.columns) WHERE id = $1", [.integer(meeting.number)])
            guard let row = rows.first else { return }
            var entries = try MeetingRows.read(row).callbacks.entries.filter { $0.name != name }.map {
                Parameters.Parameter(name: $0.name, value: $0.url)
            }
            if let url { entries.append(.init(name: name, value: url)) }
            try transaction.connection.execute(
                "UPDATE meetings SET callbacks = $1 WHERE id = $2",
                [.text(Parameters(entries).encoded()), .integer(meeting.number)])
            try transaction.changed(.meeting, meeting.number)
        }
    }

    /// Whether another meeting took the place of this one: it was moved, or made again while its server was away.
    package func isReplaced(_ meeting: Meeting) async throws -> Bool {
        try await read { connection in
            let found = try connection.query(
                "SELECT id FROM meetings WHERE account_id = $1 AND meeting_id = $2 AND replaces = $3 LIMIT 1",
                [
                    .integer(meeting.key.account.number), .text(meeting.key.meetingID.rawValue),
                    .integer(meeting.number.number),
                ])
            return !found.isEmpty
        }
    }

    /// Whose meetings had these internal ids. Of a recording it is the id; what is not there was made by somebody else.
    package func owners(of ids: [InternalMeetingID]) async throws -> [InternalMeetingID: Meeting] {
        try await read { connection in
            var found: [InternalMeetingID: Meeting] = [:]
            for id in ids {
                let row = try connection.query(
                    "\(MeetingRows.columns) WHERE internal_meeting_id = $1 ORDER BY epoch DESC, id DESC LIMIT 1",
                    [.text(id.rawValue)]
                ).first
                if let row { found[id] = try MeetingRows.read(row) }
            }
            return found
        }
    }
}

extension StoreTransaction {
    func keep(_ document: OutgoingCall.Body, of meeting: MeetingNumber) throws {
        try connection.execute(
            "INSERT INTO meeting_documents (meeting, content_type, document) VALUES ($1, $2, $3)",
            [.integer(meeting.number), .text(document.contentType), .blob(document.octets)])
    }
}
