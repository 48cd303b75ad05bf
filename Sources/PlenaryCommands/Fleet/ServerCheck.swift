internal import BigBlueButton
internal import Foundation
internal import PlenaryFleet

/// Looks at a server before it is added, and names what is wrong with it.
struct ServerCheck {
    let transport: any BBBTransport
    var patience: Duration = .seconds(5)
    /// Differences between the clocks that do not matter.
    var toleratedSkew: Duration = .seconds(60)

    /// What a good server told.
    struct Finding: Sendable, Equatable {
        /// `3.0.4`, or what it tells of its API when it keeps that to itself.
        let version: String
        let meetings: Int
    }

    /// One named fault with its remedy.
    struct Fault: Error, Equatable {
        enum Name: String, Sendable {
            case dns = "DNS", tcp = "TCP", tls = "TLS", notBBB = "not BBB", wrongPath = "wrong path", wrongSecret =
                "wrong secret", clock
        }
        let name: Name
        let what: String
        let remedy: String
    }

    /// - Parameter now: for the comparison of clocks.
    func run(_ endpoint: Endpoint, now: WireTime) async throws(Fault) -> Finding {
        let index = try await ask(endpoint, .index)
        // Why it is no reply is found out below.
        guard let root = try? Reply(index.body).root, index.status == 200, let version = root.text(of: "version")
        else {
            throw await notBigBlueButton(endpoint, index)
        }
        if root.child("custom")?.text(of: "name") == "plenary" {
            throw Fault(
                name: .notBBB, what: "this is a plenary, not a BigBlueButton server; it may even be this one",
                remedy: "Add the BigBlueButton servers behind it.")
        }
        let list = try await ask(endpoint, .getMeetings)
        // Likewise.
        guard let reply = try? Reply(list.body), list.status == 200 else {
            throw await notBigBlueButton(endpoint, list)
        }
        guard let meetings = MeetingsReply(reply) else {
            if reply.messageKey == .checksumError {
                throw Fault(
                    name: .wrongSecret, what: "the server refuses calls that are signed with this secret",
                    remedy: "Take the secret that `bbb-conf --secret` prints on the server; mind blanks at its ends.")
            }
            throw Fault(
                name: .notBBB, what: "the server answers getMeetings with \(reply.messageKey?.rawValue ?? "FAILED")",
                remedy: "Enable the API on the server (serviceEnabled=true in bbb-web.properties).")
        }
        try checkClock(list, now: now)
        let told = root.text(of: "bbbVersion") ?? ""
        return Finding(version: told.isEmpty ? "with API \(version)" : told, meetings: meetings.entries.count)
    }

    private func ask(_ endpoint: Endpoint, _ call: CallName) async throws(Fault) -> ServerAnswer {
        do throws(TransportFault) { return try await transport.send(endpoint.request(call), deadline: patience) } catch
        {
            throw fault(error, endpoint.url)
        }
    }

    private func fault(_ fault: TransportFault, _ url: APIURL) -> Fault {
        let host = url.host
        switch fault {
        case .unresolved:
            return Fault(
                name: .dns, what: "the host name \(host) has no address",
                remedy: "Check its spelling; `getent hosts \(host)` must print an address on this machine.")
        case .refused:
            return Fault(
                name: .tcp, what: "nothing listens at \(url.authority)",
                remedy: "Check the port and that nginx runs on the server: systemctl status nginx.")
        case .unreachable, .connectTimedOut:
            return Fault(
                name: .tcp, what: "no connection to \(url.authority): \(fault.words)",
                remedy: "Check the firewall between this machine and the server.")
        case .tls(let what):
            return Fault(
                name: .tls, what: what,
                remedy: "Look at it with: openssl s_client -connect \(url.authorityWithPort) -servername \(host)")
        case .timedOut, .connectionLost, .replyTooLarge, .cancelled:
            return Fault(
                name: .notBBB,
                what: "\(url.authority) takes the connection but gives no usable answer (\(fault.words))",
                remedy:
                    "Check that this port is the web server of BigBlueButton, and that bbb-web runs: bbb-conf --status."
            )
        }
    }

    /// A web server that is none of BigBlueButton's, or the right one with the wrong path.
    private func notBigBlueButton(_ endpoint: Endpoint, _ answer: ServerAnswer) async -> Fault {
        let scheme = endpoint.url.isSecure ? "https://" : "http://"
        if let standard = APIURL(scheme + endpoint.url.authority), standard != endpoint.url {
            let other = Endpoint(url: standard, secret: endpoint.secret)
            // Whether the standard path is any better is only asked to give a better remedy.
            if let answer = try? await transport.send(other.request(.index), deadline: patience), answer.status == 200,
                let reply = try? Reply(answer.body), reply.root.child("version") != nil
            {
                return Fault(
                    name: .wrongPath,
                    what: "there is no BigBlueButton API at this path, but there is one at \(standard)",
                    remedy: "Add that URL instead.")
            }
        }
        if [502, 503, 504].contains(answer.status) {
            return Fault(
                name: .notBBB,
                what: "the web server answers HTTP \(answer.status): BigBlueButton behind it does not run",
                remedy: "Start it on the server: bbb-conf --restart.")
        }
        let kind = answer.status == 200 ? "a page that is not BigBlueButton's" : "HTTP \(answer.status)"
        return Fault(
            name: .notBBB,
            what: "a web server answers at \(endpoint.url.authority), but with \(kind): it is not BigBlueButton",
            remedy: "Give the URL that `bbb-conf --secret` prints on the server.")
    }

    private func checkClock(_ answer: ServerAnswer, now: WireTime) throws(Fault) {
        guard let text = answer.values(of: "Date").first, let date = Self.date(text) else { return }
        let there = WireTime(milliseconds: Int64(date.timeIntervalSince1970 * 1_000))
        let skew = now.since(there)
        guard skew > toleratedSkew || skew < .zero - toleratedSkew else { return }
        let seconds = Int(skew / .seconds(1))
        throw Fault(
            name: .clock,
            what: "the server's clock is \(abs(seconds)) s \(seconds > 0 ? "behind" : "ahead of") this machine's",
            remedy: "Let both follow NTP: timedatectl set-ntp true.")
    }

    private static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return formatter.date(from: text)
    }
}
