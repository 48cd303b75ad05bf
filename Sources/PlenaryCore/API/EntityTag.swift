package import BigBlueButton

/// Which state of a resource an answer shows (`rooms-api.md` 2.7): `"version-form"`.
///
/// The first half stands for the state of the resource, whatever was shown of it: a GET with `include` gives a tag with which the
/// resource can be changed. The second half stands for the octets of the answer.
package struct EntityTag: Sendable, Hashable {
    package let version: String
    package let form: String

    /// - Parameters:
    ///   - state: what a change would change; nothing that changes by itself, such as whether a token is still valid.
    ///   - shown: the answer.
    ///   - key: of this installation: nobody guesses from a tag what was not shown.
    package init(state: JSON, shown: JSON, key: Secret) {
        version = KeyedHash.hex(of: "state \(state.encoded)", key: key)
        form = KeyedHash.hex(of: "shown \(shown.encoded)", key: key)
    }

    /// What stands between the quotes.
    private var opaque: String { "\(version)-\(form)" }

    package var header: ResponseHeader { ResponseHeader("ETag", "\"\(opaque)\"") }

    /// Whether one of the tags of an `If-None-Match` is this one: the answer would be the same again.
    package func isShown(by condition: TagCondition) -> Bool {
        switch condition {
        case .any: true
        case .tags(let tags): tags.contains(opaque)
        }
    }

    /// Whether one of the tags of an `If-Match` shows this state, in whatever form.
    package func isState(of condition: TagCondition) -> Bool {
        switch condition {
        case .any: true
        case .tags(let tags): tags.contains { $0 == opaque || $0.hasPrefix("\(version)-") }
        }
    }
}

/// What `If-Match` or `If-None-Match` says (RFC 9110 13.1).
package enum TagCondition: Sendable, Hashable {
    /// `*`
    case any
    /// Without quotes. Weak ones too, also in `If-Match`: proxies that compress make our tags weak, and the state they name is
    /// the same.
    case tags([String])

    /// - Parameter text: the values of all such headers, joined by commas. A tag without quotes is taken as it is.
    /// - Returns: `nil` when it is written otherwise.
    package init?(_ text: String) {
        var rest = Substring(text)
        var tags: [String] = []
        func skipBlanks() { rest = rest.drop { $0 == " " || $0 == "\t" } }
        skipBlanks()
        if rest.first == "*" {
            rest.removeFirst()
            skipBlanks()
            guard rest.isEmpty else { return nil }
            self = .any
            return
        }
        while true {
            skipBlanks()
            // Between two commas there may be nothing (RFC 9110 5.6.1.2).
            if rest.first == "," {
                rest.removeFirst()
                continue
            }
            if rest.isEmpty { break }
            if rest.hasPrefix("W/") { rest = rest.dropFirst(2) }
            if rest.first == "\"" {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: "\"") else { return nil }
                tags.append(String(rest[..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let bare = rest.prefix { $0 != "," && $0 != " " && $0 != "\t" && $0 != "\"" }
                guard !bare.isEmpty else { return nil }
                tags.append(String(bare))
                rest = rest.dropFirst(bare.count)
            }
            skipBlanks()
            guard rest.isEmpty || rest.first == "," else { return nil }
        }
        guard !tags.isEmpty else { return nil }
        self = .tags(tags)
    }
}

/// What the conditional headers of a request make of it (RFC 9110 13.2.2).
package enum Precondition: Sendable, Hashable {
    case holds
    /// 304
    case notModified
    /// 412 `precondition_failed`
    case failed

    /// - Parameters:
    ///   - current: of the resource; `nil`: there is none.
    ///   - isRead: a GET or HEAD.
    /// - Throws: 400 `bad_request` when a header cannot be read. An `If-Match` that was ignored would not guard what it is for.
    package static func judge(
        ifMatch: String?, ifNoneMatch: String?, current: EntityTag?, isRead: Bool
    ) throws(Problem) -> Precondition {
        if let ifMatch {
            guard let condition = TagCondition(ifMatch) else { throw unreadable("If-Match") }
            guard let current, current.isState(of: condition) else { return .failed }
        }
        if let ifNoneMatch {
            guard let condition = TagCondition(ifNoneMatch) else { throw unreadable("If-None-Match") }
            guard let current else { return .holds }
            // Who writes unless he knows a state means the state, not how it was shown.
            if isRead ? current.isShown(by: condition) : current.isState(of: condition) {
                return isRead ? .notModified : .failed
            }
        }
        return .holds
    }

    private static func unreadable(_ header: String) -> Problem {
        let fault = RequestFault(.header(header), .invalidFormat, "It is * or a list of tags in quotes.")
        return Problem(.badRequest, "The header \(header) cannot be read.", faults: [fault])
    }
}
