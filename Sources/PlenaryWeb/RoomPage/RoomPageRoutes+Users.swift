internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// Visitors who are signed in (`rooms-api.md` 11.3 and 13.3).
extension RoomPageRoutes {
    /// The same visit with who is signed in.
    func recognised(_ visit: RoomVisit) async throws -> RoomVisit {
        guard let session = visit.session else { return visit }
        var known = visit
        known.signedIn = try await services.signIn.current(session)
        return known
    }

    /// The button with which an inactive room is made active again.
    ///
    /// - Returns: `nil` where it is active, and for who may not change it.
    func reactivation(of room: Room?, _ state: RoomPageState, _ visit: RoomVisit) async throws -> RoomPage.Press? {
        guard case .inactive = state, let room, let session = visit.session, let current = visit.signedIn,
            let caller = services.platform.caller(with: current), try await mayReactivate(room, caller)
        else { return nil }
        let tail = visit.chosenLanguage.map { "?lang=\($0.rawValue)" } ?? ""
        return RoomPage.Press(
            action: "\(RoomAddress.path(id: room.identity.id, slug: room.slug))/reactivate\(tail)",
            csrfToken: session.csrfToken)
    }

    /// Leads back to the page, which says how it is.
    func reactivate(_ request: Request, _ unknown: RoomVisit) async -> Response {
        do {
            let visit = try await recognised(unknown)
            try doors.take(visit.address, at: services.platform.time.uptime())
            guard let reference = ResourceReference(visit.id),
                let room = try await services.platform.store.room(reference)
            else { return Response(status: .notFound) }
            let form = try await visit.form(of: request)
            if let session = visit.session,
                session.permits(method: "POST", token: form["csrf_token"], site: visit.site.site),
                let current = visit.signedIn, let caller = services.platform.caller(with: current),
                try await mayReactivate(room, caller)
            {
                let active: JSON = ["status": .text(RoomDetails.Status.active.rawValue)]
                // Who did it is told as if they had done it by the API.
                let actor = AuditActor(caller, requestID: nil, now: visit.now)
                _ = try await AuditActor.$current.withValue(actor) {
                    try await services.platform.changeRoom(
                        room, ObjectReader(active), isStrict: false, now: visit.now
                    ) { _ in }
                }
                // Whoever waits before it looks now.
                services.joins.changed(room.number)
            }
            let tail = visit.chosenLanguage.map { "?lang=\($0.rawValue)" } ?? ""
            var response = Response(
                status: .seeOther,
                headers: [
                    .location: RoomAddress.path(id: room.identity.id, slug: room.slug) + tail,
                    .cacheControl: "no-store",
                ])
            if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
            return response
        } catch {
            guard let problem = Problem(telling: error) else {
                Logger.current.error("a room was not reactivated", metadata: ["error.chain": "\(error)"])
                return Response(status: .internalServerError)
            }
            return Response(status: .init(code: problem.status))
        }
    }

    private func mayReactivate(_ room: Room, _ caller: APICaller) async throws -> Bool {
        do {
            try await services.platform.check(.updateRooms, in: room, for: caller)
            return true
        } catch is Problem { return false }
    }
}
