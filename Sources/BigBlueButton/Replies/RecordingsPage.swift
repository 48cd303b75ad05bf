/// The recordings of several servers as the answer of one: merged, chosen, sorted and paged (`bbb-api.md` 6.1).
public struct RecordingsPage: Sendable {
    /// Those that go out, newest first.
    public let entries: [RecordingsReply.Entry]
    /// How many the query found, on all pages. Recordings, not formats as a server counts (`bbb-api.md` 14.18).
    public let total: Int
    /// Which page this is; `nil` when it is all there is.
    public let paging: RecordingQuery.Paging?

    /// - Parameters:
    ///   - replies: what each server listed; the order decides between copies of which none is published.
    ///   - query: what the caller asked.
    public init(merging replies: [[RecordingsReply.Entry]], query: RecordingQuery) {
        var copies: [RecordID: [RecordingsReply.Entry]] = [:]
        for entry in replies.joined() { copies[entry.recordID, default: []].append(entry) }
        // Servers list in any order, and in another one the next time: without one of ours pages would overlap.
        let found = copies.values.map(Self.merged).filter(query.matches).sorted {
            ($1.startTime, $0.recordID) < ($0.startTime, $1.recordID)
        }
        total = found.count
        paging = query.paging
        entries = paging.map { Array(found.dropFirst($0.offset).prefix($0.limit)) } ?? found
    }

    /// One recording of its copies: the published one, else the first, with what formats the others have beside it.
    ///
    /// Only copies in the same state give formats: what is unpublished on one server must not come out as published
    /// because another has a part of it, and what is deleted is gone.
    private static func merged(_ copies: [RecordingsReply.Entry]) -> RecordingsReply.Entry {
        let chosen = copies.firstIndex(where: \.isPublished) ?? 0
        let entry = copies[chosen]
        var types = Set(entry.formats.map { Array($0.type.utf8) })
        var added: [UInt8] = []
        for (index, copy) in copies.enumerated() where index != chosen && copy.state.isSame(as: entry.state) {
            for format in copy.formats where types.insert(Array(format.type.utf8)).inserted {
                added += copy.octets[format.element.range]
            }
        }
        return added.isEmpty ? entry : entry.adding(formats: added)
    }

    /// The answer, octet by octet as BigBlueButton writes it (`bbb-api.md` 6.1).
    ///
    /// - Parameter rewrite: what goes out of an entry: its octets, or those that an ``XMLRewriter`` made of them.
    public func octets(rewrite: (RecordingsReply.Entry) -> [UInt8] = { $0.octets }) -> [UInt8] {
        XMLWriter.response(.success) { response in
            response.element("recordings") { list in
                for entry in entries { list.raw(rewrite(entry)) }
            }
            if entries.isEmpty {
                response.element("messageKey", MessageKey.noRecordings.rawValue)
                response.element("message", "There are no recordings for the meeting(s).")
            }
            if let paging { write(paging, to: &response) }
        }
    }

    private func write(_ paging: RecordingQuery.Paging, to response: inout XMLWriter) {
        response.element("pagination") { pagination in
            pagination.element("pageable") { pageable in
                pageable.element("offset", paging.offset)
                pageable.element("limit", paging.limit)
                pageable.element("paged", true)
                pageable.element("unpaged", false)
            }
            pagination.element("totalElements", total)
            pagination.element("empty", entries.isEmpty)
        }
    }
}

extension RecordingsReply.Entry {
    /// This recording with more formats behind its own.
    fileprivate func adding(formats: [UInt8]) -> RecordingsReply.Entry {
        var rewriter = XMLRewriter(octets)
        if let playback = element.child("playback") {
            rewriter.append(to: playback) { $0.raw(formats) }
        } else {
            rewriter.append(to: element) { recording in
                recording.element("playback") { $0.raw(formats) }
            }
        }
        let octets = rewriter.finished()
        let limits = XMLLimits(size: octets.count, depth: .max, elements: .max)
        // Both parts were read before, so the whole is read too; without those formats the recording is still right.
        guard let element = try? XMLReader.read(octets, limits: limits),
            let entry = RecordingsReply.Entry(element, in: octets)
        else { return self }
        return entry
    }
}

extension RecordingsPage: Redacted {}
