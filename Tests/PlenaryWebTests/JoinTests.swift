import BigBlueButton
import HTTPTypes
import PlenarySimulator
import Testing

@testable import PlenaryWeb

@Suite struct JoinTests {
    private static let join = "fullName=Ann+B&meetingID=room-1&role=VIEWER"

    @Test func `a join is a redirect that nobody keeps and that tells nobody where it came from`() async throws {
        try await Desk.open { desk in
            let holder = try await desk.create("room-1")
            let answer = try await desk.call(.join, Self.join)
            #expect(answer.status == 302 && answer.body.isEmpty)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.referrerPolicy] == "no-referrer")
            let location = try #require(answer.headers[.location])
            #expect(location.hasPrefix("\(holder.url)/join?"))
            // Signed for that server, and not with our client's secret.
            let request = SimulatedRequest(
                target: String(location.dropFirst("http://\(holder.url.authority)".utf8.count)))
            #expect(holder.carryOut(request, at: desk.clock.now).status == 302)
            #expect(!location.contains(try Desk.checksum(.join, Self.join)))
        }
    }

    @Test func `a join that wants XML gets the server's answer and its cookies`() async throws {
        try await Desk.open { desk in
            try await desk.create("room-1")
            let answer = try await desk.call(.join, Self.join + "&redirect=false")
            expectXML(answer, contains: ["SUCCESS", "<session_token>", "<meeting_id>"])
            let cookies = answer.headers[values: .setCookie]
            #expect(cookies.contains { $0.hasPrefix("JSESSIONID=") }, "\(cookies)")
        }
    }

    @Test func `a join that fails leads to the caller's place, or to a page of ours, or is XML`() async throws {
        try await Desk.open { desk in
            let own = try await desk.call(.join, Self.join)
            #expect(own.status == 302 && own.headers[.cacheControl] == "no-store")
            let location = try #require(own.headers[.location])
            #expect(location.hasPrefix("https://plenary.example/join-failed?errors="))
            #expect(location.contains("invalidMeetingIdentifier"))

            let given = try await desk.call(
                .join, Self.join + "&errorRedirectUrl=https%3A%2F%2Fapp.example%2Fx%3Fy%3D1%23z")
            let place = try #require(given.headers[.location])
            #expect(
                given.status == 302 && place.hasPrefix("https://app.example/x?y=1&errors=") && place.hasSuffix("#z"))

            for hostile in ["javascript%3Aalert(1)", "%2Fx", "https%3A%2F%2Fa.example%2F%0D%0ASet-Cookie%3A+x%3D1"] {
                let answer = try await desk.call(.join, Self.join + "&errorRedirectUrl=\(hostile)")
                #expect(
                    answer.headers[.location]?.hasPrefix("https://plenary.example/join-failed?") == true, "\(hostile)")
                #expect(answer.headers[.setCookie] == nil)
            }

            let asked = try await desk.call(.join, Self.join + "&redirect=false")
            expectXML(asked, contains: ["FAILED", "<messageKey>invalidMeetingIdentifier</messageKey>"])
            #expect(asked.headers[.location] == nil)
            let nameless = try await desk.call(.join, "meetingID=room-1&redirect=false")
            expectXML(nameless, contains: ["<messageKey>missingParamFullName</messageKey>"])
        }
    }

    @Test func `the page of a failed join says what was wrong`() async throws {
        try await Desk.open { desk in
            let failed = try await desk.call(.join, Self.join)
            let location = try #require(failed.headers[.location])
            let page = try await desk.send(String(location.dropFirst("https://plenary.example".utf8.count)))
            #expect(page.status == 200 && page.text.contains("This meeting does not exist, or it is over."))
        }
    }

    @Test func `while a meeting's server does not answer a browser waits, and others are told`() async throws {
        try await Desk.open { desk in
            let holder = try await desk.create("room-1")
            holder.set(.refuse)
            await desk.pass(60)
            let browser: HTTPFields = [.accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"]
            let page = try await desk.call(.join, Self.join, headers: browser)
            #expect(page.status == 200 && page.type == "text/html; charset=utf-8")
            #expect(page.text.contains(#"<meta http-equiv="refresh" content="5">"#))
            #expect(page.headers[.cacheControl] == "no-store" && page.headers[.location] == nil)
            let accepts: [HTTPFields] = [[:], [.accept: "*/*"], [.accept: "application/xml"]]
            for headers in accepts {
                let answer = try await desk.call(.join, Self.join, headers: headers)
                expectXML(answer, contains: ["FAILED", "<messageKey>serverUnavailable</messageKey>"], lacks: ["<html"])
            }
            // Other calls are XML for browsers too.
            expectXML(try await desk.call(.getMeetings, headers: browser), contains: ["SUCCESS"])
            expectXML(
                try await desk.call(.isMeetingRunning, "meetingID=room-1", headers: browser),
                contains: ["<running>false</running>"])
            let head = try await desk.call(.join, Self.join, method: .head, headers: browser)
            #expect(head.status == 200 && head.body.isEmpty)

            // It is back: the same link opens the meeting.
            holder.heal()
            await desk.pass(30)
            #expect(try await desk.call(.join, Self.join, headers: browser).status == 302)
        }
    }
}
