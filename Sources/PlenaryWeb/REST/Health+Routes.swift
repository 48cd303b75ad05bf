internal import PlenaryCore
internal import PlenaryRooms

/// `/healthz` (`rooms-api.md` 18): the API answers. Whether servers do is told by `/readyz`, outside of the API.
enum HealthRoutes {
    static func group(version: String) -> EndpointGroup {
        let body: JSON = ["object": "Health", "status": "ok", "version": .text(version)]
        let endpoint = Endpoint(
            .get, "/healthz", .anyone,
            EndpointDescription("Reference", "Tell that the API answers", answer: "Health")
        ) { _ in APIAnswer(body: body) }
        let schema = JSONSchema.object(
            [
                JSONSchema.Member("object", JSONSchema.constant("Health"), required: true),
                JSONSchema.Member("status", JSONSchema.constant("ok"), required: true),
                JSONSchema.Member("version", JSONSchema.text("Of the platform."), required: true),
            ], example: ["object": "Health", "status": "ok", "version": "1.0.0"])
        return EndpointGroup(endpoints: [endpoint], schemas: ["Health": schema])
    }
}
