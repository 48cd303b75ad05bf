internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// What a page of signing in says and asks in its state.
struct SignInWords {
    let page: SignInPage

    init(_ page: SignInPage) { self.page = page }

    func say(_ text: SignInText) -> String { text.text(in: page.language) }

    /// The page again, in a language.
    func again(in language: PageLanguage?) -> String {
        var kind: SignInKind?
        if case .signIn(let asked) = page.state { kind = asked }
        return page.link(page.path, kind: kind, in: language, withToken: true)
    }

    var heading: String {
        switch page.state {
        case .signIn(.user): say(.signInTitle)
        case .signIn(.admin): say(.adminTitle)
        case .setUp(_?): say(.setUpTitle)
        case .setUp(nil): say(.firstTitle)
        case .linkGone: say(.goneTitle)
        case .account: say(.accountTitle)
        case .signOut: say(.signOutTitle)
        case .signedOut: say(.signedOutTitle)
        case .failed: RoomPageText.failedTitle.text(in: page.language)
        }
    }

    var messages: [String] {
        switch page.state {
        case .signIn: [say(.signInText)]
        case .setUp(nil): [say(.firstText)]
        case .setUp(_?), .account: []
        case .linkGone: [say(.goneText)]
        case .signOut: [say(.signOutText)]
        case .signedOut: [say(.signedOutText)]
        case .failed: [RoomPageText.failedText.text(in: page.language)]
        }
    }

    var facts: [SignInView.Fact] {
        switch page.state {
        case .setUp(let email?): return [SignInView.Fact(factLabel: say(.email), factText: email)]
        case .account(let account):
            var facts = [
                SignInView.Fact(factLabel: say(.name), factText: account.name),
                SignInView.Fact(factLabel: say(.email), factText: account.email),
                SignInView.Fact(
                    factLabel: say(.kind), factText: say(account.kind == .admin ? .adminKind : .userKind)),
            ]
            if !account.roles.isEmpty {
                facts.append(
                    SignInView.Fact(factLabel: say(.roles), factText: account.roles.joined(separator: ", ")))
            }
            return facts
        case .signIn, .setUp, .linkGone, .signOut, .signedOut, .failed: return []
        }
    }

    /// What is wrong, the whole form first. A link leads to the field, or to the first one.
    var troubles: [PageParts.Faults.Item] {
        var items: [PageParts.Faults.Item] = []
        if let trouble = page.trouble {
            let first = forms.first?.fields.first?.fieldName ?? "errors-title"
            items.append(PageParts.Faults.Item(faultField: first, faultText: say(trouble)))
        }
        return items
            + page.faults.map { PageParts.Faults.Item(faultField: $0.field.rawValue, faultText: say($0.text)) }
    }

    // MARK: forms

    var forms: [SignInView.Form] {
        switch page.state {
        case .signIn(let kind):
            [
                form(
                    "/sign-in", kind: kind,
                    [field(.email, .email, autocomplete: "username"), field(.password, .password, "current-password")],
                    .signIn)
            ]
        case .setUp(let email):
            [form("/setup", setUpFields(isFirst: email == nil), .save)]
        case .account(let account):
            [
                form(
                    "/account/password", title: .passwordTitle,
                    [
                        field(.password, .currentPassword, "current-password"),
                        field(.newPassword, .newPassword, "new-password", hint: .passwordHint),
                        field(.repeated, .repeatPassword, "new-password"),
                    ], .save),
                form(
                    "/account/sign-out-elsewhere", title: .placesTitle, [], .signOutElsewhere, places: account.places,
                    isSecond: true),
                form("/sign-out", [], .signOut, isSecond: true),
            ]
        case .signOut: [form("/sign-out", [], .signOut)]
        case .linkGone, .signedOut, .failed: []
        }
    }

    private func setUpFields(isFirst: Bool) -> [SignInView.Field] {
        let who =
            isFirst ? [field(.name, .name, autocomplete: "name"), field(.email, .email, autocomplete: "username")] : []
        return who + [
            field(.password, .newPassword, "new-password", hint: .passwordHint),
            field(.repeated, .repeatPassword, "new-password"),
        ]
    }

    /// A password, which is never filled in again.
    private func field(
        _ field: SignInPage.Field, _ label: SignInText, _ autocomplete: String, hint: SignInText? = nil
    ) -> SignInView.Field {
        make(field, label, "password", "", "ltr", "128", autocomplete, hint)
    }

    private func field(_ field: SignInPage.Field, _ label: SignInText, autocomplete: String) -> SignInView.Field {
        let isEmail = field == .email
        return make(
            field, label, isEmail ? "email" : "text", page.values[field] ?? "", isEmail ? "ltr" : "auto",
            isEmail ? "254" : "200", autocomplete, nil)
    }

    private func make(
        _ field: SignInPage.Field, _ label: SignInText, _ type: String, _ value: String, _ direction: String,
        _ longest: String, _ autocomplete: String, _ hint: SignInText?
    ) -> SignInView.Field {
        let fault = page.faults.first { $0.field == field }.map { say($0.text) }
        var described: [String] = []
        if hint != nil { described.append("\(field.rawValue)-hint") }
        if fault != nil { described.append("\(field.rawValue)-error") }
        return SignInView.Field(
            fieldName: field.rawValue, fieldLabel: say(label), fieldHint: hint.map { say($0) }, fieldFault: fault,
            fieldType: type, fieldValue: value, fieldDir: direction, longest: longest, autocomplete: autocomplete,
            describedBy: described.isEmpty ? nil : described.joined(separator: " "), isWrong: fault != nil)
    }

    private func form(
        _ path: String, kind: SignInKind? = nil, title: SignInText? = nil, _ fields: [SignInView.Field],
        _ submit: SignInText, places: [SignIn.Place] = [], isSecond: Bool = false
    ) -> SignInView.Form {
        var hidden: [SignInView.Hidden] = []
        if let token = page.csrfToken { hidden.append(SignInView.Hidden(hiddenName: "csrf_token", hiddenValue: token)) }
        if kind == .admin { hidden.append(SignInView.Hidden(hiddenName: "as", hiddenValue: "admin")) }
        if let next = page.next { hidden.append(SignInView.Hidden(hiddenName: "next", hiddenValue: next)) }
        // A set-up link is good for nothing but its own form.
        if let token = page.token { hidden.append(SignInView.Hidden(hiddenName: "token", hiddenValue: token)) }
        return SignInView.Form(
            formTitle: title.map { say($0) }, hasPlaces: !places.isEmpty, places: places.map { place($0) },
            action: page.kept.map { "\(path)?lang=\($0.rawValue)" } ?? path, hidden: hidden, fields: fields,
            submitLabel: say(submit), isSecond: isSecond)
    }

    /// Without a script it is in UTC, and says so.
    private func place(_ place: SignIn.Place) -> SignInView.Place {
        SignInView.Place(
            sinceLabel: say(.since), since: place.startedAt.timestamp, sinceText: Self.written(place.startedAt),
            seenLabel: say(.seen), seen: place.seenAt.timestamp, seenText: Self.written(place.seenAt),
            hereLabel: place.isHere ? say(.here) : nil)
    }

    private static func written(_ time: WireTime) -> String {
        let timestamp = time.timestamp
        return "\(timestamp.prefix(10)) \(timestamp.dropFirst(11).prefix(5)) UTC"
    }

    // MARK: links

    var links: [SignInView.Link] {
        func link(_ text: String, _ path: String, _ kind: SignInKind? = nil) -> SignInView.Link {
            SignInView.Link(href: page.link(path, kind: kind, in: page.kept), linkLabel: text)
        }
        switch page.state {
        case .signIn(.user): return [link(say(.asAdmin), "/sign-in", .admin)]
        case .signIn(.admin): return [link(say(.asUser), "/sign-in", .user)]
        case .signedOut, .linkGone: return [link(say(.signIn), "/sign-in")]
        case .failed: return [link(RoomPageText.tryAgain.text(in: page.language), page.path)]
        case .setUp, .account, .signOut: return []
        }
    }
}
