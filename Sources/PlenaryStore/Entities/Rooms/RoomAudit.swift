package import BigBlueButton
package import PlenaryCore

/// Who is at work, as far as the store writes it down with what is changed of a room (`rooms-api.md` 7.6).
///
/// It goes along with the task: everything that is done for one request or one command is done by the same. The store's
/// closures run elsewhere, so it is looked up before them.
package struct AuditActor: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A machine, by its API key.
        case key
        case administrator
        case user
        /// Somebody at the command line.
        case commandLine = "command_line"
        /// The platform itself.
        case system
    }

    package let kind: Kind
    /// The public id of who it is; `nil`: there is none.
    package let id: String?
    /// As in `X-Request-Id`.
    package let requestID: String?
    /// When; `nil`: not known.
    package let now: WireTime?

    package init(_ kind: Kind, id: String? = nil, requestID: String? = nil, now: WireTime? = nil) {
        self.kind = kind
        self.id = id
        self.requestID = requestID
        self.now = now
    }

    @TaskLocal package static var current = AuditActor(.system)
}

/// One change of a room, or of what belongs to it: who did what, and no values.
package struct RoomAuditEntry: Sendable, Hashable {
    package enum Action: String, Sendable, Hashable, CaseIterable {
        case roomCreated = "room.created"
        case roomUpdated = "room.updated"
        case tokenCreated = "token.created"
        case tokenUpdated = "token.updated"
        case tokenDeleted = "token.deleted"
        case codeCreated = "access_code.created"
        case codeUpdated = "access_code.updated"
        case codeDeleted = "access_code.deleted"
        case userAdded = "user.added"
        case userUpdated = "user.updated"
        case userRemoved = "user.removed"
        case ownerChanged = "owner.changed"
        case presentationAdded = "presentation.added"
        case presentationDeleted = "presentation.deleted"
        case recordingPublished = "recording.published"
        case recordingUnpublished = "recording.unpublished"
        case recordingDeleted = "recording.deleted"
        /// The connections of its session went to another meeting (15.5).
        case sessionPreempted = "session.preempted"
    }

    /// Counted by room, from 1.
    package let sequence: Int64
    package let actor: AuditActor
    package let action: Action
    /// The public id of the token, the code, the user, the presentation or the session, or the provider's id of the recording;
    /// `nil`: it is the room itself.
    package let subject: String?
    /// Which members of the room, the token or the code have another value, by their names in the API.
    package let members: [String]
}

extension Store {
    /// The newest first; at most ``RoomAuditRows/kept``.
    package func audit(of room: RoomNumber) async throws -> [RoomAuditEntry] {
        try await read { try RoomAuditRows.entries($0, of: room) }
    }

    /// Writes down what a provider did with a recording of a room, also in the catalogue. A room that was deleted has no history.
    ///
    /// - Parameters:
    ///   - action: what was done with a recording.
    ///   - recording: as its provider calls it.
    package func noteRecording(
        _ action: RoomAuditEntry.Action, _ recording: String, at place: RecordingPlace, now: WireTime
    ) async throws {
        let actor = AuditActor.current
        try await write { transaction in
            if let room = place.room, try RoomRows.room(transaction.connection, room) != nil {
                try transaction.note(action, of: room, by: actor, subject: recording, now: now)
            }
            switch action {
            case .recordingPublished, .recordingUnpublished:
                let state = action == .recordingPublished ? "published" : "unpublished"
                try transaction.noteInCatalogue(recording, at: place, state: state, now: now)
            default:
                try transaction.noteInCatalogue(recording, at: place, state: nil, now: now)
                try transaction.emitDeleted(recording, at: place, now: now)
            }
        }
    }
}

extension StoreTransaction {
    /// Writes down what this transaction changes.
    ///
    /// - Parameters:
    ///   - actor: as it was before the transaction; in its closure nobody knows.
    ///   - now: where the actor does not tell.
    func note(
        _ action: RoomAuditEntry.Action, of room: RoomNumber, by actor: AuditActor, subject: String? = nil,
        members: [String] = [], now: WireTime? = nil
    ) throws {
        let newest = try connection.query(
            "SELECT MAX(sequence) FROM room_audit WHERE room_id = $1", [.integer(room.number)]
        ).first?.optionalInteger(0)
        let sequence = (newest ?? 0) + 1
        try insert(
            into: "room_audit",
            [
                ("room_id", .integer(room.number)), ("sequence", .integer(sequence)),
                ("changed_at", SQLValue((actor.now ?? now)?.milliseconds)), ("actor_kind", .text(actor.kind.rawValue)),
                ("actor_id", SQLValue(actor.id)), ("request_id", SQLValue(actor.requestID)),
                ("action", .text(action.rawValue)), ("subject_id", SQLValue(subject)),
                ("members", .text(members.joined(separator: "\n"))),
            ])
        // A room that is changed for years keeps what is newest.
        try connection.execute(
            "DELETE FROM room_audit WHERE room_id = $1 AND sequence <= $2",
            [.integer(room.number), .integer(sequence - RoomAuditRows.kept)])
    }
}

extension StoreTransaction {
    /// Writes down that the meeting of a room has to make room for another; of meetings that are no room's the event tells.
    func notePreempted(_ key: MeetingKey, now: WireTime) throws {
        let rows = try connection.query(
            "SELECT id FROM rooms WHERE account_id = $1 AND uuid = $2",
            [.integer(key.account.number), .text(key.meetingID.rawValue)])
        guard let room = try rows.first.map({ RoomNumber(try $0.integer(0)) }) else { return }
        let session = try RoomSessionRows.live(connection, of: room)
        // Whoever started the other one did not choose this.
        try note(
            .sessionPreempted, of: room, by: AuditActor(.system), subject: session?.identity.id, now: now)
    }
}

enum RoomAuditRows {
    /// Entries of one room.
    static let kept: Int64 = 1_000

    static func entries(_ connection: any SQLConnection, of room: RoomNumber) throws -> [RoomAuditEntry] {
        let rows = try connection.query(
            """
            SELECT sequence, changed_at, actor_kind, actor_id, request_id, action, subject_id, members FROM room_audit
            WHERE room_id = $1 ORDER BY sequence DESC
            """, [.integer(room.number)])
        return try rows.map { try read($0) }
    }

    private static func read(_ row: SQLRow) throws -> RoomAuditEntry {
        var reader = ColumnReader(row)
        let sequence = try reader.integer()
        let changedAt = try reader.optionalTime()
        let kind: AuditActor.Kind = try reader.word("kind of who changed a room")
        let id = try reader.optionalText()
        let request = try reader.optionalText()
        let action: RoomAuditEntry.Action = try reader.word("change of a room")
        let subject = try reader.optionalText()
        return RoomAuditEntry(
            sequence: sequence, actor: AuditActor(kind, id: id, requestID: request, now: changedAt), action: action,
            subject: subject, members: try reader.list())
    }

    // MARK: what is another

    static func members(_ old: RoomDetails, _ new: RoomDetails) -> [String] {
        changed([
            ("room_name", old.name == new.name), ("status", old.status == new.status),
            ("is_public", old.isPublic == new.isPublic), ("slug", old.slug == new.slug),
            ("room_features", old.features == new.features), ("room_settings", old.settings == new.settings),
            ("room_metadata", old.metadata == new.metadata),
        ])
    }

    static func members(_ old: RoomTokenDetails, _ new: RoomTokenDetails) -> [String] {
        changed([
            ("role", old.role == new.role), ("expires_at", old.expiresAt == new.expiresAt),
            ("label", old.label == new.label), ("display_name", old.displayName == new.displayName),
            ("max_uses", old.maxUses == new.maxUses),
        ])
    }

    static func members(_ old: RoomAccessCode, _ new: RoomAccessCode) -> [String] {
        changed([
            ("code", old.text.text == new.text.text), ("role", old.role == new.role),
            ("expires_at", old.expiresAt == new.expiresAt), ("label", old.label == new.label),
        ])
    }

    private static func changed(_ all: [(name: String, isSame: Bool)]) -> [String] {
        all.filter { !$0.isSame }.map(\.name)
    }
}
