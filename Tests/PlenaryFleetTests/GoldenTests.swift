import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// What may differ between what a server said and what its client gets. Whatever is not here is the same, octet by
/// octet.
enum AllowedDifference: Sendable {
    /// In metadata the caller's own addresses stand where the server was given ours.
    case callbackAddresses
    /// In addresses our host stands where the server's was.
    case host
    /// Entries of several servers are in one list, in one `<response>`; what servers write beside their lists is left
    /// out.
    case union
    /// The newest comes first.
    case order
    /// Each `<meeting>` ends with the `<server>` that has it, where a setting wants that.
    case serverElement
    /// Pages are cut by us, from recordings and not from formats.
    case paging
    /// Formats that another server has of the same recording stand behind the recording's own.
    case mergedFormats
    /// Hooks are registered with us, so that ids are ours.
    case hookID

    /// Of each call whose answer comes from servers.
    static let inAnswers: [CallName: Set<AllowedDifference>] = [
        .create: [], .join: [], .isMeetingRunning: [], .end: [], .insertDocument: [], .sendChatMessage: [],
        .getMeetingInfo: [.callbackAddresses],
        .getMeetings: [.callbackAddresses, .union, .order, .serverElement],
        .getSessions: [.union],
        .getRecordings: [.callbackAddresses, .union, .order, .paging, .mergedFormats],
        .publishRecordings: [], .deleteRecordings: [], .updateRecordings: [],
        .getRecordingTextTracks: [], .putRecordingTextTrack: [],
        .hooksCreate: [.hookID], .hooksList: [.hookID], .hooksDestroy: [],
        .getDefaultConfigXML: [.host], .setConfigXML: [],
    ]

    /// Of each call that goes to one server: the parameters in which what the server is told may differ from what the
    /// caller said. Those that only the balancer knows (`load`, `preferredServer`, `serverTag`) are told to nobody.
    static let inParameters: [CallName: Set<String>] = [
        // Ours where the caller has none; our addresses for the caller's; another number where one is taken; and the
        // way back after a move, where a setting wants it in the create.
        .create: [
            "attendeePW", "moderatorPW", "meta_endCallbackUrl", "meetingEndedURL", "meta_bbb-recording-ready-url",
            "meta_bn-recording-ready-url", "meta_canvas-recording-ready-url", "meta_analytics-callback-url",
            "voiceBridge", "logoutURL", "load", "preferredServer", "serverTag",
        ],
        // Where errors go; the way back after a move; the time of a creation before a move.
        .join: ["errorRedirectUrl", "logoutURL", "createTime"],
        // The external id for the internal one.
        .isMeetingRunning: [], .getMeetingInfo: [], .end: [], .insertDocument: [], .sendChatMessage: [],
        // Of several recordings each server is told its own.
        .publishRecordings: [], .deleteRecordings: [], .updateRecordings: [], .getRecordingTextTracks: [],
        .putRecordingTextTrack: [], .setConfigXML: [],
    ]
}

/// The fleet of two accounts once more, with somebody who listens between it and its servers. What servers say has
/// things in it that nobody knows.
struct TappedFleet: Sendable {
    let world: TwoAccounts
    let tap: WireTap
    let fleet: Fleet
    /// What my meeting's server was given, and what the caller had given.
    let addresses: [(ours: String, theirs: String)]

    init(tune: (inout FleetSettings) -> Void = { _ in }) async throws {
        let world = try await TwoAccounts()
        let stand = world.stand
        for server in stand.servers { server.withBBB { $0.hasConfigXML = true } }
        let tap = WireTap(stand.network) { _, answer in WireTap.grown(answer) }
        var settings = stand.fleet.settings
        settings.identity.instance = "tapped"
        tune(&settings)
        let fleet = Fleet(store: stand.store, transport: tap, settings: settings, time: stand.clock.fleetTime)
        for server in stand.store.roster({ $0.servers.values.sorted { $0.id < $1.id } }) {
            await fleet.pollOnce(server)
        }
        tap.forget()
        let id = try #require(MeetingID(rawValue: world.mine.meetingID))
        let given = try #require(world.owner.meeting(id)).parameters
        var addresses: [(ours: String, theirs: String)] = []
        for parameter in TwoAccounts.callbacks.all where parameter.name != "meta_presenter" {
            addresses.append((ours: try #require(given[parameter.name]), theirs: parameter.value))
        }
        self.world = world
        self.tap = tap
        self.fleet = fleet
        self.addresses = addresses
    }

    func answer(_ call: Call) async -> CallAnswer { await fleet.answer(call, of: Caller(world.stand.account)) }

    /// A document with the caller's addresses, escaped as in XML, in place of ours.
    func restoring(_ text: String) -> String {
        addresses.reduce(text) { text, address in
            var writer = XMLWriter()
            writer.characters(address.theirs)
            return text.replacing(address.ours, with: writer.text)
        }
    }

    /// What a client should get of what one server said.
    func expected(_ exchange: WireTap.Exchange, _ allowed: Set<AllowedDifference>) -> [UInt8] {
        var text = exchange.answer.body.asText
        if allowed.contains(.callbackAddresses) { text = restoring(text) }
        if allowed.contains(.host) { text = text.replacing("//\(exchange.authority)", with: "//plenary.example") }
        return Array(text.utf8)
    }
}

/// Answers of one server.
@Suite struct GoldenTests {
    /// Calls that one server answers.
    private static let single = SectionFifteenRow.all.filter {
        $0.asks[$0.call] == .owner || $0.call == .getDefaultConfigXML
    }

    @Test(arguments: single)
    func `what one server says goes out octet by octet, but for what is listed`(row: SectionFifteenRow) async throws {
        let tapped = try await TappedFleet()
        let allowed = try #require(AllowedDifference.inAnswers[row.call])
        let subjects = row.call == .create ? [tapped.world.mine, TwoAccounts.nobody] : [tapped.world.mine]
        for subject in subjects {
            let answer = await tapped.answer(row.request(row.parameters(subject)))
            let exchange = try #require(tapped.tap.last(row.call))
            let got = try #require(answer.bodyOctets)
            let expected = tapped.expected(exchange, allowed)
            #expect(got == expected, "\(got.asText) is not \(expected.asText)")
            let isJSON = row.call == .getRecordingTextTracks || row.call == .putRecordingTextTrack
            #expect(got.asText.contains(isJSON ? "\"future\":{\"a\":[1,null]}" : WireTap.future))
            if case .document(_, let contentType) = answer {
                #expect([contentType] == exchange.answer.values(of: "Content-Type"))
            }
            if case .relayed(_, let cookies) = answer {
                #expect(!cookies.isEmpty)
                #expect(cookies == exchange.answer.values(of: "Set-Cookie"))
            }
        }
    }

    @Test(arguments: single)
    func `what one server refuses goes out octet by octet`(row: SectionFifteenRow) async throws {
        // A document is fetched from another server then.
        guard row.call != .getDefaultConfigXML else { return }
        let tapped = try await TappedFleet()
        tapped.world.owner.set(.failed("somethingNew", "<&> of tomorrow"), call: row.call)
        let answer = await tapped.answer(row.request(row.parameters(tapped.world.mine)))
        let exchange = try #require(tapped.tap.last(row.call))
        let got = try #require(answer.bodyOctets)
        #expect(got.asText.contains("<messageKey>somethingNew</messageKey>"))
        #expect(got == exchange.answer.body, "\(got.asText)")
    }

    @Test func `the caller's addresses are in what a client reads, and ours are not`() async throws {
        let tapped = try await TappedFleet()
        let call = Call(.getMeetingInfo, rawQuery: "meetingID=mine-1")
        let answer = await tapped.answer(call)
        let reply = try Reply(try #require(answer.bodyOctets))
        let metadata = try #require(reply.root.child("metadata"))
        for parameter in TwoAccounts.callbacks.all where parameter.name.hasPrefix("meta_") {
            #expect(metadata.text(of: parameter.name.dropFirst(5).lowercased()) == parameter.value)
        }
        #expect(!reply.octets.asText.contains("/callbacks/"))
        #expect(!reply.octets.asText.contains("https://app.example/over"), "that one is for nobody to see")
        let said = try #require(tapped.tap.last(.getMeetingInfo)).answer.body.asText
        #expect(said.contains("https://plenary.example/callbacks/"))
    }

    @Test func `what was last said of a meeting is what the server wrote in its list`() async throws {
        let tapped = try await TappedFleet()
        let stand = tapped.world.stand
        await tapped.fleet.pollOnce(try stand.server(tapped.world.owner))
        let list = try Reply(try #require(tapped.tap.last(.getMeetings)).answer.body)
        tapped.world.owner.set(.hang)
        let answer = await tapped.answer(Call(.getMeetingInfo, rawQuery: "meetingID=mine-1"))
        let got = try #require(answer.bodyOctets).asText
        let meeting = try #require(
            list.root.child("meetings")?.children.first { $0.text(of: "meetingID") == "mine-1" })
        let content = tapped.restoring(Array(list.octets[meeting.contentRange]).asText)
        #expect(got == "<response><returncode>SUCCESS</returncode>\(content)</response>")
    }
}
