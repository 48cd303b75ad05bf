/// The id of a recording: that of the session which was recorded (`bbb-api.md` 4.1). It is not empty.
public struct RecordID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    public let rawValue: String

    public init?(rawValue: String) {
        guard !rawValue.isEmpty else { return nil }
        self.rawValue = rawValue
    }

    /// Octet by octet, as servers compare: two spellings of one letter are two ids.
    public static func == (left: RecordID, right: RecordID) -> Bool { left.rawValue.isSame(as: right.rawValue) }

    public func hash(into hasher: inout Hasher) { rawValue.hashOctets(into: &hasher) }

    public static func < (left: RecordID, right: RecordID) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }

    public var description: String { rawValue }
}

/// The answer to `getRecordings` (`bbb-api.md` 6.1).
public struct RecordingsReply: Sendable {
    /// In the order of the server, which is none (`bbb-api.md` 14.17).
    public let entries: [Entry]

    /// - Parameter reply: read without skipping anything; an entry cannot tell what the reader did not look at.
    /// - Returns: `nil` when the reply is a failure, has no list without saying that there is none, or has a recording
    ///   in it that no call could name: a list that is not understood as a whole is no list, or what is missing in it
    ///   would count as deleted.
    public init?(_ reply: Reply) {
        guard reply.isSuccess else { return nil }
        guard let list = reply.root.child("recordings") else {
            guard reply.messageKey == .noRecordings else { return nil }
            entries = []
            return
        }
        var entries: [Entry] = []
        for element in list.children(named: "recording") {
            guard let entry = Entry(element, in: reply.octets) else { return nil }
            entries.append(entry)
        }
        self.entries = entries
    }

    /// A recording as a server describes it (`bbb-api.md` 6.1): what is asked about it, and the octets it came in.
    public struct Entry: Sendable {
        /// What every other call names it by.
        public let recordID: RecordID
        /// The front-end's id; empty when the server told none.
        public let meetingID: String
        /// The same as the id of the recording; servers before 1.1 tell none.
        public let internalMeetingID: InternalMeetingID?
        /// The meeting's name.
        public let name: String
        /// `processing`, `processed`, `published`, `unpublished` or `deleted`, or what a later BigBlueButton calls it.
        ///
        /// A stored `available` is `published`. Servers before 1.0 tell nothing but `<published>`.
        public let state: String
        /// 0 when the server wrote no number.
        public let startTime: WireTime
        /// With those that BigBlueButton adds: `meetingId`, `meetingName` and `isBreakout`.
        public let metadata: [Metadatum]
        /// What can be played; none before it is processed.
        public let formats: [Format]
        /// The `<recording>`, with ranges in ``octets``.
        public let element: XMLElement
        /// The `<recording>` as the server wrote it, and nothing else: what an ``XMLRewriter`` takes to change it.
        public let octets: [UInt8]

        /// One child of `<metadata>` (`bbb-api.md` 5.1.2).
        public struct Metadatum: Sendable, Equatable {
            /// In the letter case in which it is stored.
            public let name: String
            public let value: String
            public let element: XMLElement
        }

        /// One `<format>` of `<playback>` (`bbb-api.md` 6.1).
        public struct Format: Sendable, Equatable {
            /// `presentation`, `video`, `podcast`, ...
            public let type: String
            public let element: XMLElement
        }

        /// - Parameters:
        ///   - element: a `<recording>`, all of it.
        ///   - document: what it was read from.
        /// - Returns: `nil` when it has no id.
        public init?(_ element: XMLElement, in document: [UInt8]) {
            guard let recordID = element.text(of: "recordID").flatMap(RecordID.init(rawValue:)) else { return nil }
            self.recordID = recordID
            meetingID = element.text(of: "meetingID") ?? ""
            internalMeetingID = element.text(of: "internalMeetingID").flatMap(InternalMeetingID.init(rawValue:))
            name = element.text(of: "name") ?? ""
            switch element.text(of: "state") ?? "" {
            case "available": state = "published"
            case "": state = element.text(of: "published") == "true" ? "published" : "unpublished"
            case let other: state = other
            }
            startTime = element.text(of: "startTime").flatMap(WireTime.init(text:)) ?? WireTime(milliseconds: 0)
            octets = Array(document[element.range])
            let own = element.moved(back: element.range.lowerBound)
            self.element = own
            metadata = (own.child("metadata")?.children ?? []).map {
                Metadatum(name: $0.name, value: $0.text, element: $0)
            }
            formats = (own.child("playback")?.children(named: "format") ?? []).map {
                Format(type: $0.text(of: "type") ?? "", element: $0)
            }
        }

        /// Whether everybody may watch it.
        public var isPublished: Bool { state == "published" }

        /// Where ``element`` is in ``octets``: all of them.
        public var range: Range<Int> { element.range }
    }
}

extension XMLElement {
    /// This element and all in it, as in a document that begins `distance` octets later.
    fileprivate func moved(back distance: Int) -> XMLElement {
        var result = self
        result.range = (range.lowerBound - distance)..<(range.upperBound - distance)
        result.contentRange = (contentRange.lowerBound - distance)..<(contentRange.upperBound - distance)
        result.children = children.map { $0.moved(back: distance) }
        return result
    }
}

extension MessageKey {
    /// A success without recordings, or a text track for a recording that is not there (`bbb-api.md` 6.1, 6.5, 6.6).
    public static let noRecordings: MessageKey = "noRecordings"
}

extension RecordingsReply: Redacted {}
extension RecordingsReply.Entry: Redacted {}
