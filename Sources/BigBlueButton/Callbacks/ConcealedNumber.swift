/// A number of ours in what others see. Numbers count: who sees two of them knows how much happened in between, also to others.
///
/// A Feistel network of four rounds over HMAC-SHA256: one text for each number, and nothing to be told from several.
public enum ConcealedNumber {
    /// - Parameter purpose: the same number looks different for each.
    /// - Returns: sixteen lower-case hexadecimal digits.
    public static func conceal(_ number: Int64, for purpose: String, key: Secret) -> String {
        let bits = UInt64(bitPattern: number)
        var (left, right) = (UInt32(truncatingIfNeeded: bits >> 32), UInt32(truncatingIfNeeded: bits))
        for round in 0..<4 { (left, right) = (right, left ^ pad(right, round, purpose, key)) }
        let text = String(UInt64(left) << 32 | UInt64(right), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// - Returns: `nil` for a text that is none of these.
    public static func reveal(_ text: String, for purpose: String, key: Secret) -> Int64? {
        guard text.utf8.count == 16, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let bits = UInt64(text, radix: 16)
        else { return nil }
        var (left, right) = (UInt32(truncatingIfNeeded: bits >> 32), UInt32(truncatingIfNeeded: bits))
        for round in (0..<4).reversed() { (left, right) = (right ^ pad(left, round, purpose, key), left) }
        return Int64(bitPattern: UInt64(left) << 32 | UInt64(right))
    }

    private static func pad(_ half: UInt32, _ round: Int, _ purpose: String, _ key: Secret) -> UInt32 {
        UInt32(KeyedHash.hex(of: "number \(purpose) \(round) \(half)", key: key).prefix(8), radix: 16) ?? 0
    }
}
