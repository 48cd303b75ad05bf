/// A random source that gives the same numbers for the same seed: SplitMix64 (Steele, Lea and Flood, 2014).
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A word of `length` characters out of `alphabet`.
    mutating func word(_ length: Int, from alphabet: Alphabet) -> String {
        let characters = Array(alphabet.rawValue.utf8)
        return String(
            decoding: (0..<length).map { _ in characters[Int.random(in: 0..<characters.count, using: &self)] },
            as: UTF8.self)
    }

    /// What BigBlueButton makes its tokens and passwords from (`bbb-api.md` 4.1).
    enum Alphabet: String {
        case digits = "0123456789"
        case hexadecimal = "0123456789abcdef"
        case lowercase = "abcdefghijklmnopqrstuvwxyz0123456789"
        case uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        case mixed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    }
}
