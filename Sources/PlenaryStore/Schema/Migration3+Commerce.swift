extension Schema {
    /// Customers, packages and subscriptions (`rooms-api.md` 3 to 5), and whose subscription an account has.
    ///
    /// Feature codes are not listed: the catalogue of the program grows, and knows which there are.
    static let commerce: [String] = [
        "INSERT INTO counters (name, value) VALUES ('customer', 0), ('package', 0), ('subscription', 0)",

        """
        CREATE TABLE customers (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            customer_key TEXT NOT NULL UNIQUE CHECK (length(customer_key) > 0),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL,
            external_id TEXT UNIQUE CHECK (length(external_id) > 0),
            prefix TEXT,
            type TEXT NOT NULL CHECK (type IN ('business', 'personal')),
            status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'inactive', 'terminated')),
            email TEXT NOT NULL UNIQUE CHECK (email LIKE '_%@_%'),
            first_name TEXT NOT NULL,
            last_name TEXT NOT NULL,
            company_name TEXT,
            hostname TEXT UNIQUE CHECK (length(hostname) > 0),
            subdomain TEXT NOT NULL UNIQUE CHECK (length(subdomain) BETWEEN 1 AND 63),
            country TEXT NOT NULL CHECK (length(country) = 2),
            currency TEXT NOT NULL CHECK (length(currency) = 3),
            locale TEXT NOT NULL,
            timezone TEXT NOT NULL,
            allowed_origins TEXT NOT NULL,
            allowed_domains TEXT NOT NULL,
            metadata TEXT NOT NULL,
            CHECK (type <> 'business' OR company_name IS NOT NULL)
        ){strict}
        """,

        """
        CREATE TABLE packages (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL,
            name TEXT NOT NULL CHECK (length(name) > 0),
            description TEXT NOT NULL,
            short_description TEXT NOT NULL,
            service_type TEXT NOT NULL CHECK (service_type IN ('meet', 'video', 'live', 'simulcast')),
            status TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
            is_hidden {integer} NOT NULL CHECK (is_hidden IN (0, 1)),
            is_retired {integer} NOT NULL CHECK (is_retired IN (0, 1)),
            price TEXT NOT NULL CHECK (
                length(price) > 0 AND length(trim(price, '0123456789.')) = 0
                AND price NOT LIKE '%.%.%' AND price NOT LIKE '.%' AND price NOT LIKE '%.'),
            signup_fee TEXT NOT NULL CHECK (
                length(signup_fee) > 0 AND length(trim(signup_fee, '0123456789.')) = 0
                AND signup_fee NOT LIKE '%.%.%' AND signup_fee NOT LIKE '.%' AND signup_fee NOT LIKE '%.'),
            currency TEXT NOT NULL CHECK (length(currency) = 3),
            tier {real},
            trial_count {integer} NOT NULL CHECK (trial_count BETWEEN 0 AND 1000),
            trial_unit TEXT NOT NULL CHECK (trial_unit IN ('day', 'week', 'month', 'year')),
            grace_count {integer} NOT NULL CHECK (grace_count BETWEEN 0 AND 1000),
            grace_unit TEXT NOT NULL CHECK (grace_unit IN ('day', 'week', 'month', 'year')),
            period_count {integer} NOT NULL CHECK (period_count BETWEEN 0 AND 1000),
            period_unit TEXT NOT NULL CHECK (period_unit IN ('day', 'week', 'month', 'year')),
            metadata TEXT NOT NULL
        ){strict}
        """,
        """
        CREATE TABLE package_features (
            package_id {integer} NOT NULL REFERENCES packages (id),
            code TEXT NOT NULL CHECK (length(code) > 0),
            kind TEXT NOT NULL CHECK (kind IN ('count', 'flag', 'unlimited')),
            number {integer} CHECK (number >= 0),
            PRIMARY KEY (package_id, code),
            CHECK ((kind = 'unlimited') = (number IS NULL)),
            CHECK (kind <> 'flag' OR number IN (0, 1))
        ){strict}
        """,

        """
        CREATE TABLE subscriptions (
            id {integer} NOT NULL PRIMARY KEY,
            public_id TEXT NOT NULL UNIQUE CHECK (length(public_id) = 10),
            uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
            ulid TEXT NOT NULL UNIQUE CHECK (length(ulid) = 26),
            tag TEXT NOT NULL UNIQUE CHECK (length(tag) = 8),
            package_id {integer} NOT NULL REFERENCES packages (id),
            customer_id {integer} NOT NULL REFERENCES customers (id),
            service_type TEXT NOT NULL CHECK (service_type IN ('meet', 'video', 'live', 'simulcast')),
            created_at {integer} NOT NULL,
            updated_at {integer} NOT NULL,
            name TEXT NOT NULL CHECK (length(name) > 0),
            description TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'suspended', 'canceled', 'terminated')),
            starts_at {integer},
            ends_at {integer},
            trial_ends_at {integer},
            cancels_at {integer},
            canceled_at {integer},
            trial_count {integer} NOT NULL CHECK (trial_count BETWEEN 0 AND 1000),
            trial_unit TEXT NOT NULL CHECK (trial_unit IN ('day', 'week', 'month', 'year')),
            grace_count {integer} NOT NULL CHECK (grace_count BETWEEN 0 AND 1000),
            grace_unit TEXT NOT NULL CHECK (grace_unit IN ('day', 'week', 'month', 'year')),
            period_count {integer} NOT NULL CHECK (period_count BETWEEN 0 AND 1000),
            period_unit TEXT NOT NULL CHECK (period_unit IN ('day', 'week', 'month', 'year')),
            tier {real},
            price TEXT NOT NULL CHECK (
                length(price) > 0 AND length(trim(price, '0123456789.')) = 0
                AND price NOT LIKE '%.%.%' AND price NOT LIKE '.%' AND price NOT LIKE '%.'),
            currency TEXT NOT NULL CHECK (length(currency) = 3),
            metadata TEXT NOT NULL,
            CHECK ((cancels_at IS NULL) = (canceled_at IS NULL)),
            CHECK (ends_at IS NULL OR (starts_at IS NOT NULL AND ends_at > starts_at)),
            CHECK (trial_ends_at IS NULL OR (starts_at IS NOT NULL AND trial_ends_at > starts_at))
        ){strict}
        """,
        "CREATE INDEX subscriptions_by_customer ON subscriptions (customer_id)",
        "CREATE INDEX subscriptions_by_package ON subscriptions (package_id)",
        """
        CREATE TABLE subscription_features (
            subscription_id {integer} NOT NULL REFERENCES subscriptions (id),
            code TEXT NOT NULL CHECK (length(code) > 0),
            kind TEXT NOT NULL CHECK (kind IN ('count', 'flag', 'unlimited')),
            number {integer} CHECK (number >= 0),
            source TEXT NOT NULL CHECK (source IN ('package', 'subscription')),
            PRIMARY KEY (subscription_id, code),
            CHECK ((kind = 'unlimited') = (number IS NULL)),
            CHECK (kind <> 'flag' OR number IN (0, 1))
        ){strict}
        """,

        // None: the plain balancer, which sells nothing.
        "ALTER TABLE accounts ADD COLUMN subscription_id {integer} REFERENCES subscriptions (id)",
        "CREATE INDEX accounts_by_subscription ON accounts (subscription_id)",
    ]
}
