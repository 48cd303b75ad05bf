import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

extension Stand {
    /// A call, answered for an account; the default one unless another is named.
    func answer(to call: Call, of account: Account? = nil) async -> CallAnswer {
        await fleet.answer(call, of: Caller(account ?? self.account))
    }

    /// The octets of an answer in XML.
    func xml(_ name: CallName, _ parameters: Parameters = [:]) async throws -> [UInt8] {
        guard case .xml(let octets) = await answer(name, parameters) else { throw NoReply() }
        return octets
    }

    /// Another account, whose secret is its name and `-client`.
    func tenant(_ name: String) async throws -> Account {
        let account = try await store.addAccount(slug: try #require(Slug(name)), name: name, now: clock.now)
        _ = try await store.addSecret(
            try #require(Secret("\(name)-client")), label: "first", to: account.id, now: clock.now)
        return try #require(store.roster { $0.accounts[account.id] })
    }

    /// Another server, at any address, in the fleet and polled.
    func serverJoins(_ name: String, at url: String, tags: Set<String> = []) async throws -> SimulatedServer {
        let server = SimulatedServer(
            name: name, url: try #require(APIURL(url)), secret: try #require(Secret("secret-\(name)")), seed: 77)
        network.connect(server)
        let added = try await store.addServer(
            name: try #require(Slug(name)), endpoint: server.endpoint, tags: tags, now: clock.now)
        await fleet.pollOnce(added)
        return server
    }

    /// What people say of a server.
    func set(_ state: AdministrativeState, of server: SimulatedServer) async throws {
        _ = try await store.setAdministrative(state, of: try self.server(server).id, now: clock.now)
    }

    /// Makes a server suspect.
    func suspect(_ server: SimulatedServer) async throws {
        server.set(.refuse)
        await fleet.pollOnce(try self.server(server))
        #expect(fleet.health(of: try self.server(server).id).word == "suspect")
    }

    /// Takes a server offline.
    func takeDown(_ server: SimulatedServer) async throws {
        server.set(.refuse)
        await pass(60)
        #expect(try isOffline(server))
    }
}

extension CallAnswer {
    /// What is in the body of the answer; `nil` where there is none yet.
    var bodyOctets: [UInt8]? {
        switch self {
        case .xml(let octets), .relayed(let octets, _), .json(let octets), .document(let octets, _): octets
        case .redirect, .unavailable, .moving: nil
        }
    }
}

/// An answer in a few words, as a table has them: `FAILED notFound`, `SUCCESS running=true`, `json SUCCESS`.
enum Said {
    /// - Parameter owner: the server to which a redirect should lead.
    static func words(_ answer: CallAnswer, owner: SimulatedServer? = nil) throws -> String {
        switch answer {
        case .xml(let octets): return try words(of: Reply(octets))
        case .relayed(let octets, _): return try "relayed \(words(of: Reply(octets)))"
        case .json(let octets): return json(octets)
        case .document(let octets, let contentType):
            return contentType.hasPrefix("application/json") ? json(octets) : "document"
        case .redirect(let url, _):
            if let refusal = JoinRequest.Delivery.refusal(in: url) { return "302 with errors \(refusal.key)" }
            let leadsToOwner = owner.map { url.hasPrefix("\($0.url.text)/join?") } ?? false
            return leadsToOwner ? "302 to its server" : "302 elsewhere"
        case .unavailable(let refusal): return "unavailable \(refusal.key)"
        case .moving: return "moving"
        }
    }

    /// Return code, key, whether it runs, and how many are listed.
    static func words(of reply: Reply) -> String {
        var words = [reply.code.rawValue]
        if let key = reply.messageKey { words.append(key.rawValue) }
        if let running = reply.root.text(of: "running") { words.append("running=\(running)") }
        let lists = ["meetings", "sessions", "recordings", "hooks", "servers", "events"]
        let listed = lists.compactMap { reply.root.child($0)?.children.count }.first ?? 0
        if listed > 0 { words.append(String(listed)) }
        return words.joined(separator: " ")
    }

    private static func json(_ octets: [UInt8]) -> String {
        let text = octets.asText
        func value(_ name: String) -> String? {
            text.split(separator: "\"\(name)\":\"", maxSplits: 1).dropFirst().first.map {
                String($0.prefix { $0 != "\"" })
            }
        }
        return ["json", value("returncode"), value("messageKey")].compactMap { $0 }.joined(separator: " ")
    }
}

/// A fleet that two accounts share. Each has a meeting with somebody in it, a recording with captions, and a web hook;
/// the default account has a meeting on every server.
struct TwoAccounts: Sendable {
    /// What calls are about.
    struct Subject: Sendable {
        var meetingID: String
        let internalID: String
        let recordID: String
        let hookID: String
    }

    let stand: Stand
    let other: Account
    /// Of the default account.
    let mine: Subject
    let theirs: Subject
    /// Has what is mine.
    let owner: SimulatedServer
    /// Has what is theirs.
    let theirOwner: SimulatedServer

    static let nobody = Subject(
        meetingID: "nobody", internalID: "\(sha1Hex("nobody"))-1531155809613",
        recordID: "\(sha1Hex("nobody"))-1531155809613", hookID: "00000000-0000-4000-8000-000000000000")

    /// With which my meeting was made.
    static let callbacks: Parameters = [
        "meta_endCallbackUrl": "https://app.example/end?a=1&b=<2>", "meta_presenter": "Zoë & <Bob>",
        "meta_bbb-recording-ready-url": "https://app.example/ready?quote='\"",
        "meta_analytics-callback-url": "https://app.example/analytics", "meetingEndedURL": "https://app.example/over",
    ]

    init() async throws {
        let stand = try await Stand { settings in
            settings.publicURL = "https://plenary.example"
            settings.callbacksURL = "https://plenary.example"
        }
        let other = try await stand.tenant("other")
        for id in ["mine-1", "mine-2", "mine-3"] {
            let more: Parameters = id == "mine-1" ? Self.callbacks : [:]
            #expect(try await stand.create(id, more).isSuccess)
            // So that one is newer than the other.
            stand.clock.advance(by: .milliseconds(5))
        }
        let parameters: Parameters = ["name": "Theirs", "meetingID": "theirs-1"]
        let made = await stand.answer(to: Call(.create, rawQuery: parameters.encoded()), of: other)
        #expect(try Said.words(made) == "SUCCESS")
        mine = try await Self.furnish("mine-1", of: stand.account, in: stand)
        theirs = try await Self.furnish("theirs-1", of: other, in: stand)
        owner = try stand.holder("mine-1")
        theirOwner = try stand.holder("theirs-1", of: other.id)
        self.stand = stand
        self.other = other
        await stand.pollAll()
    }

    private static func furnish(_ id: String, of account: Account, in stand: Stand) async throws -> Subject {
        let meetingID = try stand.idOnServer(id, of: account.id)
        let holder = try stand.holder(id, of: account.id)
        let meeting = try #require(holder.meeting(meetingID))
        holder.joinParticipant(meetingID: meetingID, fullName: "Ann", role: .viewer, at: stand.clock.now)
        let recordID = meeting.internalID.rawValue
        let presentation = SimulatedRecording.Format(
            type: "presentation", url: "/playback/presentation/2.3/\(recordID)", length: 10, size: 987_654)
        holder.addRecording(
            SimulatedRecording(
                recordID: recordID, meetingID: meetingID.rawValue, name: "Room \(id)", startTime: meeting.createTime,
                endTime: stand.clock.now, metadata: meeting.metadata, formats: [presentation],
                tracks: [.init(kind: "subtitles", lang: "en-US", label: "English")]))
        let hook: Parameters = ["callbackURL": "https://app.example/hooks/\(id)"]
        let answer = await stand.answer(to: Call(.hooksCreate, rawQuery: hook.encoded()), of: account)
        guard case .xml(let octets) = answer else { throw Stand.NoReply() }
        let hookID = try #require(try Reply(octets).root.text(of: "hookID"))
        return Subject(meetingID: id, internalID: recordID, recordID: recordID, hookID: hookID)
    }

    /// How often each server received each call, in the order of the servers.
    var counts: [[CallName: Int]] { stand.servers.map { server in server.withBBB { $0.callCounts } } }

    /// What each received since then; calls that it did not receive are not in it.
    func received(since before: [[CallName: Int]]) -> [[CallName: Int]] {
        zip(counts, before).map { now, then in now.merging(then) { $0 - $1 }.filter { $0.value > 0 } }
    }

    /// Whether a subject is as it was made.
    func isUntouched(_ subject: Subject, on server: SimulatedServer, of account: Account) -> Bool {
        guard let id = MeetingID(rawValue: subject.meetingID),
            let meeting = server.meeting(MeetingKey(account: account.id, meetingID: id).idOnServer),
            let recording = server.recordings.first(where: { $0.recordID == subject.recordID })
        else { return false }
        let hooks = stand.store.roster { roster in
            roster.hooks.values.filter { $0.account == account.id }.map(\.id)
        }
        let live = stand.store.roster { $0.liveMeeting(MeetingKey(account: account.id, meetingID: id)) }
        guard meeting.internalID.rawValue == subject.internalID, meeting.participants.count == 1,
            meeting.chat.isEmpty, meeting.documents.isEmpty, meeting.configs.isEmpty
        else { return false }
        guard recording.state == .published, recording.metadata == meeting.metadata, recording.tracks.count == 1
        else { return false }
        return hooks.contains(subject.hookID) && live?.internalMeetingID == meeting.internalID
            && live?.isEnding == false
    }
}

/// Hears what a fleet and its servers say to each other, and may change what servers say.
final class WireTap: BBBTransport {
    struct Exchange: Sendable {
        let call: OutgoingCall
        /// As the fleet got it.
        let answer: ServerAnswer

        /// What the server was told, without the checksum.
        var parameters: Parameters {
            let request = SimulatedRequest(call)
            var parameters = Parameters(parsing: request.query)
            if request.contentType == "application/x-www-form-urlencoded" {
                parameters.append(contentsOf: Parameters(parsing: request.body.asText))
            }
            return parameters.filter { $0.name != "checksum" }
        }

        /// Host and port of the server.
        var authority: String { String(call.url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }) }
    }

    typealias Change = @Sendable (OutgoingCall, ServerAnswer) -> ServerAnswer

    private let base: any BBBTransport
    private let change: Change
    private let heard = Mutex<[Exchange]>([])

    init(_ base: any BBBTransport, change: @escaping Change = { _, answer in answer }) {
        self.base = base
        self.change = change
    }

    var exchanges: [Exchange] { heard.withLock { $0 } }

    /// The latest exchange of that call.
    func last(_ call: CallName) -> Exchange? { exchanges.last { $0.call.call == call } }

    func forget() { heard.withLock { $0 = [] } }

    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        let said = try await base.send(call, deadline: deadline)
        let answer = change(call, said)
        heard.withLock { $0.append(Exchange(call: call, answer: answer)) }
        return answer
    }

    /// What a later BigBlueButton may add to anything.
    static let future = "<future attr=\"1\">x &amp; y</future>"

    /// An answer with things in it that nobody knows.
    static func grown(_ answer: ServerAnswer) -> ServerAnswer {
        var text = answer.body.asText
        for element in ["response", "meeting", "attendee", "metadata", "format", "config"] {
            text = text.replacing("</\(element)>", with: "\(future)</\(element)>")
        }
        // Of a meeting an element of that name is a truth value.
        text = text.replacing("</data></recording>", with: "</data>\(future)</recording>")
        text = text.replacing("{\"response\":{", with: "{\"response\":{\"future\":{\"a\":[1,null]},")
        return ServerAnswer(status: answer.status, headers: answer.headers, body: Array(text.utf8))
    }
}
