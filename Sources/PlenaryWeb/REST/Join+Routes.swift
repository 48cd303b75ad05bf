internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore
internal import Synchronization

/// `/join/{room_id}`: the JSON behind the page of a room (`rooms-api.md` 11.5).
enum JoinRoutes {
    /// - Parameter doors: how many try per address.
    static func group(_ services: PlatformServices, doors: JoinLimits) -> EndpointGroup {
        let joins = services.joins
        return EndpointGroup(
            endpoints: [
                Endpoint(
                    .get, "/join/{room_id}", .anyone,
                    EndpointDescription(
                        "Joining", "What must be asked before somebody joins", answer: "JoinPreview",
                        problems: refusals,
                        parameters: [("token", "The room token of the link.")])
                ) { request in
                    let standing = try doors.take(request.address, at: services.platform.time.uptime())
                    request.standings.note(standing)
                    var attempt = JoinAttempt(room: try room(request))
                    attempt.token = request.parameter("token")
                    attempt.address = request.address
                    attempt.user = request.anybody?.user
                    let view = try await joins.preview(attempt)
                    switch view.result {
                    case .success(let preview): return APIAnswer(body: JoinResource.json(view, preview))
                    case .failure(let refusal):
                        throw JoinResource.problem(
                            refusal, view.room, role: nil, isRoomUser: view.isRoomUser, now: request.now)
                    }
                },
                Endpoint(
                    .post, "/join/{room_id}", .anyone,
                    EndpointDescription(
                        "Joining", "Join, or wait to join", body: "JoinRequest", answer: "JoinResult",
                        problems: refusals, otherStatuses: [202])
                ) { request in
                    var attempt = try JoinResource.attempt(
                        from: try request.object(), room: try room(request), address: request.address)
                    attempt.user = request.anybody?.user
                    let standing = try doors.take(
                        request.address, holder: joins.holder(of: attempt.ticket, at: attempt.room),
                        at: services.platform.time.uptime())
                    request.standings.note(standing)
                    let outcome = try await joins.attempt(attempt)
                    return try answer(outcome, request)
                },
                Endpoint(
                    .get, "/join/{room_id}/events", .anyone,
                    EndpointDescription(
                        "Joining", "Server-sent events for somebody who waits", answer: "JoinEvents",
                        problems: [.badRequest], parameters: [("ticket", "Of the answer `waiting`.")], isStream: true)
                ) { request in
                    let room = try room(request)
                    guard let ticket = request.parameter("ticket"), joins.isTicket(ticket) else {
                        throw Problem(.badRequest, "The ticket is not valid any more.")
                    }
                    let holder = joins.holder(of: ticket, at: room)
                    let standing = try doors.take(
                        request.address, holder: holder, at: services.platform.time.uptime())
                    request.standings.note(standing)
                    // Told before the stream begins: an empty one would be opened again at once.
                    if let holder, !doors.mayListen(holder) {
                        throw Problem.rateLimited(retryAfter: JoinLimits.listenAgain, headers: [])
                    }
                    var stream = try await events(room, ticket, request.anybody?.user, services)
                    if let holder {
                        stream.enters = { doors.listens(holder) }
                        stream.leaves = { doors.leaves(holder) }
                    }
                    return APIAnswer(events: stream)
                },
            ], schemas: JoinResource.schemas)
    }

    /// Everything that keeps out, and the waiting for it.
    private static let refusals: [ProblemCode] = [
        .tokenRequired, .tokenInvalid, .roomNotFound, .roomGone, .roomFull, .joinIncomplete, .providerUnavailable,
    ]

    private static func room(_ request: APIRequest) throws(Problem) -> ResourceReference {
        guard let reference = ResourceReference(request.argument("room_id")) else { throw Problem(.roomNotFound) }
        return reference
    }

    private static func answer(_ outcome: JoinOutcome, _ request: APIRequest) throws -> APIAnswer {
        switch outcome.state {
        case .ready(let place, let role):
            return APIAnswer(
                body: [
                    "object": "JoinResult", "state": "ready", "role": .text(role.rawValue),
                    "redirect_url": .text(place.url),
                    "expires_in": 120,
                ])
        case .waiting(let wait, let role, let ticket):
            return APIAnswer(
                status: 202,
                body: JoinResource.waiting(
                    wait, role, ticket: ticket, room: outcome.room, base: request.platform.settings.publicURL))
        case .refused(let refusal):
            throw JoinResource.problem(
                refusal, outcome.room, role: outcome.role, isRoomUser: outcome.isRoomUser, now: request.now)
        case .incomplete(let missing): throw JoinResource.problem(missing, outcome.room, role: outcome.role)
        }
    }

    /// - Parameter user: who is signed in.
    static func events(
        _ room: ResourceReference, _ ticket: String, _ user: RoomUserID?, _ services: PlatformServices
    ) async throws -> EventStream {
        let joins = services.joins
        let number = try await services.platform.store.room(room)?.number
        return EventStream(
            time: services.platform.time,
            version: { number.map { joins.version(of: $0) } ?? 0 },
            look: {
                var attempt = JoinAttempt(room: room)
                attempt.ticket = ticket
                attempt.user = user
                switch try await joins.glance(attempt) {
                case .ready: return EventStream.Event(name: "state", data: ["state": "ready"], isLast: true)
                case .waiting(let wait):
                    return EventStream.Event(
                        name: "state",
                        data: [
                            "state": "waiting", "reason": .text(wait.reason),
                            "queue_position": JSON(JoinResource.place(wait)),
                        ], isLast: false)
                case .unavailable:
                    return EventStream.Event(
                        name: "state",
                        data: ["state": "waiting", "reason": "provider_unavailable", "queue_position": .null],
                        isLast: false)
                case .closed(let refusal):
                    return EventStream.Event(
                        name: "state", data: ["state": "closed", "reason": .text(refusal.problem.rawValue)],
                        isLast: true)
                }
            })
    }
}

/// How many may try to join from one address (`rooms-api.md` 2.9).
final class JoinLimits: Sendable {
    private let limits: RequestLimits
    /// Of who has a ticket, by their pseudonym: a school that waits has one address.
    private let waiting: Mutex<RateLimiter<String>>

    /// How many streams of events each of them has open.
    private let listening = Mutex<[String: Int]>([:])
    /// A browser has one for each page that it shows.
    static let mostStreams = 4

    /// By then one of the streams may be over.
    static let listenAgain = Duration.seconds(15)

    /// Whether ``listens(_:)`` would be granted now.
    func mayListen(_ holder: String) -> Bool { listening.withLock { $0[holder, default: 0] < Self.mostStreams } }

    /// Whether one more stream may be opened; then ``leaves(_:)`` follows.
    func listens(_ holder: String) -> Bool {
        listening.withLock { listening in
            guard listening[holder, default: 0] < Self.mostStreams else { return false }
            listening[holder, default: 0] += 1
            return true
        }
    }

    func leaves(_ holder: String) {
        listening.withLock { listening in
            let left = (listening[holder] ?? 1) - 1
            listening[holder] = left > 0 ? left : nil
        }
    }

    /// - Parameter perMinute: of one address.
    init(perMinute: Int) {
        waiting = Mutex(RateLimiter(RateLimitPolicy("waiting", quota: max(perMinute, 60), seconds: 60)))
        limits = RequestLimits(address: RateLimitPolicy(RateLimitPolicy.join.name, quota: perMinute, seconds: 60))
    }

    /// - Throws: 429 `rate_limited`.
    /// - Returns: what is left.
    @discardableResult
    func take(_ address: IPAddress?, at now: Duration) throws(Problem) -> RateLimitStanding {
        try limits.take(.address(address), at: now)
    }

    /// - Parameter holder: of a ticket for that room, who was counted when it was given; `nil`: has none.
    /// - Throws: 429 `rate_limited`.
    /// - Returns: what is left.
    @discardableResult
    func take(_ address: IPAddress?, holder: String?, at now: Duration) throws(Problem) -> RateLimitStanding {
        guard let holder else { return try take(address, at: now) }
        let (wait, standing): (Duration?, RateLimitStanding) = waiting.withLock {
            ($0.take(holder, at: now), $0.standing(of: holder, at: now))
        }
        if let wait { throw .rateLimited(retryAfter: wait, headers: RateLimitStanding.headers([standing])) }
        return standing
    }
}
