package import BigBlueButton
package import PlenaryFleet
internal import Synchronization

/// The network between a balancer and simulated servers, in process: routes calls by host and port, and shows faults the
/// way an HTTP client would meet them.
package final class SimulatedNetwork: BBBTransport {
    /// Runs around each call, where a test interferes: what it throws is what the caller sees.
    package typealias Hook = @Sendable (OutgoingCall) async throws(TransportFault) -> Void

    private let time: FleetTime
    private let state: Mutex<State>

    private struct State: Sendable {
        var servers: [String: SimulatedServer] = [:]
        /// Work that slow servers still have to do, whoever still waits for it.
        var late: [LateWork] = []
        var before: Hook?
        var after: Hook?
    }

    private struct LateWork: Sendable {
        let server: SimulatedServer
        let request: SimulatedRequest
        /// On the uptime clock.
        let due: Duration
    }

    package init(_ servers: [SimulatedServer], time: FleetTime, before: Hook? = nil, after: Hook? = nil) {
        self.time = time
        let named = Dictionary(servers.map { ($0.url.authority, $0) }, uniquingKeysWith: { first, _ in first })
        state = Mutex(State(servers: named, before: before, after: after))
    }

    /// Connects another server; one at the same host and port is replaced.
    package func connect(_ server: SimulatedServer) {
        let authority = server.url.authority
        state.withLock { $0.servers[authority] = server }
    }

    /// Takes a host and port off the network: its name has no address any more.
    package func disconnect(_ authority: String) { state.withLock { _ = $0.servers.removeValue(forKey: authority) } }

    /// What runs before a call leaves the balancer: throwing means that it never left.
    package func setBefore(_ hook: Hook?) { state.withLock { $0.before = hook } }

    /// What runs when the server has answered, or failed to: throwing loses the answer.
    package func setAfter(_ hook: Hook?) { state.withLock { $0.after = hook } }

    package func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        deliverLate()
        let (before, after) = state.withLock { ($0.before, $0.after) }
        if let before { try await before(call) }
        let result: Result<ServerAnswer, TransportFault>
        do throws(TransportFault) { result = .success(try await exchange(call, deadline)) } catch {
            result = .failure(error)
        }
        if let after { try await after(call) }
        return try result.get()
    }

    private func exchange(_ call: OutgoingCall, _ deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        let authority = SimulatedRequest.authority(of: call.url)
        guard let server = state.withLock({ $0.servers[authority] }) else { throw .unresolved }
        let request = SimulatedRequest(call)
        switch server.receive(request, at: time.now()) {
        case .answered(let response): return response.serverAnswer
        case .dropped(let workDone): throw workDone ? .connectionLost : .refused
        case .silent:
            try await wait(deadline)
            throw .timedOut
        case .answeredLate(let response, let delay):
            try await wait(min(delay, deadline))
            guard delay < deadline else { throw .timedOut }
            return response.serverAnswer
        case .worksLate(let delay):
            let work = LateWork(server: server, request: request, due: time.uptime() + delay)
            guard delay < deadline else {
                state.withLock { $0.late.append(work) }
                try await wait(deadline)
                throw .timedOut
            }
            do throws(TransportFault) { try await wait(delay) } catch {
                // Who waited has gone; the server does not know.
                state.withLock { $0.late.append(work) }
                throw error
            }
            deliverLate()
            return server.carryOut(request, at: time.now()).serverAnswer
        }
    }

    private func wait(_ duration: Duration) async throws(TransportFault) {
        do { try await time.sleep(duration) } catch { throw .cancelled }
    }

    /// Carries out slow work whose time has come, in that order. Each ``send(_:deadline:)`` does so first.
    ///
    /// - Parameter limit: on the uptime clock; `nil`: now. Later than now is allowed, and brings work forward for a test.
    package func deliverLate(until limit: Duration? = nil) {
        let uptime = time.uptime()
        let now = time.now()
        let due = state.withLock { state in
            let due = state.late.filter { $0.due <= limit ?? uptime }
            state.late.removeAll { $0.due <= limit ?? uptime }
            return due
        }
        // The sort is stable, so that equal times keep the order in which the requests came.
        for work in due.sorted(by: { $0.due < $1.due }) {
            _ = work.server.carryOut(work.request, at: now.advanced(by: work.due - uptime))
        }
    }

    /// How many requests slow servers still have to carry out.
    package var lateCount: Int { state.withLock { $0.late.count } }
}

extension SimulatedRequest {
    /// Host and port of a URL, in lower case.
    static func authority(of url: String) -> String {
        let rest = url.utf8.drop { $0 != UInt8(ascii: ":") }.dropFirst(3)
        return String(Substring(rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })).lowercased()
    }
}
