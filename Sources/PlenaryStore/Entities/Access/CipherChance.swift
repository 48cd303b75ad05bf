package import BigBlueButton
internal import Crypto
package import PlenaryCore

/// Random numbers from where the keys of ciphers come: the operating system.
///
/// For what the store itself has to make when it opens a database of an older version: the identifiers of its accounts. Nothing
/// depends on which ones they are, and two must never be the same.
package struct CipherChance: RandomNumberGenerator {
    package init() {}

    package mutating func next() -> UInt64 {
        SymmetricKey(size: SymmetricKeySize(bitCount: 64)).withUnsafeBytes { octets in
            octets.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
    }

    package static func identity(at time: WireTime) -> ResourceIdentity {
        var chance = CipherChance()
        return ResourceIdentity(at: time, using: &chance)
    }
}
