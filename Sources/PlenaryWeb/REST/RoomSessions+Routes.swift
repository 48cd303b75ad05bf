internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// Sessions of rooms: started, ended, told of (`rooms-api.md` 7.6).
enum RoomSessionRoutes {
    private static let schema = RoomSessionResource.schema

    static func group(_ services: PlatformServices) -> EndpointGroup {
        EndpointGroup(
            endpoints: [start(services), end(services), list(services.platform), show(services.platform)],
            schemas: RoomSessionSchemas.all)
    }

    private static func start(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .post, "/rooms/{room_id}/start", .manageSessions,
            EndpointDescription(
                "Sessions", "Start a session without joining; 200 where it runs already", body: "SessionOrder",
                status: 201, answer: "Session",
                problems: [.roomInactive, .subscriptionUnusable, .capacityExhausted, .providerUnavailable],
                otherStatuses: [200])
        ) { request in
            let room = try await request.room(.manageSessions)
            try empty(request)
            do {
                let started = try await services.joins.start(room)
                let json = RoomSessionResource.json(started.session)
                if started.wasRunning { return request.answer(json, state: json) }
                return request.created(json, state: json, at: "/sessions/\(started.session.identity.id)")
            } catch let refusal as JoinRefusal {
                throw Problem(notStarted: refusal, room)
            }
        }
    }

    private static func end(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .post, "/rooms/{room_id}/end", .manageSessions,
            EndpointDescription(
                "Sessions", "End the session that runs", body: "SessionOrder", status: 202, answer: "Session",
                problems: [.notRunning])
        ) { request in
            let room = try await request.room(.manageSessions)
            try empty(request)
            guard let session = try await services.joins.end(room, reason: .api) else { throw Problem(.notRunning) }
            return APIAnswer(status: 202, body: RoomSessionResource.json(session))
        }
    }

    /// A body is not needed, and says nothing.
    private static func empty(_ request: APIRequest) throws(Problem) {
        var reader = try request.object()
        try reader.finish()
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/sessions", .readSessions,
            EndpointDescription(
                "Sessions", "List the sessions of a room, ended ones too", answer: "SessionList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let room = try await request.room(.readSessions)
            let sessions = try await platform.store.sessions(of: room.number, limit: RoomSessionResource.most)
            return try await request.page(sessions, query, of: schema, view: RoomSessionResource.view) { page in
                page.map { RoomSessionResource.json($0) }
            }
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/sessions/{session_id}", .readSessions,
            EndpointDescription("Sessions", "Show a session", answer: "Session", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let found = try await platform.store.session(try request.reference("session_id"))
            guard let session = found, let reference = ResourceReference(session.roomID) else {
                throw Problem(.notFound)
            }
            // Whose it is follows from its room.
            _ = try await platform.room(reference, .readSessions, for: try request.caller)
            let json = RoomSessionResource.json(session)
            return request.answer(json, state: json, selection)
        }
    }
}

extension Problem {
    /// Why a session was not started for somebody who did not want to join.
    fileprivate init(notStarted refusal: JoinRefusal, _ room: Room) {
        switch refusal {
        case .limited(let quota):
            self.init(of: quota, subscriptionID: room.subscriptionID.isEmpty ? nil : room.subscriptionID)
        case .noProvider: self = .unavailable(.providerUnavailable, retryAfter: .seconds(10))
        case .noConnections(let available, let retryAfter):
            self.init(
                .capacityExhausted, "\(available) connections of the subscription are free.",
                members: [
                    JSON.Member("available_connections", .integer(available)),
                    JSON.Member("retry_after", JSON(retryAfter.map { Int($0.components.seconds) })),
                ],
                headers: retryAfter.map { [ResponseHeader.retryAfter($0)] } ?? [])
        case .noSuchRoom, .roomGone: self.init(.notFound)
        case .tokenInvalid, .tokenExpired, .tokenUsedUp, .tokenRequired, .roomInactive, .subscriptionUnusable,
            .notOpen, .guestsNotAllowed, .codeRequired, .codeInvalid, .codeExpired, .lockedOut, .nameRequired,
            .consentRequired, .roomFull:
            self.init(of: refusal.problem)
        }
    }
}
