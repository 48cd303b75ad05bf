/// What a room says of its features (`rooms-api.md` 7.3), stored as it was given: what the subscription does not allow has no
/// effect now, and may have one later.
package struct RoomFeatures: Sendable, Hashable {
    /// By code, known or not. Never `null`.
    package let given: [String: Metadata.Scalar]

    package static let none = RoomFeatures([:])

    package static let mostKeys = 50
    package static let longestKey = 64
    package static let longestText = 100

    /// - Parameter given: `null` is the same as nothing.
    package init(_ given: [String: Metadata.Scalar]) {
        var kept: [String: Metadata.Scalar] = [:]
        for (key, value) in given where value != .null {
            // The recovered documents write unlimited as `true` (D-11).
            let isUnlimited = value == .bool(true) && FeatureCode(rawValue: key)?.feature.kind == .int
            kept[key] = isUnlimited ? Self.unlimited : value
        }
        self.given = kept
    }

    private static let unlimited = Metadata.Scalar.text("unlimited")

    /// With what a PATCH says: `null` takes a value away, so that the feature is inherited again (D-14).
    package func merging(_ patch: [String: Metadata.Scalar]) -> RoomFeatures {
        RoomFeatures(given.merging(patch) { _, new in new })
    }

    /// What is too much to be stored. A value that does not fit is no fault.
    package var faults: [RoomFault] {
        var check = RoomCheck()
        check.expect(given.count <= Self.mostKeys, Self.member, .outOfRange, "has at most \(Self.mostKeys) keys")
        for (key, value) in given {
            if !(1...Self.longestKey).contains(key.unicodeScalars.count) {
                check.note(RoomFault([Self.member, key], .tooLong, "has 1 to \(Self.longestKey) characters"))
            }
            switch value {
            case .text(let text) where text.unicodeScalars.count > Self.longestText:
                check.note(RoomFault([Self.member, key], .tooLong, "has at most \(Self.longestText) characters"))
            case .number(let number) where !number.isFinite:
                check.note(RoomFault([Self.member, key], .invalidFormat, "is a number that JSON can write"))
            case .text, .number, .null, .bool, .integer: break
            }
        }
        return check.faults
    }

    static let member = "room_features"

    // MARK: resolution

    /// What counts of it under a subscription.
    package func resolved(against subscription: FeatureSet) -> ResolvedFeatures {
        let known = FeatureCode.allCases.map { code in
            Self.resolve(code, given[code.rawValue], against: subscription)
        }
        let unknown = given.keys.filter { FeatureCode(rawValue: $0) == nil }.sorted().map { key in
            ResolvedFeature(
                code: key, subscriptionValue: nil, roomValue: given[key], usedValue: nil,
                resolution: .ignoredNotCustomisable)
        }
        return ResolvedFeatures(all: known + unknown)
    }

    private static func resolve(
        _ code: FeatureCode, _ own: Metadata.Scalar?, against subscription: FeatureSet
    ) -> ResolvedFeature {
        let sold = subscription[code]
        // What holds for a room that says nothing: the subscription's value, or what 5.1 says of a feature that is missing.
        let inherited: FeatureValue? =
            switch code.feature.kind {
            case .int: sold
            case .bool: subscription.value(of: code)
            }
        func result(_ resolution: FeatureResolution, used: FeatureValue?) -> ResolvedFeature {
            ResolvedFeature(
                code: code.rawValue, subscriptionValue: sold, roomValue: own, usedValue: used, resolution: resolution)
        }
        guard let wish = own else { return result(sold == nil ? .absent : .inherited, used: inherited) }
        guard code.feature.isForRooms else { return result(.ignoredNotCustomisable, used: inherited) }
        guard let held = sold else { return result(.ignoredNotInSubscription, used: inherited) }
        guard let wanted = value(wish, of: code) else { return result(.ignoredDifferentValue, used: held) }
        switch (wanted, held) {
        case (.integer(let less), .integer(let most)):
            return less <= most
                ? result(.room, used: wanted) : result(.ignoredExceedsSubscription, used: held)
        case (.integer, .unlimited), (.unlimited, .unlimited):
            return result(.room, used: wanted)
        case (.unlimited, .integer):
            return result(.ignoredExceedsSubscription, used: held)
        case (.bool(let isWanted), .bool(let isHeld)):
            // D-07: narrowing is allowed.
            return isHeld || !isWanted
                ? result(.room, used: wanted) : result(.ignoredExceedsSubscription, used: held)
        case (.bool, .integer), (.bool, .unlimited), (.integer, .bool), (.unlimited, .bool):
            return result(.ignoredDifferentValue, used: held)
        }
    }

    /// - Returns: `nil` when it is no value of the feature.
    private static func value(_ scalar: Metadata.Scalar, of code: FeatureCode) -> FeatureValue? {
        let given: FeatureValue.Given
        switch scalar {
        case .null: return nil
        case .bool(let bool): given = .bool(bool)
        case .integer(let integer): given = .integer(integer)
        case .text(let text): given = .text(text)
        case .number(let number):
            guard let integer = Int64(exactly: number) else { return nil }
            given = .integer(integer)
        }
        // Why it is none does not matter: it is ignored.
        return try? FeatureValue(given, for: code)
    }
}

/// Which value of a feature counts, and why (`rooms-api.md` 7.3, F1 to F10).
package enum FeatureResolution: String, Sendable, Hashable, CaseIterable {
    /// F1: neither has it.
    case absent
    /// F3
    case inherited
    /// F4, F6, F7: the room's value.
    case room
    /// F2
    case ignoredNotInSubscription = "ignored_not_in_subscription"
    /// F5, F8: not lowered to what is allowed, but as if it had not been said.
    case ignoredExceedsSubscription = "ignored_exceeds_subscription"
    /// F9: of another type, or no value of the feature at all.
    case ignoredDifferentValue = "ignored_different_value"
    /// F10; it goes before all other reasons, as no subscription would help.
    case ignoredNotCustomisable = "ignored_not_customisable"

    /// Whether the room said something that has no effect: the code of the warning, or of the fault in strict mode.
    package var fault: RoomFault.Code? {
        switch self {
        case .absent, .inherited, .room: nil
        case .ignoredNotInSubscription: .ignoredNotInSubscription
        case .ignoredExceedsSubscription: .ignoredExceedsSubscription
        case .ignoredDifferentValue: .ignoredDifferentValue
        case .ignoredNotCustomisable: .ignoredNotCustomisable
        }
    }
}

/// One feature of a room.
package struct ResolvedFeature: Sendable, Hashable {
    /// Of the catalogue, or as it was given.
    package let code: String
    package let subscriptionValue: FeatureValue?
    package let roomValue: Metadata.Scalar?
    /// `nil`: no limit, because nobody sets one.
    package let usedValue: FeatureValue?
    package let resolution: FeatureResolution
}

/// All features of a room under a subscription.
package struct ResolvedFeatures: Sendable, Hashable {
    /// The whole catalogue in its order, then what is not in it.
    package let all: [ResolvedFeature]

    init(all: [ResolvedFeature]) { self.all = all }

    package subscript(code: String) -> ResolvedFeature? { all.first { $0.code == code } }

    /// What `GET /rooms/{room_id}/features` shows: what one of both has, and rooms are concerned with.
    package var shown: [ResolvedFeature] {
        all.filter { feature in
            let isForRooms = FeatureCode(rawValue: feature.code)?.feature.isForRooms ?? true
            return feature.roomValue != nil || isForRooms && feature.subscriptionValue != nil
        }
    }

    /// The values of a session: fixed from its start on.
    package var used: FeatureSet {
        var values: [FeatureCode: FeatureValue] = [:]
        for feature in all {
            guard let code = FeatureCode(rawValue: feature.code), code.feature.isForRooms else { continue }
            values[code] = feature.usedValue
        }
        return FeatureSet(values)
    }

    /// What the room says without effect.
    package var warnings: [RoomWarning] {
        all.compactMap { feature -> RoomWarning? in
            guard let code = feature.resolution.fault else { return nil }
            return RoomWarning(
                [RoomFeatures.member, feature.code], code, Self.rule(feature.resolution),
                expected: feature.subscriptionValue?.description)
        }
    }

    private static func rule(_ resolution: FeatureResolution) -> String {
        switch resolution {
        case .absent, .inherited, .room: "has effect"
        case .ignoredNotInSubscription: "is ignored: the subscription does not have the feature"
        case .ignoredExceedsSubscription: "is ignored: it is more than the subscription allows"
        case .ignoredDifferentValue: "is ignored: it is no value of the feature"
        case .ignoredNotCustomisable: "is ignored: rooms cannot customise it"
        }
    }
}
