@testable import BigBlueButton

/// Makes a big input out of a small one and reads it in every way: what costs more than in proportion to its size shows as
/// a hang, or as memory.
///
/// The small input has three lines: what the big one begins with, what it repeats, and what it ends with. In what is
/// repeated, `#` is a number that counts up; `^` is a line break. A fourth line is repeated to make a multipart boundary.
enum Growth {
    static func check(_ octets: [UInt8], size: Int = 1 << 20) throws {
        let lines = octets.split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false).map { line in
            line.flatMap { $0 == UInt8(ascii: "^") ? [0x0D, 0x0A] : [$0] }
        }
        let (head, unit) = (lines[0], lines.count > 1 ? lines[1] : [])
        let (tail, boundary) = (lines.count > 2 ? lines[2] : [], lines.count > 3 ? lines[3] : [])
        let big = head + grown(unit, to: size) + tail

        // An element costs a hundred octets or two, an octet of text none.
        let limits = XMLLimits(elements: 100_000)
        if let root = try? XMLReader.read(big, limits: limits) {
            try require(root.flattened().count <= limits.elements, "more elements than allowed")
        }
        _ = try? Reply(big, skipping: MeetingsReply.details, limits: limits)

        let type = "multipart/form-data; boundary=\"\(grown(boundary, to: 60_000).text)x\""
        for contentType in [type, "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"] {
            let call = Call(.create, method: .post, contentType: contentType, body: big)
            try require(call.parameters.size <= 3 * big.count, "it says more than came: \(call.parameters.size)")
            try require(call.signer(among: [.other]) == nil, "signed by somebody")
            try require(
                call.parameters.forForwarding.all.count <= call.parameters.all.count, "more is sent on than came")
        }
        let form = Call(.create, method: .post, contentType: "application/x-www-form-urlencoded", body: big)
        if let url = APIURL("https://example.com") {
            let sent = Endpoint(url: url, secret: .vector).request(.create, form.parameters.forForwarding)
            // An octet that is not UTF-8 becomes three, each of which is escaped.
            try require(sent.url.utf8.count < 9 * big.count + 200, "more is sent than came")
        }
        // A query is never that long: servers and front-ends stop at some kilobytes.
        let query = Array(big.prefix(64 << 10)).text
        let call = Call(.create, rawQuery: query, contentType: type)
        try require(Parameters(parsing: call.parameters.encoded()).octets == call.parameters.octets, "read otherwise")
    }

    private static func grown(_ unit: [UInt8], to size: Int) -> [UInt8] {
        guard !unit.isEmpty else { return [] }
        let parts = unit.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
        var result: [UInt8] = []
        result.reserveCapacity(size + unit.count)
        var count = 0
        while result.count < size {
            result += parts.joined(separator: String(count, radix: 16).utf8)
            count += 1
        }
        return result
    }
}
