internal import Foundation
internal import Logging

/// Writes log lines to standard error: text for people or one JSON object a line.
struct LineLogHandler: LogHandler {
    enum Format: Sendable { case text, json }

    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level
    private let format: Format

    init(level: Logger.Level, format: Format) {
        logLevel = level
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
        let fields = all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let line: String
        switch format {
        case .text:
            let tail = fields.map { " \($0)=\(Self.quoted($1))" }.joined()
            line = "\(time) \(event.level.rawValue.uppercased()) \(Self.oneLine("\(event.message)"))\(tail)\n"
        case .json:
            let pairs = [("time", time), ("level", event.level.rawValue), ("message", "\(event.message)")] + fields
            line = "{" + pairs.map { "\(Self.json($0)):\(Self.json($1))" }.joined(separator: ",") + "}\n"
        }
        // One write a line: lines of several threads do not mix. Losing a line because standard error is closed is right.
        try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }

    /// Nobody's input begins a line of its own.
    private static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    private static func quoted(_ text: String) -> String {
        text.contains { $0 == " " || $0 == "\"" || $0 == "=" || $0.isNewline } ? json(text) : oneLine(text)
    }

    private static func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension Logger {
    /// The logger of this process.
    static func plenary(_ settings: Settings) -> Logger {
        let format: LineLogHandler.Format =
            switch settings.logFormat {
            case "json": .json
            case "text": .text
            default: isatty(STDERR_FILENO) == 1 ? .text : .json
            }
        return Logger(label: "plenary") { _ in LineLogHandler(level: settings.logLevel, format: format) }
    }
}
