package import BigBlueButton

/// What the cookie of somebody who is signed in holds (`rooms-api.md` 2.2): 256 random bits.
package struct SessionText: Sendable, Hashable, Redacted {
    private let secret: Secret

    package static let cookie = "__Host-session"
    private static let octets = 32

    /// A new one. Each sign-in has its own: one that was planted before is worth nothing afterwards.
    package init(using random: inout some RandomNumberGenerator) {
        var octets: [UInt8] = []
        for _ in 0..<Self.octets { octets.append(UInt8.random(in: .min ... .max, using: &random)) }
        guard let secret = Secret(Base64URL.encode(octets)) else { preconditionFailure("letters are a secret") }
        self.secret = secret
    }

    /// - Returns: `nil` when it has not the form of one.
    package init?(_ text: String) {
        guard Base64URL.decode(text)?.count == Self.octets, let secret = Secret(text) else { return nil }
        self.secret = secret
    }

    /// For the cookie.
    package func reveal() -> String { secret.reveal() }

    /// What is stored, and what the session is found by.
    package var verifier: String { KeyedHash.hex(of: "session", key: secret) }

    // MARK: CSRF

    /// What the pages of this session carry, in a hidden field or in `X-CSRF-Token`. Nobody makes it who has not the cookie.
    package var csrfToken: String { KeyedHash.hex(of: "csrf", key: secret) }

    /// Whether a request that came with this cookie was made by a page of ours. Only for cookies: no other page can send an API
    /// key.
    ///
    /// - Parameters:
    ///   - token: what came with it.
    ///   - site: `Sec-Fetch-Site`, where the browser says it.
    package func permits(method: String, token: String?, site: String? = nil) -> Bool {
        // Methods are written in capitals; what is none of these is unsafe.
        if ["GET", "HEAD", "OPTIONS"].contains(method) { return true }
        if site == "cross-site" || site == "same-site" { return false }
        return token.map { KeyedHash.matches($0, "csrf", key: secret) } ?? false
    }
}

/// How long sessions live.
package struct SessionPolicy: Sendable, Hashable {
    /// Without a request.
    package var idle: Duration = .seconds(3_600)
    /// Whatever happens.
    package var absolute: Duration = .seconds(12 * 3_600)
    /// How old the time of the last request may be before it is written again: not each request writes.
    package var precision: Duration = .seconds(60)

    package init() {}
}

/// The life of a session: a machine without a clock.
package struct SessionLife: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// Can transition to: `ended`, by signing out or by time.
        case live
        /// For good.
        case ended(Reason)
    }

    package enum Reason: String, Sendable, Hashable {
        case signedOut = "signed_out"
        case idle
        /// It was as old as any may be.
        case tooOld = "too_old"
    }

    package enum Action: Sendable, Hashable {
        case none
        /// Write it.
        case write
        /// Take the cookie away; 401.
        case refuse(Reason)
    }

    package let startedAt: WireTime
    /// The last request that was written.
    package private(set) var seenAt: WireTime
    private var isSignedOut: Bool

    package init(startedAt: WireTime) {
        self.startedAt = startedAt
        seenAt = startedAt
        isSignedOut = false
    }

    /// One that was stored. What is signed out is deleted, not stored.
    package init(startedAt: WireTime, seenAt: WireTime) {
        self.startedAt = startedAt
        self.seenAt = max(startedAt, seenAt)
        isSignedOut = false
    }

    /// At the very end of a time it is over.
    package func state(at now: WireTime, _ policy: SessionPolicy) -> State {
        if isSignedOut { return .ended(.signedOut) }
        if now.since(startedAt) >= policy.absolute { return .ended(.tooOld) }
        return now.since(seenAt) >= policy.idle ? .ended(.idle) : .live
    }

    /// A request came with it.
    package mutating func requestCame(at now: WireTime, _ policy: SessionPolicy) -> Action {
        switch state(at: now, policy) {
        case .ended(let reason): return .refuse(reason)
        case .live:
            guard now.since(seenAt) >= policy.precision else { return .none }
            seenAt = now
            return .write
        }
    }

    package mutating func signedOut() { isSignedOut = true }
}
