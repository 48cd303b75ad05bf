/// A header value with parameters, such as `multipart/form-data; boundary="x;y"`: what it says, and its parameters.
///
/// It is read octet by octet: a combining character behind a quote or `=` would make another Character of it.
struct HeaderValue {
    /// In lower case.
    let value: String
    /// Names in lower case; quotes and backslashes of quoted values taken off.
    let parameters: [String: String]

    init(_ header: String) { self.init(Array(header.utf8)[...]) }

    init(_ header: ArraySlice<UInt8>) {
        let parts = Self.split(header)
        value = parts.first.map { String(decoding: Self.trim($0), as: UTF8.self).lowercased() } ?? ""
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: Self.trim(part[..<equals]), as: UTF8.self).lowercased()
            parameters[name] = Self.unquote(Self.trim(part[(equals + 1)...]))
        }
        self.parameters = parameters
    }

    /// At semicolons that do not stand in quotes.
    private static func split(_ header: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = header.startIndex
        var isQuoted = false
        var isEscaped = false
        for (at, octet) in zip(header.indices, header) {
            if octet == UInt8(ascii: ";"), !isQuoted {
                parts.append(header[start..<at])
                start = at + 1
                continue
            }
            if octet == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
            isEscaped = isQuoted && octet == UInt8(ascii: "\\") && !isEscaped
        }
        return parts + [header[start...]]
    }

    private static func trim(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let rest = octets.drop(while: isBlank)
        return rest[..<((rest.lastIndex { !isBlank($0) } ?? rest.startIndex - 1) + 1)]
    }

    private static func unquote(_ octets: ArraySlice<UInt8>) -> String {
        let quote = UInt8(ascii: "\"")
        guard octets.count >= 2, octets.first == quote, octets.last == quote else {
            return String(decoding: octets, as: UTF8.self)
        }
        var result: [UInt8] = []
        var isEscaped = false
        for octet in octets.dropFirst().dropLast() {
            if octet == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            result.append(octet)
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension String {
    var trimmingBlanks: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

/// Reads the plain fields of a `multipart/form-data` body (RFC 7578); parts with a file name are left out.
enum MultipartForm {
    /// - Returns: `nil` when it has more parts than `limit`; files count too.
    static func parameters(_ body: [UInt8], boundary: String, atMost limit: Int) -> Parameters? {
        guard !boundary.isEmpty else { return Parameters() }
        let delimiter = Array("--\(boundary)".utf8)
        var found: [Parameters.Parameter] = []
        var parts = 0
        var partStart: Int?
        // A delimiter begins a line; anywhere else it is part of a value. To look for it anywhere else would also let a
        // long boundary that is almost there everywhere cost the product of both lengths.
        var line = 0
        while line < body.count {
            var at = line
            if body[line...].starts(with: delimiter) {
                at += delimiter.count
                if let partStart {
                    parts += 1
                    if parts > limit { return nil }
                    read(body[partStart..<line], into: &found)
                }
                // The last one is followed by two hyphens.
                if body[at...].starts(with: [0x2D, 0x2D]) { break }
                partStart = at
            }
            guard let end = lineEnd(in: body[at...]) else { break }
            line = end + 2
        }
        return Parameters(found)
    }

    private static func read(_ part: ArraySlice<UInt8>, into found: inout [Parameters.Parameter]) {
        guard let headEnd = headEnd(of: part) else { return }
        let disposition = "content-disposition:"
        // Of more than one the first counts, and is read alone: many would make as many copies of the value.
        let line = part[..<headEnd].split { $0 == 0x0D || $0 == 0x0A }.first {
            String(decoding: $0.prefix(disposition.utf8.count), as: UTF8.self).lowercased() == disposition
        }
        guard let line else { return }
        let header = HeaderValue(line.dropFirst(disposition.utf8.count))
        guard let name = header.parameters["name"], !name.isEmpty, header.parameters["filename"] == nil else { return }
        var value = part[(headEnd + 4)...]
        if value.suffix(2).elementsEqual([0x0D, 0x0A]) { value = value.dropLast(2) }
        found.append(.init(name: name, value: String(decoding: value, as: UTF8.self)))
    }

    /// Where the first empty line begins: with the end of the line before.
    private static func headEnd(of part: ArraySlice<UInt8>) -> Int? {
        var at = part.startIndex
        while let end = lineEnd(in: part[at...]) {
            if part[(end + 2)...].starts(with: [0x0D, 0x0A]) { return end }
            at = end + 2
        }
        return nil
    }

    /// Where the next carriage return and line feed are.
    private static func lineEnd(in octets: ArraySlice<UInt8>) -> Int? {
        var at = octets.startIndex
        while at + 1 < octets.endIndex {
            if octets[at] == 0x0D, octets[at + 1] == 0x0A { return at }
            at += 1
        }
        return nil
    }
}
