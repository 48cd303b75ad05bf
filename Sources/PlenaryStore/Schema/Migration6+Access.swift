extension Schema {
    /// Who may use the REST API, and what accounts are called there (`rooms-api.md` 2 and 4).
    static let access: [String] = []
}
