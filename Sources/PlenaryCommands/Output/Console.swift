internal import Foundation

/// Why a command failed, and what to do about it. Printed to standard error.
struct CommandFailure: Error, Equatable {
    let message: String
    let remedy: String
    /// 1: it failed; 78: the configuration is wrong.
    var exitCode: Int32 = 1
}

/// What commands print: results to standard output, one line of success with the next useful command.
enum Console {
    static func say(_ text: String) { write(text + "\n", to: .standardOutput) }

    /// Beside the result: never on standard output, so that scripts get the result alone.
    static func note(_ text: String) { write(text + "\n", to: .standardError) }

    static func fail(_ failure: CommandFailure) { note("plenary: \(failure.message)\n  \(failure.remedy)") }

    /// JSON with sorted keys; optional values that are absent are left out.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        say(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    private static func write(_ text: String, to handle: FileHandle) {
        // A reader that went away (`| head`) is no reason to fail.
        try? handle.write(contentsOf: Data(text.utf8))
    }
}

/// A table for people: columns as wide as their widest cell, two blanks between them.
struct Table {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header.map { $0.uppercased() }] }

    mutating func add(_ cells: [String]) { rows.append(cells.map { $0.isEmpty ? "-" : $0 }) }

    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count + 2)
            }.joined()
        }.joined(separator: "\n")
    }
}
