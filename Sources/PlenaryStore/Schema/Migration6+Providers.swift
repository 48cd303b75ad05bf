extension Schema {
    /// Service providers, and where they are attached (`rooms-api.md` 5 and 6).
    static let providers: [String] = []
}
