extension Schema {
    /// Rooms with what belongs to them (`rooms-api.md` 7 to 13).
    static let rooms: [String] = []
}
