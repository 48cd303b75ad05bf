internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// `/rooms/{room_id}/tokens` (`rooms-api.md` 8).
enum RoomTokenRoutes {
    private static let schema = RoomTokenResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [list(platform), add(platform), show(platform), change(platform), remove(platform)],
            schemas: RoomTokenSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/tokens", .manageRoomTokens,
            EndpointDescription("Room tokens", "List the tokens of a room", answer: "RoomTokenList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let room = try await request.room(.manageRoomTokens)
            let origin = try await platform.origin(of: room)
            let now = request.now
            if let page = try await platform.newestTokens(of: room, query) {
                let data = page.tokens.map { token in
                    query.selection.applied(to: RoomTokenResource.json(token, of: room, origin: origin, now: now))
                }
                return request.answer(
                    ListAnswer(data: data, total: page.total, next: page.next), query, of: schema)
            }
            let tokens = try await platform.store.tokens(of: room.number)
            return try await request.page(tokens, query, of: schema, view: RoomTokenResource.view(now: now)) { page in
                page.map { RoomTokenResource.json($0, of: room, origin: origin, now: now) }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/rooms/{room_id}/tokens", .manageRoomTokens,
            EndpointDescription(
                "Room tokens", "Add a token to a room", body: "NewRoomToken", status: 201, answer: "RoomToken",
                problems: [.validationFailed, .subscriptionUnusable, .customerSuspended])
        ) { request in
            let room = try await request.room(.manageRoomTokens)
            let details = try RoomTokenResource.details(from: try request.object())
            let origin = try await platform.origin(of: room)
            var random = FleetRandom(platform.time)
            let token = try await platform.store.addToken(
                details, to: room.number, seed: RoomTokenSeed(at: request.now, using: &random), now: request.now)
            return request.created(
                RoomTokenResource.json(token, of: room, origin: origin, now: request.now),
                state: RoomTokenResource.state(token.details), at: "/rooms/\(room.identity.id)/tokens/\(token.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/tokens/{token_id}", .manageRoomTokens,
            EndpointDescription("Room tokens", "Show a token", answer: "RoomToken", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let room = try await request.room(.manageRoomTokens)
            let token = try await found(request, room)
            let origin = try await platform.origin(of: room)
            return request.answer(
                RoomTokenResource.json(token, of: room, origin: origin, now: request.now),
                state: RoomTokenResource.state(token.details), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/rooms/{room_id}/tokens/{token_id}", .manageRoomTokens,
            EndpointDescription(
                "Room tokens", "Change a token; one that expired in the past lets nobody in", body: "RoomTokenChange",
                answer: "RoomToken", problems: [.validationFailed, .tokenIsAutomatic, .preconditionFailed])
        ) { request in
            let room = try await request.room(.manageRoomTokens)
            let body = try request.object()
            let origin = try await platform.origin(of: room)
            let now = request.now
            let changed = try await platform.store.updateToken(request.argument("token_id"), of: room.number) {
                token, details in
                guard !token.isAutomatic else { throw RoomProblem.tokenIsAutomatic }
                try request.checkMatch(RoomTokenResource.state(details))
                details = try RoomTokenResource.details(
                    from: body, changing: details,
                    shown: RoomTokenResource.json(token, of: room, origin: origin, now: now))
            }
            guard let changed else { throw Problem(.notFound) }
            return request.answer(
                RoomTokenResource.json(changed, of: room, origin: origin, now: now),
                state: RoomTokenResource.state(changed.details))
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/rooms/{room_id}/tokens/{token_id}", .manageRoomTokens,
            EndpointDescription(
                "Room tokens", "Delete a token; who came in by it stays in", status: 204,
                problems: [.tokenIsAutomatic, .preconditionFailed])
        ) { request in
            let room = try await request.room(.manageRoomTokens)
            let token = try await found(request, room)
            let isGone = try await platform.store.removeToken(token.id, of: room.number, now: request.now) { token in
                try request.checkMatch(RoomTokenResource.state(token.details))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    private static func found(_ request: APIRequest, _ room: Room) async throws -> RoomToken {
        let found = try await request.platform.store.token(request.argument("token_id"), of: room.number)
        guard let token = found else { throw Problem(.notFound) }
        return token
    }
}
