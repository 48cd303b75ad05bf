internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

struct RoomEnd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end", abstract: "End the session that runs in a room.",
        discussion: "Sessions are started by joining, or by POST /api/v1/rooms/ROOM/start.")
    @Argument(help: "The room's id, uuid or ulid.") var room: String
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        /// The session's id.
        let ended: String
        let room: String
        /// Its provider could not be told yet: `serve` does that as soon as it answers.
        let pending: Bool

        private enum CodingKeys: String, CodingKey {
            case ended
            case room = "room_id"
            case pending
        }
    }

    func run() async throws {
        let answer = try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            let ended = try await place.withServices { services in
                try await services.joins.end(found, reason: .api)
            }
            guard let ended else { throw RoomProblem.notRunning }
            return Answer(ended: ended.identity.id, room: found.identity.id, pending: ended.owesEnd)
        }
        if output.json { return try Console.json(answer) }
        Console.say(
            answer.pending
                ? "The session is over here; its provider does not answer, and `serve` tells it when it does."
                : "The session ends. See the room: plenary room show \(answer.room)")
    }
}

struct RoomDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a room with its links, codes and history. It cannot be undone.",
        discussion: "Its address says from then on that the room was removed.")
    @Argument(help: "Its id, uuid or ulid.") var room: String
    @Flag(help: "Also when a session runs, which ends then.") var force = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let id = try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            if force, try await place.store.liveSession(of: found.number) != nil {
                try await place.withServices { services in
                    _ = try await services.joins.end(found, reason: .roomDeleted)
                    let removed = try await place.store.removeRoom(found.number, force: true, now: place.time.now())
                    guard let removed else { throw RoomProblem.roomNotFound }
                    // One that was being started, or was started once more just now.
                    if let session = removed.session {
                        _ = try await services.joins.tellEnd(of: session, removed.room)
                    }
                }
            } else {
                let removed = try await place.store.removeRoom(found.number, now: place.time.now())
                guard removed != nil else { throw RoomProblem.roomNotFound }
            }
            return found.identity.id
        }
        if output.json { return try Console.json(DeletedView(deleted: id)) }
        Console.say("Deleted room \(id). See what is left: plenary room list")
    }
}
