internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// `/sign-in`, `/sign-out`, `/setup` and `/account`: pages without a script (`rooms-api.md` 2.2 and 13).
struct SignInRoutes: Sendable {
    let services: PlatformServices
    /// Forms of one address in a minute. How often a password is tried is another limit (``SignIn``).
    let doors: JoinLimits
    let proxies: TrustedProxies
    let renderer: SignInRenderer

    /// - Throws: when the template cannot be read.
    init(services: PlatformServices, doors: JoinLimits, proxies: TrustedProxies) throws {
        self.services = services
        self.doors = doors
        self.proxies = proxies
        renderer = try SignInRenderer()
    }

    func add(to router: Router<WebContext>) {
        router.get("/sign-in") { request, context in await showSignIn(SignInVisit(request, context, self)) }
        router.post("/sign-in") { request, context in await signIn(request, SignInVisit(request, context, self)) }
        router.get("/setup") { request, context in await showSetUp(SignInVisit(request, context, self)) }
        router.post("/setup") { request, context in await setUp(request, SignInVisit(request, context, self)) }
        router.get("/sign-out") { request, context in await showSignOut(SignInVisit(request, context, self)) }
        router.post("/sign-out") { request, context in await signOut(request, SignInVisit(request, context, self)) }
        router.get("/account") { request, context in await showAccount(SignInVisit(request, context, self)) }
        router.post("/account/password") { request, context in
            await changePassword(request, SignInVisit(request, context, self))
        }
        router.post("/account/sign-out-elsewhere") { request, context in
            await signOutElsewhere(request, SignInVisit(request, context, self))
        }
    }

    // MARK: signing in

    private func showSignIn(_ visit: SignInVisit) async -> Response {
        var page = visit.page(.signIn(visit.kind), at: "/sign-in")
        page.next = OwnPath.checked(visit.query["next"])
        do {
            // Who is signed in as what is asked for goes on.
            if let known = try await whoIs(visit), known.current.subject.kind == visit.kind {
                return redirect(to: page.next ?? "/account")
            }
            return respond(page)
        } catch { return failed(error, page) }
    }

    private func signIn(_ request: Request, _ visit: SignInVisit) async -> Response {
        var page = visit.page(.signIn(.user), at: "/sign-in")
        do {
            let form = try await SignInVisit.form(of: request)
            let kind: SignInKind = form["as"] == "admin" ? .admin : .user
            let email = Self.email(form)
            let password = form["password"] ?? ""
            page.state = .signIn(kind)
            page.next = OwnPath.checked(form["next"])
            page.values[.email] = email
            guard visit.isOurs else { return respond(page, trouble: .errorForeign, 403) }
            try doors.take(visit.address, at: services.platform.time.uptime())
            switch try await services.signIn.signIn(kind, email: email, password: password, from: visit.address) {
            case .signedIn(let signedIn):
                if let old = visit.session { try await services.signIn.signOut(old) }
                Logger.current.notice("signed in", metadata: ["subject": "\(Self.name(of: signedIn.subject))"])
                return redirect(
                    to: page.next ?? "/account", cookie: SessionCookie.set(signedIn.session, isSecure: visit.isSecure))
            case .refused(let problem):
                Logger.current.notice(
                    "a sign-in was refused",
                    metadata: ["kind": "\(kind.rawValue)", "problem": "\(problem.code.rawValue)"])
                return refused(page, problem, .errorWrong)
            }
        } catch { return failed(error, page) }
    }

    // MARK: set-up links

    private func showSetUp(_ visit: SignInVisit) async -> Response {
        let page = visit.page(.linkGone, at: "/setup")
        do {
            try doors.take(visit.address, at: services.platform.time.uptime())
            guard let text = visit.query["token"], let token = SetupToken(text),
                let invitation = try await services.signIn.invitation(token)
            else { return respond(gone(visit)) }
            return respond(setUpPage(invitation, text, visit))
        } catch { return failed(error, page) }
    }

    private func setUp(_ request: Request, _ visit: SignInVisit) async -> Response {
        var page = visit.page(.linkGone, at: "/setup")
        do {
            try doors.take(visit.address, at: services.platform.time.uptime())
            let form = try await SignInVisit.form(of: request)
            guard let text = form["token"], let token = SetupToken(text),
                let invitation = try await services.signIn.invitation(token)
            else { return respond(gone(visit)) }
            let (email, name, password) = (Self.email(form), form["name"] ?? "", form["password"] ?? "")
            page = setUpPage(invitation, text, visit)
            page.values = [.email: email, .name: name]
            guard visit.isOurs else { return respond(page, trouble: .errorForeign, 403) }
            guard password == form[SignInPage.Field.repeated.rawValue] else {
                return respond(page, faults: [SignInPage.Fault(.repeated, .errorRepeat)])
            }
            let accepted = try await services.signIn.accept(token, password: password, email: email, name: name)
            guard let accepted else { return respond(gone(visit)) }
            if let old = visit.session { try await services.signIn.signOut(old) }
            Logger.current.notice(
                "a password was set by a link", metadata: ["subject": "\(Self.name(of: accepted.subject))"])
            return redirect(to: "/account", cookie: SessionCookie.set(accepted.session, isSecure: visit.isSecure))
        } catch let fault as ValidationFault { return respond(page, faults: Self.faults(fault)) } catch {
            return failed(error, page)
        }
    }

    private func setUpPage(_ invitation: SignIn.Invitation, _ token: String, _ visit: SignInVisit) -> SignInPage {
        var page = visit.page(.setUp(email: invitation.email), at: "/setup")
        page.token = token
        return page
    }

    private func gone(_ visit: SignInVisit) -> SignInPage {
        var page = visit.page(.linkGone, at: "/setup")
        page.status = 404
        return page
    }

    // MARK: signing out

    private func showSignOut(_ visit: SignInVisit) async -> Response {
        var page = visit.page(.signOut, at: "/sign-out")
        do {
            guard let known = try await whoIs(visit) else { return signedOut(visit) }
            page.csrfToken = known.text.csrfToken
            return respond(page)
        } catch { return failed(error, page) }
    }

    private func signOut(_ request: Request, _ visit: SignInVisit) async -> Response {
        var page = visit.page(.signOut, at: "/sign-out")
        do {
            guard let known = try await whoIs(visit) else { return signedOut(visit) }
            page.csrfToken = known.text.csrfToken
            let form = try await SignInVisit.form(of: request)
            guard known.permits(form, visit) else { return respond(page, trouble: .errorForeign, 403) }
            try await services.signIn.signOut(known.text)
            return signedOut(visit)
        } catch { return failed(error, page) }
    }

    private func signedOut(_ visit: SignInVisit) -> Response {
        respond(visit.page(.signedOut, at: "/sign-in"), cookie: SessionCookie.removed(isSecure: visit.isSecure))
    }

    // MARK: the account

    private func showAccount(_ visit: SignInVisit) async -> Response {
        do {
            guard let known = try await whoIs(visit) else { return redirect(to: "/sign-in?next=/account") }
            var page = try await account(known, visit)
            switch visit.query["done"] {
            case "password": page.notice = .passwordSaved
            case "elsewhere": page.notice = .signedOutElsewhere
            default: break
            }
            return respond(page)
        } catch { return failed(error, visit.page(.failed, at: "/account")) }
    }

    private func changePassword(_ request: Request, _ visit: SignInVisit) async -> Response {
        var page = visit.page(.failed, at: "/account")
        do {
            guard let known = try await whoIs(visit) else { return redirect(to: "/sign-in?next=/account") }
            page = try await account(known, visit)
            let form = try await SignInVisit.form(of: request)
            guard known.permits(form, visit) else { return respond(page, trouble: .errorForeign, 403) }
            let new = form[SignInPage.Field.newPassword.rawValue] ?? ""
            guard new == form[SignInPage.Field.repeated.rawValue] else {
                return respond(page, faults: [SignInPage.Fault(.repeated, .errorRepeat)])
            }
            let problem = try await services.signIn.changePassword(
                of: known.current, in: known.text, from: form["password"] ?? "", to: new, at: visit.address)
            if let problem { return refused(page, problem, .errorOldPassword, .password) }
            Logger.current.notice(
                "a password was changed", metadata: ["subject": "\(Self.name(of: known.current.subject))"])
            return redirect(to: "/account?done=password\(Self.tail(visit))")
        } catch let fault as ValidationFault { return respond(page, faults: Self.faults(fault)) } catch {
            return failed(error, page)
        }
    }

    private func signOutElsewhere(_ request: Request, _ visit: SignInVisit) async -> Response {
        var page = visit.page(.failed, at: "/account")
        do {
            guard let known = try await whoIs(visit) else { return redirect(to: "/sign-in?next=/account") }
            page = try await account(known, visit)
            let form = try await SignInVisit.form(of: request)
            guard known.permits(form, visit) else { return respond(page, trouble: .errorForeign, 403) }
            try await services.signIn.signOutElsewhere(known.current, in: known.text)
            return redirect(to: "/account?done=elsewhere\(Self.tail(visit))")
        } catch { return failed(error, page) }
    }

    private func account(_ known: Known, _ visit: SignInVisit) async throws -> SignInPage {
        let current = known.current
        var page = visit.page(
            .account(
                SignInPage.Account(
                    name: current.name, email: current.email, kind: current.subject.kind,
                    roles: current.administrator.map { $0.details.roles.sorted() } ?? [],
                    places: try await services.signIn.places(of: current, in: known.text))), at: "/account")
        page.csrfToken = known.text.csrfToken
        return page
    }

    // MARK: who it is

    private struct Known: Sendable {
        let text: SessionText
        let current: SignIn.Current

        /// Whether one of our own pages sent a form.
        func permits(_ form: BigBlueButton.Parameters, _ visit: SignInVisit) -> Bool {
            text.permits(method: "POST", token: form["csrf_token"], site: visit.site.site)
        }
    }

    private func whoIs(_ visit: SignInVisit) async throws -> Known? {
        guard let text = visit.session, let current = try await services.signIn.current(text) else { return nil }
        return Known(text: text, current: current)
    }

    /// For the log: no address.
    private static func name(of subject: SessionSubject) -> String { "\(subject.kind.rawValue) \(subject.number)" }

    /// Blanks come with copying.
    private static func email(_ form: BigBlueButton.Parameters) -> String {
        String((form["email"] ?? "").filter { !$0.isWhitespace })
    }

    private static func tail(_ visit: SignInVisit) -> String {
        visit.keepsLanguage ? "&lang=\(visit.language.rawValue)" : ""
    }

    private static func faults(_ fault: ValidationFault) -> [SignInPage.Fault] {
        var fields: [SignInPage.Field] = []
        for one in fault.faults {
            if let field = SignInPage.Field(rawValue: one.field), !fields.contains(field) { fields.append(field) }
        }
        return SignInPage.Field.allCases.filter { fields.contains($0) }.map { field in
            switch field {
            case .email: SignInPage.Fault(field, .errorEmail)
            case .name: SignInPage.Fault(field, .errorName)
            case .password, .newPassword, .repeated: SignInPage.Fault(field, .errorPassword)
            }
        }
    }
}

// MARK: answers

extension SignInRoutes {
    private func refused(
        _ page: SignInPage, _ problem: Problem, _ text: SignInText, _ field: SignInPage.Field? = nil
    ) -> Response {
        var response: Response
        if problem.code == .rateLimited {
            response = respond(page, trouble: .errorWait, problem.status)
        } else if let field {
            response = respond(page, faults: [SignInPage.Fault(field, text)])
        } else {
            response = respond(page, trouble: text, problem.status)
        }
        for header in problem.headers where header.name == "Retry-After" {
            if let name = HTTPField.Name(header.name) { response.headers[name] = header.value }
        }
        return response
    }

    private func failed(_ error: any Error, _ page: SignInPage) -> Response {
        if let problem = error as? Problem, problem.code == .rateLimited { return refused(page, problem, .errorWait) }
        if let fault = error as? PasswordFault, fault == .overloaded {
            return refused(page, .rateLimited(retryAfter: .seconds(5)), .errorWait)
        }
        var failed = page
        failed.state = .failed
        failed.status = 500
        if let problem = Problem(telling: error) {
            failed.status = problem.status
        } else {
            Logger.current.error("a page of signing in failed", metadata: ["error.chain": "\(error)"])
        }
        return respond(failed)
    }

    private func respond(_ page: SignInPage, trouble: SignInText, _ status: Int) -> Response {
        var page = page
        page.trouble = trouble
        page.status = status
        return respond(page)
    }

    private func respond(_ page: SignInPage, faults: [SignInPage.Fault]) -> Response {
        var page = page
        page.faults = faults
        page.status = 422
        return respond(page)
    }

    private func respond(_ page: SignInPage, cookie: String? = nil) -> Response {
        var fields = Self.fields(SignInHeaders.page)
        if let cookie { fields.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(
            status: .init(code: page.status), headers: fields,
            body: .init(byteBuffer: ByteBuffer(string: renderer.html(of: page))))
    }

    /// - Parameter place: a path of ours.
    private func redirect(to place: String, cookie: String? = nil) -> Response {
        var fields = HTTPFields()
        fields[.location] = place
        fields[.cacheControl] = "no-store"
        if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "same-origin" }
        if let cookie { fields.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(status: .seeOther, headers: fields)
    }

    private static func fields(_ headers: [(name: String, value: String)]) -> HTTPFields {
        var fields = HTTPFields()
        for header in headers {
            if let name = HTTPField.Name(header.name) { fields[name] = header.value }
        }
        return fields
    }
}
