internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// `/rooms/{room_id}/access-codes` (`rooms-api.md` 9).
enum RoomCodeRoutes {
    private static let schema = RoomCodeResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [list(platform), add(platform), show(platform), change(platform), remove(platform)],
            schemas: RoomCodeSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/access-codes", .manageRoomAccessCodes,
            EndpointDescription(
                "Room access codes", "List the access codes of a room", answer: "RoomAccessCodeList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let room = try await request.room(.manageRoomAccessCodes)
            let codes = try await platform.store.codes(of: room.number)
            let now = request.now
            return try await request.page(codes.all, query, of: schema, view: RoomCodeResource.view(now: now)) { page in
                page.map { RoomCodeResource.json($0, now: now) }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/rooms/{room_id}/access-codes", .manageRoomAccessCodes,
            EndpointDescription(
                "Room access codes", "Add an access code to a room, of one's own or a random one",
                body: "NewRoomAccessCode", status: 201, answer: "RoomAccessCode",
                problems: [.validationFailed, .codeNotUnique, .subscriptionUnusable, .customerSuspended])
        ) { request in
            let room = try await request.room(.manageRoomAccessCodes)
            let details = try RoomCodeResource.details(from: try request.object())
            var random = FleetRandom(platform.time)
            let code = try await platform.store.addCode(
                details, to: room.number, seed: RoomCodeSeed(at: request.now, using: &random), now: request.now)
            return request.created(
                RoomCodeResource.json(code, now: request.now), state: RoomCodeResource.state(code),
                at: "/rooms/\(room.identity.id)/access-codes/\(code.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/access-codes/{code_id}", .manageRoomAccessCodes,
            EndpointDescription("Room access codes", "Show an access code", answer: "RoomAccessCode", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let code = try await found(request, try await request.room(.manageRoomAccessCodes))
            return request.answer(
                RoomCodeResource.json(code, now: request.now), state: RoomCodeResource.state(code), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/rooms/{room_id}/access-codes/{code_id}", .manageRoomAccessCodes,
            EndpointDescription(
                "Room access codes", "Change an access code", body: "RoomAccessCodeChange", answer: "RoomAccessCode",
                problems: [.validationFailed, .codeNotUnique, .preconditionFailed])
        ) { request in
            let room = try await request.room(.manageRoomAccessCodes)
            let body = try request.object()
            let now = request.now
            let changed = try await platform.store.updateCode(request.argument("code_id"), of: room.number) {
                code, details in
                try request.checkMatch(RoomCodeResource.state(code))
                details = try RoomCodeResource.details(
                    from: body, changing: details, shown: RoomCodeResource.json(code, now: now))
            }
            guard let changed else { throw Problem(.notFound) }
            return request.answer(RoomCodeResource.json(changed, now: now), state: RoomCodeResource.state(changed))
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/rooms/{room_id}/access-codes/{code_id}", .manageRoomAccessCodes,
            EndpointDescription(
                "Room access codes", "Delete an access code", status: 204, problems: [.preconditionFailed])
        ) { request in
            let room = try await request.room(.manageRoomAccessCodes)
            let code = try await found(request, room)
            let isGone = try await platform.store.removeCode(code.id, of: room.number) { code in
                try request.checkMatch(RoomCodeResource.state(code))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    private static func found(_ request: APIRequest, _ room: Room) async throws -> RoomAccessCode {
        let found = try await request.platform.store.code(request.argument("code_id"), of: room.number)
        guard let code = found else { throw Problem(.notFound) }
        return code
    }
}
