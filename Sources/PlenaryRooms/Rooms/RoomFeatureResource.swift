package import PlenaryCore

/// A feature of a room, and which of the two values counts (`rooms-api.md` 7.3).
package enum RoomFeatureResource {
    package static let schema = ResourceSchema(
        "RoomFeature",
        fields: [
            .init("object"), .init("code", filter: .text, sorts: true, searched: true), .init("subscription_value"),
            .init("room_value"), .init("used_value"),
            .init("resolution", filter: .choice(FeatureResolution.allCases.map(\.rawValue)), sorts: true),
        ])

    /// A feature with its place in the list.
    package struct Placed: Sendable {
        package let place: Int
        package let feature: ResolvedFeature
    }

    /// What a room is concerned with, in the order of the catalogue.
    ///
    /// - Parameter features: of its subscription.
    package static func shown(_ room: Room, under features: FeatureSet) -> [Placed] {
        let resolved = room.details.features.resolved(against: features)
        return resolved.shown.enumerated().map { Placed(place: $0.offset, feature: $0.element) }
    }

    package static func json(_ placed: Placed) -> JSON {
        let feature = placed.feature
        return .object([
            .init("object", .text(schema.object)), .init("code", .text(feature.code)),
            .init("subscription_value", feature.subscriptionValue.map { FeatureResource.json($0) } ?? .null),
            .init("room_value", feature.roomValue.map { RoomResource.json($0) } ?? .null),
            .init("used_value", feature.usedValue.map { FeatureResource.json($0) } ?? .null),
            .init("resolution", .text(feature.resolution.rawValue)),
        ])
    }

    /// How a list looks at them. Unless it is sorted otherwise, it has the order of the catalogue: the last comes first where
    /// nothing is sorted by, so the first has the greatest place.
    package static var view: ShortList<Placed>.View {
        ShortList<Placed>.View(
            ulid: { RoomPart.place(of: Int64(9_999 - $0.place)) },
            value: { placed, field, key in ResourceValues.value(in: json(placed), field, key) },
            text: { placed, field in json(placed)[field]?.text })
    }
}
