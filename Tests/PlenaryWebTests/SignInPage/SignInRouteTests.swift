import HTTPTypes
import InMemoryLogging
import Logging
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// `/sign-in`, `/setup`, `/account` and `/sign-out` as a browser meets them.
@Suite struct SignInRouteTests {
    @Test func `who signs in has a cookie of the host alone, and goes on where he was`() async throws {
        try await Desk.open(looksAround: false) { desk in
            try await desk.addUser()
            let page = try await desk.get("/sign-in?next=/rooms/abc/x%3Flang%3Dde")
            expectSignInPage(
                page, 200, "sign_in",
                contains: ["name=\"next\" value=\"/rooms/abc/x?lang=de\"", "I am an administrator"])
            let answer = try await desk.post(
                "/sign-in", "email=MAX@nordschule.example%20&password=correct%20horse&next=/rooms/abc/x")
            #expect(answer.status == 303)
            #expect(answer.headers[.location] == "/rooms/abc/x")
            let cookie = try #require(answer.cookies["__Host-session"])
            for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] { #expect(cookie.contains(part)) }
            #expect(!cookie.contains("Domain"))
            let kept = try #require(answer.kept("__Host-session"))
            let again = try await desk.get("/sign-in?next=/account", cookie: kept)
            #expect(again.status == 303 && again.headers[.location] == "/account")
            // Who is a user is no administrator by that.
            let other = try await desk.get("/sign-in?as=admin", cookie: kept)
            expectSignInPage(other, 200, "sign_in", contains: ["name=\"as\" value=\"admin\""])
        }
    }

    @Test(arguments: [
        "https://evil.example/", "//evil.example/", "/%5Cevil.example", "javascript:alert(1)", "account", "/%09/evil",
        "",
        "/a%0D%0ASet-Cookie:x=y", "%20/account",
    ]) func `nobody is led to another host`(next: String) async throws {
        try await Desk.open(looksAround: false) { desk in
            try await desk.addUser()
            let answer = try await desk.post(
                "/sign-in", "email=max@nordschule.example&password=correct%20horse&next=\(next)")
            #expect(answer.status == 303 && answer.headers[.location] == "/account", "\(next)")
        }
    }

    @Test func `what is wrong is the same for all, and after many the right one waits`() async throws {
        try await Desk.open(looksAround: false, { $0.joinsPerMinute = 1_000 }) { desk in
            try await desk.addUser()
            try await desk.addAdministrator()
            let forms = [
                "email=max@nordschule.example&password=wrong", "email=nobody@x.example&password=wrong",
                "email=&password=",
                "email=olga@rooms.example&password=correct%20horse", "",
            ]
            for form in forms {
                let answer = try await desk.post("/sign-in", form)
                expectSignInPage(
                    answer, 401, "sign_in", contains: ["The e-mail address or the password is wrong."],
                    lacks: ["value=\"wrong\"", "value=\"correct"])
                #expect(answer.cookies.isEmpty)
            }
            for _ in 0..<60 { _ = try await desk.post("/sign-in", "email=max@nordschule.example&password=wrong") }
            let locked = try await desk.post("/sign-in", "email=max@nordschule.example&password=correct%20horse")
            expectSignInPage(locked, 429, "sign_in", contains: ["That was tried too often."])
            let wait = HTTPField.Name("Retry-After").flatMap { locked.headers[$0] }
            #expect(wait.flatMap { Int($0) }.map { $0 > 0 } == true)
        }
    }

    @Test func `another site signs nobody in`() async throws {
        try await Desk.open(looksAround: false) { desk in
            try await desk.addUser()
            let form = "email=max@nordschule.example&password=correct%20horse"
            let foreign = [
                ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Origin": "https://evil.example"],
                ["Origin": "null"],
            ]
            for headers in foreign {
                let answer = try await desk.post("/sign-in", form, headers: headers)
                expectSignInPage(
                    answer, 403, "sign_in", contains: ["This form did not come from the page that you see."])
                #expect(answer.cookies.isEmpty)
            }
            for headers in [["Sec-Fetch-Site": "same-origin"], ["Origin": "https://plenary.example"]] {
                let answer = try await desk.post("/sign-in", form, headers: headers)
                #expect(answer.status == 303)
            }
        }
    }

    @Test func `the first administrator sets a password by a link, once`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let services = try desk.services()
            let link = try #require(try await services.signIn.firstLink())
            let token = link.token.reveal()
            let path = "/setup?token=\(token)"
            let page = try await desk.get(path)
            expectSignInPage(
                page, 200, "set_up", contains: ["Set up the first administrator", "id=\"name\"", "value=\"\(token)\""])
            let wrong = try await desk.post(
                "/setup", "token=\(token)&email=x&name=&password=short&repeated_password=short")
            expectSignInPage(
                wrong, 422, "set_up",
                contains: ["href=\"#email\"", "href=\"#name\"", "href=\"#password\"", "<title>Error: "])
            let differs = try await desk.post(
                "/setup", "token=\(token)&email=o@rooms.example&name=Olga&password=correct%20horse&repeated_password=x")
            expectSignInPage(
                differs, 422, "set_up", contains: ["was not the same both times", "value=\"o@rooms.example\""])
            let form = "email=o@rooms.example&name=Olga&password=correct%20horse&repeated_password=correct%20horse"
            let done = try await desk.post("/setup", "token=\(token)&\(form)")
            #expect(done.status == 303 && done.headers[.location] == "/account", "\(done.text)")
            let cookie = try #require(done.kept("__Host-session"))
            let account = try await desk.get("/account", cookie: cookie)
            expectSignInPage(account, 200, "account", contains: ["Olga", "o@rooms.example", "Administrator", "admin"])
            expectSignInPage(try await desk.get(path), 404, "link_gone")
            expectSignInPage(try await desk.post("/setup", "token=\(token)&\(form)"), 404, "link_gone")
            expectSignInPage(try await desk.get("/setup"), 404, "link_gone")
            let second = try await services.signIn.firstLink()
            #expect(second == nil)
        }
    }

    @Test func `a user sets a password by a link, and is signed in`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let user = try await desk.addUser()
            let old = try await desk.signIn("max@nordschule.example")
            let services = try desk.services()
            let link = try #require(try await services.signIn.link(for: user.number))
            let page = try await desk.get("/setup?token=\(link.token.reveal())")
            expectSignInPage(page, 200, "set_up", contains: ["max@nordschule.example"], lacks: ["id=\"email\""])
            let done = try await desk.post(
                "/setup",
                "token=\(link.token.reveal())&password=another%20horse&repeated_password=another%20horse")
            #expect(done.status == 303, "\(done.text)")
            let gone = try await desk.get("/account", cookie: old.cookie)
            #expect(gone.status == 303 && gone.headers[.location] == "/sign-in?next=/account")
            let wrong = try await desk.post("/sign-in", "email=max@nordschule.example&password=correct%20horse")
            #expect(wrong.status == 401)
        }
    }

    @Test func `a link is not used up by who may not come in now`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let user = try await desk.addUser()
            let customer = try await desk.addCustomer(as: try await desk.key())
            try await desk.store.setMember(user.id, isOwner: false, of: customer.number, now: desk.clock.now)
            let link = try #require(try await desk.services().signIn.link(for: user.number))
            let form =
                "token=\(link.token.reveal())&password=another%20horse&repeated_password=another%20horse"
            _ = try await desk.store.updateCustomer(customer.number, now: desk.clock.now) { $0.status = .inactive }
            let refused = try await desk.post("/setup", form)
            expectSignInPage(refused, 404, "link_gone")
            _ = try await desk.store.updateCustomer(customer.number, now: desk.clock.now) { $0.status = .active }
            let done = try await desk.post("/setup", form)
            #expect(done.status == 303, "\(done.text)")
        }
    }

    @Test func `an account changes its password, and leaves everywhere else`() async throws {
        try await Desk.open(looksAround: false) { desk in
            try await desk.addUser()
            let (here, there) = (
                try await desk.signIn("max@nordschule.example"), try await desk.signIn("max@nordschule.example")
            )
            let form = "csrf_token=\(here.csrfToken)&password=correct%20horse&new_password=another%20horse"
            let foreign = try await desk.post(
                "/account/password", "\(form)&repeated_password=another%20horse", cookie: there.cookie)
            expectSignInPage(foreign, 403, "account")
            let differs = try await desk.post(
                "/account/password", "\(form)&repeated_password=other", cookie: here.cookie)
            expectSignInPage(differs, 422, "account", contains: ["was not the same both times"])
            let short = try await desk.post(
                "/account/password",
                "csrf_token=\(here.csrfToken)&password=correct%20horse&new_password=x&repeated_password=x",
                cookie: here.cookie)
            expectSignInPage(short, 422, "account", contains: ["href=\"#new_password\""])
            let wrong = try await desk.post(
                "/account/password",
                "csrf_token=\(here.csrfToken)&password=no&new_password=another%20horse&repeated_password=another%20horse",
                cookie: here.cookie)
            expectSignInPage(wrong, 422, "account", contains: ["This is not your password until now."])
            let done = try await desk.post(
                "/account/password", "\(form)&repeated_password=another%20horse", cookie: here.cookie)
            #expect(done.status == 303 && done.headers[.location] == "/account?done=password", "\(done.text)")
            let still = try await desk.get("/account?done=password", cookie: here.cookie)
            expectSignInPage(still, 200, "account", contains: ["The password was changed.", "This browser"])
            let out = try await desk.get("/account", cookie: there.cookie)
            #expect(out.status == 303)
        }
    }

    @Test func `signing out needs the page's own form, and ends the session`() async throws {
        try await Desk.open(looksAround: false) { desk in
            try await desk.addAdministrator()
            let first = try await desk.signIn("olga@rooms.example", isAdmin: true)
            let second = try await desk.signIn("olga@rooms.example", isAdmin: true)
            let elsewhere = try await desk.post(
                "/account/sign-out-elsewhere", "csrf_token=\(second.csrfToken)", cookie: second.cookie)
            #expect(elsewhere.status == 303, "\(elsewhere.text)")
            #expect(try await desk.get("/account", cookie: first.cookie).status == 303)
            expectSignInPage(try await desk.get("/sign-out", cookie: second.cookie), 200, "sign_out")
            let forged = try await desk.post("/sign-out", "csrf_token=x", cookie: second.cookie)
            expectSignInPage(forged, 403, "sign_out")
            let site = try await desk.post(
                "/sign-out", "csrf_token=\(second.csrfToken)", cookie: second.cookie,
                headers: ["Sec-Fetch-Site": "cross-site"])
            expectSignInPage(site, 403, "sign_out")
            let done = try await desk.post("/sign-out", "csrf_token=\(second.csrfToken)", cookie: second.cookie)
            expectSignInPage(done, 200, "signed_out")
            #expect(done.cookies["__Host-session"]?.contains("; Max-Age=0") == true)
            #expect(try await desk.get("/account", cookie: second.cookie).status == 303)
            expectSignInPage(try await desk.get("/sign-out"), 200, "signed_out")
        }
    }

    @Test func `no line of the log has a password, an address, a token or a cookie`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let user = try await desk.addUser()
            let link = try #require(try await desk.services().signIn.link(for: user.number))
            desk.logs.clear()
            let browser = try await desk.signIn("max@nordschule.example")
            _ = try await desk.post("/sign-in", "email=max@nordschule.example&password=wrong%20horse")
            _ = try await desk.get("/setup?token=\(link.token.reveal())")
            _ = try await desk.post(
                "/setup", "token=\(link.token.reveal())&password=another%20horse&repeated_password=another%20horse")
            #expect(!desk.logs.entries.isEmpty)
            let secrets = [
                "horse", "nordschule", link.token.reveal(), browser.csrfToken,
                String(browser.cookie.dropFirst("__Host-session=".count)),
            ]
            for entry in desk.logs.entries {
                let line = "\(entry.message) \(entry.metadata) \(entry.error.map { "\($0)" } ?? "")"
                for secret in secrets { #expect(!line.contains(secret), "\(line)") }
            }
        }
    }

    @Test func `whatever comes, the pages stand`() async throws {
        try await Desk.open(looksAround: false, { $0.joinsPerMinute = 1_000 }) { desk in
            let long = String(repeating: "x", count: 5_000)
            let paths = ["/sign-in", "/setup", "/sign-out", "/account/password", "/account/sign-out-elsewhere"]
            let forms = [
                "", "&&&", "email", "email=%", "email=%FF%FE&password=%00", "token=\(long)", "as=admin&email=\(long)",
                "email=%3Cscript%3E&password=x", "next=\(long)", "csrf_token=\(long)",
            ]
            for path in paths {
                for form in forms {
                    let answer = try await desk.post(path, form, cookie: "__Host-session=\(long)")
                    #expect(answer.status < 500, "\(path) \(form.prefix(30))")
                    #expect(!answer.text.contains("<script"))
                }
            }
            let huge = try await desk.post("/sign-in", "email=" + String(repeating: "x", count: 20_000))
            #expect(huge.status == 413)
            for query in ["?lang=%FF", "?token=", "?token=%00", "?next=%00", "?as=x&lang=ar", "?%"] {
                for path in ["/sign-in", "/setup", "/sign-out"] {
                    let answer = try await desk.get(path + query)
                    #expect(answer.status < 500, "\(path)\(query)")
                }
            }
        }
    }
}

extension Desk {
    /// The use cases over the same store, as the command line has them.
    fileprivate func services() throws -> PlatformServices {
        PlatformServices(
            platform: Platform(
                store: store, fleet: fleet, settings: PlatformSettings(publicURL: "https://plenary.example"),
                time: clock.fleetTime),
            transport: NoProviders(), passwords: try Self.quickPasswords(), threads: PasswordThreads { work in work() })
    }
}
