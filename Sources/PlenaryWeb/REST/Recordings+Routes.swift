internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/rooms/{room_id}/recordings`, `/accounts/{account_id}/recordings` and `/recordings` (`rooms-api.md` 7.6).
enum RecordingRoutes {
    private static let schema = RecordingResource.schema

    static func group(_ services: PlatformServices) -> EndpointGroup {
        EndpointGroup(
            endpoints: [list(services), listKnown(services.platform), change(services), remove(services)],
            schemas: schemas)
    }

    private static func list(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .get, "/rooms/{room_id}/recordings", .readRecordings,
            EndpointDescription(
                "Recordings", "List the recordings of a room; the providers that made them are asked",
                answer: "RecordingList", list: schema,
                problems: [.providerUnavailable, .providerError, .providerTimeout])
        ) { request in
            let query = try request.list(of: schema)
            let room = try await request.room(.readRecordings)
            let recordings = try await services.joins.recordings(of: room)
            return try await request.page(recordings, query, of: schema, view: RecordingResource.view) { page in
                page.map { RecordingResource.json($0) }
            }
        }
    }

    /// Also what deleted rooms left: by their rooms nobody finds it any more.
    private static func listKnown(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/accounts/{account_id}/recordings", .readRecordings,
            EndpointDescription(
                "Recordings",
                "List the recordings of all rooms of an account, deleted rooms too, as their providers last told them",
                answer: "RecordingList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let owned = try await platform.account(
                try request.reference("account_id"), .readRecordings, for: try request.caller)
            let known = try await platform.store.recordings(of: owned.account.id).map { RoomRecording($0) }
            return try await request.page(known, query, of: schema, view: RecordingResource.view) { page in
                page.map { RecordingResource.json($0) }
            }
        }
    }

    private static func change(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .patch, "/recordings/{recording_id}", .manageRecordings,
            EndpointDescription(
                "Recordings", "Publish a recording, or take it back", body: "RecordingChange", answer: "Recording",
                problems: [
                    .validationFailed, .preconditionFailed, .providerUnavailable, .providerError, .providerTimeout,
                ])
        ) { request in
            let recording = try await recording(request, services)
            try request.checkMatch(RecordingResource.state(recording))
            let wanted = try RecordingResource.isPublished(
                from: try request.object(), shown: RecordingResource.json(recording))
            var changed = recording
            if let wanted, wanted != (recording.facts.state == "published") {
                guard ["published", "unpublished"].contains(recording.facts.state) else {
                    throw Problem.invalid([
                        RequestFault("published", .readOnly, "The recording is still being processed.")
                    ])
                }
                guard let done = try await services.joins.publish(recording, wanted) else { throw Problem(.notFound) }
                changed = done
            }
            return request.answer(RecordingResource.json(changed), state: RecordingResource.state(changed))
        }
    }

    private static func remove(_ services: PlatformServices) -> Endpoint {
        Endpoint(
            .delete, "/recordings/{recording_id}", .manageRecordings,
            EndpointDescription(
                "Recordings", "Delete a recording at the provider that has it", status: 204,
                problems: [.preconditionFailed, .providerUnavailable, .providerError, .providerTimeout])
        ) { request in
            let recording = try await recording(request, services)
            try request.checkMatch(RecordingResource.state(recording))
            guard try await services.joins.delete(recording) else { throw Problem(.notFound) }
            return .noContent
        }
    }

    /// The recording of the path.
    ///
    /// - Throws: 404 `not_found`, also where its room, or the account that a deleted room left it to, is not the caller's to see.
    private static func recording(_ request: APIRequest, _ services: PlatformServices) async throws -> RoomRecording {
        guard let parts = RoomRecording.parts(of: request.argument("recording_id")) else { throw Problem(.notFound) }
        let caller = try request.caller
        try caller.check(.manageRecordings)
        let store = services.platform.store
        if case .id(let id) = parts.room,
            let kept = try await store.keptRecording(parts.recording.rawValue, ofRoom: id)
        {
            let owner = try await store.accountOwner(of: kept.place.account)
            try caller.check(.manageRecordings, ownedBy: owner?.customer)
            guard let found = try await services.joins.recording(kept) else { throw Problem(.notFound) }
            return found
        }
        let room = try await services.platform.room(parts.room, .manageRecordings, for: caller)
        guard let found = try await services.joins.recording(parts.recording, of: room) else {
            throw Problem(.notFound)
        }
        return found
    }

    // MARK: schemas

    static let schemas: [String: JSON] = [
        "Recording": JSONSchema.resource("Recording", answered, hasIdentity: false, example: example),
        "RecordingList": JSONSchema.page(of: "Recording", example: example),
        "RecordingChange": JSONSchema.change(
            [JSONSchema.Member("published", JSONSchema.bool("Whether everybody who has its address may watch it."))],
            example: ["published": false]),
    ]

    private static let count = JSONSchema.nullable(JSONSchema.integer())
    private static let format = JSONSchema.object([
        JSONSchema.Member("type", JSONSchema.text("presentation, video, ...")),
        JSONSchema.Member("url", JSONSchema.nullable(JSONSchema.text("Where it is watched.", format: "uri"))),
        JSONSchema.Member("length_minutes", count), JSONSchema.Member("size_bytes", count),
    ])

    private static let answered: [JSONSchema.Member] = [
        JSONSchema.Member(
            "id", JSONSchema.text("The id of the room, then that of the recording at its provider."), required: true),
        JSONSchema.Member("room_id", JSONSchema.identifier()),
        JSONSchema.Member("provider_id", JSONSchema.identifier()),
        JSONSchema.Member("provider_recording_id", JSONSchema.text()), JSONSchema.Member("name", JSONSchema.text()),
        JSONSchema.Member("state", JSONSchema.text("processing, processed, published, unpublished, or a newer one.")),
        JSONSchema.Member("published", JSONSchema.bool()),
        JSONSchema.Member("started_at", JSONSchema.nullable(JSONSchema.time())),
        JSONSchema.Member("ended_at", JSONSchema.nullable(JSONSchema.time())),
        JSONSchema.Member("participant_count", count), JSONSchema.Member("size_bytes", count),
        JSONSchema.Member("formats", JSONSchema.list(of: format, "What can be watched.")),
        JSONSchema.Member("created_at", JSONSchema.nullable(JSONSchema.time())),
    ]

    private static let example: JSON = [
        "object": "Recording", "id": "u6Yh3DkQ9w-9f7a1c0e4b2d8f6a3c5e7b9d1f0a2c4e6b8d0f1a-1772359200000",
        "room_id": "u6Yh3DkQ9w", "provider_id": "vD2fSb8YkC",
        "provider_recording_id": "9f7a1c0e4b2d8f6a3c5e7b9d1f0a2c4e6b8d0f1a-1772359200000", "name": "Business Meeting",
        "state": "published", "published": true, "started_at": "2026-03-01T10:00:00Z",
        "ended_at": "2026-03-01T11:02:10Z", "participant_count": 17, "size_bytes": 987_654,
        "formats": [
            [
                "type": "presentation", "url": "https://bbb.example/playback/presentation/2.3/9f7a",
                "length_minutes": 62,
                "size_bytes": 987_654,
            ]
        ], "created_at": "2026-03-01T10:00:00Z",
    ]
}
