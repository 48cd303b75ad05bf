import BigBlueButton
import Testing

@testable import PlenaryCore

/// The catalogue of features, their values, and quotas (`rooms-api.md` 5.1 and 14).
struct FeatureTests {
    /// The table of 5.1: code, kind, quota, consumable, room.
    private static let table: [(FeatureCode, Feature.Kind, Bool, Bool, Bool)] = [
        (.maxAccounts, .int, true, true, false), (.maxRooms, .int, true, true, false),
        (.maxParticipants, .int, true, false, true), (.maxDuration, .int, true, false, true),
        (.recording, .bool, false, false, true), (.maxRecordings, .int, true, true, true),
        (.recordExpiration, .int, true, false, true), (.maxStorage, .int, true, true, true),
        (.privateChat, .bool, false, false, true), (.publicChat, .bool, false, false, true),
        (.screenSharing, .bool, false, false, true), (.allowCreateAccount, .bool, false, false, false),
        (.allowDeleteAccount, .bool, false, false, false), (.maxConnections, .int, true, false, false),
        (.maxConcurrentSessions, .int, true, false, false), (.webcams, .bool, false, false, true),
        (.breakoutRooms, .bool, false, false, true), (.guestAccess, .bool, false, false, true),
        (.customBranding, .bool, false, false, true), (.maxOutputs, .int, true, false, true),
    ]

    @Test func `the catalogue is that of the contract, in its order`() {
        #expect(Self.table.map { $0.0 } == FeatureCode.allCases)
        #expect(Feature.all.map(\.code) == FeatureCode.allCases)
        for (code, kind, isQuota, isConsumable, isForRooms) in Self.table {
            let feature = code.feature
            #expect(feature.code == code && feature.kind == kind, "\(code)")
            #expect(feature.isQuota == isQuota && feature.isConsumable == isConsumable, "\(code)")
            #expect(feature.isForRooms == isForRooms && !feature.name.isEmpty, "\(code)")
            #expect(feature.unit.isEmpty == (kind == .bool), "\(code)")
        }
        #expect(FeatureCode.maxDuration.feature.unit == "minutes" && FeatureCode.maxStorage.feature.unit == "GB")
        #expect(FeatureCode.maxRooms.feature.name == "Max Rooms")
    }

    // MARK: values

    @Test(arguments: FeatureCode.allCases) func `numbers have bounds, and 0 is never unlimited`(code: FeatureCode)
        throws
    {
        let feature = code.feature
        guard feature.kind == .int else {
            #expect(throws: FeatureValueFault.wrongKind(code, .bool)) { _ = try FeatureValue(.integer(1), for: code) }
            return
        }
        let least = [.maxAccounts, .maxRooms, .maxRecordings, .maxStorage].contains(code) ? 0 : 1
        #expect(feature.least == least)
        for number in [least, 20, 2_147_483_647] {
            #expect(try FeatureValue(.integer(Int64(number)), for: code) == .integer(number))
        }
        for number in [Int64(least - 1), -5, 2_147_483_648, .max, .min] {
            #expect(throws: FeatureValueFault.outOfRange(code, least: least, most: 2_147_483_647)) {
                _ = try FeatureValue(.integer(number), for: code)
            }
        }
    }

    @Test(arguments: FeatureCode.allCases) func `true means unlimited where a number belongs`(code: FeatureCode) throws
    {
        switch code.feature.kind {
        case .int:
            #expect(try FeatureValue(.bool(true), for: code) == .unlimited)
            #expect(try FeatureValue(.text("unlimited"), for: code) == .unlimited)
            for given in [FeatureValue.Given.bool(false), .text("Unlimited"), .text("20"), .text("")] {
                #expect(throws: FeatureValueFault.wrongKind(code, .int)) { _ = try FeatureValue(given, for: code) }
            }
        case .bool:
            #expect(try FeatureValue(.bool(true), for: code) == .bool(true))
            #expect(try FeatureValue(.bool(false), for: code) == .bool(false))
            for given in [FeatureValue.Given.text("unlimited"), .text("true"), .integer(0)] {
                #expect(throws: FeatureValueFault.wrongKind(code, .bool)) { _ = try FeatureValue(given, for: code) }
            }
        }
    }

    @Test(
        arguments: [
            ("20", FeatureCode.maxRooms, FeatureValue.integer(20)), ("0", .maxRooms, .integer(0)),
            ("unlimited", .maxRooms, .unlimited), ("true", .maxRooms, .unlimited), ("true", .recording, .bool(true)),
            ("false", .recording, .bool(false)),
        ] as [(String, FeatureCode, FeatureValue)])
    func `a value is read as it is written`(text: String, code: FeatureCode, value: FeatureValue) throws {
        #expect(try FeatureValue(text: text, for: code) == value)
        #expect(try FeatureValue(value.given, for: code) == value)
        #expect(try FeatureValue(text: value.description, for: code) == value)
    }

    @Test(
        arguments: [
            ("", FeatureCode.maxRooms), ("-1", .maxRooms), ("+1", .maxRooms), ("1.5", .maxRooms), ("1 ", .maxRooms),
            ("false", .maxRooms), ("\u{0661}", .maxRooms), ("99999999999999999999", .maxRooms), ("0", .maxParticipants),
            ("1", .recording), ("yes", .recording), ("unlimited", .recording), ("TRUE", .recording),
        ] as [(String, FeatureCode)])
    func `what does not fit is refused`(text: String, code: FeatureCode) {
        #expect(throws: FeatureValueFault.self) { _ = try FeatureValue(text: text, for: code) }
    }

    // MARK: what holds

    @Test(arguments: FeatureCode.allCases) func `an absent feature is what the contract says`(code: FeatureCode) {
        let none = FeatureSet.empty
        let isFalse: [FeatureCode] = [.recording, .customBranding, .allowCreateAccount, .allowDeleteAccount]
        #expect(none[code] == nil)
        switch code.feature.kind {
        case .int:
            #expect(none.value(of: code) == .unlimited && none.limit(of: code) == nil)
            #expect(!none.allows(code))
        case .bool:
            #expect(none.value(of: code) == .bool(!isFalse.contains(code)))
            #expect(none.allows(code) == !isFalse.contains(code))
        }
    }

    @Test func `a feature that is there is as it was given`() {
        let features = FeatureSet([.maxRooms: .integer(0), .guestAccess: .bool(false), .maxDuration: .unlimited])
        #expect(features.value(of: .maxRooms) == .integer(0) && features.limit(of: .maxRooms) == 0)
        #expect(!features.allows(.guestAccess) && features.allows(.webcams))
        #expect(features[.maxDuration] == .unlimited && features.limit(of: .maxDuration) == nil)
        #expect(features.codes == [.maxRooms, .maxDuration, .guestAccess])
    }

    @Test(
        arguments: [
            (nil, FeatureSet.Pool.off), (FeatureValue.integer(20), .connections(20)), (.unlimited, .unlimited),
        ] as [(FeatureValue?, FeatureSet.Pool)])
    func `without max_connections there is no pool`(value: FeatureValue?, pool: FeatureSet.Pool) {
        var values: [FeatureCode: FeatureValue] = [.maxRooms: .integer(1)]
        values[.maxConnections] = value
        #expect(FeatureSet(values).pool == pool)
    }

    // MARK: sync

    @Test func `sync tells what is added, changed and removed, in the order of the catalogue`() {
        let own = FeatureSet([
            .maxRooms: .integer(30), .recording: .bool(true), .customBranding: .bool(true), .maxDuration: .integer(60),
        ])
        let target = FeatureSet([
            .maxRooms: .integer(20), .recording: .bool(true), .maxConnections: .unlimited, .maxDuration: .unlimited,
        ])
        #expect(
            own.differences(to: target) == [
                .changed(.maxRooms, from: .integer(30), to: .integer(20)),
                .changed(.maxDuration, from: .integer(60), to: .unlimited), .added(.maxConnections, .unlimited),
                .removed(.customBranding, .bool(true)),
            ])
        #expect(target.differences(to: target).isEmpty)
    }

    @Test(arguments: UInt64(0)..<200) func `what sync tells leads to the package's features`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func drawn() -> FeatureSet {
            var values: [FeatureCode: FeatureValue] = [:]
            for code in FeatureCode.allCases where random.chance(0.5) {
                switch code.feature.kind {
                case .bool: values[code] = FeatureValue.bool(random.chance(0.5))
                case .int:
                    values[code] =
                        random.chance(0.3) ? FeatureValue.unlimited : FeatureValue.integer(random.chance(0.5) ? 1 : 2)
                }
            }
            return FeatureSet(values)
        }
        let (old, target) = (drawn(), drawn())
        let differences = old.differences(to: target)
        #expect(differences.map(\.code.rank) == differences.map(\.code.rank).sorted())
        var synced = old
        for difference in differences { synced.apply(difference) }
        #expect(synced == target)
        #expect(synced.differences(to: target).isEmpty)
    }

    // MARK: quotas

    @Test(
        arguments: [
            (20, 19, 1, true), (20, 20, 1, false), (20, 20, 0, true), (20, 0, 20, true), (20, 0, 21, false),
            (0, 0, 1, false),
            // Lowered below what is used.
            (10, 20, 1, false), (10, 20, 0, true), (nil, 1_000_000, 1_000_000, true), (20, Int.max, 1, false),
            (Int.max, Int.max, 1, false), (Int.max, 0, Int.max, true),
        ] as [(Int?, Int, Int, Bool)])
    func `a quota lets in what fits`(limit: Int?, used: Int, requested: Int, isAllowed: Bool) {
        for code in [FeatureCode.maxAccounts, .maxRooms, .maxConnections, .maxConcurrentSessions] {
            let verdict = Quota.judge(code, limit: limit, used: used, requested: requested)
            if isAllowed {
                #expect(verdict == .allowed)
            } else {
                let refusal = QuotaRefusal(code: code, value: limit ?? -1, used: used, requested: requested)
                #expect(verdict == .refused(refusal))
            }
        }
    }

    @Test(
        arguments: [
            (FeatureCode.maxAccounts, "limit_exceeded"), (.maxRooms, "limit_exceeded"),
            (.maxConnections, "capacity_exhausted"), (.maxConcurrentSessions, "capacity_exhausted"),
        ] as [(FeatureCode, String)])
    func `a refusal has its word`(code: FeatureCode, problem: String) {
        let features = FeatureSet([code: .integer(3)])
        #expect(features.judge(code, used: 2) == .allowed)
        #expect(features.judge(code, used: 3) == .refused(QuotaRefusal(code: code, value: 3, used: 3, requested: 1)))
        #expect(QuotaRefusal(code: code, value: 3, used: 3, requested: 1).problem == problem)
        #expect(FeatureSet.empty.judge(code, used: 1_000) == .allowed)
        #expect(FeatureSet([code: .unlimited]).judge(code, used: 1_000) == .allowed)
    }

    @Test func `what remains is never below 0`() {
        func usage(_ value: FeatureValue, _ used: Int?) -> FeatureUsage {
            FeatureUsage(feature: SubscriptionFeature(code: .maxRooms, value: value, source: .own), used: used)
        }
        #expect(usage(.integer(20), 7).remaining == 13)
        #expect(usage(.integer(5), 7).remaining == 0)
        #expect(usage(.unlimited, 7).remaining == nil)
        #expect(usage(.integer(5), nil).remaining == nil)
    }

    // MARK: money

    @Test(arguments: ["0", "0.00", "14.99", "999999999.9999", "7.5"]) func `a price is kept as it is written`(
        text: String
    ) {
        #expect(Price(text)?.text == text)
    }

    @Test(arguments: [
        "", ".", "1.", ".5", "-1", "+1", "1,5", "01", "00.5", "1e3", "1.2.3", "1.12345", "1000000000", " 1", "1\n",
        "\u{0661}",
    ]) func `what is no price is refused`(text: String) {
        #expect(Price(text) == nil)
    }

    @Test func `a currency is three letters in upper case`() {
        #expect(Currency("eur")?.code == "EUR")
        for text in ["", "EU", "EURO", "E1R", "\u{20AC}", "\u{E9}a"] { #expect(Currency(text) == nil) }
    }
}
