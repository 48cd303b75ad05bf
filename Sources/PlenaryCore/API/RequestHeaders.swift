// What headers of a request say, for those that the conventions give a meaning (`rooms-api.md` 2.7).

/// `Prefer` (RFC 7240). What is not known is ignored.
package struct Preferences: Sendable, Hashable {
    /// `handling=strict`: what would be accepted and ignored is 422.
    package private(set) var isStrict = false
    /// `return=minimal`: the answer has no body.
    package private(set) var isMinimal = false

    /// - Parameter text: the values of all such headers, joined by commas. The first of two that contradict counts.
    package init(_ text: String? = nil) {
        var seen: Set<String> = []
        for preference in (text ?? "").split(separator: ",") {
            // Parameters behind a semicolon belong to preferences that we do not know.
            let head = preference.split(separator: ";", omittingEmptySubsequences: false)[0]
            let parts = head.split(separator: "=", maxSplits: 1).map { part in
                String(part.filter { !$0.isWhitespace && $0 != "\"" }).lowercased()
            }
            guard let name = parts.first, seen.insert(name).inserted else { continue }
            switch (name, parts.last) {
            case ("handling", "strict"?): isStrict = true
            case ("return", "minimal"?): isMinimal = true
            default: break
            }
        }
    }

    /// `Preference-Applied`; `nil`: none was.
    package var applied: ResponseHeader? {
        let words = (isStrict ? ["handling=strict"] : []) + (isMinimal ? ["return=minimal"] : [])
        return words.isEmpty ? nil : ResponseHeader("Preference-Applied", words.joined(separator: ", "))
    }
}

/// Media types of bodies.
package enum MediaType {
    package static let json = "application/json"
    package static let mergePatch = "application/merge-patch+json"

    /// - Parameter contentType: `nil`: there is a body without one, which is refused as well.
    /// - Throws: 415 `unsupported_media_type`, with what would be accepted.
    package static func check(contentType: String?, isPatch: Bool) throws(Problem) {
        let accepted = isPatch ? [json, mergePatch] : [json]
        guard let contentType, accepted.contains(essence(contentType)) else {
            let header = ResponseHeader(isPatch ? "Accept-Patch" : "Accept", accepted.joined(separator: ", "))
            throw Problem(
                .unsupportedMediaType, "The body is \(accepted.joined(separator: " or ")).", headers: [header])
        }
    }

    /// Whether JSON will do for who sent this `Accept`.
    package static func acceptsJSON(_ accept: String?) -> Bool {
        guard let accept, accept.contains(where: { !$0.isWhitespace }) else { return true }
        let ranges = accept.split(separator: ",")
        func accepts(_ type: String) -> Bool? {
            let named = ranges.filter { essence(String($0)) == type }
            return named.isEmpty ? nil : named.contains { !isRefused($0) }
        }
        // The closest range counts (RFC 9110 12.5.1): `application/json;q=0, */*` does not take JSON.
        if let json = accepts("application/json") { return json }
        if accepts("application/problem+json") == true { return true }
        return accepts("application/*") ?? accepts("*/*") ?? false
    }

    private static func essence(_ text: String) -> String {
        let head = text.split(separator: ";", omittingEmptySubsequences: false).first ?? ""
        return String(head.filter { !$0.isWhitespace }).lowercased()
    }

    /// A weight of nothing.
    private static func isRefused(_ range: Substring) -> Bool {
        range.split(separator: ";").dropFirst().contains { parameter in
            let text = String(parameter.filter { !$0.isWhitespace }).lowercased()
            return text.hasPrefix("q=") && Double(text.dropFirst(2)) == 0
        }
    }
}
