/// What a `getRecordings` asks for (`bbb-api.md` 6.1). All filters hold together, also `recordID` with `meetingID`, of
/// which a BigBlueButton server takes only the first (`balancer.md` 9).
public struct RecordingQuery: Sendable {
    /// A recording's id begins with one of these; empty for all.
    public let recordIDs: [String]
    /// A recording is of one of these meetings; empty for all.
    public private(set) var meetingIDs: [MeetingID]
    /// A recording is in one of these states.
    public let states: [String]
    /// `any`: also a state that a later BigBlueButton adds.
    public let includesAnyState: Bool
    /// A recording fulfils each of these; one of a name, the first that was given.
    public private(set) var metadata: [MetadataFilter]
    /// `nil` when everything is wanted at once.
    public let paging: Paging?
    /// What the ids of each meeting's recordings begin with.
    private var meetingPrefixes: [String]

    private static let allStates = ["processing", "processed", "published", "unpublished", "deleted"]
    private static let usualStates = ["published", "unpublished"]

    /// Empty values count as absent, as old clients send them.
    public init(_ call: Call) throws(Refusal) {
        guard call.hasSupportedContentType else { throw .contentType }
        let given = call.signedParameters
        recordIDs = given.commaList("recordID")
        meetingIDs = given.commaList("meetingID").compactMap(MeetingID.init(rawValue:))
        meetingPrefixes = meetingIDs.map { sha1Hex($0.rawValue) }
        let states = given.commaList("state")
        includesAnyState = states.contains("any")
        self.states = includesAnyState ? Self.allStates : states.isEmpty ? Self.usualStates : states
        metadata = MetadataFilter.all(in: given)
        paging = Paging(given)
    }

    /// A part of the list: `offset` and `limit` (BigBlueButton 2.6).
    public struct Paging: Sendable, Hashable {
        /// Not negative.
        public let offset: Int
        /// 1 to 100.
        public let limit: Int

        /// - Returns: `nil` without a limit that is a number: then there are no pages, and an offset says nothing.
        init?(_ given: Parameters) {
            guard let limit = Self.integer(given.cleaned("limit")) else { return nil }
            self.limit = min(max(limit, 1), 100)
            offset = max(Self.integer(given.cleaned("offset")) ?? 0, 0)
        }

        /// However many digits it has: what is too large to count with is large.
        private static func integer(_ text: String?) -> Int? {
            guard let text else { return nil }
            if let value = Int(text) { return value }
            let isNegative = text.utf8.first == UInt8(ascii: "-")
            let isSigned = isNegative || text.utf8.first == UInt8(ascii: "+")
            let digits = text.utf8.dropFirst(isSigned ? 1 : 0)
            guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
                return nil
            }
            return isNegative ? .min : .max
        }
    }

    /// One `meta_NAME=VALUE`.
    public struct MetadataFilter: Sendable {
        /// Without `meta_`, in lower case.
        public let name: String
        /// As given: exact, or with `%` at either end or both, which stands for anything.
        public let value: String

        fileprivate static func all(in given: Parameters) -> [MetadataFilter] {
            var seen: Set<String> = []
            return given.all.compactMap { parameter in
                guard let name = Self.name(of: parameter.name.strippingControls), seen.insert(name).inserted else {
                    return nil
                }
                let value = parameter.value.strippingControls
                return value.isEmpty ? nil : MetadataFilter(name: name, value: value)
            }
        }

        /// The rule of `create` (`bbb-api.md` 5.1.2): `meta_`, a letter, then letters, digits and hyphens. A parameter
        /// of another name is none of metadata.
        private static func name(of parameter: String) -> String? {
            let prefix = "meta_".utf8
            guard parameter.utf8.starts(with: prefix) else { return nil }
            let name = parameter.utf8.dropFirst(prefix.count)
            guard let first = name.first, isLetter(first),
                name.allSatisfy({
                    isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
                })
            else { return nil }
            return Substring(name).lowercased()
        }

        private static func isLetter(_ octet: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20)
        }

        /// Whether one of the recording's metadata is so.
        ///
        /// In any letter case of its name: BigBlueButton itself adds `meetingId`, `meetingName` and `isBreakout`, which
        /// its own filters, having been lower-cased, never find.
        fileprivate func matches(_ metadata: [RecordingsReply.Entry.Metadatum]) -> Bool {
            metadata.contains { $0.name.lowercased().isSame(as: name) && matches($0.value) }
        }

        private func matches(_ text: String) -> Bool {
            let wildcard = UInt8(ascii: "%")
            var part = value.utf8[...]
            let isOpenAtStart = part.first == wildcard
            if isOpenAtStart { part = part.dropFirst() }
            let isOpenAtEnd = part.last == wildcard
            if isOpenAtEnd { part = part.dropLast() }
            return switch (isOpenAtStart, isOpenAtEnd) {
            case (false, false): text.utf8.elementsEqual(part)
            case (true, false): text.utf8.suffix(part.count).elementsEqual(part)
            case (false, true): text.utf8.starts(with: part)
            case (true, true): part.isEmpty || text.utf8.contains(part)
            }
        }

        /// A single wildcard is both its first and its last character to BigBlueButton, which breaks on that.
        fileprivate var valueForServers: String { value == "%" ? "%%" : value }
    }

    /// The same query in the ids by which servers know the meetings.
    public func renamed(_ rename: (MeetingID) -> MeetingID) -> RecordingQuery {
        var result = self
        result.meetingIDs = meetingIDs.map(rename)
        result.meetingPrefixes = result.meetingIDs.map { sha1Hex($0.rawValue) }
        result.metadata = metadata.map { filter in
            // What BigBlueButton itself writes into the metadata; what begins with anything has no beginning to change.
            guard filter.name == "meetingid", !filter.value.hasPrefix("%"), let id = MeetingID(rawValue: filter.value)
            else { return filter }
            return MetadataFilter(name: filter.name, value: rename(id).rawValue)
        }
        return result
    }

    /// Whether recordings or meetings are named: then "none" says something about them.
    public var namesSome: Bool { !recordIDs.isEmpty || !meetingIDs.isEmpty }

    /// Whether the recording is one of those that are named, in whatever state it is: the recordings, if there are such,
    /// else those of the meetings.
    public func names(_ entry: RecordingsReply.Entry) -> Bool {
        recordIDs.isEmpty ? isOfMeeting(entry) : isOfRecordings(entry)
    }

    private func isOfRecordings(_ entry: RecordingsReply.Entry) -> Bool {
        let recordID = entry.recordID.rawValue.utf8
        return recordIDs.contains { recordID.starts(with: $0.utf8) }
    }

    private func isOfMeeting(_ entry: RecordingsReply.Entry) -> Bool {
        let recordID = entry.recordID.rawValue.utf8
        return meetingPrefixes.contains { recordID.starts(with: $0.utf8) }
            || meetingIDs.contains { $0.rawValue.isSame(as: entry.meetingID) }
    }

    /// Whether the recording is one that was asked for, whatever page it stands on.
    public func matches(_ entry: RecordingsReply.Entry) -> Bool {
        guard recordIDs.isEmpty || isOfRecordings(entry), meetingIDs.isEmpty || isOfMeeting(entry),
            includesAnyState || states.contains(where: { $0.isSame(as: entry.state) })
        else { return false }
        return metadata.allSatisfy { $0.matches(entry.metadata) }
    }

    /// What each server is asked: all that may be wanted, whichever page it comes to stand on.
    ///
    /// Meetings are named by what the ids of their recordings begin with, which survives the server's second decoding.
    /// What is named is asked for in any state, and ``matches(_:)`` chooses: whether it is there at all tells a recording
    /// that is left out from one that nobody could be asked about. Without names the state is there, so that the query is
    /// never empty, and filters for metadata go along, so a real server leaves out what only ``matches(_:)`` would find:
    /// names that it stored in mixed case.
    public var forServers: Parameters {
        var result = Parameters()
        let prefixes = recordIDs.isEmpty ? meetingPrefixes : recordIDs
        guard prefixes.isEmpty else { return ["recordID": Self.encodedTwice(prefixes), "state": "any"] }
        result["state"] = includesAnyState ? "any" : Self.encodedTwice(states)
        for filter in metadata { result["meta_\(filter.name)"] = filter.valueForServers }
        return result
    }

    /// What a server is asked to tell which of these recordings it has, in whatever state. It tells of all whose ids
    /// begin so (`bbb-api.md` 14.19).
    public static func forServers(_ ids: [RecordID]) -> Parameters {
        ["recordID": encodedTwice(ids.map(\.rawValue)), "state": "any"]
    }

    /// Servers decode lists of ids and states once more (`bbb-api.md` 6.1): a `+` would be lost, and a `%` that escapes
    /// nothing breaks the call.
    private static func encodedTwice(_ list: [String]) -> String {
        let octets = list.joined(separator: ",").utf8.flatMap { octet -> [UInt8] in
            switch octet {
            case UInt8(ascii: "%"): Array("%25".utf8)
            case UInt8(ascii: "+"): Array("%2B".utf8)
            default: [octet]
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}

extension Parameters {
    /// The parts of a list with commas, each without control characters and trimmed, none of them empty.
    func commaList(_ name: String) -> [String] {
        // Cut by octets: a combining character behind a comma would make another Character of it.
        (cleaned(name) ?? "").utf8.split(separator: UInt8(ascii: ","))
            .map { String(Substring($0)).strippingControls }.filter { !$0.isEmpty }
    }
}

extension RecordingQuery: Redacted {}
