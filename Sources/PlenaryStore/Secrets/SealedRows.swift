internal import BigBlueButton
internal import PlenaryCore

/// The rows that hold a secret. `key_id` names the key that sealed it; where there is none it is in clear, as older versions
/// wrote it, and is sealed when the store is opened the next time.
enum SealedRows {
    /// A swapped or copied row must not open: each secret belongs to its table, its number and its account.
    static func place(secret number: Int64, of account: Int64) -> String {
        "account_secrets/\(number)/account/\(account)"
    }

    static func place(server number: Int64) -> String { "servers/\(number)" }

    static func place(provider number: Int64) -> String { "service_providers/\(number)" }

    static func secret(_ connection: any SQLConnection, _ text: String, key: String?, of row: String) throws -> Secret {
        if key != nil { return try connection.keys.open(text, of: row) }
        guard let secret = Secret(text) else { throw StoreFault.unreadable("secret of \(row)") }
        return secret
    }

    /// The secret of a row; `nil` when it does not open, which must not cost everybody else theirs.
    static func readable(_ connection: any SQLConnection, _ text: String, key: String?, of row: String) throws
        -> Secret?
    {
        do { return try secret(connection, text, key: key, of: row) } catch let fault as StoreFault {
            switch fault {
            case .keyMissing, .unreadable: return nil
            default: throw fault
            }
        }
    }

    /// The keys, with that one for the newest which seals now: a newer one takes its place when everything is sealed anew, so that
    /// no process meets a key that it does not know yet.
    static func ring(_ connection: any SQLConnection) throws -> KeyRing {
        let ring = try connection.keys.latest()
        let row = try connection.query("SELECT key_id FROM installation WHERE name = 'key'").first
        return ring.sealing(with: try row?.optionalText(0))
    }

    /// What tells that two accounts have the same secret, when the secrets themselves do not.
    ///
    /// Made with the key of the installation, which stays the same when the keys that seal are changed.
    static func mark(_ secret: Secret, key: Secret) -> String {
        KeyedHash.hex(of: "secret of an account \(secret.reveal())", key: key)
    }

    /// The tables that have sealed rows, and the step of the schema from which on.
    static let tables: [(name: String, since: Int64)] = [
        ("account_secrets", Schema.fifth.number), ("servers", Schema.fifth.number),
        ("installation", Schema.fifth.number), ("idempotency_records", Schema.sixth.number),
        ("room_tokens", Schema.sixth.number), ("service_providers", Schema.sixth.number),
        ("webhook_secrets", Schema.seventh.number),
    ]

    /// The ids of the keys with which something is sealed.
    ///
    /// - Parameter schema: what the database has: it is asked before it is brought to the newest step.
    static func keys(_ connection: any SQLConnection, schema: Int64 = .max) throws -> Set<String> {
        let selects = tables.filter { $0.since <= schema }.map {
            "SELECT key_id FROM \($0.name) WHERE key_id IS NOT NULL"
        }
        guard !selects.isEmpty else { return [] }
        let rows = try connection.query(selects.joined(separator: " UNION "))
        return Set(try rows.map { try $0.text(0) })
    }

    static func count(_ connection: any SQLConnection, key: String) throws -> Int {
        var count = 0
        for table in tables {
            let rows = try connection.query("SELECT COUNT(*) FROM \(table.name) WHERE key_id = $1", [.text(key)])
            count += Int(try rows.first?.integer(0) ?? 0)
        }
        return count
    }

    struct Count: Sendable, Hashable {
        /// Secrets that were sealed.
        var sealed = 0
        /// Of these, those that were in clear before.
        var wereClear = 0
        /// Those that do not open, and stay as they are.
        var unreadable = 0

        mutating func add(key: String?) {
            sealed += 1
            if key == nil { wereClear += 1 }
        }
    }

    /// Seals with the newest key of `ring` what is not.
    ///
    /// - Parameter clearOnly: leaves alone what an older key sealed.
    static func seal(_ connection: any SQLConnection, with ring: KeyRing, clearOnly: Bool) throws -> Count {
        let condition = clearOnly ? "key_id IS NULL" : "(key_id IS NULL OR key_id <> $1)"
        let values: [SQLValue] = clearOnly ? [] : [.text(ring.current)]
        var count = Count()
        let keys = try connection.query(
            "SELECT value, key_id FROM installation WHERE name = 'key' AND \(condition)", values)
        for row in keys {
            let key = try row.optionalText(1)
            let secret = try secret(connection, try row.text(0), key: key, of: InstallationRows.place)
            try connection.execute(
                "UPDATE installation SET value = $1, key_id = $2 WHERE name = 'key'",
                [.text(try ring.seal(secret, of: InstallationRows.place)), .text(ring.current)])
            count.add(key: key)
        }
        let secrets = try connection.query(
            "SELECT id, account_id, secret, key_id FROM account_secrets WHERE \(condition) ORDER BY id", values)
        let installation = secrets.isEmpty ? nil : try InstallationRows.key(connection)
        for row in secrets {
            let (number, key) = (try row.integer(0), try row.optionalText(3))
            let place = place(secret: number, of: try row.integer(1))
            guard let secret = try readable(connection, try row.text(2), key: key, of: place) else {
                count.unreadable += 1
                continue
            }
            try connection.execute(
                "UPDATE account_secrets SET secret = $1, key_id = $2, mark = $3 WHERE id = $4",
                [
                    .text(try ring.seal(secret, of: place)), .text(ring.current),
                    SQLValue(installation.map { mark(secret, key: $0) }), .integer(number),
                ])
            count.add(key: key)
        }
        let servers = try connection.query(
            "SELECT id, secret, key_id, removed_at FROM servers WHERE \(condition) ORDER BY id", values)
        for row in servers {
            let (number, key) = (try row.integer(0), try row.optionalText(2))
            let place = place(server: number)
            var secret = try readable(connection, try row.text(1), key: key, of: place)
            // Of a server that was taken out nobody needs it so much that it keeps an old key.
            if secret == nil, try row.optionalInteger(3) != nil { secret = ServerRows.nobodysSecret }
            guard let secret else {
                count.unreadable += 1
                continue
            }
            try connection.execute(
                "UPDATE servers SET secret = $1, key_id = $2 WHERE id = $3",
                [.text(try ring.seal(secret, of: place)), .text(ring.current), .integer(number)])
            count.add(key: key)
        }
        // These never stood in clear.
        if !clearOnly {
            try IdempotencyRows.seal(connection, with: ring, &count)
            try sealTokens(connection, with: ring, &count)
            try sealProviders(connection, with: ring, &count)
            try WebhookRows.seal(connection, with: ring, &count)
        }
        return count
    }
}

extension SealedRows {
    fileprivate static func sealTokens(_ connection: any SQLConnection, with ring: KeyRing, _ count: inout Count) throws
    {
        let tokens = try connection.query(
            "SELECT id, room_id, token, key_id FROM room_tokens WHERE key_id <> $1 ORDER BY id", [.text(ring.current)])
        for row in tokens {
            let (number, key) = (RoomTokenNumber(try row.integer(0)), try row.optionalText(3))
            let place = RoomTokenRows.place(number, of: RoomNumber(try row.integer(1)))
            guard let secret = try readable(connection, try row.text(2), key: key, of: place) else {
                count.unreadable += 1
                continue
            }
            // Its mark is made with another key, and stays.
            try connection.execute(
                "UPDATE room_tokens SET token = $1, key_id = $2 WHERE id = $3",
                [.text(try ring.seal(secret, of: place)), .text(ring.current), .integer(number.number)])
            count.add(key: key)
        }
    }

    fileprivate static func sealProviders(_ connection: any SQLConnection, with ring: KeyRing, _ count: inout Count)
        throws
    {
        let providers = try connection.query(
            "SELECT id, secret, key_id FROM service_providers WHERE key_id <> $1 ORDER BY id", [.text(ring.current)])
        for row in providers {
            let (number, key) = (try row.integer(0), try row.optionalText(2))
            let place = place(provider: number)
            guard let secret = try readable(connection, try row.text(1), key: key, of: place) else {
                count.unreadable += 1
                continue
            }
            try connection.execute(
                "UPDATE service_providers SET secret = $1, key_id = $2 WHERE id = $3",
                [.text(try ring.seal(secret, of: place)), .text(ring.current), .integer(number)])
            count.add(key: key)
        }
    }
}

/// What is made once for all processes of an installation.
enum InstallationRows {
    static let place = "installation/key"

    /// The key with which numbers are concealed, and secrets of accounts marked.
    static func key(_ connection: any SQLConnection) throws -> Secret {
        let rows = try connection.query("SELECT value, key_id FROM installation WHERE name = 'key'")
        guard let row = rows.first else { throw StoreFault.unreadable("key of the installation") }
        return try SealedRows.secret(connection, try row.text(0), key: try row.optionalText(1), of: place)
    }

    /// Writes the key, if there is none yet.
    static func make(_ key: Secret, _ connection: any SQLConnection, with ring: KeyRing) throws {
        try connection.execute(
            "INSERT INTO installation (name, value, key_id) VALUES ('key', $1, $2) ON CONFLICT (name) DO NOTHING",
            [.text(try ring.seal(key, of: place)), .text(ring.current)])
    }

    /// Says that secrets were sealed which stood in clear before: what is left of them in the file is to be taken out.
    static func owe(_ connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO installation (name, value) VALUES ('remains', 'clear')
            ON CONFLICT (name) DO UPDATE SET value = 'clear'
            """)
    }

    /// What is still to be taken out.
    enum Debt: String {
        case all = "clear"
        /// The database is clean, its log is not.
        case log
    }

    static func debt(_ connection: any SQLConnection) throws -> Debt? {
        let rows = try connection.query("SELECT value FROM installation WHERE name = 'remains'")
        return try rows.first.map { Debt(rawValue: try $0.text(0)) ?? .all }
    }

    static func oweLogOnly(_ connection: any SQLConnection) throws {
        try connection.execute("UPDATE installation SET value = 'log' WHERE name = 'remains'")
    }

    static func settle(_ connection: any SQLConnection) throws {
        try connection.execute("DELETE FROM installation WHERE name = 'remains'")
    }
}
