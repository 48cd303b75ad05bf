import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// The page of a room as users meet it who are signed in (`rooms-api.md` 11.3 and 13.3).
@Suite struct RoomPageUserTests {
    @Test func `who needs a link is led to the sign-in, and back`() async throws {
        try await RoomDoor.open { door in
            let user = try await door.desk.addUser()
            let room = try await door.room()
            let path = RoomDoor.path(room)
            try await door.allow(user, [.start], in: room)
            let closed = try await door.page(path)
            let link = "/sign-in?next=%2Frooms%2F\(room.identity.id)%2F\(room.slug)"
            expectPage(closed, 401, contains: ["href=\"\(link)\""])
            let form = try await door.page(link)
            expectSignInPage(form, 200, "sign_in", contains: ["name=\"next\" value=\"\(path)\""])
            let browser = try await door.desk.signIn("max@nordschule.example")
            let open = try await door.page(path, cookies: [browser.cookie])
            expectPage(open, 200, contains: ["You join as a moderator."], lacks: ["/sign-in"])
            let started = try await door.send(path, "name=Max", cookies: [browser.cookie])
            expectPage(started, 200, contains: ["/bigbluebutton/api/join?", "userID=m_u\(user.identity.id)"])
        }
    }

    @Test func `a user who may only join waits, and is let in when it has begun`() async throws {
        try await RoomDoor.open { door in
            let user = try await door.desk.addUser()
            let room = try await door.room()
            let path = RoomDoor.path(room)
            try await door.allow(user, [.join], in: room)
            let browser = try await door.desk.signIn("max@nordschule.example")
            let waiting = try await door.send(path, "name=Max", cookies: [browser.cookie])
            expectPage(waiting, 202, contains: ["The meeting has not begun yet"])
            let ticket = try #require(waiting.ticket)
            let asked = try await door.desk.api(
                .post, "/join/\(room.identity.id)", ["ticket": .text(ticket)], as: nil,
                headers: ["Cookie": browser.cookie, "Sec-Fetch-Site": "same-origin"])
            #expect(asked.status == 202, "\(asked.text)")
            let stranger = try await door.desk.api(
                .post, "/join/\(room.identity.id)", ["ticket": .text(ticket)], as: nil)
            #expect(stranger.status == 401, "\(stranger.text)")
            let token = try await door.token(.moderator, of: room)
            _ = try await door.send("\(path)?token=\(token)", "name=Ida")
            let entered = try await door.page("\(path)?ticket=\(ticket)", cookies: [browser.cookie])
            expectPage(entered, 200, contains: ["/bigbluebutton/api/join?", "userID=a_u\(user.identity.id)"])
        }
    }

    @Test func `what another site sends comes from nobody in particular`() async throws {
        try await RoomDoor.open { door in
            let user = try await door.desk.addUser()
            let room = try await door.room()
            try await door.allow(user, [.start], in: room)
            let browser = try await door.desk.signIn("max@nordschule.example")
            let answer = try await door.desk.post(
                RoomDoor.path(room), "name=Max", cookie: browser.cookie, headers: ["Sec-Fetch-Site": "cross-site"])
            expectPage(answer, 401)
            // A link on another site is followed by whoever is signed in.
            let page = try await door.desk.get(
                RoomDoor.path(room), cookie: browser.cookie, headers: ["Sec-Fetch-Site": "cross-site"])
            expectPage(page, 200)
        }
    }

    @Test func `who may change an inactive room makes it active again by a button`() async throws {
        try await RoomDoor.open { door in
            let max = try await door.desk.addUser()
            let eva = try await door.desk.addUser("eva@nordschule.example")
            let room = try await door.room { $0.status = .inactive }
            let path = RoomDoor.path(room)
            try await door.allow(max, [.join, .update], in: room)
            try await door.allow(eva, [.join], in: room)
            let other = try await door.desk.signIn("eva@nordschule.example")
            let closed = try await door.page(path, cookies: [other.cookie])
            expectPage(closed, 403, lacks: ["/reactivate"])
            let tried = try await door.desk.post(
                "\(path)/reactivate", "csrf_token=\(other.csrfToken)", cookie: other.cookie)
            #expect(tried.status == 303)
            expectPage(try await door.page(path, cookies: [other.cookie]), 403)
            let browser = try await door.desk.signIn("max@nordschule.example")
            let shown = try await door.page(path, cookies: [browser.cookie])
            expectPage(shown, 403, contains: ["action=\"\(path)/reactivate\"", "value=\"\(browser.csrfToken)\""])
            let forged = try await door.desk.post("\(path)/reactivate", "csrf_token=0", cookie: browser.cookie)
            #expect(forged.status == 303)
            expectPage(try await door.page(path, cookies: [browser.cookie]), 403)
            let done = try await door.desk.post(
                "\(path)/reactivate", "csrf_token=\(browser.csrfToken)", cookie: browser.cookie)
            #expect(done.status == 303 && done.headers[.location] == path)
            expectPage(try await door.page(path, cookies: [browser.cookie]), 200)
            // It is written down whose press of the button it was.
            let entries = try await door.desk.store.audit(of: room.number)
            let entry = try #require(entries.first)
            #expect(entry.action == .roomUpdated && entry.members == ["status"])
            #expect(entry.actor.kind == .user && entry.actor.id == max.identity.id)
        }
    }
}
