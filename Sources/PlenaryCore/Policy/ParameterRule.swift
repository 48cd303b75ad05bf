/// One thing that an operator says of one parameter of one call. A rule that was made here is right by itself: the name is one
/// that rules may touch, and the value is one of its type.
package struct ParameterRule: Sendable, Hashable {
    package enum Call: String, Sendable, Hashable, CaseIterable { case create, join }

    package enum Kind: String, Sendable, Hashable, CaseIterable { case `default`, override, remove }

    package enum Effect: Sendable, Hashable {
        /// What is sent when the caller says nothing.
        case `default`(String)
        /// What is sent whatever the caller says.
        case override(String)
        /// What the caller says is not heard.
        case remove
    }

    package let call: Call
    package let name: ParameterName
    package let effect: Effect

    /// Reads what an operator wants to set.
    ///
    /// - Parameter value: `nil` for a removal, and for nothing else.
    /// - Throws: why it cannot be.
    package init(_ draft: Draft) throws(PolicyFault) {
        func fault(_ reason: PolicyFault.Reason) -> PolicyFault { PolicyFault(draft, reason) }
        let type: ParameterType
        switch ParameterCatalogue.meaning(of: draft.name, in: draft.call) {
        case .known(let entry):
            switch (entry.reach, draft.kind) {
            case (.everything, _), (.removal, .remove): break
            case (.removal(let why), _): throw fault(.onlyRemovable(why))
            case (.nothing(let why), _): throw fault(.untouchable(why))
            }
            type = entry.type
        case .free(let free): type = free
        case .unknown: type = .text(longest: ParameterType.longest)
        case .misspelt(let meant): throw fault(.misspelt(meant: meant))
        case .other(let call): throw fault(.otherCall(call))
        case .malformed: throw fault(.malformedName)
        }
        func value() throws(PolicyFault) -> String {
            guard let given = draft.value else { throw fault(.valueMissing) }
            do throws(ValueFault) { return try type.read(given) } catch { throw fault(.value(error)) }
        }
        call = draft.call
        name = ParameterName(draft.name)
        switch draft.kind {
        case .default: effect = .default(try value())
        case .override: effect = .override(try value())
        case .remove:
            guard draft.value == nil else { throw fault(.valueUnwanted) }
            effect = .remove
        }
    }

    /// A rule that was set before. It is not judged again: what a later version thinks of it must not keep the store from being
    /// read.
    ///
    /// - Returns: `nil` when it is none.
    package init?(stored call: String, kind: String, name: String, value: String?) {
        guard let call = Call(rawValue: call), let kind = Kind(rawValue: kind) else { return nil }
        switch (kind, value) {
        case (.default, let value?): effect = .default(value)
        case (.override, let value?): effect = .override(value)
        case (.remove, nil): effect = .remove
        case (.default, nil), (.override, nil), (.remove, _?): return nil
        }
        self.call = call
        self.name = ParameterName(name)
    }

    package var kind: Kind {
        switch effect {
        case .default: .default
        case .override: .override
        case .remove: .remove
        }
    }

    package var value: String? {
        switch effect {
        case .default(let value), .override(let value): value
        case .remove: nil
        }
    }

    package var draft: Draft { Draft(call: call, kind: kind, name: name.text, value: value) }

    /// A rule as somebody writes it, before it is known whether it can be.
    package struct Draft: Sendable, Hashable {
        package let call: Call
        package let kind: Kind
        package let name: String
        package let value: String?

        package init(call: Call, kind: Kind, name: String, value: String? = nil) {
            self.call = call
            self.kind = kind
            self.name = name
            self.value = value
        }
    }
}

/// Why a rule is not set, or not taken away.
package struct PolicyFault: Error, Sendable, Hashable {
    package enum Reason: Sendable, Hashable {
        case malformedName
        case untouchable(String)
        case onlyRemovable(String)
        case otherCall(ParameterRule.Call)
        case misspelt(meant: String)
        case valueMissing
        case valueUnwanted
        case value(ValueFault)
        /// There is a rule for that parameter: this one.
        case taken(by: ParameterRule)
        /// With the other rules that hold, and with what the account may, it cannot work. `nil`: already for an account that has
        /// neither rules nor limits of its own.
        case conflict(PolicyConflict, account: AccountID?)
    }

    package let rule: ParameterRule.Draft
    package let reason: Reason

    package init(_ rule: ParameterRule.Draft, _ reason: Reason) {
        self.rule = rule
        self.reason = reason
    }

    /// One stable word for programs.
    package var code: String {
        switch reason {
        case .malformedName: "malformed_name"
        case .untouchable: "untouchable"
        case .onlyRemovable: "only_removable"
        case .otherCall: "other_call"
        case .misspelt: "misspelt_name"
        case .valueMissing: "value_missing"
        case .valueUnwanted: "value_unwanted"
        case .value(let fault): fault.code
        case .taken: "taken"
        case .conflict(let conflict, _): conflict.code
        }
    }

    package var message: String {
        switch reason {
        case .malformedName: "`\(rule.name)` is no name of a parameter: a server would drop it without a word"
        case .untouchable(let why): "`\(rule.name)` of \(rule.call) is not for rules: \(why)"
        case .onlyRemovable(let why): "`\(rule.name)` of \(rule.call) has no value that is right for all: \(why)"
        case .otherCall(let call): "`\(rule.name)` is a parameter of \(call), not of \(rule.call)"
        case .misspelt: "\(rule.call) has no parameter `\(rule.name)`"
        case .valueMissing: "a rule of the kind \(rule.kind) needs a value"
        case .valueUnwanted: "a rule of the kind remove has no value"
        case .value(let fault): "`\(rule.name)` cannot be that: \(fault.message)"
        case .taken(let other): "\(rule.call) has a rule for `\(other.name)` already, of the kind \(other.kind)"
        case .conflict(let conflict, _): conflict.message
        }
    }

    package var remedy: String {
        switch reason {
        case .malformedName:
            "Letters, digits, `_`, `.` and `-`, a letter first; meta_ is followed by letters, digits and hyphens, userdata- by"
                + " a name without a hyphen."
        case .untouchable: "Leave it to the callers and the balancer."
        case .onlyRemovable: "It can be removed, so that callers do not choose it: kind remove."
        case .otherCall(let call): "Set it for \(call)."
        case .misspelt(let meant): "Did you mean `\(meant)`?"
        case .valueMissing:
            "Add it. To send an empty value, write \"\"; to keep callers from sending one, use the kind remove."
        case .valueUnwanted: "Leave it out. To send this value whatever callers say, use the kind override."
        case .value(let fault): fault.remedy
        case .taken(let other):
            "A parameter has one rule. Remove that one first (\(other.call) \(other.name)), or replace it with --replace."
        case .conflict(let conflict, _): conflict.remedy
        }
    }
}

extension ValueFault {
    package var code: String {
        switch self {
        case .unfit: "unfit_value"
        case .misspelt: "misspelt_value"
        case .noWord: "malformed_value"
        case .tooLong: "value_too_long"
        case .controlCharacter: "control_character"
        }
    }

    package var message: String {
        switch self {
        case .unfit(let type): "it is \(type.expectation)"
        case .misspelt(let word, _): "there is no `\(word)`"
        case .noWord(let word): word.isEmpty ? "one of the words is empty" : "one of the words has other characters"
        case .tooLong(let octets, let limit): "it is \(octets) octets long as it is sent, \(limit) are the most"
        case .controlCharacter: "it has control characters"
        }
    }

    package var remedy: String {
        switch self {
        case .unfit(.boolean): "Write true or false: a server takes everything else, also 1 and yes, for false."
        case .unfit(let type): "Write \(type.expectation)."
        case .misspelt(_, let meant): "Did you mean `\(meant)`?"
        case .noWord: "Write names with commas between them, of letters, digits, `_`, `.` and `-`."
        case .tooLong: "Shorten it: a longer one does not fit into a request together with slides."
        case .controlCharacter: "Take them out."
        }
    }
}
