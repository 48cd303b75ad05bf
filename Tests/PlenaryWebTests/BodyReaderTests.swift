import HTTPTypes
import Hummingbird
import NIOCore
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import Testing

@testable import PlenaryWeb

/// Bodies are held within a budget that nobody takes from the others, and not for ever.
@Suite struct BodyReaderTests {
    private static let megabyte = 1 << 20

    private static func network(_ last: Int) -> BodyBudget.Sender { .network(IPAddress("192.0.2.\(last)")) }

    @Test func `whoever holds bodies without saying who they are keeps nobody from sending who is known`() {
        let budget = BodyBudget(limit: 64 * Self.megabyte)
        var held = 0
        for network in 0..<200 {
            for _ in 0..<64 where budget.take(Self.megabyte, for: Self.network(network)) { held += 1 }
        }
        // A quarter, and no network more than its share of it.
        #expect(held == 16)
        #expect(!budget.take(1, for: Self.network(250)))
        #expect(budget.take(40 * Self.megabyte, for: .known("key k2WnPz8RtS")))
    }

    @Test func `one network leaves a place for others`() {
        let budget = BodyBudget(limit: 512 * Self.megabyte)
        #expect(budget.take(32 * Self.megabyte, for: Self.network(1)))
        #expect(!budget.take(1, for: Self.network(1)))
        #expect(budget.take(32 * Self.megabyte, for: Self.network(2)))
        budget.giveBack(Self.megabyte, of: Self.network(1))
        #expect(budget.take(Self.megabyte, for: Self.network(1)))
    }

    @Test func `one account leaves a place for others`() {
        let budget = BodyBudget(limit: 512 * Self.megabyte)
        #expect(budget.take(256 * Self.megabyte, for: .known("account 1")))
        #expect(!budget.take(1, for: .known("account 1")))
        #expect(budget.take(256 * Self.megabyte, for: .known("account 2")))
        #expect(!budget.take(1, for: .known("account 3")))
        budget.giveBack(256 * Self.megabyte, of: .known("account 2"))
        #expect(budget.take(64 * Self.megabyte, for: .known("account 3")))
    }

    @Test func `what is given back is there again`() {
        let budget = BodyBudget(limit: 4 * Self.megabyte)
        for _ in 0..<100 {
            #expect(budget.take(4 * Self.megabyte, for: Self.network(1)))
            #expect(!budget.take(1, for: Self.network(1)))
            budget.giveBack(4 * Self.megabyte, of: Self.network(1))
        }
    }

    /// So many octets, each after so long.
    private static func trickle(_ count: Int, each pause: Duration, _ clock: VirtualTime, length: Int? = nil) -> Request
    {
        let octets = AsyncStream<ByteBuffer>(unfolding: { [left = Counter(count)] in
            clock.advance(by: pause)
            return left.next() ? ByteBuffer(bytes: [0x20]) : nil
        })
        var headers: HTTPFields = [:]
        if let length { headers[.contentLength] = String(length) }
        let head = HTTPRequest(
            method: .post, scheme: "http", authority: "localhost", path: "/", headerFields: headers)
        return Request(head: head, body: RequestBody(asyncSequence: octets))
    }

    private final class Counter: Sendable {
        private let clock: VirtualTime
        private let end: Duration

        /// A clock that is nobody's counts as well as anything.
        init(_ count: Int) {
            clock = VirtualTime()
            end = .seconds(count)
        }

        func next() -> Bool {
            clock.advance(by: .seconds(1))
            return clock.uptime <= end
        }
    }

    @Test func `a body that trickles is cut off, and holds nothing from then on`() async throws {
        let clock = VirtualTime()
        let budget = BodyBudget(limit: 100)
        let reader = BodyReader(budget: budget, time: clock.fleetTime)
        await #expect(throws: BodyReader.Fault.slow) {
            _ = try await reader.read(
                Self.trickle(1_000, each: .seconds(1), clock, length: 1_000), atMost: 1_000, from: Self.network(1))
        }
        #expect(clock.uptime < .seconds(30))
        #expect(budget.take(100, for: Self.network(1)))
    }

    @Test func `a body that comes is taken, and is too long when it is`() async throws {
        let clock = VirtualTime()
        let reader = BodyReader(budget: BodyBudget(limit: 100), time: clock.fleetTime)
        let body = try await reader.read(
            Self.trickle(10, each: .seconds(1), clock), atMost: 10, from: Self.network(1))
        #expect(body.count == 10)
        await #expect(throws: BodyReader.Fault.tooLong) {
            _ = try await reader.read(
                Self.trickle(11, each: .milliseconds(1), clock), atMost: 10, from: Self.network(2))
        }
        await #expect(throws: BodyReader.Fault.tooLong) {
            _ = try await reader.read(
                Self.trickle(0, each: .zero, clock, length: 11), atMost: 10, from: Self.network(2))
        }
        await #expect(throws: BodyReader.Fault.full) {
            _ = try await reader.read(
                Self.trickle(91, each: .milliseconds(1), clock), atMost: 1_000, from: Self.network(2))
        }
    }
}
