import BigBlueButton
import Testing

@testable import PlenaryCore

/// What rules make of calls: removals, then defaults, then overrides; of one kind the account's before the global one.
@Suite struct ParameterPolicyTests {
    private func policy(
        _ rules: (ParameterRule.Kind, String, String?)..., call: ParameterRule.Call = .create
    ) throws -> ParameterPolicy {
        ParameterPolicy(try rules.map { try ParameterRule.made(call, $0.0, $0.1, $0.2) })
    }

    /// What a call becomes, as a query.
    private func sent(_ given: String, own: ParameterPolicy = .empty, global: ParameterPolicy = .empty) -> String {
        own.applied(to: Parameters(parsing: given), call: .create, global: global).encoded()
    }

    // MARK: one scope

    @Test func `a call that no rule is about stays what it is`() throws {
        let given = Parameters([
            .init(name: "b", value: ""), .init(name: "a", value: "1"), .init(name: "a", value: "2"),
            .init(name: "meta_X", value: "é"), .init(name: "", value: "x"),
        ])
        let joins = try policy((.override, "guest", "true"), (.remove, "logoutURL", nil), call: .join)
        for (own, global) in [(ParameterPolicy.empty, ParameterPolicy.empty), (joins, .empty), (.empty, joins)] {
            #expect(own.applied(to: given, call: .create, global: global) == given)
        }
        // And the others when one is about something else.
        let other = try policy((.remove, "welcome", nil), (.default, "record", "true"))
        #expect(Array(other.applied(to: given, call: .create, global: .empty).all.prefix(5)) == given.all)
    }

    @Test func `a default is for who says nothing, and an empty value is something`() throws {
        let own = try policy((.default, "record", "true"))
        #expect(sent("name=x", own: own) == "name=x&record=true")
        #expect(sent("name=x&record=false", own: own) == "name=x&record=false")
        #expect(sent("name=x&record=", own: own) == "name=x&record=")
        #expect(sent("record", own: own) == "record=")
        #expect(sent("Record=1", own: own) == "Record=1&record=true")
        #expect(sent("", own: own) == "record=true")
    }

    @Test func `an override is for all, and stands where the caller's value stood`() throws {
        let own = try policy((.override, "record", "true"))
        #expect(sent("name=x", own: own) == "name=x&record=true")
        #expect(sent("record=false&name=x", own: own) == "record=true&name=x")
        // A second value must not be heard in its stead.
        #expect(sent("record=false&name=x&record=false", own: own) == "record=true&name=x")
    }

    @Test func `a removal takes all that callers say`() throws {
        let own = try policy((.remove, "record", nil))
        #expect(sent("record=true&name=x&record=&Record=1", own: own) == "name=x&Record=1")
        #expect(sent("record=true", own: own) == "")
    }

    @Test func `what is added stands behind all, in the order of names`() throws {
        let own = try policy(
            (.default, "welcome", "w"), (.override, "bannerText", "b"), (.default, "logoutURL", "https://l.example"))
        let global = try policy((.override, "copyright", "c"))
        #expect(
            sent("name=x", own: own, global: global)
                == "name=x&bannerText=b&copyright=c&logoutURL=https%3A%2F%2Fl.example&welcome=w")
    }

    @Test func `metadata is the same in any letter case, and keeps the caller's`() throws {
        let own = try policy(
            (.override, "meta_Course", "c"), (.default, "meta_Term", "t"), (.remove, "meta_Secret", nil))
        #expect(
            sent("meta_COURSE=x&meta_course=y&meta_tErM=z&meta_seCRET=s", own: own) == "meta_COURSE=c&meta_tErM=z")
        // A server knows none of these.
        #expect(sent("Meta_secret=s", own: own) == "Meta_secret=s&meta_course=c&meta_term=t")
    }

    @Test func `the old name of a parameter does not evade its rule`() throws {
        let fixed = try policy((.override, "lockSettingsDisableNotes", "true"))
        #expect(sent("lockSettingsDisableNote=false&name=x", own: fixed) == "lockSettingsDisableNotes=true&name=x")
        #expect(
            sent("lockSettingsDisableNotes=false&lockSettingsDisableNote=false", own: fixed)
                == "lockSettingsDisableNotes=true")
        let usual = try policy((.default, "lockSettingsDisableNotes", "true"))
        #expect(sent("lockSettingsDisableNote=false", own: usual) == "lockSettingsDisableNote=false")
        let tag = try policy((.override, "meta_server-tag", "gpu!"))
        #expect(sent("serverTag=eu!&meta_Server-Tag=x", own: tag) == "meta_server-tag=gpu%21")
        #expect(sent("serverTag=eu", own: try policy((.remove, "meta_server-tag", nil))) == "")
    }

    @Test func `a name that only looks the same is another one`() throws {
        let own = try policy((.override, "meetingKeepEvents", "true"))
        let given = Parameters([.init(name: "meeting\u{212A}eepEvents", value: "false")])
        let result = own.applied(to: given, call: .create, global: .empty)
        #expect(result.all.map(\.value) == ["false", "true"])
    }

    @Test func `each call has its own rules`() throws {
        let rules: [ParameterRule] = [
            try .made(.create, .override, "logoutURL", "https://c.example"),
            try .made(.join, .remove, "logoutURL"),
        ]
        let own = ParameterPolicy(rules)
        let given: Parameters = ["logoutURL": "https://x.example"]
        #expect(own.applied(to: given, call: .create, global: .empty)["logoutURL"] == "https://c.example")
        #expect(own.applied(to: given, call: .join, global: .empty).isEmpty)
        #expect(own.rules == rules)
    }

    // MARK: two scopes

    struct Pair: Sendable, CustomTestStringConvertible {
        let own: ParameterRule.Kind?
        let global: ParameterRule.Kind?
        /// What becomes of a create that says `c`, and of one that says nothing.
        let said: String?
        let silent: String?

        init(_ own: ParameterRule.Kind?, _ global: ParameterRule.Kind?, said: String?, silent: String?) {
            self.own = own
            self.global = global
            self.said = said
            self.silent = silent
        }

        var testDescription: String {
            "\(own.map { "\($0)" } ?? "no rule") beside global \(global.map { "\($0)" } ?? "no rule")"
        }
    }

    /// All sixteen: `a` is the account's value, `g` the global one, `c` the caller's.
    static let pairs = [
        Pair(nil, nil, said: "c", silent: nil), Pair(.default, nil, said: "c", silent: "a"),
        Pair(.override, nil, said: "a", silent: "a"), Pair(.remove, nil, said: nil, silent: nil),
        Pair(nil, .default, said: "c", silent: "g"), Pair(nil, .override, said: "g", silent: "g"),
        Pair(nil, .remove, said: nil, silent: nil),
        // Of one kind, the account's.
        Pair(.default, .default, said: "c", silent: "a"), Pair(.override, .override, said: "a", silent: "a"),
        Pair(.remove, .remove, said: nil, silent: nil),
        // Of two kinds, the later step.
        Pair(.default, .override, said: "g", silent: "g"), Pair(.override, .default, said: "a", silent: "a"),
        Pair(.default, .remove, said: "a", silent: "a"), Pair(.remove, .default, said: "g", silent: "g"),
        Pair(.override, .remove, said: "a", silent: "a"), Pair(.remove, .override, said: "g", silent: "g"),
    ]

    @Test(arguments: pairs) func `kinds count before scopes`(pair: Pair) throws {
        func scope(_ kind: ParameterRule.Kind?, _ value: String) throws -> ParameterPolicy {
            guard let kind else { return .empty }
            return try policy((kind, "welcome", kind == .remove ? nil : value))
        }
        let (own, global) = (try scope(pair.own, "a"), try scope(pair.global, "g"))
        func value(_ given: Parameters) -> String? { own.applied(to: given, call: .create, global: global)["welcome"] }
        #expect(value(["welcome": "c"]) == pair.said)
        #expect(value([:]) == pair.silent)
    }

    // MARK: the oracle

    /// Scalelite's way, as slowly and as plainly as it can be written: lists that are searched from the front.
    private static func oracle(_ given: [(String, String)], own: [ParameterRule], global: [ParameterRule]) -> [String:
        String]
    {
        func meaning(_ name: String) -> String {
            let name = name.hasPrefix("meta_") ? name.lowercased() : name
            return ["keepEvents": "meetingKeepEvents", "serverTag": "meta_server-tag"][name] ?? name
        }
        var call: [String: String] = [:]
        for (name, value) in given where call[meaning(name)] == nil { call[meaning(name)] = value }
        for rule in own + global where rule.effect == .remove { call[meaning(rule.name.text)] = nil }
        for scope in [own, global] {
            for rule in scope {
                if case .default(let value) = rule.effect, call[meaning(rule.name.text)] == nil {
                    call[meaning(rule.name.text)] = value
                }
            }
        }
        for scope in [global, own] {
            for rule in scope {
                if case .override(let value) = rule.effect { call[meaning(rule.name.text)] = value }
            }
        }
        return call
    }

    private static let names = [
        "welcome", "copyright", "dialNumber", "meta_course", "meta_Term", "newThing", "bannerText", "keepEvents",
        "meetingKeepEvents",
    ]

    private static func rules(using random: inout SplitMix64) throws -> [ParameterRule] {
        var rules: [ParameterName: ParameterRule] = [:]
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let name = names[Int.random(in: 0..<names.count, using: &random)]
            let kind = ParameterRule.Kind.allCases[Int.random(in: 0..<3, using: &random)]
            let isSwitch = name.hasSuffix("Events")
            let value = isSwitch ? "\(random.chance(0.5))" : ["", "v", "w w"][Int.random(in: 0..<3, using: &random)]
            let rule = try ParameterRule.made(.create, kind, name, kind == .remove ? nil : value)
            rules[rule.name] = rule
        }
        return Array(rules.values)
    }

    @Test(arguments: UInt64(0)..<500) func `rules make of a call what the plain way makes of it`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (own, global) = (try Self.rules(using: &random), try Self.rules(using: &random))
        let spelled = Self.names + ["META_course", "meta_COURSE", "meta_term", "Welcome", "other", "name"]
        var given: [(String, String)] = []
        for index in 0..<Int.random(in: 0...8, using: &random) {
            let name = spelled[Int.random(in: 0..<spelled.count, using: &random)]
            given.append((name, random.chance(0.2) ? "" : "caller \(index)"))
        }
        // A name that comes twice counts once: the first time, as servers read it.
        let parameters = Parameters(given.map { .init(name: $0.0, value: $0.1) })
        let result = ParameterPolicy(own).applied(to: parameters, call: .create, global: ParameterPolicy(global))

        var read: [String: String] = [:]
        for parameter in result.all {
            let name = parameter.name.hasPrefix("meta_") ? parameter.name.lowercased() : parameter.name
            let key = name == "keepEvents" ? "meetingKeepEvents" : name
            if read[key] == nil { read[key] = parameter.value }
        }
        #expect(read == Self.oracle(given, own: own, global: global))

        // What no rule names stays as it was, in its order, before all that was added.
        let ruled = Set((own + global).map(\.name))
        let others = parameters.all.filter { !ruled.contains(ParameterName($0.name)) }
        #expect(result.all.filter { !ruled.contains(ParameterName($0.name)) } == others)
        // What went through the rules goes through them again as it is.
        let again = ParameterPolicy(own).applied(to: result, call: .create, global: ParameterPolicy(global))
        #expect(again == result)
    }

    // MARK: contradictions

    private func conflicts(
        _ own: ParameterPolicy, global: ParameterPolicy = .empty, limits: PolicyLimits = .unlimited
    ) -> [PolicyConflict] { own.conflicts(global: global, limits: limits).sorted() }

    @Test func `rules that go together are no conflict`() throws {
        let own = try policy(
            (.override, "record", "true"), (.default, "autoStartRecording", "true"), (.override, "duration", "60"),
            (.override, "disabledFeatures", "chat,polls"), (.override, "disabledFeaturesExclude", "captions"),
            (.override, "meta_server-tag", "gpu!"), (.default, "maxParticipants", "10"))
        let limits = PolicyLimits(mayRecord: true, longestMeeting: 60, mostParticipants: 10, tags: ["gpu"])
        #expect(conflicts(own, limits: limits).isEmpty)
        #expect(conflicts(.empty, limits: PolicyLimits(mayRecord: false, longestMeeting: 1)).isEmpty)
    }

    @Test func `what is not recorded can be neither begun nor begin by itself`() throws {
        let off = try policy((.override, "record", "false"))
        for name in ["autoStartRecording", "allowStartStopRecording"] {
            for kind in [ParameterRule.Kind.default, .override] {
                let on = try policy((kind, name, "true"))
                #expect(conflicts(on, global: off) == [.recordingIsOff(ParameterName(name))])
                #expect(conflicts(off, global: on) == [.recordingIsOff(ParameterName(name))])
            }
            #expect(conflicts(off, global: try policy((.override, name, "false"))).isEmpty)
        }
        // A caller who is not heard does not record either; one who is may.
        let on = try policy((.override, "autoStartRecording", "true"))
        #expect(conflicts(on, global: try policy((.remove, "record", nil))) == [.recordingIsOff("autoStartRecording")])
        #expect(conflicts(on, global: try policy((.default, "record", "false"))).isEmpty)
        let silenced = try policy((.remove, "record", nil))
        let both = try policy((.default, "record", "false"), (.default, "autoStartRecording", "true"))
        #expect(conflicts(both, global: silenced) == [.recordingIsOff("autoStartRecording")])
        // The account's word beats the global one.
        let allowed = try policy((.override, "record", "true"), (.override, "autoStartRecording", "true"))
        #expect(conflicts(allowed, global: off).isEmpty)
    }

    @Test func `what is recorded has a beginning`() throws {
        let own = try policy((.override, "record", "true"), (.override, "autoStartRecording", "false"))
        let never = try policy((.override, "allowStartStopRecording", "false"))
        #expect(conflicts(own).isEmpty)
        #expect(conflicts(own, global: never) == [.recordingNeverBegins])
        let usually = try policy((.default, "allowStartStopRecording", "false"))
        #expect(conflicts(own, global: usually).isEmpty)
    }

    @Test func `rules ask for no more than the account may`() throws {
        let limits = PolicyLimits(mayRecord: false, longestMeeting: 60, mostParticipants: 10, tags: ["eu"])
        for kind in [ParameterRule.Kind.default, .override] {
            #expect(conflicts(try policy((kind, "record", "true")), limits: limits) == [.mayNotRecord])
            #expect(
                conflicts(try policy((kind, "duration", "61")), limits: limits) == [.tooLong(minutes: 61, limit: 60)])
            #expect(conflicts(try policy((kind, "duration", "60")), limits: limits).isEmpty)
            // 0 is without an end, which is more than any limit.
            #expect(conflicts(try policy((kind, "duration", "0")), limits: limits) == [.tooLong(minutes: 0, limit: 60)])
            #expect(
                conflicts(try policy((kind, "maxParticipants", "11")), limits: limits)
                    == [.tooManyParticipants(11, limit: 10)])
            #expect(
                conflicts(try policy((kind, "maxParticipants", "0")), limits: limits)
                    == [.tooManyParticipants(0, limit: 10)])
            #expect(
                conflicts(try policy((kind, "meta_server-tag", "gpu!")), limits: limits) == [.tagsNotAllowed("gpu!")])
            for wish in ["gpu", "eu!", "gpu;eu!", "none!"] {
                #expect(conflicts(try policy((kind, "meta_server-tag", wish)), limits: limits).isEmpty)
            }
        }
        // The rule that counts is the one that holds.
        let own = try policy((.override, "duration", "30"))
        #expect(conflicts(own, global: try policy((.override, "duration", "600")), limits: limits).isEmpty)
        let removed = try policy((.remove, "duration", nil))
        #expect(conflicts(removed, limits: limits).isEmpty)
        #expect(
            conflicts(removed, global: try policy((.default, "duration", "600")), limits: limits)
                == [.tooLong(minutes: 600, limit: 60)])
    }

    @Test func `a feature is not disabled and kept`() throws {
        let own = try policy((.override, "disabledFeatures", "chat,polls"))
        let kept = try policy((.default, "disabledFeaturesExclude", "polls, captions"))
        #expect(conflicts(own, global: kept) == [.disabledAndKept(feature: "polls")])
        #expect(conflicts(kept, global: own) == [.disabledAndKept(feature: "polls")])
        let nothing = try policy((.override, "disabledFeatures", ""), (.override, "disabledFeaturesExclude", ""))
        #expect(conflicts(nothing).isEmpty)
    }

    @Test func `rules do not fill the whole line of a request`() throws {
        let text = String(repeating: "a", count: 3_000)
        let own = try policy((.override, "welcome", text))
        let global = try policy((.override, "moderatorOnlyMessage", text))
        #expect(conflicts(own).isEmpty && conflicts(global).isEmpty)
        let found = conflicts(own, global: global)
        let octets = "welcome=&moderatorOnlyMessage=&".utf8.count - 1 + 6_000
        #expect(found == [.tooMuch(.create, octets: octets, limit: 6_000)])
        // What the account's own text takes the place of does not count.
        #expect(conflicts(own, global: try policy((.override, "welcome", text))).isEmpty)
    }

    @Test func `every contradiction has a code, a sentence and a remedy`() {
        let all: [PolicyConflict] = [
            .recordingIsOff("autoStartRecording"), .recordingNeverBegins, .mayNotRecord, .tooLong(minutes: 0, limit: 1),
            .tooManyParticipants(2, limit: 1), .disabledAndKept(feature: "chat"), .tagsNotAllowed("a!"),
            .tooMuch(.join, octets: 2, limit: 1),
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        for conflict in all {
            let fault = PolicyFault(
                .init(call: .create, kind: .remove, name: "record"), .conflict(conflict, account: nil))
            #expect(fault.code == conflict.code && fault.message == conflict.message)
            #expect(!conflict.message.isEmpty && conflict.remedy.hasSuffix("."))
        }
    }

    // MARK: warnings

    private func warnings(_ own: ParameterPolicy, global: ParameterPolicy = .empty) -> [PolicyWarning] {
        own.rules.flatMap { own.warnings(about: $0, global: global) }
    }

    @Test func `what is usual is not warned of`() throws {
        let own = try policy(
            (.override, "record", "true"), (.default, "meetingLayout", "SMART_LAYOUT"), (.remove, "bannerColor", nil),
            (.default, "meta_course", "x"), (.override, "disabledFeatures", "chat"))
        #expect(warnings(own).isEmpty)
    }

    @Test func `what is not known, or old, or does nothing alone, is told`() throws {
        #expect(warnings(try policy((.default, "newThing", "x"))) == [.unknownName("newThing")])
        #expect(
            warnings(try policy((.default, "meetingLayout", "NEW_LAYOUT")))
                == [.unknownWord("NEW_LAYOUT", in: "meetingLayout")])
        #expect(
            warnings(try policy((.default, "disabledFeatures", "chat,quizzes")))
                == [.unknownWord("quizzes", in: "disabledFeatures")])
        guard
            case .remark(let text, let name) = warnings(try policy((.override, "breakoutRoomsEnabled", "false"))).first
        else {
            Issue.record("no remark")
            return
        }
        #expect(text.contains("disabledFeatures") && name == "breakoutRoomsEnabled")
        let delay = try policy((.override, "endWhenNoModeratorDelayInMinutes", "5"))
        let alone = PolicyWarning.alone("endWhenNoModeratorDelayInMinutes", without: "endWhenNoModerator")
        #expect(warnings(delay) == [alone])
        #expect(warnings(delay, global: try policy((.default, "endWhenNoModerator", "false"))) == [alone])
        #expect(warnings(delay, global: try policy((.default, "endWhenNoModerator", "true"))).isEmpty)
    }

    @Test func `a rule that another one decides over is told`() throws {
        let global = try ParameterRule.made(.create, .override, "welcome", "g")
        for own in [try policy((.default, "welcome", "a")), try policy((.remove, "welcome", nil))] {
            #expect(warnings(own, global: ParameterPolicy([global])) == [.withoutEffect(global: global)])
        }
        #expect(warnings(try policy((.override, "welcome", "a")), global: ParameterPolicy([global])).isEmpty)
        let usual = try ParameterRule.made(.create, .default, "welcome", "g")
        #expect(
            warnings(try policy((.remove, "welcome", nil)), global: ParameterPolicy([usual]))
                == [.filledIn(global: usual)])
        #expect(warnings(try policy((.default, "welcome", "a")), global: ParameterPolicy([usual])).isEmpty)
    }

    // MARK: the value

    @Test func `a policy has one rule for a parameter, and gives it back`() throws {
        var policy = ParameterPolicy.empty
        let first = try ParameterRule.made(.create, .default, "keepEvents", "true")
        let second = try ParameterRule.made(.create, .override, "meetingKeepEvents", "false")
        policy.set(first)
        #expect(policy.rule(.create, "meetingKeepEvents") == first && policy.rule(.join, "keepEvents") == nil)
        policy.set(second)
        #expect(policy.rules == [second] && !policy.isEmpty)
        policy.remove(.join, "keepEvents")
        #expect(policy.rules == [second])
        policy.remove(.create, "keepEvents")
        #expect(policy.isEmpty && policy == .empty)
    }
}
