extension Schema {
    /// What happened, and who is told (`rooms-api.md` 16).
    static let events: [String] = [
        """
        INSERT INTO counters (name, value) VALUES
            ('event', 0), ('webhook', 0), ('webhook_secret', 0), ('webhook_delivery', 0)
        """,
        // The public id of the account is a text: what happened in one that is gone happened. A customer takes all along.
        """
        CREATE TABLE platform_events (
            id {integer} NOT NULL PRIMARY KEY,
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            type TEXT NOT NULL CHECK (length(type) > 0),
            created_at {integer} NOT NULL,
            sequence {integer} NOT NULL CHECK (sequence > 0),
            customer_id {integer} REFERENCES customers (id) ON DELETE CASCADE,
            customer_public_id TEXT,
            account_public_id TEXT,
            subject_object TEXT NOT NULL,
            subject_id TEXT NOT NULL,
            data TEXT NOT NULL,
            CHECK ((customer_id IS NULL) = (customer_public_id IS NULL))
        ){strict}
        """,
        "CREATE INDEX platform_events_by_creation ON platform_events (created_at, ulid)",
        "CREATE INDEX platform_events_by_customer ON platform_events (customer_id, created_at)",
        // Beside the events, which go: a subject never counts anew.
        """
        CREATE TABLE event_sequences (
            subject_object TEXT NOT NULL,
            subject_id TEXT NOT NULL,
            value {integer} NOT NULL CHECK (value > 0),
            last_at {integer} NOT NULL,
            PRIMARY KEY (subject_object, subject_id)
        ){strict}
        """,
        "CREATE INDEX event_sequences_by_last ON event_sequences (last_at)",

        // Without a customer: the platform's. `receiver` is host and port. `events` has one selection a line.
        """
        CREATE TABLE webhooks (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            customer_id {integer} REFERENCES customers (id) ON DELETE CASCADE,
            url TEXT NOT NULL CHECK (length(url) > 0),
            receiver TEXT NOT NULL,
            events TEXT NOT NULL CHECK (length(events) > 0),
            description TEXT,
            is_active {integer} NOT NULL CHECK (is_active IN (0, 1)),
            failing_since {integer},
            switched_off_at {integer},
            switched_off TEXT CHECK (switched_off IN ('failing', 'gone')),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL,
            CHECK ((switched_off_at IS NULL) = (switched_off IS NULL)),
            CHECK (is_active = 0 OR switched_off IS NULL)
        ){strict}
        """,
        "CREATE INDEX webhooks_by_customer ON webhooks (customer_id)",
        // The newest signs, and those before it until they expire.
        """
        CREATE TABLE webhook_secrets (
            id {integer} NOT NULL PRIMARY KEY,
            webhook_id {integer} NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
            secret TEXT NOT NULL CHECK (length(secret) > 0),
            key_id TEXT NOT NULL CHECK (length(key_id) > 0),
            expires_at {integer},
            created_at {integer} NOT NULL
        ){strict}
        """,
        "CREATE INDEX webhook_secrets_by_webhook ON webhook_secrets (webhook_id)",
        """
        CREATE TABLE webhook_deliveries (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            webhook_id {integer} NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
            event_id {integer} NOT NULL REFERENCES platform_events (id) ON DELETE CASCADE,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
            attempts {integer} NOT NULL CHECK (attempts >= 0),
            due_at {integer} NOT NULL,
            last_status {integer},
            last_result TEXT,
            created_at {integer} NOT NULL,
            done_at {integer},
            CHECK ((state = 'waiting') = (done_at IS NULL))
        ){strict}
        """,
        "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, id) WHERE state = 'waiting'",
        // For those that are given up because too many wait.
        "CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, id) WHERE state = 'waiting'",
        "CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, created_at)",
        "CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event_id)",

        // The end about which it was told that it is over.
        "ALTER TABLE room_tokens ADD COLUMN told_expiry {integer}",
        "CREATE INDEX room_tokens_by_expiry ON room_tokens (expires_at) WHERE expires_at IS NOT NULL",
    ]
}
