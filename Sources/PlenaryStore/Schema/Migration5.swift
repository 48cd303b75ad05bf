extension Schema {
    static let fifth = Migration(
        number: 5, name: "secrets are sealed, and when they were last used",
        statements: [
            // The key that a secret is sealed with. None: it is in clear; the store seals it when it is opened.
            "ALTER TABLE account_secrets ADD COLUMN key_id TEXT CHECK (length(key_id) > 0)",
            "ALTER TABLE servers ADD COLUMN key_id TEXT CHECK (length(key_id) > 0)",
            "ALTER TABLE installation ADD COLUMN key_id TEXT CHECK (length(key_id) > 0)",
            // Whose secret it is tells whose call it is. Sealed texts are never the same, marks of the same secret are.
            "ALTER TABLE account_secrets ADD COLUMN mark TEXT CHECK (key_id IS NULL OR mark IS NOT NULL)",
            "DROP INDEX account_secrets_by_secret",
            "CREATE UNIQUE INDEX account_secrets_by_mark ON account_secrets (mark)",
            // Written at most once an hour.
            "ALTER TABLE account_secrets ADD COLUMN last_used_at {integer}",
        ])
}
