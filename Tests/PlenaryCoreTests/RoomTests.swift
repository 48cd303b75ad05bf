import BigBlueButton
import Testing

@testable import PlenaryCore

/// Rooms as values: attributes, slugs, addresses and settings (`rooms-api.md` 7.1, 7.2, 7.4, 7.5, 11.1).
struct RoomTests {
    private static func pointers(_ faults: [RoomFault]) -> [String] { faults.map(\.pointer) }

    // MARK: attributes

    @Test func `a room that is only named is active, not public, and has a slug`() throws {
        let kept = try RoomDetails(name: "Business Meeting").checked()
        #expect(kept.status == .active && !kept.isPublic && kept.slug == "business-meeting")
        #expect(kept.features == .none && kept.settings == .none && kept.metadata == .empty)
        #expect(try kept.checked() == kept)
    }

    struct Refused: Sendable {
        let pointer: String
        let code: RoomFault.Code
        let change: @Sendable (inout RoomDetails) -> Void

        init(_ pointer: String, _ code: RoomFault.Code, _ change: @escaping @Sendable (inout RoomDetails) -> Void) {
            self.pointer = pointer
            self.code = code
            self.change = change
        }
    }

    static let refused = [
        Refused("/room_name", .required) { $0.name = "" },
        Refused("/room_name", .required) { $0.name = " \u{A0}" },
        Refused("/room_name", .tooLong) { $0.name = String(repeating: "x", count: 201) },
        Refused("/room_name", .invalidFormat) { $0.name = "a\nb" },
        Refused("/slug", .invalidFormat) { $0.slug = "Business" },
        Refused("/slug", .invalidFormat) { $0.slug = "a--b" },
        Refused("/slug", .invalidFormat) { $0.slug = "-a" },
        Refused("/slug", .invalidFormat) { $0.slug = "s\u{FC}d" },
        Refused("/slug", .tooLong) { $0.slug = String(repeating: "x", count: 101) },
        Refused("/room_metadata", .metadataTooLarge) { $0.metadata = Metadata(members: ["": .scalar(.null)]) },
        Refused("/room_settings/anyone_can_start", .invalidSetting) {
            $0.settings = RoomSettings(["anyone_can_start": .text("yes")])
        },
        Refused("/room_features/a~1b", .tooLong) {
            $0.features = RoomFeatures(["a/b": .text(String(repeating: "x", count: 101))])
        },
    ]

    @Test(arguments: refused.indices) func `what is wrong is told with its place`(index: Int) throws {
        let it = Self.refused[index]
        var details = RoomDetails(name: "Business Meeting")
        it.change(&details)
        let wrong = details
        let thrown = try #require(#expect(throws: RoomFaults.self) { _ = try wrong.checked() })
        #expect(thrown.faults.map(\.pointer) == [it.pointer] && thrown.faults.map(\.code) == [it.code])
        #expect(thrown.faults.allSatisfy { !$0.rule.isEmpty })
    }

    @Test func `everything that is wrong is told at once, in the order of the places`() throws {
        let wrong = RoomDetails(
            name: "", slug: "A", settings: RoomSettings(["locale": .integer(1), "guest_policy": .text("maybe")]))
        let thrown = try #require(#expect(throws: RoomFaults.self) { _ = try wrong.checked() })
        #expect(
            Self.pointers(thrown.faults) == [
                "/room_name", "/room_settings/guest_policy", "/room_settings/locale", "/slug",
            ]
        )
    }

    @Test func `a name of 200 characters and a slug of 100 fit`() throws {
        let details = RoomDetails(
            name: String(repeating: "x", count: 200), slug: String(repeating: "y", count: 100))
        #expect(try details.checked() == details)
    }

    @Test func `a room can be sent back as it was fetched`() {
        let held: [RoomReadOnly: String] = [
            .object: "Room", .id: "u6Yh3DkQ9w", .accountID: "aK4mZr7PdQ", .roomType: "meet",
            .url: "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting",
        ]
        #expect(RoomReadOnly.faults(given: held, held: held).isEmpty)
        #expect(RoomReadOnly.faults(given: [:], held: held).isEmpty)
    }

    @Test(arguments: RoomReadOnly.allCases) func `what nobody sets is refused when it differs`(attribute: RoomReadOnly)
    {
        let faults = RoomReadOnly.faults(given: [attribute: "video"], held: [attribute: "meet"])
        #expect(Self.pointers(faults) == ["/\(attribute.rawValue)"])
        let code: RoomFault.Code = attribute == .roomType ? .immutableBySubscription : .readOnly
        #expect(faults.map(\.code) == [code])
        #expect(faults.first?.expected == "meet" && faults.first?.actual == "video")
        // Of a room that is not made yet nothing is known.
        #expect(RoomReadOnly.faults(given: [attribute: "x"], held: [:]).count == 1)
    }

    @Test(
        arguments: [
            (RoomType.meet, "meet", "Stream Meet", true), (.video, "video", "Stream Video", false),
            (.live, "live", "Stream Live", false), (.simulcast, "simulcast", "Stream Simulcast", false),
        ] as [(RoomType, String, String, Bool)])
    func `there are four types, of which one can hold sessions`(
        type: RoomType, word: String, title: String, hasAdapter: Bool
    ) {
        #expect(RoomType.allCases.count == 4)
        #expect(type.rawValue == word && type.roomTitle == title && type.hasAdapter == hasAdapter)
    }

    // MARK: slugs and addresses

    @Test(
        arguments: [
            ("Business Meeting", "business-meeting"), ("  Straße & Söhne  ", "strasse-soehne"),
            ("École Élémentaire", "ecole-elementaire"), ("E\u{301}cole", "ecole"), ("Łódź", "lodz"),
            ("Œuvre", "oeuvre"), ("Smørrebrød", "smoerrebroed"), ("O'Neil’s", "oneils"), ("Физика 2", "fizika-2"),
            ("Щука", "shchuka"), ("За\u{301}мок", "zamok"), ("Аўторак", "autorak"), ("Αθήνα", "athina"), ("学校", "room"),
            ("", "room"), ("---", "room"),
            ("7 of 9", "7-of-9"),
            ("İstanbul", "istanbul"), ("a_b.c", "a-b-c"), ("Tiếng Việt", "tieng-viet"),
        ] as [(String, String)])
    func `a slug is made from the name`(name: String, slug: String) throws {
        #expect(RoomSlug(from: name).text == slug)
        #expect(RoomSlug(slug)?.text == slug)
    }

    @Test func `a slug that is made fits, however long the name is`() {
        for length in 95...110 {
            let slug = RoomSlug(from: String(repeating: "x", count: length) + " y")
            #expect(RoomSlug(slug.text) == slug)
        }
        #expect(RoomSlug(from: String(repeating: "x", count: 99) + " y").text == String(repeating: "x", count: 99))
    }

    @Test func `the address is made of id and slug, and of the token where there is one`() {
        let room = RoomSamples.room()
        #expect(room.url(origin: RoomSamples.origin) == "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting")
        #expect(
            room.url(origin: RoomSamples.origin, token: RoomSamples.tokenText)
                == "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting?token=Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e")
    }

    @Test(
        arguments: [
            ("business-meeting", nil, nil), ("business-meeting", "token=x", nil), (nil, nil, "/rooms/u6Yh3DkQ9w/now"),
            ("old-name", nil, "/rooms/u6Yh3DkQ9w/now"), ("", nil, "/rooms/u6Yh3DkQ9w/now"),
            ("old-name", "token=a%20b&x=1", "/rooms/u6Yh3DkQ9w/now?token=a%20b&x=1"),
            ("old-name", "", "/rooms/u6Yh3DkQ9w/now"),
        ] as [(String?, String?, String?)])
    func `every slug leads to the current one, with the query`(visited: String?, query: String?, leadsTo: String?)
        throws
    {
        let current = try #require(RoomSlug(leadsTo == nil ? "business-meeting" : "now"))
        let found = RoomAddress.redirect(id: "u6Yh3DkQ9w", current: current, visited: visited, query: query)
        #expect(found == leadsTo)
    }

    @Test func `the public host is the customer's own before the platform's`() {
        func origin(_ own: String?, _ sub: String?, _ platform: String = "https://rooms.example") -> String {
            RoomAddress.origin(hostname: own, subdomain: sub, platform: platform)
        }
        #expect(origin("meet.school.example", "school") == "https://meet.school.example")
        #expect(origin(nil, "school") == "https://school.rooms.example")
        #expect(origin("", "school", "http://rooms.example:8080") == "http://school.rooms.example:8080")
        #expect(origin(nil, nil) == "https://rooms.example" && origin(nil, "") == "https://rooms.example")
    }

    // MARK: settings

    static let fits: [(String, Metadata.Scalar)] = [
        ("description", .text("a\nb")), ("description", .text(String(repeating: "x", count: 4_000))),
        ("featured_image", .text("https://example.com/featured-image")), ("hero_image", .text("HTTPS://example.com")),
        ("anyone_can_start", .bool(true)), ("guest_policy", .text("ask_moderator_all")),
        ("opens_at", .text("2026-03-01")), ("show_owner", .text("nobody")), ("locale", .text("pt-BR")),
        ("planned_duration", .integer(1)), ("banner_color", .text("#0a7B3c")),
        ("meeting_layout", .text("NEW_LAYOUT_2")),
        ("user_camera_cap", .integer(0)), ("end_when_no_moderator_timeout", .integer(5)),
        ("my_own_key", .number(1.5)), ("x", .text(String(repeating: "x", count: 1_024))),
        ("k" + String(repeating: "9", count: 63), .bool(false)),
    ]

    static let unfit: [(String, Metadata.Scalar)] = [
        ("description", .text(String(repeating: "x", count: 4_001))), ("description", .integer(1)),
        ("description", .text("a\u{0}")), ("featured_image", .text("http://example.com/x")),
        ("featured_image", .text("https://")), ("featured_image", .text("https://a@b.example")),
        ("featured_image", .text("https://example.com/a b")), ("hero_image", .bool(true)),
        ("anyone_can_start", .integer(1)), ("anyone_can_start", .text("true")),
        ("guest_policy", .text("ALWAYS_ACCEPT")),
        ("opens_at", .text("tomorrow")), ("opens_at", .integer(5)), ("show_owner", .text("")),
        ("locale", .text("de_DE")), ("planned_duration", .integer(0)), ("planned_duration", .number(1.5)),
        ("planned_duration", .integer(.max)), ("banner_color", .text("0a7b3c")), ("banner_color", .text("#0a7b3")),
        ("meeting_layout", .text("smart")), ("user_camera_cap", .integer(-1)),
        ("end_when_no_moderator_timeout", .integer(0)), ("My_key", .bool(true)), ("9key", .bool(true)),
        ("a-b", .bool(true)), ("", .bool(true)), ("k" + String(repeating: "9", count: 64), .bool(false)),
        ("x", .text(String(repeating: "x", count: 1_025))), ("x", .number(.infinity)),
    ]

    @Test(arguments: fits.indices) func `a setting that fits is taken`(index: Int) {
        let (key, value) = Self.fits[index]
        #expect(RoomSettings([key: value]).faults.isEmpty, "\(key)")
    }

    @Test(arguments: unfit.indices) func `a setting that does not fit is refused in its place`(index: Int) {
        let (key, value) = Self.unfit[index]
        let faults = RoomSettings([key: value]).faults
        #expect(faults.map(\.code) == [.invalidSetting], "\(key)")
        #expect(Self.pointers(faults) == ["/room_settings/\(key)"])
    }

    @Test func `there are at most 50 keys of one's own`() {
        var given: [String: Metadata.Scalar] = ["description": .text("x"), "locale": .text("de")]
        for number in 0..<50 { given["key\(number)"] = .integer(1) }
        #expect(RoomSettings(given).faults.isEmpty)
        given["one_more"] = .integer(1)
        #expect(Self.pointers(RoomSettings(given).faults) == ["/room_settings"])
    }

    @Test func `a room closes after it opens`() {
        func faults(_ opens: String, _ closes: String) -> [RoomFault] {
            RoomSettings(["opens_at": .text(opens), "closes_at": .text(closes)]).faults
        }
        #expect(faults("2026-03-01", "2026-03-02").isEmpty)
        #expect(Self.pointers(faults("2026-03-01", "2026-03-01")) == ["/room_settings/closes_at"])
        #expect(Self.pointers(faults("2026-03-02", "2026-03-01")) == ["/room_settings/closes_at"])
    }

    @Test func `times of settings are kept as the API writes times`() {
        let given = RoomSettings(["opens_at": .text("2026-03-01T10:30:00+01:30"), "mine": .text("2026-03-01")])
        #expect(given.spelled.given == ["opens_at": .text("2026-03-01T09:00:00Z"), "mine": .text("2026-03-01")])
    }

    @Test func `settings are merged by key, and null takes one away`() {
        let stored = RoomSettings(["description": .text("a"), "locale": .text("de")])
        let merged = stored.merging(["locale": .null, "queue_when_full": .bool(true), "none": .null])
        #expect(merged.given == ["description": .text("a"), "queue_when_full": .bool(true)])
    }

    @Test func `what is not set is as the catalogue says`() {
        let none = RoomSettings.none
        #expect(!none.isOn(.anyoneCanStart) && !none.isOn(.queueWhenFull) && none.isOn(.requireConsent))
        #expect(none.isOn(.allowStartStopRecording) && none.isOn(.cameraAsContent) && none.isOn(.externalVideos))
        #expect(none.guestPolicy == .alwaysAccept && none.showOwner == .authenticated)
        #expect(none.integer(.userCameraCap) == 3 && none.integer(.plannedDuration) == nil)
        #expect(none.opensAt == nil && none.text(.welcomeMessage) == nil)
        for key in RoomSettingKey.allCases { #expect(key.setting.kind != .anything, "\(key)") }
    }

    @Test(
        arguments: [
            (RoomType.meet, RoomProviderType.bigBlueButton, true), (.meet, .scalelite, true), (.meet, .fleet, true),
            (.video, .vimeo, false), (.live, .vimeo, false), (.meet, .vimeo, false),
        ] as [(RoomType, RoomProviderType, Bool)])
    func `a setting of another type or provider is stored with a warning`(
        type: RoomType, provider: RoomProviderType, applies: Bool
    ) {
        let settings = RoomSettings(["mute_on_start": .bool(true), "description": .text("x"), "mine": .bool(true)])
        let warnings = settings.warnings(type: type, provider: provider)
        #expect(settings.faults.isEmpty)
        #expect(Self.pointers(warnings) == (applies ? [] : ["/room_settings/mute_on_start"]))
        #expect(warnings.allSatisfy { $0.code == .settingNotApplicable })
    }

    @Test(
        arguments: [
            (OwnerVisibility.nobody, false, false), (.authenticated, true, false), (.everyone, true, true),
        ] as [(OwnerVisibility, Bool, Bool)])
    func `who sees the owner's name`(visibility: OwnerVisibility, signedIn: Bool, others: Bool) {
        #expect(visibility.isShown(toAuthenticated: true) == signedIn)
        #expect(visibility.isShown(toAuthenticated: false) == others)
    }

    // MARK: texts

    @Test(
        arguments: [
            ("plain", "plain"), ("<b>a</b> <i>b</i> <u>c</u><br>d", "<b>a</b> <i>b</i> <u>c</u><br>d"),
            ("a\nb", "a<br>b"), ("a\r\nb", "a<br>b"), ("a\tb", "a b"), ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
            ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
            ("<a href=\"https://x.example/?a=1&b=2\">x</a>", "<a href=\"https://x.example/?a=1&amp;b=2\">x</a>"),
            ("<a href=\"javascript:alert(1)\">x</a>", "&lt;a href=&quot;javascript:alert(1)&quot;&gt;x&lt;/a&gt;"),
            ("<b onclick=\"x\">a</b>", "&lt;b onclick=&quot;x&quot;&gt;a&lt;/b&gt;"), ("<b>open", "<b>open</b>"),
            ("</b>", "&lt;/b&gt;"), ("<b><i>x</b></i>", "<b><i>x&lt;/b&gt;</i></b>"), ("<B>x</B>", "<b>x</b>"),
            ("a\u{0}b", "ab"), ("<", "&lt;"), ("<b", "&lt;b"),
        ] as [(String, String)])
    func `of the HTML of room owners only the little that chats take stays HTML`(given: String, safe: String) {
        #expect(ChatMarkup.safe(given) == safe)
    }

    // MARK: metadata

    @Test func `features and settings have no lists and no objects`() throws {
        let good = Metadata(members: ["a": .scalar(.integer(1)), "b": .scalar(.null)])
        #expect(try good.scalars(of: "room_settings") == ["a": .integer(1), "b": .null])
        let bad = Metadata(members: ["a": .list([.integer(1)]), "b": .object(["c": .null]), "d": .scalar(.null)])
        let thrown = try #require(#expect(throws: RoomFaults.self) { _ = try bad.scalars(of: "room_settings") })
        #expect(Self.pointers(thrown.faults) == ["/room_settings/a", "/room_settings/b"])
        #expect(thrown.faults.allSatisfy { $0.code == .invalidType })
    }

    @Test func `metadata is overwritten as a whole`() throws {
        var details = RoomDetails(name: "a", metadata: Metadata(members: ["a": .scalar(.integer(1))]))
        details.metadata = Metadata(members: ["b": .scalar(.integer(3))])
        #expect(try details.checked().metadata.json == #"{"b":3}"#)
    }

    // MARK: problems

    @Test(
        arguments: [
            (RoomProblem.tokenRequired, 401), (.accessCodeRequired, 401), (.tokenInvalid, 403), (.roomInactive, 403),
            (.ownPermissions, 403), (.roomNotFound, 404), (.roomFull, 409), (.tokenIsAutomatic, 409),
            (.ownerRequired, 409), (.codeNotUnique, 409), (.roomGone, 410), (.joinIncomplete, 422),
            (.nameRequired, 422), (.userNotOfCustomer, 422), (.rateLimited, 429), (.providerUnavailable, 503),
        ] as [(RoomProblem, Int)])
    func `a problem has its status`(problem: RoomProblem, status: Int) {
        #expect(problem.status == status)
        #expect(problem.rawValue.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0 >= UInt8(ascii: "a") })
    }
}
