import BigBlueButton
import Testing

@testable import PlenaryCore

struct ReconcilerTests {
    private func reconcile(
        _ mapped: [Meeting], _ inventory: [MeetingSnapshot], inFlight: Set<MeetingNumber> = [],
        isReplaced: Bool = true, canEnd: Bool = true
    ) -> Reconciler.Result {
        Reconciler.reconcile(
            mapped: mapped, inventory: inventory, inFlight: { inFlight.contains($0.number) },
            isReplaced: { _ in isReplaced }, canEnd: canEnd)
    }

    // MARK: the table

    enum There: CaseIterable { case absent, same, other }

    struct Row: Sendable {
        let state: MeetingState
        let there: There
        /// What happens while nobody is busy with it, while somebody is, and both again in panic.
        let actions: [String]
        /// Whether what is there is listed as unexplained.
        var isListed = false
    }

    static let table = [
        Row(state: .creating, there: .absent, actions: ["abandon", "", "", ""]),
        Row(state: .creating, there: .same, actions: ["settle", "", "settle", ""]),
        Row(state: .creating, there: .other, actions: ["settle", "", "settle", ""]),
        Row(state: .running, there: .absent, actions: ["end", "end", "", ""]),
        Row(state: .running, there: .same, actions: ["", "", "", ""]),
        Row(state: .running, there: .other, actions: ["renew", "renew", "renew", "renew"]),
        Row(state: .displaced, there: .absent, actions: ["end", "end", "", ""]),
        Row(state: .displaced, there: .same, actions: ["sweep", "sweep", "", ""]),
        Row(state: .displaced, there: .other, actions: ["end", "end", "", ""], isListed: true),
        Row(state: .ended, there: .absent, actions: ["", "", "", ""]),
        Row(state: .ended, there: .same, actions: ["", "", "", ""], isListed: true),
        Row(state: .ended, there: .other, actions: ["", "", "", ""], isListed: true),
    ]

    @Test func `the table is whole`() {
        #expect(Set(Self.table.map { "\($0.state) \($0.there)" }).count == 12)
        #expect(Self.table.count == MeetingState.allCases.count * There.allCases.count)
    }

    @Test(arguments: table) func `what a meeting is and what is there decide what happens`(row: Row) throws {
        let meeting = Meeting.sample(7, row.state, internal: row.state == .creating ? nil : "m-1")
        let snapshot = try MeetingSnapshot.sample("m", internal: row.there == .other ? "m-2" : "m-1")
        let inventory = row.there == .absent ? [] : [snapshot]
        for (index, name) in row.actions.enumerated() {
            let result = reconcile(
                [meeting], inventory, inFlight: index.isMultiple(of: 2) ? [] : [7], canEnd: index < 2)
            let expected: [Reconciler.Action] =
                switch name {
                case "settle": [.settle(7, snapshot)]
                case "abandon": [.abandon(7)]
                case "renew": [.renew(7, snapshot)]
                case "end": [.end(7)]
                case "sweep": [.sweep(7, snapshot)]
                default: []
                }
            #expect(result.actions == expected, "\(row), column \(index)")
            #expect(result.unexplained == (row.isListed ? [snapshot] : []), "\(row), column \(index)")
        }
    }

    // MARK: unexplained

    @Test func `nothing mapped and nothing there is nothing to do`() {
        #expect(reconcile([], []) == Reconciler.Result())
    }

    @Test func `what no mapping explains is listed in the order of the server`() throws {
        let strangers = try [("b", "b-1"), ("a", "a-1")].map { try MeetingSnapshot.sample($0, internal: $1) }
        let result = reconcile(
            [.sample(1, internal: "m-1")], [strangers[0], try .sample("m", internal: "m-1"), strangers[1]])
        #expect(result.actions.isEmpty)
        #expect(result.unexplained == strangers)
    }

    @Test func `breakouts of mapped meetings are explained and others are not`() throws {
        let main = try MeetingSnapshot.sample("m", internal: "m-1")
        let ours = try MeetingSnapshot.sample("m-1-b", internal: "b-1", breakoutOf: "m-1")
        let orphan = try MeetingSnapshot.sample("x-1-b", internal: "b-2", breakoutOf: "x-1")
        let stranger = try MeetingSnapshot.sample("y", internal: "y-1")
        let strangers = try MeetingSnapshot.sample("y-1-b", internal: "b-3", breakoutOf: "y-1")
        let result = reconcile([.sample(1, internal: "m-1")], [ours, orphan, main, strangers, stranger])
        #expect(result.actions.isEmpty)
        #expect(result.unexplained == [orphan, strangers, stranger])
    }

    @Test func `breakouts of a creating, a renewed and a displaced meeting are explained`() throws {
        let mapped: [Meeting] = [
            .sample(1, id: "c", .creating), .sample(2, id: "r", .running, internal: "r-old"),
            .sample(3, id: "d", .displaced, internal: "d-1"),
        ]
        var inventory: [MeetingSnapshot] = []
        for id in ["c", "r", "d"] {
            inventory.append(try .sample(id, internal: "\(id)-1"))
            inventory.append(try .sample("\(id)-b", internal: "\(id)-b-1", breakoutOf: "\(id)-1"))
        }
        let result = reconcile(mapped, inventory)
        #expect(result.actions == [.settle(1, inventory[0]), .renew(2, inventory[2]), .sweep(3, inventory[4])])
        #expect(result.unexplained.isEmpty)
    }

    @Test func `a breakout of what a meeting was before it was renewed is not explained`() throws {
        let now = try MeetingSnapshot.sample("m", internal: "m-2")
        let breakout = try MeetingSnapshot.sample("b", internal: "b-1", breakoutOf: "m-1")
        let result = reconcile([.sample(1, internal: "m-1")], [now, breakout])
        #expect(result.actions == [.renew(1, now)])
        #expect(result.unexplained == [breakout])
    }

    // MARK: displaced copies

    @Test func `a displaced copy is swept by its internal id and a stranger under its id is not`() throws {
        let copy = try MeetingSnapshot.sample("m", internal: "m-1")
        let stranger = try MeetingSnapshot.sample("m", internal: "m-9")
        #expect(reconcile([.sample(1, .displaced, internal: "m-1")], [copy]).actions == [.sweep(1, copy)])
        let other = reconcile([.sample(1, .displaced, internal: "m-1")], [stranger])
        #expect(other.actions == [.end(1)])
        #expect(other.unexplained == [stranger])
    }

    @Test func `a displaced copy is not ended while what took its place is not made`() throws {
        let copy = try MeetingSnapshot.sample("m", internal: "m-1")
        let result = reconcile([.sample(1, .displaced, internal: "m-1")], [copy], isReplaced: false)
        #expect(result.actions.isEmpty)
        #expect(result.unexplained.isEmpty)
    }

    @Test func `a displaced copy whose create was never answered is swept`() throws {
        let copy = try MeetingSnapshot.sample("m", internal: "m-1")
        let result = reconcile([.sample(1, .displaced)], [copy])
        #expect(result.actions == [.sweep(1, copy)])
        #expect(result.unexplained.isEmpty)
    }

    @Test(arguments: [nil, "m-1"])
    func `a meeting that lives on the server again is not swept for the one it replaced`(displaced: String?) throws {
        let live = try MeetingSnapshot.sample("m", internal: "m-2")
        let result = reconcile(
            [.sample(1, .displaced, internal: displaced), .sample(2, .running, internal: "m-2")], [live])
        #expect(result.actions == [.end(1)])
        #expect(result.unexplained.isEmpty)
        #expect(
            reconcile(
                [.sample(1, .displaced, internal: displaced), .sample(2, .running, internal: "m-2")], [live],
                canEnd: false) == Reconciler.Result())
    }

    @Test func `a create in flight is not swept for the unanswered one it replaced`() throws {
        let live = try MeetingSnapshot.sample("m", internal: "m-2")
        let result = reconcile([.sample(1, .displaced), .sample(2, .creating)], [live], inFlight: [2])
        #expect(result.actions == [.end(1)])
        #expect(result.unexplained.isEmpty)
    }

    /// `create` is idempotent: a meeting that is made again on the server of its displaced copy *is* that copy.
    @Test(arguments: [MeetingState.running, .creating])
    func `a copy that is live again is not swept`(state: MeetingState) throws {
        let copy = try MeetingSnapshot.sample("m", internal: "m-1")
        let mapped: [Meeting] = [
            .sample(1, .displaced, internal: "m-1"), .sample(2, state, internal: state == .running ? "m-1" : nil),
        ]
        let result = reconcile(mapped, [copy], inFlight: state == .creating ? [2] : [])
        #expect(result.unexplained.isEmpty)
        #expect(!result.actions.contains(.sweep(1, copy)))
    }

    // MARK: order

    @Test func `actions come in the order in which meetings were made`() throws {
        let mapped: [Meeting] = [
            .sample(9, id: "c"), .sample(2, id: "a"), .sample(5, id: "b", .creating),
        ]
        #expect(reconcile(mapped, []).actions == [.end(2), .abandon(5), .end(9)])
        #expect(reconcile(mapped.reversed(), []).actions == [.end(2), .abandon(5), .end(9)])
    }

    // MARK: properties

    @Test(arguments: UInt64(0)..<200) func `an inventory that is as mapped asks for nothing`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var mapped: [Meeting] = []
        var inventory: [MeetingSnapshot] = []
        var inFlight: Set<MeetingNumber> = []
        for number in Int64(1)...Int64.random(in: 1...20, using: &random) {
            let id = "room-\(number)"
            let name = "\(id)-\(Int.random(in: 1...9, using: &random))"
            if random.chance(0.2) {
                // Somebody is busy with it: whether it is there yet or not says nothing.
                mapped.append(.sample(MeetingNumber(number), id: id, .creating))
                inFlight.insert(MeetingNumber(number))
                if random.chance(0.5) { continue }
            } else {
                mapped.append(.sample(MeetingNumber(number), id: id, internal: name))
            }
            inventory.append(try .sample(id, internal: name))
            for breakout in 0..<Int.random(in: 0...2, using: &random) {
                inventory.append(try .sample("\(id)-b\(breakout)", internal: "\(name)-b\(breakout)", breakoutOf: name))
            }
        }
        mapped.shuffle(using: &random)
        inventory.shuffle(using: &random)
        for canEnd in [true, false] {
            #expect(reconcile(mapped, inventory, inFlight: inFlight, canEnd: canEnd) == Reconciler.Result())
        }
    }

    @Test(arguments: UInt64(0)..<200) func `whatever is there, everything has at most one reason`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var mapped: [Meeting] = []
        var inventory: [MeetingSnapshot] = []
        var inFlight: Set<MeetingNumber> = []
        for number in Int64(1)...12 {
            let id = "room-\(number)"
            let state = MeetingState.allCases.randomElement(using: &random) ?? .running
            let meeting = Meeting.sample(
                MeetingNumber(number), id: id, state, internal: state == .creating ? nil : "\(id)-1")
            if random.chance(0.8) { mapped.append(meeting) }
            if random.chance(0.3) { inFlight.insert(meeting.number) }
            if random.chance(0.7) { inventory.append(try .sample(id, internal: "\(id)-\(random.chance(0.7) ? 1 : 2)")) }
        }
        let result = reconcile(mapped, inventory, inFlight: inFlight)

        // The oracle: what each action must have seen.
        var touched: [MeetingNumber] = []
        var explained: [MeetingSnapshot] = []
        for action in result.actions {
            let number: MeetingNumber
            let seen: MeetingSnapshot?
            switch action {
            case .settle(let one, let snapshot), .renew(let one, let snapshot), .sweep(let one, let snapshot):
                (number, seen) = (one, snapshot)
            case .abandon(let one), .end(let one): (number, seen) = (one, nil)
            }
            touched.append(number)
            let meeting = try #require(mapped.first { $0.number == number })
            let there = inventory.first { $0.meetingID == meeting.key.meetingID }
            if let seen { explained.append(seen) }
            switch action {
            case .settle: #expect(meeting.state == .creating && !inFlight.contains(number) && seen == there)
            case .abandon: #expect(meeting.state == .creating && !inFlight.contains(number) && there == nil)
            case .renew:
                #expect(meeting.state == .running && seen == there)
                #expect(seen?.internalMeetingID != meeting.internalMeetingID)
            case .sweep:
                #expect(meeting.state == .displaced && seen == there)
                #expect(seen?.internalMeetingID == meeting.internalMeetingID)
            case .end:
                #expect(meeting.state == .running || meeting.state == .displaced)
                #expect(there == nil || there?.internalMeetingID != meeting.internalMeetingID)
                if meeting.state == .running { #expect(there == nil) }
            }
        }
        #expect(touched == touched.sorted())
        #expect(Set(touched).count == touched.count)
        #expect(Set(explained).isDisjoint(with: result.unexplained))

        let panic = reconcile(mapped, inventory, inFlight: inFlight, canEnd: false)
        #expect(panic.unexplained == result.unexplained)
        #expect(
            panic.actions
                == result.actions.filter {
                    switch $0 {
                    case .settle, .renew: true
                    case .abandon, .end, .sweep: false
                    }
                })
        #expect(
            reconcile(mapped.shuffled(using: &random), inventory.reversed(), inFlight: inFlight).actions
                == result.actions)
    }
}
