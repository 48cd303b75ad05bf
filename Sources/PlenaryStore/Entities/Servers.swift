package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Adds a server to the fleet.
    ///
    /// - Throws: ``StoreFault/constraint(_:)`` `.unique` when a server of that name or URL is there.
    package func addServer(
        name: Slug, endpoint: Endpoint, administrative: AdministrativeState = .ready, capacity: Double = 1,
        connections: Int? = nil, tags: Set<String> = [], now: WireTime
    ) async throws -> Server {
        try await write { transaction in
            let id = ServerID(try transaction.next("server"))
            let ring = try SealedRows.ring(transaction.connection)
            try transaction.connection.execute(
                """
                INSERT INTO servers (id, name, url, secret, key_id, administrative, capacity, created_at, tags,
                    connections)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """,
                [
                    .integer(id.number), .text(name.text), .text(endpoint.url.text),
                    .text(try ring.seal(endpoint.secret, of: SealedRows.place(server: id.number))),
                    .text(ring.current), .text(administrative.rawValue), .real(capacity),
                    .integer(now.milliseconds), .text(ServerRows.text(of: tags)),
                    SQLValue(connections.map { Int64($0) }),
                ])
            try transaction.changed(.server, id.number)
            return Server(
                id: id, name: name, endpoint: endpoint, administrative: administrative, capacity: capacity,
                connections: connections, tags: tags, createdAt: now)
        }
    }

    /// What was ordered for the server is cancelled: people decide anew.
    ///
    /// - Returns: whether there is such a server.
    package func setAdministrative(_ state: AdministrativeState, of server: ServerID, now: WireTime) async throws
        -> Bool
    {
        try await write { transaction in
            let changed = try transaction.connection.execute(
                "UPDATE servers SET administrative = $1 WHERE id = $2 AND removed_at IS NULL",
                [.text(state.rawValue), .integer(server.number)])
            if changed > 0 {
                try transaction.changed(.server, server.number)
                try transaction.cancelOrders(of: server, now: now)
            }
            return changed > 0
        }
    }

    /// Marks a server with tags, instead of those that it had.
    ///
    /// - Returns: whether there is such a server.
    package func setTags(_ tags: Set<String>, of server: ServerID) async throws -> Bool {
        try await write { transaction in
            let changed = try transaction.connection.execute(
                "UPDATE servers SET tags = $1 WHERE id = $2 AND removed_at IS NULL",
                [.text(ServerRows.text(of: tags)), .integer(server.number)])
            if changed > 0 { try transaction.changed(.server, server.number) }
            return changed > 0
        }
    }

    /// Sets how many connections can be reserved on a server; `nil`: any number.
    ///
    /// - Returns: whether there is such a server.
    package func setConnections(_ connections: Int?, of server: ServerID) async throws -> Bool {
        try await write { transaction in
            let changed = try transaction.connection.execute(
                "UPDATE servers SET connections = $1 WHERE id = $2 AND removed_at IS NULL",
                [SQLValue(connections.map { Int64($0) }), .integer(server.number)])
            if changed > 0 { try transaction.changed(.server, server.number) }
            return changed > 0
        }
    }

    package enum Removal: Sendable, Hashable {
        case removed(endedMeetings: Int)
        /// It has meetings; nothing was changed.
        case notEmpty(meetings: Int)
        case noSuchServer
    }

    /// Takes a server out of the fleet. Its row stays, for the record of its past meetings.
    ///
    /// - Parameter force: forget the meetings that it has.
    package func removeServer(_ server: ServerID, force: Bool, now: WireTime) async throws -> Removal {
        try await write { transaction in
            guard try ServerRows.server(transaction.connection, server) != nil else { return .noSuchServer }
            let open = try MeetingRows.allOpen(transaction.connection).filter { $0.server == server }
            if !open.isEmpty, !force { return .notEmpty(meetings: open.count) }
            for meeting in open {
                _ = try transaction.end(meeting.number, reason: "server removed", isLost: true, now: now)
            }
            try transaction.cancelOrders(of: server, now: now)
            try transaction.connection.execute(
                "DELETE FROM server_hooks WHERE server_id = $1", [.integer(server.number)])
            try transaction.connection.execute(
                "UPDATE servers SET removed_at = $1 WHERE id = $2",
                [.integer(now.milliseconds), .integer(server.number)])
            try transaction.changed(.server, server.number)
            return .removed(endedMeetings: open.count)
        }
    }
}

enum ServerRows {
    private static let columns = """
        SELECT id, name, url, secret, administrative, capacity, created_at, tags, key_id, connections FROM servers
        WHERE removed_at IS NULL
        """

    static func server(_ connection: any SQLConnection, _ id: ServerID) throws -> Server? {
        try connection.query("\(columns) AND id = $1", [.integer(id.number)]).first.map { try read($0, connection) }
    }

    static func all(_ connection: any SQLConnection) throws -> [Server] {
        try connection.query("\(columns) ORDER BY id").map { try read($0, connection) }
    }

    /// Servers that a create of a meeting may have reached and that were taken out since, the latest first.
    static func former(_ connection: any SQLConnection, of meeting: MeetingNumber) throws -> [Endpoint] {
        let rows = try connection.query(
            """
            SELECT url, id, secret, key_id FROM servers WHERE removed_at IS NOT NULL AND EXISTS (
                SELECT 1 FROM placements WHERE placements.meeting = $1 AND placements.server_id = servers.id
            ) ORDER BY id DESC
            """, [.integer(meeting.number)])
        return try rows.compactMap { row in
            guard let url = APIURL(try row.text(0)) else { throw StoreFault.unreadable("server") }
            let secret = try SealedRows.readable(
                connection, try row.text(2), key: try row.optionalText(3),
                of: SealedRows.place(server: try row.integer(1)))
            return secret.map { Endpoint(url: url, secret: $0) }
        }
    }

    /// Stands for one that does not open: calls that are signed with it are refused.
    static let nobodysSecret = Secret("unreadable")

    /// Tags have no blanks in them.
    static func text(of tags: Set<String>) -> String { tags.sorted().joined(separator: " ") }

    private static func read(_ row: SQLRow, _ connection: any SQLConnection) throws -> Server {
        guard let name = Slug(try row.text(1)), let url = APIURL(try row.text(2)),
            let administrative = AdministrativeState(rawValue: try row.text(4))
        else { throw StoreFault.unreadable("server") }
        let id = ServerID(try row.integer(0))
        let secret = try SealedRows.readable(
            connection, try row.text(3), key: try row.optionalText(8), of: SealedRows.place(server: id.number))
        guard let signing = secret ?? nobodysSecret else { throw StoreFault.unreadable("server") }
        return Server(
            id: id, name: name, endpoint: Endpoint(url: url, secret: signing),
            administrative: administrative, capacity: try row.real(5),
            connections: try row.optionalInteger(9).map { Int($0) },
            tags: Set(try row.text(7).split(separator: " ").map(String.init)), isUnreadable: secret == nil,
            createdAt: WireTime(milliseconds: try row.integer(6)))
    }
}
