import Logging
import Synchronization

/// What is logged while a test runs something.
struct LogBook: LogHandler {
    private final class Lines: Sendable {
        let all = Mutex<[(level: Logger.Level, text: String)]>([])
    }

    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level = .trace
    private let lines = Lines()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        let line = (level: event.level, text: "\(event.message) \(fields)")
        lines.all.withLock { $0.append(line) }
    }

    /// Message and fields of each warning, the first one first.
    var warnings: [String] { lines.all.withLock { all in all.filter { $0.level == .warning }.map(\.text) } }

    /// Runs something and keeps what it logs.
    func keep<Value>(_ work: () async throws -> Value) async throws -> Value {
        let book = self
        return try await withLogger(Logger(label: "test") { _ in book }) { _ in try await work() }
    }
}
