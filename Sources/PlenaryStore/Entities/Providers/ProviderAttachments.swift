package import BigBlueButton
package import PlenaryCore

/// Whose providers: two tables of one shape.
package enum ProviderOwner: Sendable, Hashable {
    case soldPackage(PackageNumber)
    case subscription(SubscriptionNumber)

    fileprivate var table: String {
        switch self {
        case .soldPackage: "package_providers"
        case .subscription: "subscription_providers"
        }
    }

    fileprivate var column: String {
        switch self {
        case .soldPackage: "package_id"
        case .subscription: "subscription_id"
        }
    }

    fileprivate var number: Int64 {
        switch self {
        case .soldPackage(let package): package.number
        case .subscription(let subscription): subscription.number
        }
    }
}

extension Store {
    /// The providers of a package or of a subscription, in the order in which they were attached; none when there is no such owner.
    package func providers(of owner: ProviderOwner) async throws -> [AttachedServiceProvider] {
        try await read { try AttachmentRows.attached($0, to: owner) }
    }

    /// - Throws: ``CommerceFault/notFound(_:)`` when there is no such owner; ``ProviderConflict``.
    /// - Returns: the attachment.
    package func attachProvider(_ draft: ProviderAttachmentDraft, to owner: ProviderOwner, now: WireTime) async throws
        -> AttachedServiceProvider?
    {
        try await write { transaction in
            let connection = transaction.connection
            let place = CommerceRows.place(of: draft.provider)
            let wants = try transaction.serviceType(of: owner)
            guard let provider = try ProviderRows.found(connection, "WHERE \(place.name) = $1", [place.value]).first
            else { throw ProviderConflict.noSuchProvider }
            try transaction.expect(provider, fits: owner, wants)
            var attachments = try AttachmentRows.attachments(connection, of: owner)
            try attachments.attach(
                provider.number, isDefault: draft.isDefault, isActive: draft.isActive,
                isUsed: provider.details.isActive)
            try transaction.write(attachments, of: owner)
            try transaction.touch(owner, now: now)
            return try AttachmentRows.attached(connection, to: owner).first { $0.entry.provider == provider.number }
        }
    }

    /// - Throws: ``CommerceFault/notFound(_:)`` when there is no such owner; ``ProviderConflict``.
    /// - Returns: `nil` when that provider is not attached.
    package func changeAttachment(
        of provider: ResourceReference, to owner: ProviderOwner, _ patch: ProviderAttachmentPatch, now: WireTime
    ) async throws -> AttachedServiceProvider? {
        try await write { transaction in
            let connection = transaction.connection
            _ = try transaction.serviceType(of: owner)
            let place = CommerceRows.place(of: provider)
            guard let found = try ProviderRows.found(connection, "WHERE \(place.name) = $1", [place.value]).first
            else { return nil }
            var attachments = try AttachmentRows.attachments(connection, of: owner)
            let isThere = try attachments.change(
                found.number, isDefault: patch.isDefault, isActive: patch.isActive, isUsed: found.details.isActive)
            guard isThere else { return nil }
            try transaction.write(attachments, of: owner)
            try transaction.touch(owner, now: now)
            return try AttachmentRows.attached(connection, to: owner).first { $0.entry.provider == found.number }
        }
    }

    /// - Throws: ``CommerceFault/notFound(_:)`` when there is no such owner; ``ProviderConflict``.
    /// - Returns: whether that provider was attached.
    package func detachProvider(_ provider: ResourceReference, from owner: ProviderOwner, now: WireTime) async throws
        -> Bool
    {
        try await write { transaction in
            let connection = transaction.connection
            _ = try transaction.serviceType(of: owner)
            let place = CommerceRows.place(of: provider)
            guard let found = try ProviderRows.found(connection, "WHERE \(place.name) = $1", [place.value]).first
            else { return false }
            var attachments = try AttachmentRows.attachments(connection, of: owner)
            guard try attachments.detach(found.number) else { return false }
            try transaction.write(attachments, of: owner)
            try transaction.touch(owner, now: now)
            return true
        }
    }
}

extension StoreTransaction {
    /// A new package has our own servers, unless others are named.
    ///
    /// - Parameter named: the first one is the default; `nil`: our own servers, where they serve its type.
    func attachFirstProviders(_ named: [ProviderNumber]?, to sold: ServicePackage) throws {
        let owner = ProviderOwner.soldPackage(sold.number)
        var attachments = ProviderAttachments()
        if let named {
            for number in named {
                guard let provider = try ProviderRows.provider(connection, number) else {
                    throw ProviderConflict.noSuchProvider
                }
                try expect(provider, fits: owner, sold.details.serviceType)
                try attachments.attach(number, isUsed: provider.details.isActive)
            }
        } else {
            // The oldest one is that of the installation. Without one a package can be sold as well, and gets some later.
            let own = try ProviderRows.found(
                connection, "WHERE type = 'fleet' AND is_active = 1 ORDER BY id LIMIT 1", [])
            guard let provider = own.first, provider.type.serviceTypes.contains(sold.details.serviceType) else {
                return
            }
            try attachments.attach(provider.number)
        }
        try write(attachments, of: owner)
    }

    /// A subscription begins with the default provider of its package (5.3).
    func copyDefaultProvider(from sold: PackageNumber, to subscription: SubscriptionNumber) throws {
        let offered = try AttachmentRows.attachments(connection, of: .soldPackage(sold))
        guard let first = offered.entries.first(where: { $0.isDefault }) else { return }
        var attachments = ProviderAttachments()
        try attachments.attach(first.provider)
        try write(attachments, of: .subscription(subscription))
    }

    /// - Throws: ``CommerceFault/notFound(_:)``.
    fileprivate func serviceType(of owner: ProviderOwner) throws -> ServiceType {
        switch owner {
        case .soldPackage(let number):
            guard let sold = try PackageRows.found(connection, number) else {
                throw CommerceFault.notFound(.soldPackage)
            }
            return sold.details.serviceType
        case .subscription(let number):
            guard let subscription = try SubscriptionRows.found(connection, number) else {
                throw CommerceFault.notFound(.subscription)
            }
            return subscription.serviceType
        }
    }

    fileprivate func expect(_ provider: ServiceProvider, fits owner: ProviderOwner, _ wants: ServiceType) throws {
        guard provider.type.serviceTypes.contains(wants) else {
            throw ProviderConflict.serviceTypeMismatch(offers: provider.type.serviceType, wants: wants)
        }
        guard case .subscription(let number) = owner else { return }
        let rows = try connection.query(
            """
            SELECT p.provider_id FROM package_providers AS p JOIN subscriptions AS s ON s.package_id = p.package_id
            WHERE s.id = $1 AND p.provider_id = $2
            """, [.integer(number.number), .integer(provider.number.number)])
        guard !rows.isEmpty else { throw ProviderConflict.notInPackage }
    }

    /// All of them anew, in their order: there are never many.
    fileprivate func write(_ attachments: ProviderAttachments, of owner: ProviderOwner) throws {
        try connection.execute("DELETE FROM \(owner.table) WHERE \(owner.column) = $1", [.integer(owner.number)])
        for (index, entry) in attachments.entries.enumerated() {
            let row: [CommerceColumn] = [
                (owner.column, .integer(owner.number)), ("provider_id", .integer(entry.provider.number)),
                ("position", .integer(Int64(index + 1))), ("is_default", .integer(entry.isDefault ? 1 : 0)),
                ("is_active", .integer(entry.isActive ? 1 : 0)),
            ]
            try insert(into: owner.table, row)
        }
    }

    fileprivate func touch(_ owner: ProviderOwner, now: WireTime) throws {
        let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
        switch owner {
        case .soldPackage(let number): try update("packages", stamp, of: number.number)
        case .subscription(let number):
            try update("subscriptions", stamp, of: number.number)
            try emitChange(of: number, now: now)
        }
    }
}

enum AttachmentRows {
    static func attachments(_ connection: any SQLConnection, of owner: ProviderOwner) throws -> ProviderAttachments {
        let rows = try connection.query(
            "SELECT provider_id, is_default, is_active FROM \(owner.table) WHERE \(owner.column) = $1 ORDER BY position",
            [.integer(owner.number)])
        return ProviderAttachments(
            try rows.map { row in
                ProviderAttachments.Entry(
                    ProviderNumber(try row.integer(0)), isDefault: try row.integer(1) == 1,
                    isActive: try row.integer(2) == 1)
            })
    }

    /// With what joining decides by; no secret is opened for it.
    static func attached(_ connection: any SQLConnection, to owner: ProviderOwner) throws -> [AttachedServiceProvider] {
        let rows = try connection.query(
            """
            SELECT p.id, p.public_id, p.uuid, p.ulid, a.is_default, a.is_active, p.name, p.type, p.is_active, p.state
            FROM \(owner.table) AS a JOIN service_providers AS p ON p.id = a.provider_id
            WHERE a.\(owner.column) = $1 ORDER BY a.position
            """, [.integer(owner.number)])
        return try rows.map { row in
            var reader = ColumnReader(row)
            let number = ProviderNumber(try reader.integer())
            let identity = try reader.identity()
            let entry = ProviderAttachments.Entry(
                number, isDefault: try reader.flag(), isActive: try reader.flag())
            let name = try reader.text()
            let type: ProviderType = try reader.word("type of a provider")
            let isUsed = try reader.flag()
            let state: ProviderState = try reader.word("state of a provider")
            return AttachedServiceProvider(
                entry: entry, identity: identity, name: name, type: type, isUsed: isUsed, state: state)
        }
    }
}
