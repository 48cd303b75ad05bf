package import BigBlueButton
internal import Synchronization

/// The keys as this process knows them, and where it reads them anew: another process may have given them a newer one.
package final class KeyChain: Sendable {
    private let source: @Sendable (_ mayMake: Bool) throws -> KeyRing
    private let held = Mutex<KeyRing?>(nil)

    /// - Parameter source: reads the keys; it may make the first one when it is told so, inside a transaction that excludes
    ///   other writers.
    package init(source: @escaping @Sendable (_ mayMake: Bool) throws -> KeyRing) { self.source = source }

    /// Keys that never change.
    package convenience init(_ ring: KeyRing) { self.init { _ in ring } }

    /// Reads the keys anew. Whoever seals does that, inside his transaction: with a key that was dropped meanwhile the secret
    /// would be lost.
    ///
    /// - Parameter mayMake: nothing is sealed yet, so that a new key locks nothing out.
    package func latest(mayMake: Bool = false) throws -> KeyRing {
        let ring = try source(mayMake)
        held.withLock { $0 = ring }
        return ring
    }

    /// Opens what is sealed. A key that is not known yet is looked for once: secrets are read seldom, and the file is small.
    package func open(_ text: String, of row: String) throws -> Secret {
        if let known = held.withLock({ $0 }) {
            do throws(StoreFault) { return try known.open(text, of: row) } catch {
                guard case .keyMissing = error else { throw error }
            }
        }
        return try latest().open(text, of: row)
    }
}
