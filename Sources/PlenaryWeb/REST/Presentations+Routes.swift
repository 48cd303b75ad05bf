internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// `/rooms/{room_id}/presentations` (`rooms-api.md` 7.6): files that are shown in every session of a room.
enum PresentationRoutes {
    private static let schema = PresentationResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(endpoints: [list(platform), add(platform), remove(platform)], schemas: schemas)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/presentations", .managePresentations,
            EndpointDescription(
                "Presentations", "List the files that are shown in sessions of a room", answer: "PresentationList",
                list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let room = try await request.room(.managePresentations)
            let all = try await platform.store.presentations(of: room.number)
            return try await request.page(all, query, of: schema, view: PresentationResource.view) { page in
                page.map { PresentationResource.json($0, of: room) }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        var endpoint = Endpoint(
            .post, "/rooms/{room_id}/presentations", .managePresentations,
            EndpointDescription(
                "Presentations", "Add a file to a room; the body is the file, and the next session shows it",
                status: 201,
                answer: "Presentation",
                problems: [
                    .bodyTooLarge, .unsupportedMediaType, .invalidQuery, .validationFailed, .limitExceeded,
                    .subscriptionUnusable, .customerSuspended,
                ],
                parameters: [("name", "Of the file, with its ending: slides.pdf.")],
                upload: Store.largestPresentations, requiredParameters: ["name"])
        ) { request in
            let room = try await request.room(.managePresentations)
            let slides = try PresentationResource.slides(named: request.parameter("name"), request.body)
            var random = FleetRandom(platform.time)
            let id = ResourceIdentity(at: request.now, using: &random).id
            do {
                let added = try await platform.store.addPresentation(
                    slides, id: id, to: room.number, now: request.now)
                return request.created(
                    PresentationResource.json(added, of: room), state: PresentationResource.state(added),
                    at: "/rooms/\(room.identity.id)/presentations/\(added.id)")
            } catch let refusal as RoomPresentationRefusal {
                switch refusal {
                case .tooMany(let most): throw Problem(.limitExceeded, "A room has at most \(most) presentations.")
                case .tooLarge(let most):
                    throw Problem(.bodyTooLarge, "All presentations of a room have at most \(most) octets together.")
                case .accountFull(let most):
                    throw Problem(
                        .limitExceeded, "All presentations of an account have at most \(most) octets together.")
                }
            }
        }
        endpoint.admit = { request in _ = try await request.room(.managePresentations) }
        return endpoint
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/rooms/{room_id}/presentations/{presentation_id}", .managePresentations,
            EndpointDescription(
                "Presentations", "Delete a file of a room; a session that runs keeps it", status: 204,
                problems: [.preconditionFailed])
        ) { request in
            let room = try await request.room(.managePresentations)
            let id = request.argument("presentation_id")
            let isGone = try await platform.store.removePresentation(id, of: room.number, now: request.now) { held in
                try request.checkMatch(PresentationResource.state(held))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    // MARK: schemas

    static let schemas: [String: JSON] = [
        "Presentation": JSONSchema.resource("Presentation", answered, hasIdentity: false, example: example),
        "PresentationList": JSONSchema.page(of: "Presentation", example: example),
    ]

    private static let answered: [JSONSchema.Member] = [
        JSONSchema.Member("id", JSONSchema.identifier(), required: true),
        JSONSchema.Member("room_id", JSONSchema.identifier()),
        JSONSchema.Member("name", JSONSchema.text("With its ending.", least: 1, longest: 200)),
        JSONSchema.Member("size_bytes", JSONSchema.integer(nil, 1...Store.largestPresentations)),
        JSONSchema.Member("created_at", JSONSchema.time()),
    ]

    private static let example: JSON = [
        "object": "Presentation", "id": "p3FgHt7LmQ", "room_id": "u6Yh3DkQ9w", "name": "slides.pdf",
        "size_bytes": 204_800, "created_at": "2026-03-01T09:00:00Z",
    ]
}
