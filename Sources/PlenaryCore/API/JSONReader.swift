/// Reads bodies of requests (`rooms-api.md` 2.7, 17): strict RFC 8259, within limits, no name twice, numbers exact.
///
/// A name that is there twice is refused because readers disagree about which one counts: what one part of a system
/// checked would not be what another one does.
package struct JSONReader {
    package struct Limits: Sendable, Hashable {
        /// Of the whole text.
        package var octets = 1_048_576
        /// A list in an object is 2 deep.
        package var depth = 32
        /// Values of any kind, so that a small text does not become a large value: `[[],[],...`.
        package var values = 100_000

        package init() {}
    }

    package enum Fault: Error, Sendable, Hashable {
        /// 413 `body_too_large`
        case tooLarge(limit: Int)
        /// 400 `malformed_json`: what stands at this octet, counted from 0, is no JSON.
        case malformed(at: Int)
        /// 400 `malformed_json`
        case tooDeep(JSONPointer)
        /// 400 `malformed_json`: its name is there twice.
        case twice(JSONPointer)
        /// 400 `malformed_json`
        case tooManyValues(limit: Int)
    }

    private let octets: [UInt8]
    private let limits: Limits
    private var place = 0
    private var path: [String] = []
    private var values = 0

    private init(_ octets: [UInt8], _ limits: Limits) {
        self.octets = octets
        self.limits = limits
    }

    package static func read(_ octets: [UInt8], limits: Limits = Limits()) throws(Fault) -> JSON {
        guard octets.count <= limits.octets else { throw .tooLarge(limit: limits.octets) }
        var reader = JSONReader(octets, limits)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.place == octets.count else { throw .malformed(at: reader.place) }
        return value
    }

    private mutating func value(depth: Int) throws(Fault) -> JSON {
        skipBlanks()
        values += 1
        guard values <= limits.values else { throw .tooManyValues(limit: limits.values) }
        guard let first = next else { throw .malformed(at: place) }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try list(depth: depth + 1)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(Fault) -> JSON {
        try enter(depth)
        var members: [JSON.Member] = []
        var names: Set<[UInt8]> = []
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw .malformed(at: place) }
            let name = try string()
            path.append(name)
            guard names.insert(Array(name.utf8)).inserted else { throw .twice(JSONPointer(path)) }
            try expect(UInt8(ascii: ":"))
            members.append(JSON.Member(name, try value(depth: depth)))
            path.removeLast()
            if take(UInt8(ascii: "}")) { return .object(members) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func list(depth: Int) throws(Fault) -> JSON {
        try enter(depth)
        var elements: [JSON] = []
        if take(UInt8(ascii: "]")) { return .list([]) }
        while true {
            path.append(String(elements.count))
            elements.append(try value(depth: depth))
            path.removeLast()
            if take(UInt8(ascii: "]")) { return .list(elements) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func enter(_ depth: Int) throws(Fault) {
        guard depth <= limits.depth else { throw .tooDeep(JSONPointer(path)) }
        place += 1
    }

    private mutating func string() throws(Fault) -> String {
        let start = place
        place += 1
        var text: [UInt8] = []
        while let octet = next {
            switch octet {
            case UInt8(ascii: "\""):
                place += 1
                // What is escaped is a whole character by itself, so only what stood there can be no UTF-8.
                guard let string = String(validating: text, as: UTF8.self) else { throw .malformed(at: start) }
                return string
            case 0..<0x20: throw .malformed(at: place)
            case UInt8(ascii: "\\"): text += try escaped()
            default:
                text.append(octet)
                place += 1
            }
        }
        throw .malformed(at: place)
    }

    /// What stands behind a backslash, in UTF-8.
    private mutating func escaped() throws(Fault) -> [UInt8] {
        let start = place
        place += 1
        guard let octet = next else { throw .malformed(at: start) }
        place += 1
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [octet]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try hexNumber(from: start)
            if (0xD800..<0xDC00).contains(code) {
                // The first half of a pair needs the second one.
                guard next == UInt8(ascii: "\\") else { throw .malformed(at: start) }
                place += 1
                guard next == UInt8(ascii: "u") else { throw .malformed(at: start) }
                place += 1
                let second = try hexNumber(from: start)
                guard (0xDC00..<0xE000).contains(second) else { throw .malformed(at: start) }
                code = 0x1_0000 + (code - 0xD800) << 10 + (second - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw .malformed(at: start) }
            return Array(String(Character(scalar)).utf8)
        default: throw .malformed(at: start)
        }
    }

    private mutating func hexNumber(from start: Int) throws(Fault) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let octet = next, let digit = Character(Unicode.Scalar(octet)).hexDigitValue, octet < 0x80
            else { throw .malformed(at: start) }
            number = number << 4 | UInt32(digit)
            place += 1
        }
        return number
    }

    private mutating func number() throws(Fault) -> JSON {
        let start = place
        while let octet = next, Self.isOfNumber(octet) { place += 1 }
        guard let number = JSONNumber(String(decoding: octets[start..<place], as: UTF8.self)) else {
            throw .malformed(at: start)
        }
        return .number(number)
    }

    private mutating func word(_ word: String, _ value: JSON) throws(Fault) -> JSON {
        guard octets[place...].starts(with: word.utf8) else { throw .malformed(at: place) }
        place += word.utf8.count
        return value
    }

    private mutating func take(_ octet: UInt8) -> Bool {
        skipBlanks()
        guard next == octet else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ octet: UInt8) throws(Fault) {
        guard take(octet) else { throw .malformed(at: place) }
    }

    private mutating func skipBlanks() {
        while let octet = next, octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0D { place += 1 }
    }

    private var next: UInt8? { place < octets.count ? octets[place] : nil }

    private static func isOfNumber(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
