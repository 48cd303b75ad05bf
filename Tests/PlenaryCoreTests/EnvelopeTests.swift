import BigBlueButton
import Testing

@testable import PlenaryCore

/// Lists and their links (`rooms-api.md` 2.5), and pages of lists in memory.
struct EnvelopeTests {
    private static let path = "https://rooms.example/api/v1/rooms"
    private static let ulid = "01JPKS3M7R9V0T2X4Z6B8D0F1H"

    private func written(_ answer: ListAnswer, _ query: ListQuery) -> JSON {
        answer.json(for: query, path: Self.path, of: ListSample.account)
    }

    @Test func `the example of 2.5 is written as there`() throws {
        let query = try ListSample.query("limit=1")
        let cursor = Cursor(sort: query.sort, keys: [nil], ulid: Self.ulid)
        let room = jsonText(#"{"object":"Room","id":"u6Yh3DkQ9w","room_name":"Business Meeting"}"#)
        let answer = ListAnswer(data: [room], total: 41, next: cursor)
        let text = """
            {"object":"list","data":[{"object":"Room","id":"u6Yh3DkQ9w","room_name":"Business Meeting"}],"meta":{\
            "pagination":{"total":41,"count":1,"per_page":1,"current_page":1,"total_pages":41,\
            "next_cursor":"\(cursor.text)","links":{"previous":null,\
            "next":"https://rooms.example/api/v1/rooms?limit=1&page=2"}},"include":["customer","rooms"]}}
            """
        #expect(written(answer, query).encoded == text)
        let link = answer.link(for: query, path: Self.path)
        #expect(link == ResponseHeader("Link", "<https://rooms.example/api/v1/rooms?limit=1&page=2>; rel=\"next\""))
    }

    /// Query, total; then pages, and the page before and behind.
    @Test(
        arguments: [
            ("page=1", 0, 1, nil, nil), ("page=1", 50, 1, nil, nil), ("page=1", 51, 2, nil, 2),
            ("page=2", 51, 2, 1, nil),
            ("page=3", 51, 2, 2, nil), ("page=99", 51, 2, 2, nil), ("page=2", 0, 1, 1, nil),
            ("limit=200", 201, 2, nil, 2),
            ("page=3&limit=1", 9, 9, 2, 4),
        ] as [(String, Int, Int, Int?, Int?)]) func `pages are linked`(
            text: String, total: Int, pages: Int, previous: Int?, next: Int?
        ) throws
    {
        let query = try ListSample.query(text)
        let pagination = written(ListAnswer(data: [], total: total, next: nil), query)["meta"]?["pagination"]
        #expect(pagination?["total_pages"]?.encoded == String(pages))
        #expect(pagination?["total"]?.encoded == String(total))
        func address(_ page: Int?) -> String {
            page.map { "\"\(Self.path)?limit=\(query.limit)&page=\($0)\"" } ?? "null"
        }
        #expect(pagination?["links"]?["previous"]?.encoded == address(previous))
        #expect(pagination?["links"]?["next"]?.encoded == address(next))
    }

    @Test func `links keep what was asked, and nothing that we do not know`() throws {
        let query = try ListSample.query(
            "token=secret&filter[seats][gte]=3&page=2&sort=seats&search=a+b&limit=5&include=account")
        let address = query.address(of: .page(3), path: Self.path)
        let text = "filter%5Bseats%5D%5Bgte%5D=3&sort=seats&search=a%20b&include=account&limit=5&page=3"
        #expect(address == "\(Self.path)?\(text)")
        // Who follows it asks for the same.
        let followed = try ListSample.query(String(address.dropFirst(Self.path.count + 1)))
        #expect(followed.filters == query.filters && followed.sort == query.sort && followed.search == query.search)
        #expect(followed.selection == query.selection && followed.place == .page(3) && followed.limit == 5)
    }

    @Test func `behind a cursor nobody counts`() throws {
        let sort = [SortKey("seats", isDescending: true), SortKey("room_name")]
        let cursor = Cursor(sort: sort, keys: [.integer(7), .text("a,b")], ulid: Self.ulid)
        let query = try ListSample.query("sort=-seats,room_name&cursor=\(cursor.text)")
        #expect(query.place == .after(cursor) && query.offset == nil)
        let pagination = written(ListAnswer(data: [], total: 9, next: cursor), query)["meta"]?["pagination"]
        for name in ["total", "current_page", "total_pages"] {
            #expect(pagination?[name]?.encoded == "null", "\(name)")
        }
        #expect(pagination?["links"]?["previous"]?.encoded == "null")
        #expect(pagination?["links"]?["next"]?.text?.hasSuffix("&limit=50&cursor=\(cursor.text)") == true)
        let last = ListAnswer(data: [], total: nil, next: nil)
        #expect(last.link(for: query, path: Self.path) == nil)
    }

    @Test func `a cursor is of one order, and goes without a page`() throws {
        let cursor = Cursor(sort: [SortKey("seats")], keys: [.integer(7)], ulid: Self.ulid)
        for text in [
            "cursor=\(cursor.text)", "sort=-seats&cursor=\(cursor.text)", "sort=seats,ulid&cursor=\(cursor.text)",
        ] {
            #expect(refusedWith { _ = try ListSample.query(text) }?.told == ["cursor invalid_format"], "\(text)")
        }
        let both = refusedWith { _ = try ListSample.query("sort=seats&page=1&cursor=\(cursor.text)") }
        #expect(both?.told == ["page invalid_format"])
    }

    @Test func `a cursor comes back as it was, and what was made up is none`() {
        let sort = [SortKey("created_at", isDescending: true), SortKey("seats"), SortKey("status"), SortKey("ulid")]
        let keys: [FilterValue?] = [
            .time(WireTime(milliseconds: 1_772_355_600_123)), nil, .bool(true), .text("\u{E9}"),
        ]
        let cursor = Cursor(sort: sort, keys: keys, ulid: Self.ulid)
        #expect(Cursor(cursor.text, sort: sort) == cursor)
        for text in [
            "", "!", #"{"s":"seats","k":[1],"u":"x"}"#, #"{"s":"seats","k":[],"u":"01JPKS3M7R9V0T2X4Z6B8D0F1H"}"#,
            #"{"s":"seats","k":[[1]],"u":"01JPKS3M7R9V0T2X4Z6B8D0F1H"}"#,
            #"{"s":"seats","k":[1.5],"u":"01JPKS3M7R9V0T2X4Z6B8D0F1H"}"#,
            #"{"s":"seats","k":[{"x":1}],"u":"01JPKS3M7R9V0T2X4Z6B8D0F1H"}"#,
            #"{"s":"seats","k":[1],"u":"01jpks3m7r9v0t2x4z6b8d0f1h"}"#,
        ] {
            #expect(Cursor(Base64URL.encode(text.utf8), sort: [SortKey("seats")]) == nil, "\(text)")
            #expect(Cursor(text, sort: [SortKey("seats")]) == nil, "\(text)")
        }
    }

    /// It is not sealed: who makes one up may write a text where the database has a number.
    @Test func `a forged cursor with a key of another kind is none`() throws {
        let far = WireTime(milliseconds: 253_402_300_800_000)
        let before = WireTime(milliseconds: -1)
        let table: [(String, FilterValue, Bool)] = [
            ("seats", .integer(7), true), ("seats", .text("7"), false), ("seats", .bool(true), false),
            ("created_at", .time(WireTime(milliseconds: 5)), true), ("created_at", .integer(5), false),
            ("created_at", .time(far), false), ("created_at", .time(before), false),
            ("status", .text("active"), true), ("status", .integer(1), false), ("ulid", .text(Self.ulid), true),
            ("ulid", .integer(1), false), ("room_name", .text("a"), true),
        ]
        for (field, key, isOurs) in table {
            let cursor = Cursor(sort: [SortKey(field)], keys: [key], ulid: Self.ulid)
            let problem = refusedWith { _ = try ListSample.query("sort=\(field)&cursor=\(cursor.text)") }
            #expect(problem?.told == (isOurs ? nil : ["cursor invalid_format"]), "\(field) \(key)")
        }
    }

    // MARK: pages of what is in memory

    private struct Item: Equatable {
        let ulid: String
        let seats: Int64?
        let status: String
        let name: String
    }

    private static var view: ShortList<Item>.View {
        ShortList<Item>.View(
            ulid: { $0.ulid },
            value: { item, field, _ in
                switch field {
                case "seats": item.seats.map { .integer($0) }
                case "status": .text(item.status)
                case "room_name": .text(item.name)
                case "ulid": .text(item.ulid)
                default: nil
                }
            }, text: { item, field in field == "room_name" ? item.name : nil })
    }

    /// An item a letter, in the order in which a page has them.
    private func names(_ items: [Item], _ text: String) throws -> (names: String, answer: ListAnswer, query: ListQuery)
    {
        let query = try ListSample.query(text)
        let answer = ShortList(items, view: Self.view).answer(query) { .text($0.name) }
        return (answer.data.compactMap(\.text).joined(), answer, query)
    }

    private static func ulid(_ number: Int) -> String { "01JPKS3M7R9V0T2X4Z6B8D0F1" + String(number) }

    @Test func `items are filtered, searched, sorted and cut`() throws {
        let items = [
            Item(ulid: Self.ulid(1), seats: 5, status: "active", name: "a"),
            Item(ulid: Self.ulid(2), seats: nil, status: "inactive", name: "b"),
            Item(ulid: Self.ulid(3), seats: 5, status: "active", name: "c"),
            Item(ulid: Self.ulid(4), seats: 1, status: "active", name: "d"),
            Item(ulid: Self.ulid(5), seats: nil, status: "active", name: "e"),
        ]
        // Without a value at the end in both directions; ties as the last key goes.
        let table = [
            ("sort=seats", "dacbe"), ("sort=-seats", "cadeb"), ("sort=ulid", "abcde"), ("", "edcba"),
            ("sort=-status,seats", "bdace"), ("sort=ulid&filter[status]=active", "acde"),
            ("sort=ulid&filter[seats][gte]=2", "ac"), ("sort=ulid&filter[seats][lt]=2", "d"),
            ("sort=ulid&search=C", "c"), ("sort=ulid&search=a+b", ""), ("sort=ulid&limit=2", "ab"),
            ("sort=ulid&limit=2&page=3", "e"), ("sort=ulid&limit=2&page=4", ""), ("page=1000000000&limit=200", ""),
        ]
        for (text, wanted) in table { #expect(try names(items, text).names == wanted, "\(text)") }
        #expect(try names(items, "sort=ulid&filter[status]=active&limit=1").answer.total == 4)
    }

    /// `ulid` is filtered as an identifier, and all identifiers were alike in the order.
    @Test func `a list sorted by an identifier is not sorted by what comes behind it`() throws {
        let view = ShortList<Item>.View(
            ulid: { $0.ulid },
            value: { item, field, _ in
                switch field {
                case "ulid": ResourceReference(item.ulid).map { .identifier($0) }
                case "room_name": .text(item.name)
                default: nil
                }
            })
        let items = ["b", "c", "a"].enumerated().map { index, name in
            Item(ulid: Self.ulid(index), seats: nil, status: "active", name: name)
        }
        let list = ShortList(items, view: view)
        let whole = list.answer(try ListSample.query("sort=ulid,room_name")) { .text($0.name) }
        #expect(whole.data == ["b", "c", "a"])
        let first = list.answer(try ListSample.query("sort=ulid,room_name&limit=1")) { .text($0.name) }
        let cursor = try #require(first.next)
        let rest = list.answer(try ListSample.query("sort=ulid,room_name&cursor=\(cursor.text)")) { .text($0.name) }
        #expect(first.data == ["b"] && rest.data == ["c", "a"])
    }

    @Test(arguments: UInt64(0)..<300) func `who follows cursors sees every item once, in the order of the list`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let items = (0..<Int.random(in: 0...9, using: &random)).map { index in
            Item(
                ulid: Self.ulid(index),
                seats: Bool.random(using: &random) ? Int64.random(in: 0...2, using: &random) : nil,
                status: Bool.random(using: &random) ? "active" : "inactive", name: "\(index)")
        }
        let sorts = ["", "sort=seats", "sort=-seats", "sort=status,-seats", "sort=-status,ulid", "sort=-ulid"]
        let sort = sorts[Int.random(in: 0..<sorts.count, using: &random)]
        let limit = Int.random(in: 1...4, using: &random)
        let whole = try names(items.shuffled(using: &random), "\(sort)&limit=200").names
        #expect(whole.count == items.count)

        var (byCursor, byPage) = ("", "")
        var left = items
        var place = ""
        var turns = 0
        while turns < 20 {
            turns += 1
            let (names, answer, query) = try self.names(left.shuffled(using: &random), "\(sort)&limit=\(limit)\(place)")
            byCursor += names
            guard let next = answer.next else { break }
            #expect(answer.data.count == query.limit)
            place = "&cursor=\(next.text)"
            // What was seen may go: nothing is left out for it.
            if random.chance(0.5), let seen = byCursor.last { left.removeAll { $0.name == String(seen) } }
        }
        #expect(byCursor == whole && turns < 20)
        for page in 1...10 { byPage += try names(items, "\(sort)&limit=\(limit)&page=\(page)").names }
        #expect(byPage == whole)
    }

    // MARK: values

    @Test func `values are written as 2.3 and 2.4 say`() {
        #expect(JSON(WireTime(milliseconds: 1_772_355_600_999)).encoded == "\"2026-03-01T09:00:00Z\"")
        #expect(JSON(WireTime?.none).encoded == "null" && JSON(Price?.none).encoded == "null")
        #expect(JSON(Price("14.99")).encoded == "\"14.99\"" && JSON(Currency.euro).encoded == "\"EUR\"")
        let metadata = Metadata(members: [
            "b": .list([.null, .number(1), .integer(1)]), "a": .object(["y": .text("\""), "x": .bool(true)]),
        ])
        #expect(JSON(metadata).encoded == metadata.json)
        #expect(metadata.json == #"{"a":{"x":true,"y":"\""},"b":[null,1.0,1]}"#)
        var random = SplitMix64(seed: 1)
        let identity = ResourceIdentity(at: WireTime(milliseconds: 0), using: &random)
        let members = JSON.object(identity.members(of: "Room")).encoded
        let text = #"{"object":"Room","id":"\#(identity.id)","uuid":"\#(identity.uuid)","ulid":"\#(identity.ulid)"}"#
        #expect(members == text)
    }
}
