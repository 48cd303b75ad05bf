import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryCommands

/// What people write about customers, packages and subscriptions.
@Suite struct CommerceInputTests {
    @Test(
        arguments: [
            ("7days", 7, PeriodUnit.day), ("7 days", 7, .day), ("1d", 1, .day), ("2weeks", 2, .week),
            ("1Month", 1, .month),
            ("1m", 1, .month), ("0days", 0, .day), ("1000 years", 1_000, .year),
        ] as [(String, Int, PeriodUnit)])
    func `a period is a number and a unit`(text: String, count: Int, unit: PeriodUnit) throws {
        #expect(try CommerceInput.period(text, "--trial") == Period(count, unit))
    }

    @Test(arguments: ["", "7", "days", "s", "1s", "-1day", "1001days", "1 hour", "1.5days", "\u{0661}day"])
    func `what is no period fails with a remedy`(text: String) throws {
        let failure = try #require(
            #expect(throws: CommandFailure.self) { _ = try CommerceInput.period(text, "--trial") })
        #expect(failure.exitCode == 64 && failure.message.contains("--trial") && !failure.remedy.isEmpty)
    }

    @Test func `features are given by code and value`() throws {
        let features = try CommerceInput.features(["max_rooms=20", "recording=true", "MAX_DURATION=unlimited"])
        #expect(features == FeatureSet([.maxRooms: .integer(20), .recording: .bool(true), .maxDuration: .unlimited]))
        #expect(try CommerceInput.features([]) == .empty)
        for wrong in [
            "max_rooms", "max_rooms=", "=20", "max_rooms=many", "max_dreams=1", "recording=1", "max_duration=0",
        ] {
            let failure = try #require(
                #expect(throws: CommandFailure.self) { _ = try CommerceInput.features([wrong]) })
            #expect(failure.exitCode == 64 && !failure.remedy.isEmpty, "\(wrong)")
        }
    }

    @Test(arguments: ["[]", "{", "", #"{"a": {"b": {}}}"#])
    func `metadata that cannot be fails with a remedy`(text: String) throws {
        let failure = try #require(#expect(throws: CommandFailure.self) { _ = try CommerceInput.metadata(text) })
        #expect(failure.exitCode == 64 && failure.message.contains("--metadata") && !failure.remedy.isEmpty)
    }

    @Test func `a word of an enum is read in any case, and the others are named`() throws {
        let status: CustomerStatus = try CommerceInput.word("Suspended", "--status")
        #expect(status == .suspended)
        let failure = try #require(
            #expect(throws: CommandFailure.self) {
                let _: CustomerStatus = try CommerceInput.word("gone\u{1B}", "--status")
            })
        #expect(failure.remedy.contains("terminated") && !failure.message.contains("\u{1B}"))
    }

    static let faults: [any Error] = [
        CommerceFault.notFound(.soldPackage), CommerceFault.taken(field: "email"),
        CommerceFault.notDeletable(.customerIs(.active)), CommerceFault.notDeletable(.subscriptionIs(.active)),
        CommerceFault.notDeletable(.hasAccounts(1)), CommerceFault.notDeletable(.hasSubscriptions(2)),
        CommerceFault.packageUnavailable, CommerceFault.serviceTypeInUse, CommerceFault.featureExists(.maxRooms),
        CommerceFault.noFeature(.maxRooms), CommerceFault.subscriptionUnusable,
        CommerceFault.limitExceeded(QuotaRefusal(code: .maxAccounts, value: 2, used: 2, requested: 1)),
        CommerceFault.customerMayNotCreate(.suspended), CommerceFault.accountBound(SubscriptionNumber(1)),
        SubscriptionFault.canceled, SubscriptionFault.notRenewable(.inactive), SubscriptionFault.endless,
        SubscriptionFault.tooFar, SubscriptionFault.cycles(most: 120),
        FeatureValueFault.wrongKind(.maxRooms, .int), FeatureValueFault.wrongKind(.recording, .bool),
        FeatureValueFault.outOfRange(.maxRooms, least: 0, most: 5),
    ]

    @Test(arguments: faults.indices) func `every refusal of the platform is told in words`(index: Int) throws {
        let failure = try #require(CommerceFailure.of(Self.faults[index]))
        #expect(!failure.message.isEmpty && !failure.remedy.isEmpty && [1, 64].contains(failure.exitCode))
        // In words of people, not of the program.
        #expect(!failure.message.contains("(") && !failure.message.contains("_id"))
    }

    @Test func `a limit is told with what is used`() throws {
        let refusal = QuotaRefusal(code: .maxAccounts, value: 2, used: 3, requested: 1)
        let failure = try #require(CommerceFailure.of(CommerceFault.limitExceeded(refusal)))
        #expect(failure.message == "the subscription allows 2 accounts; 3 exist")
        #expect(CommerceFailure.of(CancellationError()) == nil)
    }
}
