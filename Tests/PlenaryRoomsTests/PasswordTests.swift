import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import Synchronization
import Testing

@testable import PlenaryRooms

@Suite struct PasswordTests {
    /// The third vector of RFC 7914, section 12, and one of another implementation.
    @Test(arguments: [
        (
            "password",
            "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA"
        ),
        ("Grüße, Welt!", "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$5qrtASmuyvOBtqyOpLgf/IKf6B+nNfbmCcVg2Iad2/4"),
    ]) func `hashes of others are read, compared and written as they were`(password: String, text: String) throws {
        let hash = try #require(PasswordHash(text))
        #expect(hash.text == text)
        #expect(hash.matches(Array(password.utf8)) == true)
        #expect(hash.matches(Array("\(password) ".utf8)) == false)
    }

    @Test(arguments: [
        "", "password", "$scrypt$", "$scrypt$ln=4,r=8,p=1$AAEC", "scrypt$ln=4,r=8,p=1$AAECAw$AAECAwQFBgcICQoLDA0ODw",
        "$argon2id$ln=4,r=8,p=1$AAECAw$AAECAwQFBgcICQoLDA0ODw", "$scrypt$ln=4,r=8,p=1$$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=4,r=8,p=1$AAECAw$AAEC", "$scrypt$ln=4,r=8$AAECAw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$r=8,ln=4,p=1$AAECAw$AAECAwQFBgcICQoLDA0ODw", "$scrypt$ln=21,r=8,p=1$AAECAw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=20,r=32,p=1$AAECAw$AAECAwQFBgcICQoLDA0ODw", "$scrypt$ln=0,r=8,p=1$AAECAw$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=-4,r=8,p=1$AAECAw$AAECAwQFBgcICQoLDA0ODw", "$scrypt$ln=4,r=8,p=1$AAECAw$AAECAwQFBgcICQoLDA0O-_",
        "$scrypt$ln=4,r=8,p=1$AAECAw$AAECAwQFBgcICQoLDA0ODw$", "$scrypt$ln=4,r=8,p=1$AAECAw==$AAECAwQFBgcICQoLDA0ODw",
    ]) func `what is no hash is none`(text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test func `a password is right, and no other one is`() async throws {
        let passwords = Passwords.sample(VirtualTime().fleetTime)
        let stored = try await passwords.hash("correct horse")
        #expect(stored.hasPrefix("$scrypt$ln=4,r=8,p=1$") && !stored.contains("correct horse"))
        let right = try await passwords.verify("correct horse", against: stored)
        #expect(right == .right(isStale: false))
        for wrong in ["", "correct hors", "correct horse ", "Correct horse", String(repeating: "x", count: 2_000)] {
            let verdict = try await passwords.verify(wrong, against: stored)
            #expect(verdict == .wrong, "\(wrong.prefix(20))")
        }
        // The same password twice is two texts.
        let again = try await passwords.hash("correct horse")
        #expect(again != stored)
    }

    @Test func `what was hashed for less is right, and is to be hashed anew`() async throws {
        let time = VirtualTime().fleetTime
        let stored = try await Passwords.sample(time, cost: .small(3)).hash("correct horse")
        let verdict = try await Passwords.sample(time).verify("correct horse", against: stored)
        #expect(verdict == .right(isStale: true))
        let dearer = try await Passwords.sample(time, cost: .small(5)).hash("correct horse")
        let other = try await Passwords.sample(time).verify("correct horse", against: dearer)
        #expect(other == .right(isStale: false))
    }

    /// Counts what is done, and does nothing while it is broken.
    private final class Workshop: Sendable {
        private let state: Mutex<(count: Int, isBroken: Bool)>

        init(isBroken: Bool = false) { state = Mutex((count: 0, isBroken: isBroken)) }

        var count: Int { state.withLock { $0.count } }
        func repair() { state.withLock { $0.isBroken = false } }

        var threads: PasswordThreads {
            PasswordThreads { work in
                let isBroken = self.state.withLock { state in
                    state.count += 1
                    return state.isBroken
                }
                if isBroken { return nil }
                return work()
            }
        }
    }

    @Test(arguments: [nil, "", "no hash at all"] as [String?])
    func `for a name without a password as much is done, and none is right`(stored: String?) async throws {
        let workshop = Workshop()
        let passwords = Passwords.sample(VirtualTime().fleetTime, threads: workshop.threads)
        for password in ["", "\u{0}", "correct horse"] {
            let verdict = try await passwords.verify(password, against: stored)
            #expect(verdict == .wrong)
        }
        #expect(workshop.count == 3)
    }

    @Test func `what cannot be done is a fault, and leaves the place to others`() async throws {
        let workshop = Workshop(isBroken: true)
        let passwords = Passwords.sample(VirtualTime().fleetTime, threads: workshop.threads)
        await #expect(throws: PasswordFault.failed) { _ = try await passwords.hash("correct horse") }
        workshop.repair()
        _ = try await passwords.hash("correct horse")
    }

    @Test func `hashing among the tasks of the process works too`() async throws {
        let passwords = Passwords.sample(VirtualTime().fleetTime, threads: .concurrent) { $0.atOnce = 2 }
        let stored = try await passwords.hash("correct horse")
        let verdicts = try await withThrowingTaskGroup(of: Passwords.Verdict.self) { group in
            for _ in 0..<20 { group.addTask { try await passwords.verify("correct horse", against: stored) } }
            return try await group.reduce(into: [Passwords.Verdict]()) { $0.append($1) }
        }
        #expect(verdicts.count == 20 && Set(verdicts) == [.right(isStale: false)])
    }

    @Test func `today's cost is 32 MiB, and nothing prints a hash`() throws {
        #expect(PasswordCost.standard == PasswordCost(logarithm: 15, blockSize: 8, parallelism: 1))
        let hash = PasswordHash(cost: .standard, salt: [1, 2, 3], hash: Array(0..<32))
        #expect(!"\(hash)".contains("scrypt"))
        #expect(PasswordHash(hash.text) == hash)
    }

    // MARK: rules

    private static let given: [(String, [String])] = [
        ("correct horse", []), ("12345678", []), ("ßßßßßßßß", []), ("", ["required"]), ("1234567", ["out_of_range"]),
        (String(repeating: "x", count: 128), []), (String(repeating: "x", count: 129), ["too_long"]),
        ("Ida@Nordschule.example", ["invalid_format"]), ("idabergs", ["invalid_format"]),
        ("correct\u{7}horse", ["invalid_format"]),
    ]

    @Test(arguments: given) func `passwords are long enough, and not the address`(password: String, faults: [String]) {
        var found: [String] = []
        do throws(ValidationFault) {
            try PasswordRules.check(
                password, email: password == "idabergs" ? "IdaBergs@example.org" : "ida@nordschule.example")
        } catch {
            found = error.faults.map { $0.code.rawValue }
        }
        #expect(found == faults)
    }
}
