internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// What a page of signing in shows (`rooms-api.md` 2.2 and 13): plain data. ``SignInRenderer`` makes HTML of it.
struct SignInPage: Sendable, Hashable {
    /// The names of the fields of forms.
    enum Field: String, Sendable, Hashable, CaseIterable {
        case email, name, password
        case newPassword = "new_password"
        case repeated = "repeated_password"
    }

    struct Fault: Sendable, Hashable {
        let field: Field
        let text: SignInText

        init(_ field: Field, _ text: SignInText) {
            self.field = field
            self.text = text
        }
    }

    /// Who is signed in.
    struct Account: Sendable, Hashable {
        let name: String
        let email: String
        let kind: SignInKind
        /// Of an administrator.
        let roles: [String]
        let places: [SignIn.Place]
    }

    enum State: Sendable, Hashable {
        case signIn(SignInKind)
        /// - Parameter email: whose password it is; `nil`: of who becomes the first administrator.
        case setUp(email: String?)
        /// The link is none, or none any more.
        case linkGone
        case account(Account)
        case signOut
        case signedOut
        case failed

        /// The word that is shown small, for whoever helps.
        var code: String {
            switch self {
            case .signIn: "sign_in"
            case .setUp: "set_up"
            case .linkGone: "link_gone"
            case .account: "account"
            case .signOut: "sign_out"
            case .signedOut: "signed_out"
            case .failed: "internal_error"
            }
        }
    }

    var state: State
    var language: PageLanguage
    /// Whether the language was chosen by `lang`: then forms and links keep it.
    var keepsLanguage = false
    /// Of the page that shows the same again: `/sign-in`.
    var path: String
    /// Of the session; `nil`: nobody is signed in.
    var csrfToken: String?
    /// Where it goes on after signing in; a path of ours.
    var next: String?
    /// Of a set-up link, as it came.
    var token: String?
    /// What was filled in; never a password.
    var values: [Field: String] = [:]
    var faults: [Fault] = []
    /// What has just been done.
    var notice: SignInText?
    /// What keeps the whole form from being taken.
    var trouble: SignInText?
    /// Of the answer.
    var status = 200

    init(_ state: State, language: PageLanguage, path: String) {
        self.state = state
        self.language = language
        self.path = path
    }

    /// - Parameter language: `nil`: as the browser wants it.
    func link(_ path: String, kind: SignInKind? = nil, in language: PageLanguage?, withToken: Bool = false) -> String {
        var query: [String] = []
        if kind == .admin { query.append("as=admin") }
        if withToken, let token { query.append("token=\(FormCoding.encode(token))") }
        if let next { query.append("next=\(FormCoding.encode(next))") }
        if let language { query.append("lang=\(language.rawValue)") }
        return query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
    }

    /// The language that forms and links keep.
    var kept: PageLanguage? { keepsLanguage ? language : nil }
}

/// Headers of the pages of signing in.
enum SignInHeaders {
    /// As of room pages, without any script, and in nobody's frame: whoever is signed in must not click what he does not see.
    static let policy =
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// Addresses of ours, which may have a token, are told to nobody else; our own forms say where they come from.
    static let page: [(name: String, value: String)] = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", policy),
        ("Referrer-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("X-Robots-Tag", "noindex"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Vary", "Accept-Language, Cookie"),
    ]
}
