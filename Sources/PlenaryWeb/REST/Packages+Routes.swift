internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/packages` (`rooms-api.md` 5.2).
enum PackageRoutes {
    private static let schema = PackageResource.schema
    private static let features = FeatureResource.ofPackage

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                list(platform), add(platform), show(platform), change(platform), remove(platform),
                listFeatures(platform), addFeature(platform), changeFeature(platform), removeFeature(platform),
            ], schemas: PackageSchemas.all)
    }

    // MARK: packages

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/packages", .readPackages,
            EndpointDescription(
                "Packages", "List the packages; hidden ones are shown to the platform's own only",
                answer: "PackageList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let caller = try request.caller
            let packages = try await platform.packages(for: caller)
            return try await request.page(packages, query, of: schema, view: PackageResource.view) { page in
                let shown = try await platform.json(of: page, query.selection.includes, for: caller)
                return page.map { shown[$0.number] ?? .null }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/packages", .createPackages,
            EndpointDescription(
                "Packages", "Add a package", body: "NewPackage", status: 201, answer: "Package",
                problems: [.validationFailed])
        ) { request in
            let caller = try request.caller
            try caller.checkPlatform(.createPackages)
            let draft = try PackageResource.draft(from: try request.object())
            let sold = try await platform.addPackage(draft, for: caller, now: request.now)
            return request.created(
                PackageResource.json(sold), state: PackageResource.state(sold.details),
                at: "/packages/\(sold.identity.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/packages/{package_id}", .readPackages,
            EndpointDescription("Packages", "Show a package", answer: "Package", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let caller = try request.caller
            let sold = try await platform.servicePackage(try request.reference("package_id"), for: caller)
            let shown = try await platform.json(of: [sold], selection.includes, for: caller)
            return request.answer(
                shown[sold.number] ?? PackageResource.json(sold), state: PackageResource.state(sold.details), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/packages/{package_id}", .updatePackages,
            EndpointDescription(
                "Packages", "Change a package; its subscriptions stay as they are", body: "PackageChange",
                answer: "Package", problems: [.validationFailed, .preconditionFailed])
        ) { request in
            let sold = try await toChange(request, .updatePackages)
            let body = try request.object()
            let changed = try await platform.store.updatePackage(sold.number, now: request.now) { details in
                try request.checkMatch(PackageResource.state(details))
                details = try PackageResource.details(from: body, changing: sold, details)
            }
            guard let changed else { throw Problem(.notFound) }
            return request.answer(PackageResource.json(changed), state: PackageResource.state(changed.details))
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/packages/{package_id}", .deletePackages,
            EndpointDescription(
                "Packages", "Delete a package of which there is no subscription; the others are retired", status: 204,
                problems: [.notDeletable, .preconditionFailed])
        ) { request in
            let sold = try await toChange(request, .deletePackages)
            let isGone = try await platform.store.removePackage(sold.number) { sold in
                try request.checkMatch(PackageResource.state(sold.details))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    // MARK: their features

    private static func listFeatures(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/packages/{package_id}/features", .readPackages,
            EndpointDescription(
                "Packages", "List the features of a package", answer: "PackageFeatureList", list: features)
        ) { request in
            let query = try request.list(of: features)
            let sold = try await platform.servicePackage(
                try request.reference("package_id"), for: try request.caller)
            let given = sold.features.codes.map { GivenFeature(code: $0, value: sold.features.value(of: $0)) }
            let view = FeatureResource.view(
                code: { (feature: GivenFeature) in feature.code },
                written: { FeatureResource.json($0.code, $0.value) })
            return try await request.page(given, query, of: features, view: view) { page in
                page.map { FeatureResource.json($0.code, $0.value) }
            }
        }
    }

    private static func addFeature(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/packages/{package_id}/features", .updatePackages,
            EndpointDescription(
                "Packages", "Give a package a feature; its subscriptions stay as they are", body: "NewFeature",
                status: 201, answer: "PackageFeature", problems: [.validationFailed, .featureExists])
        ) { request in
            let sold = try await toChange(request, .updatePackages)
            let given = try FeatureResource.given(from: try request.object())
            let changed = try await platform.store.setFeature(
                given.code, given.value, of: sold.number, mustBeNew: true, now: request.now)
            guard let changed else { throw Problem(.notFound) }
            let json = FeatureResource.json(given.code, changed.features.value(of: given.code))
            return request.created(
                json, state: json, at: "/packages/\(sold.identity.id)/features/\(given.code.rawValue)")
        }
    }

    private static func changeFeature(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/packages/{package_id}/features/{code}", .updatePackages,
            EndpointDescription(
                "Packages", "Change a feature of a package; its subscriptions stay as they are", body: "FeatureChange",
                answer: "PackageFeature", problems: [.validationFailed, .preconditionFailed])
        ) { request in
            let sold = try await toChange(request, .updatePackages)
            let code = try request.feature()
            guard let old = sold.features[code] else { throw CommerceFault.noFeature(code) }
            try request.checkMatch(FeatureResource.json(code, old))
            let value = try FeatureResource.value(from: try request.object(), for: code)
            let changed = try await platform.store.setFeature(code, value, of: sold.number, now: request.now)
            guard let changed else { throw Problem(.notFound) }
            let json = FeatureResource.json(code, changed.features.value(of: code))
            return request.answer(json, state: json)
        }
    }

    private static func removeFeature(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/packages/{package_id}/features/{code}", .updatePackages,
            EndpointDescription(
                "Packages", "Take a feature from a package; its subscriptions stay as they are", status: 204,
                problems: [.preconditionFailed])
        ) { request in
            let sold = try await toChange(request, .updatePackages)
            let code = try request.feature()
            let changed = try await platform.store.removeFeature(code, of: sold.number, now: request.now) { sold in
                guard let old = sold.features[code] else { throw CommerceFault.noFeature(code) }
                try request.checkMatch(FeatureResource.json(code, old))
            }
            guard changed != nil else { throw Problem(.notFound) }
            return .noContent
        }
    }

    private static func toChange(_ request: APIRequest, _ permission: Permission) async throws -> ServicePackage {
        try await request.platform.servicePackage(
            try request.reference("package_id"), toChange: permission, for: try request.caller)
    }
}
