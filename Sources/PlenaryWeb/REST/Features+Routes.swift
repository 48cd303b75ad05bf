internal import PlenaryCore
internal import PlenaryRooms

/// `/features` (`rooms-api.md` 5.1): a fixed catalogue.
enum FeatureRoutes {
    private static let schema = FeatureResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(endpoints: [list()], schemas: FeatureSchemas.all)
    }

    private static func list() -> Endpoint {
        Endpoint(
            .get, "/features", .readFeatures,
            EndpointDescription(
                "Features", "List the features that packages and subscriptions may have", answer: "FeatureList",
                list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let view = FeatureResource.view(
                code: { (feature: Feature) in feature.code }, written: { FeatureResource.json($0) })
            return try await request.page(Feature.all, query, of: schema, view: view) { page in
                page.map { FeatureResource.json($0) }
            }
        }
    }
}

extension APIRequest {
    /// The feature that the path names.
    ///
    /// - Throws: 404 `not_found` when there is none of that code.
    func feature() throws(Problem) -> FeatureCode {
        guard let code = FeatureCode(rawValue: argument("code")) else { throw Problem(.notFound) }
        return code
    }
}
