import PlenaryFleet
import Synchronization
import Testing

@testable import PlenaryCommands

/// Callbacks over real connections, to names that lead to this machine.
@Suite struct HTTPOutboundTests {
    /// Works with callbacks that take `addresses` for those of every name.
    private func withOutbound(
        _ addresses: String..., allowPrivate: Bool = true, _ work: (HTTPOutbound, Lookups) async throws -> Void
    ) async throws {
        let lookups = Lookups()
        // A busy machine may take its time.
        let ages = OutboundClients.Ages(
            names: .seconds(600), clients: .seconds(600), connections: .seconds(600), connecting: .seconds(100))
        let outbound = HTTPOutbound(allowPrivate: allowPrivate, allowHTTP: true, ages: ages) { _, _ in
            lookups.count.withLock { $0 += 1 }
            return addresses
        }
        try await work(outbound, lookups)
        await outbound.close()
    }

    /// How often a name was looked up.
    private final class Lookups: Sendable {
        let count = Mutex(0)
    }

    private func send(_ outbound: HTTPOutbound, to receiver: LoopbackReceiver, within: Duration = .seconds(300)) async
        -> OutboundResult
    {
        await outbound.send(
            OutboundRequest(url: "http://lms.example:\(receiver.port)/x"), deadline: within)
    }

    private static let done = "HTTP/1.1 204 No Content\r\n\r\n"

    @Test func `a host whose first address nobody listens at is told at the next one`() async throws {
        let receiver = try LoopbackReceiver(Self.done)
        defer { receiver.close() }
        try await withOutbound("::1", "127.0.0.2", "127.0.0.1") { outbound, _ in
            #expect(await send(outbound, to: receiver) == .answered(status: 204))
        }
        #expect(receiver.requests == 1)
    }

    @Test func `a host that listens nowhere is told so in the words of its last address`() async throws {
        let receiver = try LoopbackReceiver(Self.done)
        defer { receiver.close() }
        try await withOutbound("127.0.0.2", "127.0.0.3") { outbound, _ in
            #expect(await send(outbound, to: receiver) == .failed("connection refused"))
        }
    }

    @Test func `what was sent and not answered is sent to no other address`() async throws {
        let first = try LoopbackReceiver("")
        let second = try LoopbackReceiver(Self.done, host: 2, port: first.port)
        defer {
            first.close()
            second.close()
        }
        try await withOutbound("127.0.0.1", "127.0.0.2") { outbound, _ in
            #expect(await send(outbound, to: first) == .failed("connection lost"))
        }
        #expect(first.requests == 1 && second.connections == 0)
    }

    @Test(arguments: [nil, [], ["127.0.0.1", "?"]] as [[String]?])
    func `a name that leads nowhere for now is no address that is never called`(found: [String]?) async throws {
        let outbound = HTTPOutbound(allowPrivate: false, allowHTTP: true) { _, _ in found }
        let result = await outbound.send(OutboundRequest(url: "http://lms.example/x"), deadline: .seconds(300))
        // What failed is tried again; what is refused is not.
        #expect(result == .failed("host name has no address"))
        await outbound.close()
    }

    @Test func `one address that must not be called spoils the others`() async throws {
        let receiver = try LoopbackReceiver(Self.done)
        defer { receiver.close() }
        try await withOutbound("127.0.0.1", "169.254.169.254") { outbound, _ in
            guard case .refused = await send(outbound, to: receiver) else {
                Issue.record("it is called")
                return
            }
        }
        try await withOutbound("127.0.0.1", allowPrivate: false) { outbound, _ in
            guard case .refused = await send(outbound, to: receiver) else {
                Issue.record("it is called")
                return
            }
        }
        #expect(receiver.connections == 0)
    }

    /// Its rest is waited for, but not until the deadline, which the test would not live to see.
    @Test(.timeLimit(.minutes(30))) func `a receiver that says 200 and never ends its answer has it`() async throws {
        let receiver = try LoopbackReceiver("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart")
        defer { receiver.close() }
        try await withOutbound("127.0.0.1") { outbound, _ in
            #expect(await send(outbound, to: receiver) == .answered(status: 200))
        }
        #expect(receiver.requests == 1)
    }

    @Test(arguments: [
        "HTTP/1.1 500 No\r\nContent-Length: 100000000\r\n\r\nx", "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nx\r\n",
    ]) func `what is wrong with the rest of an answer does not matter`(answer: String) async throws {
        let receiver = try LoopbackReceiver(answer)
        defer { receiver.close() }
        try await withOutbound("127.0.0.1") { outbound, _ in
            #expect(await send(outbound, to: receiver) == .answered(status: 500))
        }
    }

    @Test func `the next callback to a host needs no look-up and no connection`() async throws {
        let receiver = try LoopbackReceiver(Self.done)
        defer { receiver.close() }
        try await withOutbound("127.0.0.1") { outbound, lookups in
            for _ in 0..<5 { #expect(await send(outbound, to: receiver) == .answered(status: 204)) }
            #expect(lookups.count.withLock { $0 } == 1)
        }
        // A connection may be given back a moment after its answer.
        #expect(receiver.requests == 5 && receiver.connections <= 2)
    }
}
