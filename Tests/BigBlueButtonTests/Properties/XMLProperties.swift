@testable import BigBlueButton

/// The reader, the rewriter, and answers.
enum XMLProperties {
    private static func outcome(
        _ document: [UInt8], skipping: Set<String> = [], limits: XMLLimits = XMLLimits()
    ) -> Result<XMLElement, XMLFault> {
        do throws(XMLFault) { return .success(try XMLReader.read(document, skipping: skipping, limits: limits)) } catch
        {
            return .failure(error)
        }
    }

    // MARK: reading

    static func read(_ document: [UInt8]) throws {
        let skipping = MeetingsReply.details.union(["s"])
        let whole = outcome(document)
        let skipped = outcome(document, skipping: skipping)
        switch (whole, skipped) {
        case (.success(let whole), .success(let skipped)):
            try require(document.text.utf8.elementsEqual(document), "accepted, though it is not UTF-8")
            try require(whole.rangeFaults(in: document).isEmpty, "\(whole.rangeFaults(in: document))")
            let scanned = try XMLScan.root(of: document)
            if let difference = whole.difference(from: scanned) { throw Broken(difference) }
            if let difference = skipped.difference(from: scanned, skipping: skipping) { throw Broken(difference) }
        case (.failure(let fault), .failure(let other)):
            try require(fault == other, "\(fault), with something skipped \(other)")
        default:
            throw Broken("read and not read: \(whole), with something skipped \(skipped)")
        }
        try limited(document, whole)
        try limited(document, whole, skipping: skipping)
    }

    /// Small limits refuse what is over them, and nothing else.
    private static func limited(
        _ document: [UInt8], _ whole: Result<XMLElement, XMLFault>, skipping: Set<String> = []
    ) throws {
        let limits = XMLLimits(size: 2_000, depth: 4, elements: 12)
        let limited = outcome(document, skipping: skipping, limits: limits)
        guard case .success(let root) = whole else {
            if case .success = limited { throw Broken("read only with limits") }
            return
        }
        let all = root.flattened()
        let fits =
            document.count <= limits.size && all.count <= limits.elements
            && all.allSatisfy { $0.path.count < limits.depth }
        switch limited {
        case .success: try require(fits, "read, though it is over the limits")
        case .failure(.malformed), .failure(.documentType): throw Broken("with limits it is not well-formed")
        case .failure: try require(!fits, "refused, though it is not over the limits")
        }
    }

    // MARK: rewriting

    static func rewrite(_ document: [UInt8]) throws {
        try require(XMLRewriter(document).finished() == document, "without edits something changes")
        guard case .success(let root) = outcome(document) else { return }
        var generator = SplitMix64(octets: document)
        for _ in 0..<4 {
            var edits: [[Int]: [Edit]] = [:]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                guard let (path, _) = root.flattened().randomElement(using: &generator) else { continue }
                // Two edits of one place are not to be had, and what is inside of an edited element is gone.
                let isTaken = edits.keys.contains { $0.starts(with: path) || path.starts(with: $0) }
                if !isTaken { edits[path] = Edit.random(for: path, document, using: &generator) }
            }
            try rewrite(document, root, edits, using: &generator)
        }
    }

    private enum Edit {
        case replace(String)
        case append(String)
        case appendSection(String)
        case remove

        static func random(for path: [Int], _ document: [UInt8], using generator: inout SplitMix64) -> [Edit] {
            let start = Int.random(in: 0...document.count, using: &generator)
            let text = Array(document[start...].prefix(Int.random(in: 0...40, using: &generator))).text
            switch Int.random(in: 0..<5, using: &generator) {
            case 0 where !path.isEmpty: return [.remove]
            case 1: return [.append(text)]
            case 2: return [.append(text), .appendSection(text)]
            case 3: return [.replace(text), .append(text)]
            default: return [.replace(text)]
            }
        }

        func make(in rewriter: inout XMLRewriter, at element: XMLElement) {
            switch self {
            case .replace(let text): rewriter.replaceText(of: element, with: text)
            case .append(let text): rewriter.append(to: element) { $0.element("new", text) }
            case .appendSection(let text): rewriter.append(to: element) { $0.characterData("new", text) }
            case .remove: rewriter.remove(element)
            }
        }
    }

    /// What an element says, without where it says it.
    private struct Said: Equatable {
        var name: [UInt8]
        var attributes: [[UInt8]]
        var text: [UInt8]
        var children: [Said]

        init(_ element: XMLElement) {
            name = Array(element.name.utf8)
            attributes = element.attributes.flatMap { [Array($0.name.utf8), Array($0.value.utf8)] }
            text = Array(element.text.utf8)
            children = element.children.map(Said.init)
        }

        /// After `edits`, told by the ways to the elements.
        func edited(_ edits: [[Int]: [Edit]], at path: [Int] = []) -> Said? {
            var result = self
            result.children = children.enumerated().compactMap { $0.element.edited(edits, at: path + [$0.offset]) }
            for edit in edits[path] ?? [] {
                switch edit {
                case .remove: return nil
                case .replace(let text):
                    result.text = Array(text.fitForXML.utf8)
                    result.children = []
                case .append(let text), .appendSection(let text):
                    var new = result
                    new.name = Array("new".utf8)
                    new.attributes = []
                    new.text = Array(text.fitForXML.utf8)
                    new.children = []
                    result.children.append(new)
                }
            }
            return result
        }

        /// Where an element between them goes, a carriage return and a line feed become one line end.
        var withoutLineEnds: Said {
            var result = self
            result.text = text.filter { $0 != 0x0A }
            result.children = children.map(\.withoutLineEnds)
            return result
        }
    }

    private static func rewrite(
        _ document: [UInt8], _ root: XMLElement, _ edits: [[Int]: [Edit]], using generator: inout SplitMix64
    ) throws {
        var rewriter = XMLRewriter(document)
        for path in edits.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }).shuffled(using: &generator) {
            for edit in edits[path] ?? [] { edit.make(in: &rewriter, at: root.descendant(at: path)) }
        }
        let result = rewriter.finished()
        let places = edits.keys.map { root.descendant(at: $0).range }
        let first = places.map(\.lowerBound).min() ?? 0
        let last = places.map(\.upperBound).max() ?? 0
        try require(result.starts(with: document[..<first]), "something changes before \(first)")
        // A `]]>` that is no longer interrupted is written in another way.
        let after = document[last...].drop { "]>".utf8.contains($0) }
        try require(result.suffix(after.count).elementsEqual(after), "something changes behind \(last)")
        guard case .success(let read) = outcome(result) else {
            throw Broken("\(edits) make \(result.text.debugDescription), which is not well-formed")
        }
        try require(read.rangeFaults(in: result).isEmpty, "\(read.rangeFaults(in: result))")
        let expected = Said(root).edited(edits)?.withoutLineEnds
        try require(Said(read).withoutLineEnds == expected, "\(edits) make \(result.text.debugDescription)")
    }

    // MARK: answers

    static func reply(_ document: [UInt8]) throws {
        let whole = try? Reply(document)
        let reply = try? Reply(document, skipping: MeetingsReply.details)
        try require((whole == nil) == (reply == nil), "an answer only when something is skipped, or not")
        guard let reply, let whole else { return }
        try require(reply.octets == document, "other octets")
        try require(reply.messageKey?.rawValue != "", "an empty key")
        try require(reply.code == whole.code && reply.messageKey == whole.messageKey, "another code or key")
        try require(reply.message.isSame(as: whole.message), "another message")
        try require(!(reply.saysMeetingIsGone && reply.isSuccess), "gone and a success")

        // The refusal that we would answer with says the same.
        let refusal = Refusal(reply.messageKey ?? .internalError, reply.message)
        let again = try? Reply(refusal.xml)
        try require(again?.code == .failed, "a refusal that is no failure")
        try require(again?.messageKey?.rawValue.isSame(as: refusal.key.rawValue) == true, "a refusal with another key")
        try require(again?.message.isSame(as: refusal.message) == true, "a refusal with another message")

        if let create = CreateReply(reply) {
            try require(reply.isSuccess && !create.meetingID.rawValue.isEmpty, "a create of nothing")
            try require(create.createTime.since(WireTime(milliseconds: 0)) >= .zero, "a create before 1970")
        }
        try meetings(reply)
        try recordings(whole)
    }

    private static func meetings(_ reply: Reply) throws {
        guard let meetings = MeetingsReply(reply) else { return }
        var at = 0
        for entry in meetings.entries {
            try require(entry.range.lowerBound >= at && entry.range.upperBound <= reply.octets.count, "out of order")
            at = entry.range.upperBound
            try require(entry.meeting.participantCount >= 0, "less than nobody")
            // What is handed on to front-ends is a meeting by itself.
            let alone = Array(reply.octets[entry.range])
            let read = try? MeetingSnapshot(XMLReader.read(alone, skipping: MeetingsReply.details))
            try require(read == entry.meeting, "\(alone.text.debugDescription) is not what was read")
        }
    }

    private static func recordings(_ reply: Reply) throws {
        guard let recordings = RecordingsReply(reply) else { return }
        for entry in recordings.entries {
            try require(entry.element.rangeFaults(in: entry.octets).isEmpty, "ranges of another document")
            let read = try XMLReader.read(entry.octets)
            try require(read == entry.element, "\(entry.octets.text.debugDescription) is not what was read")
        }
        // Told by two servers, in any order, each comes once; what goes out is read again.
        let query = try RecordingQuery(Call(.getRecordings, rawQuery: "state=any"))
        let page = RecordingsPage(merging: [recordings.entries, recordings.entries.reversed()], query: query)
        try require(page.total == Set(recordings.entries.map(\.recordID)).count, "\(page.total) recordings")
        let again = try RecordingsReply(Reply(page.octets()))
        try require(again?.entries.map(\.recordID) == page.entries.map(\.recordID), "a page says something else")
    }

    // MARK: all of it, on documents that are known to be well-formed

    static func made(_ decisions: [UInt8]) throws {
        let document = DocumentMaker.document(decisions)
        if case .failure(let fault) = outcome(document) {
            throw Broken("\(fault) in \(document.text.debugDescription)")
        }
        do {
            try read(document)
            try rewrite(document)
            try reply(document)
        } catch {
            throw Broken("\(error), in \(document.text.debugDescription)")
        }
    }
}
