package import BigBlueButton
package import PlenaryCore
package import PlenaryFleet
package import PlenaryStore

/// Signing in with a password, and the session that it gives (`rooms-api.md` 2.2).
package final class SignIn: Sendable {
    package struct Settings: Sendable {
        package var session = SessionPolicy()

        package init() {}
    }

    /// What somebody who signed in gets.
    package struct SignedIn: Sendable, Hashable, Redacted {
        /// For the cookie.
        package let session: SessionText
        package let subject: SessionSubject
    }

    package enum Outcome: Sendable, Hashable {
        case signedIn(SignedIn)
        /// 401 `unauthenticated`, the same for all that may be wrong; 429 `rate_limited`.
        case refused(Problem)
    }

    /// Who comes with a session.
    package struct Current: Sendable, Hashable {
        package let subject: SessionSubject
        /// `nil`: it is a user of a customer.
        package let administrator: Administrator?
        /// Its whole life, from the sign-in.
        package let startedAt: WireTime
    }

    private let store: Store
    private let passwords: Passwords
    private let settings: Settings
    private let time: FleetTime
    private let attempts: SignInAttempts

    package init(store: Store, passwords: Passwords, settings: Settings = Settings(), time: FleetTime) {
        self.store = store
        self.passwords = passwords
        self.settings = settings
        self.time = time
        attempts = SignInAttempts()
    }

    /// Signs somebody in.
    ///
    /// Neither what is answered nor how long it takes tells whether anybody has the address, has a password, or is active.
    ///
    /// - Parameters:
    ///   - kind: whom the page is for.
    ///   - email: in any case.
    ///   - address: of the client, as trusted proxies tell it.
    /// - Throws: ``StoreFault``; ``PasswordFault/failed``; `CancellationError`.
    package func signIn(_ kind: SignInKind, email: String, password: String, from address: IPAddress) async throws
        -> Outcome
    {
        // What is longer is nobody's address, and is not remembered.
        let name = email.utf8.count <= Self.longestEmail ? email.lowercased() : ""
        let who = [
            SignInAttempts.Who(kind: kind.rawValue, name: name, network: address.limitedNetwork),
            SignInAttempts.Who(kind: kind.rawValue, name: name, network: nil),
        ]
        if case .wait(let wait) = attempts.begin(who, at: time.now()) {
            return .refused(.rateLimited(retryAfter: wait))
        }
        // However it ends, it ends once.
        var end = SignInAttempts.End.dropped
        defer { attempts.ended(who, end, at: time.now()) }

        var found: Store.Credential?
        if !name.isEmpty { found = try await store.credential(kind, email: name) }
        let verdict: Passwords.Verdict
        do {
            verdict = try await passwords.verify(password, against: found?.password)
        } catch let fault as PasswordFault where fault == .overloaded {
            return .refused(.rateLimited(retryAfter: .seconds(5)))
        }
        guard let credential = found, let hash = credential.password, credential.isActive,
            case .right(let isStale) = verdict
        else {
            end = .wrong
            return .refused(Self.wrong)
        }
        var random = FleetRandom(time)
        let session = SessionText(using: &random)
        let begun = try await store.addSession(
            verifier: session.verifier, of: credential.subject, password: hash, now: time.now())
        guard begun else {
            end = .wrong
            return .refused(Self.wrong)
        }
        end = .right
        if isStale { await rehash(password, hash, of: credential.subject) }
        return .signedIn(SignedIn(session: session, subject: credential.subject))
    }

    /// Who comes with a cookie. Not each request writes down that the session was used.
    ///
    /// - Returns: `nil`, which is 401, and the cookie is to be taken away: it is no session, or none any more.
    package func current(_ text: SessionText) async throws -> Current? {
        guard let kept = try await store.session(verifier: text.verifier) else { return nil }
        let now = time.now()
        var life = kept.life
        switch life.requestCame(at: now, settings.session) {
        case .none: break
        case .write: try await store.touchSession(verifier: kept.verifier, seenAt: now)
        case .refuse:
            _ = try await store.endSession(verifier: kept.verifier)
            return nil
        }
        switch kept.subject {
        case .user: return Current(subject: kept.subject, administrator: nil, startedAt: life.startedAt)
        case .admin(let number):
            guard let administrator = try await store.administrator(number), administrator.details.isActive
            else { return nil }
            return Current(subject: kept.subject, administrator: administrator, startedAt: life.startedAt)
        }
    }

    package func signOut(_ text: SessionText) async throws { _ = try await store.endSession(verifier: text.verifier) }

    /// Begins a session of an administrator who has just used a set-up link, which is as good as a sign-in.
    ///
    /// - Parameter password: the hash that he has given himself.
    /// - Returns: `nil` when he has another one already.
    package func begin(_ administrator: Administrator, password: String) async throws -> SignedIn? {
        var random = FleetRandom(time)
        let session = SessionText(using: &random)
        let subject = SessionSubject.admin(administrator.number)
        let begun = try await store.addSession(
            verifier: session.verifier, of: subject, password: password, now: time.now())
        return begun ? SignedIn(session: session, subject: subject) : nil
    }

    /// Removes what is over: sessions, set-up links, answers to requests that may be repeated.
    package func tidy() async throws {
        let now = time.now()
        try await store.removeOldSessions(now: now, settings.session)
        try await store.removeOldSetupLinks(now: now)
        try await store.removeOldIdempotencyRecords(now: now)
    }

    /// Who is signed in is so without it, and it is tried again the next time.
    private func rehash(_ password: String, _ old: String, of subject: SessionSubject) async {
        do {
            let new = try await passwords.hash(password)
            try await store.rehashPassword(of: subject, from: old, to: new)
        } catch { return }
    }

    private static let longestEmail = 254
    private static let wrong = Problem(.unauthenticated, "The e-mail address or the password is wrong.")
}
