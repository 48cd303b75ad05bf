/// Reads a file out of a `multipart/form-data` body (RFC 7578): what a `Call` leaves out.
enum SimulatedUpload {
    /// - Returns: the octets of the part of that name, which has a file name; `nil` when there is none.
    static func file(named name: String, in body: [UInt8], contentType: String?) -> [UInt8]? {
        guard let boundary = boundary(in: contentType ?? "") else { return nil }
        let lineBreak: [UInt8] = [0x0D, 0x0A]
        let mark = lineBreak + "--\(boundary)".utf8
        // Each part begins with a line break and a mark; the first one has no line before it.
        let octets = lineBreak + body
        var rest = octets[...]
        while let found = firstIndex(of: mark, in: rest) {
            rest = rest[(found + mark.count)...]
            let end = firstIndex(of: mark, in: rest) ?? rest.endIndex
            if let content = content(of: rest[..<end], named: name) { return content }
        }
        return nil
    }

    private static func boundary(in contentType: String) -> String? {
        let parts = contentType.split(separator: ";").map { String($0.drop { $0 == " " }) }
        guard parts.first?.lowercased() == "multipart/form-data",
            let part = parts.first(where: { $0.lowercased().hasPrefix("boundary=") })
        else { return nil }
        let boundary = String(part.dropFirst("boundary=".count)).filter { $0 != "\"" }
        return boundary.isEmpty ? nil : boundary
    }

    /// - Parameter part: from the line break behind a mark to the line break before the next.
    private static func content(of part: ArraySlice<UInt8>, named name: String) -> [UInt8]? {
        let blankLine: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard let end = firstIndex(of: blankLine, in: part) else { return nil }
        let head = String(decoding: part[..<end], as: UTF8.self)
        let fields = head.split { $0 == ";" || $0.isNewline }.map { String($0.drop { $0 == " " }) }
        guard fields.contains("name=\"\(name)\"") || fields.contains("name=\(name)"),
            fields.contains(where: { $0.hasPrefix("filename") })
        else { return nil }
        return Array(part[(end + blankLine.count)...])
    }

    private static func firstIndex(of needle: [UInt8], in octets: ArraySlice<UInt8>) -> Int? {
        var at = octets.startIndex
        while at + needle.count <= octets.endIndex {
            if octets[at] == needle[0], octets[at..<(at + needle.count)].elementsEqual(needle) { return at }
            at += 1
        }
        return nil
    }
}
