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

    @Test(arguments: Place.allCases) func `a set-up link is good for nothing after a new password or another address`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            _ = try await admin("max@nordschule.example", 1, in: store)
            let ida = try await admin("ida@nordschule.example", 2, in: store)
            let eva = try await store.addUser(
                UserDetails(email: "eva@nordschule.example", firstName: "Eva", lastName: "Mai"),
                identity: .sample(3), now: .start)
            var dice = Dice(seed: 9)
            let link = SetupToken(using: &dice)
            let end = WireTime.second(1_000)
            _ = try await store.addSetupLink(link, for: ida.number, expiresAt: end, now: .start)
            _ = try await store.addUserSetupLink(link, for: eva.number, expiresAt: end, now: .start)
            _ = try await store.setPassword("new", of: .admin(ida.number), now: .second(1))
            _ = try await store.setPassword("new", of: .user(eva.number.number), now: .second(1))
            #expect(try await store.setupLink(link, now: .second(2)) == nil)
            #expect(try await store.userSetupLink(link, now: .second(2)) == nil)

            _ = try await store.addSetupLink(link, for: ida.number, expiresAt: end, now: .start)
            _ = try await store.addUserSetupLink(link, for: eva.number, expiresAt: end, now: .start)
            _ = try await store.updateAdministrator(ida.number, now: .second(3)) { $0.name = "Ida" }
            _ = try await store.updateUser(eva.number, now: .second(3)) { $0.lastName = "May" }
            #expect(try await store.setupLink(link, now: .second(4)) != nil)
            #expect(try await store.userSetupLink(link, now: .second(4)) != nil)
            _ = try await store.updateAdministrator(ida.number, now: .second(5)) { $0.email = "i@nordschule.example" }
            _ = try await store.updateUser(eva.number, now: .second(5)) { $0.email = "e@nordschule.example" }
            #expect(try await store.setupLink(link, now: .second(6)) == nil)
            #expect(try await store.userSetupLink(link, now: .second(6)) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `who knew the old password does not undo a new one that a link has set`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            let ida = try await admin("ida@nordschule.example", 1, in: store)
            let subject = SessionSubject.admin(ida.number)
            let isFirst = try await store.setPassword("mine", of: subject, replacing: "hash", now: .second(1))
            #expect(isFirst)
            let isLate = try await store.setPassword("theirs", of: subject, replacing: "hash", now: .second(2))
            #expect(!isLate)
            #expect(try await store.credential(.admin, email: ida.details.email)?.password == "mine")
        }
    }

    @Test(arguments: Place.allCases) func `a user whose password is taken away is signed out`(place: Place) async throws
    {
        try await withStore(place) { store in
            let eva = try await store.addUser(
                UserDetails(email: "eva@nordschule.example", firstName: "Eva", lastName: "Mai"),
                identity: .sample(3), now: .start)
            let subject = SessionSubject.user(eva.number.number)
            _ = try await store.setPassword("hash", of: subject, now: .start)
            _ = try await store.addSession(verifier: verifier(1), of: subject, password: "hash", now: .start)
            _ = try await store.setPassword(nil, of: eva.number, now: .second(1))
            #expect(try await store.session(verifier: verifier(1)) == nil)
        }
    }
}
