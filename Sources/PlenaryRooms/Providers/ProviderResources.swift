package import PlenaryCore

/// A kind of service provider as the API shows it (`rooms-api.md` 6.2).
package enum ProviderTypeResource {
    package static let schema = ResourceSchema(
        "ServiceProviderType",
        fields: [
            .init("object"),
            .init("provider_type", filter: .choice(ProviderType.allCases.map(\.rawValue)), sorts: true, searched: true),
            .init("name", sorts: true, searched: true), .init("aliases"), .init("service_types"),
            .init("offered", filter: .bool), .init("properties"), .init("settings"),
        ])

    /// How a list looks at them; unless it is sorted otherwise, it has the order of the table.
    package static var view: ShortList<ProviderType>.View {
        ShortList<ProviderType>.View(
            ulid: { ListPlace.text(of: ProviderType.allCases.firstIndex(of: $0) ?? 0) },
            value: { type, field, key in ResourceValues.value(in: type.json, field, key) },
            text: { type, field in type.json[field]?.text })
    }
}

/// A provider of a package or of a subscription as the API shows it (`rooms-api.md` 5.2, 5.3). It is named by the identifiers of
/// the service provider.
package enum AttachedProviderResource {
    package static let ofPackage = schema("PackageProvider")
    package static let ofSubscription = schema("SubscriptionProvider")

    private static func schema(_ object: String) -> ResourceSchema {
        ResourceSchema(
            object,
            fields: [
                .init("object"), .init("service_provider_id", filter: .text),
                .init("provider_name", filter: .text, sorts: true, searched: true),
                .init("provider_type", filter: .choice(ProviderType.allCases.map(\.rawValue)), sorts: true),
                .init("default", filter: .bool), .init("active", filter: .bool),
            ])
    }

    /// How a list looks at them; unless it is sorted otherwise, it has the order in which they were attached.
    ///
    /// - Parameter all: of one owner, in that order.
    package static func view(of all: [AttachedServiceProvider]) -> ShortList<AttachedServiceProvider>.View {
        var places: [ProviderNumber: Int] = [:]
        for (index, attached) in all.enumerated() { places[attached.entry.provider] = index }
        let known = places
        return ShortList<AttachedServiceProvider>.View(
            ulid: { ListPlace.text(of: known[$0.entry.provider] ?? 0) },
            value: { attached, field, key in ResourceValues.value(in: attached.json(""), field, key) },
            text: { attached, field in attached.json("")[field]?.text })
    }
}

extension AttachedServiceProvider {
    package func isNamed(_ reference: ResourceReference) -> Bool {
        switch reference {
        case .id(let id): identity.id == id
        case .uuid(let uuid): identity.uuid == uuid
        case .ulid(let ulid): identity.ulid == ulid
        }
    }
}

/// Stands for a ULID where a list of things that have none breaks ties: of a list that is not sorted otherwise the last comes
/// first, so the first thing has the greatest.
private enum ListPlace {
    static func text(of index: Int) -> String {
        let digits = String(max(999_999 - index, 0))
        return String(repeating: "0", count: 26 - digits.count) + digits
    }
}
