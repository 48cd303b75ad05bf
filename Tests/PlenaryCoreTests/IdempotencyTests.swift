import BigBlueButton
import Testing

@testable import PlenaryCore

/// `Idempotency-Key` (`rooms-api.md` 2.7).
struct IdempotencyTests {
    private func time(_ seconds: Int) -> WireTime { WireTime(milliseconds: Int64(seconds) * 1_000) }

    private func begin(_ stored: IdempotencyRecord?, _ print: String = "p", at second: Int) -> IdempotencyRecord.Start {
        IdempotencyRecord.begin(stored, fingerprint: print, at: time(second))
    }

    /// The record of a request that runs.
    private func running(at second: Int) throws -> IdempotencyRecord {
        guard case .run(let record) = begin(nil, at: second) else {
            throw TestFault.other
        }
        return record
    }

    private enum TestFault: Error { case other }

    private func code(_ start: IdempotencyRecord.Start) -> ProblemCode? {
        if case .refuse(let problem) = start { problem.code } else { nil }
    }

    private static let created = StoredAnswer(
        status: 201, headers: [ResponseHeader("Location", "/api/v1/rooms/u6Yh3DkQ9w")], body: Array("{}".utf8))

    @Test(arguments: [
        ("a", true), (String(repeating: "~", count: 255), true), (String(repeating: "~", count: 256), false),
        ("", false),
        ("a b", false), ("\u{E9}", false), ("\"8e03978e\"", true), ("a\t", false), ("\u{7F}", false), ("!", true),
    ]) func `a key is visible characters`(text: String, isKey: Bool) {
        #expect((IdempotencyKey(text) != nil) == isKey)
    }

    @Test func `a key counts for one credential and one path`() {
        let key = made(IdempotencyKey("k"))
        let scope = IdempotencyScope(credential: "a", path: "/rooms", key: key)
        #expect(scope != IdempotencyScope(credential: "b", path: "/rooms", key: key))
        #expect(scope != IdempotencyScope(credential: "a", path: "/rooms/x/tokens", key: key))
        #expect(scope == IdempotencyScope(credential: "a", path: "/rooms", key: made(IdempotencyKey("k"))))
    }

    @Test func `a request is the same to the octet`() {
        func print(_ query: String, _ type: String?, _ body: String, _ key: String = "key") -> String {
            IdempotencyScope.fingerprint(
                query: query, contentType: type, body: Array(body.utf8), key: made(Secret(key)))
        }
        let all = [
            print("", "application/json", "{}"), print("a=1", "application/json", "{}"), print("", "text/plain", "{}"),
            print("", "application/json", "{ }"), print("", nil, "{}"), print("", "application/json", ""),
            // What moves from one part to the next is another request.
            print("ab", "c", "d"), print("a", "bc", "d"), print("a", "b", "cd"),
            print("", "application/json", "{}", "another key"),
        ]
        #expect(Set(all).count == all.count)
        #expect(print("a=1", nil, "x") == print("a=1", nil, "x"))
        #expect(!all[0].contains("{"))
    }

    @Test func `the same request gets the same answer`() throws {
        var record = try running(at: 0)
        let finish = record.finished(record.run, Self.created)
        #expect(finish == .keep)
        #expect(record.state == .answered(Self.created))
        #expect(begin(record, at: 10) == .replay(Self.created))
        #expect(begin(record, at: 86_399) == .replay(Self.created))
        #expect(code(begin(record, "other", at: 10)) == .idempotencyKeyReused)
        #expect(Problem(.idempotencyKeyReused).status == 422)
        // After a day it is nobody's.
        guard case .run(let next) = begin(record, "other", at: 86_400) else { throw TestFault.other }
        #expect(next.attempt == 2 && next.fingerprint == "other" && next.startedAt == time(86_400))
    }

    @Test func `while it runs the same request waits`() throws {
        let record = try running(at: 0)
        #expect(record.state == .running(until: time(300)) && record.keptUntil == time(86_400))
        for second in [0, 1, 299] { #expect(code(begin(record, at: second)) == .idempotencyInProgress) }
        #expect(code(begin(record, "other", at: 1)) == .idempotencyKeyReused)
        guard case .refuse(let problem) = begin(record, at: 1) else { throw TestFault.other }
        #expect(problem.status == 409 && problem.headers == [ResponseHeader("Retry-After", "1")])
    }

    @Test func `one that died is begun anew, and says nothing if it was not dead`() throws {
        let dead = try running(at: 0)
        guard case .run(var next) = begin(dead, at: 300) else { throw TestFault.other }
        #expect(next.attempt == 2 && next.state == .running(until: time(600)))
        // It finds the row of the other one.
        let late = next.finished(dead.run, Self.created)
        #expect(late == .leave && next.state == .running(until: time(600)))
        let kept = next.finished(next.run, Self.created)
        #expect(kept == .keep)
        let again = next.finished(next.run, StoredAnswer(status: 409, body: []))
        #expect(again == .leave && next.state == .answered(Self.created))
        #expect(code(begin(dead, "other", at: 301)) == .idempotencyKeyReused)
    }

    @Test(arguments: [
        (200, true), (201, true), (204, true), (400, true), (403, true), (409, true), (422, true), (429, false),
        (500, false), (502, false), (503, false), (504, false),
    ]) func `what time heals is not kept`(status: Int, isKept: Bool) throws {
        var record = try running(at: 0)
        let finish = record.finished(record.run, StoredAnswer(status: status, body: []))
        #expect(finish == (isKept ? .keep : .forget))
    }

    @Test func `one that was given up does not answer for a row that was begun anew`() throws {
        let lost = try running(at: 0)
        guard case .run(var next) = begin(lost, at: 300) else { throw TestFault.other }
        let failed = next.finished(next.run, StoredAnswer(status: 500, body: []))
        #expect(failed == .forget)
        // The row is gone, and counts from 1 again.
        var third = try running(at: 301)
        let late = third.finished(lost.run, Self.created)
        #expect(third.attempt == lost.attempt && late == .leave)
    }

    // MARK: histories

    /// What happened to one scope, all of it: each question is answered from the beginning.
    private struct Chronicle {
        struct Begun {
            let print: String
            let second: Int
            var answer: (status: Int, second: Int)?
        }
        /// Those that ran.
        var begun: [Begun] = []

        enum Answer: Equatable { case runs, replays(Int), reused, waits }

        func ask(_ print: String, _ now: Int) -> Answer {
            guard let last = begun.last, now < last.second + 86_400 else { return .runs }
            if let answer = last.answer, answer.status >= 500 || answer.status == 429 { return .runs }
            if last.print != print { return .reused }
            if let answer = last.answer { return .replays(answer.status) }
            return now < last.second + 300 ? .waits : .runs
        }
    }

    @Test(arguments: UInt64(0)..<300) func `whatever happens, nothing is done twice that was answered`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var stored: IdempotencyRecord?
        var chronicle = Chronicle()
        /// Requests under way, and which of those that ran each was.
        var underWay: [(run: IdempotencyRecord.Run, index: Int)] = []
        var now = 0
        for step in 0..<80 {
            now += [0, 1, 100, 299, 300, 50_000, 86_399][Int.random(in: 0..<7, using: &random)]
            if random.chance(0.5) || underWay.isEmpty {
                let print = random.chance(0.8) ? "p" : "q"
                let wanted = chronicle.ask(print, now)
                switch begin(stored, print, at: now) {
                case .run(let record):
                    #expect(wanted == .runs, "step \(step)")
                    stored = record
                    chronicle.begun.append(.init(print: print, second: now))
                    underWay.append((record.run, chronicle.begun.count - 1))
                case .replay(let answer): #expect(wanted == .replays(answer.status), "step \(step)")
                case .refuse(let problem):
                    #expect(wanted == (problem.code == .idempotencyKeyReused ? .reused : .waits), "step \(step)")
                }
            } else {
                let begun = underWay.remove(at: Int.random(in: 0..<underWay.count, using: &random))
                // Some die without a word.
                guard random.chance(0.8) else { continue }
                let status = [201, 422, 429, 500][Int.random(in: 0..<4, using: &random)]
                let isLast = begun.index == chronicle.begun.count - 1
                guard var row = stored else {
                    #expect(!isLast, "step \(step)")
                    continue
                }
                let finish = row.finished(begun.run, StoredAnswer(status: status, body: []))
                if isLast {
                    chronicle.begun[begun.index].answer = (status, now)
                    #expect(finish == (status == 429 || status == 500 ? .forget : .keep), "step \(step)")
                    stored = finish == .keep ? row : nil
                } else {
                    #expect(finish == .leave, "step \(step)")
                }
            }
        }
    }
}
