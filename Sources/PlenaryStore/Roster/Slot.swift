internal import Synchronization

/// Carries a value out of a closure that runs elsewhere.
final class Slot<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)

    func fill(_ value: Value) { content.withLock { $0 = value } }

    func value() throws(StoreFault) -> Value {
        guard let value = content.withLock({ $0 }) else { throw .unavailable("a write gave no result") }
        return value
    }
}
