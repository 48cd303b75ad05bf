package import BigBlueButton
package import PlenaryCore

extension Store {
    package enum Registered: Sendable, Hashable {
        case new(Hook)
        /// The account has one for that address; it was left as it is.
        case known(Hook)
    }

    package func registerHook(
        id: String, account: AccountID, callbackURL: String, meetingID: MeetingID?, eventID: String?, isRaw: Bool,
        secret: Int64?, now: WireTime
    ) async throws -> Registered {
        try await write { transaction in
            let connection = transaction.connection
            if let row = try connection.query(
                "\(HookRows.columns) WHERE account_id = $1 AND callback_url = $2",
                [.integer(account.number), .text(callbackURL)]
            ).first {
                return .known(try HookRows.read(row))
            }
            let hook = Hook(
                number: try transaction.next("hook"), id: id, account: account, callbackURL: callbackURL,
                meetingID: meetingID, eventID: eventID, isRaw: isRaw, secret: secret, createdAt: now)
            try connection.execute(
                """
                INSERT INTO hooks (number, id, account_id, callback_url, meeting_id, event_id, is_raw, secret_id, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                [
                    .integer(hook.number), .text(id), .integer(account.number), .text(callbackURL),
                    SQLValue(meetingID?.rawValue), SQLValue(eventID), .integer(isRaw ? 1 : 0), SQLValue(secret),
                    .integer(now.milliseconds),
                ])
            try transaction.changed(.hook, hook.number)
            return .new(hook)
        }
    }

    /// - Returns: whether the account had a hook of that id.
    package func removeHook(_ id: String, of account: AccountID) async throws -> Bool {
        try await write { transaction in
            let rows = try transaction.connection.query(
                "DELETE FROM hooks WHERE id = $1 AND account_id = $2 RETURNING number",
                [.text(id), .integer(account.number)])
            for row in rows { try transaction.changed(.hook, try row.integer(0)) }
            // What waits for it is not wanted any more, nor is what was given up: an operator's word would send it.
            if !rows.isEmpty {
                try transaction.connection.execute(
                    "DELETE FROM deliveries WHERE backlog = $1 AND state <> 'delivered'", [.text(Hook.lane(id))])
            }
            return !rows.isEmpty
        }
    }

    /// Our own hook at a server.
    package struct ServerHook: Sendable, Hashable {
        package let server: ServerID
        package let isRaw: Bool
        package let id: String
        /// The address under which it was registered: what the server's signature covers.
        package let callbackURL: String

        package init(server: ServerID, isRaw: Bool, id: String, callbackURL: String) {
            self.server = server
            self.isRaw = isRaw
            self.id = id
            self.callbackURL = callbackURL
        }
    }

    package func noteServerHook(_ hook: ServerHook, now: WireTime) async throws {
        try await write { transaction in
            _ = try transaction.connection.execute(
                """
                INSERT INTO server_hooks (server_id, is_raw, hook_id, callback_url, registered_at)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (server_id, is_raw) DO UPDATE SET hook_id = excluded.hook_id,
                    callback_url = excluded.callback_url, registered_at = excluded.registered_at
                """,
                [
                    .integer(hook.server.number), .integer(hook.isRaw ? 1 : 0), .text(hook.id), .text(hook.callbackURL),
                    .integer(now.milliseconds),
                ])
        }
    }

    package func forgetServerHook(_ hook: ServerHook) async throws {
        try await write { transaction in
            _ = try transaction.connection.execute(
                "DELETE FROM server_hooks WHERE server_id = $1 AND is_raw = $2 AND hook_id = $3",
                [.integer(hook.server.number), .integer(hook.isRaw ? 1 : 0), .text(hook.id)])
        }
    }

    package func serverHooks() async throws -> [ServerHook] {
        try await read { connection in
            try connection.query("SELECT server_id, is_raw, hook_id, callback_url FROM server_hooks ORDER BY 1, 2").map
            {
                ServerHook(
                    server: ServerID(try $0.integer(0)), isRaw: try $0.integer(1) == 1, id: try $0.text(2),
                    callbackURL: try $0.text(3))
            }
        }
    }
}

enum HookRows {
    static let columns = """
        SELECT number, id, account_id, callback_url, meeting_id, event_id, is_raw, secret_id, created_at FROM hooks
        """

    static func hook(_ connection: any SQLConnection, _ number: Int64) throws -> Hook? {
        try connection.query("\(columns) WHERE number = $1", [.integer(number)]).first.map(read)
    }

    static func all(_ connection: any SQLConnection) throws -> [Hook] {
        try connection.query("\(columns) ORDER BY number").map(read)
    }

    static func read(_ row: SQLRow) throws -> Hook {
        Hook(
            number: try row.integer(0), id: try row.text(1), account: AccountID(try row.integer(2)),
            callbackURL: try row.text(3), meetingID: try row.optionalText(4).flatMap(MeetingID.init(rawValue:)),
            eventID: try row.optionalText(5), isRaw: try row.integer(6) == 1, secret: try row.optionalInteger(7),
            createdAt: WireTime(milliseconds: try row.integer(8)))
    }
}
