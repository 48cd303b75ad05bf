package import BigBlueButton

/// What a client calls a request that it may send again (`rooms-api.md` 2.7): 1 to 255 visible ASCII characters, as they stand.
package struct IdempotencyKey: Sendable, Hashable {
    package let text: String

    package init?(_ text: String) {
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }

    /// 400 `bad_request`
    package static let problem = Problem(
        .badRequest, "The idempotency key is 1 to 255 visible ASCII characters.",
        faults: [RequestFault(.header("Idempotency-Key"), .invalidFormat, "It is 1 to 255 visible ASCII characters.")])
}

/// Where a key counts: one credential's requests to one path.
package struct IdempotencyScope: Sendable, Hashable {
    /// The id of a key or of a user; an address where there is no credential.
    package let credential: String
    package let path: String
    package let key: IdempotencyKey

    package init(credential: String, path: String, key: IdempotencyKey) {
        self.credential = credential
        self.path = path
        self.key = key
    }

    /// The same request again has the same one: query, media type and body, octet by octet.
    ///
    /// - Parameter key: of this installation: bodies may hold secrets that are easily guessed.
    package static func fingerprint(query: String, contentType: String?, body: [UInt8], key: Secret) -> String {
        let parts = [Array(query.utf8), Array((contentType ?? "").utf8), body].map { Base64URL.encode($0) }
        return KeyedHash.hex(of: "request \(parts.joined(separator: "."))", key: key)
    }
}

/// An answer that is given again.
package struct StoredAnswer: Sendable, Hashable {
    package let status: Int
    /// `Content-Type`, `Location`, `ETag`: what belongs to the body.
    package let headers: [ResponseHeader]
    package let body: [UInt8]

    package init(status: Int, headers: [ResponseHeader] = [], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether it says how the request went for good: a failure of ours, or one that time heals, is tried again.
    package var isKept: Bool { status < 500 && status != 429 }

    package static let replayed = ResponseHeader("Idempotency-Replayed", "true")
}

/// The row of a request with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a machine without a clock.
///
/// The answer is to be stored in the transaction that does what was asked. Then a request that was never finished, because its
/// process died, did nothing, and may run once more when its time is over.
package struct IdempotencyRecord: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// Can transition to: `answered`, when it is finished with an answer that is kept; gone, when with another; a new
        /// attempt, once `until` has passed.
        case running(until: WireTime)
        /// For good, until the record is forgotten.
        case answered(StoredAnswer)
    }

    package enum Start: Sendable, Hashable {
        /// Write this record, on the condition that the row is still what it was, and do what was asked.
        case run(IdempotencyRecord)
        /// Give this answer, with ``StoredAnswer/replayed``.
        case replay(StoredAnswer)
        /// 422 `idempotency_key_reused` or 409 `idempotency_in_progress`.
        case refuse(Problem)
    }

    package enum Finish: Sendable, Hashable {
        /// Write the record with its answer.
        case keep
        /// Delete the row: the next request runs.
        case forget
        /// Nothing: somebody else runs it now, or did.
        case leave
    }

    /// One of the requests that ran under a row: one that was given up does not answer for the next. Both are needed, because
    /// a row that was forgotten counts from 1 again.
    package struct Run: Sendable, Hashable {
        package let attempt: Int
        package let startedAt: WireTime
    }

    package let fingerprint: String
    package let attempt: Int
    package let startedAt: WireTime
    package private(set) var state: State

    /// How long a key is kept.
    package static let keeping: Duration = .seconds(24 * 3_600)
    /// Longer than any request takes.
    package static let patience: Duration = .seconds(300)

    package init(fingerprint: String, attempt: Int, startedAt: WireTime, state: State) {
        self.fingerprint = fingerprint
        self.attempt = attempt
        self.startedAt = startedAt
        self.state = state
    }

    package var run: Run { Run(attempt: attempt, startedAt: startedAt) }

    /// The row may be deleted from then on; a request that finds it all the same finds nothing.
    package var keptUntil: WireTime { startedAt.advanced(by: Self.keeping) }

    /// A request came.
    ///
    /// - Parameter stored: the row of its scope.
    package static func begin(_ stored: IdempotencyRecord?, fingerprint: String, at now: WireTime) -> Start {
        func run(attempt: Int) -> Start {
            .run(
                IdempotencyRecord(
                    fingerprint: fingerprint, attempt: attempt, startedAt: now,
                    state: .running(until: now.advanced(by: patience))))
        }
        let previous = stored?.attempt ?? 0
        guard let stored, now < stored.keptUntil else { return run(attempt: previous + 1) }
        guard stored.fingerprint == fingerprint else { return .refuse(Problem(.idempotencyKeyReused)) }
        switch stored.state {
        case .answered(let answer): return .replay(answer)
        case .running(let until):
            guard now >= until else {
                return .refuse(Problem(.idempotencyInProgress, headers: [.retryAfter(.seconds(1))]))
            }
            return run(attempt: previous + 1)
        }
    }

    /// A request is done.
    ///
    /// - Parameter run: of the record with which it began.
    package mutating func finished(_ run: Run, _ answer: StoredAnswer) -> Finish {
        guard run == self.run, case .running = state else { return .leave }
        guard answer.isKept else { return .forget }
        state = .answered(answer)
        return .keep
    }
}
