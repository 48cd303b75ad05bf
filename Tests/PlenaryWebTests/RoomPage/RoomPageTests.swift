import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct RoomPageTests {
    let renderer: RoomPageRenderer

    init() throws { renderer = try RoomPageRenderer() }

    /// What stands in the quotes behind `name=`.
    private func values(of name: String, in html: String) -> [String] {
        html.split(separator: " \(name)=\"", omittingEmptySubsequences: false).dropFirst().map { rest in
            String(rest.prefix { $0 != "\"" })
        }
    }

    private func count(_ text: String, in html: String) -> Int {
        html.split(separator: text, omittingEmptySubsequences: false).count - 1
    }

    private func tags(_ name: String, in html: String) -> [String] {
        html.split(separator: "<\(name) ", omittingEmptySubsequences: false).dropFirst().map { rest in
            " " + String(rest.prefix { $0 != ">" })
        }
    }

    @Test(arguments: PageLanguage.allCases) func `every state has a whole page in every language`(
        language: PageLanguage
    ) throws {
        for state in try RoomPageSamples.states() {
            let html = renderer.html(of: RoomPageSamples.page(state, in: language))
            #expect(html.hasPrefix("<!doctype html>"), "\(state.code)")
            #expect(html.contains("<html lang=\"\(language.rawValue)\" dir=\"\(language.direction)\">"))
            #expect(count("<h1>", in: html) == 1 && count("<main>", in: html) == 1, "\(state.code)")
            #expect(!html.contains("<h1></h1>") && !html.contains("<title></title>"), "\(state.code)")
            #expect(!html.contains("{{") && !html.contains("}}") && !html.contains("Optional("), "\(state.code)")
            #expect(html.contains("<code dir=\"ltr\">\(state.code)</code>"), "\(state.code)")
        }
    }

    @Test(arguments: PageLanguage.allCases) func `nothing is in the page itself, and nothing comes from elsewhere`(
        language: PageLanguage
    ) throws {
        for state in try RoomPageSamples.states() {
            let html = renderer.html(of: RoomPageSamples.page(state, in: language))
            #expect(count("<script", in: html) == 1)
            #expect(values(of: "src", in: html) == [RoomPageAsset.script.path])
            #expect(!html.contains("<style") && !html.contains(" style=") && !html.contains("<img"))
            #expect(!html.contains(" onclick=") && !html.contains("javascript:"))
            for address in ["href", "action"].flatMap({ values(of: $0, in: html) }) {
                let isOwn = address.hasPrefix("/") && !address.hasPrefix("//") || address.hasPrefix("#")
                #expect(isOwn || state == .ready(to: RoomPageSamples.provider), "\(state.code) \(address)")
            }
        }
    }

    @Test func `inputs have labels, and what describes them is there`() throws {
        for state in try RoomPageSamples.states() {
            let html = renderer.html(of: RoomPageSamples.page(state))
            let ids = values(of: "id", in: html)
            #expect(Set(ids).count == ids.count, "\(state.code)")
            let labels = values(of: "for", in: html)
            for input in tags("input", in: html) where !input.contains("type=\"hidden\"") {
                let id = values(of: "id", in: input)
                #expect(id.count == 1 && labels.contains(id[0]), "\(state.code) \(input)")
            }
            for list in ["aria-describedby", "aria-labelledby"].flatMap({ values(of: $0, in: html) }) {
                for id in list.split(separator: " ") { #expect(ids.contains(String(id)), "\(state.code) \(id)") }
            }
            for target in values(of: "href", in: html) where target.hasPrefix("#") {
                #expect(ids.contains(String(target.dropFirst())), "\(state.code) \(target)")
            }
        }
    }

    @Test func `what is wrong comes first, is linked, and is said in the title`() throws {
        let form = try RoomPageSamples.fullForm().with([.consentRequired, .codeInvalid])
        let html = renderer.html(of: RoomPageSamples.page(.form(form)))
        #expect(html.contains("<title>Error: Join the meeting – Business Meeting</title>"))
        #expect(html.contains("tabindex=\"-1\" autofocus"))
        #expect(count("aria-invalid=\"true\"", in: html) == 2)
        #expect(html.contains("aria-describedby=\"access_code-hint access_code-error\""))
        #expect(html.contains("<a href=\"#access_code\">This access code is not right."))
        let code = try #require(html.firstRange(of: "href=\"#access_code\""))
        let consent = try #require(html.firstRange(of: "href=\"#consent\""))
        #expect(code.lowerBound < consent.lowerBound)
        #expect(RoomPageState.form(form).code == "join_incomplete" && RoomPageState.form(form).status == 422)
    }

    @Test func `a name that is given is shown and not asked`() throws {
        var form = try RoomPageSamples.fullForm()
        form.presetName = "Grace <b>"
        let html = renderer.html(of: RoomPageSamples.page(.form(form)))
        #expect(html.contains("<bdi>Grace &lt;b&gt;</bdi>"))
        #expect(!html.contains("name=\"name\"") && !html.contains("id=\"remember\""))
    }

    @Test func `what visitors and hosts write stays text`() throws {
        // A quote with a mark above it is one character to Swift, and a quote to a browser.
        let hostile = "\"\u{338} autofocus onfocus=x '>\"<script>alert(1)</script>&"
        var form = try RoomPageSamples.fullForm()
        form.name = hostile
        var page = RoomPageSamples.page(.form(form))
        page.about?.name = hostile
        page.about?.owner = hostile
        page.about?.description = hostile
        page.token = hostile
        let html = renderer.html(of: page)
        #expect(!html.contains("<script>") && !html.contains("\"\u{338}"))
        #expect(html.contains("value=\"&quot;\u{338} autofocus onfocus=x &#39;&gt;&quot;&lt;script&gt;"))
        #expect(!html.contains("token=\"") && html.contains("token=%22%CC%B8%20autofocus"))
    }

    @Test func `who has no valid link learns nothing of the room`() throws {
        for state in try RoomPageSamples.states() where !state.showsRoom {
            let html = renderer.html(of: RoomPageSamples.page(state))
            for word in ["Business Meeting", "Weekly", "Grace"] { #expect(!html.contains(word), "\(state.code)") }
        }
        let invalid = renderer.html(of: RoomPageSamples.page(.tokenInvalid(offersGuest: true)))
        #expect(invalid.contains("<a class=\"button\" href=\"/rooms/u6Yh3DkQ9w/business-meeting\">Join as guest</a>"))
    }

    @Test func `a page that waits goes on without a script, and tells a screen reader`() throws {
        let html = renderer.html(of: RoomPageSamples.page(.waiting(RoomPageSamples.wait(.seat(place: 3)))))
        #expect(html.contains("<noscript><meta http-equiv=\"refresh\" content=\"5;url=/rooms/u6Yh3DkQ9w/"))
        #expect(html.contains("role=\"status\""))
        #expect(html.contains("data-text=\"Place in the queue: {place}\">Place in the queue: 3</strong>"))
        #expect(html.contains("data-events=\"/api/v1/join/u6Yh3DkQ9w/events?ticket=eyJh\""))
        let still = renderer.html(of: RoomPageSamples.page(.full))
        #expect(!still.contains("http-equiv=\"refresh\"") && !still.contains("role=\"status\""))
    }

    @Test func `who is let in goes on by the page, with and without a script`() {
        let html = renderer.html(of: RoomPageSamples.page(.ready(to: RoomPageSamples.provider)))
        let target = PageEscaping.escape(RoomPageSamples.provider)
        #expect(html.contains("<meta http-equiv=\"refresh\" content=\"0;url=\(target)\">"))
        #expect(html.contains("data-go href=\"\(target)\">Enter the meeting</a>"))
        #expect(RoomPageHeaders.policy.contains("form-action 'self';"))
        #expect(!RoomPageHeaders.policy.contains("unsafe") && !RoomPageHeaders.policy.contains("https:"))
    }

    @Test func `a time is in UTC, and says so`() {
        let html = renderer.html(of: RoomPageSamples.page(.notOpen(opensAt: RoomPageSamples.later)))
        #expect(
            html.contains("<time datetime=\"2026-03-01T10:00:00Z\"><bdi dir=\"ltr\">2026-03-01 10:00 UTC</bdi></time>"))
        #expect(html.contains("data-until=\"2026-03-01T10:00:00Z\" data-now=\"2026-03-01T09:00:00Z\""))
        #expect(html.contains("Add to calendar"))
    }

    @Test func `links keep the token, and the language once it is chosen`() {
        var page = RoomPageSamples.page(.full)
        #expect(page.address == "/rooms/u6Yh3DkQ9w/business-meeting?token=\(RoomPageSamples.token)")
        page.keepsLanguage = true
        page.language = .portuguese
        #expect(page.address.hasSuffix("&lang=pt-BR"))
        #expect(renderer.html(of: page).contains("&amp;lang=ar\" lang=\"ar\" hreflang=\"ar\" dir=\"rtl\">"))
    }

    @Test func `why a room cannot be used is told to its users only`() {
        var page = RoomPageSamples.page(.unusable)
        #expect(renderer.html(of: page).contains("The subscription of this room"))
        page.isRoomUser = false
        #expect(!renderer.html(of: page).contains("The subscription of this room"))
        page.state = .noProvider
        let hidden = renderer.html(of: page)
        #expect(!hidden.contains("no_provider") && hidden.contains("provider_unavailable"))
    }

    @Test func `buttons are there for who may press them`() {
        var page = RoomPageSamples.page(.inactive)
        let own = renderer.html(of: page)
        #expect(own.contains("Reactivate the room") && own.contains("name=\"csrf_token\" value=\"0a1b\""))
        page.reactivate = nil
        let others = renderer.html(of: page)
        #expect(!others.contains("eactivate"))
        page.state = .left(isRunning: false)
        let ended = renderer.html(of: page)
        #expect(ended.contains("<button type=\"button\" disabled>Join again</button>"))
        page.state = .preempted
        let preempted = renderer.html(of: page)
        #expect(preempted.contains("<button type=\"button\" disabled>Join again</button>"))
        page.state = .left(isRunning: true)
        let running = renderer.html(of: page)
        #expect(running.contains("again=1\">Join again</a>") && !running.contains("disabled"))
    }
}
