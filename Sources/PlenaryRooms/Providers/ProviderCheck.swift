package import BigBlueButton
package import PlenaryCore
package import PlenaryFleet

/// The checks of a provider that is called over the network (`rooms-api.md` 6.4): certificate, reachability, secret and version,
/// in that order. The first that does not pass is the last that is made.
package struct ProviderCheck: Sendable {
    let transport: any ProviderTransport
    let time: FleetTime
    let algorithm: ChecksumAlgorithm

    /// For all of them together.
    package static let deadline = Duration.seconds(10)

    package init(transport: any ProviderTransport, time: FleetTime, algorithm: ChecksumAlgorithm = .sha256) {
        self.transport = transport
        self.time = time
        self.algorithm = algorithm
    }

    /// - Parameter withTLS: whether the certificate is looked at even when calls go through.
    package func run(_ type: ProviderType, _ properties: ProviderProperties, withTLS: Bool) async -> ProviderReport {
        guard case .server(let url, let secret) = properties else { return ProviderReport() }
        let end = time.uptime() + Self.deadline
        var report = ProviderReport(leastVersion: type.leastVersion?.description)
        if withTLS {
            report.fault = await lookAtCertificate(url, until: end, &report)
            if report.fault != nil { return report }
        }
        guard let secret else {
            // The store cannot open it: whatever it would be signed with is wrong.
            report.fault = .secretInvalid
            return report
        }
        let endpoint = Endpoint(url: url.api, secret: secret)
        let began = time.uptime()
        let root: Reply
        switch await ask(.index, endpoint, url, until: end, &report) {
        case .failure(let fault):
            report.fault = fault
            return report
        case .success(let reply): root = reply
        }
        report.latency = time.uptime() - began
        guard root.isSuccess else {
            report.fault = .unreachable("it answers, but not with SUCCESS")
            return report
        }
        switch await ask(.getMeetings, endpoint, url, until: end, &report) {
        case .failure(let fault):
            report.fault = fault
            return report
        case .success(let reply):
            if reply.messageKey == .checksumError {
                report.fault = .secretInvalid
                return report
            }
            guard reply.isSuccess else {
                report.fault = .unreachable("it does not list its meetings")
                return report
            }
        }
        let found = ProviderVersion.judge(
            type, build: root.root.text(of: "build"), bbbVersion: root.root.text(of: "bbbVersion"))
        report.version = found.version?.description
        report.versionCheck = found.check
        return report
    }

    private func ask(
        _ call: CallName, _ endpoint: Endpoint, _ url: HostURL, until end: Duration, _ report: inout ProviderReport
    ) async -> Result<Reply, ProviderFault> {
        let left = end - time.uptime()
        guard left > .zero else { return .failure(.unreachable(TransportFault.timedOut.words)) }
        let answer: ServerAnswer
        do throws(TransportFault) {
            answer = try await transport.send(endpoint.request(call, algorithm: algorithm), deadline: left)
        } catch {
            // What is wrong with the certificate only a look at it tells.
            if case .tls = error, report.tls == nil,
                let fault = await lookAtCertificate(url, until: end, &report)
            {
                return .failure(fault)
            }
            return .failure(.unreachable(error.words))
        }
        guard answer.status == 200 else { return .failure(.unreachable("it answers HTTP \(answer.status)")) }
        do throws(Reply.Fault) { return .success(try Reply(answer.body, skipping: MeetingsReply.details)) } catch {
            return .failure(.unreachable("what answers is not BigBlueButton"))
        }
    }

    /// - Returns: what is wrong with it; `nil`: nothing.
    private func lookAtCertificate(_ url: HostURL, until end: Duration, _ report: inout ProviderReport) async
        -> ProviderFault?
    {
        let left = max(end - time.uptime(), .milliseconds(1))
        let found = await transport.certificate(of: url.host, port: url.port, deadline: left)
        let now = time.now()
        switch found {
        case .valid(let facts):
            report.tls = ProviderTLS(fault: nil, notAfter: facts.notAfter, issuer: facts.issuer, checkedAt: now)
            return nil
        case .invalid(let fault, let facts):
            report.tls = ProviderTLS(
                fault: fault, notAfter: facts?.notAfter, issuer: facts?.issuer, checkedAt: now)
            return .tlsInvalid(fault, notAfter: facts?.notAfter)
        case .unreachable(let fault): return .unreachable(fault.words)
        }
    }
}
