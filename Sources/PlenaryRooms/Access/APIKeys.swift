package import BigBlueButton
package import PlenaryCore

extension Platform {
    /// Who comes with this key.
    ///
    /// - Returns: `nil` for a key that does not exist, or is not valid any more.
    package func caller(with text: APIKeyText, now: WireTime) async throws -> APICaller? { nil }
}
