import BigBlueButton
import Testing

@testable import PlenaryCore

@Suite struct WebhookSignatureTests {
    private struct Counting: RandomNumberGenerator {
        var state: UInt64 = 1
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    /// As libraries of receivers have it.
    @Test func `a message is signed as Standard Webhooks say`() throws {
        let secret = try #require(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let body = Array("{\"test\": 2432232314}".utf8)
        let header = WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: body, secrets: [secret])
        #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `during a rotation both secrets sign, the newest first`() throws {
        var random = Counting()
        let (one, two) = (
            WebhookSignature.newSecret(using: &random), WebhookSignature.newSecret(using: &random)
        )
        #expect(one != two && one.reveal().hasPrefix("whsec_") && one.reveal().utf8.count == 6 + 44)
        func sign(_ secrets: [Secret]) -> String {
            WebhookSignature.header(id: "evt_1", seconds: 5, body: Array("{}".utf8), secrets: secrets)
        }
        #expect(sign([two, one]) == "\(sign([two])) \(sign([one]))")
        #expect(sign([]).isEmpty)
        let foreign = try #require(Secret("no secret of a web hook"))
        #expect(sign([foreign]).isEmpty)
    }

    @Test func `base64 has its padding`() {
        #expect(WebhookSignature.base64([]) == "")
        #expect(WebhookSignature.base64([0xFB]) == "+w==")
        #expect(WebhookSignature.base64([0xFF, 0xFF]) == "//8=")
        #expect(WebhookSignature.base64(Array("abc".utf8)) == "YWJj")
    }
}

@Suite struct WebhookScheduleTests {
    private static let schedule = WebhookSchedule()

    @Test func `what is not taken is tried nine times, then it is dead`() {
        var waits: [Duration] = []
        for attempts in 1...20 {
            guard case .again(let after) = Self.schedule.verdict(on: .failed, attempts: attempts, chance: 0) else {
                break
            }
            waits.append(after)
        }
        #expect(waits == [5, 30, 120, 600, 3_600, 10_800, 28_800, 43_200].map { Duration.seconds($0) })
        #expect(Self.schedule.verdict(on: .failed, attempts: 9, chance: 0) == .dead)
        #expect(Self.schedule.verdict(on: .answered(500), attempts: 100, chance: 0) == .dead)
    }

    @Test func `chance makes it a tenth later, and no more`() {
        let latest = Self.schedule.verdict(on: .answered(503), attempts: 1, chance: 1)
        #expect(latest == .again(after: .milliseconds(5_500)))
    }

    @Test(arguments: [200, 202, 204, 299]) func `every 2xx takes it`(status: Int) {
        #expect(Self.schedule.verdict(on: .answered(status), attempts: 1, chance: 0) == .taken)
        #expect(Self.schedule.switchesOff(on: .answered(status), failingFor: .seconds(9_999_999)) == nil)
    }

    @Test(arguments: [301, 400, 401, 404, 429, 500]) func `everything else is tried again`(status: Int) {
        #expect(Self.schedule.verdict(on: .answered(status), attempts: 1, chance: 0) == .again(after: .seconds(5)))
    }

    @Test func `an address is switched off when it is gone, or after three days`() {
        let schedule = Self.schedule
        #expect(schedule.verdict(on: .answered(410), attempts: 1, chance: 0) == .dead)
        #expect(schedule.switchesOff(on: .answered(410), failingFor: .zero) == .gone)
        #expect(schedule.switchesOff(on: .failed, failingFor: .seconds(3 * 86_400 - 1)) == nil)
        #expect(schedule.switchesOff(on: .failed, failingFor: .seconds(3 * 86_400)) == .failing)
        #expect(schedule.switchesOff(on: .refused, failingFor: .seconds(3 * 86_400)) == .failing)
        #expect(schedule.verdict(on: .refused, attempts: 1, chance: 0) == .dead)
    }
}

@Suite struct EventTypeTests {
    @Test func `a selection is a type, all of a resource, or all`() throws {
        let all = try #require(EventSelection("*"))
        let rooms = try #require(EventSelection("room.*"))
        let ended = try #require(EventSelection("session.ended"))
        #expect(all.includes(.roomCreated) && all.includes(.webhookDisabled))
        #expect(rooms.includes(.roomDeleted) && !rooms.includes(.roomTokenCreated))
        #expect(ended.includes(.sessionEnded) && !ended.includes(.sessionStarted))
        for text in ["", "room", "rooms.*", "*.created", "room.flown", ".*"] {
            #expect(EventSelection(text) == nil, "\(text)")
        }
        for selection in [all, rooms, ended] { #expect(EventSelection(selection.description) == selection) }
    }

    @Test func `a test is told to nobody who did not ask for it`() throws {
        for text in ["*", "webhook.*", "webhook.test"] {
            let selection = try #require(EventSelection(text))
            #expect(!selection.includes(.webhookTest), "\(text)")
        }
    }

    @Test func `limits are told at 80 and at 100 percent, on the way up`() {
        #expect(QuotaMark.passed(limit: 10, before: 7, after: 8) == [80])
        #expect(QuotaMark.passed(limit: 10, before: 8, after: 9) == [])
        #expect(QuotaMark.passed(limit: 10, before: 9, after: 10) == [100])
        #expect(QuotaMark.passed(limit: 1, before: 0, after: 1) == [80, 100])
        #expect(QuotaMark.passed(limit: 3, before: 2, after: 3) == [80, 100])
        #expect(QuotaMark.passed(limit: 10, before: 10, after: 8) == [])
        #expect(QuotaMark.passed(limit: nil, before: 0, after: 100) == [])
        #expect(QuotaMark.passed(limit: 0, before: 0, after: 1) == [])
        #expect(QuotaMark.passed(limit: .max, before: 0, after: .max) == [])
    }
}
