import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct RoomAuditStoreTests {
    @Test(arguments: Place.allCases) func `what is changed is written down with who did it`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let actor = AuditActor(.key, id: "k2WnPz8RtS", requestID: "req_1", now: .second(5))
            let token = try await AuditActor.$current.withValue(actor) {
                try await store.addToken(
                    RoomTokenDetails(role: .guest), to: room.number, seed: .sample(1), now: .second(5))
            }
            _ = try await store.updateToken(token.id, of: room.number) { $1.role = .attendee }
            // Nothing is another than before, or nothing is done at all.
            _ = try await store.updateToken(token.id, of: room.number) { $1.role = .attendee }
            _ = try await store.removeToken("none", of: room.number, now: .start)
            let entries = try await store.audit(of: room.number)
            #expect(entries.map(\.action) == [.tokenUpdated, .tokenCreated, .roomCreated])
            #expect(entries.map(\.sequence) == [3, 2, 1])
            #expect(entries.first?.members == ["role"] && entries.first?.actor == AuditActor(.system))
            #expect(entries[1].actor == actor && entries[1].subject == token.id)
            let other = try await stand.room("Other", 2)
            #expect(try await store.audit(of: other.number).map(\.sequence) == [1])
            // It goes with the room.
            _ = try await store.removeRoom(room.number, now: .second(9))
            #expect(try await store.audit(of: room.number).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `a user who is deleted was taken out of rooms, and that is written down`(
        place: Place
    ) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let user = try await stand.user("ida", 1)
            let id = user.id
            _ = try await store.changePeople(of: room.number, now: .second(2)) {
                try $0.added(id, permissions: [.view], by: .administrator)
            }
            #expect(try await store.removeUser(user.number))
            let entries = try await store.audit(of: room.number)
            #expect(entries.map(\.action) == [.userRemoved, .userAdded, .roomCreated])
            #expect(entries.first?.subject == id.text)
        }
    }

    @Test(arguments: Place.allCases) func `files of a room are bounded and go with it`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let large = RoomSlides(name: "a.pdf", octets: [UInt8](repeating: 7, count: Store.largestPresentations))
            let small = RoomSlides(name: "b.pdf", octets: [1, 2, 3])
            _ = try await store.addPresentation(large, id: "p3FgHt7LmQ", to: room.number, now: .second(1))
            await #expect(throws: RoomPresentationRefusal.tooLarge(most: Store.largestPresentations)) {
                _ = try await store.addPresentation(small, id: "p3FgHt7LmR", to: room.number, now: .second(2))
            }
            await #expect(throws: RoomProblem.notFound) {
                _ = try await store.removePresentation("p3FgHt7LmQ", of: room.number, now: .second(3)) { held in
                    #expect(held.name == "a.pdf")
                    throw RoomProblem.notFound
                }
            }
            #expect(try await store.removePresentation("p3FgHt7LmQ", of: room.number, now: .second(3)))
            let added = try await store.addPresentation(small, id: "p3FgHt7LmR", to: room.number, now: .second(4))
            #expect(added.size == 3 && added.createdAt == .second(4))
            #expect(try await store.presentations(of: room.number) == [added])
            #expect(try await store.slides(of: room.number) == [small])
            // All rooms of an account share what there is.
            let other = try await stand.room("Other", 2)
            await #expect(throws: RoomPresentationRefusal.accountFull(most: 5)) {
                _ = try await store.addPresentation(
                    small, id: "p3FgHt7LmS", to: other.number, mostOfAccount: 5, now: .second(5))
            }
            let last = try await store.addPresentation(
                small, id: "p3FgHt7LmS", to: other.number, mostOfAccount: 6, now: .second(5))
            #expect(last.size == 3)
            _ = try await store.removeRoom(room.number, now: .second(9))
            #expect(try await store.slides(of: room.number).isEmpty)
        }
    }
}
