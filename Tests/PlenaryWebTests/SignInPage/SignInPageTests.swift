import BigBlueButton
import PlenaryCore
import PlenaryRooms
import PlenaryStore
import Testing

@testable import PlenaryWeb

@Suite struct SignInPageTests {
    private static let states: [SignInPage.State] = [
        .signIn(.user), .signIn(.admin), .setUp(email: nil), .setUp(email: "ida@school.example"), .linkGone, .signOut,
        .signedOut, .failed,
        .account(
            SignInPage.Account(name: "Ida", email: "ida@school.example", kind: .admin, roles: ["admin"], places: [])),
    ]

    private func page(_ state: SignInPage.State, in language: PageLanguage = .english) -> SignInPage {
        var page = SignInPage(state, language: language, path: "/sign-in")
        page.keepsLanguage = true
        page.csrfToken = "0a1b"
        page.next = "/rooms/abc"
        page.token = "t0ken"
        page.notice = .passwordSaved
        page.trouble = .errorForeign
        page.faults = [SignInPage.Fault(.password, .errorPassword)]
        return page
    }

    @Test(arguments: PageLanguage.allCases) func `a language has every text`(language: PageLanguage) {
        let catalogue = SignInText.catalogue(of: language)
        for text in SignInText.allCases {
            let own = catalogue[text] ?? ""
            #expect(own.contains { !$0.isWhitespace }, "\(text)")
            #expect(own.first?.isWhitespace == false && own.last?.isWhitespace == false, "\(text)")
            #expect(!own.contains("{") && !own.contains("  ") && !own.contains("\n"), "\(text)")
        }
        guard language != .english else { return }
        let same = SignInText.allCases.filter { catalogue[$0] == SignInText.english[$0] }
        #expect(same.count <= 4, "\(same)")
    }

    @Test(arguments: PageLanguage.allCases) func `pages load nothing but the style, and lead to our own host`(
        language: PageLanguage
    ) throws {
        let renderer = try SignInRenderer()
        for state in Self.states {
            let html = renderer.html(of: page(state, in: language))
            #expect(html.contains("<html lang=\"\(language.rawValue)\" dir=\"\(language.direction)\">"))
            #expect(html.contains("href=\"\(RoomPageAsset.style.path)\""))
            for word in ["<script", "<style", " style=", "<img", " onclick=", "http:", "https:", "{{"] {
                #expect(!html.contains(word), "\(state.code) \(word)")
            }
            for part in html.split(separator: "action=\"").dropFirst() { #expect(part.hasPrefix("/")) }
            // Each field has a label of its own.
            for part in html.split(separator: "<input type=\"").dropFirst() where !part.hasPrefix("hidden") {
                let id = part.split(separator: "id=\"", maxSplits: 1).dropFirst().first?.prefix { $0 != "\"" }
                #expect(id.map { html.contains("<label for=\"\($0)\">") } == true, "\(state.code)")
            }
        }
    }

    @Test func `what is written stays text`() throws {
        let hostile = "\"\u{338}><script>alert(1)</script>'&"
        var page = page(.signIn(.admin))
        page.values = [.email: hostile]
        page.next = hostile
        page.token = hostile
        let html = try SignInRenderer().html(of: page)
        #expect(!html.contains("<script") && !html.contains("\"\u{338}>"))
        #expect(html.contains("&lt;script&gt;"))
    }

    @Test func `names in the template are properties, and none is in two types`() throws {
        var names: [String: Set<String>] = [:]
        for state in Self.states + [Self.placed] { collect(SignInView(page(state)), into: &names) }
        let tags = SignInTemplate.text.split(separator: "{{", omittingEmptySubsequences: false).dropFirst().map {
            rest in
            String(rest.prefix { $0 != "}" })
        }
        let used = Set(
            tags.filter { !$0.hasPrefix("%") && !$0.hasPrefix("/") && $0 != "." }.map { tag in
                tag.hasPrefix("#") || tag.hasPrefix("^") ? String(tag.dropFirst()) : tag
            })
        #expect(used.subtracting(names.keys).isEmpty, "named, but not there")
        #expect(Set(names.keys).subtracting(used).isEmpty, "there, but never named")
        for (name, types) in names { #expect(types.count == 1, "\(name) \(types)") }
        #expect(tags.allSatisfy { !$0.hasPrefix("{") && !$0.hasPrefix("&") && !$0.hasPrefix(">") })
    }

    private static let placed = SignInPage.State.account(
        SignInPage.Account(
            name: "Ida", email: "ida@school.example", kind: .user, roles: [],
            places: [
                SignIn.Place(
                    startedAt: WireTime(milliseconds: 1_000), seenAt: WireTime(milliseconds: 61_000), isHere: true)
            ]))

    private func collect(_ value: Any, into names: inout [String: Set<String>]) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .some(.struct):
            let type = String(reflecting: Swift.type(of: value))
            for child in mirror.children {
                if let label = child.label { names[label, default: []].insert(type) }
                collect(child.value, into: &names)
            }
        case .some(.optional), .some(.collection):
            for child in mirror.children { collect(child.value, into: &names) }
        default: break
        }
    }

    @Test(arguments: [
        ("/account", true), ("/rooms/a/b?lang=de", true), ("/", true), ("//x", false), ("/\\x", false), ("", false),
        ("x", false), ("/\t/x", false), ("https://x", false), ("/ä", false), ("/a\\b", false),
    ]) func `a path of ours begins with one slash`(text: String, isOwn: Bool) {
        #expect(OwnPath.checked(text) == (isOwn ? text : nil))
        #expect(OwnPath.checked(nil) == nil)
    }
}
