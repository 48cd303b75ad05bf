extension Schema {
    /// Who may use the REST API, and what accounts are called there (`rooms-api.md` 2 and 4).
    static let access: [String] = [
        "INSERT INTO counters (name, value) VALUES ('api_key', 0), ('admin', 0), ('role', 0)",

        // None: the store gives it one when it is opened, since nothing here can draw lots.
        "ALTER TABLE accounts ADD COLUMN public_id TEXT CHECK (length(public_id) = 10)",
        "ALTER TABLE accounts ADD COLUMN uuid TEXT CHECK (length(uuid) = 36)",
        "ALTER TABLE accounts ADD COLUMN ulid TEXT CHECK (length(ulid) = 26)",
        "CREATE UNIQUE INDEX accounts_by_public_id ON accounts (public_id)",
        "CREATE UNIQUE INDEX accounts_by_uuid ON accounts (uuid)",
        "CREATE UNIQUE INDEX accounts_by_ulid ON accounts (ulid)",
        "ALTER TABLE accounts ADD COLUMN code TEXT",
        "ALTER TABLE accounts ADD COLUMN tag TEXT",
        "ALTER TABLE accounts ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}'",
        // None: when it was made.
        "ALTER TABLE accounts ADD COLUMN updated_at {integer}",
        """
        ALTER TABLE accounts ADD COLUMN integration_enabled {integer} NOT NULL DEFAULT 1
            CHECK (integration_enabled IN (0, 1))
        """,

        // The verifier is a keyed hash with the key's own secret: whoever reads this table has no key.
        """
        CREATE TABLE api_keys (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            verifier TEXT NOT NULL CHECK (length(verifier) = 32),
            name TEXT NOT NULL CHECK (length(name) > 0),
            description TEXT,
            scopes TEXT NOT NULL CHECK (length(scopes) > 0),
            reach TEXT NOT NULL CHECK (reach IN ('platform', 'customers')),
            created_by TEXT,
            created_at {integer} NOT NULL,
            expires_at {integer},
            last_used_at {integer}
        ){strict}
        """,
        // A customer who goes takes his keys' reach with him: such a key reaches nothing.
        """
        CREATE TABLE api_key_customers (
            api_key_id {integer} NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
            customer_id {integer} NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
            PRIMARY KEY (api_key_id, customer_id)
        ){strict}
        """,
        "CREATE INDEX api_key_customers_by_customer ON api_key_customers (customer_id)",

        // The built-in role is no row, so that nobody edits it: who has it has a mark.
        """
        CREATE TABLE admins (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            email TEXT NOT NULL UNIQUE CHECK (email LIKE '_%@_%'),
            name TEXT NOT NULL CHECK (length(name) > 0),
            password TEXT CHECK (length(password) > 0),
            is_active {integer} NOT NULL CHECK (is_active IN (0, 1)),
            is_full {integer} NOT NULL CHECK (is_full IN (0, 1)),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL
        ){strict}
        """,
        """
        CREATE TABLE roles (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            name TEXT NOT NULL UNIQUE CHECK (length(name) > 0 AND name <> 'admin'),
            scopes TEXT NOT NULL CHECK (length(scopes) > 0),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL
        ){strict}
        """,
        """
        CREATE TABLE admin_roles (
            admin_id {integer} NOT NULL REFERENCES admins (id) ON DELETE CASCADE,
            role_id {integer} NOT NULL REFERENCES roles (id),
            PRIMARY KEY (admin_id, role_id)
        ){strict}
        """,
        "CREATE INDEX admin_roles_by_role ON admin_roles (role_id)",

        // Without an administrator: it makes the first one.
        """
        CREATE TABLE setup_links (
            mark TEXT NOT NULL PRIMARY KEY CHECK (length(mark) = 32),
            admin_id {integer} REFERENCES admins (id) ON DELETE CASCADE,
            expires_at {integer} NOT NULL,
            created_at {integer} NOT NULL
        ){strict}
        """,

        // No reference: administrators and users have tables of their own. What is signed out is not kept.
        """
        CREATE TABLE user_sessions (
            verifier TEXT NOT NULL PRIMARY KEY CHECK (length(verifier) = 32),
            kind TEXT NOT NULL CHECK (kind IN ('admin', 'user')),
            subject_id {integer} NOT NULL,
            started_at {integer} NOT NULL,
            seen_at {integer} NOT NULL
        ){strict}
        """,
        "CREATE INDEX user_sessions_by_subject ON user_sessions (kind, subject_id)",
        "CREATE INDEX user_sessions_by_seen ON user_sessions (seen_at)",

        // A request that runs has no answer yet. Answers are sealed: they may hold what is shown once.
        """
        CREATE TABLE idempotency_records (
            credential TEXT NOT NULL,
            path TEXT NOT NULL,
            request_key TEXT NOT NULL CHECK (length(request_key) BETWEEN 1 AND 255),
            fingerprint TEXT NOT NULL,
            attempt {integer} NOT NULL CHECK (attempt > 0),
            started_at {integer} NOT NULL,
            answer TEXT,
            key_id TEXT,
            PRIMARY KEY (credential, path, request_key),
            CHECK ((answer IS NULL) = (key_id IS NULL))
        ){strict}
        """,
        "CREATE INDEX idempotency_records_by_start ON idempotency_records (started_at)",
    ]
}
