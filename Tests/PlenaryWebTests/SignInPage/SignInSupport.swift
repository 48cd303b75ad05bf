import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// Somebody who is signed in, as a browser and a program of ours know them.
struct SignedInBrowser: Sendable {
    /// `name=value`.
    let cookie: String
    let csrfToken: String

    func headers(_ more: [String: String] = [:], isChanging: Bool = true) -> [String: String] {
        var headers = ["Cookie": cookie].merging(more) { $1 }
        if isChanging { headers["X-CSRF-Token"] = csrfToken }
        return headers
    }
}

extension Desk {
    static let password = "correct horse"

    func passwords() throws -> Passwords {
        Passwords(
            settings: try Self.quickPasswords(), time: clock.fleetTime, threads: PasswordThreads { work in work() })
    }

    /// An administrator with a password.
    @discardableResult
    func addAdministrator(_ email: String = "olga@rooms.example", roles: Set<String> = ["admin"]) async throws
        -> Administrator
    {
        var random = FleetRandom(clock.fleetTime)
        return try await store.addAdministrator(
            AdminDetails(email: email, name: "Olga Petrow", roles: roles),
            identity: ResourceIdentity(at: clock.now, using: &random),
            password: try await passwords().hash(Self.password), now: clock.now)
    }

    /// A user with a password, of no customer.
    @discardableResult
    func addUser(_ email: String = "max@nordschule.example") async throws -> User {
        var random = FleetRandom(clock.fleetTime)
        let user = try await store.addUser(
            UserDetails(email: email, firstName: "Max", lastName: "Muster"),
            identity: ResourceIdentity(at: clock.now, using: &random), now: clock.now)
        _ = try await store.setPassword(
            try await passwords().hash(Self.password), of: .user(user.number.number), now: clock.now)
        return user
    }

    func post(_ path: String, _ form: String, cookie: String? = nil, headers more: [String: String] = [:]) async throws
        -> Answer
    {
        var headers: HTTPFields = [.contentType: Self.form]
        if let cookie { headers[.cookie] = cookie }
        for (name, value) in more { headers[try #require(HTTPField.Name(name))] = value }
        return try await send(path, method: .post, headers: headers, body: form)
    }

    func get(_ path: String, cookie: String? = nil, headers more: [String: String] = [:]) async throws -> Answer {
        var headers = HTTPFields()
        if let cookie { headers[.cookie] = cookie }
        for (name, value) in more { headers[try #require(HTTPField.Name(name))] = value }
        return try await send(path, headers: headers)
    }

    /// Signs somebody in by the form.
    func signIn(_ email: String, isAdmin: Bool = false) async throws -> SignedInBrowser {
        let form = "email=\(email)&password=correct%20horse\(isAdmin ? "&as=admin" : "")"
        let answer = try await post("/sign-in", form)
        #expect(answer.status == 303, "\(answer.text)")
        let cookie = try #require(answer.kept("__Host-session"))
        let account = try await get("/account", cookie: cookie)
        #expect(account.status == 200, "\(account.text)")
        let token = try #require(account.text(after: "name=\"csrf_token\" value=\"", before: "\""))
        return SignedInBrowser(cookie: cookie, csrfToken: token)
    }

    func api(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, in browser: SignedInBrowser
    ) async throws -> APIReply {
        try await api(method, path, body, as: nil, headers: browser.headers(isChanging: method != .get))
    }
}

/// Expects a page of signing in, with the headers that all of them have.
func expectSignInPage(
    _ answer: Desk.Answer, _ status: Int, _ code: String, contains: [String] = [], lacks: [String] = [],
    at location: SourceLocation = #_sourceLocation
) {
    let note = Comment(rawValue: answer.text)
    #expect(answer.status == status, note, sourceLocation: location)
    #expect(answer.type == "text/html; charset=utf-8", note, sourceLocation: location)
    let expected = [
        ("Referrer-Policy", "same-origin"), ("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex"),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
    ]
    for (name, value) in expected {
        let found = HTTPField.Name(name).flatMap { answer.headers[$0] }
        #expect(found == value, "\(name)", sourceLocation: location)
    }
    let policy = HTTPField.Name("Content-Security-Policy").flatMap { answer.headers[$0] } ?? ""
    #expect(policy.hasPrefix("default-src 'none';"), sourceLocation: location)
    #expect(!policy.contains("script") && !policy.contains("unsafe"), sourceLocation: location)
    #expect(!answer.text.contains("<script"), sourceLocation: location)
    #expect(answer.text.contains("<code dir=\"ltr\">\(code)</code>"), note, sourceLocation: location)
    for text in contains { #expect(answer.text.contains(text), "\(text)\n\(answer.text)", sourceLocation: location) }
    for text in lacks { #expect(!answer.text.contains(text), "\(text)\n\(answer.text)", sourceLocation: location) }
}
