import BigBlueButton
import Logging
import PlenaryCore
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

/// What is logged while somebody joins.
private struct Book: LogHandler {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level = .trace
    private let lines = Lines()

    init() {}

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        let line = "\(event.level) \(event.message) \(fields)"
        lines.all.withLock { $0.append(line) }
    }

    var all: [String] { lines.all.withLock { $0 } }
}

@Suite struct JoinLogTests {
    @Test func `no line has a token, a code, a name, a password, a pass or an address`() async throws {
        let book = Book()
        let secrets = try await withLogger(Logger(label: "test") { _ in book }) { _ in
            try await Self.visit()
        }
        #expect(!book.all.isEmpty)
        #expect(secrets.count > 8)
        for line in book.all {
            for secret in secrets { #expect(!line.contains(secret), "\(line)") }
            #expect(!line.contains("checksum") && !line.contains("://"), "\(line)")
        }
    }

    /// Everything that goes well and badly.
    ///
    /// - Returns: what nobody may read in the log.
    private static func visit() async throws -> [String] {
        let stand = try await JoinStand([.bigbluebutton, .scalelite])
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        _ = try await stand.code("482913075", .moderator, of: room)
        var attempt = stand.attempt(room, link, name: "Annabel Lee")
        attempt.code = "99999"
        _ = try await stand.desk.attempt(attempt)
        attempt.code = "482913075"
        // Made, not answered, and not to be ended either.
        let bbb = try stand.server(.bigbluebutton)
        bbb.set(.hang, call: .create, when: .after, remaining: 1)
        bbb.set(.hang, call: .end, remaining: 1)
        let first = try await stand.desk.attempt(attempt)
        #expect(first.word == "ready moderator")
        let attendee = stand.attempt(room, try await stand.token(.attendee, of: room), name: "Annabel Lee")
        _ = try await stand.desk.attempt(attendee)
        try await stand.takeDown(.scalelite)
        bbb.set(.status(502))
        _ = try await stand.desk.attempt(attempt)
        bbb.heal()
        _ = try await stand.desk.attempt(attempt)
        _ = try await stand.desk.end(room, reason: .moderator)
        let made = bbb.meetings.map(\.moderatorPW) + (try stand.server(.scalelite).meetings.map(\.moderatorPW))
        return [
            link.text.reveal(), attendee.token ?? "none", "482913075", "99999", "Annabel", "server-secret",
            first.pass ?? "none", first.visitor, first.place?.url ?? "none",
        ] + made
    }
}
