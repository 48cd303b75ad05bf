internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore
internal import Synchronization

/// `/rooms/{room_id}/status/stream`: the status of a room as server-sent events (`rooms-api.md` 12).
enum RoomStatusStream {
    /// What is told is at most 5 s old while a session runs: it is looked as often.
    static let interval: Int64 = 4

    static func group(_ services: PlatformServices, listeners: StreamListeners = StreamListeners()) -> EndpointGroup {
        let endpoint = Endpoint(
            .get, "/rooms/{room_id}/status/stream", .readRooms,
            EndpointDescription(
                "Rooms", "Tell whether something goes on in a room, again and again, as server-sent events",
                answer: "RoomStatus", problems: [.rateLimited], isStream: true)
        ) { request in
            let room = try await request.room(.readRooms)
            let credential = try request.caller.credential
            // Told before the stream begins: an empty one would be opened again at once.
            guard listeners.hasRoom(credential) else {
                throw Problem.rateLimited(retryAfter: StreamListeners.again, headers: [])
            }
            var stream = events(of: room, services, in: request.language, caller: request.renewed)
            stream.enters = { listeners.enter(credential) }
            stream.leaves = { listeners.leave(credential) }
            return APIAnswer(events: stream)
        }
        return EndpointGroup(endpoints: [endpoint], schemas: [:])
    }

    /// One event `status` at once, then one whenever something is another; the last one is `gone`, when the room was deleted, or
    /// is not the caller's to see any more.
    ///
    /// - Parameter caller: asked before each look: a stream outlives what its credential may.
    static func events(
        of room: Room, _ services: PlatformServices, in language: PageLanguage? = nil,
        caller: @escaping @Sendable () async throws -> APICaller?
    ) -> EventStream {
        let number = room.number
        let joins = services.joins
        let platform = services.platform
        return EventStream(
            time: platform.time,
            version: {
                let turn = Int(platform.time.uptime().components.seconds / interval)
                return joins.version(of: number) &+ turn
            },
            look: {
                let current: Room
                do {
                    guard let known = try await caller() else { throw Problem.unauthenticated }
                    current = try await platform.room(.id(room.identity.id), .readRooms, for: known)
                } catch is Problem {
                    return EventStream.Event(name: "gone", data: ["room_id": .text(room.identity.id)], isLast: true)
                }
                let report = try await joins.status(of: current)
                return EventStream.Event(name: "status", data: report.json(in: language), isLast: false)
            })
    }
}

/// How many streams each credential has open.
final class StreamListeners: Sendable {
    /// A dashboard shows some rooms at a time; who wants to know of all takes web hooks.
    static let most = 100

    private let open = Mutex<[String: Int]>([:])

    /// By then one of them may be over.
    static let again = Duration.seconds(15)

    /// Whether ``enter(_:)`` would be granted now.
    func hasRoom(_ credential: String) -> Bool { open.withLock { $0[credential, default: 0] < Self.most } }

    /// Whether one more may be opened; then ``leave(_:)`` follows.
    func enter(_ credential: String) -> Bool {
        open.withLock { open in
            guard open[credential, default: 0] < Self.most else { return false }
            open[credential, default: 0] += 1
            return true
        }
    }

    func leave(_ credential: String) {
        open.withLock { open in
            let left = (open[credential] ?? 1) - 1
            open[credential] = left > 0 ? left : nil
        }
    }
}
