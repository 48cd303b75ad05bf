/// The id that a front-end chose for a meeting. It is not empty; BigBlueButton wants 2 to 256 UTF-16 units.
public struct MeetingID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init?(rawValue: String) {
        guard !rawValue.isEmpty else { return nil }
        self.rawValue = rawValue
    }

    /// Octet by octet, as servers compare: two spellings of one letter are two ids.
    public static func == (left: MeetingID, right: MeetingID) -> Bool { left.rawValue.isSame(as: right.rawValue) }

    public func hash(into hasher: inout Hasher) { rawValue.hashOctets(into: &hasher) }

    public var description: String { rawValue }

    /// Whether it is written as the beginning of an internal id is: hexadecimal digits, a hyphen, a time.
    public var mayBeginAnInternalID: Bool {
        rawValue.utf8.count < 60
            && rawValue.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// Whether a server would make `internal` out of this id: `sha1hex(meetingID)-createTime` (`bbb-api.md` 4.1).
    public func names(_ internal: InternalMeetingID) -> Bool {
        `internal`.rawValue.hasPrefix(sha1Hex(rawValue) + "-")
    }
}

/// The id that a server gave a meeting: another one each time the meeting is created.
public struct InternalMeetingID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init?(rawValue: String) {
        guard !rawValue.isEmpty else { return nil }
        self.rawValue = rawValue
    }

    /// Octet by octet, as servers compare: two spellings of one letter are two ids.
    public static func == (left: InternalMeetingID, right: InternalMeetingID) -> Bool {
        left.rawValue.isSame(as: right.rawValue)
    }

    public func hash(into hasher: inout Hasher) { rawValue.hashOctets(into: &hasher) }

    public var description: String { rawValue }
}

/// A time as BigBlueButton writes it: milliseconds since 1970. The only place where that unit is spelled out.
public struct WireTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// - Returns: `nil` when the text is not a number, or none that is a time.
    public init?(text: String) {
        // To the end of the year 9999: what is beyond is no time, and could not be reckoned with.
        guard let milliseconds = Int64(text), (0...253_402_300_799_999).contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }

    public static func < (left: WireTime, right: WireTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The time from `earlier` until this one; negative when it is later.
    public func since(_ earlier: WireTime) -> Duration {
        .milliseconds(milliseconds - earlier.milliseconds)
    }

    public func advanced(by duration: Duration) -> WireTime {
        let (seconds, attoseconds) = duration.components
        return WireTime(
            milliseconds: milliseconds + seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }

    public var description: String { String(milliseconds) }
}
