import Testing

@testable import BigBlueButton

/// Recordings as servers list them, and how the lists of several servers become one.
struct RecordingTests {
    private static let sha = "6367c48dd193d56ea7b0baad25b19455e529f5ee"

    /// As BigBlueButton 3.0 writes it (`bbb-api.md` 6.1).
    static let recording = """
        <recording>
              <recordID>\(sha)-1531155809613</recordID>
              <meetingID>abc123</meetingID>
              <internalMeetingID>\(sha)-1531155809613</internalMeetingID>
              <name>Deutsch f&#252;r Anf&amp;auml;nger</name>
              <isBreakout>false</isBreakout>
              <published>true</published>
              <state>published</state>
              <startTime>1531155809613</startTime>
              <endTime>1531156400000</endTime>
              <participants>3</participants>
              <rawSize>123456</rawSize>
              <metadata>
                <meetingName>x</meetingName>
                <gl-listed>true</gl-listed>
                <note><![CDATA[a < b & c]]></note>
                <empty/>
              </metadata>
              <size>987654</size>
              <playback>
                <format>
                  <type>presentation</type>
                  <url>https://a.example.org/playback/presentation/2.3/\(sha)-1531155809613</url>
                  <preview><images>
                    <image width="176" alt="a &quot;b&quot;">https://a.example.org/1.png</image>
                  </images></preview>
                </format>
                <format><type>video</type><url>https://a.example.org/video/</url></format>
              </playback>
              <data></data>
            </recording>
        """

    /// A short one.
    private static func short(
        _ id: String, state: String = "published", start: String = "1", inside: String = ""
    ) -> String {
        "<recording><recordID>\(id)</recordID><meetingID>m</meetingID><state>\(state)</state>"
            + "<startTime>\(start)</startTime>\(inside)</recording>"
    }

    private static func format(_ type: String, _ url: String) -> String {
        "<format><type>\(type)</type><url>\(url)</url></format>"
    }

    private static func reply(_ inside: String, code: String = "SUCCESS") throws -> Reply {
        try Reply("<response><returncode>\(code)</returncode>\(inside)</response>".octets)
    }

    private func entries(_ recordings: String...) throws -> [RecordingsReply.Entry] {
        let reply = try Self.reply("\n <recordings>\n \(recordings.joined(separator: "\n "))\n</recordings>")
        return try #require(RecordingsReply(reply)).entries
    }

    private func page(_ replies: [[RecordingsReply.Entry]], _ query: String = "") throws -> RecordingsPage {
        RecordingsPage(merging: replies, query: try RecordingQuery(Call(.getRecordings, rawQuery: query)))
    }

    // MARK: the answer of a server

    @Test func `a recording is read`() throws {
        let entry = try #require(try entries(Self.short("x"), Self.recording).last)
        #expect(entry.recordID.rawValue == "\(Self.sha)-1531155809613")
        #expect(entry.meetingID == "abc123")
        #expect(entry.internalMeetingID?.rawValue == "\(Self.sha)-1531155809613")
        #expect(entry.name == "Deutsch für Anf&auml;nger")
        #expect(entry.state == "published")
        #expect(entry.isPublished)
        #expect(entry.startTime.milliseconds == 1_531_155_809_613)
        #expect(entry.metadata.map(\.name) == ["meetingName", "gl-listed", "note", "empty"])
        #expect(entry.metadata.map(\.value) == ["x", "true", "a < b & c", ""])
        #expect(entry.formats.map(\.type) == ["presentation", "video"])
    }

    @Test func `an entry is a document of its own`() throws {
        for entry in try entries(Self.short("x"), Self.recording, Self.short("y")) {
            #expect(entry.range == 0..<entry.octets.count)
            #expect(entry.element.rangeFaults(in: entry.octets) == [])
            for metadatum in entry.metadata {
                #expect(entry.octets.text(in: metadatum.element.range).hasPrefix("<\(metadatum.name)"))
            }
            for format in entry.formats {
                #expect(entry.octets.text(in: format.element.range).contains("<type>\(format.type)</type>"))
            }
        }
        #expect(try entries(Self.short("x"), Self.recording).last?.octets.text == Self.recording)
    }

    @Test func `a recording of 0_81 is read`() throws {
        let entry = try #require(
            try entries(
                """
                <recording><recordID>r1</recordID><meetingID>m1</meetingID><name><![CDATA[A & B]]></name>\
                <published>true</published><startTime>Thu Mar 04 14:05:56 UTC 2010</startTime>\
                <metadata><title><![CDATA[T & U]]></title></metadata>\
                <playback><format><type>simple</type><url>http://s/r1</url><length>62</length></format></playback>\
                </recording>
                """
            ).first)
        #expect(entry.internalMeetingID == nil)
        #expect(entry.name == "A & B")
        #expect(entry.state == "published")
        #expect(entry.startTime.milliseconds == 0)
        #expect(entry.metadata.map(\.value) == ["T & U"])
        #expect(entry.formats.map(\.type) == ["simple"])
    }

    @Test(
        arguments: [
            ("<state>published</state>", "published"), ("<state>unpublished</state>", "unpublished"),
            ("<state>processing</state>", "processing"), ("<state>processed</state>", "processed"),
            ("<state>deleted</state>", "deleted"), ("<state>archived</state>", "archived"),
            ("<state>available</state>", "published"), ("<published>true</published>", "published"),
            ("<published>false</published>", "unpublished"), ("<published>TRUE</published>", "unpublished"),
            ("<published>true</published><state/>", "published"), ("", "unpublished"),
            ("<published>true</published><state>deleted</state>", "deleted"),
        ] as [(String, String)]) func `the state is told or follows from whether it is published`(
            inside: String, state: String
        ) throws
    {
        let entry = try #require(try entries("<recording><recordID>r</recordID>\(inside)</recording>").first)
        #expect(entry.state == state)
        #expect(entry.isPublished == (state == "published"))
    }

    @Test(
        arguments: [
            ("1531155809613", 1_531_155_809_613), ("0", 0), ("", 0), ("soon", 0), ("1,000", 0), ("-1", 0),
            ("99999999999999999999", 0),
        ] as [(String, Int64)]) func `a start that is no time is 0`(text: String, expected: Int64) throws
    {
        #expect(try entries(Self.short("r", start: text)).first?.startTime.milliseconds == expected)
    }

    @Test func `a recording may tell nothing but its id`() throws {
        let entry = try #require(try entries("<recording><recordID>r</recordID></recording>").first)
        #expect(entry.meetingID == "")
        #expect(entry.internalMeetingID == nil)
        #expect(entry.name == "")
        #expect(entry.metadata.isEmpty)
        #expect(entry.formats.isEmpty)
    }

    @Test(arguments: [
        "<recordings></recordings><messageKey>noRecordings</messageKey><message>x</message>", "<recordings/>",
        "<recordings> </recordings>", "<messageKey>noRecordings</messageKey>",
    ]) func `a server without recordings has none`(inside: String) throws {
        #expect(try #require(RecordingsReply(try Self.reply(inside))).entries.isEmpty)
    }

    @Test(arguments: [
        "", "<messageKey/>", "<messageKey>noMeetings</messageKey>", "<recording><recordID>r</recordID></recording>",
        "<recordings><recording/></recordings>", "<recordings><recording><recordID/></recording></recordings>",
        "<recordings><recording><recordID>r</recordID></recording><recording><name>n</name></recording></recordings>",
    ]) func `what is not understood is no list`(inside: String) throws {
        #expect(RecordingsReply(try Self.reply(inside)) == nil)
    }

    @Test func `a failure lists no recordings`() throws {
        let inside = "<recordings/><messageKey>noRecordings</messageKey>"
        #expect(RecordingsReply(try Self.reply(inside, code: "FAILED")) == nil)
    }

    @Test(arguments: UInt64(0)..<200) func `a damaged list is refused or read with right ranges`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let list =
            "<response><returncode>SUCCESS</returncode><recordings>\(Self.recording)"
            + "\(Self.short("x"))</recordings></response>"
        for _ in 0..<5 {
            let document = list.octets.damaged(using: &generator)
            // Damage that cannot be read is what this test makes.
            guard let reply = try? Reply(document), let read = RecordingsReply(reply) else { continue }
            for entry in read.entries {
                #expect(!entry.recordID.rawValue.isEmpty)
                #expect(entry.range == 0..<entry.octets.count)
                #expect(entry.element.rangeFaults(in: entry.octets) == [])
            }
        }
    }

    @Test func `record ids are compared octet by octet`() throws {
        let composed = try #require(RecordID(rawValue: "\u{E9}"))
        let decomposed = try #require(RecordID(rawValue: "e\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
        #expect(RecordID(rawValue: "") == nil)
        #expect("\(composed)" == "\u{E9}")
    }

    // MARK: one list of several

    private static let nothing =
        "<messageKey>noRecordings</messageKey><message>There are no recordings for the meeting(s).</message>"

    private static func answer(_ recordings: String, _ rest: String = "") -> String {
        "<response><returncode>SUCCESS</returncode><recordings>\(recordings)</recordings>\(rest)</response>"
    }

    private static func pagination(_ offset: Int, _ limit: Int, of total: Int, empty: Bool) -> String {
        "<pagination><pageable><offset>\(offset)</offset><limit>\(limit)</limit><paged>true</paged>"
            + "<unpaged>false</unpaged></pageable><totalElements>\(total)</totalElements><empty>\(empty)</empty>"
            + "</pagination>"
    }

    @Test func `recordings go out as they came, newest first`() throws {
        let old = Self.short("b", start: "5")
        let tie = Self.short("a", start: "5")
        let undated = Self.short("c", start: "soon")
        let page = try page([try entries(undated, old), [], try entries(tie, Self.recording)])
        #expect(page.octets().text == Self.answer(Self.recording + tie + old + undated))
        #expect(page.total == 4)
        #expect(page.paging == nil)
        #expect(page.entries.map(\.recordID.rawValue) == ["\(Self.sha)-1531155809613", "a", "b", "c"])
    }

    @Test func `no recordings are told so`() throws {
        #expect(try page([]).octets().text == Self.answer("", Self.nothing))
        #expect(try page([[], []]).octets().text == Self.answer("", Self.nothing))
        let none = try page([try entries(Self.recording)], "recordID=x")
        #expect(none.octets().text == Self.answer("", Self.nothing))
    }

    @Test(
        arguments: [
            ("limit=2", "dc", 0, 2), ("limit=2&offset=1", "cb", 1, 2), ("limit=3&offset=3", "a", 3, 3),
            ("limit=100", "dcba", 0, 100), ("limit=1000", "dcba", 0, 100), ("limit=0", "d", 0, 1),
            ("limit=-5", "d", 0, 1), ("limit=2&offset=-1", "dc", 0, 2), ("limit=2&offset=x", "dc", 0, 2),
            ("limit=4&offset=4", "", 4, 4), ("limit=4&offset=9223372036854775807", "", Int.max, 4),
            ("limit=4&offset=99999999999999999999", "", Int.max, 4),
        ] as [(String, String, Int, Int)]) func `a page tells which it is`(
            query: String, ids: String, offset: Int, limit: Int
        ) throws
    {
        let all = try entries(
            Self.short("a", start: "1"), Self.short("b", start: "2"), Self.short("c", start: "3"),
            Self.short("d", start: "4"))
        let page = try page([all], query)
        #expect(page.entries.map(\.recordID.rawValue).joined() == ids)
        #expect(page.total == 4)
        let recordings = page.entries.map(\.octets.text).joined()
        let pagination = Self.pagination(offset, limit, of: 4, empty: ids.isEmpty)
        #expect(page.octets().text == Self.answer(recordings, (ids.isEmpty ? Self.nothing : "") + pagination))
    }

    @Test(arguments: ["", "limit=", "limit=x", "limit=%20", "limit=1.5", "offset=1", "offset=1&limit=ten"])
    func `without a limit there are no pages`(query: String) throws {
        let page = try page([try entries(Self.short("a"), Self.short("b"))], query)
        #expect(page.octets().text == Self.answer(Self.short("a") + Self.short("b")))
    }

    @Test func `an entry may be changed on its way out`() throws {
        let inside = "<metadata><url>https://ours/1</url><x/></metadata>"
        let page = try page([try entries(Self.short("a", inside: inside), Self.short("b"))])
        let octets = page.octets { entry in
            var rewriter = XMLRewriter(entry.octets)
            for metadatum in entry.metadata where metadatum.name == "url" {
                rewriter.replaceText(of: metadatum.element, with: "https://theirs/?a&b")
            }
            return rewriter.finished()
        }
        let changed = inside.replacing("https://ours/1", with: "https://theirs/?a&amp;b")
        #expect(octets.text == Self.answer(Self.short("a", inside: changed) + Self.short("b")))
    }

    // MARK: one recording on two servers

    struct Copies: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let servers: [String]
        let expected: String
    }

    private static let video = format("video", "https://b/v")
    private static let shown = format("presentation", "https://a/p")

    static let copies = [
        Copies(
            testDescription: "the published one wins",
            servers: [short("r", state: "unpublished", start: "9"), short("r", start: "8")],
            expected: short("r", start: "8")),
        Copies(
            testDescription: "of two published ones the first wins",
            servers: [short("r", start: "8"), short("r", start: "9")],
            expected: short("r", start: "8")),
        Copies(
            testDescription: "else the first wins",
            servers: [short("r", state: "unpublished"), short("r", state: "processed")],
            expected: short("r", state: "unpublished")),
        Copies(
            testDescription: "what is available is published",
            servers: [short("r", state: "unpublished"), short("r", state: "available")],
            expected: short("r", state: "available")),
        Copies(
            testDescription: "a format that the first lacks is added",
            servers: [
                short("r", inside: "<playback>\(shown)</playback><data></data>"),
                short("r", inside: "<playback>\(format("presentation", "https://b/p"))\(video)</playback>"),
            ],
            expected: short("r", inside: "<playback>\(shown)\(video)</playback><data></data>")),
        Copies(
            testDescription: "each type is added once",
            servers: [
                short("r", inside: "<playback>\(shown)</playback>"),
                short("r", inside: "<playback>\(video)</playback>"),
                short("r", inside: "<playback>\(format("video", "https://c/v"))</playback>"),
            ],
            expected: short("r", inside: "<playback>\(shown)\(video)</playback>")),
        Copies(
            testDescription: "an empty playback is filled",
            servers: [
                short("r", inside: "<playback/><size>1</size>"), short("r", inside: "<playback>\(video)</playback>"),
            ],
            expected: short("r", inside: "<playback>\(video)</playback><size>1</size>")),
        Copies(
            testDescription: "a missing playback is made",
            servers: [short("r", inside: "<size>1</size>"), short("r", inside: "<playback>\(video)</playback>")],
            expected: short("r", inside: "<size>1</size><playback>\(video)</playback>")),
        Copies(
            testDescription: "what is unpublished does not come out as published",
            servers: [
                short("r", inside: "<playback>\(shown)</playback>"),
                short("r", state: "unpublished", inside: "<playback>\(video)</playback>"),
            ],
            expected: short("r", inside: "<playback>\(shown)</playback>")),
        Copies(
            testDescription: "what is deleted adds nothing",
            servers: [
                short("r", state: "unpublished", inside: "<playback>\(shown)</playback>"),
                short("r", state: "deleted", inside: "<playback>\(video)</playback>"),
            ],
            expected: short("r", state: "unpublished", inside: "<playback>\(shown)</playback>")),
    ]

    @Test(arguments: copies) func `a recording that several servers have comes out once`(sample: Copies) throws {
        let servers = try sample.servers.map { try entries($0) }
        let page = try page(servers, "state=any&limit=10")
        #expect(page.octets().text == Self.answer(sample.expected, Self.pagination(0, 10, of: 1, empty: false)))
        // Two elements in one list are two copies as well.
        #expect(try self.page([servers.flatMap { $0 }], "state=any&limit=10").octets() == page.octets())
        // What was put together can be changed like any other.
        for entry in page.entries {
            #expect(entry.element.rangeFaults(in: entry.octets) == [])
            #expect(entry.formats.map(\.type) == entry.formats.map { $0.element.text(of: "type") ?? "" })
        }
    }

    @Test func `a copy decides by its own state whether it was asked for`() throws {
        let servers = [
            try entries(Self.short("r", state: "unpublished")), try entries(Self.short("r", state: "published")),
        ]
        #expect(try page(servers, "state=unpublished").entries.isEmpty)
        #expect(try page(servers, "state=published").entries.count == 1)
    }
}
