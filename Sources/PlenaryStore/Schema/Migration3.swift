extension Schema {
    static let third = Migration(
        number: 3, name: "rights and limits of accounts, rules about parameters, customers, packages, subscriptions",
        statements: [
            // What is made once for all processes of an installation.
            "CREATE TABLE installation (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL){strict}",

            "ALTER TABLE accounts ADD COLUMN is_enabled {integer} NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1))",
            "ALTER TABLE accounts ADD COLUMN may_record {integer} NOT NULL DEFAULT 1 CHECK (may_record IN (0, 1))",
            // The operator's own account always could.
            """
            ALTER TABLE accounts ADD COLUMN may_use_balancer_calls {integer} NOT NULL DEFAULT 0
                CHECK (may_use_balancer_calls IN (0, 1))
            """,
            "UPDATE accounts SET may_use_balancer_calls = 1 WHERE id = 1",
            "ALTER TABLE accounts ADD COLUMN server_tags TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE accounts ADD COLUMN algorithms TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE accounts ADD COLUMN max_meetings {integer} CHECK (max_meetings > 0)",
            "ALTER TABLE accounts ADD COLUMN max_participants {integer} CHECK (max_participants > 0)",
            "ALTER TABLE accounts ADD COLUMN max_duration {integer} CHECK (max_duration > 0)",
            "ALTER TABLE accounts ADD COLUMN max_connections {integer} CHECK (max_connections > 0)",
            "ALTER TABLE accounts ADD COLUMN default_participants {integer} CHECK (default_participants > 0)",
            "ALTER TABLE accounts ADD COLUMN default_duration {integer} CHECK (default_duration > 0)",
            "ALTER TABLE account_secrets ADD COLUMN expires_at {integer}",
            // Whose secret it is tells whose call it is.
            "CREATE UNIQUE INDEX account_secrets_by_secret ON account_secrets (secret)",

            // The kinds of change are more. Whoever followed the old feed finds its rows gone, and reads everything anew.
            "DROP TABLE changes",
            """
            CREATE TABLE changes (
                seq {integer} NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL CHECK (kind IN ('account', 'server', 'meeting', 'hook', 'order', 'policy')),
                entity {integer} NOT NULL
            ){strict}
            """,
            // One more than anybody can have seen, so that nobody takes the empty feed for silence.
            "UPDATE counters SET value = value + 1 WHERE name = 'changes'",
        ] + policies + commerce)
}
