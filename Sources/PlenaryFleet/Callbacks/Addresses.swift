internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

/// Addresses of ours that servers and browsers get for one meeting: `BASE/callbacks/KIND/NUMBER/KEY`. The key is made of the
/// meeting's token, which never leaves us, and of the kind, so that one address does not give another away.
enum Addresses {
    static func callback(_ kind: CallerCallbacks.Kind, of meeting: Meeting, base: String) -> String? {
        meeting.token.map { "\(base)/callbacks/\(kind.rawValue)/\(meeting.number)/\(key(kind.rawValue, $0))" }
    }

    static func key(_ purpose: String, _ token: Secret) -> String {
        KeyedHash.hex(of: "callback \(purpose)", key: token)
    }

    static func isKey(_ key: String, _ purpose: String, of meeting: Meeting) -> Bool {
        meeting.token.map { KeyedHash.matches(key, "callback \(purpose)", key: $0) } ?? false
    }

    private static let path = Array("/callbacks/".utf8)
    /// Octets of an address before that path, and behind it.
    private static let longestBase = 512
    private static let longestRest = 128

    /// One address of ours in a document, as the whole text of an element.
    private struct Found {
        let element: String
        let kind: CallerCallbacks.Kind
        let meeting: MeetingNumber
        let key: String
        let range: Range<Int>
    }

    /// How the documents are written in which addresses of ours stand.
    private enum Form {
        /// `<endcallbackurl>ADDRESS</endcallbackurl>`
        case xml
        /// `"endcallbackurl":"ADDRESS"`
        case json

        /// What stands before an address, and behind it.
        var bounds: (UInt8, UInt8) {
            switch self {
            case .xml: (UInt8(ascii: ">"), UInt8(ascii: "<"))
            case .json: (UInt8(ascii: "\""), UInt8(ascii: "\""))
            }
        }

        /// The name of the value that begins at a place.
        func name(before start: Int, in document: [UInt8]) -> String? {
            switch self {
            case .xml:
                guard let open = document[..<start].suffix(80).lastIndex(of: UInt8(ascii: "<")) else { return nil }
                return String(decoding: document[(open + 1)..<start], as: UTF8.self)
            case .json:
                let before = document[..<start].suffix(80)
                guard let colon = before.lastIndex(of: UInt8(ascii: ":")),
                    let end = before[..<colon].lastIndex(of: UInt8(ascii: "\"")),
                    let open = before[..<end].lastIndex(of: UInt8(ascii: "\""))
                else { return nil }
                // The summary for analytics spells names in its own way (`bbb-api.md` 10.3).
                return String(decoding: before[(open + 1)..<end].map { $0 == 0x5F ? 0x2D : $0 }, as: UTF8.self)
            }
        }
    }

    /// The meetings whose addresses stand in a document.
    static func meetings(in octets: some RandomAccessCollection<UInt8>) -> Set<MeetingNumber> {
        Set(find(in: Array(octets), .xml).map(\.meeting))
    }

    /// The meetings whose addresses stand in a JSON document.
    static func meetings(inJSON text: String) -> Set<MeetingNumber> {
        Set(find(in: Array(text.utf8), .json).map(\.meeting))
    }

    /// The same, of those addresses that have the right key: a caller can write what looks like one into his metadata.
    static func proven(
        in octets: some RandomAccessCollection<UInt8>, meeting: (MeetingNumber) -> Meeting?
    ) -> Set<MeetingNumber> {
        let proven = find(in: Array(octets), .xml).filter { found in
            meeting(found.meeting).map { isKey(found.key, found.kind.rawValue, of: $0) } ?? false
        }
        return Set(proven.map(\.meeting))
    }

    /// The document with the callers' addresses where ours stood: in the metadata of meetings and of recordings.
    static func restoring(
        _ octets: some RandomAccessCollection<UInt8>, meeting: (MeetingNumber) -> Meeting?
    ) -> [UInt8] {
        restoring(Array(octets), .xml, meeting) { url in
            var writer = XMLWriter()
            writer.characters(url)
            return writer.octets
        }
    }

    /// The same for JSON: events of web hooks, and analytics.
    static func restoringJSON(_ text: String, meeting: (MeetingNumber) -> Meeting?) -> String {
        let restored = restoring(Array(text.utf8), .json, meeting) { url in
            Array(JSONText.quoted(url).utf8.dropFirst().dropLast())
        }
        return String(decoding: restored, as: UTF8.self)
    }

    private static func restoring(
        _ document: [UInt8], _ form: Form, _ meeting: (MeetingNumber) -> Meeting?, written: (String) -> [UInt8]
    ) -> [UInt8] {
        var result: [UInt8] = []
        var at = 0
        for found in find(in: document, form) {
            // A caller can write what looks like an address of ours, but none with the key of another one's meeting.
            guard let meeting = meeting(found.meeting), isKey(found.key, found.kind.rawValue, of: meeting),
                let url = meeting.callbacks.url(named: found.element)
            else { continue }
            result += document[at..<found.range.lowerBound]
            result += written(url)
            at = found.range.upperBound
        }
        return at == 0 ? document : result + document[at...]
    }

    private static func find(in document: [UInt8], _ form: Form) -> [Found] {
        var found: [Found] = []
        var at = 0
        let (before, behind) = form.bounds
        while let hit = document.firstIndex(of: path, from: at) {
            at = hit + path.count
            // Neither part is long: whoever writes the path into a long text costs no more than that.
            guard let start = document[..<hit].suffix(longestBase).lastIndex(of: before),
                let end = document[at...].prefix(longestRest).firstIndex(of: behind),
                let name = form.name(before: start, in: document)
            else { continue }
            let parts = String(decoding: document[at..<end], as: UTF8.self).split(separator: "/")
            guard CallerCallbacks.metadataNames.contains(name), parts.count == 3,
                let kind = CallerCallbacks.Kind(rawValue: String(parts[0])), let number = Int64(parts[1])
            else { continue }
            found.append(
                Found(
                    element: name, kind: kind, meeting: MeetingNumber(number), key: String(parts[2]),
                    range: (start + 1)..<end))
            at = end
        }
        return found
    }
}

extension Fleet {
    /// An answer of a server as its caller shall see it.
    func restoring(_ octets: some RandomAccessCollection<UInt8>) -> [UInt8] {
        Addresses.restoring(octets) { number in
            store.roster { roster in
                // One that was taken back has another number, and its server the addresses of the first.
                roster.meetings[number] ?? roster.meetings.values.first { $0.replaces == number }
            }
        }
    }

    /// The same for an event, which may be about a meeting that is over.
    func restoringJSON(_ text: String) async throws -> String {
        var meetings: [MeetingNumber: Meeting] = [:]
        for number in Addresses.meetings(inJSON: text) { meetings[number] = try await store.meeting(number)?.meeting }
        return Addresses.restoringJSON(text) { meetings[$0] }
    }
}
