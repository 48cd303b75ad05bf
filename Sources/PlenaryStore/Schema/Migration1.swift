extension Schema {
    static let first = Migration(
        number: 1, name: "accounts, servers, meetings, joins, changes",
        statements: [
            // Numbers come from rows, not from sequences: whoever sees number n has seen all below it, on both engines.
            """
            CREATE TABLE counters (
                name TEXT NOT NULL PRIMARY KEY, value {integer} NOT NULL CHECK (value >= 0)
            ){strict}
            """,
            """
            INSERT INTO counters (name, value) VALUES
                ('changes', 0), ('account', 0), ('secret', 0), ('server', 0), ('meeting', 0), ('join', 0)
            """,
            """
            CREATE TABLE accounts (
                id {integer} NOT NULL PRIMARY KEY,
                slug TEXT NOT NULL UNIQUE CHECK (length(slug) BETWEEN 1 AND 63),
                name TEXT NOT NULL,
                created_at {integer} NOT NULL
            ){strict}
            """,
            """
            CREATE TABLE account_secrets (
                id {integer} NOT NULL PRIMARY KEY,
                account_id {integer} NOT NULL REFERENCES accounts (id),
                label TEXT NOT NULL,
                secret TEXT NOT NULL CHECK (length(secret) > 0),
                created_at {integer} NOT NULL,
                UNIQUE (account_id, secret)
            ){strict}
            """,
            """
            CREATE TABLE servers (
                id {integer} NOT NULL PRIMARY KEY,
                name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
                url TEXT NOT NULL CHECK (length(url) > 0),
                secret TEXT NOT NULL CHECK (length(secret) > 0),
                administrative TEXT NOT NULL CHECK (administrative IN ('ready', 'drain', 'maintenance', 'force')),
                capacity {real} NOT NULL CHECK (capacity > 0),
                created_at {integer} NOT NULL,
                removed_at {integer}
            ){strict}
            """,
            "CREATE UNIQUE INDEX servers_by_name ON servers (name) WHERE removed_at IS NULL",
            "CREATE UNIQUE INDEX servers_by_url ON servers (url) WHERE removed_at IS NULL",
            """
            CREATE TABLE meetings (
                id {integer} NOT NULL PRIMARY KEY,
                account_id {integer} NOT NULL REFERENCES accounts (id),
                meeting_id TEXT NOT NULL CHECK (length(meeting_id) > 0),
                name TEXT NOT NULL,
                server_id {integer} NOT NULL REFERENCES servers (id),
                state TEXT NOT NULL CHECK (state IN ('creating', 'running', 'displaced', 'ended')),
                epoch {integer} NOT NULL CHECK (epoch > 0),
                internal_meeting_id TEXT,
                create_time {integer},
                attendee_pw TEXT NOT NULL,
                moderator_pw TEXT NOT NULL,
                parameters TEXT NOT NULL,
                expected_load {real} NOT NULL CHECK (expected_load >= 0),
                creator TEXT NOT NULL,
                is_ending {integer} NOT NULL DEFAULT 0 CHECK (is_ending IN (0, 1)),
                created_at {integer} NOT NULL,
                ended_at {integer},
                end_reason TEXT,
                CHECK (state <> 'running' OR (internal_meeting_id IS NOT NULL AND create_time IS NOT NULL)),
                CHECK ((state = 'ended') = (ended_at IS NOT NULL))
            ){strict}
            """,
            // Uniqueness is a constraint, not a lock: one live meeting of an id in an account.
            "CREATE UNIQUE INDEX meetings_live ON meetings (account_id, meeting_id) WHERE state IN ('creating', 'running')",
            "CREATE INDEX meetings_open ON meetings (server_id) WHERE state <> 'ended'",
            "CREATE INDEX meetings_by_key ON meetings (account_id, meeting_id, id)",
            // Whoever looks for the origin of a copy does not know the account.
            "CREATE INDEX meetings_by_meeting_id ON meetings (meeting_id, id)",
            // Every server that a create may have reached: what explains a copy that turns up late.
            """
            CREATE TABLE placements (
                meeting {integer} NOT NULL REFERENCES meetings (id),
                server_id {integer} NOT NULL REFERENCES servers (id),
                placed_at {integer} NOT NULL,
                PRIMARY KEY (meeting, server_id)
            ){strict}
            """,
            """
            CREATE TABLE joins (
                id {integer} NOT NULL PRIMARY KEY,
                meeting {integer} NOT NULL REFERENCES meetings (id),
                full_name TEXT NOT NULL,
                user_id TEXT,
                role TEXT,
                joined_at {integer} NOT NULL
            ){strict}
            """,
            "CREATE INDEX joins_by_meeting ON joins (meeting, id)",
            """
            CREATE TABLE changes (
                seq {integer} NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL CHECK (kind IN ('account', 'server', 'meeting')),
                entity {integer} NOT NULL
            ){strict}
            """,
            """
            CREATE TABLE nodes (
                id TEXT NOT NULL PRIMARY KEY, version TEXT NOT NULL, address TEXT NOT NULL,
                started_at {integer} NOT NULL, seen_at {integer} NOT NULL
            ){strict}
            """,
            """
            CREATE TABLE observations (
                server_id {integer} NOT NULL PRIMARY KEY REFERENCES servers (id),
                state TEXT NOT NULL, fault TEXT, since {integer} NOT NULL,
                meetings {integer} NOT NULL, users {integer} NOT NULL, unexplained {integer} NOT NULL,
                load {real} NOT NULL, seen_at {integer} NOT NULL
            ){strict}
            """,
        ])
}
