/// A header value with parameters, such as `multipart/form-data; boundary="x;y"`: what it says, and its parameters.
struct HeaderValue {
    /// In lower case.
    let value: String
    /// Names in lower case; quotes and backslashes of quoted values taken off.
    let parameters: [String: String]

    init(_ header: String) {
        let parts = Self.split(header)
        value = (parts.first ?? "").trimmingBlanks.lowercased()
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = String(part[..<equals]).trimmingBlanks.lowercased()
            parameters[name] = Self.unquote(String(part[part.index(after: equals)...]).trimmingBlanks)
        }
        self.parameters = parameters
    }

    /// At semicolons that do not stand in quotes.
    private static func split(_ header: String) -> [String] {
        var parts = [""]
        var isQuoted = false
        var isEscaped = false
        for scalar in header.unicodeScalars {
            if scalar == ";", !isQuoted {
                parts.append("")
                continue
            }
            if scalar == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = isQuoted && scalar == "\\" && !isEscaped
            parts[parts.count - 1].unicodeScalars.append(scalar)
        }
        return parts
    }

    private static func unquote(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var result = ""
        var isEscaped = false
        for scalar in text.dropFirst().dropLast().unicodeScalars {
            if scalar == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}

extension String {
    var trimmingBlanks: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

/// Reads the plain fields of a `multipart/form-data` body (RFC 7578); parts with a file name are left out.
enum MultipartForm {
    static func parameters(_ body: [UInt8], boundary: String) -> Parameters {
        guard !boundary.isEmpty else { return Parameters() }
        let delimiter = Array("--\(boundary)".utf8)
        var found: [Parameters.Parameter] = []
        var partStart: Int?
        var at = 0
        while let hit = find(delimiter, in: body, from: at) {
            at = hit + delimiter.count
            // A delimiter begins a line; anywhere else it is part of a value.
            guard hit == 0 || body[..<hit].suffix(2).elementsEqual([0x0D, 0x0A]) else { continue }
            if let partStart { read(Array(body[partStart..<hit]), into: &found) }
            // The last one is followed by two hyphens.
            if body[at...].starts(with: [0x2D, 0x2D]) { break }
            partStart = at
        }
        return Parameters(found)
    }

    private static func read(_ part: [UInt8], into found: inout [Parameters.Parameter]) {
        let blank: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard let headEnd = find(blank, in: part, from: 0) else { return }
        let head = String(decoding: part[..<headEnd], as: UTF8.self)
        for line in head.split(whereSeparator: \.isNewline) {
            guard line.lowercased().hasPrefix("content-disposition:") else { continue }
            let disposition = HeaderValue(String(line.drop { $0 != ":" }.dropFirst()))
            guard let name = disposition.parameters["name"], !name.isEmpty, disposition.parameters["filename"] == nil
            else { return }
            var value = part[(headEnd + blank.count)...]
            if value.suffix(2).elementsEqual([0x0D, 0x0A]) { value = value.dropLast(2) }
            found.append(.init(name: name, value: String(decoding: value, as: UTF8.self)))
        }
    }

    private static func find(_ needle: [UInt8], in octets: [UInt8], from: Int) -> Int? {
        guard let first = needle.first, octets.count >= needle.count else { return nil }
        var at = from
        while at <= octets.count - needle.count {
            if octets[at] == first, octets[at..<(at + needle.count)].elementsEqual(needle) { return at }
            at += 1
        }
        return nil
    }
}
