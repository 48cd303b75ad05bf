import BigBlueButton
import Testing

@testable import PlenaryCore

/// Sessions of users, CSRF, and sign-ins that are locked out (`rooms-api.md` 2.2).
struct SessionTests {
    private static let policy = SessionPolicy()

    private func time(_ seconds: Int) -> WireTime { WireTime(milliseconds: Int64(seconds) * 1_000) }

    private func text(_ seed: UInt64) -> SessionText {
        var random = SplitMix64(seed: seed)
        return SessionText(using: &random)
    }

    // MARK: the cookie

    @Test func `a session is found by what its cookie holds`() throws {
        let text = text(1)
        let cookie = text.reveal()
        #expect(cookie.count == 43 && SessionText.cookie == "__Host-session")
        let read = try #require(SessionText(cookie))
        #expect(read.verifier == text.verifier && read.csrfToken == text.csrfToken)
        #expect(Set((UInt64(0)..<200).map { self.text($0).verifier }).count == 200)
        // What is in the pages and in the store does not open.
        #expect(text.verifier != text.csrfToken && !cookie.contains(text.verifier))
        #expect(SessionText(text.csrfToken) == nil && SessionText(text.verifier) == nil)
        var dumped = ""
        dump(text, to: &dumped)
        for printed in ["\(text)", String(reflecting: text), dumped] { #expect(!printed.contains(cookie)) }
        for wrong in ["", String(cookie.dropLast()), cookie + "A", " " + cookie, String(cookie.dropLast()) + "="] {
            #expect(SessionText(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `what changes something was made by a page of the session`() {
        let (mine, other) = (text(1), text(2))
        let token = mine.csrfToken
        for method in ["GET", "HEAD", "OPTIONS"] {
            #expect(mine.permits(method: method, token: nil, site: "cross-site"), "\(method)")
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "get", "MOVE", ""] {
            #expect(mine.permits(method: method, token: token), "\(method)")
            #expect(mine.permits(method: method, token: token, site: "same-origin"), "\(method)")
            #expect(mine.permits(method: method, token: token, site: "none"), "\(method)")
            for wrong in [
                nil, "", other.csrfToken, mine.verifier, String(token.dropLast()), token + "0", token.uppercased(),
            ] {
                #expect(!mine.permits(method: method, token: wrong), "\(method) \(wrong ?? "none")")
            }
            for site in ["cross-site", "same-site"] {
                #expect(!mine.permits(method: method, token: token, site: site), "\(method) \(site)")
            }
        }
    }

    // MARK: the life

    @Test func `a session ends when nobody comes, and at the latest after half a day`() {
        let idle = SessionLife(startedAt: time(0))
        #expect(idle.state(at: time(3_599), Self.policy) == .live)
        #expect(idle.state(at: time(3_600), Self.policy) == .ended(.idle))
        var busy = SessionLife(startedAt: time(0))
        for second in stride(from: 0, to: 43_200, by: 1_800) {
            let action = busy.requestCame(at: time(second), Self.policy)
            #expect(action == (second == 0 ? SessionLife.Action.none : .write), "\(second)")
        }
        let late = busy.requestCame(at: time(43_200), Self.policy)
        #expect(late == .refuse(.tooOld) && busy.seenAt == time(41_400))
        #expect(busy.state(at: time(43_199), Self.policy) == .live)
    }

    @Test func `not every request writes`() {
        var life = SessionLife(startedAt: time(0))
        var writes = 0
        for second in 0..<600 where life.requestCame(at: time(second), Self.policy) == .write { writes += 1 }
        #expect(writes == 9 && life.seenAt == time(540))
        let before = life.requestCame(at: time(100), Self.policy)
        #expect(before == SessionLife.Action.none && life.seenAt == time(540))
    }

    @Test func `who signed out is out`() {
        var life = SessionLife(startedAt: time(0))
        life.signedOut()
        let action = life.requestCame(at: time(1), Self.policy)
        #expect(action == .refuse(.signedOut))
        // A row whose times are wrong does not live longer for it.
        #expect(SessionLife(startedAt: time(5), seenAt: time(1)).seenAt == time(5))
    }

    @Test(arguments: UInt64(0)..<200) func `a session lives as long as its requests say`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var policy = SessionPolicy()
        policy.idle = .seconds(100)
        policy.absolute = .seconds(1_000)
        policy.precision = .seconds(Int.random(in: 0...30, using: &random))
        var life = SessionLife(startedAt: time(0))
        /// All requests that were let in.
        var seen = [0]
        var now = 0
        for step in 0..<60 {
            now += [0, 1, 10, 50, 69, 99, 100, 131][Int.random(in: 0..<8, using: &random)]
            let action = life.requestCame(at: time(now), policy)
            let gap = now - (seen.last ?? 0)
            switch action {
            case .refuse(.tooOld): #expect(now >= 1_000, "step \(step)")
            // What was not written may be as old as the precision: a session ends that much too early, never too late.
            case .refuse(.idle): #expect(gap > 100 - 31 && now < 1_000, "step \(step)")
            case .refuse(.signedOut): Issue.record("nobody signed out")
            case .none, .write:
                #expect(gap < 100 && now < 1_000, "step \(step)")
                seen.append(now)
            }
            // Once over, it stays so.
            if case .refuse = action {
                let again = life.requestCame(at: time(now + 1), policy)
                #expect(again != SessionLife.Action.none && again != .write, "step \(step)")
                break
            }
        }
    }
}

/// Sign-ins that are locked out after wrong ones.
struct LockOutTests {
    private static let policy = LockOutPolicy.nameAndNetwork

    private func time(_ seconds: Int) -> WireTime { WireTime(milliseconds: Int64(seconds) * 1_000) }

    @Test func `the waits are those of the table`() {
        let waits = [0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 60, Int.max].map { Self.policy.wait(afterFailures: $0) }
        let seconds: [Duration] = [0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900].map { .seconds($0) }
        #expect(waits == seconds)
        #expect(LockOutPolicy.name.wait(afterFailures: 49) == .zero)
        #expect(LockOutPolicy.name.wait(afterFailures: 50) == .seconds(30))
    }

    @Test func `the fifth wrong one locks, and a right one opens`() {
        var lock = LockOut()
        for second in 0..<4 {
            let action = lock.failed(at: time(second), Self.policy)
            #expect(action == LockOut.Action.none && lock.wait(at: time(second), Self.policy) == nil)
        }
        let action = lock.failed(at: time(10), Self.policy)
        #expect(action == .lock(until: time(40)))
        #expect(lock.wait(at: time(10), Self.policy) == .seconds(30))
        #expect(lock.wait(at: time(39), Self.policy) == .seconds(1) && lock.wait(at: time(40), Self.policy) == nil)
        let next = lock.failed(at: time(40), Self.policy)
        #expect(next == .lock(until: time(100)))
        lock.succeeded()
        #expect(lock == LockOut() && lock.wait(at: time(41), Self.policy) == nil)
        let first = lock.failed(at: time(42), Self.policy)
        #expect(first == LockOut.Action.none && lock.failures == 1)
    }

    @Test func `those that were looked at together all count`() {
        var lock = LockOut()
        for _ in 0..<20 { _ = lock.failed(at: time(0), Self.policy) }
        #expect(lock.failures == 20 && lock.wait(at: time(0), Self.policy) == .seconds(900))
    }

    @Test func `after a day without a wrong one all is forgotten`() {
        var lock = LockOut(failures: 9, failedAt: time(0))
        #expect(!lock.isForgotten(at: time(86_399), Self.policy) && lock.isForgotten(at: time(86_400), Self.policy))
        let action = lock.failed(at: time(86_400), Self.policy)
        #expect(action == LockOut.Action.none && lock.failures == 1)
        #expect(LockOut(failures: 9).failures == 0 && LockOut(failures: -3, failedAt: time(0)).failures == 0)
    }

    @Test func `a clock that goes back opens nothing`() {
        var lock = LockOut(failures: 4, failedAt: time(100))
        let action = lock.failed(at: time(0), Self.policy)
        #expect(action == .lock(until: time(130)))
    }

    /// All that was looked at: each question is answered from the beginning.
    private struct Chronicle {
        var attempts: [(second: Int, isRight: Bool)] = []

        /// - Returns: seconds to wait.
        func wait(at now: Int) -> Int {
            var row: [Int] = []
            for attempt in attempts {
                if let last = row.last, attempt.second - last >= 86_400 { row = [] }
                row = attempt.isRight ? [] : row + [attempt.second]
            }
            guard let last = row.last, now - last < 86_400, row.count > 4 else { return 0 }
            var wait = 30
            for _ in 5..<row.count { wait = min(900, wait * 2) }
            return max(0, last + wait - now)
        }
    }

    @Test(arguments: UInt64(0)..<200) func `the lock is what the history says`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var lock = LockOut()
        var chronicle = Chronicle()
        var now = 0
        for step in 0..<80 {
            now += [0, 1, 20, 29, 30, 60, 500, 900, 86_399, 86_400][Int.random(in: 0..<10, using: &random)]
            let wait = lock.wait(at: time(now), Self.policy) ?? .zero
            #expect(wait == .seconds(chronicle.wait(at: now)), "step \(step)")
            guard wait == .zero else { continue }
            let isRight = random.chance(0.05)
            chronicle.attempts.append((now, isRight))
            if isRight {
                lock.succeeded()
            } else {
                let action = lock.failed(at: time(now), Self.policy)
                let later = chronicle.wait(at: now)
                #expect(action == (later == 0 ? LockOut.Action.none : .lock(until: time(now + later))), "step \(step)")
            }
        }
    }
}
