internal import BigBlueButton
internal import PlenaryCore

/// What the page of a room shows (`rooms-api.md` 11): plain data. ``RoomPageRenderer`` makes HTML of it.
struct RoomPage: Sendable, Hashable {
    /// What is told of the room, as far as the state lets it be told (``RoomPageState/showsRoom``).
    struct About: Sendable, Hashable {
        var name: String
        /// Plain text; lines are paragraphs. Images of rooms lie at other hosts and are not loaded: opening a link must not
        /// tell anybody else (8.5).
        var description: String?
        /// `nil`: the setting `show_owner` hides it from this visitor.
        var owner: String?
        var isRunning = false
        /// `nil`: this visitor is not told (11.5), or nothing runs.
        var people: Int?

        init(name: String) { self.name = name }
    }

    /// Why a room cannot be used; only its users are told.
    enum UnusableReason: Sendable, Hashable, CaseIterable { case subscription, account, customer }

    /// A button that changes something.
    struct Press: Sendable, Hashable {
        /// Path and query.
        var action: String
        var csrfToken: String
    }

    var state: RoomPageState
    var language: PageLanguage
    /// Whether the language was chosen by `lang`: then the page's own links keep it.
    var keepsLanguage = false
    /// Without a query: ``RoomAddress/path(id:slug:)``, or what was asked for where there is no room.
    var path: String
    /// As it came, valid or not.
    var token: String?
    var now: WireTime
    var about: About?
    /// Whether the visitor is one of the room's users: they are told what is wrong.
    var isRoomUser = false
    var unusableReason: UnusableReason?
    /// `nil`: there is nowhere to sign in.
    var signIn: String?
    /// `nil`: this visitor may not reactivate the room.
    var reactivate: Press?
    /// Path and query of ``RoomCalendar``; `nil`: none.
    var calendar: String?

    init(_ state: RoomPageState, language: PageLanguage, path: String, now: WireTime) {
        self.state = state
        self.language = language
        self.path = path
        self.now = now
    }

    /// The page again, with the visitor's token.
    var address: String { link(withToken: true, in: keepsLanguage ? language : nil) }

    /// The same for who came back from a session and wants in once more: without `again` that page would be shown again.
    var addressAgain: String { "\(address)\(address.utf8.contains(UInt8(ascii: "?")) ? "&" : "?")again=1" }

    func link(withToken: Bool, in language: PageLanguage?) -> String {
        var query: [String] = []
        if withToken, let token { query.append("token=\(FormCoding.encode(token))") }
        if let language { query.append("lang=\(language.rawValue)") }
        return query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
    }
}

/// Headers of answers that are room pages (8.5).
enum RoomPageHeaders {
    /// Nothing is loaded from anywhere else, not even images, and there is neither script nor style in the page itself.
    ///
    /// `form-action` is our own host alone: browsers hold the redirect after a form to it as well. So a form is never answered
    /// by a redirect to a provider, but by the page ``RoomPageState/ready(to:)``, which leads there.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'self'"

    static let page: [(name: String, value: String)] = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", policy),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        ("X-Robots-Tag", "noindex"),
        ("X-Content-Type-Options", "nosniff"),
        ("Vary", "Accept-Language, Cookie"),
    ]

    /// Of ``RoomCalendar``, whose address may have the token in it.
    static let calendar: [(name: String, value: String)] = [
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        ("X-Robots-Tag", "noindex"),
        ("X-Content-Type-Options", "nosniff"),
    ]

    /// Of ``RoomPageAsset``: its name changes with its content.
    static func asset(_ asset: RoomPageAsset) -> [(name: String, value: String)] {
        [
            ("Content-Type", asset.type),
            ("Cache-Control", "public, max-age=31536000, immutable"),
            ("X-Content-Type-Options", "nosniff"),
        ]
    }
}
