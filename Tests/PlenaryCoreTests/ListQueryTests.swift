import BigBlueButton
import Testing

@testable import PlenaryCore

/// A resource as lists are asked for it, and what it refers to.
enum ListSample {
    private typealias Field = ResourceSchema.Field

    static let room = ResourceSchema(
        "Room",
        fields: ResourceSchema.commonFields + [
            Field("room_name", sorts: true, searched: true), Field("slug", filter: .text, searched: true),
            Field("status", filter: .choice(["active", "inactive"]), sorts: true), Field("is_public", filter: .bool),
            Field("account_id", filter: .identifier), Field("seats", filter: .integer, sorts: true), Field("url"),
            Field("room_metadata", filter: .metadata),
        ],
        otherFilters: ["live": .bool],
        relationships: [.init("tokens", nil), .init("account", "Account"), .init("status_now", nil)])
    static let account = ResourceSchema(
        "Account", fields: [Field("account_name")],
        relationships: [.init("customer", "Customer"), .init("rooms", "Room")])
    static let customer = ResourceSchema("Customer", fields: [], relationships: [.init("accounts", "Account")])
    static let catalogue = SchemaCatalogue([room, account, customer])

    static func query(_ text: String) throws -> ListQuery {
        try ListQuery(QueryText.read(text), of: room, in: catalogue)
    }
}

/// Parameters of lists (`rooms-api.md` 2.6).
struct ListQueryTests {
    private func query(_ text: String) throws -> ListQuery { try ListSample.query(text) }

    private func told(_ text: String) -> [String] {
        refusedWith { _ = try ListSample.query(text) }?.told ?? []
    }

    @Test func `nothing asked for is the first page, newest first`() throws {
        for text in ["", "&", "page=&limit=&sort=&search=&fields=&include=&filter=&cursor=", "skipCache=true&x=1"] {
            let query = try query(text)
            #expect(query.place == .page(1) && query.limit == 50 && query.offset == 0, "\(text)")
            #expect(query.sort.map(\.description) == ["-created_at"] && query.ulidIsDescending, "\(text)")
            #expect(query.filters.isEmpty && query.search.isEmpty && query.parameters.isEmpty, "\(text)")
            #expect(query.selection == .everything, "\(text)")
        }
    }

    @Test(arguments: [
        ("page=3&limit=200", 3, 200), ("limit=1", 1, 1), ("page=99999999999999999999", 1_000_000_000, 50),
        ("page=%33", 3, 50),
    ]) func `a page is counted from 1`(text: String, page: Int, limit: Int) throws {
        let query = try query(text)
        #expect(query.place == .page(page) && query.limit == limit)
        #expect(query.offset == (page - 1) * limit)
    }

    @Test(arguments: [
        ("page=0", "page out_of_range"), ("page=-1", "page invalid_type"), ("page=1.5", "page invalid_type"),
        ("page=+1", "page invalid_type"), ("limit=0", "limit out_of_range"), ("limit=201", "limit out_of_range"),
        ("limit=99999999999999999999", "limit out_of_range"), ("limit=ten", "limit invalid_type"),
        ("page=1&page=2", "page invalid_format"), ("cursor=x", "cursor invalid_format"),
        ("cursor=e30", "cursor invalid_format"),
        ("sort=name", "sort invalid_enum"), ("sort=--seats", "sort invalid_enum"), ("sort=url", "sort invalid_enum"),
        ("sort=seats,-seats", "sort invalid_format"), ("sort=seats,,ulid", "sort invalid_format"),
        ("sort=seats&orderBy=seats", "orderBy invalid_format"), ("orderBy=url", "orderBy invalid_enum"),
        ("sortedBy=desc", "sortedBy invalid_format"), ("orderBy=seats&sortedBy=up", "sortedBy invalid_enum"),
        ("fields=id,nothing", "fields invalid_enum"), ("filter=nothing", "filter invalid_enum"),
        ("fields=id&filter=id", "filter invalid_format"), ("include=nothing", "include invalid_enum"),
        ("include=tokens.room", "include invalid_enum"), ("include=account.nothing", "include invalid_enum"),
        ("include=account.rooms.account.rooms", "include out_of_range"), ("include=account.", "include invalid_enum"),
        ("filter[nothing]=1", "filter[nothing] unknown_field"), ("filter[url]=x", "filter[url] unknown_field"),
        ("filter[status]=open", "filter[status] invalid_enum"), ("filter[status]=", "filter[status] required"),
        ("filter[status]=active,", "filter[status] invalid_enum"), ("filter[slug]=a,,b", "filter[slug] invalid_format"),
        ("filter[is_public]=yes", "filter[is_public] invalid_type"),
        ("filter[seats]=1.5", "filter[seats] invalid_type"),
        ("filter[created_at]=yesterday", "filter[created_at] invalid_format"),
        ("filter[account_id]=x", "filter[account_id] invalid_format"),
        ("filter[seats][eq]=1", "filter[seats][eq] invalid_enum"),
        ("filter[seats][gte]=1,2", "filter[seats][gte] invalid_type"),
        ("filter[slug][gte]=a", "filter[slug][gte] invalid_enum"), ("filter[seats", "filter[seats invalid_format"),
        ("filter[]=1", "filter[] invalid_format"), ("filter[seats]x=1", "filter[seats]x invalid_format"),
        ("filter[room_metadata]=1", "filter[room_metadata] unknown_field"),
        ("filter[room_metadata.]=1", "filter[room_metadata.] unknown_field"),
        ("filter[slug.x]=1", "filter[slug.x] unknown_field"),
        ("filter[seats]=1&filter[seats]=2", "filter[seats] invalid_format"),
        ("search=a+b+c+d+e+f+g+h+i+j+k", "search out_of_range"),
    ]) func `what is wrong is told by its parameter`(text: String, fault: String) {
        let problem = refusedWith { _ = try ListSample.query(text) }
        #expect(problem?.code == .invalidQuery)
        // A filter that is there twice has no value either.
        #expect(problem?.told.first == fault)
    }

    @Test func `everything that is wrong is told at once`() {
        let text = "page=0&limit=0&sort=x&filter[y]=1&include=z&fields=w&search=" + String(repeating: "x", count: 201)
        let parameters = [
            "fields invalid_enum", "filter[y] unknown_field", "include invalid_enum", "limit out_of_range",
            "page out_of_range", "search too_long", "sort invalid_enum",
        ]
        #expect(told(text) == parameters)
    }

    @Test func `what would be right is told where it is a word`() {
        let fault = refusedWith { _ = try ListSample.query("filter[status]=open") }?.faults.first
        #expect(fault?.expected?.encoded == #"["active","inactive"]"#)
    }

    // MARK: sorting

    @Test(arguments: [
        ("sort=seats", "seats"), ("sort=-seats,room_name", "-seats,room_name"), ("orderBy=seats", "seats"),
        ("orderBy=seats&sortedBy=asc", "seats"), ("orderBy=seats&sortedBy=desc", "-seats"),
    ]) func `a list is sorted by fields`(text: String, sort: String) throws {
        #expect(try query(text).sort.map(\.description).joined(separator: ",") == sort)
    }

    // MARK: filters

    @Test func `filters have values of their type`() throws {
        let text = """
            filter%5Bstatus%5D=active,inactive&filter[is_public]=1&filter[live]=false&filter[seats][gt]=1e1&\
            filter[created_at][gte]=2026-03-01&filter[created_at][lt]=2026-03-01T10:00:00+01:00&\
            filter[account_id]=aK4mZr7PdQ&filter[room_metadata.crm.id]=a%2Cb
            """
        let march = made(WireTime(timestamp: "2026-03-01"))
        let wanted: [Filter] = [
            Filter(field: "status", condition: .isAny(of: [.text("active"), .text("inactive")])),
            Filter(field: "is_public", condition: .isAny(of: [.bool(true)])),
            Filter(field: "live", condition: .isAny(of: [.bool(false)])),
            Filter(field: "seats", condition: .compares(.gt, .integer(10))),
            Filter(field: "created_at", condition: .compares(.gte, .time(march))),
            Filter(
                field: "created_at", condition: .compares(.lt, .time(made(WireTime(timestamp: "2026-03-01T09:00:00Z"))))
            ),
            Filter(field: "account_id", condition: .isAny(of: [.identifier(.id("aK4mZr7PdQ"))])),
            Filter(field: "room_metadata", key: "crm.id", condition: .isAny(of: [.text("a"), .text("b")])),
        ]
        #expect(try query(text).filters == wanted)
    }

    @Test func `a filter lets through what it says`() {
        func time(_ milliseconds: Int64) -> FilterValue { .time(WireTime(milliseconds: milliseconds)) }
        let second = time(5_000)
        // A time is compared as it is seen: in whole seconds.
        let table: [(Filter.Condition, FilterValue?, Bool)] = [
            (.isAny(of: [second]), time(5_999), true), (.isAny(of: [second]), time(6_000), false),
            (.isAny(of: [second]), nil, false), (.isAny(of: [.text("a"), .text("b")]), .text("b"), true),
            (.isAny(of: [.text("a")]), .text("A"), false), (.compares(.gte, second), time(5_000), true),
            (.compares(.gte, second), time(4_999), false), (.compares(.gt, second), time(5_999), false),
            (.compares(.gt, second), time(6_000), true), (.compares(.lte, second), time(5_999), true),
            (.compares(.lte, second), time(6_000), false), (.compares(.lt, second), time(4_999), true),
            (.compares(.lt, second), time(5_000), false), (.compares(.lt, second), nil, false),
            (.compares(.lte, .integer(3)), .integer(3), true), (.compares(.lte, .integer(3)), time(1), false),
        ]
        for (condition, value, passes) in table {
            #expect(Filter(field: "x", condition: condition).accepts(value) == passes, "\(condition) \(value as Any)")
        }
    }

    @Test func `a filter lets through no other spelling than its own`() {
        let filter = Filter(field: "slug", condition: .isAny(of: [.text("\u{E9}"), .text("\u{212A}")]))
        #expect(filter.accepts(.text("\u{E9}")) && filter.accepts(.text("\u{212A}")))
        #expect(!filter.accepts(.text("e\u{301}")) && !filter.accepts(.text("K")))
    }

    // MARK: what is shown

    @Test func `fields and includes are what they name`() throws {
        let all = try query("include=tokens,account.customer,account").selection
        #expect(all.fields == nil && all.includes.paths == ["account", "account.customer", "tokens"])
        let some = try query("fields=room_name,tokens,room_name").selection
        #expect(some.includes.paths == ["tokens"])
        #expect(["object", "id", "room_name", "tokens"].allSatisfy { some.shows($0) } && !some.shows("slug"))
        #expect(try query("filter=room_name,tokens").selection == some)
        let object = jsonText(#"{"object":"Room","id":"1","uuid":"2","room_name":"a","tokens":[],"slug":"b"}"#)
        #expect(some.applied(to: object).encoded == #"{"object":"Room","id":"1","room_name":"a","tokens":[]}"#)
        #expect(all.applied(to: object) == object)
        // What is included was asked for, also when the fields do not name it.
        #expect(try query("fields=url&include=account").selection.shows("account"))
    }

    @Test func `a single GET is asked in the same words, and no others`() throws {
        let parameters = [QueryParameter("include", "tokens"), QueryParameter("page", "0")]
        let selection = try Selection(parameters, of: ListSample.room, in: ListSample.catalogue)
        #expect(selection.includes.names == ["tokens"])
        let wrong = refusedWith {
            _ = try Selection([QueryParameter("fields", "x")], of: ListSample.room, in: ListSample.catalogue)
        }
        #expect(wrong?.told == ["fields invalid_enum"])
    }

    // MARK: search

    @Test(arguments: [
        ("search=M%C3%BCller+room", ["muller", "room"], ["room_name", "slug"]),
        ("search=room_name:Caf%C3%A9", ["cafe"], ["room_name"]),
        ("search=10:30", ["10:30"], ["room_name", "slug"]), ("search=url:x", ["url:x"], ["room_name", "slug"]),
    ]) func `words are searched without case and accents`(text: String, words: [String], fields: [String]) throws {
        let terms = try query(text).search
        #expect(terms.map(\.word) == words)
        #expect(terms.allSatisfy { $0.fields == fields })
    }

    @Test func `a search may say where`() throws {
        let terms = try query("search=room_name:a+b;slug:c").search
        #expect(terms.map { "\($0.fields) \($0.word)" } == [#"["room_name"] a"#, #"["room_name"] b"#, #"["slug"] c"#])
        #expect(terms[2].isFound { $0 == "slug" ? "xCx" : "no" })
        #expect(!terms[2].isFound { $0 == "slug" ? "x" : "c" } && !terms[2].isFound { _ in nil })
    }

    @Test(arguments: [
        ("\u{C4}RGER", "arger"), ("A\u{308}rger", "arger"), ("Stra\u{DF}e", "strasse"), ("S\u{F8}ren", "soren"),
        ("\u{141}\u{F3}d\u{17A}", "lodz"), ("\u{419}", "\u{439}"), ("\u{3A3}\u{3AF}", "\u{3C3}\u{3AF}"),
        ("\u{6F22}\u{5B57}", "\u{6F22}\u{5B57}"), ("\u{E6}", "\u{E6}"),
    ]) func `letters with marks are the letters`(text: String, folded: String) {
        #expect(SearchText.folded(text).unicodeScalars.elementsEqual(folded.unicodeScalars))
    }

    // MARK: the text of a query

    @Test func `a query that cannot be read is no list's fault`() {
        for text in ["a=%", "a=%zz", "%4=1"] {
            #expect(refusedWith { _ = try QueryText.read(text) }?.code == .badRequest, "\(text)")
        }
        let long = refusedWith { _ = try QueryText.read(String(repeating: "x", count: 16_385)) }
        #expect(long?.status == 414)
        let many = refusedWith { _ = try QueryText.read(String(repeating: "a=1&", count: 201)) }
        #expect(many?.code == .badRequest)
        #expect(refusedWith { _ = try QueryText.read(String(repeating: "a=1&", count: 200)) } == nil)
    }

    @Test func `a query is read as forms write it`() throws {
        let read = try QueryText.read("a=1+2&b&c=x%3Dy=z&&d=%26")
        let wanted = [("a", "1 2"), ("b", ""), ("c", "x=y=z"), ("d", "&")].map { QueryParameter($0.0, $0.1) }
        #expect(read == wanted)
        #expect(try QueryText.read(QueryText.write(read)) == read)
    }
}
