internal import BigBlueButton
internal import Foundation
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

/// One change that somebody asked for, to be made where the details are stored.
typealias Edit<Details> = @Sendable (inout Details) -> Void

/// Reads what people write on the command line about customers, packages and subscriptions.
enum CommerceInput {
    static func wrong(_ option: String, _ given: String, _ remedy: String) -> CommandFailure {
        CommandFailure(message: "\(option) is not `\(MeetingView.printable(given))`", remedy: remedy, exitCode: 64)
    }

    /// One of the words of an enum.
    static func word<Word: RawRepresentable & CaseIterable>(_ given: String, _ option: String) throws -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: given.lowercased()) else {
            let words = Word.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw wrong(option, given, "It is one of: \(words).")
        }
        return word
    }

    /// `7 days`, `1month`, `2w`.
    static func period(_ given: String, _ option: String) throws -> Period {
        let digits = given.prefix { $0.isASCII && $0.isNumber }
        var unit = given.dropFirst(digits.count).trimmingCharacters(in: .whitespaces).lowercased()
        if unit.count > 1, unit.hasSuffix("s") { unit.removeLast() }
        let units = PeriodUnit.allCases.filter { $0.rawValue == unit || String($0.rawValue.prefix(1)) == unit }
        guard let count = Int(digits), let found = units.first, let period = Period(count, found) else {
            throw wrong(
                option, given, "Write a number up to \(Period.most) and day, week, month or year: \(option) 1month.")
        }
        return period
    }

    static func price(_ given: String, _ option: String) throws -> Price {
        guard let price = Price(given) else { throw wrong(option, given, "Write an amount as 14.99.") }
        return price
    }

    static func currency(_ given: String) throws -> Currency {
        guard let currency = Currency(given) else {
            throw wrong("--currency", given, "Write the three letters of ISO 4217: EUR.")
        }
        return currency
    }

    static func time(_ given: String, _ option: String) throws -> WireTime {
        guard let time = WireTime(timestamp: given) else {
            throw wrong(option, given, "Write a day or a time: 2026-03-01 or 2026-03-01T09:00:00Z.")
        }
        return time
    }

    static func metadata(_ given: String) throws -> Metadata {
        do { return try JSONDecoder().decode(Metadata.self, from: Data(given.utf8)) } catch is ValidationFault {
            throw CommandFailure(
                message: "--metadata is nested too deep",
                remedy: "Values are texts, numbers, true, false, null, or one level of lists or objects of these.",
                exitCode: 64)
        } catch {
            throw wrong("--metadata", given, #"Write a JSON object: --metadata '{"billing_id": 123}'."#)
        }
    }

    static func feature(_ code: String) throws -> FeatureCode {
        guard let found = FeatureCode(rawValue: code.lowercased()) else {
            let codes = FeatureCode.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw CommandFailure(
                message: "there is no feature `\(MeetingView.printable(code))`", remedy: "There are: \(codes).",
                exitCode: 64)
        }
        return found
    }

    static func value(_ text: String, for code: FeatureCode) throws -> FeatureValue {
        do { return try FeatureValue(text: text, for: code) } catch {
            throw CommerceFailure.of(error) ?? wrong(code.rawValue, text, "Write a number, unlimited, true or false.")
        }
    }

    /// `max_rooms=20`
    static func features(_ given: [String]) throws -> FeatureSet {
        var values: [FeatureCode: FeatureValue] = [:]
        for text in given {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw wrong("--feature", text, "Write --feature max_rooms=20.") }
            let code = try feature(parts[0])
            values[code] = try value(parts[1], for: code)
        }
        return FeatureSet(values)
    }

    /// An empty text takes a value away.
    static func optional(_ given: String) -> String? { given.isEmpty ? nil : given }
}

/// Says in words why the platform does not do something, and what to do about it.
enum CommerceFailure {
    /// - Returns: `nil` when the error is none of the platform's.
    static func of(_ error: any Error) -> CommandFailure? {
        if let fault = error as? CommerceFault { return describe(fault) }
        if let fault = error as? ValidationFault { return describe(fault) }
        if let fault = error as? FeatureValueFault { return describe(fault) }
        if let fault = error as? SubscriptionFault { return describe(fault) }
        return nil
    }

    static func describe(_ fault: ValidationFault) -> CommandFailure {
        CommandFailure(
            message: "some values cannot be:\n"
                + fault.faults.map { "  - \($0.field) \($0.rule)" }.joined(separator: "\n"),
            remedy: "Nothing was changed. Put them right and try again.", exitCode: 64)
    }

    static func describe(_ fault: FeatureValueFault) -> CommandFailure {
        switch fault {
        case .wrongKind(let code, .int):
            CommandFailure(
                message: "\(code.rawValue) is a number of \(code.feature.unit)",
                remedy: "Write a whole number, or unlimited.", exitCode: 64)
        case .wrongKind(let code, .bool):
            CommandFailure(message: "\(code.rawValue) is on or off", remedy: "Write true or false.", exitCode: 64)
        case .outOfRange(let code, let least, let most):
            CommandFailure(
                message: "\(code.rawValue) is \(least) to \(most)",
                remedy: "0 never means unlimited here: write unlimited for no limit.", exitCode: 64)
        }
    }

    static func describe(_ fault: SubscriptionFault) -> CommandFailure {
        switch fault {
        case .canceled:
            CommandFailure(
                message: "the subscription is canceled",
                remedy: "Take that back first: --uncancel, or plenary subscription uncancel.")
        case .notRenewable(let status):
            CommandFailure(
                message: "the subscription is \(status.rawValue)",
                remedy: status == .inactive
                    ? "Make it active first: plenary subscription update SUBSCRIPTION --status active"
                    : "Nothing renews it. Make a new one: plenary subscription create")
        case .endless:
            CommandFailure(
                message: "the subscription does not end",
                remedy: "Give it an end and a period first: "
                    + "plenary subscription update SUBSCRIPTION --ends-at DAY --period 1month")
        case .tooFar:
            CommandFailure(message: "it would end beyond the year 9999", remedy: "Renew it for less.", exitCode: 64)
        case .cycles(let most):
            CommandFailure(message: "--cycles is 1 to \(most)", remedy: "Renew it again later.", exitCode: 64)
        }
    }

    static func describe(_ fault: CommerceFault) -> CommandFailure {
        switch fault {
        case .notFound(let resource):
            CommandFailure(
                message: "the \(resource.rawValue) is not there any more",
                remedy: "See what there is: plenary \(resource.rawValue) list")
        case .taken(let field):
            CommandFailure(
                message: "another customer has that \(field)", remedy: "Find it: plenary customer list")
        case .notDeletable(let obstacle): describe(obstacle)
        case .packageUnavailable:
            CommandFailure(
                message: "the package is inactive or retired",
                remedy: "Sell another one (plenary package list), or offer it again: "
                    + "plenary package update PACKAGE --status active --no-retired")
        case .serviceTypeInUse:
            CommandFailure(
                message: "the package has subscriptions, which have its type of service",
                remedy: "Make another package for the other type, and retire this one.")
        case .featureExists(let code):
            CommandFailure(message: "it has \(code.rawValue) already", remedy: "Set it to another value.")
        case .noFeature(let code):
            CommandFailure(
                message: "it does not have \(code.rawValue)",
                remedy: "See what it has: plenary package show, plenary subscription usage")
        case .limitExceeded(let refusal):
            CommandFailure(
                message:
                    "the subscription allows \(refusal.value) \(refusal.code.feature.unit); \(refusal.used) exist",
                remedy: "Allow more: plenary subscription feature set SUBSCRIPTION \(refusal.code.rawValue) NUMBER")
        case .subscriptionUnusable:
            CommandFailure(
                message: "the subscription is not active now",
                remedy: "Look at its status and times: plenary subscription show SUBSCRIPTION")
        case .customerMayNotCreate(let status):
            CommandFailure(
                message: "the customer is \(status.rawValue): nothing new can be made for them",
                remedy: "plenary customer update CUSTOMER --status active")
        case .accountBound:
            CommandFailure(
                message: "the account has another subscription",
                remedy: "Give it this one instead with --force; its limits change at once.")
        }
    }

    private static func describe(_ obstacle: CommerceFault.Obstacle) -> CommandFailure {
        switch obstacle {
        case .customerIs(let status):
            CommandFailure(
                message: "the customer is \(status.rawValue); only a terminated one can be deleted",
                remedy: "plenary customer update CUSTOMER --status terminated")
        case .subscriptionIs(let status):
            CommandFailure(
                message: "the subscription is \(status.rawValue); only an inactive one can be deleted",
                remedy: "plenary subscription update SUBSCRIPTION --status inactive")
        case .hasAccounts(let count):
            CommandFailure(
                message: "it still has \(count) \(count == 1 ? "account" : "accounts")",
                remedy: "Take them out first: plenary subscription unbind ACCOUNT")
        case .hasSubscriptions(let count):
            CommandFailure(
                message: "it has \(count) \(count == 1 ? "subscription" : "subscriptions")",
                remedy: "Retire it instead: plenary package update PACKAGE --retired")
        }
    }
}

extension Workplace {
    /// As ``open(mayCreate:_:)``; what the platform refuses is told with a remedy.
    static func openCommerce<Value: Sendable>(
        mayCreate: Bool = false, _ work: (Workplace) async throws -> Value
    ) async throws -> Value {
        try await open(mayCreate: mayCreate) { place in
            do { return try await work(place) } catch {
                if let failure = CommerceFailure.of(error) { throw failure }
                throw error
            }
        }
    }

    // MARK: finding things by what people write

    /// By id, uuid, ulid or e-mail address.
    func customer(_ text: String) async throws -> Customer {
        if let reference = ResourceReference(text), let found = try await store.customer(reference) { return found }
        if let found = try await store.customer(email: text) { return found }
        throw CommandFailure(
            message: "there is no customer `\(MeetingView.printable(text))`",
            remedy: "List them: plenary customer list. One is named by its id, uuid, ulid or e-mail address.")
    }

    /// By id, uuid or ulid.
    func servicePackage(_ text: String) async throws -> ServicePackage {
        if let reference = ResourceReference(text), let found = try await store.servicePackage(reference) {
            return found
        }
        throw CommandFailure(
            message: "there is no package `\(MeetingView.printable(text))`",
            remedy: "List them: plenary package list. One is named by its id, uuid or ulid.")
    }

    /// By id, uuid, ulid or tag.
    func subscription(_ text: String) async throws -> Subscription {
        if let reference = ResourceReference(text), let found = try await store.subscription(reference) {
            return found
        }
        if let found = try await store.subscription(tag: text.lowercased()) { return found }
        throw CommandFailure(
            message: "there is no subscription `\(MeetingView.printable(text))`",
            remedy: "List them: plenary subscription list. One is named by its id, uuid, ulid or tag.")
    }
}

/// What a deletion answers.
struct DeletedView: Encodable { let deleted: String }
