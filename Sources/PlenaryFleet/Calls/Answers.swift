package import BigBlueButton
internal import PlenaryCore

/// How a call is answered, before anybody thinks of HTTP.
package enum CallAnswer: Sendable {
    /// A reply as it goes out.
    case xml([UInt8])
    /// A reply of a server with the cookies that make it usable.
    case relayed([UInt8], cookies: [String])
    /// Calls about text tracks answer in JSON.
    case json([UInt8])
    /// Anything else that a server said, with its type.
    case document([UInt8], contentType: String)
    /// 302, with cookies of ours.
    case redirect(String, cookies: [Cookie] = [])
    /// The meeting's server does not answer: a page that tries again for a browser, XML for others.
    case unavailable(Refusal)
    /// The meeting is being moved: a page that tries again.
    case moving

    /// What a browser keeps for us.
    package struct Cookie: Sendable, Hashable {
        package let name: String
        package let value: String
        package let path: String
        package let maxAge: Duration
    }
}

extension Fleet {
    /// Answers any call of an account that was verified: the table of `bbb-api.md` 15, and the balancer's own calls
    /// (`balancer.md` 6).
    package func answer(_ call: Call, of caller: Caller) async -> CallAnswer {
        do throws(Refusal) {
            let answer = try await carryOut(call, of: caller)
            // What is written from what is ours has the callers' own ids, which may look like those of servers.
            guard !Self.callsInOwnWords.contains(call.name) else { return answer }
            // The one way out: no answer has an id in it that only servers know.
            return switch answer {
            case .xml(let octets): .xml(MeetingIDs.restoring(octets, of: caller.account.id))
            case .relayed(let octets, let cookies):
                .relayed(MeetingIDs.restoring(octets, of: caller.account.id), cookies: cookies)
            case let other: other
            }
        } catch { return .xml(error.told(in: caller.account.rights.dialect, of: call).xml) }
    }

    private static let callsInOwnWords: Set<CallName> = [
        .hooksCreate, .hooksList, .hooksDestroy, .getMeetingEvents, .getServers,
    ]

    private func carryOut(_ call: Call, of caller: Caller) async throws(Refusal) -> CallAnswer {
        // HEAD is GET without a body.
        guard call.rules.methods.contains(call.method == .head ? .get : call.method) else {
            throw .unsupportedRequest
        }
        let isOff = caller.isOfProgram && !caller.account.rights.hasIntegrationAPI
        guard !isOff, caller.account.mayCall(at: time.now()) else {
            if call.name == .join { return refuse(.permissionDenied, JoinRequest.Delivery(call.signedParameters)) }
            throw .permissionDenied
        }
        guard !caller.account.rights.unsupportedCalls.contains(call.name) else { throw .unsupportedRequest }
        switch call.name {
        case .join: return await join(call, of: caller)
        case .getRecordingTextTracks: return await getRecordingTextTracks(call, of: caller.account)
        case .putRecordingTextTrack: return await putRecordingTextTrack(call, of: caller.account)
        case .getDefaultConfigXML: return try await getDefaultConfigXML()
        default:
            guard call.hasSupportedContentType else { throw .contentType }
            return .xml(try await reply(to: call, of: caller))
        }
    }

    /// The calls that are answered in XML, whatever happens.
    private func reply(to call: Call, of caller: Caller) async throws(Refusal) -> [UInt8] {
        let account = caller.account
        let isOwn = [.getServers, .getStatistics, .move].contains(call.name)
        guard !isOwn || account.rights.mayUseBalancerCalls else { throw .permissionDenied }
        switch call.name {
        case .create: return try await create(call, of: caller)
        case .end: return try await end(call, of: account)
        case .isMeetingRunning: return try await isMeetingRunning(call, of: account)
        case .getMeetingInfo: return try await getMeetingInfo(call, of: account)
        case .getMeetings: return await getMeetings(of: account)
        case .getSessions: return try await getSessions(of: account)
        case .insertDocument: return try await insertDocument(call, of: account)
        case .sendChatMessage: return try await sendChatMessage(call, of: account)
        case .getRecordings: return try await getRecordings(call, of: account)
        case .publishRecordings, .deleteRecordings, .updateRecordings:
            return try await changeRecordings(call, of: account)
        case .hooksCreate: return try await createHook(call, of: caller)
        case .hooksList: return listHooks(call, of: account)
        case .hooksDestroy: return try await destroyHook(call, of: account)
        case .setConfigXML: return try await setConfigXML(call, of: account)
        case .getServers: return await getServers()
        case .getMeetingEvents: return try await getMeetingEvents(call, of: account)
        case .getStatistics: return await getStatistics(of: account)
        case .move: return try await move(call, of: account)
        default: throw .unsupportedRequest
        }
    }

    /// The root of the API: no checksum, no account (`bbb-api.md` 1.7, `balancer.md` 2).
    package func index() -> [UInt8] {
        let identity = settings.identity
        return XMLWriter.response(.success) {
            $0.element("version", "2.0")
            $0.element("apiVersion", "2.0")
            $0.element("bbbVersion", identity.bbbVersion)
            $0.element("custom") {
                $0.element("name", identity.name)
                $0.element("version", identity.version)
                $0.element("deploy", identity.deploy)
                $0.element("revision", identity.revision)
            }
        }
    }
}

/// The balancer's own calls (`balancer.md` 6).
extension CallName {
    package static let getServers: CallName = "getServers"
    package static let getMeetingEvents: CallName = "getMeetingEvents"
    package static let getStatistics: CallName = "getStatistics"
    package static let move: CallName = "move"
    /// Where browsers go; without a checksum.
    package static let rejoin: CallName = "rejoin"

    /// Whether the call has a name that we know, and not one that somebody made up.
    package var isKnown: Bool {
        CallRules.bigBlueButton[self] != nil
            || [.getServers, .getMeetingEvents, .getStatistics, .move, .rejoin].contains(self)
    }
}
