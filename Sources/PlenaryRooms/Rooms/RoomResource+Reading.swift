package import PlenaryCore

/// Whose a room is, and what it has by that (`rooms-api.md` 1): room, account, subscription, customer.
package struct RoomOwnership: Sendable {
    package let account: Account
    /// `nil`: the account has none, and its rooms are nobody's.
    package let subscription: Subscription?
    package let customer: Customer?

    package init(account: Account, subscription: Subscription?, customer: Customer?) {
        self.account = account
        self.subscription = subscription
        self.customer = customer
    }

    /// What the subscription gives its rooms.
    package var features: FeatureSet { account.entitlement?.features ?? .empty }
}

extension RoomResource {
    /// The account that a body of a new room names; `nil`: none, or no identifier, which is told by ``details(from:in:isStrict:)``.
    package static func account(in body: ObjectReader) -> ResourceReference? {
        var reader = body
        return reader.required("account_id", JSONKind<ResourceReference>.reference)
    }

    /// The details that a body of a new room asks for.
    ///
    /// - Parameters:
    ///   - ownership: of the account that ``account(in:)`` names; `nil`: there is no such account for the caller.
    ///   - isStrict: what would be accepted and ignored is wrong.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(
        from body: ObjectReader, in ownership: RoomOwnership?, isStrict: Bool
    ) throws(Problem) -> RoomDetails {
        var reader = body
        let account = reader.required("account_id", JSONKind<ResourceReference>.reference)
        if account != nil, ownership == nil { reader.note("account_id", .notFound, "There is no such account.") }
        ResourceValues.readConstants(&reader, of: schema.object, nil)
        reader.readOnly("url", is: nil)
        if let ownership {
            readDerived(&reader, "customer_id", is: ownership.customer?.identity)
            readDerived(&reader, "subscription_id", is: ownership.subscription?.identity)
            readType(&reader, is: ownership.subscription?.serviceType)
        } else {
            // What they must be follows from the account.
            for name in ["customer_id", "subscription_id", "room_type"] {
                _ = reader.patch(name, JSONKind<JSON>.anything)
            }
        }
        var details = RoomDetails(
            name: reader.required(
                "room_name", JSONKind<String>.text(longest: RoomDetails.longestName), rule: "A room needs a name.")
                ?? "")
        let named = read(&reader, into: &details)
        return try finish(&reader, details, named: named, under: isStrict ? ownership?.features : nil)
    }

    /// The details after a PATCH.
    ///
    /// - Parameters:
    ///   - room: as it is now.
    ///   - origin: where it is reached.
    ///   - isStrict: what the body names and would be ignored is wrong.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(
        from body: ObjectReader, changing room: Room, of ownership: RoomOwnership, origin: String, isStrict: Bool
    ) throws(Problem) -> RoomDetails {
        var reader = body
        ResourceValues.readConstants(&reader, of: schema.object, (room.identity, room.createdAt, room.updatedAt))
        reader.readOnly("url", is: .text(room.url(origin: origin)))
        readDerived(&reader, "customer_id", is: ownership.customer?.identity)
        readDerived(&reader, "account_id", is: ownership.account.identity)
        readDerived(&reader, "subscription_id", is: ownership.subscription?.identity)
        readType(&reader, is: room.type)
        var details = room.details
        details.name =
            reader.optional("room_name", JSONKind<String>.text(longest: RoomDetails.longestName)) ?? details.name
        let named = read(&reader, into: &details)
        return try finish(&reader, details, named: named, under: isStrict ? ownership.features : nil)
    }

    // MARK: members

    /// - Returns: the features that the body gives a value.
    private static func read(_ reader: inout ObjectReader, into details: inout RoomDetails) -> Set<String> {
        details.status = reader.optional("status", JSONKind<RoomDetails.Status>.choice) ?? details.status
        details.isPublic = reader.optional("is_public", JSONKind<Bool>.bool) ?? details.isPublic
        // Without one it is made of the name.
        details.slug = reader.patch("slug", JSONKind<String>.text(longest: RoomSlug.longest))
            .applied(to: details.slug, null: "")
        var named: Set<String> = []
        switch reader.patch("room_features", JSONKind<[String: Metadata.Scalar]>.scalars) {
        case .absent: break
        case .null: details.features = .none
        case .value(let patch):
            named = Set(patch.filter { $0.value != .null }.keys)
            details.features = details.features.merging(patch)
        }
        switch reader.patch("room_settings", JSONKind<[String: Metadata.Scalar]>.scalars) {
        case .absent: break
        case .null: details.settings = .none
        case .value(let patch): details.settings = details.settings.merging(patch)
        }
        details.metadata = reader.patch("room_metadata", JSONKind<Metadata>.metadata)
            .applied(to: details.metadata, null: .empty)
        // Of the answer to a POST or a PATCH, which may be sent back.
        _ = reader.patch("warnings", JSONKind<JSON>.anything)
        return named
    }

    /// - Parameter features: of the subscription, in strict mode.
    private static func finish(
        _ reader: inout ObjectReader, _ details: RoomDetails, named: Set<String>, under features: FeatureSet?
    ) throws(Problem) -> RoomDetails {
        var checked = details
        do throws(RoomFaults) { checked = try details.checked() } catch { reader.add(error) }
        if let features {
            let ignored = details.features.resolved(against: features).warnings.filter { warning in
                JSONPointer(text: warning.pointer)?.tokens.last.map { named.contains($0) } ?? false
            }
            if let faults = RoomFaults(ignored) { reader.add(faults) }
        }
        try reader.finish()
        return checked
    }

    /// A member that follows from another resource: any of its identifiers may be sent.
    private static func readDerived(_ reader: inout ObjectReader, _ name: String, is held: ResourceIdentity?) {
        switch reader.patch(name, JSONKind<ResourceReference>.reference) {
        case .absent: return
        case .null: if held == nil { return }
        case .value(let given): if let held, given.names(held) { return }
        }
        reader.note(name, .readOnly, "It cannot be set.", expected: held.map { .text($0.id) })
    }

    /// - Parameter type: `nil`: not known.
    private static func readType(_ reader: inout ObjectReader, is type: RoomType?) {
        let given = reader.patch("room_type", JSONKind<String>.text(longest: 100))
        guard let type else { return }
        switch given {
        case .absent: return
        case .null:
            reader.note(
                "room_type", .immutableBySubscription, "The subscription offers \(type.rawValue).",
                expected: .text(type.rawValue))
        case .value(let word):
            if word == type.rawValue { return }
            reader.note(
                "room_type", .immutableBySubscription,
                "The subscription offers \(type.rawValue); \(word) was asked for.", expected: .text(type.rawValue),
                actual: .text(word))
        }
    }
}

extension ResourceReference {
    /// Whether it is one of the three identifiers of that resource.
    func names(_ identity: ResourceIdentity) -> Bool {
        switch self {
        case .id(let text): text == identity.id
        case .uuid(let text): text == identity.uuid
        case .ulid(let text): text == identity.ulid
        }
    }
}

extension ObjectReader {
    /// Takes in what the rules of rooms say, where a member was not wrong already: a member has one fault.
    mutating func add(_ more: RoomFaults) {
        for fault in more.faults.map({ RequestFault($0) }) {
            let isNoted = faults.contains { noted in
                guard case .pointer(let one) = noted.place, case .pointer(let other) = fault.place else { return false }
                return one.tokens.starts(with: other.tokens)
            }
            if !isNoted { note([fault]) }
        }
    }
}

extension JSONKind where Value == [String: Metadata.Scalar] {
    /// An object of which each member is a scalar, as features and settings are. `null` takes a member away (7.3, 7.4).
    static var scalars: JSONKind {
        JSONKind { json, place in
            guard let members = json.members else {
                return .faults([RequestFault(.pointer(place), .invalidType, "It is an object.")])
            }
            var scalars: [String: Metadata.Scalar] = [:]
            var faults: [RequestFault] = []
            for member in members {
                let pointer = RequestFault.Place.pointer(place.appending(member.name))
                switch member.value {
                case .null: scalars[member.name] = .null
                case .bool(let bool): scalars[member.name] = .bool(bool)
                case .text(let text): scalars[member.name] = .text(text)
                case .number(let number):
                    if let integer = number.integer {
                        scalars[member.name] = .integer(integer)
                    } else if let double = number.double {
                        scalars[member.name] = .number(double)
                    } else {
                        faults.append(RequestFault(pointer, .outOfRange, "It is a number of 64 bits."))
                    }
                case .list, .object:
                    faults.append(RequestFault(pointer, .invalidType, "It is no list and no object."))
                }
            }
            guard faults.isEmpty else { return .faults(faults) }
            guard scalars.count == members.count else {
                return .faults([
                    RequestFault(.pointer(place), .invalidFormat, "Two of its keys are two spellings of one.")
                ])
            }
            return .value(scalars)
        }
    }
}
