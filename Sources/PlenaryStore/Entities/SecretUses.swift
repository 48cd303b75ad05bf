package import BigBlueButton

extension Store {
    /// Writes down when secrets of accounts were last used, by their numbers. Nobody is told of it: it changes no call.
    ///
    /// - Parameter grain: what is written already and not older than this stays as it is.
    package func recordUses(_ uses: [Int64: WireTime], grain: Duration) async throws {
        try await write { transaction in
            for (number, time) in uses.sorted(by: { $0.key < $1.key }) {
                try transaction.connection.execute(
                    """
                    UPDATE account_secrets SET last_used_at = $1
                    WHERE id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)
                    """,
                    [
                        .integer(time.milliseconds), .integer(number),
                        .integer(time.advanced(by: .zero - grain).milliseconds),
                    ])
            }
        }
    }

    /// When secrets were last used, by their numbers; those that nobody used are left out.
    package func lastUses() async throws -> [Int64: WireTime] {
        try await read { connection in
            let rows = try connection.query(
                "SELECT id, last_used_at FROM account_secrets WHERE last_used_at IS NOT NULL")
            return Dictionary(
                uniqueKeysWithValues: try rows.map { (try $0.integer(0), WireTime(milliseconds: try $0.integer(1))) })
        }
    }
}
