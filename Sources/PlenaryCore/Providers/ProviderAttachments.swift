/// Why a provider is not changed, attached or removed (`rooms-api.md` 5.3, 6).
package enum ProviderConflict: Error, Sendable, Hashable {
    /// 409 `provider_is_default`
    case isDefault
    /// 409 `provider_active`: only an inactive attachment is removed.
    case isActive
    /// 409 `provider_in_use`
    case inUse(packages: Int, subscriptions: Int)
    /// 422 `provider_not_in_package`
    case notInPackage
    /// 422 `provider_service_type_mismatch`
    case serviceTypeMismatch(offers: ServiceType, wants: ServiceType)
    /// What a body names is not there.
    case noSuchProvider
    case attachedAlready
    /// The default must be a provider that is used.
    case notActive
}

extension Problem {
    package init(of conflict: ProviderConflict) {
        let member = "service_provider_id"
        switch conflict {
        case .isDefault:
            self.init(.providerIsDefault, "The default can be neither switched off nor removed; make another one it.")
        case .isActive: self.init(.providerActive, "Switch it off before it is removed.")
        case .inUse(let packages, let subscriptions):
            self.init(
                .providerInUse, "It is attached to \(packages) packages and \(subscriptions) subscriptions.")
        case .notInPackage:
            self.init(
                .providerNotInPackage,
                faults: [RequestFault(member, .invalidFormat, "It is none of the package's providers.")])
        case .serviceTypeMismatch(let offers, let wants):
            let fault = RequestFault(
                member, .invalidFormat, "It serves another type.", expected: .text(wants.rawValue),
                actual: .text(offers.rawValue))
            self.init(
                .providerServiceTypeMismatch, "It serves \(offers.rawValue); \(wants.rawValue) is sold.",
                faults: [fault])
        case .noSuchProvider:
            self = .invalid([RequestFault(member, .notFound, "There is no such service provider.")])
        case .attachedAlready: self = .invalid([RequestFault(member, .notUnique, "It is attached already.")])
        case .notActive:
            self = .invalid([RequestFault(member, .outOfRange, "It is not active, so it cannot be the default.")])
        }
    }
}

/// The providers of a package or of a subscription, in the order in which they were attached. One of them is the default, as long
/// as there are any; the default is active.
package struct ProviderAttachments: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let provider: ProviderNumber
        package fileprivate(set) var isDefault: Bool
        package fileprivate(set) var isActive: Bool

        package init(_ provider: ProviderNumber, isDefault: Bool = false, isActive: Bool = true) {
            self.provider = provider
            self.isDefault = isDefault
            self.isActive = isActive
        }
    }

    package private(set) var entries: [Entry]

    package init(_ entries: [Entry] = []) { self.entries = entries }

    package func entry(of provider: ProviderNumber) -> Entry? { entries.first { $0.provider == provider } }

    /// Puts a provider behind the others. The first one is the default, whatever is asked for.
    ///
    /// - Parameter isUsed: whether the provider itself is active.
    package mutating func attach(
        _ provider: ProviderNumber, isDefault: Bool = false, isActive: Bool = true, isUsed: Bool = true
    ) throws(ProviderConflict) {
        guard entry(of: provider) == nil else { throw .attachedAlready }
        let becomesDefault = isDefault || entries.isEmpty
        if becomesDefault {
            guard isActive else { throw .isDefault }
            guard isUsed else { throw .notActive }
            clearDefault()
        }
        entries.append(Entry(provider, isDefault: becomesDefault, isActive: isActive))
    }

    /// - Parameters:
    ///   - isDefault: `nil`: as it is. Of one that was not active it makes it active as well.
    ///   - isActive: `nil`: as it is.
    ///   - isUsed: whether the provider itself is active.
    /// - Returns: `false` when the provider is not attached.
    package mutating func change(
        _ provider: ProviderNumber, isDefault: Bool?, isActive: Bool?, isUsed: Bool = true
    ) throws(ProviderConflict) -> Bool {
        guard let index = entries.firstIndex(where: { $0.provider == provider }) else { return false }
        let old = entries[index]
        // There would be none then: another one is made the default instead.
        if isDefault == false, old.isDefault { throw .isDefault }
        let becomesDefault = isDefault ?? old.isDefault
        if becomesDefault {
            if isActive == false { throw .isDefault }
            if !old.isDefault {
                guard isUsed else { throw .notActive }
                clearDefault()
            }
        }
        entries[index].isDefault = becomesDefault
        entries[index].isActive = becomesDefault || (isActive ?? old.isActive)
        return true
    }

    /// - Returns: `false` when the provider was not attached.
    package mutating func detach(_ provider: ProviderNumber) throws(ProviderConflict) -> Bool {
        guard let index = entries.firstIndex(where: { $0.provider == provider }) else { return false }
        if entries[index].isDefault { throw .isDefault }
        if entries[index].isActive { throw .isActive }
        entries.remove(at: index)
        return true
    }

    private mutating func clearDefault() {
        for index in entries.indices { entries[index].isDefault = false }
    }
}

/// An attachment with what of its provider is shown and decided by.
package struct AttachedServiceProvider: Sendable, Hashable {
    package let entry: ProviderAttachments.Entry
    package let identity: ResourceIdentity
    package let name: String
    package let type: ProviderType
    /// Of the provider, whatever its attachment is.
    package let isUsed: Bool
    package let state: ProviderState

    package init(
        entry: ProviderAttachments.Entry, identity: ResourceIdentity, name: String, type: ProviderType, isUsed: Bool,
        state: ProviderState
    ) {
        self.entry = entry
        self.identity = identity
        self.name = name
        self.type = type
        self.isUsed = isUsed
        self.state = state
    }

    /// As joining chooses by it (11.7).
    package var attached: AttachedProvider {
        AttachedProvider(
            id: identity.id, type: type, isDefault: entry.isDefault, isActive: entry.isActive && isUsed, health: state)
    }

    /// - Parameter object: `PackageProvider` or `SubscriptionProvider`.
    package func json(_ object: String) -> JSON {
        [
            "object": .text(object), "service_provider_id": .text(identity.id), "provider_name": .text(name),
            "provider_type": .text(type.rawValue), "default": .bool(entry.isDefault), "active": .bool(entry.isActive),
        ]
    }

    /// The short form that packages and subscriptions include (5.2).
    package var included: JSON {
        [
            "service_provider_id": .text(identity.id), "default": .bool(entry.isDefault),
            "active": .bool(entry.isActive),
        ]
    }
}

/// The body of `POST .../providers`.
package struct ProviderAttachmentDraft: Sendable, Hashable {
    package let provider: ResourceReference
    package let isDefault: Bool
    package let isActive: Bool

    package init(_ given: ObjectReader) throws(Problem) {
        var reader = given
        let provider = reader.required("service_provider_id", .reference)
        isDefault = reader.optional("default", .bool) ?? false
        isActive = reader.optional("active", .bool) ?? true
        try reader.finish()
        guard let provider else { preconditionFailure("what is missing was noted") }
        self.provider = provider
    }
}

/// The body of `PATCH .../providers/{service_provider_id}`.
package struct ProviderAttachmentPatch: Sendable, Hashable {
    package let isDefault: Bool?
    package let isActive: Bool?

    /// - Parameter shown: the attachment as it is shown: what was fetched can be sent back.
    package init(_ given: ObjectReader, of shown: JSON? = nil) throws(Problem) {
        var reader = given
        isDefault = reader.optional("default", .bool)
        isActive = reader.optional("active", .bool)
        for name in ["object", "service_provider_id", "provider_name", "provider_type"] {
            reader.readOnly(name, is: shown?[name])
        }
        try reader.finish()
    }
}
