package import BigBlueButton
package import PlenaryCore

/// A file that is shown in the sessions of a room (`rooms-api.md` 7.6), without its content.
package struct RoomPresentation: Sendable, Hashable {
    /// Sequential: it never leaves the server.
    package let number: Int64
    /// Names it in the API.
    package let id: String
    /// With its ending, by which servers know what it is.
    package let name: String
    /// Octets.
    package let size: Int
    package let createdAt: WireTime
}

/// One with its content, for a session that starts.
package struct RoomSlides: Sendable, Hashable {
    package let name: String
    package let octets: [UInt8]

    package init(name: String, octets: [UInt8]) {
        self.name = name
        self.octets = octets
    }
}

/// Why a file was not taken.
package enum RoomPresentationRefusal: Error, Sendable, Hashable {
    case tooMany(most: Int)
    case tooLarge(most: Int)
    /// All rooms of the account have that many octets together.
    case accountFull(most: Int)
}

extension Store {
    /// Files of one room.
    package static let mostPresentations = 10
    /// Octets of all files of one room: they are sent together, with the create of every session.
    package static let largestPresentations = 16 << 20
    /// Octets of the files of all rooms of one account: they lie in the database, and go with each of its copies.
    package static let largestPresentationsOfAccount = 1 << 30

    /// - Parameters:
    ///   - id: its name in the API.
    ///   - slides: not empty, with a name that was checked.
    ///   - mostOfAccount: octets.
    /// - Throws: ``RoomPresentationRefusal``; ``RoomProblem`` `.roomNotFound`; ``RoomCreationRefusal`` when the subscription does
    ///   not let anything be made.
    package func addPresentation(
        _ slides: RoomSlides, id: String, to room: RoomNumber,
        mostOfAccount: Int = Store.largestPresentationsOfAccount, now: WireTime
    ) async throws -> RoomPresentation {
        let actor = AuditActor.current
        return try await write { transaction in
            try transaction.mayCreate(in: room, now: now)
            let held = try RoomPresentationRows.all(transaction.connection, of: room)
            guard held.count < Store.mostPresentations else {
                throw RoomPresentationRefusal.tooMany(most: Store.mostPresentations)
            }
            let size = held.reduce(slides.octets.count) { $0 + $1.size }
            guard size <= Store.largestPresentations else {
                throw RoomPresentationRefusal.tooLarge(most: Store.largestPresentations)
            }
            let all = try RoomPresentationRows.size(transaction.connection, ofAccountOf: room)
            guard all + slides.octets.count <= mostOfAccount else {
                throw RoomPresentationRefusal.accountFull(most: mostOfAccount)
            }
            let number = try transaction.next("room_presentation")
            try transaction.insert(
                into: "room_presentations",
                [
                    ("id", .integer(number)), ("public_id", .text(id)), ("room_id", .integer(room.number)),
                    ("name", .text(slides.name)), ("size", .integer(Int64(slides.octets.count))),
                    ("content", .blob(slides.octets)), ("created_at", .integer(now.milliseconds)),
                ])
            try transaction.note(.presentationAdded, of: room, by: actor, subject: id, now: now)
            return RoomPresentation(
                number: number, id: id, name: slides.name, size: slides.octets.count, createdAt: now)
        }
    }

    /// The oldest first.
    package func presentations(of room: RoomNumber) async throws -> [RoomPresentation] {
        try await read { try RoomPresentationRows.all($0, of: room) }
    }

    /// With what is in them, the oldest first, which is the one that is shown.
    package func slides(of room: RoomNumber) async throws -> [RoomSlides] {
        try await read { connection in
            let rows = try connection.query(
                "SELECT name, content FROM room_presentations WHERE room_id = $1 ORDER BY id",
                [.integer(room.number)])
            return try rows.map { RoomSlides(name: try $0.text(0), octets: try $0.blob(1)) }
        }
    }

    /// A session that runs keeps it.
    ///
    /// - Parameter check: gets it as it is, and may throw to leave it.
    /// - Returns: whether the room had it.
    package func removePresentation(
        _ id: String, of room: RoomNumber, now: WireTime,
        check: @escaping @Sendable (RoomPresentation) throws -> Void = { _ in }
    ) async throws -> Bool {
        let actor = AuditActor.current
        return try await write { transaction in
            let held = try RoomPresentationRows.all(transaction.connection, of: room).first { $0.id == id }
            guard let held else { return false }
            try check(held)
            let removed = try transaction.connection.execute(
                "DELETE FROM room_presentations WHERE public_id = $1 AND room_id = $2",
                [.text(id), .integer(room.number)])
            guard removed > 0 else { return false }
            try transaction.note(.presentationDeleted, of: room, by: actor, subject: id, now: now)
            return true
        }
    }
}

enum RoomPresentationRows {
    /// Octets of the files of all rooms of the account that has a room.
    static func size(_ connection: any SQLConnection, ofAccountOf room: RoomNumber) throws -> Int {
        let rows = try connection.query(
            """
            SELECT CAST(COALESCE(SUM(p.size), 0) AS BIGINT) FROM room_presentations AS p
            JOIN rooms AS r ON r.id = p.room_id
            WHERE r.account_id = (SELECT account_id FROM rooms WHERE id = $1)
            """, [.integer(room.number)])
        return Int(try rows.first?.integer(0) ?? 0)
    }

    static func all(_ connection: any SQLConnection, of room: RoomNumber) throws -> [RoomPresentation] {
        let rows = try connection.query(
            "SELECT id, public_id, name, size, created_at FROM room_presentations WHERE room_id = $1 ORDER BY id",
            [.integer(room.number)])
        return try rows.map { row in
            var reader = ColumnReader(row)
            let number = try reader.integer()
            let id = try reader.text()
            let name = try reader.text()
            let size = Int(try reader.integer())
            return RoomPresentation(number: number, id: id, name: name, size: size, createdAt: try reader.time())
        }
    }
}
