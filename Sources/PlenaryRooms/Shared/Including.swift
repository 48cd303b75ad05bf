internal import PlenaryCore

extension JSON {
    /// An object with one member more behind the others: what `include` adds (`rooms-api.md` 2.6).
    func including(_ name: String, _ value: JSON) -> JSON {
        .object((members ?? []) + [JSON.Member(name, value)])
    }
}
