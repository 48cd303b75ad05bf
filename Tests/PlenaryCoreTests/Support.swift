import BigBlueButton

@testable import PlenaryCore

/// A small seeded generator: the seed is a test's argument, so a failure names it.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(Int.random(in: range, using: &self))
    }
}

extension ServerID: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) { self.init(value) }
}

extension MeetingNumber: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) { self.init(value) }
}

extension HealthFault {
    static let timeout = HealthFault.unreachable("timeout")
}

extension Meeting {
    static func sample(
        _ number: MeetingNumber, id: String = "m", account: AccountID = .default, on server: ServerID = 1,
        _ state: MeetingState = .running, internal: String? = nil
    ) -> Meeting {
        Meeting(
            number: number, key: MeetingKey(account: account, meetingID: made(MeetingID(rawValue: id))),
            name: "Algebra",
            server: server, state: state, epoch: 1,
            internalMeetingID: `internal`.flatMap(InternalMeetingID.init(rawValue:)),
            createTime: WireTime(milliseconds: 1_700_000_000_000), attendeePW: "ap", moderatorPW: "mp",
            expectedLoad: 12, creator: "node-1", createdAt: WireTime(milliseconds: 1_700_000_000_000), isEnding: false)
    }
}

extension MeetingSnapshot {
    /// What a server would say about such a meeting.
    static func sample(
        _ id: String, internal: String, breakoutOf parent: String? = nil, users: String = "0", cameras: String = "0"
    ) throws -> MeetingSnapshot {
        let breakout = parent.map { "<isBreakout>true</isBreakout><parentMeetingID>\($0)</parentMeetingID>" } ?? ""
        let xml = """
            <meeting><meetingID>\(id)</meetingID><internalMeetingID>\(`internal`)</internalMeetingID>\
            <createTime>1700000000000</createTime><participantCount>\(users)</participantCount>\
            <videoCount>\(cameras)</videoCount>\(breakout)</meeting>
            """
        return made(MeetingSnapshot(try XMLReader.read(Array(xml.utf8))))
    }
}

/// What the test itself wrote is there; if not, the test is wrong.
func made<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a value that the test wrote is not valid") }
    return value
}
