internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms

/// `/rooms/{id}/{slug}` (`rooms-api.md` 11): the page, its files, and the entry for a calendar.
struct RoomPageRoutes: Sendable {
    let services: PlatformServices
    let doors: JoinLimits
    let proxies: TrustedProxies
    let renderer: RoomPageRenderer

    /// Octets of a form.
    static let longestForm = 16_384

    /// - Throws: when the template cannot be read.
    init(services: PlatformServices, doors: JoinLimits, proxies: TrustedProxies) throws {
        self.services = services
        self.doors = doors
        self.proxies = proxies
        renderer = try RoomPageRenderer()
    }

    func add(to router: Router<WebContext>) {
        router.get("/rooms/:id") { request, context in await show(RoomVisit(request, context, self)) }
        router.get("/rooms/:id/calendar.ics") { request, context in await calendar(RoomVisit(request, context, self)) }
        router.get("/rooms/:id/:slug") { request, context in await show(RoomVisit(request, context, self)) }
        router.post("/rooms/:id/:slug/reactivate") { request, context in
            await reactivate(request, RoomVisit(request, context, self))
        }
        router.post("/rooms/:id/:slug") { request, context in await send(request, RoomVisit(request, context, self)) }
        for path in ["/rooms/:id", "/rooms/:id/calendar.ics", "/rooms/:id/:slug"] {
            let takesForms = path.hasSuffix(":slug")
            for method in [HTTPRequest.Method.post, .put, .patch, .delete] where method != .post || !takesForms {
                router.on(RouterPath(path), method: method) { _, _ in Self.notAllowed(takesForms: takesForms) }
            }
        }
        for asset in RoomPageAsset.all {
            router.get(RouterPath(asset.path)) { _, _ in
                Response(
                    status: .ok, headers: Self.fields(RoomPageHeaders.asset(asset)),
                    body: .init(byteBuffer: ByteBuffer(string: asset.text)))
            }
        }
    }

    /// Seconds until a browser tries again whom no provider could serve.
    private static let retryAfter = "10"

    private static func notAllowed(takesForms: Bool) -> Response {
        var fields = Self.fields(RoomPageHeaders.calendar)
        fields[.allow] = takesForms ? "GET, HEAD, POST" : "GET, HEAD"
        return Response(status: .methodNotAllowed, headers: fields)
    }

    // MARK: opening the page

    private func show(_ unknown: RoomVisit) async -> Response {
        var visit = unknown
        do {
            visit = try await recognised(unknown)
            guard let reference = ResourceReference(visit.id) else { return respond(.noSuchRoom, visit) }
            if let ticket = visit.query["ticket"], let holder = services.joins.holder(of: ticket, at: reference) {
                // A browser without script that waits.
                try doors.take(visit.address, holder: holder, at: services.platform.time.uptime())
                var attempt = visit.attempt(reference)
                attempt.ticket = ticket
                return try await enter(attempt, visit)
            }
            try doors.take(visit.address, at: services.platform.time.uptime())
            // When a session ends everybody comes at once, and shall not be told that it still runs.
            if visit.cameBack { try await services.joins.lookAnew(at: reference, by: visit.pass) }
            let view = try await services.joins.preview(visit.attempt(reference))
            if let room = view.room,
                let place = RoomAddress.redirect(
                    id: room.identity.id, current: room.slug, visited: visit.id == room.identity.id ? visit.slug : nil,
                    query: visit.rawQuery)
            {
                return Response(
                    status: .permanentRedirect,
                    headers: [
                        .location: place, .cacheControl: "no-store", HTTPField.Name.referrerPolicy: "no-referrer",
                        .robots: "noindex",
                    ])
            }
            var state = arrived(view, visit)
            if state == .left(isRunning: false), let room = view.room,
                try await services.joins.lastEnd(of: room) == .preempted
            {
                state = .preempted
            }
            return respond(
                state, visit, view.about(visit), view.room, visitor: view.visitor, isRoomUser: view.isRoomUser,
                reactivate: try await reactivation(of: view.room, state, visit))
        } catch { return failed(error, visit) }
    }

    private func arrived(_ view: JoinView, _ visit: RoomVisit) -> RoomPageState {
        let type = view.room?.type ?? .meet
        switch view.result {
        case .failure(let refusal): return RoomPageState(refusal, form: nil, type: type, now: visit.now)
        case .success(let preview):
            if let denial = ProviderDenial(target: visit.target) { return .denied(denial) }
            // Back from a session, by the address that providers are told.
            if visit.cameBack, services.joins.isTicket(visit.pass) { return .left(isRunning: view.startedAt != nil) }
            return .arrived(RoomForm(preview, remembered: visit.rememberedName), type: type)
        }
    }

    // MARK: sending the form

    private func send(_ request: Request, _ unknown: RoomVisit) async -> Response {
        var visit = unknown
        do {
            // What another site sends is sent by nobody in particular. Our own form hides where it comes from, as this page has no
            // referrer.
            if !unknown.site.isForeign { visit = try await recognised(unknown) }
            guard let reference = ResourceReference(visit.id) else { return respond(.noSuchRoom, visit) }
            let form = try await visit.form(of: request)
            var attempt = visit.attempt(reference)
            attempt.name = form["name"]
            attempt.code = form["access_code"]
            attempt.consents = form["consent"] == "true"
            if let ticket = form["ticket"], !ticket.isEmpty { attempt.ticket = ticket }
            try doors.take(
                visit.address, holder: services.joins.holder(of: form["ticket"], at: reference),
                at: services.platform.time.uptime())
            var named = visit
            if let name = form["name"] { named.remembers = form["remember"] == "true" ? name : "" }
            return try await enter(attempt, named)
        } catch { return failed(error, visit) }
    }

    private func enter(_ attempt: JoinAttempt, _ visit: RoomVisit) async throws -> Response {
        let outcome = try await services.joins.attempt(attempt)
        let type = outcome.room?.type ?? .meet
        var cookies: [CallAnswer.Cookie] = []
        var state: RoomPageState
        switch outcome.state {
        case .ready(let place, _):
            cookies = place.cookies
            state = .ready(to: place.url)
        case .waiting(let wait, _, let ticket):
            state = waiting(wait, ticket, outcome, visit)
        case .refused, .incomplete:
            let form = try await form(attempt, outcome, visit)
            if case .refused(let refusal) = outcome.state {
                state = RoomPageState(refusal, form: form, type: type, now: visit.now)
            } else if case .incomplete(let missing) = outcome.state, let form {
                state = .form(form.with(missing.compactMap { RoomForm.Fault($0) }))
            } else {
                state = .failed
            }
            if case .waiting(var wait) = state {
                var held = attempt
                held.visitor = outcome.visitor
                let ticket = try await services.joins.ticket(for: held)
                wait.fill(
                    ticket, room: outcome.room?.identity.id ?? visit.id, page: visit.path,
                    language: visit.chosenLanguage)
                // It is asked at intervals: nothing tells that a provider is back, and a look would lead here at once again.
                wait.events = nil
                state = .waiting(wait)
            }
        }
        var about = RoomPage.About(name: outcome.room?.details.name ?? "")
        about.description = outcome.room?.details.settings.text(.description)
        return respond(
            state, visit, outcome.room == nil ? nil : about, outcome.room, visitor: outcome.visitor,
            isRoomUser: outcome.isRoomUser, cookies: cookies, pass: outcome.pass,
            reactivate: try await reactivation(of: outcome.room, state, visit))
    }

    /// The form again, with what was filled in.
    private func form(_ attempt: JoinAttempt, _ outcome: JoinOutcome, _ visit: RoomVisit) async throws -> RoomForm? {
        guard outcome.room != nil else { return nil }
        guard case .success(let preview) = try await services.joins.preview(attempt).result else { return nil }
        // An empty one was given up.
        let remembered = visit.remembers ?? visit.rememberedName
        return RoomForm(
            preview, sent: JoinSituation.Form(name: attempt.name, consents: attempt.consents),
            remembered: remembered?.isEmpty == true ? nil : remembered)
    }

    private func waiting(_ wait: JoinWait, _ ticket: String, _ outcome: JoinOutcome, _ visit: RoomVisit)
        -> RoomPageState
    {
        var shown: RoomWait
        switch wait {
        case .notStarted: shown = RoomWait(.start)
        case .roomFull(let ahead): shown = RoomWait(.seat(place: ahead + 1))
        }
        shown.fill(
            ticket, room: outcome.room?.identity.id ?? visit.id, page: visit.path, language: visit.chosenLanguage)
        return .waiting(shown)
    }

    private func calendar(_ unknown: RoomVisit) async -> Response {
        var visit = unknown
        do {
            visit = try await recognised(unknown)
            guard let reference = ResourceReference(visit.id) else { return respond(.noSuchRoom, visit) }
            try doors.take(visit.address, at: services.platform.time.uptime())
            let view = try await services.joins.preview(visit.attempt(reference))
            guard case .failure(.notOpen(let opensAt?)) = view.result, let room = view.room else {
                return Response(status: .notFound, headers: Self.fields(RoomPageHeaders.calendar))
            }
            let text = RoomCalendar.text(
                roomID: room.identity.id, name: room.details.name,
                description: room.details.settings.text(.description), url: view.roomURL, opensAt: opensAt,
                closesAt: room.details.settings.closesAt, now: visit.now)
            var fields = Self.fields(RoomPageHeaders.calendar)
            fields[.contentType] = RoomCalendar.type
            fields[.contentDisposition] = "attachment; filename=\"room.ics\""
            return Response(status: .ok, headers: fields, body: .init(byteBuffer: ByteBuffer(string: text)))
        } catch { return failed(error, visit) }
    }

    // MARK: answers

    private func failed(_ error: any Error, _ visit: RoomVisit) -> Response {
        if let problem = error as? Problem, problem.code == .rateLimited {
            var response = respond(.locked(until: visit.now.advanced(by: .seconds(60))), visit)
            for header in problem.headers {
                if let name = HTTPField.Name(header.name) { response.headers[name] = header.value }
            }
            return response
        }
        if let problem = error as? Problem {
            if problem.status == 404 { return respond(.noSuchRoom, visit) }
            var response = respond(.failed, visit)
            response.status = .init(code: problem.status)
            return response
        }
        Logger.current.error("a room page failed", metadata: ["error.chain": "\(error)"])
        return respond(.failed, visit)
    }

    private func respond(
        _ state: RoomPageState, _ visit: RoomVisit, _ about: RoomPage.About? = nil, _ room: Room? = nil,
        visitor: String? = nil, isRoomUser: Bool = false, cookies: [CallAnswer.Cookie] = [], pass: String? = nil,
        reactivate: RoomPage.Press? = nil
    ) -> Response {
        let locale = room?.details.settings.text(.locale)
        var page = RoomPage(
            state, language: visit.language(of: locale), path: visit.path, now: visit.now)
        page.keepsLanguage = visit.query["lang"] != nil
        page.token = visit.token
        page.about = about
        page.isRoomUser = isRoomUser
        page.signIn = visit.signIn
        page.reactivate = reactivate
        if case .notOpen = state { page.calendar = visit.calendar }
        var fields = Self.fields(RoomPageHeaders.page)
        for cookie in visit.cookies(visitor: visitor, pass: pass, room: room?.identity.id)
            + cookies.map({ $0.text(isSecure: visit.isSecure) })
        {
            fields.append(HTTPField(name: .setCookie, value: cookie))
        }
        // A page that tries again by itself says when; so does its status to whatever has no page.
        if state.status == 503, let name = HTTPField.Name("Retry-After") { fields[name] = Self.retryAfter }
        return Response(
            status: .init(code: state.status), headers: fields,
            body: .init(byteBuffer: ByteBuffer(string: renderer.html(of: page))))
    }

    private static func fields(_ headers: [(name: String, value: String)]) -> HTTPFields {
        var fields = HTTPFields()
        for header in headers {
            if let name = HTTPField.Name(header.name) { fields[name] = header.value }
        }
        return fields
    }
}

extension HTTPField.Name {
    fileprivate static let robots: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Robots-Tag") else {
            preconditionFailure("letters and hyphens are a field name")
        }
        return name
    }()
}

extension RoomWait {
    /// How the page goes on.
    fileprivate mutating func fill(_ ticket: String, room: String, page: String, language: PageLanguage?) {
        self.ticket = ticket
        events = JoinResource.eventsPath(room, ticket)
        api = "\(RESTAPI.base)/join/\(room)"
        let tail = language.map { "&lang=\($0.rawValue)" } ?? ""
        again = "\(page)?ticket=\(FormCoding.encode(ticket))\(tail)"
    }
}

extension JoinView {
    fileprivate func about(_ visit: RoomVisit) -> RoomPage.About? {
        guard let room else { return nil }
        var about = RoomPage.About(name: room.details.name)
        about.description = room.details.settings.text(.description)
        about.owner = ownerName
        about.isRunning = startedAt != nil
        if case .success(let preview) = result, preview.role != .guest { about.people = people }
        return about
    }
}
