internal import Logging
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `POST /rooms/bulk` (`rooms-api.md` 7.6): many rooms by one request, each for itself.
enum RoomBulkRoutes {
    /// Rooms of one request.
    static let most = 100

    static func group(_ services: PlatformServices) -> EndpointGroup {
        let endpoint = Endpoint(
            .post, "/rooms/bulk", .createRooms,
            EndpointDescription(
                "Rooms", "Add up to 100 rooms; each is added or refused for itself, and told so in the same order",
                body: "NewRooms", answer: "BulkResult", problems: [.validationFailed])
        ) { request in
            let rooms = try rooms(of: request)
            var results: [JSON] = []
            for (index, room) in rooms.enumerated() {
                results.append(try await add(room, at: index, services, request))
            }
            let made = results.count { $0["problem"] == nil }
            return APIAnswer(
                body: [
                    "object": "BulkResult", "created": .integer(made), "failed": .integer(results.count - made),
                    "data": .list(results),
                ])
        }
        return EndpointGroup(endpoints: [endpoint], schemas: schemas)
    }

    /// - Throws: 422 `validation_failed` when it is no list, an empty one, or one of too many.
    private static func rooms(of request: APIRequest) throws(Problem) -> [JSON] {
        var reader = try request.object()
        let kind = JSONKind<[JSON]>.list(of: JSONKind<JSON>.anything, longest: most)
        let given: [JSON]? = reader.required("rooms", kind)
        if let given, given.isEmpty { reader.note("rooms", .required, "At least one room is required.") }
        try reader.finish()
        return given ?? []
    }

    private static func add(_ room: JSON, at index: Int, _ services: PlatformServices, _ request: APIRequest)
        async throws -> JSON
    {
        let platform = services.platform
        do {
            // Its faults are told as in a request of its own: pointers begin at the room.
            let reader = ObjectReader(room)
            guard reader.faults.isEmpty else { throw Problem.invalid(reader.faults) }
            let added = try await platform.addRoom(
                reader, isStrict: request.preferences.isStrict, for: try request.caller, now: request.now)
            let shown = try await services.json(of: [added], .empty, for: try request.caller)
            return [
                "index": .integer(index), "status": 201, "room": shown[added.number] ?? .null,
                "warnings": RoomResource.json(try await platform.warnings(of: added)),
            ]
        } catch {
            if error is CancellationError { throw error }
            // Also what is our fault is told of this room alone: those before it are made.
            let known = Problem(telling: error)
            if known == nil { Logger.current.error("a room of many failed", metadata: ["error.chain": "\(error)"]) }
            let problem = known ?? .internalError
            let told = request.language.map { problem.told(in: $0) } ?? problem
            return [
                "index": .integer(index), "status": .integer(problem.status),
                "problem": told.json(base: platform.settings.publicURL, instance: nil, requestID: nil),
            ]
        }
    }

    static let schemas: [String: JSON] = [
        "NewRooms": JSONSchema.request(
            [
                JSONSchema.Member(
                    "rooms", JSONSchema.list(of: JSONSchema.named("NewRoom"), "As for POST /rooms.", most: most),
                    required: true)
            ], example: ["rooms": [["account_id": "aK4mZr7PdQ", "room_name": "Business Meeting"]]]),
        "BulkResult": JSONSchema.object(
            [
                JSONSchema.Member("object", JSONSchema.constant("BulkResult"), required: true),
                JSONSchema.Member("created", JSONSchema.integer(nil, 0...most), required: true),
                JSONSchema.Member("failed", JSONSchema.integer(nil, 0...most), required: true),
                JSONSchema.Member("data", JSONSchema.list(of: result, "In the order of the request."), required: true),
            ],
            example: [
                "object": "BulkResult", "created": 0, "failed": 1,
                "data": [
                    [
                        "index": 0, "status": 403,
                        "problem": [
                            "type": "https://rooms.example/problems/limit_exceeded",
                            "title": "A limit of the subscription is reached", "status": 403,
                            "code": "limit_exceeded", "detail": "A limit of the subscription is reached.",
                        ],
                    ]
                ],
            ]),
    ]

    private static let result = JSONSchema.object([
        JSONSchema.Member("index", JSONSchema.integer("Of the room in the request."), required: true),
        JSONSchema.Member("status", JSONSchema.integer("As of a request of its own."), required: true),
        JSONSchema.Member("room", JSONSchema.settings("The room, as GET shows it; only where it was added.")),
        JSONSchema.Member("warnings", JSONSchema.list(of: JSONSchema.object([]), "What of it has no effect.")),
        JSONSchema.Member("problem", JSONSchema.settings("Why it was not added.")),
    ])
}
