extension Schema {
    /// The customer by whom a user came here, and who may change them (`rooms-api.md` 13.3).
    static let homes: [String] = [
        "ALTER TABLE users ADD COLUMN home_customer_id {integer} REFERENCES customers (id) ON DELETE SET NULL",
        """
        UPDATE users SET home_customer_id = (
            SELECT m.customer_id FROM customer_users AS m WHERE m.user_id = users.id
            ORDER BY m.created_at, m.customer_id LIMIT 1
        )
        """,
        "CREATE INDEX users_by_home ON users (home_customer_id)",
    ]
}
