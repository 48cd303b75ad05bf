/// An answer that says what is wrong (RFC 9457, `rooms-api.md` 2.8): `application/problem+json`.
///
/// It is made of words of ours and of what the caller gave, never of the text of an error: whatever happened inside is
/// ``internalError``, and the log knows more under the same request id.
package struct Problem: Error, Sendable, Hashable {
    package static let mediaType = "application/problem+json"
    /// Faults that are told. A body of 1 MiB may have 100,000 wrong members, and each costs more to tell than to send.
    package static let mostFaults = 100

    package let code: ProblemCode
    /// In the language of the caller.
    package var title: String
    /// What happened this time, for people; no secret, no address of a provider, nothing of the database.
    package var detail: String
    /// In the order of their places; the first ``mostFaults`` of them.
    package let faults: [RequestFault]
    /// More about it, behind all other members; a name of RFC 9457 or of 2.8 is not taken.
    package let members: [JSON.Member]
    package let headers: [ResponseHeader]

    /// - Parameter detail: `nil`: the title says it all.
    package init(
        _ code: ProblemCode, _ detail: String? = nil, faults: [RequestFault] = [], members: [JSON.Member] = [],
        headers: [ResponseHeader] = []
    ) {
        self.code = code
        title = code.title
        self.detail = detail ?? "\(code.title)."
        self.faults = Array(faults.sorted(by: RequestFault.isBefore).prefix(Self.mostFaults))
        self.members = members.filter { !Self.reserved.contains($0.name) }
        // Each 401 has a challenge (RFC 9110 15.5.2), also where a link or a code would do.
        let needsChallenge = code.status == 401 && !headers.contains { $0.name == "WWW-Authenticate" }
        self.headers = needsChallenge ? [ResponseHeader("WWW-Authenticate", "Bearer")] + headers : headers
    }

    package var status: Int { code.status }

    /// - Parameters:
    ///   - base: the public address of the platform, without a slash at its end.
    ///   - instance: the path of the request, without its query, which may hold a token.
    ///   - requestID: as in `X-Request-Id`.
    package func json(base: String, instance: String?, requestID: String?) -> JSON {
        var written: [JSON.Member] = [
            JSON.Member("type", .text(code.type(base: base))), JSON.Member("title", .text(title)),
            JSON.Member("status", .integer(status)), JSON.Member("code", .text(code.rawValue)),
            JSON.Member("detail", .text(detail)),
        ]
        if let instance { written.append(JSON.Member("instance", .text(instance))) }
        if let requestID { written.append(JSON.Member("request_id", .text(requestID))) }
        if !faults.isEmpty { written.append(JSON.Member("errors", .list(faults.map(\.json)))) }
        return .object(written + members)
    }

    private static let reserved: Set<String> = [
        "type", "title", "status", "code", "detail", "instance", "request_id", "errors",
    ]
}

/// A header of an answer.
package struct ResponseHeader: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Seconds, rounded up, and one at least: who comes back at once would be refused again.
    package static func retryAfter(_ delay: Duration) -> ResponseHeader {
        let (seconds, attoseconds) = delay.components
        return ResponseHeader("Retry-After", String(max(1, attoseconds > 0 ? seconds + 1 : seconds)))
    }
}

extension Problem {
    package static let internalError = Problem(.internalError, "The request id helps us to find out what it was.")

    /// No credential, or none that is valid.
    package static let unauthenticated = Problem(.unauthenticated)

    /// 422 `validation_failed` with everything that is wrong with a body.
    package static func invalid(_ faults: [RequestFault]) -> Problem {
        let count = faults.count == 1 ? "1 member of the request is" : "\(faults.count) members of the request are"
        return Problem(.validationFailed, "\(count) invalid.", faults: faults)
    }

    /// 422 `invalid_query` with everything that is wrong with a query.
    package static func invalidQuery(_ faults: [RequestFault]) -> Problem {
        let count = faults.count == 1 ? "1 parameter is" : "\(faults.count) parameters are"
        return Problem(.invalidQuery, "\(count) invalid.", faults: faults)
    }

    package static func methodNotAllowed(allowed: [String]) -> Problem {
        Problem(.methodNotAllowed, headers: [ResponseHeader("Allow", allowed.joined(separator: ", "))])
    }

    package static func rateLimited(retryAfter: Duration, headers: [ResponseHeader] = []) -> Problem {
        Problem(.rateLimited, headers: [.retryAfter(retryAfter)] + headers)
    }

    /// 503 `provider_unavailable` or `maintenance`.
    package static func unavailable(_ code: ProblemCode = .providerUnavailable, retryAfter: Duration) -> Problem {
        Problem(code, headers: [.retryAfter(retryAfter)])
    }

    /// - Parameter base: where the resource stands in the body.
    package init(of fault: ValidationFault, in base: JSONPointer = .root) {
        self = .invalid(fault.faults.map { RequestFault($0, in: base) })
    }

    package init(of fault: JSONReader.Fault) {
        switch fault {
        case .tooLarge(let limit): self.init(.bodyTooLarge, "A body has at most \(limit) octets.")
        case .malformed(let octet): self.init(.malformedJSON, "What stands at octet \(octet) is not valid JSON.")
        case .tooDeep(let pointer): self.init(.malformedJSON, "\(Self.named(pointer)) is nested too deep.")
        case .twice(let pointer): self.init(.malformedJSON, "\(Self.named(pointer)) is there twice.")
        case .tooManyValues(let limit): self.init(.malformedJSON, "A body has at most \(limit) values.")
        }
    }

    /// - Parameter pointer: of a body that may be large and hostile.
    private static func named(_ pointer: JSONPointer) -> String {
        let text = "\(pointer)"
        return text.count > 200 ? "\(text.prefix(200))..." : text.isEmpty ? "The body" : text
    }
}
