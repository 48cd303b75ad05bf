import Dispatch
import Synchronization
import Testing

@testable import PlenaryCommands

/// Names that are looked up with a resolver that may take as long as it likes.
@Suite(.timeLimit(.minutes(30))) struct NameLookupsTests {
    /// A resolver that holds the name "slow" until it is let go, and counts.
    ///
    /// Unchecked: a semaphore is there to be shared, and not every Dispatch says so.
    private final class Names: @unchecked Sendable {
        let door = DispatchSemaphore(value: 0)
        private let counts = Mutex<[String: Int]>([:])

        func count(_ name: String) -> Int { counts.withLock { $0[name] ?? 0 } }

        func resolve(_ name: String) -> [String]? {
            counts.withLock { $0[name, default: 0] += 1 }
            if name == "slow" { _ = door.wait(timeout: .now() + 300) }
            return name == "nobody" ? nil : ["192.0.2.1", "::1"]
        }
    }

    private func withLookups(threads: Int, _ work: (NameLookups, Names) async throws -> Void) async throws {
        let names = Names()
        let lookups = NameLookups(threads: threads) { names.resolve($0) }
        try await work(lookups, names)
        for _ in 0..<10 { names.door.signal() }
        try await lookups.close()
    }

    @Test func `a name is looked up, also when it has no address`() async throws {
        try await withLookups(threads: 2) { lookups, names in
            #expect(await lookups.addresses(of: "good", within: .seconds(300)) == ["192.0.2.1", "::1"])
            #expect(await lookups.addresses(of: "nobody", within: .seconds(300)) == nil)
            // What was found is not kept here.
            #expect(await lookups.addresses(of: "good", within: .seconds(300)) != nil)
            #expect(names.count("good") == 2)
        }
    }

    /// Works while somebody waits for the name "slow", and lets it go in the end.
    private func whileSlow(
        _ lookups: NameLookups, _ names: Names, _ work: () async throws -> Void
    ) async throws -> [String]? {
        try await withThrowingTaskGroup(of: [String]?.self) { group in
            group.addTask { await lookups.addresses(of: "slow", within: .seconds(300)) }
            while names.count("slow") == 0 { await Task.yield() }
            try await work()
            names.door.signal()
            return try await group.next() ?? nil
        }
    }

    @Test func `a name that nobody answers for holds one thread, however often it is asked for`() async throws {
        try await withLookups(threads: 2) { lookups, names in
            let late = try await whileSlow(lookups, names) {
                let found = await withTaskGroup(of: [String]?.self) { group in
                    for _ in 0..<20 {
                        group.addTask { await lookups.addresses(of: "slow", within: .milliseconds(30)) }
                    }
                    return await group.reduce(into: 0) { $0 += $1 == nil ? 0 : 1 }
                }
                #expect(found == 0)
                // Others have the other thread.
                #expect(await lookups.addresses(of: "good", within: .seconds(300)) != nil)
            }
            // Who still waits when the answer comes gets it.
            #expect(late == ["192.0.2.1", "::1"])
            #expect(names.count("slow") == 1)
        }
    }

    @Test func `a name that nobody waits for any more is not looked up when its turn comes`() async throws {
        try await withLookups(threads: 1) { lookups, names in
            _ = try await whileSlow(lookups, names) {
                #expect(await lookups.addresses(of: "forgotten", within: .milliseconds(30)) == nil)
            }
            #expect(await lookups.addresses(of: "good", within: .seconds(300)) != nil)
            #expect(names.count("forgotten") == 0)
        }
    }
}
