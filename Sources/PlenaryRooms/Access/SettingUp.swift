package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

/// Links with which people set their passwords, and changing one.
extension SignIn {
    /// Whose password a link sets.
    package enum Invitation: Sendable, Hashable {
        /// Of who becomes the first administrator, and says who that is.
        case first
        case administrator(Administrator)
        case user(User)

        /// `nil`: nobody knows it yet.
        package var email: String? {
            switch self {
            case .first: nil
            case .administrator(let administrator): administrator.details.email
            case .user(let user): user.details.email
            }
        }

        package var kind: SignInKind { if case .user = self { .user } else { .admin } }
    }

    /// What is told of a link once, to whoever made it.
    package struct Link: Sendable, Hashable, Redacted {
        package let token: SetupToken
        package let expiresAt: WireTime

        init(token: SetupToken, expiresAt: WireTime) {
            self.token = token
            self.expiresAt = expiresAt
        }

        /// - Parameter origin: scheme and host, without a slash at the end.
        package func url(origin: String) -> String { "\(origin)/setup?token=\(token.reveal())" }
    }

    // MARK: making links

    /// - Returns: `nil` when there are administrators.
    package func firstLink() async throws -> Link? {
        let link = newLink()
        let made = try await store.addSetupLink(link.token, for: nil, expiresAt: link.expiresAt, now: time.now())
        return made == nil ? nil : link
    }

    /// Older links of the same administrator are good for nothing then.
    ///
    /// - Returns: `nil` when there is no such administrator any more.
    package func link(for administrator: AdminNumber) async throws -> Link? {
        let link = newLink()
        let made = try await store.addSetupLink(
            link.token, for: administrator, expiresAt: link.expiresAt, now: time.now())
        return made == nil ? nil : link
    }

    /// Older links of the same user are good for nothing then.
    ///
    /// - Returns: `nil` when there is no such user any more.
    package func link(for user: UserNumber) async throws -> Link? {
        let link = newLink()
        let made = try await store.addUserSetupLink(
            link.token, for: user, expiresAt: link.expiresAt, now: time.now())
        return made == nil ? nil : link
    }

    private func newLink() -> Link {
        var random = FleetRandom(time)
        return Link(token: SetupToken(using: &random), expiresAt: time.now().advanced(by: SetupToken.life))
    }

    // MARK: following them

    /// A look at a link, which does not use it up.
    ///
    /// - Returns: `nil` when it is none, or none any more.
    package func invitation(_ token: SetupToken) async throws -> Invitation? {
        let now = time.now()
        switch try await store.setupLink(token, now: now) {
        case .first?: return .first
        case .invited(let administrator)?: return .administrator(administrator)
        case nil:
            guard let user = try await store.userSetupLink(token, now: now) else { return nil }
            // It stays good: their customer may be let in again.
            guard try await mayComeIn(.user(user.number.number)) else { return nil }
            return .user(user)
        }
    }

    /// Uses a link up: whoever has it has that password then, and is signed in.
    ///
    /// - Parameters:
    ///   - email: of the first administrator; else it does not count.
    ///   - name: the same.
    /// - Returns: `nil` when the link is none any more.
    /// - Throws: ``ValidationFault`` about `password`, `email` and `name`, and the link stays good; ``PasswordFault``;
    ///   ``StoreFault``; `CancellationError`.
    package func accept(_ token: SetupToken, password: String, email: String, name: String) async throws -> SignedIn? {
        guard let invited = try await invitation(token) else { return nil }
        var faults: [FieldFault] = []
        do throws(ValidationFault) {
            try PasswordRules.check(password, email: invited.email ?? email)
        } catch { faults += error.faults }
        if case .first = invited {
            do throws(ValidationFault) {
                _ = try AdminDetails(email: email, name: name, roles: [Role.admin.name]).checked()
            } catch { faults += error.faults }
        }
        if let fault = ValidationFault(faults) { throw fault }
        let hash = try await passwords.hash(password)
        let now = time.now()
        let subject: SessionSubject?
        switch invited {
        case .first:
            var random = FleetRandom(time)
            let first = Store.FirstAdministrator(
                email: email, name: name, identity: ResourceIdentity(at: now, using: &random))
            let made = try await store.useSetupLink(token, password: hash, first: first, now: now)
            subject = made.map { .admin($0.number) }
        case .administrator:
            subject = try await store.useSetupLink(token, password: hash, now: now).map { .admin($0.number) }
        case .user:
            subject = try await store.useUserSetupLink(token, password: hash, now: now).map { .user($0.number.number) }
        }
        guard let subject, try await mayComeIn(subject) else { return nil }
        return try await begin(subject, password: hash)
    }

    // MARK: who is signed in

    /// Somebody changes their own password. They stay signed in here, and nowhere else.
    ///
    /// - Returns: why it was not done: 401 `unauthenticated` for a wrong old password, 429 `rate_limited`; `nil`: it was.
    /// - Throws: ``ValidationFault`` about `new_password`; ``PasswordFault``; ``StoreFault``; `CancellationError`.
    package func changePassword(
        of current: Current, in session: SessionText, from old: String, to new: String, at address: IPAddress?
    ) async throws -> Problem? {
        try PasswordRules.check(new, email: current.email, field: "new_password")
        let verdict = try await judged(current.subject.kind, email: current.email, password: old, from: address) {
            (credential: Store.Credential, known: String) async throws -> Bool? in
            guard credential.subject == current.subject else { return nil }
            let hash = try await self.passwords.hash(new)
            // By now a link may have set another one: then the old one is wrong.
            let isSet = try await self.store.setPassword(
                hash, of: current.subject, replacing: known, keeping: session.verifier, now: self.time.now())
            return isSet ? true : nil
        }
        switch verdict {
        case .right: return nil
        case .refused(let problem): return problem
        }
    }

    /// Where somebody is signed in, the newest first.
    ///
    /// - Parameter session: the one that asks.
    package func places(of current: Current, in session: SessionText) async throws -> [Place] {
        let now = time.now()
        return try await store.sessions(of: current.subject).filter {
            $0.life.state(at: now, settings.session) == .live
        }
        .map { kept in
            Place(
                startedAt: kept.life.startedAt, seenAt: kept.life.seenAt, isHere: kept.verifier == session.verifier)
        }
    }

    package struct Place: Sendable, Hashable {
        package let startedAt: WireTime
        /// To the minute.
        package let seenAt: WireTime
        package let isHere: Bool

        package init(startedAt: WireTime, seenAt: WireTime, isHere: Bool) {
            self.startedAt = startedAt
            self.seenAt = seenAt
            self.isHere = isHere
        }
    }

    /// Signs somebody out everywhere but here.
    package func signOutElsewhere(_ current: Current, in session: SessionText) async throws {
        try await store.endSessions(of: current.subject, except: session.verifier)
    }
}

extension SignIn.Current {
    package var email: String {
        switch who {
        case .administrator(let administrator): administrator.details.email
        case .user(let user): user.details.email
        }
    }

    package var name: String {
        switch who {
        case .administrator(let administrator): administrator.details.name
        case .user(let user): user.name
        }
    }
}
