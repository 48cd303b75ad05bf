extension Schema {
    /// Rooms with what belongs to them (`rooms-api.md` 7 to 13).
    static let rooms: [String] = people + roomsThemselves + roomSessions

    /// Who has a customer, an account or a room.
    private static let people: [String] = [
        """
        INSERT INTO counters (name, value) VALUES
            ('user', 0), ('room', 0), ('room_token', 0), ('room_code', 0), ('room_session', 0)
        """,
        """
        CREATE TABLE users (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL,
            email TEXT NOT NULL UNIQUE CHECK (email LIKE '_%@_%'),
            first_name TEXT NOT NULL,
            last_name TEXT NOT NULL,
            locale TEXT,
            metadata TEXT NOT NULL,
            password TEXT CHECK (length(password) > 0)
        ){strict}
        """,
        """
        CREATE TABLE customer_users (
            customer_id {integer} NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
            user_id {integer} NOT NULL REFERENCES users (id),
            is_owner {integer} NOT NULL CHECK (is_owner IN (0, 1)),
            created_at {integer} NOT NULL,
            PRIMARY KEY (customer_id, user_id)
        ){strict}
        """,
        "CREATE UNIQUE INDEX customer_owner ON customer_users (customer_id) WHERE is_owner = 1",
        "CREATE INDEX customer_users_by_user ON customer_users (user_id)",
        """
        CREATE TABLE account_users (
            account_id {integer} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            user_id {integer} NOT NULL REFERENCES users (id),
            is_owner {integer} NOT NULL CHECK (is_owner IN (0, 1)),
            created_at {integer} NOT NULL,
            PRIMARY KEY (account_id, user_id)
        ){strict}
        """,
        "CREATE UNIQUE INDEX account_owner ON account_users (account_id) WHERE is_owner = 1",
        "CREATE INDEX account_users_by_user ON account_users (user_id)",
    ]

    private static let roomsThemselves: [String] = [
        // An account with rooms cannot be deleted: who deletes it deletes them first, and writes down that they are gone.
        """
        CREATE TABLE rooms (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            account_id {integer} NOT NULL REFERENCES accounts (id),
            type TEXT NOT NULL CHECK (type IN ('meet', 'video', 'live', 'simulcast')),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL,
            name TEXT NOT NULL CHECK (length(name) > 0),
            folded_name TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
            is_public {integer} NOT NULL CHECK (is_public IN (0, 1)),
            slug TEXT NOT NULL CHECK (length(slug) BETWEEN 1 AND 100),
            features TEXT NOT NULL,
            settings TEXT NOT NULL,
            metadata TEXT NOT NULL
        ){strict}
        """,
        "CREATE INDEX rooms_by_account ON rooms (account_id)",
        "CREATE INDEX rooms_by_creation ON rooms (created_at, ulid)",
        // Scalars at the top of the metadata, as text: the engines read JSON differently.
        """
        CREATE TABLE room_metadata_keys (
            room_id {integer} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (room_id, name)
        ){strict}
        """,
        "CREATE INDEX room_metadata_by_value ON room_metadata_keys (name, value)",
        // Their addresses answer 410 for ever.
        """
        CREATE TABLE gone_rooms (
            public_id TEXT NOT NULL PRIMARY KEY CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            removed_at {integer} NOT NULL
        ){strict}
        """,
        // A token is found by its mark, a keyed hash, and sealed: its link is shown again.
        """
        CREATE TABLE room_tokens (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            room_id {integer} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            token TEXT NOT NULL CHECK (length(token) > 0),
            key_id TEXT NOT NULL CHECK (length(key_id) > 0),
            mark TEXT NOT NULL UNIQUE CHECK (length(mark) = 32),
            role TEXT NOT NULL CHECK (role IN ('moderator', 'attendee', 'guest')),
            created_at {integer} NOT NULL,
            expires_at {integer},
            label TEXT,
            display_name TEXT,
            max_uses {integer} CHECK (max_uses > 0),
            use_count {integer} NOT NULL CHECK (use_count >= 0),
            last_usage {integer},
            is_automatic {integer} NOT NULL CHECK (is_automatic IN (0, 1)),
            CHECK (is_automatic = 0 OR (role = 'guest' AND expires_at IS NULL AND max_uses IS NULL))
        ){strict}
        """,
        "CREATE INDEX room_tokens_by_room ON room_tokens (room_id)",
        "CREATE UNIQUE INDEX room_tokens_automatic ON room_tokens (room_id) WHERE is_automatic = 1",
        // In clear: who administers a room reads them (9).
        """
        CREATE TABLE room_codes (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            room_id {integer} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            code TEXT NOT NULL CHECK (length(code) > 0),
            role TEXT NOT NULL CHECK (role IN ('moderator', 'attendee', 'guest')),
            created_at {integer} NOT NULL,
            expires_at {integer},
            label TEXT,
            last_usage {integer},
            UNIQUE (room_id, code)
        ){strict}
        """,
        """
        CREATE TABLE room_users (
            room_id {integer} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            user_id {integer} NOT NULL REFERENCES users (id),
            is_owner {integer} NOT NULL CHECK (is_owner IN (0, 1)),
            permissions TEXT NOT NULL,
            created_at {integer} NOT NULL,
            PRIMARY KEY (room_id, user_id)
        ){strict}
        """,
        "CREATE UNIQUE INDEX room_owner ON room_users (room_id) WHERE is_owner = 1",
        "CREATE INDEX room_users_by_user ON room_users (user_id)",
    ]

    private static let roomSessions: [String] = [
        // One run of a room. The provider may be deleted: what is told of it stays here.
        """
        CREATE TABLE room_sessions (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            room_id {integer} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            state TEXT NOT NULL CHECK (state IN ('starting', 'running', 'ended')),
            attempt {integer} NOT NULL CHECK (attempt > 0),
            attempted_at {integer} NOT NULL,
            created_at {integer} NOT NULL,
            provider_id {integer},
            provider_public_id TEXT,
            provider_type TEXT,
            meeting_id TEXT NOT NULL CHECK (length(meeting_id) > 0),
            provider_session_id TEXT,
            create_time {integer},
            started_at {integer},
            ended_at {integer},
            end_reason TEXT CHECK (end_reason IN
                ('moderator', 'api', 'empty', 'max_duration', 'preempted', 'provider_lost', 'room_deleted', 'unknown')),
            owes_end {integer} NOT NULL DEFAULT 0 CHECK (owes_end IN (0, 1)),
            used_features TEXT NOT NULL,
            used_settings TEXT NOT NULL,
            recorded {integer} NOT NULL DEFAULT 0 CHECK (recorded IN (0, 1)),
            peak_participants {integer} NOT NULL DEFAULT 0 CHECK (peak_participants >= 0),
            participant_time {integer} NOT NULL DEFAULT 0 CHECK (participant_time >= 0),
            observed_at {integer},
            participants {integer} NOT NULL DEFAULT 0 CHECK (participants >= 0),
            moderators {integer} NOT NULL DEFAULT 0 CHECK (moderators >= 0),
            guests {integer} NOT NULL DEFAULT 0 CHECK (guests >= 0),
            waiting {integer} NOT NULL DEFAULT 0 CHECK (waiting >= 0),
            listeners {integer} NOT NULL DEFAULT 0 CHECK (listeners >= 0),
            voices {integer} NOT NULL DEFAULT 0 CHECK (voices >= 0),
            videos {integer} NOT NULL DEFAULT 0 CHECK (videos >= 0),
            is_recording {integer} NOT NULL DEFAULT 0 CHECK (is_recording IN (0, 1)),
            CHECK ((provider_public_id IS NULL) = (provider_type IS NULL)),
            CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
            CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
            CHECK (state <> 'starting' OR started_at IS NULL),
            CHECK (state <> 'running' OR (started_at IS NOT NULL AND provider_public_id IS NOT NULL)),
            CHECK (owes_end = 0 OR state = 'ended')
        ){strict}
        """,
        // The lock of 11.4: of two who start at once, one does.
        "CREATE UNIQUE INDEX room_sessions_live ON room_sessions (room_id) WHERE state <> 'ended'",
        "CREATE INDEX room_sessions_by_room ON room_sessions (room_id, created_at)",
        "CREATE INDEX room_sessions_by_provider ON room_sessions (provider_public_id)",
        // Who was let into the session that runs may come back (5.3). Pseudonyms, and no longer than it runs.
        """
        CREATE TABLE room_session_visits (
            session_id {integer} NOT NULL REFERENCES room_sessions (id) ON DELETE CASCADE,
            visitor TEXT NOT NULL CHECK (length(visitor) > 0),
            role TEXT NOT NULL CHECK (role IN ('moderator', 'attendee', 'guest')),
            first_at {integer} NOT NULL,
            last_at {integer} NOT NULL,
            PRIMARY KEY (session_id, visitor)
        ){strict}
        """,
    ]
}
