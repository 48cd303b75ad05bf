internal import BigBlueButton

/// What `getRecordings` asks for, read the way a server reads it (`bbb-api.md` 6.1).
struct SimulatedRecordingFilter {
    /// Beginnings of record ids; none: any.
    private let prefixes: [String]
    private let states: Set<SimulatedRecording.State>
    /// Names without `meta_`, in lower case.
    private let metadata: [Parameters.Parameter]
    let offset: Int
    /// `nil`: there are no pages.
    let limit: Int?
    /// Nothing was asked for.
    let wantsEverything: Bool

    /// - Returns: `nil` for what makes a real server fail: an escape that is broken when ids and states are decoded for
    ///   the second time, and an empty filter (`bbb-api.md` 3.5).
    init?(_ given: Parameters) {
        guard let recordIDs = Self.list("recordID", in: given), let meetingIDs = Self.list("meetingID", in: given),
            let stateNames = Self.list("state", in: given)
        else { return nil }
        let filters = given.all.compactMap { parameter -> Parameters.Parameter? in
            guard let name = SimulatedBBB.metadataName(parameter.name) else { return nil }
            return Parameters.Parameter(name: name, value: Parameters([parameter]).sanitized(parameter.name) ?? "")
        }
        guard filters.allSatisfy({ !$0.value.isEmpty }) else { return nil }
        let wantedLimit = given.sanitized("limit").flatMap { Int($0) }
        let wantedOffset = given.sanitized("offset").flatMap { Int($0) }
        let isNamed = !recordIDs.isEmpty || !meetingIDs.isEmpty || !stateNames.isEmpty || !filters.isEmpty
        prefixes = recordIDs.isEmpty ? meetingIDs.map { sha1Hex($0) } : recordIDs
        if stateNames.isEmpty {
            states = [.published, .unpublished]
        } else if stateNames.contains("any") {
            states = Set(SimulatedRecording.State.allCases)
        } else {
            states = Set(stateNames.compactMap(SimulatedRecording.State.init(rawValue:)))
        }
        metadata = filters
        limit = wantedLimit.map { min(max($0, 1), 100) }
        offset = max(0, wantedOffset ?? 0)
        wantsEverything = !isNamed && wantedLimit == nil
    }

    /// The parts of a list with commas, decoded once more than the parameter was; an empty one counts as none.
    private static func list(_ name: String, in given: Parameters) -> [String]? {
        FormCoding.decode(given.sanitized(name) ?? "")?.split(separator: ",").map(String.init)
    }

    func matches(_ recording: SimulatedRecording) -> Bool {
        guard states.contains(recording.state),
            prefixes.isEmpty || prefixes.contains(where: { recording.recordID.hasPrefix($0) })
        else { return false }
        // Names that are stored with capitals are never found: those of filters have none.
        return metadata.allSatisfy { wanted in
            recording.metadata.contains { $0.name == wanted.name && Self.isLike($0.value, wanted.value) }
        }
    }

    /// `%` at either end of a pattern stands for anything.
    private static func isLike(_ value: String, _ pattern: String) -> Bool {
        let octets = Array(value.utf8)
        let wildcard = UInt8(ascii: "%")
        var wanted = Array(pattern.utf8)[...]
        let isOpenAtStart = wanted.first == wildcard
        if isOpenAtStart { wanted = wanted.dropFirst() }
        let isOpenAtEnd = wanted.last == wildcard
        if isOpenAtEnd { wanted = wanted.dropLast() }
        switch (isOpenAtStart, isOpenAtEnd) {
        case (false, false): return octets.elementsEqual(wanted)
        case (true, false): return octets.suffix(wanted.count).elementsEqual(wanted)
        case (false, true): return octets.starts(with: wanted)
        case (true, true):
            guard octets.count >= wanted.count else { return false }
            return (0...(octets.count - wanted.count)).contains { octets[$0...].starts(with: wanted) }
        }
    }
}
