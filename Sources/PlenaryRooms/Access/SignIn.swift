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

    /// Whom a session makes known: one of the two worlds (13.3).
    package enum Who: Sendable, Hashable {
        case administrator(Administrator)
        case user(User)
    }

    /// Who comes with a session.
    package struct Current: Sendable, Hashable {
        package let subject: SessionSubject
        package let who: Who
        /// Its whole life, from the sign-in.
        package let startedAt: WireTime

        package var administrator: Administrator? { if case .administrator(let found) = who { found } else { nil } }
        package var user: User? { if case .user(let found) = who { found } else { nil } }
    }

    let store: Store
    let passwords: Passwords
    let settings: Settings
    let time: FleetTime
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
    ///   - address: of the client, as trusted proxies tell it; `nil`: nobody knows it.
    /// - Throws: ``StoreFault``; ``PasswordFault/failed``; `CancellationError`.
    package func signIn(_ kind: SignInKind, email: String, password: String, from address: IPAddress?) async throws
        -> Outcome
    {
        let verdict = try await judged(kind, email: email, password: password, from: address) {
            (credential: Store.Credential, hash: String) async throws -> SignedIn? in
            guard try await self.mayComeIn(credential.subject) else { return nil }
            return try await self.begin(credential.subject, password: hash)
        }
        switch verdict {
        case .right(let signedIn): return .signedIn(signedIn)
        case .refused(let problem): return .refused(problem)
        }
    }

    enum Judged<Value: Sendable>: Sendable {
        case right(Value)
        case refused(Problem)
    }

    /// Looks at a password, as often as wrong ones leave.
    ///
    /// - Parameter accept: what a right one is for, with the hash that was right; `nil`: it is as good as wrong.
    /// - Throws: ``StoreFault``; ``PasswordFault/failed``; `CancellationError`; what `accept` throws.
    func judged<Value: Sendable>(
        _ kind: SignInKind, email: String, password: String, from address: IPAddress?,
        _ accept: (Store.Credential, String) async throws -> Value?
    ) async throws -> Judged<Value> {
        // What is longer is nobody's address, and is not remembered.
        let name = email.utf8.count <= Self.longestEmail ? email.lowercased() : ""
        var who = [SignInAttempts.Who(kind: kind.rawValue, name: name, network: nil)]
        if let network = address?.limitedNetwork {
            who.append(SignInAttempts.Who(kind: kind.rawValue, name: name, network: network))
        }
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
            case .right(let isStale) = verdict, let value = try await accept(credential, hash)
        else {
            end = .wrong
            return .refused(Self.wrong)
        }
        end = .right
        if isStale { await rehash(password, hash, of: credential.subject) }
        return .right(value)
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
        guard let found = try await who(kept.subject) else { return nil }
        return Current(subject: kept.subject, who: found, startedAt: life.startedAt)
    }

    /// - Returns: `nil` for who may not sign in any more.
    private func who(_ subject: SessionSubject) async throws -> Who? {
        switch subject {
        case .user(let number):
            guard let user = try await store.user(UserNumber(number)), try await mayComeIn(subject) else { return nil }
            return .user(user)
        case .admin(let number):
            guard let administrator = try await store.administrator(number), administrator.details.isActive
            else { return nil }
            return .administrator(administrator)
        }
    }

    /// Whether the customers of a user let anybody in (`rooms-api.md` 3): one of them does, or there is none. Whoever is a user of
    /// rooms only may sign in.
    func mayComeIn(_ subject: SessionSubject) async throws -> Bool {
        guard case .user(let number) = subject else { return true }
        let customers = try await store.customers(of: UserNumber(number)).keys
        for customer in customers {
            if try await store.customer(customer)?.details.status.maySignIn == true { return true }
        }
        return customers.isEmpty
    }

    package func signOut(_ text: SessionText) async throws { _ = try await store.endSession(verifier: text.verifier) }

    /// Begins a session.
    ///
    /// - Parameter password: the hash that was right.
    /// - Returns: `nil` when there is another one by now.
    func begin(_ subject: SessionSubject, password: String) async throws -> SignedIn? {
        var random = FleetRandom(time)
        let session = SessionText(using: &random)
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
