package import BigBlueButton
package import PlenaryCore

/// A running `plenary serve`, as it told the store.
package struct Node: Sendable, Hashable {
    package let id: String
    package let version: String
    package let address: String
    package let startedAt: WireTime
    package let seenAt: WireTime

    package init(id: String, version: String, address: String, startedAt: WireTime, seenAt: WireTime) {
        self.id = id
        self.version = version
        self.address = address
        self.startedAt = startedAt
        self.seenAt = seenAt
    }
}

/// What a running `plenary serve` last saw of a server: for people, never for decisions.
package struct Observation: Sendable, Hashable {
    package let server: ServerID
    /// The word for its health: unchecked, online, suspect, offline.
    package let state: String
    package let fault: String?
    package let since: WireTime
    package let meetings: Int
    package let users: Int
    /// Meetings that no mapping explains.
    package let unexplained: Int
    package let load: Double
    package let seenAt: WireTime

    package init(
        server: ServerID, state: String, fault: String?, since: WireTime, meetings: Int, users: Int, unexplained: Int,
        load: Double, seenAt: WireTime
    ) {
        self.server = server
        self.state = state
        self.fault = fault
        self.since = since
        self.meetings = meetings
        self.users = users
        self.unexplained = unexplained
        self.load = load
        self.seenAt = seenAt
    }
}

extension Store {
    /// Tells that a node lives, and what it sees. Nodes that were not heard of since `deadBefore` are forgotten.
    package func heartbeat(_ node: Node, _ observations: [Observation], deadBefore: WireTime) async throws {
        try await write { transaction in
            let connection = transaction.connection
            try connection.execute(
                """
                INSERT INTO nodes (id, version, address, started_at, seen_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, address = excluded.address
                """,
                [
                    .text(node.id), .text(node.version), .text(node.address), .integer(node.startedAt.milliseconds),
                    .integer(node.seenAt.milliseconds),
                ])
            try connection.execute("DELETE FROM nodes WHERE seen_at < $1", [.integer(deadBefore.milliseconds)])
            for observation in observations {
                try connection.execute(
                    """
                    INSERT INTO observations (server_id, state, fault, since, meetings, users, unexplained, load, seen_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                    ON CONFLICT (server_id) DO UPDATE SET state = excluded.state, fault = excluded.fault, since = excluded.since,
                        meetings = excluded.meetings, users = excluded.users, unexplained = excluded.unexplained,
                        load = excluded.load, seen_at = excluded.seen_at
                    """,
                    [
                        .integer(observation.server.number), .text(observation.state), SQLValue(observation.fault),
                        .integer(observation.since.milliseconds), .integer(Int64(observation.meetings)),
                        .integer(Int64(observation.users)), .integer(Int64(observation.unexplained)),
                        .real(observation.load),
                        .integer(observation.seenAt.milliseconds),
                    ])
            }
        }
    }

    /// A node says goodbye.
    package func removeNode(_ id: String) async throws {
        try await write { _ = try $0.connection.execute("DELETE FROM nodes WHERE id = $1", [.text(id)]) }
    }

    /// Forgets all other nodes: whoever holds the file for itself knows that they are dead. Sessions of rooms that they were about to
    /// start are taken over by the next who starts them, at once.
    package func forgetOtherNodes(than id: String) async throws {
        try await write { transaction in
            let connection = transaction.connection
            _ = try connection.execute("DELETE FROM nodes WHERE id <> $1", [.text(id)])
            _ = try connection.execute("UPDATE room_sessions SET attempted_at = 0 WHERE state = 'starting'", [])
        }
    }

    package func nodes() async throws -> [Node] {
        try await read { connection in
            try connection.query("SELECT id, version, address, started_at, seen_at FROM nodes ORDER BY started_at, id")
                .map { row in
                    Node(
                        id: try row.text(0), version: try row.text(1), address: try row.text(2),
                        startedAt: WireTime(milliseconds: try row.integer(3)),
                        seenAt: WireTime(milliseconds: try row.integer(4)))
                }
        }
    }

    package func observations() async throws -> [ServerID: Observation] {
        try await read { connection in
            let rows = try connection.query(
                "SELECT server_id, state, fault, since, meetings, users, unexplained, load, seen_at FROM observations")
            return try Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    let server = ServerID(try row.integer(0))
                    return (
                        server,
                        Observation(
                            server: server, state: try row.text(1), fault: try row.optionalText(2),
                            since: WireTime(milliseconds: try row.integer(3)), meetings: Int(try row.integer(4)),
                            users: Int(try row.integer(5)), unexplained: Int(try row.integer(6)), load: try row.real(7),
                            seenAt: WireTime(milliseconds: try row.integer(8)))
                    )
                })
        }
    }
}
