import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// What a create asks of the balancer itself (`balancer.md` 3).
@Suite struct CreateWishTests {
    /// The names of the servers on which meetings were made.
    private static func used(_ stand: Stand) -> Set<String> {
        Set(stand.servers.filter { !$0.meetings.isEmpty }.map(\.name))
    }

    private static let refused = Array(
        ("<response><returncode>FAILED</returncode><messageKey>invalidParameters</messageKey>"
            + "<message>The URL you supplied has parameters that are not accepted.</message></response>").utf8)

    private static func isRefused(_ more: Parameters) async throws -> Bool {
        let stand = try await Stand()
        var parameters: Parameters = ["name": "Room", "meetingID": "room-1"]
        parameters.append(contentsOf: more)
        let octets = try await stand.xml(.create, parameters)
        guard octets == refused else { return false }
        #expect(stand.servers.allSatisfy { $0.count(of: .create) == 0 })
        #expect(try stand.mapped("room-1") == nil)
        return true
    }

    // MARK: reserved metadata

    private static let reserved = [
        "meta_mconflb-guid", "meta_mconflb-institution", "meta_mconflb-institution-name", "meta_mconflb-rec-server",
        "meta_mconflb-rec-server-url", "meta_mconflb-rec-server-key", "meta_MconfLB-Guid",
        "meta_MCONFLB-INSTITUTION-NAME", "META_mconflb-guid", "meta_plenary-tenant", "meta_Plenary-Anything",
        "meta_PLENARY-", "Meta_plenary-x",
    ]

    @Test(arguments: reserved) func `reserved metadata is refused, and nothing is made`(name: String) async throws {
        #expect(try await Self.isRefused([name: "x"]))
        #expect(try await Self.isRefused(["meta_other": "y", name: ""]))
    }

    private static let free = [
        "meta_mconflb-other", "meta_mconflb-guidx", "meta_plenary", "meta_plenaryx", "plenary-tenant",
        "meta_my-plenary-tenant", "meta_institution",
    ]

    @Test(arguments: free) func `metadata that is not reserved is the caller's`(name: String) async throws {
        let stand = try await Stand(servers: 1)
        #expect(try await stand.create("room-1", [name: "x"]).isSuccess)
        #expect(stand.servers[0].meetings.first?.parameters[name] == "x")
    }

    // MARK: load

    private static let badLoads = ["0", "-1", "-0.5", "0.0", "heavy", "1,5", "nan", "inf", "-inf", "1e999", " ", "2x"]

    @Test(arguments: badLoads) func `a load that is no positive number is refused`(load: String) async throws {
        #expect(try await Self.isRefused(["load": load]))
    }

    private static let loads: [(String?, Double)] = [(nil, 1), ("", 1), ("1", 1), ("3", 3), ("0.5", 0.5), ("10", 10)]

    @Test(arguments: loads)
    func `a load weighs what so many average meetings weigh, and the server is not told`(load: String?, factor: Double)
        async throws
    {
        let stand = try await Stand(servers: 1)
        var more = Parameters()
        if let load { more["load"] = load }
        #expect(try await stand.create("room-1", more).isSuccess)
        #expect(stand.fleet.observations().map(\.load) == [12 * factor])
        let told = try #require(stand.servers[0].meetings.first).parameters
        #expect(told["load"] == nil)
        // While it is young the expectation holds, though nobody is in it.
        await stand.pollAll()
        #expect(stand.fleet.observations().map(\.load) == [12 * factor])
    }

    @Test func `a heavy meeting keeps others away`() async throws {
        let stand = try await Stand(servers: 2)
        try await stand.create("heavy", ["load": "5"])
        for number in 0..<5 { try await stand.create("room-\(number)") }
        #expect(try stand.holder("heavy").meetings.count == 1)
    }

    // MARK: preferredServer

    private static let names = ["bbb3", "BBB3", "bbb3.example", "Bbb3.Example"]

    @Test(arguments: names)
    func `the preferred server is taken in spite of placement, by its name or its host`(name: String) async throws {
        let stand = try await Stand()
        for number in 0..<4 {
            #expect(try await stand.create("room-\(number)", ["preferredServer": name, "load": "7"]).isSuccess)
        }
        #expect(Self.used(stand) == ["bbb3"])
        let told = stand.servers[2].meetings.map(\.parameters)
        #expect(told.allSatisfy { $0["preferredServer"] == nil })
    }

    @Test func `a server is preferred by its host with and without the port`() async throws {
        let stand = try await Stand()
        let ported = try await stand.serverJoins("ported", at: "https://ported.example:8443")
        for (number, name) in ["ported.example:8443", "ported.example", "ported"].enumerated() {
            #expect(try await stand.create("room-\(number)", ["preferredServer": name]).isSuccess)
        }
        #expect(ported.meetings.count == 3)
    }

    private static let ignored = ["nobody", "bbb", "bbb1,bbb2", "bbb1.example:81", "http://bbb1.example", "", " bbb1"]

    @Test(arguments: ignored) func `a preferred server that nobody knows is ignored`(name: String) async throws {
        let stand = try await Stand()
        for number in 0..<6 { try await stand.create("room-\(number)", ["preferredServer": name]) }
        #expect(stand.servers.map(\.meetings.count) == [2, 2, 2])
        #expect(stand.servers.flatMap(\.meetings).allSatisfy { $0.parameters["preferredServer"] == nil })
    }

    @Test(arguments: [AdministrativeState.drain, .maintenance])
    func `a preferred server that takes no meetings is ignored`(state: AdministrativeState) async throws {
        let stand = try await Stand()
        try await stand.set(state, of: stand.servers[0])
        for number in 0..<4 { try await stand.create("room-\(number)", ["preferredServer": "bbb1"]) }
        #expect(stand.servers.map(\.meetings.count) == [0, 2, 2])
    }

    @Test func `a preferred server that fails is ignored, while it is suspect and when it fails with the create`()
        async throws
    {
        let stand = try await Stand()
        stand.servers[1].set(.refuse, call: .create)
        #expect(try await stand.create("room-1", ["preferredServer": "bbb2"]).isSuccess)
        #expect(try stand.holder("room-1") !== stand.servers[1])
        try await stand.suspect(stand.servers[0])
        #expect(try await stand.create("room-2", ["preferredServer": "bbb1"]).isSuccess)
        #expect(try stand.holder("room-2") === stand.servers[2])
    }

    // MARK: tags

    /// A stand whose servers have the tags gpu; gpu and eu; and none.
    private static func tagged() async throws -> Stand {
        let stand = try await Stand()
        for (server, tags) in zip(stand.servers, [["gpu"], ["gpu", "eu"], []]) {
            #expect(try await stand.store.setTags(Set(tags), of: try stand.server(server).id))
        }
        return stand
    }

    struct Wish: Sendable, CustomTestStringConvertible {
        let text: String
        /// The servers that it allows; `nil`: there is none.
        let allowed: Set<String>?
        var testDescription: String { text }

        init(_ text: String, _ allowed: Set<String>?) {
            self.text = text
            self.allowed = allowed
        }
    }

    private static let wishes = [
        Wish("gpu", ["bbb1", "bbb2"]), Wish("gpu!", ["bbb1", "bbb2"]), Wish("eu", ["bbb2"]), Wish("eu!", ["bbb2"]),
        Wish("EU!", ["bbb2"]), Wish("eu;none", ["bbb2", "bbb3"]), Wish("eu;none!", ["bbb2", "bbb3"]),
        Wish("none", ["bbb3"]), Wish("none!", ["bbb3"]), Wish("asia;eu!", ["bbb2"]),
        Wish("asia", ["bbb1", "bbb2", "bbb3"]), Wish("asia;africa", ["bbb1", "bbb2", "bbb3"]),
        Wish("", ["bbb1", "bbb2", "bbb3"]), Wish("asia!", nil), Wish("asia;africa!", nil),
    ]

    private static let tagNames = ["serverTag", "meta_server-tag", "meta_Server-Tag"]

    @Test(arguments: tagNames, wishes)
    func `tags choose among servers`(name: String, wish: Wish) async throws {
        let stand = try await Self.tagged()
        for number in 0..<6 {
            let reply = try await stand.create("room-\(number)", [name: wish.text])
            if wish.allowed == nil {
                #expect(reply.messageKey == .serverTagUnavailable)
                #expect(reply.message == "No server with a matching tag is available for this meeting.")
            } else {
                #expect(reply.isSuccess)
            }
        }
        #expect(Self.used(stand) == wish.allowed ?? [])
        for meeting in stand.servers.flatMap(\.meetings) {
            // Metadata is the server's to see; the plain parameter is ours.
            #expect(meeting.parameters["serverTag"] == nil)
            let metadata = meeting.metadata.first { $0.name == "server-tag" }?.value
            #expect(metadata == (name == "serverTag" ? nil : wish.text))
        }
        if wish.allowed == nil {
            #expect(try stand.mapped("room-0") == nil)
            #expect(stand.servers.allSatisfy { $0.count(of: .create) == 0 })
        }
    }

    @Test func `the plain parameter counts before metadata`() async throws {
        let stand = try await Self.tagged()
        try await stand.create("room-1", ["meta_server-tag": "eu!", "serverTag": "none!"])
        #expect(Self.used(stand) == ["bbb3"])
        let metadata = stand.servers[2].meetings.first?.metadata ?? []
        #expect(metadata.map(\.name) == ["server-tag"])
    }

    @Test func `servers that take no meetings fulfil no wish`() async throws {
        let stand = try await Self.tagged()
        try await stand.set(.drain, of: stand.servers[1])
        #expect(try await stand.create("room-1", ["serverTag": "eu!"]).messageKey == .serverTagUnavailable)
        #expect(try await stand.create("room-2", ["serverTag": "eu"]).isSuccess)
        #expect(try await stand.create("room-3", ["serverTag": "gpu!"]).isSuccess)
        #expect(try stand.holder("room-3") === stand.servers[0])
        #expect(stand.servers[1].meetings.isEmpty)
        try await stand.suspect(stand.servers[0])
        #expect(try await stand.create("room-4", ["serverTag": "gpu!"]).messageKey == .serverTagUnavailable)
    }

    @Test func `a wish that is required is kept when its servers fail with the create, one that is not is dropped`()
        async throws
    {
        let stand = try await Self.tagged()
        stand.servers[1].set(.refuse, call: .create)
        let required = try await stand.create("room-1", ["serverTag": "eu!"])
        #expect(required.code == .failed)
        #expect(try stand.mapped("room-1") == nil)
        #expect(Self.used(stand) == [])
        // What failed is suspect now, so it must look healthy for the next one.
        await stand.pollAll()
        #expect(try await stand.create("room-2", ["serverTag": "eu"]).isSuccess)
        #expect(stand.servers[1].meetings.isEmpty)
    }

    @Test func `another server that is preferred wins over a tag that is not required`() async throws {
        let stand = try await Self.tagged()
        try await stand.create("room-1", ["preferredServer": "bbb1", "serverTag": "eu"])
        #expect(Self.used(stand) == ["bbb1"])
    }
}
