internal import PlenaryCore
internal import PlenaryRooms

/// `/openapi.json`: the API about itself.
enum ReferenceRoutes {
    /// - Parameter others: all other groups; this one is added.
    static func group(_ platform: Platform, with others: [EndpointGroup], version: String) -> EndpointGroup {
        let description = EndpointDescription("Reference", "This document", answer: "OpenAPI")
        let schemas: [String: JSON] = [
            "OpenAPI": [
                "type": "object", "description": "An OpenAPI 3.1 document.", "required": ["openapi", "info", "paths"],
                "example": ["openapi": "3.1.0", "info": ["title": "Plenary", "version": "1"], "paths": [:]],
            ]
        ]
        // It is about itself too; that it answers what follows changes nothing of what it says.
        let own = EndpointGroup(
            endpoints: [Endpoint(.get, "/openapi.json", .anyone, description) { _ in APIAnswer() }], schemas: schemas)
        let document = OpenAPIDocument(
            groups: others + [own], publicURL: platform.settings.publicURL, version: version)
        let octets = Array(document.json.encoded.utf8)
        let endpoint = Endpoint(.get, "/openapi.json", .anyone, description) { _ in
            APIAnswer(raw: APIAnswer.Raw(mediaType: MediaType.json, octets: octets))
        }
        return EndpointGroup(endpoints: [endpoint], schemas: schemas)
    }
}
