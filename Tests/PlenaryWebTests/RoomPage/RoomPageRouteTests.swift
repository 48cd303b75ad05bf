import BigBlueButton
import HTTPTypes
import InMemoryLogging
import Logging
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import PlenaryWeb
import Testing

/// `/rooms/{id}/{slug}` (`rooms-api.md` 11) as a browser without script meets it.
@Suite struct RoomPageRouteTests {
    @Test func `every slug leads to the current one, with the query as it was`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let (id, path) = (room.identity.id, RoomDoor.path(room))
            let cases = [
                ("/rooms/\(id)", path), ("/rooms/\(id)/old-name", path), ("/rooms/\(id)/Business-Meeting", path),
                ("/rooms/\(id)?token=abc&x=%20y", "\(path)?token=abc&x=%20y"),
                ("/rooms/\(id)/x?a=1&a=2", "\(path)?a=1&a=2"),
                ("/rooms/\(room.identity.uuid)/\(room.slug)", path), ("/rooms/\(room.identity.ulid)", path),
            ]
            for (target, place) in cases {
                let answer = try await door.page(target)
                #expect(answer.status == 308, "\(target)")
                #expect(answer.headers[.location] == place)
                let policy = HTTPField.Name("Referrer-Policy").flatMap { answer.headers[$0] }
                #expect(policy == "no-referrer")
                let robots = HTTPField.Name("X-Robots-Tag").flatMap { answer.headers[$0] }
                #expect(robots == "noindex")
            }
            let lost = try await door.desk.send(path, method: .delete)
            #expect(lost.status == 405)
            #expect(lost.headers[.allow] == "GET, HEAD, POST")
            let entry = try await door.desk.send("/rooms/\(id)/calendar.ics", method: .post)
            #expect(entry.status == 405)
            #expect(entry.headers[.allow] == "GET, HEAD")
            let there = try await door.page(path)
            expectPage(there, 200, contains: ["Join the meeting", "Business Meeting", "You join as a guest."])
        }
    }

    @Test func `who finds no provider is told when to come again`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let token = try await door.token(.moderator, of: room)
            for server in door.desk.servers { server.set(.refuse) }
            await door.desk.pass(60)
            let answer = try await door.send("\(RoomDoor.path(room))?token=\(token)", "name=Ida")
            expectPage(answer, 503)
            let again = HTTPField.Name("Retry-After").flatMap { answer.headers[$0] }
            #expect(again == "10")
        }
    }

    @Test func `a guest waits without script, and is led to the meeting when it has begun`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let path = RoomDoor.path(room)
            let form = try await door.page(path)
            let visitor = try #require(form.kept("plenary_visitor"))
            #expect(form.cookies["plenary_visitor"]?.contains("; Max-Age=") == true)
            let waiting = try await door.send(path, "name=Gus", cookies: [visitor])
            expectPage(waiting, 202, contains: ["The meeting has not begun yet"])
            // It is known already.
            #expect(waiting.cookies["plenary_visitor"] == nil)
            let ticket = try #require(waiting.ticket)
            #expect(waiting.text.contains("http-equiv=\"refresh\" content=\"5;url=\(path)?ticket=\(ticket)\""))
            #expect(waiting.text.contains("data-events=\"/api/v1/join/\(room.identity.id)/events?ticket=\(ticket)\""))

            let token = try await door.token(.moderator, of: room)
            let link = try await door.page("\(path)?token=\(token)")
            expectPage(link, 200, contains: ["Start the meeting", "You join as a moderator."])
            let started = try await door.send("\(path)?token=\(token)", "name=Ida")
            let target = "http-equiv=\"refresh\" content=\"0;url=http://bbb"
            expectPage(started, 200, contains: [target, "/bigbluebutton/api/join?"])
            #expect(started.cookies["plenary_pass"]?.contains("; Path=/rooms/\(room.identity.id)") == true)

            let entered = try await door.page("\(path)?ticket=\(ticket)", cookies: [visitor])
            expectPage(entered, 200, contains: [target, "fullName=Gus"])
            let pseudonym = visitor.drop { $0 != "=" }.dropFirst().prefix { $0 != "." }
            #expect(entered.text.contains("userID=g_\(pseudonym)"))
            let again = try await door.send(path, "ticket=\(ticket)", cookies: [visitor])
            expectPage(again, 200, contains: [target])
        }
    }

    @Test func `who comes back from the meeting gets in again by the address that providers are told`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let path = RoomDoor.path(room)
            let token = try await door.token(.moderator, of: room)
            let started = try await door.send("\(path)?token=\(token)", "name=Ida")
            let kept = [try #require(started.kept("plenary_visitor")), try #require(started.kept("plenary_pass"))]
            let left = try await door.page(path, cookies: kept)
            expectPage(left, 200, contains: ["You have left the meeting", "again=1\">Join again</a>"])
            let form = try await door.page("\(path)?again=1", cookies: kept)
            expectPage(form, 200, contains: ["You join as a moderator."], lacks: [token])
            let back = try await door.send(path, "name=Ida", cookies: kept)
            expectPage(back, 200, contains: ["http-equiv=\"refresh\" content=\"0;url=http://bbb"])
            // Whoever makes one up is told what everybody is told.
            for pass in ["x", "a.b.c", String(repeating: "x", count: 3_000)] {
                let stranger = try await door.page(path, cookies: ["plenary_pass=\(pass)"])
                expectPage(stranger, 401, contains: ["You need a personal link"], lacks: ["Business Meeting"])
            }
            let refused = try await door.page("\(path)?error=guestDeny", cookies: kept)
            expectPage(refused, 200, contains: ["You were not let in"])
            let errors = "%5B%7B%22message%22:%22x%22,%22key%22:%22maxParticipantsReached%22%7D%5D"
            let full = try await door.page("\(path)?errors=\(errors)", cookies: kept)
            expectPage(full, 200, contains: ["The room is full"])
        }
    }

    @Test func `who was in a session whose connections went to another one is told so on the room's page`()
        async throws
    {
        let features: [FeatureCode: FeatureValue] = [
            .guestAccess: .bool(true), .maxParticipants: .integer(8), .maxConnections: .integer(10),
        ]
        try await RoomDoor.open(features: features) { door in
            let first = try await door.room("First")
            let started = try await door.send(
                "\(RoomDoor.path(first))?token=\(try await door.token(.moderator, of: first))", "name=Ida")
            let kept = [try #require(started.kept("plenary_visitor")), try #require(started.kept("plenary_pass"))]
            // Past the two hours for which its connections are its own (15.3, R8).
            door.desk.clock.advance(by: .seconds(7_300))
            await door.desk.pass(2)
            let second = try await door.room("Second")
            let taken = try await door.send(
                "\(RoomDoor.path(second))?token=\(try await door.token(.moderator, of: second))", "name=Eve")
            expectPage(taken, 200, contains: ["content=\"0;url=http://bbb"])
            await door.desk.fleet.endPreempted()
            await door.desk.pass(8)
            let told = try await door.page(RoomDoor.path(first), cookies: kept)
            expectPage(told, 200, contains: ["The meeting had to end", "needed for another meeting", ">preempted<"])
            let german = try await door.page("\(RoomDoor.path(first))?lang=de", cookies: kept)
            expectPage(german, 200, contains: ["Die Konferenz musste enden"])
        }
    }

    @Test func `a form shows what is wrong, keeps what was right, and never a code`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let target = "\(RoomDoor.path(room))?token=\(try await door.token(.attendee, of: room))"
            try await door.addCode("482913075", .attendee, to: room)
            let both = try await door.send(target, "name=&access_code=")
            let told = ["Something is missing or wrong", "Enter your name", "Enter the access code"]
            expectPage(both, 422, contains: told)
            let name = try await door.send(target, "name=%E2%80%AE&access_code=482913075")
            expectPage(name, 422, contains: ["name_required"], lacks: ["482913075"])
            let wrong = try await door.send(target, "name=Ada+%3Cb%3E&access_code=8675309")
            expectPage(wrong, 403, contains: ["access_code_invalid", "Ada &lt;b&gt;"], lacks: ["8675309", "<b>"])
            for _ in 0..<4 { _ = try await door.send(target, "name=Ada&access_code=8675309") }
            let locked = try await door.send(target, "name=Ada&access_code=482913075")
            expectPage(locked, 429, contains: ["Too many wrong codes"])
        }
    }

    @Test func `the name is remembered where somebody wants that, and only there`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let path = RoomDoor.path(room)
            let sent = try await door.send(path, "name=Ada+%C3%84%3B+Lovelace&remember=true")
            #expect(sent.cookies["plenary_name"]?.contains("; Path=/rooms;") == true)
            let kept = try #require(sent.kept("plenary_name"))
            #expect(kept == "plenary_name=Ada%20%C3%84%3B%20Lovelace")
            let again = try await door.page(path, cookies: [kept])
            expectPage(again, 200, contains: ["value=\"Ada Ä; Lovelace\"", "name=\"remember\" value=\"true\" checked"])
            let forgotten = try await door.send(path, "name=Ada", cookies: [kept])
            #expect(forgotten.cookies["plenary_name"]?.contains("; Max-Age=0;") == true)
            let broken = try await door.page(path, cookies: ["plenary_name=%ZZ%", "plenary_visitor=../x"])
            expectPage(broken, 200)
        }
    }

    @Test func `the page speaks the visitor's language`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let french = try await door.room("Salon") {
                $0.isPublic = true
                $0.settings = RoomSettings(["locale": .text("fr")])
            }
            let cases = [
                (room, "", "de-AT, en;q=0.5", "de"), (room, "?lang=pt-BR", "de", "pt-BR"),
                (room, "?lang=xx", "es", "es"), (room, "", "", "en"), (french, "", "de", "fr"),
                (french, "?lang=ar", "de", "ar"),
            ]
            for (room, query, accepted, language) in cases {
                let answer = try await door.page(
                    "\(RoomDoor.path(room))\(query)", headers: [.acceptLanguage: accepted])
                expectPage(answer, 200, contains: ["<html lang=\"\(language)\""])
            }
        }
    }

    @Test func `rooms that are not there, not open or closed have pages too`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let path = RoomDoor.path(room)
            for id in ["u6Yh3DkQ9w/business-meeting", "x", "%00/%00", "..%2F..%2Fetc/x"] {
                let answer = try await door.page("/rooms/\(id)")
                expectPage(answer, 404, contains: ["There is no such room"], lacks: ["Business Meeting"])
            }
            let invalid = try await door.page("\(path)?token=Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e")
            expectPage(
                invalid, 403, contains: ["This link is not valid", "Join as guest"], lacks: ["Business Meeting"])

            let opens = door.desk.clock.now.advanced(by: .seconds(7_200)).timestamp
            let closed = try await door.room("Later") {
                $0.isPublic = true
                $0.settings = RoomSettings(["opens_at": .text(opens)])
            }
            let early = try await door.page(RoomDoor.path(closed))
            let calendar = "/rooms/\(closed.identity.id)/calendar.ics"
            expectPage(early, 403, contains: ["This room is not open yet", "href=\"\(calendar)\""])
            let entry = try await door.page(calendar)
            #expect(entry.status == 200 && entry.type.hasPrefix("text/calendar"))
            #expect(entry.text.hasPrefix("BEGIN:VCALENDAR") && entry.text.contains("Later"))
            let none = try await door.page("/rooms/\(room.identity.id)/calendar.ics")
            #expect(none.status == 404)

            _ = try await door.desk.store.removeRoom(room.number, now: door.desk.clock.now)
            let gone = try await door.page(path)
            expectPage(gone, 410, contains: ["This room was removed"], lacks: ["Business Meeting"])
            let late = try await door.send(path, "name=Ada")
            expectPage(late, 410)
        }
    }

    @Test func `nothing that is sent breaks the page`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let long = String(repeating: "x", count: 4_000)
            let huge = String(repeating: "x", count: 20_000)
            let slugs = [
                "\(room.slug)", "%00", "%FF", "..%2F", "%3Cscript%3E", "%0D%0ASet-Cookie:%20x=y", "calendar.ics", long,
            ]
            let queries = [
                "", "?token=%00", "?token=\(long)", "?lang=%FF", "?ticket=a.b.c", "?ticket=", "?error=%3Cscript%3E",
                "?errors=%5B%7B", "?errors=\(long)", "?%", "?=&=&;", "?token=%0D%0ASet-Cookie:%20x=y", "?again=1",
            ]
            for slug in slugs {
                for query in queries {
                    let answer = try await door.page("/rooms/\(room.identity.id)/\(slug)\(query)")
                    #expect(answer.status < 500, "\(slug) \(query)")
                    #expect(!answer.text.contains("<script>"), "\(slug) \(query)")
                    #expect(answer.cookies["x"] == nil)
                }
            }
            let forms = [
                "", "&&&", "name", "name=%", "name=%FF%FE", "name=\(long)", "name=Ada&name=Eve", "ticket=a.b.c",
                "name=%00", "access_code=\(long)", "consent=maybe", "csrf_token=1", "name=\(huge)",
            ]
            for form in forms {
                let answer = try await door.send(RoomDoor.path(room), form)
                #expect(answer.status < 500, "\(form.prefix(40)) \(answer.status)")
                #expect(answer.status >= 200 && !answer.text.contains("\0"))
            }
        }
    }

    @Test func `no line of the log has what a visitor came with`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let path = RoomDoor.path(room)
            let token = try await door.token(.moderator, of: room)
            try await door.addCode("482913075", .moderator, to: room)
            door.desk.logs.clear()
            _ = try await door.page("/rooms/\(room.identity.id)?token=\(token)")
            _ = try await door.page("\(path)?token=\(token)")
            _ = try await door.send("\(path)?token=\(token)", "name=Annabel&access_code=8675309")
            let started = try await door.send("\(path)?token=\(token)", "name=Annabel&access_code=482913075")
            let pass = try #require(started.kept("plenary_pass")).dropFirst("plenary_pass=".count)
            let attendee = try await door.token(.attendee, of: room)
            _ = try await door.join(room, ["token": .text(attendee), "name": "Annabel"])
            for server in door.desk.servers { server.set(.status(502)) }
            door.desk.clock.advance(by: .seconds(3))
            _ = try await door.join(room, ["token": .text(attendee), "name": "Annabel"])
            #expect(!door.desk.logs.entries.isEmpty)
            for entry in door.desk.logs.entries {
                let line = "\(entry.message) \(entry.metadata) \(entry.error.map { "\($0)" } ?? "")"
                let secrets = [token, attendee, "482913075", "8675309", "Annabel", String(pass), "checksum", "?token"]
                for secret in secrets {
                    #expect(!line.contains(secret), "\(line)")
                }
            }
        }
    }

    @Test func `a pseudonym that is made up, or read from a list of people, is nobody's`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let started = try await door.send(
                "\(RoomDoor.path(room))?token=\(try await door.token(.moderator, of: room))", "name=Ida")
            let kept = try #require(started.kept("plenary_visitor"))
            let pseudonym = String(kept.drop { $0 != "=" }.dropFirst().prefix { $0 != "." })
            #expect(started.text.contains("userID=m_\(pseudonym)") && kept.contains("."))
            let thief = try await door.send(
                RoomDoor.path(room), "name=Eve", cookies: ["plenary_visitor=\(pseudonym)"])
            expectPage(thief, 200, lacks: [pseudonym])
        }
    }

    @Test func `a ticket of another room opens no door beside the limit`() async throws {
        try await RoomDoor.open(joins: 3) { door in
            let other = try await door.room { $0.isPublic = true }
            let waiting = try await door.join(other, ["name": "Eve"])
            let ticket = try #require(waiting.json["ticket"]?.text)
            let room = try await door.room("Business Meeting 2") { $0.isPublic = true }
            let path = RoomDoor.path(room)
            for _ in 0..<2 {
                let counted = try await door.send(path, "name=Eve&ticket=\(ticket)")
                expectPage(counted, 202)
            }
            expectPage(try await door.send(path, "name=Eve&ticket=\(ticket)"), 429)
            expectPage(try await door.page("\(path)?ticket=\(ticket)"), 429)
            let calendar = try await door.page("/rooms/\(room.identity.id)/calendar.ics")
            #expect(calendar.status == 429)
            let refused = try await door.join(room, ["name": "Eve", "ticket": .text(ticket)])
            #expect(refused.status == 429, "\(refused.text)")
            // Who waits there goes on, but not without end.
            let still = try await door.join(other, ["ticket": .text(ticket)])
            #expect(still.status == 202, "\(still.text)")
            for _ in 0..<59 { _ = try await door.join(other, ["ticket": .text(ticket)]) }
            let tired = try await door.join(other, ["ticket": .text(ticket)])
            #expect(tired.status == 429, "\(tired.text)")
        }
    }

    @Test func `links of a page lead to its own host, however many slashes it was asked with`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let answer = try await door.page("//rooms//\(room.identity.id)/\(room.slug)?token=abc")
            expectPage(answer, 403, contains: ["href=\"\(RoomDoor.path(room))\""], lacks: ["\"//"])
        }
    }

    @Test func `a form without end is too large, and a name without end is not kept`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let large = try await door.send(RoomDoor.path(room), "name=" + String(repeating: "x", count: 20_000))
            expectPage(large, 413)
            let marks = "A" + String(repeating: "%CC%81", count: 2_000)
            let long = try await door.send(RoomDoor.path(room), "remember=true&name=\(marks)")
            expectPage(long, 422)
            #expect((long.cookies["plenary_name"] ?? "").utf8.count < 1_000)
        }
    }

    @Test func `who waits without script keeps the language that was chosen`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let path = RoomDoor.path(room)
            let waiting = try await door.send("\(path)?lang=de", "name=Gus")
            let ticket = try #require(waiting.ticket)
            expectPage(waiting, 202, contains: ["url=\(path)?ticket=\(ticket)&amp;lang=de\""])
        }
    }
}
