internal import Hummingbird
internal import NIOCore
internal import PlenaryCore
internal import PlenaryFleet
internal import ServiceLifecycle

/// Server-sent events: something is looked at again and again, and told when it is another than before.
struct EventStream: Sendable {
    static let mediaType = "text/event-stream"

    /// Name and data of an event.
    struct Event: Sendable, Hashable {
        let name: String
        let data: JSON
        /// Nothing comes after it.
        let isLast: Bool

        /// Whether it tells what was not told: that it was looked again is no news.
        func isNews(after told: Event?) -> Bool {
            guard let told else { return true }
            return name != told.name || isLast != told.isLast || Self.lasting(data) != Self.lasting(told.data)
        }

        private static func lasting(_ data: JSON) -> JSON {
            guard let members = data.members else { return data }
            return .object(members.filter { $0.name != "observed_at" })
        }
    }

    let time: FleetTime
    /// Whether it may have changed; asked once a second, and cheap.
    let version: @Sendable () -> Int
    /// What is to be told now.
    let look: @Sendable () async throws -> Event
    /// Whether one more may listen; who may not is told nothing, and comes again.
    var enters: @Sendable () -> Bool = { true }
    var leaves: @Sendable () -> Void = {}

    /// Without news for this long it is looked all the same, and a comment keeps the connection open (`rooms-api.md` 11.5).
    static let pulse = Duration.seconds(15)
    /// Then the listener comes again by itself: nobody is listened to for ever.
    static let longest = Duration.seconds(600)

    var body: ResponseBody {
        ResponseBody { writer in
            guard enters() else { return try await writer.finish(nil) }
            defer { leaves() }
            let began = time.uptime()
            var told: Event?
            var (seen, lookedAt) = (version(), began)
            while true {
                let event = try await look()
                if event.isNews(after: told) {
                    try await writer.write(ByteBuffer(string: "event: \(event.name)\ndata: \(event.data.encoded)\n\n"))
                    told = event
                } else {
                    try await writer.write(ByteBuffer(string: ": still there\n\n"))
                }
                if event.isLast { break }
                lookedAt = time.uptime()
                while version() == seen, time.uptime() - lookedAt < Self.pulse {
                    // A server that ends does not wait for its listeners.
                    if Task.isShuttingDownGracefully || time.uptime() - began >= Self.longest {
                        return try await writer.finish(nil)
                    }
                    try await time.sleep(.seconds(1))
                }
                seen = version()
            }
            try await writer.finish(nil)
        }
    }
}
