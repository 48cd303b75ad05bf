internal import Foundation
internal import NIOPosix
internal import Synchronization

/// Resolves names with the system's resolver, within a time that the system's resolver does not keep.
enum Resolver {
    /// Threads of its own: name servers that do not answer hold them for long, and nobody else shall wait for that.
    private static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        return pool
    }()

    /// All addresses of a host in the resolver's order, each once, without zones; an address is its own.
    ///
    /// - Parameter within: how long a caller waits, a free thread of the pool included. The thread may take longer: it
    ///   stays busy until the system gives up, and what it finds then is not used.
    /// - Returns: `nil` when the name has no address, cannot be resolved, or not in time; never an incomplete list.
    static func addresses(of host: String, within: Duration) async -> [String]? {
        let lookup = Lookup()
        pool.submit { state in
            // Nobody may wait any more when its turn comes.
            guard case .active = state, !lookup.isOver else { return lookup.end(nil) }
            lookup.end(resolve(host))
        }
        return await withTaskGroup(of: [String]?.self) { group in
            // A thread that resolves cannot be stopped, and a group waits for all its tasks: this one ends when it is
            // cancelled, which `NIOThreadPool.runIfActive` would not.
            group.addTask { await lookup.answer() }
            group.addTask {
                // Cancelled: the answer is there, or nobody wants it. Either way nothing is left to be told.
                try? await Task.sleep(for: within)
                return nil
            }
            let first: [String]? = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private static func resolve(_ host: String) -> [String]? {
        // C would see a shorter name.
        guard !host.utf8.contains(0) else { return nil }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        // Else every address comes once for each kind of socket.
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(first) }
        var found: [String] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next?.pointee {
            guard let address = text(entry) else { return nil }
            if !found.contains(address) { found.append(address) }
            next = entry.ai_next
        }
        return found
    }

    private static func text(_ entry: addrinfo) -> String? {
        // Longer than any address with the zone of its interface.
        var buffer = [CChar](repeating: 0, count: 128)
        let size = socklen_t(buffer.count)
        guard getnameinfo(entry.ai_addr, entry.ai_addrlen, &buffer, size, nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        let octets = buffer.map { UInt8(truncatingIfNeeded: $0) }
        return String(decoding: octets.prefix { $0 != 0 && $0 != UInt8(ascii: "%") }, as: UTF8.self)
    }
}

/// One name that is looked up, and one task that waits for it. It ends once: by the thread that resolves, or by the
/// task being cancelled.
private final class Lookup: Sendable {
    private enum State: Sendable {
        /// Can transition to: `awaited`, `over`.
        case begun
        /// Can transition to: `over`, which resumes the continuation.
        case awaited(CheckedContinuation<[String]?, Never>)
        /// Stays.
        case over([String]?)
    }

    private let state = Mutex(State.begun)

    var isOver: Bool {
        state.withLock { state in
            if case .over = state { true } else { false }
        }
    }

    /// Only the first end counts.
    func end(_ answer: [String]?) {
        let before: State = state.withLock { state in
            let old = state
            if case .over = old { return old }
            state = .over(answer)
            return old
        }
        if case .awaited(let continuation) = before { continuation.resume(returning: answer) }
    }

    /// Called once. `nil` at once when the task is cancelled.
    func answer() async -> [String]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let before: State = state.withLock { state in
                    let old = state
                    if case .begun = old { state = .awaited(continuation) }
                    return old
                }
                if case .over(let answer) = before { continuation.resume(returning: answer) }
            }
        } onCancel: {
            end(nil)
        }
    }
}
