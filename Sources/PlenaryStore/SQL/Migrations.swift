internal import BigBlueButton

/// A step of the schema. SQL text only; never changed once released, only added to.
struct Migration: Sendable {
    let number: Int64
    let name: String
    let statements: [String]
}

enum Migrator {
    /// The steps that were taken; none in a database that is new.
    static func done(_ connection: any SQLConnection, _ dialect: SQLDialect) throws -> Set<Int64> {
        try connection.execute(
            dialect.render(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    number {integer} NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at {integer} NOT NULL
                ){strict}
                """))
        return Set(try connection.query("SELECT number FROM schema_migrations").map { try $0.integer(0) })
    }

    /// Brings the schema to the newest version this program knows.
    ///
    /// - Throws: ``StoreFault/schemaTooNew(found:known:)`` when a newer program wrote the database.
    static func migrate(_ engine: any SQLEngine, with migrations: [Migration] = Schema.migrations, now: WireTime)
        async throws
    {
        let dialect = engine.dialect
        try await engine.write { connection in
            let done = try done(connection, dialect)
            let known = migrations.map(\.number).max() ?? 0
            if let newest = done.max(), newest > known { throw StoreFault.schemaTooNew(found: newest, known: known) }
            for migration in migrations where !done.contains(migration.number) {
                for statement in migration.statements { try connection.execute(dialect.render(statement)) }
                try connection.execute(
                    "INSERT INTO schema_migrations (number, name, applied_at) VALUES ($1, $2, $3)",
                    [.integer(migration.number), .text(migration.name), .integer(now.milliseconds)])
            }
        }
    }
}
