import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

@Suite struct PageTests {
    private func expectPage(_ answer: Desk.Answer, at location: SourceLocation = #_sourceLocation) {
        #expect(answer.status == 200 && answer.type == "text/html; charset=utf-8", sourceLocation: location)
        let policy = answer.headers[.contentSecurityPolicy] ?? ""
        for part in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors"] {
            #expect(policy.contains(part), sourceLocation: location)
        }
        #expect(!policy.contains("script-src"), sourceLocation: location)
        #expect(answer.headers[.xContentTypeOptions] == "nosniff", sourceLocation: location)
        #expect(answer.headers[.referrerPolicy] == "no-referrer", sourceLocation: location)
        #expect(answer.headers[.cacheControl] == "no-store", sourceLocation: location)
        #expect(answer.text.hasPrefix("<!doctype html>") && answer.text.contains("</html>"), sourceLocation: location)
        #expect(!answer.text.contains("<script"), sourceLocation: location)
    }

    @Test func `the root is a page that tells what this is`() async throws {
        try await Desk.open { desk in
            let page = try await desk.send("/")
            expectPage(page)
            #expect(page.text.contains("This is a Plenary server"))
        }
    }

    @Test func `the type of every problem leads to a page that explains it`() async throws {
        try await Desk.open { desk in
            for code in ProblemCode.allCases {
                let page = try await desk.send("/problems/\(code.rawValue)")
                expectPage(page)
                #expect(page.text.contains(code.rawValue))
            }
            #expect(try await desk.send("/problems/anything").status == 404)
        }
    }

    struct Failure: Sendable {
        let key: String
        let words: String
    }

    static let failures = [
        Failure(key: "invalidMeetingIdentifier", words: "does not exist, or it is over"),
        Failure(key: "notFound", words: "does not exist, or it is over"),
        Failure(key: "meetingForciblyEnded", words: "does not exist, or it is over"),
        Failure(key: "maxParticipantsReached", words: "This meeting is full"),
        Failure(key: "guestDeniedAccess", words: "Guests may not enter"),
        Failure(key: "mismatchCreateTimeParam", words: "belongs to an earlier meeting"),
        Failure(key: "missingParamFullName", words: "has no name in it"),
        Failure(key: "checksumError", words: "does not open this meeting"),
        Failure(key: "", words: "does not open this meeting"),
    ]

    @Test(arguments: failures) func `a failed join is told by its key`(failure: Failure) async throws {
        try await Desk.open { desk in
            // As we write it, and as a server does (`bbb-api.md` 5.3.4).
            let own = JoinRequest.Delivery.redirect(
                Refusal(MessageKey(rawValue: failure.key), "words of a \"server\" <b>"), to: "/join-failed")
            let page = try await desk.send(own)
            expectPage(page)
            #expect(page.text.contains(failure.words), "\(failure.key)")
            #expect(!page.text.contains("words of a"))
        }
    }

    @Test(arguments: [
        "", "?", "?errors", "?errors=", "?errors=%zz", "?errors=%FF%FE", "?errors=[]", "?other=1",
        "?errors=%22key%22%3A%22",
        "?errors=%22key%22%3A%22%3Cscript%3Ealert(1)%3C%2Fscript%3E%22",
        "?errors=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "?errors=%5B%7B%22key%22%3A%22%22%3E%3Cimg%20src%3Dx%3E%22%7D%5D",
        "?errors=%22message%22%3A%22%3Cb%3Ehostile%3C%2Fb%3E%22",
        "?errors=" + String(repeating: "%22key%22%3A%22", count: 500),
    ])
    func `nothing that the address says gets into the page`(query: String) async throws {
        try await Desk.open { desk in
            let page = try await desk.send("/join-failed" + query)
            expectPage(page)
            #expect(page.text.contains("does not open this meeting"))
            for hostile in ["alert(1)", "<img", "hostile"] { #expect(!page.text.contains(hostile)) }
        }
    }

    @Test func `text is escaped`() {
        #expect(Page.escape(#"<a href="x">'&'</a>"#) == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;")
        let page = Page(title: "<t> & \"q\"", text: "</p><script>x</script>", retryAfter: nil)
        #expect(page.html.contains("<title>&lt;t&gt; &amp; &quot;q&quot;</title>"))
        #expect(!page.html.contains("<script>") && page.html.contains("&lt;/p&gt;"))
        #expect(!page.html.contains("http-equiv"))
    }

    @Test func `a page loads nothing from elsewhere`() {
        for page in [Page.welcome, .meetingUnavailable, .joinFailed("notFound")] {
            for word in ["src=", "href=", "url(", "@import", "http://", "https://"] {
                #expect(!page.html.contains(word), "\(word)")
            }
        }
    }
}

@Suite struct ProbeTests {
    @Test func `the process lives at once and is ready when every server was looked at`() async throws {
        try await Desk.open(looksAround: false) { desk in
            for path in ["/livez", "/healthz"] {
                let answer = try await desk.send(path)
                #expect(answer.status == 200 && answer.text == "ok\n")
            }
            #expect(try await desk.send("/readyz").status == 503)
            let servers = desk.store.roster { $0.servers.values.sorted { $0.id < $1.id } }
            await desk.fleet.pollOnce(servers[0])
            #expect(try await desk.send("/readyz").status == 503)
            await desk.fleet.pollOnce(servers[1])
            let ready = try await desk.send("/readyz")
            #expect(ready.status == 200 && ready.text == "ready\n")
        }
    }

    @Test func `servers that are down do not make this process unready`() async throws {
        try await Desk.open(looksAround: false) { desk in
            for server in desk.servers { server.set(.refuse) }
            await desk.poll()
            let suspect = try await desk.send("/readyz")
            await desk.pass(120)
            let offline = try await desk.send("/readyz")
            let live = try await desk.send("/livez")
            #expect([suspect.status, offline.status, live.status] == [200, 200, 200])
        }
    }
}
