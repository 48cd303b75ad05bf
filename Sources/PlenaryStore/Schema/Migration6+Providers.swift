extension Schema {
    /// Service providers, and where they are attached (`rooms-api.md` 5 and 6).
    static let providers: [String] = [
        "INSERT INTO counters (name, value) VALUES ('provider', 0)",

        // An address and a secret are what a type that is called needs, and no other has. `service_type` follows from the type.
        """
        CREATE TABLE service_providers (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            type TEXT NOT NULL CHECK (type IN ('bigbluebutton', 'scalelite', 'fleet')),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL,
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
            is_active {integer} NOT NULL CHECK (is_active IN (0, 1)),
            is_pending {integer} NOT NULL CHECK (is_pending IN (0, 1)),
            host_url TEXT,
            api_url TEXT CHECK (api_url LIKE 'https://_%/bigbluebutton/api'),
            secret TEXT,
            key_id TEXT,
            server_tag TEXT,
            metadata TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('unknown', 'healthy', 'degraded', 'down')),
            checked_at {integer},
            failures {integer} NOT NULL CHECK (failures >= 0),
            credits {integer} NOT NULL CHECK (credits >= 0),
            latency_ms {integer},
            version TEXT,
            version_check TEXT CHECK (version_check IN ('ok', 'unsupported', 'unverified')),
            tls_checked_at {integer},
            tls_fault TEXT,
            tls_not_after {integer},
            tls_issuer TEXT,
            CHECK (is_active = 0 OR is_pending = 0),
            CHECK ((type = 'fleet') = (api_url IS NULL)),
            CHECK ((host_url IS NULL) = (api_url IS NULL)),
            CHECK ((secret IS NULL) = (api_url IS NULL)),
            CHECK ((key_id IS NULL) = (secret IS NULL)),
            CHECK (type = 'fleet' OR server_tag IS NULL)
        ){strict}
        """,

        """
        CREATE TABLE package_providers (
            package_id {integer} NOT NULL REFERENCES packages (id),
            provider_id {integer} NOT NULL REFERENCES service_providers (id),
            position {integer} NOT NULL,
            is_default {integer} NOT NULL CHECK (is_default IN (0, 1)),
            is_active {integer} NOT NULL CHECK (is_active IN (0, 1)),
            PRIMARY KEY (package_id, provider_id),
            UNIQUE (package_id, position),
            CHECK (is_default = 0 OR is_active = 1)
        ){strict}
        """,
        "CREATE UNIQUE INDEX package_providers_default ON package_providers (package_id) WHERE is_default = 1",
        "CREATE INDEX package_providers_by_provider ON package_providers (provider_id)",
        """
        CREATE TABLE subscription_providers (
            subscription_id {integer} NOT NULL REFERENCES subscriptions (id),
            provider_id {integer} NOT NULL REFERENCES service_providers (id),
            position {integer} NOT NULL,
            is_default {integer} NOT NULL CHECK (is_default IN (0, 1)),
            is_active {integer} NOT NULL CHECK (is_active IN (0, 1)),
            PRIMARY KEY (subscription_id, provider_id),
            UNIQUE (subscription_id, position),
            CHECK (is_default = 0 OR is_active = 1)
        ){strict}
        """,
        """
        CREATE UNIQUE INDEX subscription_providers_default ON subscription_providers (subscription_id)
        WHERE is_default = 1
        """,
        "CREATE INDEX subscription_providers_by_provider ON subscription_providers (provider_id)",
    ]
}
