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

    /// One address of ours in a document, as the whole text of an element.
    private struct Found {
        let element: String
        let kind: CallerCallbacks.Kind
        let meeting: MeetingNumber
        let key: String
        let range: Range<Int>
    }

    /// The meetings whose addresses stand in a document.
    static func meetings(in octets: some RandomAccessCollection<UInt8>) -> Set<MeetingNumber> {
        Set(find(in: Array(octets)).map(\.meeting))
    }

    /// The document with the callers' addresses where ours stood: in the metadata of meetings and of recordings.
    static func restoring(
        _ octets: some RandomAccessCollection<UInt8>, meeting: (MeetingNumber) -> Meeting?
    ) -> [UInt8] {
        let document = Array(octets)
        var result: [UInt8] = []
        var at = 0
        for found in find(in: document) {
            // A caller can write what looks like an address of ours, but none with the key of another one's meeting.
            guard let meeting = meeting(found.meeting), isKey(found.key, found.kind.rawValue, of: meeting),
                let url = meeting.callbacks.url(named: found.element)
            else { continue }
            var writer = XMLWriter()
            writer.characters(url)
            result += document[at..<found.range.lowerBound]
            result += writer.octets
            at = found.range.upperBound
        }
        return at == 0 ? document : result + document[at...]
    }

    private static func find(in document: [UInt8]) -> [Found] {
        var found: [Found] = []
        var at = 0
        while let hit = firstPath(in: document, from: at) {
            at = hit + path.count
            guard let start = document[..<hit].lastIndex(of: UInt8(ascii: ">")),
                let open = document[..<start].lastIndex(of: UInt8(ascii: "<")),
                let end = document[at...].firstIndex(of: UInt8(ascii: "<"))
            else { continue }
            let name = String(decoding: document[(open + 1)..<start], as: UTF8.self)
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

    /// Lists are long and mostly without any: looked for octet by octet.
    private static func firstPath(in document: [UInt8], from start: Int) -> Int? {
        document.withUnsafeBufferPointer { document in
            path.withUnsafeBufferPointer { path in
                var at = start
                while at <= document.count - path.count {
                    if document[at] == path[0], document[at + 1] == path[1],
                        document[at..<(at + path.count)].elementsEqual(path)
                    {
                        return at
                    }
                    at += 1
                }
                return nil
            }
        }
    }
}

extension Fleet {
    /// An answer of a server as its caller shall see it.
    func restoring(_ octets: some RandomAccessCollection<UInt8>) -> [UInt8] {
        Addresses.restoring(octets) { number in store.roster { $0.meetings[number] } }
    }
}
