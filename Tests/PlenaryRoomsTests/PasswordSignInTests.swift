import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryRooms

@Suite struct PasswordSignInTests {
    /// A platform with one administrator.
    private struct Desk {
        static let email = "ida@nordschule.example"
        static let password = "correct horse"

        let clock: VirtualTime
        let store: Store
        let passwords: Passwords
        let signIn: SignIn
        let ida: Administrator

        init(_ change: (inout Passwords.Settings) -> Void = { _ in }) async throws {
            clock = VirtualTime()
            let time = clock.fleetTime
            store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: time.now())
            passwords = Passwords.sample(time, change)
            signIn = SignIn(store: store, passwords: passwords, time: time)
            var random = FleetRandom(time)
            ida = try await store.addAdministrator(
                AdminDetails(email: Self.email, name: "Ida Berg", roles: ["admin"]),
                identity: ResourceIdentity(at: time.now(), using: &random),
                password: try await Passwords.sample(time).hash(Self.password), now: time.now())
        }

        func attempt(
            _ email: String = Desk.email, _ password: String = Desk.password, from address: String = "192.0.2.1"
        ) async throws -> SignIn.Outcome {
            try await signIn.signIn(
                .admin, email: email, password: password, from: IPAddress(address))
        }

        /// What is in the answer, for who is not told anything else.
        func refusal(
            _ email: String = Desk.email, _ password: String = "wrong horse", from address: String = "192.0.2.1"
        ) async throws -> Problem? {
            guard case .refused(let problem) = try await attempt(email, password, from: address) else { return nil }
            return problem
        }

        func session() async throws -> SessionText {
            guard case .signedIn(let signedIn) = try await attempt() else { throw Unexpected() }
            return signedIn.session
        }
    }

    private struct Unexpected: Error {}

    @Test func `who signs in is known by the cookie, until he signs out`() async throws {
        let desk = try await Desk()
        guard case .signedIn(let signedIn) = try await desk.attempt("IDA@nordschule.example") else {
            throw Unexpected()
        }
        #expect(signedIn.subject == .admin(desk.ida.number))
        let current = try await desk.signIn.current(signedIn.session)
        #expect(current?.administrator?.number == desk.ida.number)
        #expect(current?.administrator?.principal?.may(.manageAdmins) == true)
        try await desk.signIn.signOut(signedIn.session)
        #expect(try await desk.signIn.current(signedIn.session) == nil)
        // Each sign-in has a session of its own.
        let (first, second) = (try await desk.session(), try await desk.session())
        #expect(first != second && first.csrfToken != second.csrfToken)
        #expect(!"\(signedIn)".contains(signedIn.session.reveal()))
    }

    @Test func `whatever is wrong, the answer is the same`() async throws {
        let desk = try await Desk()
        var random = FleetRandom(desk.clock.fleetTime)
        for (name, isActive, password) in [("max", false, Desk.password as String?), ("eva", true, nil)] {
            _ = try await desk.store.addAdministrator(
                AdminDetails(email: "\(name)@nordschule.example", name: name, isActive: isActive, roles: []),
                identity: ResourceIdentity(at: desk.clock.now, using: &random),
                password: try await password.hashed(by: desk.passwords), now: desk.clock.now)
        }
        let wrong = try #require(try await desk.refusal())
        #expect(wrong.code == .unauthenticated)
        for email in [
            "nobody@nordschule.example", "max@nordschule.example", "eva@nordschule.example", "", "no address",
        ] {
            let problem = try await desk.refusal(email, Desk.password)
            #expect(problem == wrong, "\(email)")
        }
        let long = try await desk.refusal(String(repeating: "x", count: 100_000), Desk.password)
        #expect(long == wrong)
    }

    @Test func `after five wrong ones the right one has to wait as well`() async throws {
        let desk = try await Desk()
        for _ in 0..<5 { #expect(try await desk.refusal()?.code == .unauthenticated) }
        let locked = try await desk.refusal(Desk.email, Desk.password)
        #expect(locked?.code == .rateLimited && locked?.headers == [ResponseHeader("Retry-After", "30")])
        // Who waits does not make it longer, and is alone in it: another network and another name are free.
        for _ in 0..<10 { _ = try await desk.refusal() }
        #expect(try await desk.refusal("max@nordschule.example")?.code == .unauthenticated)
        #expect(try await desk.refusal(from: "198.51.100.1")?.code == .unauthenticated)
        desk.clock.advance(by: .seconds(30))
        _ = try await desk.session()
        // All is forgotten then.
        for _ in 0..<4 { #expect(try await desk.refusal()?.code == .unauthenticated) }
        _ = try await desk.session()
    }

    @Test func `addresses of one household are one`() async throws {
        let desk = try await Desk()
        for number in 1...5 { _ = try await desk.refusal(from: "2001:db8:1:2::\(number)") }
        #expect(try await desk.refusal(from: "2001:db8:1:2:ffff::1")?.code == .rateLimited)
        #expect(try await desk.refusal(from: "2001:db8:1:3::1")?.code == .unauthenticated)
    }

    @Test func `one name is guessed at from everywhere only so often`() async throws {
        let desk = try await Desk()
        for number in 0..<50 {
            #expect(try await desk.refusal(from: "192.0.2.\(number)")?.code == .unauthenticated)
        }
        #expect(try await desk.refusal(from: "198.51.100.1")?.code == .rateLimited)
    }

    @Test func `strangers do not lock anybody out from where they have signed in before`() async throws {
        let desk = try await Desk()
        _ = try await desk.session()
        for number in 0..<50 { _ = try await desk.refusal(from: "198.51.100.\(number)") }
        #expect(try await desk.refusal(from: "203.0.113.1")?.code == .rateLimited)
        _ = try await desk.session()
        // Guesses from there count as they do everywhere.
        for _ in 0..<5 { #expect(try await desk.refusal()?.code == .unauthenticated) }
        #expect(try await desk.refusal()?.code == .rateLimited)
    }

    @Test func `a thousand attempts at once are not a thousand guesses`() async throws {
        let desk = try await Desk { $0.waiting = 2_000 }
        let looked = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<1_000 {
                group.addTask { try await desk.refusal()?.code == .unauthenticated }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        // Four may be wrong, and five more may be on their way by then.
        #expect(looked <= 9)
    }

    @Test func `a session ends by time, and when its owner is locked out`() async throws {
        let desk = try await Desk()
        let idle = try await desk.session()
        desk.clock.advance(by: .seconds(3_599))
        #expect(try await desk.signIn.current(idle) != nil)
        // The request before has kept it alive.
        desk.clock.advance(by: .seconds(3_599))
        #expect(try await desk.signIn.current(idle) != nil)
        desk.clock.advance(by: .seconds(3_600))
        #expect(try await desk.signIn.current(idle) == nil)
        #expect(try await desk.store.session(verifier: idle.verifier) == nil)

        let old = try await desk.session()
        for _ in 0..<23 {
            desk.clock.advance(by: .seconds(1_800))
            #expect(try await desk.signIn.current(old) != nil)
        }
        desk.clock.advance(by: .seconds(1_800))
        #expect(try await desk.signIn.current(old) == nil)

        let locked = try await desk.session()
        var random = FleetRandom(desk.clock.fleetTime)
        _ = try await desk.store.addAdministrator(
            AdminDetails(email: "max@nordschule.example", name: "Max", roles: ["admin"]),
            identity: ResourceIdentity(at: desk.clock.now, using: &random), password: "x", now: desk.clock.now)
        _ = try await desk.store.updateAdministrator(desk.ida.number, now: desk.clock.now) { $0.isActive = false }
        #expect(try await desk.signIn.current(locked) == nil)
    }

    @Test func `a password that was hashed for less is hashed anew when it is used`() async throws {
        let desk = try await Desk { $0.cost = .small(5) }
        let session = try await desk.session()
        let stored = try await desk.store.credential(.admin, email: Desk.email)?.password
        #expect(stored?.hasPrefix("$scrypt$ln=5,") == true)
        #expect(try await desk.signIn.current(session) != nil)
        _ = try await desk.session()
    }

    @Test func `who has used a set-up link is signed in`() async throws {
        let desk = try await Desk()
        let time = desk.clock.fleetTime
        var random = FleetRandom(time)
        let token = SetupToken(using: &random)
        _ = try await desk.store.addSetupLink(
            token, for: desk.ida.number, expiresAt: time.now().advanced(by: SetupToken.life), now: time.now())
        let hash = try await desk.passwords.hash("another horse")
        let ready = try #require(try await desk.store.useSetupLink(token, password: hash, now: time.now()))
        let signedIn = try #require(try await desk.signIn.begin(.admin(ready.number), password: hash))
        #expect(try await desk.signIn.current(signedIn.session)?.subject == .admin(desk.ida.number))
        #expect(try await desk.refusal(Desk.email, Desk.password)?.code == .unauthenticated)
    }

    @Test func `what is over is tidied away`() async throws {
        let desk = try await Desk()
        let session = try await desk.session()
        desk.clock.advance(by: .seconds(3_600))
        try await desk.signIn.tidy()
        #expect(try await desk.store.session(verifier: session.verifier) == nil)
    }
}

extension Optional<String> {
    fileprivate func hashed(by passwords: Passwords) async throws -> String? {
        guard let self else { return nil }
        return try await passwords.hash(self)
    }
}
