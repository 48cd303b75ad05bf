extension Schema {
    /// Rules about parameters of calls: of an account, or global ones, which have no account.
    static let policies: [String] = [
        """
        CREATE TABLE parameter_rules (
            account_id {integer} REFERENCES accounts (id),
            call TEXT NOT NULL CHECK (call IN ('create', 'join')),
            kind TEXT NOT NULL CHECK (kind IN ('default', 'override', 'remove')),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
            value TEXT,
            set_at {integer} NOT NULL,
            CHECK ((kind = 'remove') = (value IS NULL))
        ){strict}
        """,
        // One rule for a parameter. Two indexes, because no NULL is equal to another one.
        "CREATE UNIQUE INDEX parameter_rules_for_all ON parameter_rules (call, name) WHERE account_id IS NULL",
        """
        CREATE UNIQUE INDEX parameter_rules_own ON parameter_rules (account_id, call, name) WHERE account_id IS NOT NULL
        """,
    ]
}
