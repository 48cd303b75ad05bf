internal import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

/// A server did not answer as a BigBlueButton server would.
package struct ServerFault: Error, Sendable, Hashable {
    package let fault: HealthFault
    /// Whether it may have acted on the call.
    package let mayHaveActed: Bool
    /// Whether it says something about the server; not so when the caller gave up, or we hold too many calls to it.
    package let countsAgainstServer: Bool
    /// The server does not have this call: it is older, newer, or lacks a package.
    package var isUnsupported = false
    /// It answered, but more than is read, or what nobody understands.
    package var isUnreadable = false
}

extension Fleet {
    /// Sends one call to one server and reads the reply. A fault counts against the server's health, once an interval.
    func send(
        _ call: CallName, _ parameters: Parameters = Parameters(), document: OutgoingCall.Body? = nil,
        to server: Server,
        within deadline: Duration, skipping: Set<String> = [], isProbe: Bool = false
    ) async -> Result<Reply, ServerFault> {
        let request = server.endpoint.request(
            call, parameters, document: document, algorithm: settings.algorithm, longestQuery: settings.longestQuery)
        return await exchange(request, with: server, within: deadline, skipping: skipping, isProbe: isProbe).map(
            \.reply)
    }

    struct Exchanged: Sendable {
        let reply: Reply
        let answer: ServerAnswer
    }

    func exchange(
        _ request: OutgoingCall, with server: Server, within deadline: Duration, skipping: Set<String> = [],
        isProbe: Bool = false
    ) async -> Result<Exchanged, ServerFault> {
        if isProbe {
            return judge(
                await attempt(request, over: probes, within: deadline, skipping: skipping), of: server, request.call)
        }
        return await counted(server, request.call) {
            await attempt(request, over: transport, within: deadline, skipping: skipping)
        }
    }

    /// Sends a call whose answer is no `<response>`, or that not every server has, and brings back what came with status 200.
    func fetch(_ request: OutgoingCall, from server: Server, within deadline: Duration) async -> Result<
        ServerAnswer, ServerFault
    > {
        await counted(server, request.call) {
            do throws(TransportFault) {
                let answer = try await transport.send(request, deadline: deadline)
                return answer.status == 200 ? .success(answer) : .failure(wrong(answer, request.call))
            } catch { return .failure(ServerFault(error)) }
        }
    }

    /// One of the calls that may be under way to a server.
    private func counted<Value>(
        _ server: Server, _ call: CallName, _ work: () async -> Result<Value, ServerFault>
    ) async -> Result<Value, ServerFault> {
        guard enter(server.id) else {
            return .failure(
                ServerFault(fault: .unreachable("too many calls wait"), mayHaveActed: false, countsAgainstServer: false)
            )
        }
        let result = await work()
        withState { $0.withView(of: server.id) { $0.calls -= 1 } }
        return judge(result, of: server, call)
    }

    /// What an answer, or its absence, says about the server. That a call which is not basic was answered wrongly or late says
    /// nothing: callers can make servers fail in such calls (`bbb-api.md` 3.5, 5.9), and long lists take their time. Web hooks
    /// are a service of their own beside the server.
    private func judge<Value>(_ result: Result<Value, ServerFault>, of server: Server, _ call: CallName) -> Result<
        Value, ServerFault
    > {
        if call.rawValue.hasPrefix("hooks/") { return result }
        switch result {
        case .success: heard(server)
        case .failure(let fault) where Self.basic.contains(call) || !fault.mayHaveActed: failed(server, fault)
        case .failure: break
        }
        return result
    }

    private func enter(_ server: ServerID) -> Bool {
        withState { state in
            state.withView(of: server) { view in
                guard view.calls < settings.callsPerServer else { return false }
                view.calls += 1
                return true
            }
        }
    }

    private func attempt(
        _ request: OutgoingCall, over transport: any BBBTransport, within deadline: Duration, skipping: Set<String>
    ) async -> Result<Exchanged, ServerFault> {
        let answer: ServerAnswer
        do throws(TransportFault) { answer = try await transport.send(request, deadline: deadline) } catch {
            return .failure(ServerFault(error))
        }
        // Whatever `redirect=false` says, servers deliver most errors of a join by redirect (`bbb-api.md` 5.3.3).
        if request.call == .join, (300..<400).contains(answer.status) {
            let refusal =
                JoinRequest.Delivery.refusal(in: answer.values(of: "Location").first ?? "") ?? .serverUnavailable
            if let reply = try? Reply(refusal.xml) {  // It was written just now.
                return .success(Exchanged(reply: reply, answer: answer))
            }
        }
        guard answer.status == 200 else { return .failure(wrong(answer, request.call)) }
        let reply: Reply
        // Lists of recordings are much longer than anything else.
        let limits = request.call == .getRecordings ? settings.recordingsReply : settings.reply
        do throws(Reply.Fault) { reply = try Reply(answer.body, skipping: skipping, limits: limits) } catch {
            var fault =
                switch error {
                case .notXML(.tooLarge(let limit)): wrong(TransportFault.replyTooLarge(limit: limit).words)
                case .notXML(.tooManyElements(let limit)): wrong("answer has more than \(limit) elements")
                case .notXML: wrong("answered something that is not XML")
                case .notBigBlueButton: wrong("answered XML that is not BigBlueButton's")
                }
            fault.isUnreadable = true
            return .failure(fault)
        }
        // The server refuses us, not the caller: its secret is another one. It did nothing.
        if reply.code == .failed, reply.messageKey == .checksumError {
            return .failure(
                ServerFault(
                    fault: .answersWrongly("refuses our secret"), mayHaveActed: false, countsAgainstServer: true))
        }
        return .success(Exchanged(reply: reply, answer: answer))
    }

    /// Calls without which a server is none: a 404 of another one says only that this server does not have it.
    private static let basic: Set<CallName> = [
        .index, .create, .join, .end, .isMeetingRunning, .getMeetingInfo, .getMeetings,
    ]

    private func wrong(_ answer: ServerAnswer, _ call: CallName) -> ServerFault {
        if !Self.basic.contains(call), [404, 405, 501].contains(answer.status) {
            return ServerFault(
                fault: .answersWrongly("does not have this call"), mayHaveActed: false, countsAgainstServer: false,
                isUnsupported: true)
        }
        return wrong("answered HTTP \(answer.status)")
    }

    private func wrong(_ what: String) -> ServerFault {
        ServerFault(fault: .answersWrongly(what), mayHaveActed: true, countsAgainstServer: true)
    }

    private func heard(_ server: Server) {
        let now = time.uptime()
        withState { $0.withView(of: server.id) { $0.heardAt = now } }
    }

    private func failed(_ server: Server, _ fault: ServerFault) {
        guard fault.countsAgainstServer else { return }
        let now = time.uptime()
        let changes = withState { state in
            // Whatever it was, our hooks there may be gone with it.
            state.withView(of: server.id) { $0.hooksDueAt = now }
            return state.health.failed(server.id, fault.fault, at: now)
        }
        announce(changes)
        if !changes.isEmpty { nudges.nudge(server.id) }
    }

    /// Logs changes of health and remembers since when they hold.
    func announce(_ changes: [FleetHealth.Change]) {
        guard !changes.isEmpty else { return }
        let now = time.now()
        withState { state in
            for case .moved(let server, _, _) in changes { state.withView(of: server) { $0.stateSince = now } }
        }
        let faults = withState { state in state.health.members.mapValues { $0.lastFault } }
        FleetLog.announce(changes, faults: faults) { server in store.roster { $0.servers[server]?.name } }
    }
}

extension ServerFault {
    init(_ fault: TransportFault) {
        self.init(
            fault: .unreachable(fault.words), mayHaveActed: fault.mayHaveActed,
            countsAgainstServer: fault != .cancelled)
        if case .replyTooLarge = fault { isUnreadable = true }
    }
}

extension TransportFault {
    /// For people: what happened, without names or addresses.
    package var words: String {
        switch self {
        case .unresolved: "host name has no address"
        case .refused: "connection refused"
        case .unreachable: "host cannot be reached"
        case .connectTimedOut: "no connection in time"
        case .tls(let what): "secure connection failed: \(what)"
        case .timedOut: "no answer in time"
        case .connectionLost: "connection lost"
        case .replyTooLarge(let limit): "answer is longer than \(limit) octets"
        case .cancelled: "given up"
        }
    }
}
