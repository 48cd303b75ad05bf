internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

/// The configuration of clients of BigBlueButton up to 2.3 (`bbb-api.md` 8, `balancer.md` 10). Newer servers do not have these
/// calls; when none has them the answer is that of any unknown call.
extension Fleet {
    /// Servers of a fleet are of one age: so many are asked one after the other, not all.
    private static let askedForConfigXML = 5

    /// Any server's document, with our address where the server's stands.
    func getDefaultConfigXML() async throws(Refusal) -> CallAnswer {
        let now = time.uptime()
        let servers = store.roster { $0.servers }
        let eligible = withState { state in
            state.candidates(Array(servers.values), at: now).filter { $0.eligibility == .eligible }.map(\.server)
                .sorted().prefix(Self.askedForConfigXML)
        }
        guard !eligible.isEmpty else { throw .noServer }
        var refusal = Refusal.unsupportedRequest
        for server in eligible.compactMap({ servers[$0] }) {
            let request = server.endpoint.request(.getDefaultConfigXML, algorithm: .sha1)
            switch await fetch(request, from: server, within: settings.readDeadline) {
            case .success(let answer):
                // A document of its own, and no answer that says why there is none.
                guard let root = try? XMLReader.read(answer.body, limits: settings.reply), root.name != "response"
                else {
                    refusal = .unknownOutcome
                    continue
                }
                let text = HostNames.replace(
                    server.endpoint.url.authority, with: Self.authority(of: settings.publicURL), in: answer.body)
                let type = answer.values(of: "Content-Type").first ?? "text/xml;charset=utf-8"
                return .document(text, contentType: type)
            case .failure(let fault): if !fault.isUnsupported { refusal = fault.refusal }
            }
        }
        throw refusal
    }

    func setConfigXML(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        var parameters = call.parameters.forForwarding
        // The document is encoded once more within its value.
        guard let encoded = parameters["configXML"], !encoded.isEmpty else {
            throw Refusal("configXMLError", "You did not pass a config XML")
        }
        guard let id = parameters["meetingID"].flatMap(MeetingID.init(rawValue:)) else {
            throw Refusal(.missingParamMeetingID, "You must specify a meeting ID for the meeting.")
        }
        guard let document = FormCoding.decode(encoded) else {
            throw Refusal("configXMLError", "Cannot decode config XML")
        }
        let (found, server): (Located, Server)
        do throws(Refusal) { (found, server) = try owner(of: id, of: account) } catch {
            guard error.key == .notFound else { throw error }
            throw Refusal(
                .invalidMeetingIdentifier, "The meeting ID that you supplied did not match any existing meetings")
        }
        let text = HostNames.replace(
            Self.authority(of: settings.publicURL), with: server.endpoint.url.authority, in: Array(document.utf8))
        parameters["configXML"] = FormCoding.encode(String(decoding: text, as: UTF8.self), style: .java)
        parameters["meetingID"] = idToSend(found)
        switch await fetch(server.endpoint.setConfigXML(parameters), from: server, within: settings.create.whole) {
        case .success(let answer):
            do throws(Reply.Fault) { return try Reply(answer.body, limits: settings.reply).octets } catch {
                throw .unknownOutcome
            }
        case .failure(let fault): throw fault.refusal
        }
    }

    static func authority(of url: String) -> String {
        String(url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" })
    }
}

/// Exchanges the host in addresses within a text: wherever `//host` stands, with or without the port.
enum HostNames {
    /// - Parameters:
    ///   - old: a host with its port, if it has one.
    ///   - new: the same, of the one that takes its place.
    static func replace(_ old: String, with new: String, in text: [UInt8]) -> [UInt8] {
        // With the port first: what is left of it is another port of that host, or none.
        let whole = replaceToken("//\(old)", with: "//\(new)", in: text, beforePort: false)
        return replaceToken("//\(host(old))", with: "//\(host(new))", in: whole, beforePort: true)
    }

    private static func host(_ authority: String) -> String {
        authority.hasPrefix("[")
            ? String(authority.prefix { $0 != "]" }) + "]" : String(authority.prefix { $0 != ":" })
    }

    /// - Parameter beforePort: whether a port may follow, which stays.
    private static func replaceToken(_ old: String, with new: String, in text: [UInt8], beforePort: Bool) -> [UInt8] {
        let (old, new) = (Array(old.utf8), Array(new.utf8))
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var at = 0
        while at < text.count {
            let end = at + old.count
            let next = end < text.count ? text[end] : 0
            if end <= text.count, text[at..<end].elementsEqual(old), !isPartOfHost(next),
                beforePort || next != UInt8(ascii: ":")
            {
                result += new
                at = end
            } else {
                result.append(text[at])
                at += 1
            }
        }
        return result
    }

    private static func isPartOfHost(_ octet: UInt8) -> Bool {
        (0x61...0x7A).contains(octet | 0x20) || (0x30...0x39).contains(octet) || octet == 0x2D || octet == 0x2E
    }
}
