import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Rules about parameters, as they are kept (issue 4, deliverable 3).
@Suite struct PolicyStoreTests {
    private func rule(
        _ kind: ParameterRule.Kind, _ name: String, _ value: String? = nil, call: ParameterRule.Call = .create
    ) throws -> ParameterRule { try ParameterRule(.init(call: call, kind: kind, name: name, value: value)) }

    private func addAccount(_ slug: String, to store: Store) async throws -> AccountID {
        try await store.addAccount(slug: try #require(Slug(slug)), name: slug, now: .start).id
    }

    /// Sets a rule; there must be such an account.
    @discardableResult
    private func set(
        _ rule: ParameterRule, of account: AccountID? = nil, in store: Store, replacing: Bool = false,
        at second: Int = 0
    ) async throws -> Store.RuleChange {
        try #require(try await store.setRule(rule, of: account, replacing: replacing, now: .second(second)))
    }

    /// Expects that nothing is done, for that reason.
    private func expectRefused(
        _ reason: PolicyFault.Reason, _ draft: ParameterRule.Draft, in store: Store, _ work: () async throws -> Void
    ) async throws {
        let before = try await everything(in: store)
        await #expect(throws: PolicyFault(draft, reason)) { try await work() }
        #expect(try await everything(in: store) == before)
    }

    /// All rows, and how far the feed has come.
    private func everything(in store: Store) async throws -> [[SQLValue]] {
        try await store.read { connection in
            let rules = try connection.query("SELECT * FROM parameter_rules ORDER BY account_id, call, name")
            let feed = try connection.query("SELECT value FROM counters WHERE name = 'changes'")
            return (rules + feed).map(\.values)
        }
    }

    private func policy(of account: AccountID?, in store: Store) async throws -> ParameterPolicy {
        try await store.read { try PolicyRows.policy($0, account: account) }
    }

    // MARK: setting

    @Test(arguments: Place.allCases) func `a rule is there as it was set, also for the next process`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let school = try await addAccount("school", to: store)
            let own = [
                try rule(.override, "disabledFeatures", "chat,polls"), try rule(.default, "meta_Course", "é=&\n%"),
                try rule(.remove, "guest", call: .join),
            ]
            let global = [try rule(.default, "meta_course", ""), try rule(.remove, "welcome")]
            for (second, rule) in own.enumerated() { try await set(rule, of: school, in: store, at: second) }
            for rule in global.reversed() { try await set(rule, in: store) }
            for store in [store, try await database.store()] {
                let rules = try await store.rules(of: school)
                #expect(rules == own.enumerated().map { Store.SetRule(rule: $0.element, setAt: .second($0.offset)) })
                #expect(try await store.rules(of: nil).map(\.rule) == global)
                #expect(try await store.rules(of: AccountID.default).isEmpty)
                #expect(try await policy(of: school, in: store) == ParameterPolicy(own))
                #expect(try await policy(of: nil, in: store) == ParameterPolicy(global))
                let all = try await store.read { try PolicyRows.all($0) }
                #expect(all.global == ParameterPolicy(global) && all.own == [school: ParameterPolicy(own)])
            }
        }
    }

    @Test(arguments: Place.allCases) func `a parameter has one rule, and the newer one of its kind counts`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            for account in [nil, AccountID.default] {
                let first = try rule(.default, "welcome", "one")
                let second = try rule(.default, "welcome", "two")
                #expect(try await set(first, of: account, in: store).replaced == nil)
                #expect(try await set(second, of: account, in: store, at: 5).replaced == first)
                #expect(try await store.rules(of: account) == [.init(rule: second, setAt: .second(5))])
                // One of another kind is a contradiction, unless it is wanted.
                let third = try rule(.override, "welcome", "three")
                try await expectRefused(.taken(by: second), third.draft, in: store) {
                    _ = try await store.setRule(third, of: account, now: .second(6))
                }
                let change = try await set(third, of: account, in: store, replacing: true, at: 7)
                #expect(change.replaced == second && change.rule == third)
                #expect(try await store.rules(of: account) == [.init(rule: third, setAt: .second(7))])
            }
            #expect(try await store.number("SELECT COUNT(*) FROM parameter_rules") == 2)
        }
    }

    @Test(arguments: Place.allCases) func `the old name of a parameter has no rule of its own`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let old = try rule(.override, "keepEvents", "true")
            let new = try rule(.override, "meetingKeepEvents", "false")
            try await set(old, in: store)
            #expect(try await set(new, in: store).replaced == old)
            #expect(try await store.rules(of: nil).map(\.rule.name.text) == ["meetingKeepEvents"])
            // It is found by either name, as any metadata is in any letter case.
            #expect(try await store.removeRule(.create, "keepEvents", of: nil) == new)
            let course = try rule(.default, "meta_course", "x")
            try await set(course, in: store)
            #expect(try await store.removeRule(.create, "meta_COURSE", of: nil) == course)
            #expect(try await store.rules(of: nil).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `nobody sets or removes another one's rules`(place: Place) async throws {
        try await withStore(place) { store in
            let (one, two) = (try await addAccount("one", to: store), try await addAccount("two", to: store))
            let record = try rule(.override, "record", "true")
            try await set(record, of: one, in: store)
            #expect(try await store.removeRule(.create, "record", of: two) == nil)
            #expect(try await store.removeRule(.create, "record", of: nil) == nil)
            #expect(try await store.removeRule(.join, "record", of: one) == nil)
            #expect(try await store.rules(of: one).map(\.rule) == [record])
            #expect(try await store.rules(of: two).isEmpty)
            // And nobody's are nothing.
            let before = try await everything(in: store)
            #expect(try await store.setRule(record, of: AccountID(99), now: .start) == nil)
            #expect(try await store.removeRule(.create, "record", of: AccountID(99)) == nil)
            #expect(try await everything(in: store) == before)
        }
    }

    @Test(arguments: Place.allCases) func `the feed tells whose rules changed`(place: Place) async throws {
        try await withStore(place) { store in
            let school = try await addAccount("school", to: store)
            let start = try await store.number("SELECT value FROM counters WHERE name = 'changes'")
            try await set(try rule(.override, "record", "true"), of: school, in: store)
            try await set(try rule(.override, "record", "true"), in: store)
            _ = try await store.removeRule(.create, "record", of: school)
            _ = try await store.removeRule(.create, "record", of: nil)
            // Nothing was there any more.
            _ = try await store.removeRule(.create, "record", of: nil)
            let told = try await store.read { connection in
                try connection.query("SELECT kind, entity FROM changes WHERE seq > $1 ORDER BY seq", [.integer(start)])
                    .map(\.values)
            }
            let own: [SQLValue] = ["account", .integer(school.number)]
            #expect(told == [own, ["policy", 0], own, ["policy", 0]])
        }
    }

    // MARK: contradictions

    @Test(arguments: Place.allCases) func `an account's rule goes with the global ones`(place: Place) async throws {
        try await withStore(place) { store in
            let school = try await addAccount("school", to: store)
            let off = try rule(.override, "record", "false")
            try await set(off, in: store)
            let begins = try rule(.override, "autoStartRecording", "true")
            try await expectRefused(
                .conflict(.recordingIsOff("autoStartRecording"), account: school), begins.draft, in: store
            ) { _ = try await store.setRule(begins, of: school, now: .start) }
            // With the remedy it can be.
            try await set(try rule(.override, "record", "true"), of: school, in: store)
            try await set(begins, of: school, in: store)
            // And that is needed then.
            let record = try rule(.override, "record", "true")
            try await expectRefused(
                .conflict(.recordingIsOff("autoStartRecording"), account: school), record.draft, in: store
            ) { _ = try await store.removeRule(.create, "record", of: school) }
            #expect(try await store.removeRule(.create, "record", of: nil) == off)
            #expect(try await store.removeRule(.create, "record", of: school) == record)
        }
    }

    @Test(arguments: Place.allCases) func `a global rule goes with those of every account`(place: Place) async throws {
        try await withStore(place) { store in
            let (one, two) = (try await addAccount("one", to: store), try await addAccount("two", to: store))
            try await set(try rule(.default, "disabledFeatures", "polls"), of: one, in: store)
            try await set(try rule(.default, "disabledFeatures", "chat,captions"), of: two, in: store)
            let kept = try rule(.default, "disabledFeaturesExclude", "chat")
            try await expectRefused(.conflict(.disabledAndKept(feature: "chat"), account: two), kept.draft, in: store) {
                _ = try await store.setRule(kept, of: nil, now: .start)
            }
            try await set(try rule(.default, "disabledFeaturesExclude", "timer"), in: store)
            // What contradicts itself for everybody is nobody's in particular.
            let both = try rule(.override, "disabledFeatures", "timer")
            try await expectRefused(.conflict(.disabledAndKept(feature: "timer"), account: nil), both.draft, in: store)
            {
                _ = try await store.setRule(both, of: nil, now: .start)
            }
        }
    }

    @Test(arguments: Place.allCases) func `what contradicts itself already does not bar the way`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            // As a version before wrote it that knew no better.
            try await store.write { transaction in
                for (name, value) in [("record", "false"), ("autoStartRecording", "true"), ("meetingID", "x")] {
                    try transaction.connection.execute(
                        """
                        INSERT INTO parameter_rules (account_id, call, kind, name, value, set_at)
                        VALUES (NULL, 'create', 'override', $1, $2, 0)
                        """,
                        [.text(name), .text(value)])
                }
            }
            try await set(try rule(.override, "muteOnStart", "true"), in: store)
            let more = try rule(.override, "allowStartStopRecording", "true")
            try await expectRefused(
                .conflict(.recordingIsOff("allowStartStopRecording"), account: nil), more.draft, in: store
            ) { _ = try await store.setRule(more, of: nil, now: .start) }
            for name: ParameterName in ["record", "meetingID", "muteOnStart", "autoStartRecording"] {
                #expect(try await store.removeRule(.create, name, of: nil) != nil)
            }
        }
    }

    @Test(arguments: Place.allCases) func `warnings are about all that holds`(place: Place) async throws {
        try await withStore(place) { store in
            let global = try rule(.override, "welcome", "g")
            #expect(try await set(global, in: store).warnings.isEmpty)
            let own = try rule(.default, "welcome", "a")
            #expect(try await set(own, of: AccountID.default, in: store).warnings == [.withoutEffect(global: global)])
            #expect(
                try await set(try rule(.default, "newThing", "x"), in: store).warnings == [.unknownName("newThing")])
        }
    }

    @Test(arguments: Place.allCases) func `limits that are lowered below what rules ask for are found`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let (one, two) = (try await addAccount("one", to: store), try await addAccount("two", to: store))
            try await set(try rule(.default, "duration", "90"), in: store)
            try await set(try rule(.override, "duration", "30"), of: two, in: store)
            func conflict(of account: AccountID, _ limits: PolicyLimits) async throws -> PolicyConflict? {
                try await store.write { try $0.policyConflict(of: account, under: limits, before: .unlimited) }
            }
            let hour = PolicyLimits(longestMeeting: 60)
            #expect(try await conflict(of: one, hour) == .tooLong(minutes: 90, limit: 60))
            #expect(try await conflict(of: two, hour) == nil)
            #expect(try await conflict(of: one, PolicyLimits(longestMeeting: 90)) == nil)
            #expect(try await conflict(of: one, .unlimited) == nil)
        }
    }

    // MARK: the schema

    @Test(arguments: Place.allCases) func `the schema takes no rule that is none`(place: Place) async throws {
        try await withStore(place) { store in
            func insert(_ account: Int64?, _ call: String, _ kind: String, _ name: String, _ value: String?)
                async throws
            {
                try await store.write { transaction in
                    _ = try transaction.connection.execute(
                        """
                        INSERT INTO parameter_rules (account_id, call, kind, name, value, set_at)
                        VALUES ($1, $2, $3, $4, $5, 0)
                        """,
                        [SQLValue(account), .text(call), .text(kind), .text(name), SQLValue(value)])
                }
            }
            for account in [nil, Int64(1)] {
                try await insert(account, "create", "override", "record", "true")
                for (kind, value) in [("override", "false"), ("default", "x")] {
                    await #expect(throws: StoreFault.constraint(.unique)) {
                        try await insert(account, "create", kind, "record", value)
                    }
                }
                try await insert(account, "join", "remove", "record", nil)
            }
            let wrong: [(String, String, String, String?)] = [
                ("end", "override", "a", "x"), ("create", "force", "a", "x"), ("create", "override", "", "x"),
                ("create", "override", "a", nil), ("create", "default", "a", nil), ("create", "remove", "a", "x"),
            ]
            for (call, kind, name, value) in wrong {
                await #expect(throws: StoreFault.constraint(.check), "\(call) \(kind) \(name)") {
                    try await insert(nil, call, kind, name, value)
                }
            }
            await #expect(throws: StoreFault.constraint(.foreignKey)) {
                try await insert(99, "create", "remove", "a", nil)
            }
            #expect(try await store.number("SELECT COUNT(*) FROM parameter_rules") == 4)
        }
    }

    // MARK: many at once

    @Test(arguments: Place.allCases) func `of many that set one parameter at once, one has it`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let stores = [try await database.store(), try await database.store()]
            let kinds = ParameterRule.Kind.allCases
            let rules = try (0..<21).map { attempt in
                try rule(kinds[attempt % 3], "welcome", kinds[attempt % 3] == .remove ? nil : "w \(attempt)")
            }
            let set = try await withThrowingTaskGroup(of: ParameterRule?.self) { group in
                for (attempt, rule) in rules.enumerated() {
                    group.addTask {
                        do {
                            return try await stores[attempt % 2].setRule(rule, of: nil, now: .start)?.rule
                        } catch let fault as PolicyFault {
                            guard case .taken = fault.reason else { throw fault }
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [ParameterRule]()) { all, rule in if let rule { all.append(rule) } }
            }
            // Whichever kind came first, all others were refused.
            let left = try await stores[0].rules(of: nil).map(\.rule)
            #expect(left.count == 1 && set.count == 7)
            #expect(Set(set.map(\.kind)) == Set(left.map(\.kind)))
            #expect(set.contains { $0 == left.first })
        }
    }

    @Test(arguments: UInt64(0)..<20) func `rules are what was set last and not removed since`(seed: UInt64) async throws
    {
        try await withStore(.memory) { store in
            var dice = Dice(seed: seed)
            let school = try await addAccount("school", to: store)
            var model: [AccountID?: ParameterPolicy] = [:]
            for step in 0..<30 {
                let account = [nil, AccountID.default, school][Int.random(in: 0..<3, using: &dice)]
                let name = ["welcome", "copyright", "meta_a", "meta_A", "newThing"][Int.random(in: 0..<5, using: &dice)]
                let call: ParameterRule.Call = name == "newThing" && Bool.random(using: &dice) ? .join : .create
                let there = model[account, default: .empty].rule(call, ParameterName(name))
                if Int.random(in: 0..<4, using: &dice) == 0 {
                    #expect(try await store.removeRule(call, ParameterName(name), of: account) == there)
                    model[account, default: .empty].remove(call, ParameterName(name))
                } else {
                    let kind = ParameterRule.Kind.allCases[Int.random(in: 0..<3, using: &dice)]
                    let rule = try rule(kind, name, kind == .remove ? nil : "value \(step)", call: call)
                    let change = try await set(rule, of: account, in: store, replacing: true, at: step)
                    #expect(change.replaced == there)
                    model[account, default: .empty].set(rule)
                }
                for account in [nil, AccountID.default, school] {
                    #expect(try await policy(of: account, in: store) == model[account, default: .empty], "step \(step)")
                }
            }
        }
    }
}
