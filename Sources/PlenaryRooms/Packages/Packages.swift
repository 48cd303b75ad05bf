package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

extension Platform {
    /// The packages that somebody gets to see.
    package func packages(for caller: APICaller) async throws -> [ServicePackage] {
        try await store.servicePackages().filter { Self.shows($0, to: caller) }
    }

    /// - Throws: 404 `not_found`, also for a hidden one that is not the caller's to see; 403 `forbidden`.
    package func servicePackage(_ reference: ResourceReference, for caller: APICaller) async throws -> ServicePackage {
        try caller.check(.readPackages)
        let found = try await store.servicePackage(reference)
        guard let sold = found, Self.shows(sold, to: caller) else { throw Problem(.notFound) }
        return sold
    }

    /// One that is changed or deleted: by the platform's own only.
    ///
    /// - Throws: 403 `forbidden`; 404 `not_found`.
    package func servicePackage(_ reference: ResourceReference, toChange permission: Permission, for caller: APICaller)
        async throws -> ServicePackage
    {
        try caller.checkPlatform(permission)
        let found = try await store.servicePackage(reference)
        guard let sold = found else { throw Problem(.notFound) }
        return sold
    }

    /// - Throws: 403 `forbidden`: packages are the platform's.
    package func addPackage(_ draft: PackageResource.Draft, for caller: APICaller, now: WireTime) async throws
        -> ServicePackage
    {
        try caller.checkPlatform(.createPackages)
        var random = FleetRandom(time)
        return try await store.addPackage(
            draft.details, features: draft.features, identity: ResourceIdentity(at: now, using: &random), now: now)
    }

    /// What is hidden is not for sale to everybody.
    private static func shows(_ sold: ServicePackage, to caller: APICaller) -> Bool {
        caller.isPlatform || !sold.details.isHidden
    }
}

extension Platform {
    /// Packages as they are shown, with what is included.
    ///
    /// - Throws: 403 `forbidden` for what the caller may not read.
    package func json(of packages: [ServicePackage], _ includes: Includes, for caller: APICaller) async throws
        -> [PackageNumber: JSON]
    {
        var shown: [PackageNumber: JSON] = [:]
        for sold in packages {
            var json = PackageResource.json(sold)
            if includes["features"] != nil {
                json = json.including("features", PackageResource.json(sold.features))
            }
            if includes["providers"] != nil {
                let attached = try await store.providers(of: .soldPackage(sold.number))
                json = json.including("providers", .list(attached.map(\.included)))
            }
            shown[sold.number] = json
        }
        return shown
    }
}
