internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/api-keys` (`rooms-api.md` 2.2).
enum APIKeyRoutes {
    private static let schema = APIKeyResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [list(platform), add(platform), show(platform), remove(platform)], schemas: APIKeySchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/api-keys", .manageAPIKeys,
            EndpointDescription("API keys", "List the keys", answer: "APIKeyList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let keys = try await platform.apiKeys(for: try request.caller)
            return try await request.page(keys, query, of: schema, view: APIKeyResource.view) { page in
                var shown: [JSON] = []
                for kept in page { shown.append(try await platform.json(of: kept)) }
                return shown
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/api-keys", .manageAPIKeys,
            EndpointDescription(
                "API keys", "Make a key; its text is shown in this answer and never again", body: "NewAPIKey",
                status: 201, answer: "APIKey", problems: [.validationFailed, .limitExceeded, .customerSuspended])
        ) { request in
            let made = try await platform.addAPIKey(try request.object(), for: try request.caller, now: request.now)
            return request.created(
                try await platform.json(of: made.kept, text: made.text), state: APIKeyResource.state(made.kept.key),
                at: "/api-keys/\(made.kept.key.identity.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/api-keys/{api_key_id}", .manageAPIKeys,
            EndpointDescription("API keys", "Show a key without its text", answer: "APIKey", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let kept = try await platform.apiKey(try request.reference("api_key_id"), for: try request.caller)
            return request.answer(
                try await platform.json(of: kept), state: APIKeyResource.state(kept.key), selection)
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/api-keys/{api_key_id}", .manageAPIKeys,
            EndpointDescription(
                "API keys", "Delete a key; it opens nothing from then on", status: 204, problems: [.preconditionFailed])
        ) { request in
            let kept = try await platform.apiKey(
                try request.reference("api_key_id"), toRemoveBy: try request.caller)
            try request.checkMatch(APIKeyResource.state(kept.key))
            guard try await platform.store.removeAPIKey(.id(kept.key.identity.id)) else { throw Problem(.notFound) }
            return .noContent
        }
    }
}
