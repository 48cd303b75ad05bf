import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct SignInStoreTests {
    private func admin(_ email: String, _ number: Int, in store: Store) async throws -> Administrator {
        try await store.addAdministrator(
            AdminDetails(email: email, name: "Admin", roles: ["admin"]), identity: .sample(number), password: "hash",
            now: .start)
    }

    private func verifier(_ number: Int) -> String {
        var dice = Dice(seed: UInt64(number))
        return SessionText(using: &dice).verifier
    }

    @Test(arguments: Place.allCases) func `a session begins, is touched, and ends`(place: Place) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let ida = try await admin("ida@nordschule.example", 1, in: store)
            let subject = SessionSubject.admin(ida.number)
            #expect(try await store.addSession(verifier: verifier(1), of: subject, password: "hash", now: .start))
            let there = try await database.store()
            let kept = try await there.session(verifier: verifier(1))
            #expect(kept?.subject == subject && kept?.life == SessionLife(startedAt: .start))
            try await store.touchSession(verifier: verifier(1), seenAt: .second(90))
            // Who comes late takes nothing back.
            try await store.touchSession(verifier: verifier(1), seenAt: .second(60))
            let touched = try await there.session(verifier: verifier(1))
            #expect(touched?.life == SessionLife(startedAt: .start, seenAt: .second(90)))
            #expect(try await store.endSession(verifier: verifier(1)))
            #expect(try await !store.endSession(verifier: verifier(1)))
            #expect(try await there.session(verifier: verifier(1)) == nil)
            // What has ended is not brought back by a request that was on its way.
            try await store.touchSession(verifier: verifier(1), seenAt: .second(100))
            #expect(try await there.session(verifier: verifier(1)) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `no session begins with a password that was changed meanwhile`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await admin("max@nordschule.example", 1, in: store)
            let ida = try await admin("ida@nordschule.example", 2, in: store)
            let subject = SessionSubject.admin(ida.number)
            #expect(try await store.setPassword("new", of: subject, now: .second(1)))
            #expect(try await !store.addSession(verifier: verifier(1), of: subject, password: "hash", now: .second(2)))
            _ = try await store.updateAdministrator(ida.number, now: .second(3)) { $0.isActive = false }
            #expect(try await !store.addSession(verifier: verifier(1), of: subject, password: "new", now: .second(4)))
            #expect(try await store.number("SELECT COUNT(*) FROM user_sessions") == 0)
            #expect(try await store.credential(.admin, email: "Ida@nordschule.example")?.isActive == false)
        }
    }

    @Test(arguments: Place.allCases) func `a new password and a lock-out end all sessions of one, and of no other`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            let max = try await admin("max@nordschule.example", 1, in: store)
            let ida = try await admin("ida@nordschule.example", 2, in: store)
            for number in 1...3 {
                _ = try await store.addSession(
                    verifier: verifier(number), of: .admin(ida.number), password: "hash", now: .start)
            }
            _ = try await store.addSession(verifier: verifier(4), of: .admin(max.number), password: "hash", now: .start)
            // The one in which the password is changed goes on.
            _ = try await store.setPassword("new", of: .admin(ida.number), keeping: verifier(2), now: .second(1))
            #expect(try await store.session(verifier: verifier(1)) == nil)
            #expect(try await store.session(verifier: verifier(2)) != nil)
            _ = try await store.updateAdministrator(ida.number, now: .second(2)) { $0.isActive = false }
            #expect(try await store.session(verifier: verifier(2)) == nil)
            #expect(try await store.session(verifier: verifier(4)) != nil)
            #expect(try await store.endSessions(of: .admin(max.number)) == 1)
        }
    }

    @Test(arguments: Place.allCases) func `sessions that are over by time are removed`(place: Place) async throws {
        try await withStore(place) { store in
            let ida = try await admin("ida@nordschule.example", 1, in: store)
            for number in 1...3 {
                _ = try await store.addSession(
                    verifier: verifier(number), of: .admin(ida.number), password: "hash", now: .start)
            }
            try await store.touchSession(verifier: verifier(2), seenAt: .second(3_000))
            #expect(try await store.removeOldSessions(now: .second(3_599), SessionPolicy()) == 0)
            #expect(try await store.removeOldSessions(now: .second(3_600), SessionPolicy()) == 2)
            #expect(try await store.session(verifier: verifier(2)) != nil)
            try await store.touchSession(verifier: verifier(2), seenAt: .second(12 * 3_600 - 1))
            #expect(try await store.removeOldSessions(now: .second(12 * 3_600), SessionPolicy()) == 1)
        }
    }

    @Test(arguments: Place.allCases) func `a password that is hashed anew is so only if it is still the same`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            let ida = try await admin("ida@nordschule.example", 1, in: store)
            let subject = SessionSubject.admin(ida.number)
            _ = try await store.addSession(verifier: verifier(1), of: subject, password: "hash", now: .start)
            try await store.rehashPassword(of: subject, from: "other", to: "lost")
            #expect(try await store.credential(.admin, email: ida.details.email)?.password == "hash")
            try await store.rehashPassword(of: subject, from: "hash", to: "better")
            #expect(try await store.credential(.admin, email: ida.details.email)?.password == "better")
            #expect(try await store.session(verifier: verifier(1)) != nil)
            #expect(try await !store.setPassword("x", of: .admin(AdminNumber(99)), now: .start))
        }
    }
}
