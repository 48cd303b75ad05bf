/// A number as JSON writes it, digit by digit: nothing is lost between reading and writing, whatever its size.
///
/// Two are equal when they are the same number: `1`, `1.0` and `10e-1`.
package struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// As it was written.
    package let text: String

    private let value: Value

    /// `digits` without zeros at either end, times ten to the power of `exponent`.
    private struct Value: Sendable, Hashable {
        var isNegative = false
        var digits: [UInt8] = []
        var exponent = 0
    }

    package init(_ number: Int64) {
        text = String(number)
        value = Self.value(isNegative: number < 0, digits: Array(String(number.magnitude).utf8), exponent: 0)
    }

    /// - Returns: `nil` unless it is a number of RFC 8259, with an exponent of at most six digits: what is beyond is no
    ///   number that anybody counts with, and could not be compared.
    package init?(_ text: String) {
        var rest = Substring(text).utf8
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let whole = Self.digits(&rest)
        guard !whole.isEmpty, whole.count == 1 || whole[0] != UInt8(ascii: "0") else { return nil }
        var fraction: [UInt8] = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = Self.digits(&rest)
            guard !fraction.isEmpty else { return nil }
        }
        var exponent = 0
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            let isMinus = rest.first == UInt8(ascii: "-")
            if isMinus || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            let digits = Self.digits(&rest)
            guard !digits.isEmpty, digits.count <= 6 else { return nil }
            exponent = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            if isMinus { exponent = -exponent }
        }
        guard rest.isEmpty else { return nil }
        self.text = text
        value = Self.value(
            isNegative: isNegative, digits: whole + fraction, exponent: exponent - fraction.count)
    }

    /// - Returns: `nil` unless it is a whole number of 64 bits; `1.0` and `1e3` are.
    package var integer: Int64? {
        guard value.exponent >= 0, value.digits.count + value.exponent <= 19 else { return nil }
        let digits = value.digits + [UInt8](repeating: UInt8(ascii: "0"), count: value.exponent)
        let text = String(decoding: digits.isEmpty ? [UInt8(ascii: "0")] : digits, as: UTF8.self)
        return Int64(value.isNegative ? "-\(text)" : text)
    }

    /// The nearest one; `nil` when it is too large for any.
    package var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }

    package var description: String { text }

    package static func == (left: JSONNumber, right: JSONNumber) -> Bool { left.value == right.value }
    package func hash(into hasher: inout Hasher) { hasher.combine(value) }

    private static func value(isNegative: Bool, digits: [UInt8], exponent: Int) -> Value {
        let zero = UInt8(ascii: "0")
        var digits = Array(digits.drop { $0 == zero })
        var exponent = exponent
        while digits.last == zero {
            digits.removeLast()
            exponent += 1
        }
        // Nothing is neither negative nor a power of anything.
        guard !digits.isEmpty else { return Value() }
        return Value(isNegative: isNegative, digits: digits, exponent: exponent)
    }

    private static func digits(_ rest: inout Substring.UTF8View) -> [UInt8] {
        let digits = Array(rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        rest = rest.dropFirst(digits.count)
        return digits
    }
}
