import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Somebody's browser: follows joins to simulated servers, keeps our cookie, and presses OK when the meeting has ended.
struct Browser {
    let stand: Stand
    /// The last join, as our cookie has it.
    private(set) var cookie: CallAnswer.Cookie?
    /// The meeting's page that it shows.
    private(set) var page: (server: SimulatedServer, target: String)?
    /// Where the last redirect led.
    private(set) var location = ""

    init(_ stand: Stand) { self.stand = stand }

    struct Lost: Error, CustomStringConvertible {
        let description: String
    }

    /// Opens a join link of ours.
    mutating func join(_ id: String, _ more: Parameters = ["role": "VIEWER"], as name: String = "Ann") async throws {
        var parameters: Parameters = ["fullName": name, "meetingID": id]
        parameters.append(contentsOf: more)
        try follow(await stand.answer(.join, parameters))
    }

    /// Goes where an answer leads; into a meeting, if that is where.
    mutating func follow(_ answer: CallAnswer) throws {
        guard case .redirect(let url, let cookies) = answer else { throw Lost(description: "\(answer)") }
        for cookie in cookies where cookie.name == Fleet.joinCookie { self.cookie = cookie }
        location = url
        page = nil
        guard let server = stand.servers.first(where: { url.hasPrefix($0.url.text + "/join?") }) else { return }
        let joined = server.carryOut(SimulatedRequest(target: Self.target(of: url)), at: stand.now)
        let client = joined.headers.first { $0.name == "Location" }?.value ?? ""
        guard joined.status == 302, client.contains("/html5client/") else { throw Lost(description: client) }
        page = (server, Self.target(of: client))
        _ = try look()
    }

    /// What the page shows.
    func look() throws -> String {
        guard let page else { throw Lost(description: "no page is open") }
        return page.server.carryOut(SimulatedRequest(target: page.target), at: stand.now).body.asText
    }

    /// Whether it is in a live meeting.
    var isIn: Bool {
        get throws { try look().contains("<div id=\"live\">") }
    }

    /// Where the button of a page leads whose meeting has ended.
    func button() throws -> String {
        let page = try look()
        guard page.contains("<div id=\"ended\">"), let behind = page.split(separator: "data-url=\"").dropFirst().first
        else { throw Lost(description: "the meeting has not ended") }
        var url = String(behind.prefix { $0 != "\"" })
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
            url = url.replacing(entity, with: character)
        }
        return url
    }

    /// Presses OK on the page that says that the meeting has ended.
    mutating func pressOK() async throws {
        let url = try button()
        location = url
        guard url.hasPrefix("\(Stand.outside)/bigbluebutton/api/rejoin?") else {
            page = nil
            return
        }
        try follow(await rejoin(url, cookie: cookie?.value))
    }

    /// What we answer a browser that comes back.
    func rejoin(_ url: String, cookie: String?) async -> CallAnswer {
        await stand.fleet.rejoin(Parameters(parsing: Self.query(of: url)), cookie: cookie)
    }

    /// The address to which a server sends this browser from the meeting, as the join told the server.
    static func logoutURL(in join: String) throws -> String {
        try #require(Parameters(parsing: query(of: join))["logoutURL"])
    }

    static func query(of url: String) -> String { String(url.drop { $0 != "?" }.dropFirst()) }

    private static func target(of url: String) -> String {
        String(url.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" })
    }
}

extension Stand {
    /// A meeting on a server of that name.
    @discardableResult
    func create(_ id: String, on name: String, _ more: Parameters = Parameters()) async throws -> Reply {
        var parameters = more
        parameters["preferredServer"] = name
        let reply = try await create(id, parameters)
        #expect(try holder(id).name == name)
        return reply
    }

    func move(_ id: String, _ more: Parameters = Parameters()) async throws -> Reply {
        var parameters: Parameters = ["meetingID": id]
        parameters.append(contentsOf: more)
        return try await reply(.move, parameters)
    }

    /// One server has the meeting, and it is mapped to that one.
    func expectOnce(_ id: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let all = try holders(id)
        #expect(all.count == 1, "\(all.map(\.name))", sourceLocation: sourceLocation)
        let holder = try #require(all.first, sourceLocation: sourceLocation)
        let found = try #require(try mapped(id), sourceLocation: sourceLocation)
        let meetingID = try self.id(id)
        let meeting = try #require(holder.meeting(meetingID), sourceLocation: sourceLocation)
        let number = try server(holder).id
        #expect(found.state == .running && found.server == number, sourceLocation: sourceLocation)
        #expect(found.internalMeetingID == meeting.internalID, sourceLocation: sourceLocation)
    }
}
