package import BigBlueButton
package import PlenaryCore

/// What a code is called, and what it is when nobody says it.
package struct RoomCodeSeed: Sendable {
    /// Names it in the API.
    package let id: String
    /// The first one that the room has not is taken.
    package let texts: [RoomCodeText]

    package init(at now: WireTime, using random: inout some RandomNumberGenerator) {
        id = ResourceIdentity(at: now, using: &random).id
        var texts: [RoomCodeText] = []
        for _ in 0..<4 { texts.append(RoomCodeText(using: &random)) }
        self.texts = texts
    }

    package init(id: String, texts: [RoomCodeText]) {
        self.id = id
        self.texts = texts
    }
}

extension Store {
    /// - Throws: ``RoomFaults``; ``RoomProblem`` `.codeNotUnique` when the room has that code, whatever its role, and
    ///   `.roomNotFound`; ``RoomCreationRefusal`` when the subscription does not let anything be made.
    package func addCode(
        _ details: RoomCodeDetails, to room: RoomNumber, seed: RoomCodeSeed, now: WireTime
    ) async throws -> RoomAccessCode {
        let given = try details.checked()
        let actor = AuditActor.current
        return try await write { transaction in
            try transaction.mayCreate(in: room, now: now)
            let codes = try RoomCodeRows.codes(transaction.connection, of: room)
            let free = seed.texts.first { text in !codes.all.contains { $0.text == text } }
            guard let text = given ?? free else { throw RoomProblem.codeNotUnique }
            try codes.admit(text)
            let number = RoomCodeNumber(try transaction.next("room_code"))
            let fixed: [CommerceColumn] = [
                ("id", .integer(number.number)), ("public_id", .text(seed.id)), ("room_id", .integer(room.number)),
                ("created_at", .integer(now.milliseconds)),
            ]
            let code = RoomAccessCode(
                number: number, id: seed.id, text: text, role: details.role, expiresAt: details.expiresAt,
                label: details.label, createdAt: now)
            try transaction.insert(into: "room_codes", fixed + RoomCodeRows.row(of: code))
            try transaction.note(.codeCreated, of: room, by: actor, subject: code.id, now: now)
            return code
        }
    }

    /// All codes of a room, the newest first.
    package func codes(of room: RoomNumber) async throws -> RoomCodes {
        try await read { try RoomCodeRows.codes($0, of: room) }
    }

    /// - Parameter id: its name in the API.
    package func code(_ id: String, of room: RoomNumber) async throws -> RoomAccessCode? {
        try await read { try RoomCodeRows.codes($0, of: room).all.first { $0.id == id } }
    }

    /// Changes a code in one step.
    ///
    /// - Parameter change: gets the code and what may be changed about it as it is, and may throw to leave it so. A `code` that it
    ///   takes away stays as it was.
    /// - Throws: ``RoomFaults``; ``RoomProblem`` `.codeNotUnique`.
    /// - Returns: `nil` when the room has no such code.
    package func updateCode(
        _ id: String, of room: RoomNumber,
        _ change: @escaping @Sendable (RoomAccessCode, inout RoomCodeDetails) throws -> Void
    ) async throws -> RoomAccessCode? {
        let actor = AuditActor.current
        return try await write { transaction in
            let codes = try RoomCodeRows.codes(transaction.connection, of: room)
            guard let old = codes.all.first(where: { $0.id == id }) else { return nil }
            var details = RoomCodeDetails(
                role: old.role, code: old.text.text, expiresAt: old.expiresAt, label: old.label)
            try change(old, &details)
            let text = try details.checked() ?? old.text
            try codes.admit(text, changing: old.number)
            let code = RoomAccessCode(
                number: old.number, id: old.id, text: text, role: details.role, expiresAt: details.expiresAt,
                lastUsage: old.lastUsage, label: details.label, createdAt: old.createdAt)
            try transaction.update("room_codes", RoomCodeRows.row(of: code), of: code.number.number)
            let members = RoomAuditRows.members(old, code)
            if !members.isEmpty {
                try transaction.note(.codeUpdated, of: room, by: actor, subject: id, members: members)
            }
            return code
        }
    }

    /// - Returns: whether the room had it.
    package func removeCode(
        _ id: String, of room: RoomNumber, check: @escaping @Sendable (RoomAccessCode) throws -> Void = { _ in }
    ) async throws -> Bool {
        let actor = AuditActor.current
        return try await write { transaction in
            let codes = try RoomCodeRows.codes(transaction.connection, of: room)
            if let old = codes.all.first(where: { $0.id == id }) { try check(old) }
            let removed = try transaction.connection.execute(
                "DELETE FROM room_codes WHERE public_id = $1 AND room_id = $2", [.text(id), .integer(room.number)])
            guard removed > 0 else { return false }
            try transaction.note(.codeDeleted, of: room, by: actor, subject: id)
            return true
        }
    }
}

enum RoomCodeRows {
    static func codes(_ connection: any SQLConnection, of room: RoomNumber) throws -> RoomCodes {
        let rows = try connection.query(
            """
            SELECT id, public_id, code, role, expires_at, last_usage, label, created_at FROM room_codes
            WHERE room_id = $1 ORDER BY id DESC
            """, [.integer(room.number)])
        return RoomCodes(try rows.map { try read($0) })
    }

    /// Without what changes by use.
    static func row(of code: RoomAccessCode) -> [CommerceColumn] {
        [
            ("code", .text(code.text.text)), ("role", .text(code.role.rawValue)),
            ("expires_at", SQLValue(code.expiresAt?.milliseconds)), ("label", SQLValue(code.label)),
        ]
    }

    private static func read(_ row: SQLRow) throws -> RoomAccessCode {
        var reader = ColumnReader(row)
        let number = RoomCodeNumber(try reader.integer())
        let id = try reader.text()
        guard let text = RoomCodeText(try reader.text()) else { throw StoreFault.unreadable("code of a room") }
        let role: RoomRole = try reader.word("role of a code")
        let (expiresAt, lastUsage) = (try reader.optionalTime(), try reader.optionalTime())
        let label = try reader.optionalText()
        return RoomAccessCode(
            number: number, id: id, text: text, role: role, expiresAt: expiresAt, lastUsage: lastUsage, label: label,
            createdAt: try reader.time())
    }
}
