extension Schema {
    static let second = Migration(
        number: 2, name: "callbacks, hooks, orders, tags, documents",
        statements: [
            "INSERT INTO counters (name, value) VALUES ('delivery', 0), ('hook', 0), ('order', 0)",
            "ALTER TABLE servers ADD COLUMN tags TEXT NOT NULL DEFAULT ''",

            // What makes our addresses for a meeting unguessable; empty for meetings of the version before.
            "ALTER TABLE meetings ADD COLUMN token TEXT NOT NULL DEFAULT ''",
            // Who asked for callbacks, and where: a form of names and addresses. No reference: the secret may be removed.
            "ALTER TABLE meetings ADD COLUMN secret_id {integer}",
            "ALTER TABLE meetings ADD COLUMN callbacks TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE meetings ADD COLUMN logout_url TEXT",
            "ALTER TABLE meetings ADD COLUMN voice_bridge TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE meetings ADD COLUMN replaces {integer} REFERENCES meetings (id)",
            """
            UPDATE meetings SET replaces = (
                SELECT MAX(old.id) FROM meetings AS old
                WHERE old.account_id = meetings.account_id AND old.meeting_id = meetings.meeting_id AND old.state = 'displaced'
            ) WHERE state = 'creating'
            """,
            // Internal ids that it had elsewhere, by which its caller may still name it.
            "ALTER TABLE meetings ADD COLUMN former_ids TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE meetings ADD COLUMN is_breakout {integer} NOT NULL DEFAULT 0 CHECK (is_breakout IN (0, 1))",
            // Whether somebody pressed record; unknown until the server tells.
            "ALTER TABLE meetings ADD COLUMN recording_marks {integer} CHECK (recording_marks IN (0, 1))",
            // Whose a recording is: its id is the internal id of its meeting.
            "CREATE INDEX meetings_by_internal_id ON meetings (internal_meeting_id)",
            "CREATE INDEX meetings_by_creation ON meetings (account_id, created_at)",
            """
            CREATE TABLE meeting_documents (
                meeting {integer} NOT NULL PRIMARY KEY REFERENCES meetings (id),
                content_type TEXT NOT NULL, document {blob} NOT NULL
            ){strict}
            """,

            // A backlog is what has one limit: a lane, or all lanes of a web hook. The receiver is host and port of the address,
            // however it is written. Answers are tries that were answered with an error. Done is when it was acknowledged or
            // given up. The payload is the last column: it may be long, and what stands behind it is found only by way of it.
            """
            CREATE TABLE deliveries (
                id {integer} NOT NULL PRIMARY KEY,
                account_id {integer} NOT NULL REFERENCES accounts (id),
                kind TEXT NOT NULL CHECK (kind IN ('end', 'ended', 'recording', 'analytics', 'hook')),
                meeting {integer} REFERENCES meetings (id),
                event TEXT NOT NULL UNIQUE,
                lane TEXT NOT NULL,
                backlog TEXT NOT NULL,
                receiver TEXT NOT NULL,
                url TEXT NOT NULL,
                secret_id {integer},
                state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'parked')),
                attempts {integer} NOT NULL DEFAULT 0 CHECK (attempts >= 0),
                answers {integer} NOT NULL DEFAULT 0 CHECK (answers >= 0),
                answered_since {integer},
                due_at {integer} NOT NULL,
                last_result TEXT,
                created_at {integer} NOT NULL,
                done_at {integer},
                payload TEXT NOT NULL,
                CHECK ((state = 'waiting') = (done_at IS NULL))
            ){strict}
            """,
            "CREATE INDEX deliveries_due ON deliveries (receiver, due_at, id) WHERE state = 'waiting'",
            "CREATE INDEX deliveries_done ON deliveries (done_at) WHERE state <> 'waiting'",
            "CREATE INDEX deliveries_by_lane ON deliveries (lane, id) WHERE state = 'waiting'",
            "CREATE INDEX deliveries_by_backlog ON deliveries (backlog, state, id)",
            "CREATE INDEX deliveries_by_meeting ON deliveries (meeting)",

            """
            CREATE TABLE hooks (
                number {integer} NOT NULL PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                account_id {integer} NOT NULL REFERENCES accounts (id),
                callback_url TEXT NOT NULL,
                meeting_id TEXT,
                event_id TEXT,
                is_raw {integer} NOT NULL CHECK (is_raw IN (0, 1)),
                secret_id {integer},
                created_at {integer} NOT NULL,
                UNIQUE (account_id, callback_url)
            ){strict}
            """,
            // Our own hook at each server, one for events and one for raw messages.
            """
            CREATE TABLE server_hooks (
                server_id {integer} NOT NULL REFERENCES servers (id),
                is_raw {integer} NOT NULL CHECK (is_raw IN (0, 1)),
                hook_id TEXT NOT NULL,
                callback_url TEXT NOT NULL,
                registered_at {integer} NOT NULL,
                PRIMARY KEY (server_id, is_raw)
            ){strict}
            """,

            """
            CREATE TABLE orders (
                id {integer} NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL CHECK (kind IN ('move', 'evacuate', 'panic', 'until-empty')),
                server_id {integer} REFERENCES servers (id),
                meeting {integer} REFERENCES meetings (id),
                target_id {integer} REFERENCES servers (id),
                per_minute {real} CHECK (per_minute > 0),
                state TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed', 'cancelled')),
                moved {integer} NOT NULL DEFAULT 0, failed {integer} NOT NULL DEFAULT 0,
                message TEXT NOT NULL DEFAULT '',
                created_at {integer} NOT NULL, done_at {integer},
                CHECK ((kind = 'move') = (meeting IS NOT NULL)),
                CHECK ((kind = 'move') = (server_id IS NULL)),
                CHECK ((state = 'open') = (done_at IS NULL))
            ){strict}
            """,
            // One order at a time for a server.
            "CREATE UNIQUE INDEX orders_open ON orders (server_id) WHERE state = 'open' AND server_id IS NOT NULL",

            // The kinds of change are more. Whoever followed the old feed finds its rows gone, and reads everything anew.
            "DROP TABLE changes",
            """
            CREATE TABLE changes (
                seq {integer} NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL CHECK (kind IN ('account', 'server', 'meeting', 'hook', 'order')),
                entity {integer} NOT NULL
            ){strict}
            """,
            // One more than anybody can have seen, so that nobody takes the empty feed for silence.
            "UPDATE counters SET value = value + 1 WHERE name = 'changes'",
        ])
}
