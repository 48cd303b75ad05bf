import BigBlueButton
import Testing

@testable import PlenaryCore

/// The way of a visitor into a room, and the queue of a full one (`rooms-api.md` 11.8).
struct VisitTests {
    private static let now = RoomSamples.now

    private static func admission(starts: Bool) -> JoinAdmission {
        JoinAdmission(
            role: .attendee, name: made(VisitorName("Ada")), token: RoomTokenNumber(1), code: nil, starts: starts)
    }

    private static let joins = admission(starts: false)
    private static let starts = admission(starts: true)

    /// Everything that can happen.
    enum Event: Sendable, Hashable {
        case judged(JoinVerdict)
        case timePassed(WireTime)
        case sessionStarted
        case providerCameBack
        case queueMoved(ahead: Int, isSeatFree: Bool)
        case placeLost
        case closed(JoinRefusal)
        case sessionCreated
        case startRefused(JoinRefusal)
        case startFailed
        case heldInLobby
        case entered
        case denied
        case foundFull
        case departed
        case cameAgain
    }

    private static func tell(_ visit: inout Visit, _ event: Event) -> Visit.Action {
        switch event {
        case .judged(let verdict): visit.judged(verdict)
        case .timePassed(let now): visit.timePassed(now: now)
        case .sessionStarted: visit.sessionStarted()
        case .providerCameBack: visit.providerCameBack()
        case .queueMoved(let ahead, let isSeatFree): visit.queueMoved(ahead: ahead, isSeatFree: isSeatFree)
        case .placeLost: visit.placeLost()
        case .closed(let refusal): visit.closed(refusal)
        case .sessionCreated: visit.sessionCreated()
        case .startRefused(let refusal): visit.startRefused(refusal)
        case .startFailed: visit.startFailed()
        case .heldInLobby: visit.heldInLobby()
        case .entered: visit.entered()
        case .denied: visit.denied()
        case .foundFull: visit.foundFull()
        case .departed: visit.departed()
        case .cameAgain: visit.cameAgain()
        }
    }

    /// Tells one event after the other; the last action.
    private static func told(_ visit: inout Visit, _ events: [Event]) -> Visit.Action {
        var action = Visit.Action.none
        for event in events { action = tell(&visit, event) }
        return action
    }

    // MARK: what is judged

    struct Judged: Sendable {
        let verdict: JoinVerdict
        let state: Visit.State
        let action: Visit.Action

        init(_ verdict: JoinVerdict, _ state: Visit.State, _ action: Visit.Action) {
            self.verdict = verdict
            self.state = state
            self.action = action
        }
    }

    private static let opening = RoomSamples.minutes(10)

    static let verdicts: [Judged] = [
        Judged(.ready(joins), .ready(joins), .redirect(joins)),
        Judged(.ready(starts), .starting(starts), .startSession(starts)),
        Judged(.waiting(.notStarted, .guest), .waitingForStart, .showWait(.start)),
        Judged(.waiting(.roomFull(ahead: 2), .guest), .waitingForSeat(ahead: 2), .showWait(.seat(ahead: 2))),
        Judged(
            .incomplete([.codeRequired, .nameRequired]), .form(missing: [.codeRequired, .nameRequired]),
            .ask([.codeRequired, .nameRequired])),
        Judged(.refused(.codeRequired), .form(missing: [.codeRequired]), .ask([.codeRequired])),
        Judged(.refused(.codeExpired), .form(missing: [.codeExpired]), .ask([.codeExpired])),
        Judged(.refused(.nameRequired), .form(missing: [.nameRequired]), .ask([.nameRequired])),
        Judged(.refused(.consentRequired), .form(missing: [.consentRequired]), .ask([.consentRequired])),
        Judged(.refused(.lockedOut(until: opening)), .locked(until: opening), .showLock(until: opening)),
        Judged(.refused(.notOpen(opensAt: opening)), .notOpen(opensAt: opening), .showOpening(opening)),
        Judged(.refused(.noProvider(.down)), .waitingForProvider, .showWait(.provider)),
        Judged(
            .refused(.notOpen(opensAt: nil)), .refused(.notOpen(opensAt: nil)), .showRefusal(.notOpen(opensAt: nil))),
        Judged(
            .refused(.noProvider(.none)), .refused(.noProvider(.none)), .showRefusal(.noProvider(.none))),
        Judged(.refused(.roomFull), .refused(.roomFull), .showRefusal(.roomFull)),
        Judged(.refused(.tokenRequired), .refused(.tokenRequired), .showRefusal(.tokenRequired)),
        Judged(.refused(.roomInactive), .refused(.roomInactive), .showRefusal(.roomInactive)),
    ]

    /// Ways into every state in which a verdict counts.
    static let judgedIn: [[Event]] = [
        [], [.judged(.refused(.nameRequired))], [.judged(.waiting(.notStarted, .guest))],
        [.judged(.waiting(.notStarted, .guest)), .sessionStarted], [.judged(.refused(.noProvider(.down)))],
        [.judged(.waiting(.roomFull(ahead: 1), .guest))],
    ]

    @Test(arguments: verdicts.indices, judgedIn.indices)
    func `a verdict leads where the contract says, from every state in which there is one`(verdict: Int, way: Int) {
        let it = Self.verdicts[verdict]
        var visit = Visit()
        _ = Self.told(&visit, Self.judgedIn[way])
        let action = Self.tell(&visit, .judged(it.verdict))
        #expect(action == it.action && visit.state == it.state)
    }

    // MARK: ways through

    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let events: [Event]
        let state: Visit.State
        let action: Visit.Action

        init(_ name: String, _ events: [Event], _ state: Visit.State, _ action: Visit.Action) {
            testDescription = name
            self.events = events
            self.state = state
            self.action = action
        }
    }

    private static let waits = Event.judged(.waiting(.notStarted, .guest))
    private static let full = Event.judged(.waiting(.roomFull(ahead: 2), .guest))
    private static let ready = Event.judged(.ready(joins))
    private static let starting = Event.judged(.ready(starts))

    static let ways: [Way] = [
        Way("a moderator starts, the visitor enters by itself", [waits, .sessionStarted], .admitting, .judge),
        Way("after the wait", [waits, .sessionStarted, ready], .ready(joins), .redirect(joins)),
        Way(
            "the token expires while waiting", [waits, .closed(.tokenExpired(offersGuest: false))],
            .refused(.tokenExpired(offersGuest: false)), .showRefusal(.tokenExpired(offersGuest: false))),
        Way(
            "the room is deleted while waiting", [full, .closed(.roomGone)], .refused(.roomGone),
            .showRefusal(.roomGone)),
        Way(
            "the queue moves on", [full, .queueMoved(ahead: 1, isSeatFree: true)], .waitingForSeat(ahead: 1),
            .showWait(.seat(ahead: 1))),
        Way("the queue stands", [full, .queueMoved(ahead: 2, isSeatFree: false)], .waitingForSeat(ahead: 2), .none),
        Way(
            "first, but full", [full, .queueMoved(ahead: 0, isSeatFree: false)], .waitingForSeat(ahead: 0),
            .showWait(.seat(ahead: 0))),
        Way("first, and a seat is free", [full, .queueMoved(ahead: 0, isSeatFree: true)], .admitting, .judge),
        Way("no contact for too long", [full, .placeLost], .arrived, .judge),
        Way("the provider comes back", [.judged(.refused(.noProvider(.down))), .providerCameBack], .admitting, .judge),
        Way("another started elsewhere", [.judged(.refused(.noProvider(.down))), .sessionStarted], .admitting, .judge),
        Way(
            "too early to open", [.judged(.refused(.notOpen(opensAt: opening))), .timePassed(RoomSamples.minutes(9))],
            .notOpen(opensAt: opening), .none),
        Way("it opens", [.judged(.refused(.notOpen(opensAt: opening))), .timePassed(opening)], .arrived, .judge),
        Way(
            "still locked", [.judged(.refused(.lockedOut(until: opening))), .timePassed(now)], .locked(until: opening),
            .none),
        Way(
            "the lock is over", [.judged(.refused(.lockedOut(until: opening))), .timePassed(opening)],
            .form(missing: []), .ask([])),
        Way("started", [starting, .sessionCreated], .ready(starts), .redirect(starts)),
        Way(
            "no capacity", [starting, .startRefused(.noConnections(available: 0, retryAfter: nil))],
            .refused(.noConnections(available: 0, retryAfter: nil)),
            .showRefusal(.noConnections(available: 0, retryAfter: nil))),
        Way("create failed", [starting, .startFailed], .waitingForProvider, .showWait(.provider)),
        Way("straight in", [ready, .entered], .inSession(joins), .none),
        Way("into the lobby", [ready, .heldInLobby], .lobby(joins), .none),
        Way("approved", [ready, .heldInLobby, .entered], .inSession(joins), .none),
        Way("denied", [ready, .heldInLobby, .denied], .refused(.guestsNotAllowed), .showRefusal(.guestsNotAllowed)),
        Way("our count lost a race", [ready, .foundFull], .admitting, .judge),
        Way("the moderator ends it", [ready, .entered, .departed], .left, .offerRejoin),
        Way("leaves the lobby", [ready, .heldInLobby, .departed], .left, .offerRejoin),
        Way("comes again", [ready, .entered, .departed, .cameAgain], .arrived, .judge),
    ]

    @Test(arguments: ways) func `a visit goes its way`(it: Way) {
        var visit = Visit()
        let action = Self.told(&visit, it.events)
        #expect(visit.state == it.state && action == it.action)
    }

    /// States with what cannot happen in them.
    @Test func `what cannot happen changes nothing`() {
        let ends: [[Event]] = [
            [.judged(.refused(.roomGone))], [Self.ready, .entered], [Self.ready, .entered, .departed], [Self.starting],
            [Self.ready],
        ]
        let waiting: [Event] = [
            .timePassed(Self.opening), .sessionStarted, .providerCameBack, .queueMoved(ahead: 0, isSeatFree: true),
            .placeLost, .judged(.ready(Self.joins)), .closed(.roomGone),
        ]
        for way in ends {
            for event in waiting {
                var visit = Visit()
                _ = Self.told(&visit, way)
                let before = visit
                let action = Self.tell(&visit, event)
                #expect(action == .none && visit == before, "\(event)")
            }
        }
    }

    private static func kind(_ state: Visit.State) -> String {
        switch state {
        case .arrived: "arrived"
        case .notOpen: "notOpen"
        case .form: "form"
        case .locked: "locked"
        case .admitting: "admitting"
        case .waitingForStart: "waitingForStart"
        case .waitingForProvider: "waitingForProvider"
        case .waitingForSeat: "waitingForSeat"
        case .starting: "starting"
        case .ready: "ready"
        case .lobby: "lobby"
        case .inSession: "inSession"
        case .left: "left"
        case .refused: "refused"
        }
    }

    private static let judgeable = [
        "refused", "notOpen", "form", "locked", "waitingForStart", "waitingForProvider", "waitingForSeat", "starting",
        "ready",
    ]

    /// Where a state may lead, as its comment says.
    private static let leadsTo: [String: [String]] = [
        "arrived": judgeable, "form": judgeable, "admitting": judgeable, "notOpen": ["arrived", "refused"],
        "locked": ["form", "refused"], "waitingForStart": judgeable + ["admitting"],
        "waitingForProvider": judgeable + ["admitting"], "waitingForSeat": judgeable + ["admitting", "arrived"],
        "starting": ["ready", "refused", "waitingForProvider"],
        "ready": ["lobby", "inSession", "refused", "admitting", "left"], "lobby": ["inSession", "refused", "left"],
        "inSession": ["left"], "left": ["arrived"], "refused": [],
    ]

    private static func anyEvent(_ random: inout SplitMix64) -> Event {
        let refusals: [JoinRefusal] = [
            .roomGone, .nameRequired, .roomFull, .noProvider(.down), .notOpen(opensAt: opening),
        ]
        let refusal = refusals[Int.random(in: 0..<refusals.count, using: &random)]
        switch Int.random(in: 0..<16, using: &random) {
        case 0: return .judged(verdicts[Int.random(in: 0..<verdicts.count, using: &random)].verdict)
        case 1: return .timePassed(random.chance(0.5) ? opening : now)
        case 2: return .sessionStarted
        case 3: return .providerCameBack
        case 4: return .queueMoved(ahead: Int.random(in: 0...2, using: &random), isSeatFree: random.chance(0.5))
        case 5: return .placeLost
        case 6: return random.chance(0.1) ? .closed(refusal) : .entered
        case 7: return .sessionCreated
        case 8: return random.chance(0.2) ? .startRefused(refusal) : .sessionCreated
        case 9: return .startFailed
        case 10: return .heldInLobby
        case 11: return .entered
        case 12: return random.chance(0.2) ? .denied : .entered
        case 13: return .foundFull
        case 14: return .departed
        default: return .cameAgain
        }
    }

    @Test(arguments: UInt64(0)..<300) func `a state leads only where its comment says`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var visit = Visit()
        for step in 0..<80 {
            let before = visit.state
            let event = Self.anyEvent(&random)
            let action = Self.tell(&visit, event)
            let (from, to) = (Self.kind(before), Self.kind(visit.state))
            if before == visit.state {
                // Only what shows the same again does something.
                #expect(action == .none || Self.leadsTo[from]?.contains(to) == true, "step \(step): \(event)")
            } else {
                #expect(Self.leadsTo[from]?.contains(to) == true || from == to, "step \(step): \(from) to \(to)")
            }
            // Who is sent on is marked as having come in, and nobody else.
            if case .redirect(let admission) = action { #expect(visit.state == .ready(admission), "step \(step)") }
        }
    }

    // MARK: the queue

    @Test func `first come, first served`() {
        var queue = SeatQueue<String>()
        let places = ["a", "b", "c", "b"].map { queue.heard(of: $0, at: Self.now) }
        #expect(places == [0, 1, 2, 1] && queue.visitors == ["a", "b", "c"])
        queue.left("a")
        #expect(queue.ahead(of: "b") == 0 && queue.ahead(of: "c") == 1 && queue.ahead(of: "a") == nil)
        let again = queue.heard(of: "a", at: Self.now)
        #expect(again == 2 && queue.count == 3)
    }

    @Test func `a place is given up after 60 seconds without contact`() {
        var queue = SeatQueue<String>()
        let first = queue.heard(of: "a", at: Self.now)
        let second = queue.heard(of: "b", at: Self.now)
        let kept = queue.heard(of: "b", at: Self.now.advanced(by: .seconds(30)))
        #expect([first, second, kept] == [0, 1, 1])
        let none = queue.expire(at: Self.now.advanced(by: .milliseconds(59_999)))
        #expect(none.isEmpty && queue.count == 2)
        let gone = queue.expire(at: Self.now.advanced(by: .seconds(60)))
        #expect(gone == ["a"] && queue.visitors == ["b"] && queue.ahead(of: "b") == 0)
        let last = queue.expire(at: Self.now.advanced(by: .seconds(90)))
        #expect(last == ["b"] && queue.count == 0)
    }

    @Test func `who comes back after 60 seconds stands at the end, although nobody looked meanwhile`() {
        var queue = SeatQueue<String>()
        _ = queue.heard(of: "a", at: Self.now)
        _ = queue.heard(of: "b", at: Self.now.advanced(by: .seconds(30)))
        let late = queue.heard(of: "a", at: Self.now.advanced(by: .seconds(60)))
        let inTime = queue.heard(of: "b", at: Self.now.advanced(by: .milliseconds(89_999)))
        #expect(late == 1 && inTime == 0 && queue.visitors == ["b", "a"])
    }
}
