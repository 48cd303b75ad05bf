package import BigBlueButton

/// The rules of one scope: of an account, or the global ones. At most one for each call and parameter.
///
/// What becomes of a call (Scalelite's precedence):
///
/// 1. removals: the caller's values of all names that the account or everybody has a removal for are dropped;
/// 2. defaults: where there is no value now, the account's default is put in, else the global one;
/// 3. overrides: the account's override is put in, else the global one, whatever is there.
///
/// So the kind of a rule counts before its scope: a global override beats an account's default. An empty value is a value; only
/// a parameter that is not there says nothing.
package struct ParameterPolicy: Sendable, Hashable {
    private var create: [ParameterName: ParameterRule] = [:]
    private var join: [ParameterName: ParameterRule] = [:]

    package static let empty = ParameterPolicy([])

    /// - Parameter rules: of two for one call and parameter the later counts.
    package init(_ rules: [ParameterRule]) {
        for rule in rules { set(rule) }
    }

    package var isEmpty: Bool { create.isEmpty && join.isEmpty }

    /// By call, then by name.
    package var rules: [ParameterRule] {
        [create, join].flatMap { rules in rules.values.sorted { $0.name < $1.name } }
    }

    package func rule(_ call: ParameterRule.Call, _ name: ParameterName) -> ParameterRule? { rules(of: call)[name] }

    package mutating func set(_ rule: ParameterRule) {
        switch rule.call {
        case .create: create[rule.name] = rule
        case .join: join[rule.name] = rule
        }
    }

    package mutating func remove(_ call: ParameterRule.Call, _ name: ParameterName) {
        switch call {
        case .create: create[name] = nil
        case .join: join[name] = nil
        }
    }

    private func rules(of call: ParameterRule.Call) -> [ParameterName: ParameterRule] {
        switch call {
        case .create: create
        case .join: join
        }
    }

    // MARK: what holds

    /// What becomes of one parameter under the rules of an account and the global ones together.
    package enum Treatment: Sendable, Hashable {
        /// Nobody says it.
        case removed
        /// The caller says it, or else it is this.
        case usual(ParameterName, String)
        /// It is this for everybody.
        case fixed(ParameterName, String)

        /// What a call has whose sender says nothing.
        package var silent: String? {
            switch self {
            case .removed: nil
            case .usual(_, let value), .fixed(_, let value): value
            }
        }
    }

    package func treatments(of call: ParameterRule.Call, global: ParameterPolicy) -> [ParameterName: Treatment] {
        let (own, common) = (rules(of: call), global.rules(of: call))
        var treatments: [ParameterName: Treatment] = [:]
        for name in Set(own.keys).union(common.keys) {
            // The account's rule comes first within each kind.
            let rules = [own[name], common[name]].compactMap { $0 }
            var isRemoved = false
            var usual: (ParameterName, String)?
            var fixed: (ParameterName, String)?
            for rule in rules {
                switch rule.effect {
                case .remove: isRemoved = true
                case .default(let value): usual = usual ?? (rule.name, value)
                case .override(let value): fixed = fixed ?? (rule.name, value)
                }
            }
            if let fixed {
                treatments[name] = .fixed(fixed.0, fixed.1)
            } else if let usual {
                // Nobody can say anything else where the caller is not heard.
                treatments[name] = isRemoved ? .fixed(usual.0, usual.1) : .usual(usual.0, usual.1)
            } else {
                treatments[name] = .removed
            }
        }
        return treatments
    }

    /// The parameters of an account's call after its own and the global rules.
    ///
    /// What no rule is about stays as it is and where it is; a call that no rule is about is the very same. What is put in place
    /// of a caller's value stands there, what is added stands behind all, in the order of names.
    package func applied(to given: Parameters, call: ParameterRule.Call, global: ParameterPolicy) -> Parameters {
        guard !rules(of: call).isEmpty || !global.rules(of: call).isEmpty else { return given }
        let treatments = self.treatments(of: call, global: global)
        var seen: Set<ParameterName> = []
        var result: [Parameters.Parameter] = []
        result.reserveCapacity(given.all.count + treatments.count)
        for parameter in given.all {
            let name = ParameterName(parameter.name)
            switch treatments[name] {
            case nil: result.append(parameter)
            case .removed: continue
            case .usual:
                seen.insert(name)
                result.append(parameter)
            case .fixed(let rule, let value):
                // Of a name that comes twice, or under its old name as well, nothing may be left to be heard instead.
                guard seen.insert(name).inserted else { continue }
                result.append(.init(name: rule.isWritten(like: name) ? parameter.name : rule.text, value: value))
            }
        }
        for (name, treatment) in treatments.sorted(by: { $0.key < $1.key }) where !seen.contains(name) {
            switch treatment {
            case .removed: continue
            case .usual(let rule, let value), .fixed(let rule, let value):
                result.append(.init(name: rule.text, value: value))
            }
        }
        return Parameters(result)
    }
}
