import Testing

@testable import BigBlueButton

/// What a `getRecordings` asks for, and the list that it gets.
struct RecordingQueryTests {
    private func query(_ text: String) throws -> RecordingQuery {
        try RecordingQuery(Call(.getRecordings, rawQuery: text))
    }

    private func entry(
        _ recordID: String, meetingID: String = "m1", state: String = "published", metadata: String = ""
    ) throws -> RecordingsReply.Entry {
        let text = """
            <recording><recordID>\(recordID)</recordID><meetingID>\(meetingID)</meetingID><state>\(state)</state>\
            <metadata>\(metadata)</metadata></recording>
            """
        return try #require(RecordingsReply.Entry(try XMLReader.read(text.octets), in: text.octets))
    }

    static let sha1 = "ae23b94ccaf714337e4ce5ba99ef3dc257e300df"
    static let sha2 = "32d332da761f44df7959e5887b6b94cb4667d781"

    // MARK: reading

    @Test func `a query says what was sent`() throws {
        let query = try query(
            "recordID=a,%20b,&meetingID=m1,,m2&state=processed,deleted&meta_Presenter=joe&limit=10&offset=20&checksum=x"
        )
        #expect(query.recordIDs == ["a", "b"])
        #expect(query.meetingIDs.map(\.rawValue) == ["m1", "m2"])
        #expect(query.states == ["processed", "deleted"])
        #expect(!query.includesAnyState)
        #expect(query.metadata.map(\.name) == ["presenter"])
        #expect(query.metadata.map(\.value) == ["joe"])
        #expect(query.paging == RecordingQuery.Paging(["limit": "10", "offset": "20"]))
        #expect(query.paging?.limit == 10)
        #expect(query.paging?.offset == 20)
    }

    @Test(arguments: [
        "", "recordID=&meetingID=&state=&meta_x=&limit=&offset=", "recordID=,&meetingID=%20,%20&state=,%01&meta_x=%20",
        "recordid=a&meetingId=m1&State=any&meta_=1&meta_1x=1&meta_a_b=1&meta=1&Meta_x=1&meta_%C3%A9=1",
        "checksum=x&offset=5", "meta_x=&meta_X=1",
    ]) func `what is empty or misspelt is absent`(text: String) throws {
        let query = try query(text)
        #expect(query.recordIDs.isEmpty)
        #expect(query.meetingIDs.isEmpty)
        #expect(query.states == ["published", "unpublished"])
        #expect(query.metadata.isEmpty)
        #expect(query.paging == nil)
        #expect(query.forServers == ["state": "published,unpublished"])
        #expect(try query.matches(entry("r")))
    }

    @Test(
        arguments: [
            ("10", "0", 10, 0), ("10", nil, 10, 0), ("1", "5", 1, 5), ("100", "5", 100, 5),
            ("0", "5", 1, 5), ("-1", "5", 1, 5), ("-99999999999999999999", "5", 1, 5), ("101", "5", 100, 5),
            ("99999999999999999999", "5", 100, 5), ("+7", "5", 7, 5), ("%2B7", "5", 7, 5), ("%207", "5", 7, 5),
            ("10", "-1", 10, 0), ("10", "x", 10, 0), ("10", "", 10, 0), ("10", "1.5", 10, 0), ("10", "%2B3", 10, 3),
            ("10", "99999999999999999999", 10, Int.max), ("10", "%2B99999999999999999999", 10, Int.max),
            ("10", "-99999999999999999999", 10, 0), ("10", "9999999999999999999x", 10, 0),
        ] as [(String, String?, Int, Int)])
    func `a page has 1 to 100 recordings`(limit: String, offset: String?, wanted: Int, from: Int) throws {
        let text = "limit=\(limit)" + (offset.map { "&offset=\($0)" } ?? "")
        let paging = try #require(try query(text).paging)
        #expect(paging.limit == wanted)
        #expect(paging.offset == from)
    }

    @Test(arguments: ["", "x", "1.5", "1e3", "0x10", "ten", "-", "%2B", "%2B-1", "1%2C000", "9999999999999999999x"])
    func `a limit that is no number is none`(limit: String) throws {
        #expect(try query("limit=\(limit)&offset=5").paging == nil)
    }

    @Test func `values are read from what was signed`() throws {
        let form = "application/x-www-form-urlencoded"
        let beside = Call(
            .getRecordings, method: .post, rawQuery: "state=any&checksum=x", contentType: form,
            body: "recordID=r".octets)
        #expect(try RecordingQuery(beside).recordIDs.isEmpty)
        let within = Call(
            .getRecordings, method: .post, rawQuery: "", contentType: form, body: "recordID=r&checksum=x".octets)
        #expect(try RecordingQuery(within).recordIDs == ["r"])
    }

    // MARK: matching

    @Test(
        arguments: [
            ("", true), ("recordID=\(sha1)-1", true), ("recordID=\(sha1)", true), ("recordID=ae2", true),
            ("recordID=x,ae2", true), ("recordID=x", false), ("recordID=\(sha1)-11", false), ("recordID=AE2", false),
            ("recordID=\(sha1)-1&meetingID=m1", true), ("recordID=\(sha1)-1&meetingID=m2", false),
            ("recordID=x&meetingID=m1", false), ("meetingID=m1", true), ("meetingID=m2,m1", true),
            ("meetingID=m", false), ("meetingID=M1", false), ("meetingID=\(sha1)-1", false),
            ("state=published", true), ("state=unpublished", false), ("state=any", true), ("state=Published", false),
            ("state=processing,%20published", true), ("state=processing,processed,unpublished,deleted", false),
            ("state=x", false), ("state=x,any", true), ("meetingID=m1&state=deleted", false),
        ] as [(String, Bool)]) func `all filters hold together`(text: String, expected: Bool) throws
    {
        #expect(try query(text).matches(entry("\(Self.sha1)-1")) == expected)
    }

    @Test(arguments: ["processing", "processed", "published", "unpublished", "deleted"])
    func `any is every state and nothing is the usual ones`(state: String) throws {
        let entry = try entry("r", state: state)
        #expect(try query("state=any").matches(entry))
        #expect(try query("").matches(entry) == ["published", "unpublished"].contains(state))
        #expect(try query("state=\(state)").matches(entry))
        #expect(try query("state=any").states.contains(state))
        #expect(try query("state=any").states.count == 5)
    }

    @Test func `any is also a state that nobody knows yet`() throws {
        #expect(try query("state=any").matches(entry("r", state: "archived")))
        #expect(try query("state=archived").matches(entry("r", state: "archived")))
    }

    @Test func `a meeting is found by its id or by what its recordings begin with`() throws {
        #expect(try query("meetingID=m1").matches(entry("\(Self.sha1)-1", meetingID: "tenant-m1")))
        #expect(try query("meetingID=m1").matches(entry("imported", meetingID: "m1")))
        #expect(try !query("meetingID=m1").matches(entry("\(Self.sha2)-1", meetingID: "m2")))
        #expect(try query("meetingID=a%2Bb%2525").matches(entry("r", meetingID: "a+b%25")))
        #expect(try !query("meetingID=%C3%A9").matches(entry("r", meetingID: "e\u{301}")))
    }

    @Test(
        arguments: [
            ("joe", "joe", true), ("joe", "Joe", false), ("joe", "joel", false), ("joe", "", false),
            ("joe%", "joe", true), ("joe%", "joel", true), ("joe%", "a joe", false),
            ("%joe", "joe", true), ("%joe", "a joe", true), ("%joe", "joel", false),
            ("%joe%", "joe", true), ("%joe%", "a joel", true), ("%joe%", "jo e", false), ("%joe%", "", false),
            ("%", "", true), ("%", "x", true), ("%%", "", true), ("%%", "x", true), ("%%%", "a%", true),
            ("%%%", "a", false), ("j%e", "joe", false), ("j%e", "j%e", true), ("50%%", "50%", true),
            ("50%%", "50", false), ("%a", "\u{61}\u{301}", false), ("a%", "\u{61}\u{301}", true),
            ("\u{E9}", "e\u{301}", false), (" joe ", "joe", true),
        ] as [(String, String, Bool)]) func `metadata is compared exactly or with wildcards at the ends`(
            filter: String, value: String, expected: Bool
        )
        throws
    {
        let entry = try entry("r", metadata: "<a>joe?</a><x-y>\(value)</x-y>")
        #expect(try query("meta_x-y=\(FormCoding.encode(filter))").matches(entry) == expected)
    }

    @Test(
        arguments: [
            ("meta_presenter=joe", true), ("meta_PRESENTER=joe", true),
            ("meta_presenter=joe&meta_category=maths", true),
            ("meta_presenter=joe&meta_category=art", false), ("meta_presenter=joe&meta_none=x", false),
            ("meta_none=%25", false), ("meta_meetingid=m1", true), ("meta_meetingId=m1", true),
            ("meta_presenter=joe&meta_Presenter=ann", true), ("meta_presenter=ann&meta_Presenter=joe", false),
            ("meta_empty=%25", true), ("meta_empty=x", false), ("presenter=ann", true),
            ("meta_presenter=joe&state=unpublished", false), ("meta_presenter=joe&meetingID=m2", false),
        ] as [(String, Bool)]) func `a recording has all the metadata that was asked for`(text: String, expected: Bool)
        throws
    {
        let metadata =
            "<presenter>joe</presenter><Category>maths</Category><meetingId>m1</meetingId><empty/>"
        #expect(try query(text).matches(entry("r", metadata: metadata)) == expected)
    }

    // MARK: what servers are asked

    @Test(
        arguments: [
            ("", ["state": "published,unpublished"]),
            ("limit=10&offset=20", ["state": "published,unpublished"]),
            // What is named is asked for in any state.
            ("recordID=a,%20b,&state=deleted", ["recordID": "a,b", "state": "any"]),
            ("meetingID=m1,m2", ["recordID": "\(sha1),\(sha2)", "state": "any"]),
            (
                "meetingID=m%201%2B%25&meta_x=1",
                ["recordID": "c7d2c2f99b6153b594c11489095d553e5f693e4e", "state": "any"]
            ),
            ("meetingID=m1&recordID=r", ["recordID": "r", "state": "any"]),
            ("state=any,deleted", ["state": "any"]),
            ("state=processing,archived&other=1", ["state": "processing,archived"]),
            (
                "meta_B=x%25&meta_a=%25y%25&meta_c=%25&meta_d=a%2Bb",
                [
                    "state": "published,unpublished", "meta_b": "x%", "meta_a": "%y%", "meta_c": "%%",
                    "meta_d": "a+b",
                ]
            ),
            ("recordID=a%2Bb%25&state=x%25", ["recordID": "a%2Bb%25", "state": "any"]),
            ("state=x%25", ["state": "x%25"]),
        ] as [(String, Parameters)])
    func `servers are asked for all that may be wanted`(text: String, expected: Parameters) throws {
        #expect(try query(text).forServers == expected)
    }

    @Test(
        arguments: [
            ("", false, false), ("state=any&meta_x=1&limit=3", false, false), ("recordID=ae2", true, true),
            ("recordID=x", true, false), ("meetingID=m1", true, true), ("meetingID=m2", true, false),
            // Whatever state, metadata and meeting are wanted: it is there.
            ("recordID=x,ae2&state=deleted&meta_x=1&meetingID=m2", true, true),
        ] as [(String, Bool, Bool)])
    func `what is named is known again in any state`(text: String, namesSome: Bool, isNamed: Bool) throws {
        let query = try query(text)
        #expect(query.namesSome == namesSome)
        #expect(try query.names(entry("\(Self.sha1)-1", state: "processing")) == isNamed)
    }

    @Test func `servers are asked which recordings they have`() {
        let ids = ["r-1", "%zz+"].compactMap(RecordID.init(rawValue:))
        #expect(RecordingQuery.forServers(ids) == ["recordID": "r-1,%25zz%2B", "state": "any"])
    }

    // MARK: against an oracle

    @Test(arguments: UInt64(0)..<200) func `a page is what the slow way finds`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let servers = Plain.servers(using: &generator)
        let replies: [[RecordingsReply.Entry]] = try servers.map { list in
            let text = "<response><returncode>SUCCESS</returncode><recordings>\(list.map { $0.xml() }.joined())"
            return try #require(RecordingsReply(try Reply("\(text)</recordings></response>".octets))).entries
        }
        for _ in 0..<20 {
            let wish = Wish.random(using: &generator)
            let query = try query(wish.text)
            let page = RecordingsPage(merging: replies, query: query)
            #expect(page.octets().text == Oracle.answer(servers, wish), "\(wish.text)")
        }
    }

    /// What a server leaves out of its answer could not come out of ours: only pages are made here.
    @Test(arguments: UInt64(0)..<200) func `servers leave out nothing that is wanted`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let recordings = Plain.servers(using: &generator).flatMap { $0 }
        for _ in 0..<20 {
            let query = try query(Wish.random(using: &generator).text)
            let asked = try self.query(query.forServers.encoded())
            #expect(asked.paging == nil)
            for recording in recordings where recording.recordID.hasPrefix(sha1Hex(recording.meetingID)) {
                let text = recording.xml().octets
                let entry = try #require(RecordingsReply.Entry(try XMLReader.read(text), in: text))
                #expect(!query.matches(entry) || asked.matches(entry))
            }
        }
    }
}

/// A recording that nobody has read.
private struct Plain {
    enum Playback: CaseIterable { case written, selfClosing, absent }

    var recordID: String
    var meetingID: String
    var written: String
    var start: Int
    var metadata: [(name: String, value: String)]
    var types: [String]
    var server: Int
    var playback: Playback

    var state: String { written == "available" ? "published" : written }

    func format(_ type: String) -> String {
        "<format><type>\(type)</type><url>https://s\(server)/\(recordID)/\(type)</url></format>"
    }

    func xml(adding added: String = "") -> String {
        let formats = types.map(format).joined() + added
        let isWritten = playback == .written || !formats.isEmpty
        let inner = isWritten ? "<playback>\(formats)</playback>" : playback == .selfClosing ? "<playback/>" : ""
        // Where there was no playback, it is made at the end.
        let data = playback == .absent && types.isEmpty ? "<data></data>\(inner)" : "\(inner)<data></data>"
        let meta = metadata.map { "<\($0.name)>\($0.value)</\($0.name)>" }.joined()
        return "<recording><recordID>\(recordID)</recordID>\n<meetingID>\(meetingID)</meetingID>"
            + "<state>\(written)</state><startTime>\(start)</startTime><metadata>\(meta)</metadata>\(data)</recording>"
    }

    static func servers(using generator: inout SplitMix64) -> [[Plain]] {
        var servers: [[Plain]] = []
        for server in 0..<Int.random(in: 0...4, using: &generator) {
            var list: [Plain] = []
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                list.append(random(server: server, using: &generator))
            }
            servers.append(list)
        }
        return servers
    }

    private static func random(server: Int, using generator: inout SplitMix64) -> Plain {
        let meetingID = pick(["alpha", "beta", "m1"], using: &generator)
        let start = Int.random(in: 0...3, using: &generator)
        let isForeign = Int.random(in: 0..<6, using: &generator) == 0
        var metadata: [(name: String, value: String)] = []
        for name in ["presenter", "Category", "meetingId"] where Bool.random(using: &generator) {
            metadata.append((name, pick(["", "joe", "joel", "a joe", "50%", "Joe"], using: &generator)))
        }
        let types = ["presentation", "video", "podcast"].filter { _ in Bool.random(using: &generator) }
        return Plain(
            recordID: isForeign ? "x-\(start)" : "\(sha1Hex(meetingID))-\(start % 2)",
            meetingID: meetingID,
            written: pick(
                ["published", "published", "available", "unpublished", "processing", "processed", "deleted"],
                using: &generator),
            start: start, metadata: metadata, types: types, server: server,
            playback: pick(Playback.allCases, using: &generator))
    }
}

private func pick<Value>(_ values: [Value], using generator: inout SplitMix64) -> Value {
    made(values.randomElement(using: &generator))
}

/// What a caller asks for, and what that means.
private struct Wish {
    var recordIDs: [String]
    var meetingIDs: [String]
    var states: [String]
    var metadata: [(name: String, value: String)]
    var limit: (text: String, value: Int?)
    var offset: (text: String, value: Int)

    var text: String {
        var parameters: [Parameters.Parameter] = [
            .init(name: "recordID", value: recordIDs.joined(separator: ",")),
            .init(name: "meetingID", value: meetingIDs.joined(separator: ", ")),
            .init(name: "state", value: states.joined(separator: ",")),
            .init(name: "limit", value: limit.text), .init(name: "offset", value: offset.text),
        ]
        parameters += metadata.map { Parameters.Parameter(name: "meta_\($0.name)", value: $0.value) }
        return Parameters(parameters).encoded()
    }

    static func random(using generator: inout SplitMix64) -> Wish {
        let alpha = sha1Hex("alpha")
        let prefixes = [alpha, String(alpha.prefix(4)), sha1Hex("beta"), "\(sha1Hex("m1"))-1", "x", "x-2", "zz"]
        let values = ["joe", "Joe", "joe%", "%joe", "%oe%", "%", "%%", "50%", "50%%", "ann"]
        var metadata: [(name: String, value: String)] = []
        for name in ["Presenter", "category", "meetingid"] where Int.random(in: 0..<4, using: &generator) == 0 {
            metadata.append((name, pick(values, using: &generator)))
        }
        let limits: [(text: String, value: Int?)] = [
            ("", nil), ("x", nil), ("-1", 1), ("0", 1), ("1", 1), ("2", 2), ("3", 3), ("101", 100),
        ]
        let offsets: [(text: String, value: Int)] = [
            ("", 0), ("x", 0), ("-1", 0), ("0", 0), ("1", 1), ("3", 3), ("50", 50),
        ]
        return Wish(
            recordIDs: few(of: prefixes, using: &generator),
            meetingIDs: few(of: ["alpha", "beta", "m1", "gamma"], using: &generator),
            states: few(
                of: ["any", "published", "unpublished", "processing", "processed", "deleted", "x"], using: &generator),
            metadata: metadata,
            limit: pick(limits, using: &generator), offset: pick(offsets, using: &generator))
    }

    /// Mostly none.
    private static func few(of values: [String], using generator: inout SplitMix64) -> [String] {
        guard Int.random(in: 0..<3, using: &generator) == 0 else { return [] }
        var few: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) { few.append(pick(values, using: &generator)) }
        return few
    }
}

/// The slow, obvious way.
private enum Oracle {
    private struct Found {
        var recording: Plain
        var text: String
    }

    static func answer(_ servers: [[Plain]], _ wish: Wish) -> String {
        var found = merged(servers.flatMap { $0 }).filter { isWanted($0.recording, wish) }
        var sorted: [Found] = []
        while !found.isEmpty {
            var first = 0
            for index in found.indices where comesBefore(found[index].recording, found[first].recording) {
                first = index
            }
            sorted.append(found.remove(at: first))
        }
        var shown: [Found] = []
        for (index, item) in sorted.enumerated() {
            if let limit = wish.limit.value {
                if index >= wish.offset.value, index < wish.offset.value + limit { shown.append(item) }
            } else {
                shown.append(item)
            }
        }
        var text = "<response><returncode>SUCCESS</returncode><recordings>"
        for item in shown { text += item.text }
        text += "</recordings>"
        if shown.isEmpty {
            text += "<messageKey>noRecordings</messageKey>"
            text += "<message>There are no recordings for the meeting(s).</message>"
        }
        if let limit = wish.limit.value {
            text += "<pagination><pageable><offset>\(wish.offset.value)</offset><limit>\(limit)</limit>"
            text += "<paged>true</paged><unpaged>false</unpaged></pageable>"
            text += "<totalElements>\(sorted.count)</totalElements><empty>\(shown.isEmpty)</empty></pagination>"
        }
        return text + "</response>"
    }

    private static func comesBefore(_ left: Plain, _ right: Plain) -> Bool {
        if left.start != right.start { return left.start > right.start }
        return left.recordID < right.recordID
    }

    private static func merged(_ recordings: [Plain]) -> [Found] {
        var found: [Found] = []
        for (index, recording) in recordings.enumerated() {
            if recordings[..<index].contains(where: { $0.recordID == recording.recordID }) { continue }
            let copies = recordings.filter { $0.recordID == recording.recordID }
            let winner = copies.first { $0.state == "published" } ?? recording
            var types = winner.types
            var added = ""
            // The winner's own formats are there already, so it need not be left out.
            for copy in copies where copy.state == winner.state {
                for type in copy.types where !types.contains(type) {
                    types.append(type)
                    added += copy.format(type)
                }
            }
            found.append(Found(recording: winner, text: winner.xml(adding: added)))
        }
        return found
    }

    private static func isWanted(_ recording: Plain, _ wish: Wish) -> Bool {
        if !wish.recordIDs.isEmpty {
            let isOne = wish.recordIDs.contains { recording.recordID.hasPrefix($0) }
            if !isOne { return false }
        }
        if !wish.meetingIDs.isEmpty {
            let isOne = wish.meetingIDs.contains { id in
                recording.meetingID == id || recording.recordID.hasPrefix(sha1Hex(id))
            }
            if !isOne { return false }
        }
        let states = wish.states.isEmpty ? ["published", "unpublished"] : wish.states
        if !states.contains("any"), !states.contains(recording.state) { return false }
        for filter in wish.metadata {
            let fits = recording.metadata.contains { metadatum in
                metadatum.name.lowercased() == filter.name.lowercased() && isLike(metadatum.value, filter.value)
            }
            if !fits { return false }
        }
        return true
    }

    /// Tries every part of the value for what stands between the wildcards.
    private static func isLike(_ value: String, _ filter: String) -> Bool {
        let value = Array(value)
        let isOpenAtStart = filter.hasPrefix("%")
        let isOpenAtEnd = filter.count > 1 && filter.hasSuffix("%")
        let part = Array(filter.dropFirst(isOpenAtStart ? 1 : 0).dropLast(isOpenAtEnd ? 1 : 0))
        for from in 0...value.count {
            for to in from...value.count where Array(value[from..<to]) == part {
                if from == 0 || isOpenAtStart, to == value.count || isOpenAtEnd { return true }
            }
        }
        return false
    }
}
