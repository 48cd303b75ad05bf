internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/rooms` (`rooms-api.md` 7, 12).
enum RoomRoutes {
    private static let schema = RoomResource.schema
    private static let features = RoomFeatureResource.schema

    static func group(_ services: PlatformServices) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                list(services), add(services), show(services), change(services), remove(services),
                listFeatures(services.platform), status(services), settingsSchema(),
            ], schemas: RoomSchemas.all)
    }

    private static func list(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .get, "/rooms", .readRooms, EndpointDescription("Rooms", "List the rooms", answer: "RoomList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let caller = try request.caller
            let includes = query.selection.includes
            try RoomResource.check(includes, for: caller)
            let page = try await services.platform.rooms(query, for: caller)
            let language = request.language
            let shown = try await services.json(of: page.rooms, includes, for: caller, asks: false) { report in
                report.json(in: language)
            }
            let data = page.rooms.compactMap { shown[$0.number] }.map { query.selection.applied(to: $0) }
            return request.answer(
                ListAnswer(data: data, total: page.total, next: page.next), query, of: schema)
        }
    }

    private static func add(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .post, "/rooms", .createRooms,
            EndpointDescription(
                "Rooms", "Add a room; with Prefer: handling=strict, what would have no effect is an error",
                body: "NewRoom", status: 201, answer: "ChangedRoom",
                problems: [
                    .validationFailed, .limitExceeded, .subscriptionUnusable, .customerSuspended,
                    .featureNotAvailable,
                ])
        ) { request in
            let room = try await services.platform.addRoom(
                try request.object(), isStrict: request.preferences.isStrict, for: try request.caller,
                now: request.now)
            return request.created(
                try await changed(room, services, request), state: RoomResource.state(room.details),
                at: "/rooms/\(room.identity.id)")
        }
    }

    private static func show(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}", .readRooms,
            EndpointDescription("Rooms", "Show a room", answer: "Room", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let caller = try request.caller
            try RoomResource.check(selection.includes, for: caller)
            let room = try await request.room(.readRooms)
            let language = request.language
            let shown = try await services.json(of: [room], selection.includes, for: caller) { report in
                report.json(in: language)
            }
            guard let json = shown[room.number] else { throw Problem(.notFound) }
            return request.answer(json, state: RoomResource.state(room.details), selection)
        }
    }

    private static func change(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .patch, "/rooms/{room_id}", .updateRooms,
            EndpointDescription(
                "Rooms",
                "Change a room; features and settings are merged by key, where null takes one away, metadata replaced",
                body: "RoomChange", answer: "ChangedRoom",
                problems: [.validationFailed, .preconditionFailed, .featureNotAvailable])
        ) { request in
            let room = try await request.room(.updateRooms)
            let new = try await services.platform.changeRoom(
                room, try request.object(), isStrict: request.preferences.isStrict, now: request.now
            ) { details in
                try request.checkMatch(RoomResource.state(details))
            }
            // Whoever waits before it looks now: it may be open, closed or private.
            services.joins.changed(room.number)
            // To change something shows nothing else.
            guard try await services.platform.maySee(new, for: try request.caller) else {
                let least: JSON = ["object": "Room", "id": .text(new.identity.id)]
                return request.answer(least, state: RoomResource.state(new.details))
            }
            return request.answer(
                try await changed(new, services, request), state: RoomResource.state(new.details))
        }
    }

    /// A room that was written, with what of it has no effect.
    private static func changed(_ room: Room, _ services: PlatformServices, _ request: APIRequest) async throws
        -> JSON
    {
        let shown = try await services.json(of: [room], .empty, for: try request.caller)
        guard let members = shown[room.number]?.members else { throw Problem(.notFound) }
        let warnings = try await services.platform.warnings(of: room)
        return .object(members + [JSON.Member("warnings", RoomResource.json(warnings))])
    }

    private static func remove(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .delete, "/rooms/{room_id}", .deleteRooms,
            EndpointDescription(
                "Rooms", "Delete a room with everything that belongs to it; its address answers 410 from then on",
                status: 204,
                problems: [.roomInUse, .preconditionFailed, .providerUnavailable, .providerError, .providerTimeout],
                parameters: [
                    ("force", "true: a session that runs is ended first."),
                    (
                        "keep_recordings",
                        "true: its recordings stay where they are, and are the account's; else they are deleted first."
                    ),
                ])
        ) { request in
            let force = try request.flag("force")
            let keepsRecordings = try request.flag("keep_recordings")
            let room = try await request.room(.deleteRooms)
            try request.checkMatch(RoomResource.state(room.details))
            // A room that stays keeps its recordings.
            let live = try await services.platform.store.liveSession(of: room.number)
            try RoomLimits.admitDeletion(isRunning: live != nil, force: force)
            // Before the room: afterwards nobody could name them here.
            if !keepsRecordings { try await services.joins.deleteRecordings(of: room) }
            if force { _ = try await services.joins.end(room, reason: .roomDeleted) }
            let removed = try await services.platform.store.removeRoom(room.number, force: force, now: request.now) {
                old in
                try request.checkMatch(RoomResource.state(old.details))
            }
            guard let removed else { throw Problem(.notFound) }
            services.joins.changed(room.number)
            // It was started meanwhile; a provider that cannot be told ends it when nobody is in it.
            if let session = removed.session { _ = try await services.joins.tellEnd(of: session, removed.room) }
            return .noContent
        }
    }

    // MARK: what is told of it

    private static func listFeatures(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/features", .readRooms,
            EndpointDescription(
                "Rooms", "List the features of a room, and which value of each counts", answer: "RoomFeatureList",
                list: features)
        ) { request in
            let query = try request.list(of: features)
            let room = try await request.room(.readRooms)
            let shown = RoomFeatureResource.shown(room, under: try await platform.features(of: room))
            return try await request.page(shown, query, of: features, view: RoomFeatureResource.view) { page in
                page.map { RoomFeatureResource.json($0) }
            }
        }
    }

    private static func status(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/status", .readRooms,
            EndpointDescription("Rooms", "Tell whether something goes on in a room now", answer: "RoomStatus")
        ) { request in
            let room = try await request.room(.readRooms)
            let report = try await services.joins.status(of: room)
            return APIAnswer(body: report.json(in: request.language))
        }
    }

    private static func settingsSchema() -> Endpoint {
        Endpoint(
            .get, "/room-settings-schema", .anybodyKnown,
            EndpointDescription(
                "Rooms", "Show which settings rooms have, as a JSON Schema", answer: "RoomSettingsSchema",
                parameters: [
                    ("room_type", "Of the room; meet unless told."),
                    ("provider_type", "Of its provider; all settings unless told."),
                ])
        ) { request in
            var faults: [RequestFault] = []
            let type = RoomType(rawValue: request.parameter("room_type") ?? RoomType.meet.rawValue)
            if type == nil {
                faults.append(RequestFault(.parameter("room_type"), .invalidEnum, "There is no such type of rooms."))
            }
            var provider: RoomProviderType?
            if let named = request.parameter("provider_type") {
                provider = RoomProviderType(named: named)
                if provider == nil {
                    faults.append(
                        RequestFault(.parameter("provider_type"), .invalidEnum, "There is no such type of providers."))
                }
            }
            guard let type, faults.isEmpty else { throw Problem.invalidQuery(faults) }
            return APIAnswer(body: RoomSettingsSchema.json(type: type, provider: provider))
        }
    }
}

extension APIRequest {
    /// The room of the path.
    ///
    /// - Throws: 404 `not_found`, also for one that is not the caller's to see.
    func room(_ permission: Permission) async throws -> Room {
        try await platform.room(try reference("room_id"), permission, for: try caller)
    }
}
