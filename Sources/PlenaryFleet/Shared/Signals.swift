internal import PlenaryCore
internal import Synchronization

/// Something happened: whoever waits looks again. Raising twice before anybody looked is raising once.
final class Signal: Sendable {
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func raise() { continuation.yield() }
}

/// One signal a server: poll it now instead of when its time comes.
final class Nudges: Sendable {
    private let signals = Mutex<[ServerID: Signal]>([:])

    func nudge(_ server: ServerID) { signals.withLock { $0[server] }?.raise() }

    func open(_ server: ServerID) -> Signal {
        let signal = Signal()
        signals.withLock { $0[server] = signal }
        return signal
    }

    func close(_ server: ServerID) { signals.withLock { $0[server] = nil } }
}

/// Lets one caller at a time through for each key; the others wait in line.
final class KeyedGate<Key: Hashable & Sendable>: Sendable {
    private let lines = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

    func pass<Value>(_ key: Key, _ work: () async throws -> Value) async rethrows -> Value {
        await enter(key)
        defer { leave(key) }
        return try await work()
    }

    private func enter(_ key: Key) async {
        await withCheckedContinuation { continuation in
            let isFree = lines.withLock { lines in
                if lines[key] != nil {
                    lines[key]?.append(continuation)
                    return false
                }
                lines[key] = []
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave(_ key: Key) {
        let next: CheckedContinuation<Void, Never>? = lines.withLock { lines in
            guard lines[key]?.isEmpty == false else {
                lines[key] = nil
                return nil
            }
            return lines[key]?.removeFirst()
        }
        next?.resume()
    }
}
