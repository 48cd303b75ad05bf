import BigBlueButton
import PlenaryCore
import Synchronization
import Testing

@testable import PlenaryStore

@Suite struct RoomTokenStoreTests {
    @Test(arguments: Place.allCases) func `a token is found by its text, and never stands in the table`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let token = try await store.addToken(
                RoomTokenDetails(
                    role: .moderator, expiresAt: .second(60), label: "Ida", displayName: " Ida ", maxUses: 3),
                to: room.number, seed: .sample(1), now: .second(1))
            #expect(token.details.displayName == "Ida" && !token.isAutomatic && token.useCount == 0)
            #expect(try await store.token(token.text) == Store.FoundToken(room: room.number, token: token))
            #expect(try await store.token(token.id, of: room.number) == token)
            #expect(try await store.token(RoomTokenSeed.sample(2).text) == nil)
            let stored = try await store.number(
                "SELECT COUNT(*) FROM room_tokens WHERE token LIKE $1 OR mark LIKE $2",
                [.text("%\(token.text.reveal())%"), .text("%\(token.text.reveal())%")])
            #expect(stored == 0)
            // Of another room there is none of that name.
            let other = try await stand.room("Other", 2)
            #expect(try await store.token(token.id, of: other.number) == nil)
            #expect(try await store.removeToken(token.id, of: other.number, now: .start) == false)
            let untouched = try await store.updateToken(token.id, of: other.number) { $1.role = .guest }
            #expect(untouched == nil)

            let second = try await store.addToken(
                RoomTokenDetails(role: .guest), to: room.number, seed: .sample(2), now: .second(2))
            #expect(try await store.tokens(of: room.number) == [second, token])
            let changed = try await store.updateToken(token.id, of: room.number) {
                $1.role = .attendee
                $1.expiresAt = nil
                $1.maxUses = nil
            }
            #expect(changed?.role == .attendee && changed?.details.expiresAt == nil)
            #expect(try await store.token(token.text)?.token == changed)
            await #expect(throws: RoomFaults.self) {
                _ = try await store.updateToken(token.id, of: room.number) { $1.maxUses = 0 }
            }
            #expect(try await store.removeToken(token.id, of: room.number, now: .start))
            #expect(try await store.token(token.text) == nil)
            await #expect(throws: RoomProblem.roomNotFound) {
                _ = try await store.addToken(
                    RoomTokenDetails(role: .guest), to: RoomNumber(99), seed: .sample(3), now: .start)
            }
        }
    }

    @Test(arguments: Place.allCases) func `a public room has one automatic token, a new one each time`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room("Open", 1) { $0.isPublic = true }
            let first = try #require(try await store.automaticToken(of: room.number))
            #expect(first.isAutomatic && first.role == .guest && first.details.expiresAt == nil)
            #expect(try await store.tokens(of: room.number) == [first])
            await #expect(throws: RoomProblem.tokenIsAutomatic) {
                _ = try await store.updateToken(first.id, of: room.number) { $1.label = "mine" }
            }
            await #expect(throws: RoomProblem.tokenIsAutomatic) {
                _ = try await store.removeToken(first.id, of: room.number, now: .start)
            }
            // What else changes leaves it.
            _ = try await store.updateRoom(room.number, seeds: .sample(2), now: .start) { $1.name = "Still open" }
            #expect(try await store.automaticToken(of: room.number) == first)
            _ = try await store.updateRoom(room.number, seeds: .sample(2), now: .start) { $1.isPublic = false }
            #expect(try await store.automaticToken(of: room.number) == nil)
            #expect(try await store.token(first.text) == nil)
            _ = try await store.updateRoom(room.number, seeds: .sample(3), now: .start) { $1.isPublic = true }
            let second = try #require(try await store.automaticToken(of: room.number))
            #expect(second.text != first.text && second.id != first.id)
            #expect(try await store.token(first.text) == nil)
            await #expect(throws: StoreFault.constraint(.unique)) {
                try await store.write {
                    _ = try $0.addToken(.automatic, .sample(4), to: room.number, isAutomatic: true, now: .start)
                }
            }
        }
    }

    @Test(arguments: Place.allCases) func `without guests no room is public`(place: Place) async throws {
        try await withRooms(place, features: [.guestAccess: .bool(false)]) { stand in
            await #expect(throws: RoomProblem.featureNotAvailable) {
                try await stand.room("Open", 1) { $0.isPublic = true }
            }
            #expect(try await stand.store.number("SELECT COUNT(*) FROM rooms") == 0)
            let room = try await stand.room("Closed", 2)
            await #expect(throws: RoomProblem.featureNotAvailable) {
                _ = try await stand.store.updateRoom(room.number, seeds: .sample(2), now: .start) { $1.isPublic = true }
            }
        }
    }

    @Test(arguments: Place.allCases) func `of many who use a link for three, three get in`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let session = try await stand.running(room)
            let token = try await store.addToken(
                RoomTokenDetails(role: .attendee, maxUses: 3), to: room.number, seed: .sample(1), now: .start)
            let entered = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        let entry = RoomEntry(
                            session: session.number, visitor: RoomCalls.Visitor("v\(number)"), role: .attendee,
                            token: token.number)
                        do {
                            try await store.enter(entry, now: .second(100 - number))
                            return true
                        } catch RoomProblem.tokenUsedUp { return false }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(entered == 3)
            #expect(try await store.token(token.id, of: room.number)?.useCount == 3)
            #expect(try await store.number("SELECT COUNT(*) FROM room_session_visits") == 3)
        }
    }

    @Test(arguments: Place.allCases) func `what is no more lets nobody in, and marks nothing`(place: Place) async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let session = try await stand.running(room)
            let token = try await store.addToken(
                RoomTokenDetails(role: .attendee, expiresAt: .second(10)), to: room.number, seed: .sample(1),
                now: .start)
            let code = try await store.addCode(
                RoomCodeDetails(role: .attendee, expiresAt: .second(5)), to: room.number, seed: .sample(1),
                now: .start)
            let entry = RoomEntry(
                session: session.number, visitor: RoomCalls.Visitor("v"), role: .attendee, token: token.number,
                code: code.number)
            try await store.enter(entry, now: .second(4))
            try await store.enter(entry, now: .second(3))
            let used = try #require(try await store.token(token.id, of: room.number))
            // Who comes back in the same session uses the link no second time.
            #expect(used.useCount == 1 && used.lastUsage == .second(4))
            #expect(try await store.code(code.id, of: room.number)?.lastUsage == .second(4))
            #expect(try await store.roleBefore(session.number, RoomCalls.Visitor("v")) == .attendee)
            #expect(try await store.roleBefore(session.number, RoomCalls.Visitor("w")) == nil)

            await #expect(throws: RoomProblem.accessCodeExpired) { try await store.enter(entry, now: .second(5)) }
            await #expect(throws: RoomProblem.tokenExpired) { try await store.enter(entry, now: .second(10)) }
            #expect(try await store.removeCode(code.id, of: room.number))
            await #expect(throws: RoomProblem.accessCodeInvalid) { try await store.enter(entry, now: .second(6)) }
            #expect(try await store.removeToken(token.id, of: room.number, now: .start))
            await #expect(throws: RoomProblem.tokenInvalid) { try await store.enter(entry, now: .second(6)) }
            _ = try await store.endSession(session.number, reason: .api, now: .second(7))
            let bare = RoomEntry(session: session.number, visitor: RoomCalls.Visitor("v"), role: .attendee)
            await #expect(throws: RoomProblem.notRunning) { try await store.enter(bare, now: .second(8)) }
            // Who was in is forgotten.
            #expect(try await store.roleBefore(session.number, RoomCalls.Visitor("v")) == nil)
        }
    }

    /// Keys that change while a process holds them.
    private final class HeldKeys: Sendable {
        private let ring: Mutex<KeyRing>

        init(_ ring: KeyRing) { self.ring = Mutex(ring) }

        func set(_ new: KeyRing) { ring.withLock { $0 = new } }
        func chain() -> KeyChain { KeyChain { _ in self.ring.withLock { $0 } } }
    }

    /// A public room in a store with these keys.
    private func open(_ keys: HeldKeys) async throws -> (stand: RoomStand, room: Room) {
        let store = try await Store.open(
            try SQLiteEngine(keys: keys.chain()), newKey: Secret("key of a test"), now: .start)
        let customer = try await store.addCustomer("Nordschule")
        let sold = try await store.addPackage("Meet", features: [.guestAccess: .bool(true)])
        let subscription = try await store.sell(sold.number, to: customer.number)
        let account = try await store.account("nord")
        _ = try await store.bind(account, to: subscription.number, force: false, now: .start)
        let stand = RoomStand(store: store, customer: customer, subscription: subscription, account: account)
        return (stand, try await stand.room("Open", 1) { $0.isPublic = true })
    }

    @Test func `tokens are sealed anew when the keys are changed, and found all the same`() async throws {
        let keys = HeldKeys(try KeyRing.sample(1))
        let (stand, room) = try await open(keys)
        let store = stand.store
        let token = try #require(try await store.automaticToken(of: room.number))
        let both = try KeyRing.sample(2, 1)
        let new = try KeyRing.sample(2)
        _ = try await store.reseal { keys.set(both) }
        let sealed = try await store.number(
            "SELECT COUNT(*) FROM room_tokens WHERE key_id = $1", [.text(new.current)])
        #expect(sealed == 1)
        #expect(try await store.keysInUse().map(\.id) == [new.current])
        let dropped = try await store.dropOldKeys { keys.set(new) }
        #expect(dropped != nil)
        #expect(try await store.token(token.text)?.token == token)
        // A token that is copied to another room does not open there.
        let other = try await stand.room("Other", 2)
        try await store.write { transaction in
            _ = try transaction.connection.execute(
                "UPDATE room_tokens SET room_id = $1", [.integer(other.number.number)])
        }
        #expect(try await store.token(token.text) == nil)
        #expect(try await store.tokens(of: other.number).isEmpty)
        // What does not open goes with its room.
        _ = try await store.removeRoom(other.number, now: .start)
        #expect(try await store.number("SELECT COUNT(*) FROM room_tokens") == 0)
    }

    @Test func `a key that seals one token is not dropped`() async throws {
        let keys = HeldKeys(try KeyRing.sample(1))
        let (stand, room) = try await open(keys)
        let token = try #require(try await stand.store.automaticToken(of: room.number))
        let old = try KeyRing.sample(1)
        let both = try KeyRing.sample(2, 1)
        _ = try await stand.store.reseal { keys.set(both) }
        let sealed = try old.seal(
            try .sample(token.text.reveal()), of: RoomTokenRows.place(token.number, of: room.number))
        try await stand.store.write { transaction in
            _ = try transaction.connection.execute(
                "UPDATE room_tokens SET token = $1, key_id = $2", [.text(sealed), .text(old.current)])
        }
        let new = try KeyRing.sample(2)
        let dropped = try await stand.store.dropOldKeys { keys.set(new) }
        #expect(dropped == nil)
        #expect(try await stand.store.token(token.text)?.token == token)
    }

    // MARK: codes

    @Test(arguments: Place.allCases) func `a code is unique in its room, in every spelling`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let first = try await store.addCode(
                RoomCodeDetails(role: .attendee, code: "café-2026", label: "Summer"), to: room.number, seed: .sample(1),
                now: .start)
            #expect(first.text.text == "café-2026" && first.role == .attendee && first.label == "Summer")
            for spelling in ["café-2026", "cafe\u{301}-2026", " café-2026 "] {
                await #expect(throws: RoomProblem.codeNotUnique) {
                    _ = try await store.addCode(
                        RoomCodeDetails(role: .guest, code: spelling), to: room.number, seed: .sample(2), now: .start)
                }
            }
            let made = try await store.addCode(
                RoomCodeDetails(role: .guest), to: room.number, seed: .sample(2), now: .start)
            #expect(made.text.text.count == RoomCodeText.generatedLength)
            // The platform's own is another one when that is taken.
            let next = try await store.addCode(
                RoomCodeDetails(role: .guest), to: room.number,
                seed: RoomCodeSeed(id: RoomCodeSeed.sample(3).id, texts: RoomCodeSeed.sample(2).texts), now: .start)
            #expect(next.text != made.text)
            #expect(try await store.codes(of: room.number).all == [next, made, first])
            await #expect(throws: RoomProblem.codeNotUnique) {
                _ = try await store.updateCode(made.id, of: room.number) { $1.code = "café-2026" }
            }
            let changed = try await store.updateCode(first.id, of: room.number) {
                $1.code = nil
                $1.expiresAt = .second(1)
            }
            #expect(changed?.text == first.text && changed?.expiresAt == .second(1))
            #expect(try await store.code(first.id, of: room.number) == changed)
            // Another room may have it.
            let other = try await stand.room("Other", 2)
            _ = try await store.addCode(
                RoomCodeDetails(role: .guest, code: "café-2026"), to: other.number, seed: .sample(4), now: .start)
            #expect(try await store.removeCode(made.id, of: other.number) == false)
            #expect(try await store.removeCode(made.id, of: room.number))
        }
    }

    @Test(arguments: Place.allCases) func `of many who add one code at once, one does`(place: Place) async throws {
        try await withRooms(place) { stand in
            let room = try await stand.room()
            let added = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await stand.store.addCode(
                                RoomCodeDetails(role: .guest, code: "spring-2026"), to: room.number,
                                seed: .sample(number), now: .start)
                            return true
                        } catch RoomProblem.codeNotUnique { return false }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(added == 1)
        }
    }
}
