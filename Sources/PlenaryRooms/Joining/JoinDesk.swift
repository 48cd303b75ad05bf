internal import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore
internal import Synchronization

/// Where visitors of rooms are let in (`rooms-api.md` 11): gathers what is known, has it judged, and does what was decided.
///
/// The page and the join API come through here, so both run the same checks in the same order.
package final class JoinDesk: Sendable {
    let platform: Platform
    /// To providers of others.
    let transport: any ProviderTransport
    let providers: ProviderDesk
    /// One at a time starts a session in a room, in this process; others are kept out by the store.
    let starts = KeyedGate<RoomNumber>()
    /// One at a time asks the host of a session who is in; all who wait for that take the same answer.
    let sightings = KeyedGate<RoomSessionNumber>()
    let state: Mutex<JoinDeskState>

    package init(platform: Platform, transport: any ProviderTransport) {
        self.platform = platform
        self.transport = transport
        providers = ProviderDesk(platform: platform, transport: transport)
        state = Mutex(JoinDeskState())
    }

    var store: Store { platform.store }

    /// Somebody wants in.
    ///
    /// - Throws: what the store throws; whatever keeps a visitor out is an outcome.
    package func attempt(_ attempt: JoinAttempt) async throws -> JoinOutcome {
        var scene = try await scene(of: attempt)
        if case .removed = scene.situation.place { return scene.outcome(.refused(.roomGone)) }
        var verdict = scene.situation.judged()
        guard let room = scene.room else { return scene.outcome(.refused(.noSuchRoom)) }
        if let until = noteCode(verdict, attempt, scene, room) {
            return scene.outcome(.refused(.lockedOut(until: until)))
        }
        // Of two who start at once one creates, and both join: who comes second finds it running.
        for _ in 0..<3 {
            guard case .ready(let admission) = verdict, admission.starts else { break }
            let failure = try await starts.pass(room.number) { try await self.start(attempt) }
            if let failure { return scene.outcome(.refused(failure)) }
            scene = try await self.scene(of: attempt)
            verdict = scene.situation.judged()
        }
        switch verdict {
        case .refused(let refusal): return scene.outcome(.refused(refusal))
        case .incomplete(let missing): return scene.outcome(.incomplete(missing))
        case .waiting(let wait, let role):
            return scene.outcome(.waiting(placed(wait, scene, room), role, ticket: scene.ticket(key: store.key)))
        case .ready(let admission): return try await enter(admission, scene, room, from: attempt.address)
        }
    }

    /// Whose turn it is to start a session looks again: who was before may have found out that no provider can.
    ///
    /// - Returns: why there is none; `nil`: it runs, or this visitor does not start one any more.
    private func start(_ attempt: JoinAttempt) async throws -> JoinRefusal? {
        let scene = try await scene(of: attempt)
        guard let room = scene.room, case .ready(let admission) = scene.situation.judged(), admission.starts else {
            return nil
        }
        return try await start(scene, room)
    }

    /// How it stands with somebody who waits, without anything being done: who is `ready` tries again.
    package func glance(_ attempt: JoinAttempt) async throws -> JoinGlance {
        let scene = try await scene(of: attempt)
        switch scene.situation.judged() {
        case .ready: return .ready
        case .waiting(let wait, _):
            guard let room = scene.room else { return .closed(.noSuchRoom) }
            return .waiting(placed(wait, scene, room))
        case .refused(.noProvider(.down)): return .unavailable
        case .refused(let refusal): return .closed(refusal)
        // A code was changed, say: the form tells what is missing.
        case .incomplete(let missing): return .closed(missing.first ?? .nameRequired)
        }
    }

    /// Whether it is a ticket of ours that is still good.
    package func isTicket(_ text: String?) -> Bool {
        text.flatMap { JoinTicket($0, key: store.key, now: platform.time.now()) } != nil
    }

    /// Whose ticket of this room it is; `nil`: it is none that is still good here.
    ///
    /// - Parameter room: by its public id, as addresses that we give out have it.
    package func holder(of ticket: String?, at room: ResourceReference) -> String? {
        guard let ticket = ticket.flatMap({ JoinTicket($0, key: store.key, now: platform.time.now()) }),
            case .id(let id) = room, id == ticket.room
        else { return nil }
        return ticket.visitor
    }

    /// A pseudonym as a browser keeps it. It is signed: providers show pseudonyms to others, and who has one by that, or made it
    /// up, is not its visitor.
    package func keepsake(of visitor: String) -> String {
        "\(visitor).\(KeyedHash.hex(of: Self.marked(visitor), key: store.key))"
    }

    /// - Returns: `nil` for what we did not write.
    package func visitor(of keepsake: String) -> String? {
        let parts = keepsake.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 2, KeyedHash.matches(parts[1], Self.marked(parts[0]), key: store.key) else { return nil }
        return parts[0]
    }

    private static func marked(_ visitor: String) -> String { "visitor of rooms \(visitor)" }

    /// Another number after every change that this process knows of: who waits looks then.
    package func version(of room: RoomNumber) -> Int { state.withLock { $0.versions[room] ?? 0 } }

    /// Something about a room is not what it was: whoever waits looks now.
    package func changed(_ room: RoomNumber) { state.withLock { $0.versions[room, default: 0] += 1 } }

    /// What the page must ask (11.5).
    package func preview(_ attempt: JoinAttempt) async throws -> JoinView {
        let scene = try await scene(of: attempt)
        do throws(JoinRefusal) {
            return scene.view(.success(try scene.situation.preview()))
        } catch { return scene.view(.failure(error)) }
    }

    /// The visitor's place in the queue of a full room.
    private func placed(_ wait: JoinWait, _ scene: JoinScene, _ room: Room) -> JoinWait {
        guard case .roomFull = wait else { return wait }
        let now = scene.situation.now
        return state.withLock { state in
            .roomFull(ahead: state.queues[room.number, default: SeatQueue()].heard(of: scene.visitor, at: now))
        }
    }

    // MARK: letting in

    private func enter(_ admission: JoinAdmission, _ scene: JoinScene, _ room: Room, from address: IPAddress?)
        async throws -> JoinOutcome
    {
        // Without one it was started three times, and each time somebody ended it at once.
        guard let session = scene.session, let host = try await host(of: session, room) else {
            return scene.outcome(.refused(.noProvider(.down)))
        }
        let visitor = RoomCalls.Visitor(scene.visitor)
        let parameters = RoomCalls.join(
            room, admission, visitor: visitor, createTime: session.createTime.map { WireTime(milliseconds: $0) },
            roomURL: scene.roomURL)
        let place: HostedJoin
        do throws(HostFault) {
            place = try await host.join(parameters)
        } catch {
            forgetLook(at: session.number)
            return scene.outcome(.refused(.noProvider(.down)))
        }
        do {
            try await store.enter(
                RoomEntry(
                    session: session.number, visitor: visitor, role: admission.role, token: admission.token,
                    code: admission.code), now: scene.situation.now)
        } catch let problem as RoomProblem {
            return scene.outcome(.refused(Self.refusal(problem, scene)))
        }
        state.withLock { state in
            state.queues[room.number]?.left(scene.visitor)
            state.looks[session.number]?.expect(
                visitor.userID(as: admission.role),
                JoinDeskState.Expected(
                    since: platform.time.uptime(), isGuest: admission.role == .guest,
                    network: address?.limitedNetwork))
        }
        return scene.outcome(
            .ready(place, admission.role), pass: scene.ticket(key: store.key, for: JoinTicket.passLifetime))
    }

    /// What another visitor was faster with.
    private static func refusal(_ problem: RoomProblem, _ scene: JoinScene) -> JoinRefusal {
        let offersGuest = scene.room?.details.isPublic ?? false
        return switch problem {
        case .tokenInvalid: .tokenInvalid(offersGuest: offersGuest)
        case .tokenExpired: .tokenExpired(offersGuest: offersGuest)
        case .tokenUsedUp: .tokenUsedUp(offersGuest: offersGuest)
        case .accessCodeInvalid: .codeInvalid(.unknown)
        case .accessCodeExpired: .codeExpired
        default: .noProvider(.down)
        }
    }

    // MARK: wrong codes

    /// Counts wrong codes, by the address and by the room (2.9). Of many codes that are tried in the same moment no more are judged
    /// than of as many one after the other.
    ///
    /// - Returns: until when nobody tries one from there; `nil`: the verdict holds.
    private func noteCode(_ verdict: JoinVerdict, _ attempt: JoinAttempt, _ scene: JoinScene, _ room: Room)
        -> WireTime?
    {
        guard let code = attempt.code, !code.allSatisfy(\.isWhitespace), scene.asksCode else { return nil }
        let now = platform.time.uptime()
        let key = WrongCodes(room: room.number, network: attempt.address?.limitedNetwork)
        let wait: Duration? = state.withLock { state in
            let own = state.wrongCodes.wait(of: key, at: now)
            let all = state.wrongCodesOfRoom.wait(of: room.number, at: now)
            if let wait = [own, all].compactMap({ $0 }).max() { return wait }
            guard verdict.isWrongCode else { return nil }
            _ = state.wrongCodes.take(key, at: now)
            _ = state.wrongCodesOfRoom.take(room.number, at: now)
            return nil
        }
        return wait.map { scene.situation.now.advanced(by: $0) }
    }

    /// Until when nobody tries a code from there; `nil`: one may.
    func lock(_ attempt: JoinAttempt, _ room: RoomNumber, now: WireTime) -> WireTime? {
        let uptime = platform.time.uptime()
        let key = WrongCodes(room: room, network: attempt.address?.limitedNetwork)
        return state.withLock { state in
            let own = state.wrongCodes.wait(of: key, at: uptime)
            let all = state.wrongCodesOfRoom.wait(of: room, at: uptime)
            return [own, all].compactMap { $0 }.max().map { now.advanced(by: $0) }
        }
    }
}

/// Who is limited together in what they try.
struct WrongCodes: Sendable, Hashable {
    let room: RoomNumber
    let network: IPAddress?
}

/// What the desk remembers beside the store: it is lost with the process, and nothing depends on it for good.
struct JoinDeskState: Sendable {
    /// Who waits for a seat.
    var queues: [RoomNumber: SeatQueue<String>] = [:]
    var wrongCodes = RateLimiter<WrongCodes>(.wrongCodes)
    var wrongCodesOfRoom = RateLimiter<RoomNumber>(.wrongCodesOfRoom)
    var looks: [RoomSessionNumber: Look] = [:]
    /// Sessions of which their host said that it does not have them, and when by the uptime: what is gone does not come back.
    var gone: [RoomSessionNumber: Duration] = [:]
    var versions: [RoomNumber: Int] = [:]
    /// Octets of files that are on their way to hosts.
    var slides = 0

    /// Of ``slides``; a session that starts holds its own about four times: as they are, encoded, in the body and on the wire.
    static let mostSlides = 64 << 20

    /// What a host last said of a session.
    struct Look: Sendable {
        var people: HostedPeople?
        /// Uptime.
        var at: Duration
        /// When it last did not answer, by the uptime.
        var failedAt: Duration?
        /// Who was let in, and of whom the host has not told yet.
        var expected: [String: Expected] = [:]

        /// Guests of one network who are kept a seat while they are on their way. More are let in as well, but keep nobody out:
        /// guests are whoever opens the page, and who has it opened a thousand times shall not fill the room without coming.
        static let mostGuests = 20

        mutating func expect(_ user: String, _ given: Expected) {
            if given.isGuest, expected[user] == nil {
                let others = expected.values.filter { $0.isGuest && $0.network == given.network }
                guard others.count < Self.mostGuests else { return }
            }
            expected[user] = given
        }
    }

    /// Somebody on the way into a session.
    struct Expected: Sendable {
        /// Uptime.
        let since: Duration
        let isGuest: Bool
        let network: IPAddress?
    }
}
