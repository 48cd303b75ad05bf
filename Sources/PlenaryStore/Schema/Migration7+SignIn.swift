extension Schema {
    /// Links with which users set their passwords. Those of administrators have a table of their own, where a link without anybody
    /// makes the first one: here each is for somebody.
    static let signIn: [String] = [
        """
        CREATE TABLE user_setup_links (
            mark TEXT NOT NULL PRIMARY KEY CHECK (length(mark) = 32),
            user_id {integer} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            expires_at {integer} NOT NULL,
            created_at {integer} NOT NULL
        ){strict}
        """,
        "CREATE INDEX user_setup_links_by_user ON user_setup_links (user_id)",
    ]
}
