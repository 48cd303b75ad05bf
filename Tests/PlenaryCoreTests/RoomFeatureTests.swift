import Testing

@testable import PlenaryCore

/// What counts of a room's features under its subscription (`rooms-api.md` 7.3).
struct RoomFeatureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let code: String
        let subscription: FeatureValue?
        let room: Metadata.Scalar?
        let used: FeatureValue?
        let resolution: FeatureResolution

        init(
            _ code: String, _ subscription: FeatureValue?, _ room: Metadata.Scalar?, _ used: FeatureValue?,
            _ resolution: FeatureResolution
        ) {
            self.code = code
            self.subscription = subscription
            self.room = room
            self.used = used
            self.resolution = resolution
        }

        var testDescription: String { "\(code): \(resolution.rawValue)" }
    }

    private static func resolve(_ it: Case) -> ResolvedFeature {
        var sold: [FeatureCode: FeatureValue] = [:]
        if let code = FeatureCode(rawValue: it.code) { sold[code] = it.subscription }
        var own: [String: Metadata.Scalar] = [:]
        own[it.code] = it.room
        return made(RoomFeatures(own).resolved(against: FeatureSet(sold))[it.code])
    }

    /// The worked example of the founding document.
    static let worked = [
        Case("max_participants", .integer(100), .integer(50), .integer(50), .room),
        Case("max_duration", .integer(60), .integer(60), .integer(60), .room),
        Case("recording", .bool(true), nil, .bool(true), .inherited),
    ]

    /// The second table, and the corners of F1 to F10.
    static let more = [
        Case("max_participants", .integer(100), .integer(150), .integer(100), .ignoredExceedsSubscription),
        Case("max_participants", .unlimited, .integer(150), .integer(150), .room),
        Case("max_participants", .integer(100), .text("unlimited"), .integer(100), .ignoredExceedsSubscription),
        Case("max_participants", nil, .integer(50), nil, .ignoredNotInSubscription),
        Case("recording", .bool(true), .bool(false), .bool(false), .room),
        Case("recording", .bool(false), .bool(true), .bool(false), .ignoredExceedsSubscription),
        Case("recording", .bool(true), .text("yes"), .bool(true), .ignoredDifferentValue),
        Case("max_rooms", .integer(20), .integer(5), .integer(20), .ignoredNotCustomisable),
        Case("max_participants", .integer(60), .integer(80), .integer(60), .ignoredExceedsSubscription),
        // F1
        Case("max_participants", nil, nil, nil, .absent),
        Case("recording", nil, nil, .bool(false), .absent),
        Case("guest_access", nil, nil, .bool(true), .absent),
        // F2
        Case("recording", nil, .bool(true), .bool(false), .ignoredNotInSubscription),
        Case("guest_access", nil, .bool(false), .bool(true), .ignoredNotInSubscription),
        Case("recording", nil, .text("yes"), .bool(false), .ignoredNotInSubscription),
        // F4, F5
        Case("max_participants", .unlimited, .text("unlimited"), .unlimited, .room),
        Case("max_participants", .integer(100), .integer(100), .integer(100), .room),
        Case("max_participants", .integer(100), .integer(101), .integer(100), .ignoredExceedsSubscription),
        Case("max_participants", .integer(100), .number(50), .integer(50), .room),
        Case("max_recordings", .integer(10), .integer(0), .integer(0), .room),
        // F6, F8
        Case("recording", .bool(true), .bool(true), .bool(true), .room),
        Case("recording", .bool(false), .bool(false), .bool(false), .room),
        // F9: of another type, or no value of the feature.
        Case("max_participants", .integer(100), .bool(false), .integer(100), .ignoredDifferentValue),
        Case("max_participants", .integer(100), .text("50"), .integer(100), .ignoredDifferentValue),
        Case("max_participants", .integer(100), .integer(0), .integer(100), .ignoredDifferentValue),
        Case("max_participants", .integer(100), .integer(-5), .integer(100), .ignoredDifferentValue),
        Case("max_participants", .integer(100), .number(1.5), .integer(100), .ignoredDifferentValue),
        Case("recording", .bool(true), .integer(0), .bool(true), .ignoredDifferentValue),
        // F10: no subscription would help.
        Case("max_rooms", nil, .integer(5), nil, .ignoredNotCustomisable),
        Case("allow_create_account", .bool(true), .bool(false), .bool(true), .ignoredNotCustomisable),
        Case("holograms", nil, .bool(true), nil, .ignoredNotCustomisable),
    ]

    @Test(arguments: worked) func `the worked example`(it: Case) {
        let found = Self.resolve(it)
        #expect(found.usedValue == it.used && found.resolution == it.resolution)
        #expect(found.subscriptionValue == it.subscription && found.roomValue == it.room)
    }

    @Test(arguments: more) func `F1 to F10`(it: Case) {
        let found = Self.resolve(it)
        #expect(found.usedValue == it.used && found.resolution == it.resolution)
        #expect(found.subscriptionValue == it.subscription && found.roomValue == it.room)
    }

    @Test(arguments: more) func `what is ignored is told, and nothing else`(it: Case) {
        var sold: [FeatureCode: FeatureValue] = [:]
        if let code = FeatureCode(rawValue: it.code) { sold[code] = it.subscription }
        var own: [String: Metadata.Scalar] = [:]
        own[it.code] = it.room
        let warnings = RoomFeatures(own).resolved(against: FeatureSet(sold)).warnings
        if it.resolution.rawValue.hasPrefix("ignored") {
            #expect(warnings.map(\.code.rawValue) == [it.resolution.rawValue])
            #expect(warnings.map(\.pointer) == ["/room_features/\(it.code)"])
            #expect(warnings.map(\.expected) == [it.subscription?.description])
        } else {
            #expect(warnings.isEmpty)
        }
    }

    @Test func `a value that is ignored is kept, and counts when the subscription allows it again`() {
        let room = RoomFeatures(["max_participants": .integer(80)])
        func used(_ most: Int) -> FeatureValue? {
            room.resolved(against: FeatureSet([.maxParticipants: .integer(most)]))["max_participants"]?.usedValue
        }
        #expect(used(100) == .integer(80))
        #expect(used(60) == .integer(60))
        #expect(used(100) == .integer(80))
        #expect(room.given == ["max_participants": .integer(80)])
    }

    @Test func `true stands for unlimited where a number belongs`() {
        let room = RoomFeatures(["max_duration": .bool(true), "recording": .bool(true), "other": .bool(true)])
        #expect(
            room.given == ["max_duration": .text("unlimited"), "recording": .bool(true), "other": .bool(true)])
        let resolved = room.resolved(against: FeatureSet([.maxDuration: .unlimited]))
        #expect(resolved["max_duration"]?.resolution == .room)
    }

    @Test func `values are merged by key, and null takes one away`() {
        let stored = RoomFeatures(["max_participants": .integer(50), "recording": .bool(false)])
        let merged = stored.merging(["recording": .null, "max_duration": .integer(30)])
        #expect(merged.given == ["max_participants": .integer(50), "max_duration": .integer(30)])
        let sold = FeatureSet([.recording: .bool(true), .maxParticipants: .integer(100)])
        #expect(merged.resolved(against: sold)["recording"]?.resolution == .inherited)
    }

    @Test func `a list shows what one of both has`() {
        let sold = FeatureSet([
            .maxParticipants: .integer(100), .maxDuration: .integer(60), .recording: .bool(true),
            .maxRooms: .integer(20),
            .maxConnections: .integer(10),
        ])
        let room = RoomFeatures([
            "max_participants": .integer(50), "max_duration": .integer(60), "max_recordings": .integer(10),
            "max_rooms": .integer(1), "zzz": .bool(true), "aaa": .bool(true),
        ])
        let shown = room.resolved(against: sold).shown
        let codes = shown.map(\.code)
        #expect(
            codes == ["max_rooms", "max_participants", "max_duration", "recording", "max_recordings", "aaa", "zzz"])
        let last = shown.first { $0.code == "max_recordings" }
        #expect(last?.usedValue == nil && last?.subscriptionValue == nil && last?.roomValue == .integer(10))
    }

    @Test func `the used values of a session are those of rooms`() {
        let sold = FeatureSet([.maxParticipants: .integer(100), .maxRooms: .integer(20), .guestAccess: .bool(true)])
        let room = RoomFeatures(["max_participants": .integer(50), "guest_access": .bool(false)])
        let used = room.resolved(against: sold).used
        #expect(used.limit(of: .maxParticipants) == 50 && !used.allows(.guestAccess))
        #expect(used[.maxRooms] == nil && used[.maxDuration] == nil)
        #expect(used.limit(of: .maxDuration) == nil && !used.allows(.recording) && used.allows(.webcams))
    }

    @Test(arguments: UInt64(0)..<300) func `a room never gets more than its subscription`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let values: [Metadata.Scalar] = [
            .integer(0), .integer(1), .integer(50), .integer(1_000), .text("unlimited"), .bool(true), .bool(false),
            .text("x"), .number(2.5), .number(3),
        ]
        var sold: [FeatureCode: FeatureValue] = [:]
        var own: [String: Metadata.Scalar] = [:]
        for code in FeatureCode.allCases {
            if random.chance(0.6) {
                switch code.feature.kind {
                case .bool: sold[code] = FeatureValue.bool(random.chance(0.5))
                case .int:
                    sold[code] =
                        random.chance(0.2)
                        ? FeatureValue.unlimited : FeatureValue.integer(Int.random(in: 1...100, using: &random))
                }
            }
            if random.chance(0.6) { own[code.rawValue] = values.randomElement(using: &random) }
        }
        let subscription = FeatureSet(sold)
        let resolved = RoomFeatures(own).resolved(against: subscription)
        for code in FeatureCode.allCases {
            let used = resolved[code.rawValue]?.usedValue
            switch code.feature.kind {
            case .bool: #expect(used != .bool(true) || subscription.allows(code), "\(code)")
            case .int:
                guard let most = subscription.limit(of: code) else { continue }
                let limit = used?.limit
                #expect(limit != nil && limit ?? 0 <= most, "\(code)")
            }
        }
        #expect(resolved.warnings.count == resolved.all.filter { $0.resolution.fault != nil }.count)
    }

    @Test func `what is too much is not stored`() {
        var many: [String: Metadata.Scalar] = [:]
        for number in 0..<51 { many["k\(number)"] = .bool(true) }
        #expect(RoomFeatures(many).faults.map(\.code) == [.outOfRange])
        many["k0"] = nil
        #expect(RoomFeatures(many).faults.isEmpty)
        #expect(RoomFeatures([String(repeating: "k", count: 65): .bool(true)]).faults.map(\.code) == [.tooLong])
        #expect(RoomFeatures(["recording": .number(.nan)]).faults.map(\.code) == [.invalidFormat])
        #expect(RoomFeatures(["recording": .text("yes")]).faults.isEmpty)
    }

    // MARK: public rooms (10)

    @Test func `a room has its automatic token as long as it is public`() throws {
        let open = FeatureSet.empty
        let closed = FeatureSet([.guestAccess: .bool(false)])
        #expect(try PublicRoom.change(from: false, to: true, used: open) == .makeToken)
        #expect(try PublicRoom.change(from: true, to: false, used: open) == .removeToken)
        #expect(try PublicRoom.change(from: true, to: true, used: open) == .none)
        #expect(try PublicRoom.change(from: false, to: false, used: closed) == .none)
        #expect(try PublicRoom.change(from: true, to: false, used: closed) == .removeToken)
        #expect(throws: RoomProblem.featureNotAvailable) {
            _ = try PublicRoom.change(from: false, to: true, used: closed)
        }
    }
}
