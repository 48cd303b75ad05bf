package import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

extension Platform {
    /// Who comes with this key. That it was used is written down.
    ///
    /// - Returns: `nil` for a key that does not exist, or is not valid any more.
    package func caller(with text: APIKeyText, now: WireTime) async throws -> APICaller? {
        guard let kept = try await store.apiKey(text), let principal = kept.key.principal(with: text, at: now)
        else { return nil }
        try await store.noteUse(of: kept, now: now)
        return APICaller(.key(kept.key.identity.id), principal)
    }
}
