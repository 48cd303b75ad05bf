package import BigBlueButton

/// What an account may, where rules could ask for more.
package struct PolicyLimits: Sendable, Hashable {
    package var mayRecord: Bool
    /// The longest a meeting may be, in minutes; `nil`: as long as it wants.
    package var longestMeeting: Int?
    /// The most participants of a meeting; `nil`: as many as come.
    package var mostParticipants: Int?
    /// The connections that all its meetings can reserve; `nil`: nothing is reserved, or any number.
    package var pool: Int?
    /// The tags of the servers that it may have; `nil`: all.
    package var tags: Set<String>?

    package init(
        mayRecord: Bool = true, longestMeeting: Int? = nil, mostParticipants: Int? = nil, pool: Int? = nil,
        tags: Set<String>? = nil
    ) {
        self.pool = pool
        self.mayRecord = mayRecord
        self.longestMeeting = longestMeeting
        self.mostParticipants = mostParticipants
        self.tags = tags
    }

    package static let unlimited = PolicyLimits()

    /// What an account may.
    package init(_ account: Account) { self.init(account.rights, account.entitlement) }

    package init(_ rights: AccountRights, _ entitlement: Entitlement?) {
        mayRecord = rights.mayRecord && (entitlement?.features.allows(.recording) ?? true)
        longestMeeting = [rights.limits.duration, entitlement?.features.limit(of: .maxDuration)].compactMap { $0 }.min()
        mostParticipants = entitlement?.features.limit(of: .maxParticipants)
        pool = ConnectionPool(rights.limits, entitlement)?.capacity
        tags = rights.serverTags.isEmpty ? nil : rights.serverTags
    }
}

extension PolicyLimits {
    /// The parameters of a create within these limits: 0, and nothing, is more than any (`rooms-api.md` 5.1).
    package func capping(_ given: Parameters) -> Parameters {
        var parameters = given
        for (name, limit) in [("duration", longestMeeting), ("maxParticipants", mostParticipants)] {
            guard let limit else { continue }
            let asked = given[name].flatMap(ReservationRequest.number)
            if asked.map({ $0 <= limit }) != true { parameters[name] = String(limit) }
        }
        return parameters
    }
}

/// Why rules cannot work together, or not with what the account may. Found when one of them is set, not when a lesson starts.
package enum PolicyConflict: Sendable, Hashable, Comparable {
    /// Recording is off for everybody, and this parameter is on.
    case recordingIsOff(ParameterName)
    /// Recording is on for everybody, but neither begins by itself nor may be begun.
    case recordingNeverBegins
    /// Each create that says nothing of recording would be refused.
    case mayNotRecord
    /// 0 is without an end.
    case tooLong(minutes: Int, limit: Int)
    /// 0 is without a maximum.
    case tooManyParticipants(Int, limit: Int)
    /// Each create that says nothing of participants would be refused.
    case morePeopleThanPool(Int, pool: Int)
    /// `disabledFeatures` and `disabledFeaturesExclude` both name it.
    case disabledAndKept(feature: String)
    /// Each create that says nothing of servers would be refused.
    case tagsNotAllowed(String)
    /// All that rules add to a call, as it is sent.
    case tooMuch(ParameterRule.Call, octets: Int, limit: Int)

    package var code: String {
        switch self {
        case .recordingIsOff: "recording_is_off"
        case .recordingNeverBegins: "recording_never_begins"
        case .mayNotRecord: "may_not_record"
        case .tooLong: "duration_above_limit"
        case .tooManyParticipants: "participants_above_limit"
        case .morePeopleThanPool: "participants_above_pool"
        case .disabledAndKept: "feature_disabled_and_kept"
        case .tagsNotAllowed: "tags_not_allowed"
        case .tooMuch: "too_much"
        }
    }

    package var message: String {
        switch self {
        case .recordingIsOff(let name): "`record` is false for everybody, so `\(name)` cannot be true"
        case .recordingNeverBegins:
            "`record` is true for everybody, but `autoStartRecording` and `allowStartStopRecording` are false:"
                + " nothing would ever be recorded"
        case .mayNotRecord: "the account may not record: every create would be refused"
        case .tooLong(let minutes, let limit):
            "a `duration` of \(minutes == 0 ? "0, which is without an end," : "\(minutes) minutes") is more than the"
                + " \(limit) minutes that the account may have"
        case .tooManyParticipants(let most, let limit):
            "a `maxParticipants` of \(most == 0 ? "0, which is without a maximum," : "\(most)") is more than the"
                + " \(limit) that the account may have"
        case .morePeopleThanPool(let most, let pool):
            "a `maxParticipants` of \(most) is more than the \(pool) connections that the account can reserve:"
                + " every create would be refused"
        case .disabledAndKept(let feature):
            "`disabledFeatures` and `disabledFeaturesExclude` both name `\(feature)`"
        case .tagsNotAllowed(let wish): "the account may not use servers with the tags `\(wish)`"
        case .tooMuch(let call, let octets, let limit):
            "the rules would add \(octets) octets to every \(call), \(limit) are the most"
        }
    }

    package var remedy: String {
        switch self {
        case .recordingIsOff(let name): "Remove the rule for `record`, or the one for `\(name)`."
        case .recordingNeverBegins: "Remove one of the three rules."
        case .mayNotRecord: "Let the account record, or give `record` no rule that is true."
        case .tooLong(_, let limit): "Use 1 to \(limit), or raise the account's maximum."
        case .tooManyParticipants(_, let limit): "Use 1 to \(limit), or raise the account's maximum."
        case .morePeopleThanPool(_, let pool): "Use 1 to \(pool), or raise the account's connections."
        case .disabledAndKept(let feature): "Take `\(feature)` out of one of the two."
        case .tagsNotAllowed: "Name tags that the account may use, or allow it these."
        case .tooMuch: "Shorten the longest texts: the request would not fit into a line."
        }
    }

    package static func < (left: PolicyConflict, right: PolicyConflict) -> Bool {
        (left.code, left.message) < (right.code, right.message)
    }
}

extension ParameterPolicy {
    /// What cannot work under these rules and the global ones, for whom these limits hold.
    package func conflicts(global: ParameterPolicy, limits: PolicyLimits) -> Set<PolicyConflict> {
        let create = treatments(of: .create, global: global)
        func silent(_ name: ParameterName) -> String? { create[name]?.silent }
        func isTrue(_ name: ParameterName) -> Bool { silent(name) == "true" }
        func isFixed(_ name: ParameterName, _ value: String) -> Bool {
            if case .fixed(_, value) = create[name] { true } else { false }
        }
        var found: Set<PolicyConflict> = []

        // A server that is told nothing does not record (`bbb-api.md` 5.1.1).
        if create["record"] == .removed || isFixed("record", "false") {
            for name: ParameterName in ["autoStartRecording", "allowStartStopRecording"] where isTrue(name) {
                found.insert(.recordingIsOff(name))
            }
        }
        if isFixed("record", "true"), isFixed("autoStartRecording", "false"),
            isFixed("allowStartStopRecording", "false")
        {
            found.insert(.recordingNeverBegins)
        }
        if !limits.mayRecord, isTrue("record") { found.insert(.mayNotRecord) }

        if let limit = limits.longestMeeting, let minutes = silent("duration").flatMap({ Int($0) }),
            minutes == 0 || minutes > limit
        {
            found.insert(.tooLong(minutes: minutes, limit: limit))
        }
        if let limit = limits.mostParticipants, let most = silent("maxParticipants").flatMap({ Int($0) }),
            most == 0 || most > limit
        {
            found.insert(.tooManyParticipants(most, limit: limit))
        }
        if let pool = limits.pool, let most = silent("maxParticipants").flatMap({ Int($0) }), most > pool {
            found.insert(.morePeopleThanPool(most, pool: pool))
        }
        let disabled = Set(ParameterType.items(silent("disabledFeatures") ?? ""))
        for feature in ParameterType.items(silent("disabledFeaturesExclude") ?? "")
        where !feature.isEmpty && disabled.contains(feature) {
            found.insert(.disabledAndKept(feature: feature))
        }
        if let allowed = limits.tags, let text = silent("meta_server-tag") {
            let wish = TagWish(text)
            // A wish that is not required is dropped when nobody fulfils it.
            if wish.isRequired, wish.tags.allSatisfy({ $0 != "none" && !allowed.contains($0) }) {
                found.insert(.tagsNotAllowed(text))
            }
        }
        for call in ParameterRule.Call.allCases {
            let octets = applied(to: Parameters(), call: call, global: global).encoded().utf8.count
            if octets > Self.mostAdded { found.insert(.tooMuch(call, octets: octets, limit: Self.mostAdded)) }
        }
        return found
    }

    /// A request line ends at about 8 KB (`bbb-api.md` 1.6), and the caller's own words have to fit in as well.
    package static let mostAdded = 6_000
}

/// What whoever sets a rule should know; the rule is set all the same.
package enum PolicyWarning: Sendable, Hashable {
    /// It may be of a later version than we know, or nothing.
    case unknownName(ParameterName)
    case unknownWord(String, in: ParameterName)
    case remark(String, on: ParameterName)
    /// A global override decides, whatever the account's rule says.
    case withoutEffect(global: ParameterRule)
    /// The account's removal takes what the caller says; then the global default is put in.
    case filledIn(global: ParameterRule)
    /// It does nothing without that other parameter.
    case alone(ParameterName, without: ParameterName)

    package var message: String {
        switch self {
        case .unknownName(let name):
            "`\(name)` is not known; it is sent as it is, and servers that do not know it ignore it"
        case .unknownWord(let word, let name): "`\(name)`: `\(word)` is not known; check the version of your servers"
        case .remark(let text, let name): "`\(name)`: \(text)"
        case .withoutEffect(let rule): "it has no effect: the global rule overrides `\(rule.name)` for every account"
        case .filledIn(let rule):
            "what callers say of `\(rule.name)` is dropped, and the global default is sent instead: `\(rule.value ?? "")`"
        case .alone(let name, let other): "`\(name)` does nothing unless `\(other)` is set as well"
        }
    }
}

extension ParameterPolicy {
    /// What should be known about one rule of this policy.
    ///
    /// - Parameter global: the global rules; none when this policy is the global one.
    package func warnings(about rule: ParameterRule, global: ParameterPolicy) -> [PolicyWarning] {
        var warnings: [PolicyWarning] = []
        switch ParameterCatalogue.meaning(of: rule.name.text, in: rule.call) {
        case .known(let entry):
            if let remark = entry.remark { warnings.append(.remark(remark, on: rule.name)) }
            if let value = rule.value {
                warnings += entry.type.unknown(in: value).map { .unknownWord($0, in: rule.name) }
            }
        case .unknown, .misspelt, .other, .malformed: warnings.append(.unknownName(rule.name))
        case .free: break
        }
        if let common = global.rule(rule.call, rule.name) {
            switch (rule.effect, common.effect) {
            case (.override, _), (.remove, .remove), (.default, .default), (.default, .remove): break
            case (.default, .override), (.remove, .override): warnings.append(.withoutEffect(global: common))
            case (.remove, .default): warnings.append(.filledIn(global: common))
            }
        }
        let pairs: [(ParameterName, ParameterName)] = [
            ("endWhenNoModeratorDelayInMinutes", "endWhenNoModerator"), ("bannerColor", "bannerText"),
            ("preUploadedPresentationName", "preUploadedPresentation"),
            ("presentationUploadExternalDescription", "presentationUploadExternalUrl"),
        ]
        if rule.call == .create, rule.value != nil {
            let create = treatments(of: .create, global: global)
            for (name, other) in pairs where rule.name == name {
                let said = create[other]?.silent ?? ""
                if said.isEmpty || said == "false" { warnings.append(.alone(name, without: other)) }
            }
        }
        return warnings
    }
}
