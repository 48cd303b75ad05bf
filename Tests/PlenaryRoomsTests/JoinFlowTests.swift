import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// From the door into the meeting (`rooms-api.md` 11), at each kind of provider.
@Suite struct JoinFlowTests {
    @Test(arguments: HostKind.allCases)
    func `a guest of a public room waits, and goes on when a moderator has started`(kind: HostKind) async throws {
        let stand = try await JoinStand([kind])
        let room = try await stand.room { $0.isPublic = true }
        let link = try await stand.token(.moderator, of: room)
        let waiting = try await stand.desk.attempt(stand.attempt(room, name: "Gus"))
        #expect(waiting.word == "waiting not_started guest")
        #expect(try stand.server(kind).count(of: .create) == 0)
        var patient = JoinAttempt(room: .id(room.identity.id))
        patient.ticket = waiting.ticket
        #expect(try await stand.desk.glance(patient) == .waiting(.notStarted))
        let version = stand.desk.version(of: room.number)

        let started = try await stand.enter(room, link)
        #expect(started.word == "ready moderator")
        #expect(stand.desk.version(of: room.number) != version)
        #expect(try await stand.desk.glance(patient) == .ready)
        let entered = try await stand.desk.attempt(patient)
        #expect(entered.word == "ready guest")
        try stand.follow(entered)
        #expect(entered.visitor == waiting.visitor)
        let people = try stand.meeting(on: kind).participants
        #expect(people.map(\.userID) == ["m_\(started.visitor)", "g_\(waiting.visitor)"])
        #expect(people.map(\.fullName) == ["Ada Lovelace", "Gus"])
        // It was used by the one who came in, not by waiting.
        let automatic = try await stand.store.automaticToken(of: room.number)
        #expect(automatic?.useCount == 1)
    }

    @Test(arguments: HostKind.allCases)
    func `a session is made once, as the room says, and each joins as their link says`(kind: HostKind) async throws {
        let features: [FeatureCode: FeatureValue] = [
            .guestAccess: .bool(true), .maxParticipants: .integer(50), .privateChat: .bool(false),
        ]
        let stand = try await JoinStand([kind], features: features)
        let room = try await stand.room {
            $0.settings = RoomSettings(["guest_policy": .text("ask_moderator"), "mute_on_start": .bool(true)])
        }
        for (role, sent) in [
            (RoomRole.moderator, ["MODERATOR", "false", "true", "m_"]), (.attendee, ["VIEWER", "false", "true", "a_"]),
            (.guest, ["VIEWER", "true", "false", "g_"]),
        ] {
            let link = try await stand.token(role, of: room)
            let outcome = try await stand.desk.attempt(stand.attempt(room, link))
            #expect(outcome.word == "ready \(role.rawValue)")
            let told = outcome.parameters
            #expect([told["role"], told["guest"], told["auth"]] == [sent[0], sent[1], sent[2]])
            #expect(told["userID"] == "\(sent[3])\(outcome.visitor)" && told["fullName"] == "Ada Lovelace")
            let createTime = try stand.meeting(on: kind).createTime.description
            #expect(told["createTime"] == createTime)
            #expect(told["redirect"] == "true" && told["password"] == nil)
            #expect(told["errorRedirectUrl"]?.hasPrefix("https://rooms.example/rooms/\(room.identity.id)/") == true)
        }
        let meeting = try stand.meeting(on: kind)
        #expect(try stand.server(kind).count(of: .create) == 1)
        let made = meeting.parameters
        #expect(meeting.name == "Business Meeting" && meeting.maxParticipants == 50)
        #expect(made["guestPolicy"] == "ALWAYS_ACCEPT_AUTH" && made["muteOnStart"] == "true")
        #expect(made["record"] == "false" && made["disabledFeatures"]?.contains("privateChat") == true)
        #expect(made["meta_plenary-room"] == room.identity.uuid && made["meta_bbb-origin"] == "plenary")
        if kind != .fleet {
            #expect(meeting.id.rawValue == room.identity.uuid)
            #expect(made["logoutURL"] == room.url(origin: "https://rooms.example"))
        }
        let session = try #require(try await stand.store.liveSession(of: room.number))
        #expect(session.state == .running && session.provider?.type == kind.type)
        #expect(session.createTime == meeting.createTime.milliseconds)
    }

    @Test(arguments: HostKind.allCases)
    func `thirty who start at once are in one meeting`(kind: HostKind) async throws {
        let stand = try await JoinStand([kind])
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        let outcomes = try await withThrowingTaskGroup(of: JoinOutcome.self) { group in
            for number in 0..<30 {
                let attempt = stand.attempt(room, link, name: "Ada \(number)")
                group.addTask { try await stand.desk.attempt(attempt) }
            }
            var outcomes: [JoinOutcome] = []
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes.map(\.word) == Array(repeating: "ready moderator", count: 30))
        #expect(Set(outcomes.map(\.visitor)).count == 30)
        #expect(try stand.server(kind).count(of: .create) == 1)
        let sessions = try await stand.sessions(room)
        #expect(sessions.count == 1)
        for outcome in outcomes { try stand.follow(outcome) }
        #expect(try stand.meeting(on: kind).participants.count == 30)
    }

    @Test(arguments: HostKind.allCases)
    func `the passwords of a room are the same each time, and no other room's`(kind: HostKind) async throws {
        let stand = try await JoinStand([kind])
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        _ = try await stand.enter(room, link)
        let first = try stand.meeting(on: kind)
        let ended = try await stand.desk.end(room, reason: .moderator)
        #expect(ended?.endReason == .moderator && ended?.owesEnd == false)
        #expect(try stand.server(kind).meetings.isEmpty)
        await stand.pass(4)

        _ = try await stand.enter(room, link)
        let second = try stand.meeting(on: kind)
        #expect(second.moderatorPW == first.moderatorPW && second.attendeePW == first.attendeePW)
        #expect(first.moderatorPW != first.attendeePW)
        let other = try await stand.room("Other")
        _ = try await stand.enter(other, try await stand.token(.moderator, of: other))
        let passwords = try stand.server(kind).meetings.map(\.moderatorPW)
        #expect(Set(passwords).count == 2)
    }

    @Test(arguments: HostKind.allCases)
    func `a session that is gone at its provider has ended, and the next is another one`(kind: HostKind) async throws {
        let stand = try await JoinStand([kind])
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        let first = try await stand.enter(room, link)
        try stand.server(kind).reboot()
        await stand.pass(4)
        let attendee = try await stand.token(.attendee, of: room)
        let waiting = try await stand.desk.attempt(stand.attempt(room, attendee))
        #expect(waiting.word == "waiting not_started attendee")
        let ended = try await stand.sessions(room)
        #expect(ended.map(\.endReason) == [.unknown])
        let second = try await stand.enter(room, link)
        #expect(second.word == "ready moderator")
        #expect(second.parameters["createTime"] != first.parameters["createTime"])
        let sessions = try await stand.sessions(room)
        #expect(sessions.map(\.state) == [.running, .ended])
    }

    @Test(arguments: HostKind.allCases)
    func `a session can be started without anybody at the door`(kind: HostKind) async throws {
        let stand = try await JoinStand([kind])
        let room = try await stand.room()
        let started = try await stand.desk.start(room)
        #expect(!started.wasRunning && started.session.state == .running)
        let again = try await stand.desk.start(room)
        #expect(again.wasRunning && again.session.number == started.session.number)
        #expect(try stand.server(kind).count(of: .create) == 1)
        try await stand.change(room) { $0.status = .inactive }
        _ = try await stand.desk.end(room, reason: .api)
        let inactive = try #require(try await stand.store.room(room.number))
        await #expect(throws: JoinRefusal.roomInactive) { _ = try await stand.desk.start(inactive) }
    }

    @Test func `the same browser is the same person, another one is another`() async throws {
        let stand = try await JoinStand()
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        let first = try await stand.enter(room, link)
        var again = stand.attempt(room, link)
        again.visitor = first.visitor
        let second = try await stand.desk.attempt(again)
        #expect(second.parameters["userID"] == first.parameters["userID"])
        // What a browser made up is not taken over.
        for made in ["", "short", "../../../../etc/", "sixteen letters!", String(repeating: "a", count: 17)] {
            again.visitor = made
            let other = try await stand.desk.attempt(again)
            #expect(other.visitor != made && other.visitor.utf8.count == 16)
        }
    }
}
