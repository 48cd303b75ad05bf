package import BigBlueButton

package struct RoomNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: RoomNumber, right: RoomNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// What a room is for (`rooms-api.md` 7.2): what its subscription offers, for ever (D-04).
package typealias RoomType = ServiceType

extension ServiceType {
    /// As people know it.
    package var roomTitle: String {
        switch self {
        case .meet: "Stream Meet"
        case .video: "Stream Video"
        case .live: "Stream Live"
        case .simulcast: "Stream Simulcast"
        }
    }

    /// Whether sessions of it can be held. The others have all of the resource, but nobody can be let in.
    package var hasAdapter: Bool { self == .meet }
}

/// What may be changed about a room (`rooms-api.md` 7.1).
package struct RoomDetails: Sendable, Hashable {
    /// Whether it may be used. Whether somebody is in it is another thing (D-25): ``RoomStatus``.
    package enum Status: String, Sendable, Hashable, CaseIterable { case active, inactive }

    /// Not unique.
    package var name: String
    package var status: Status
    package var isPublic: Bool
    /// Not unique; empty: one is made from the name.
    package var slug: String
    package var features: RoomFeatures
    package var settings: RoomSettings
    package var metadata: Metadata

    package init(
        name: String, status: Status = .active, isPublic: Bool = false, slug: String = "",
        features: RoomFeatures = .none, settings: RoomSettings = .none, metadata: Metadata = .empty
    ) {
        self.name = name
        self.status = status
        self.isPublic = isPublic
        self.slug = slug
        self.features = features
        self.settings = settings
        self.metadata = metadata
    }

    package static let longestName = 200

    /// The same in the spelling in which it is kept.
    ///
    /// - Throws: everything that is wrong.
    package func checked() throws(RoomFaults) -> RoomDetails {
        var kept = self
        if slug.isEmpty { kept.slug = RoomSlug(from: name).text }
        kept.settings = settings.spelled
        var check = RoomCheck()
        check.line(name, "room_name", longest: Self.longestName)
        check.expect(
            kept.slug.utf8.count <= RoomSlug.longest, "slug", .tooLong, "has at most \(RoomSlug.longest) characters")
        check.expect(
            kept.slug.utf8.count > RoomSlug.longest || RoomSlug(kept.slug) != nil, "slug", .invalidFormat,
            "has lower case letters, digits and single hyphens between them")
        check.note(features.faults)
        check.note(kept.settings.faults)
        check.note(metadata.faults("room_metadata").map { RoomFault($0) })
        try check.finish()
        return kept
    }
}

/// A virtual space in which people meet (`rooms-api.md` 7).
package struct Room: Sendable, Hashable {
    package let number: RoomNumber
    /// Its `uuid` is the `meetingID` that providers see.
    package let identity: ResourceIdentity
    /// Whose it is, and its public id.
    package let account: AccountID
    package let accountID: String
    /// The account's; their public ids.
    package let customerID: String
    package let subscriptionID: String
    package let type: RoomType
    package let details: RoomDetails
    package let createdAt: WireTime
    package let updatedAt: WireTime

    package init(
        number: RoomNumber, identity: ResourceIdentity, account: AccountID, accountID: String, customerID: String,
        subscriptionID: String, type: RoomType, details: RoomDetails, createdAt: WireTime, updatedAt: WireTime
    ) {
        self.number = number
        self.identity = identity
        self.account = account
        self.accountID = accountID
        self.customerID = customerID
        self.subscriptionID = subscriptionID
        self.type = type
        self.details = details
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// What was checked has a slug.
    package var slug: RoomSlug { RoomSlug(details.slug) ?? RoomSlug(from: details.name) }

    /// Its address on a public host (11.1).
    package func url(origin: String, token: RoomTokenText? = nil) -> String {
        RoomAddress.url(origin: origin, id: identity.id, slug: slug, token: token)
    }
}

/// Attributes that nobody sets (`rooms-api.md` 7.1).
package enum RoomReadOnly: String, Sendable, Hashable, CaseIterable {
    case object
    case id
    case uuid
    case ulid
    case customerID = "customer_id"
    /// Said once, when the room is made.
    case accountID = "account_id"
    case subscriptionID = "subscription_id"
    case roomType = "room_type"
    case url
    case createdAt = "created_at"
    case updatedAt = "updated_at"

    /// What is wrong with what was sent of them. Who sends a room back as it was fetched is right.
    ///
    /// - Parameter held: what is stored, or follows from the account; of a room that is not made yet there is no id.
    package static func faults(given: [RoomReadOnly: String], held: [RoomReadOnly: String]) -> [RoomFault] {
        allCases.compactMap { attribute -> RoomFault? in
            guard let sent = given[attribute], sent != held[attribute] else { return nil }
            let isType = attribute == .roomType
            return RoomFault(
                [attribute.rawValue], isType ? .immutableBySubscription : .readOnly,
                isType ? "is what the subscription offers" : "is set by the platform",
                expected: held[attribute], actual: sent)
        }
    }
}

/// What was stored, but has no effect now (`rooms-api.md` 7.3, 7.4): the write succeeds. Those of features are faults when the
/// caller wants `handling=strict` (2.7).
package typealias RoomWarning = RoomFault

extension RoomDetails {
    /// What of it has no effect now.
    package func warnings(under subscription: FeatureSet, type: RoomType, provider: RoomProviderType?)
        -> [RoomWarning]
    {
        features.resolved(against: subscription).warnings + settings.warnings(type: type, provider: provider)
    }
}
