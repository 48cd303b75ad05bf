extension Schema {
    static let fourth = Migration(
        number: 4, name: "reservations of connections",
        statements: [
            // What a meeting has of a pool. Whose pool it is its account tells: it may get another subscription meanwhile.
            """
            CREATE TABLE reservations (
                account_id {integer} NOT NULL REFERENCES accounts (id),
                meeting_id TEXT NOT NULL CHECK (length(meeting_id) > 0),
                connections {integer} NOT NULL CHECK (connections > 0),
                minutes {integer} NOT NULL CHECK (minutes > 0),
                state TEXT NOT NULL CHECK (state IN ('pending', 'live', 'claimed', 'ending', 'terminating', 'orphaned')),
                expires_at {integer} NOT NULL,
                created_at {integer} NOT NULL,
                pending_since {integer},
                orphaned_until {integer},
                taker_account {integer},
                taker_meeting TEXT,
                is_told {integer} NOT NULL DEFAULT 1 CHECK (is_told IN (0, 1)),
                warned_for {integer},
                told_for {integer},
                PRIMARY KEY (account_id, meeting_id),
                CHECK ((state = 'pending') = (pending_since IS NOT NULL)),
                CHECK (state <> 'orphaned' OR orphaned_until IS NOT NULL),
                CHECK (state IN ('pending', 'orphaned') OR orphaned_until IS NULL),
                CHECK ((state IN ('claimed', 'terminating')) = (taker_meeting IS NOT NULL)),
                CHECK ((taker_account IS NULL) = (taker_meeting IS NULL))
            ){strict}
            """,
            "CREATE INDEX reservations_by_expiry ON reservations (expires_at)",
            "CREATE INDEX reservations_by_taker ON reservations (taker_account, taker_meeting)",
            // None: the meeting was made without a reservation.
            "ALTER TABLE meetings ADD COLUMN connections {integer} CHECK (connections > 0)",
            "ALTER TABLE meetings ADD COLUMN asked_minutes {integer} CHECK (asked_minutes >= 0)",
            // The internal id of the meeting that a server made anew and whose create has its say; none: it was made once.
            "ALTER TABLE meetings ADD COLUMN renewed_id TEXT",
            // Connections that may be reserved on a server; none: any number.
            "ALTER TABLE servers ADD COLUMN connections {integer} CHECK (connections > 0)",
            "ALTER TABLE accounts ADD COLUMN unsupported_calls TEXT NOT NULL DEFAULT ''",
            """
            ALTER TABLE accounts ADD COLUMN dialect TEXT NOT NULL DEFAULT 'bigbluebutton'
                CHECK (dialect IN ('bigbluebutton', 'mconf'))
            """,
            // None: the texts of the platform.
            "ALTER TABLE accounts ADD COLUMN welcome_text TEXT",
            "ALTER TABLE accounts ADD COLUMN moderator_text TEXT",
        ])
}
