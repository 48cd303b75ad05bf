import BigBlueButton
import HTTPTypes
import Hummingbird
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import PlenaryWeb
import Testing

/// Rooms of one customer on our own servers, as browsers and programs meet them.
struct RoomDoor: Sendable {
    let desk: Desk
    let account: AccountID

    /// - Parameters:
    ///   - joins: tries of one address in a minute; all requests of a test come from one.
    ///   - features: of the subscription.
    static func open(
        joins: Int = 10_000, features: [FeatureCode: FeatureValue] = [.guestAccess: .bool(true)],
        _ work: @escaping @Sendable (RoomDoor) async throws -> Void
    ) async throws {
        try await Desk.open(looksAround: true, { $0.joinsPerMinute = joins }) { desk in
            let (store, now) = (desk.store, desk.clock.now)
            var random = FleetRandom(desk.clock.fleetTime)
            _ = try await store.ensureFleetProvider(identity: ResourceIdentity(at: now, using: &random), now: now)
            let customer = try await store.addCustomer(
                CustomerDetails(
                    type: .business, email: "it@nordschule.example", firstName: "Ida", lastName: "Berg",
                    companyName: "Nordschule"), identity: ResourceIdentity(at: now, using: &random), key: "nord",
                now: now)
            let sold = try await store.addPackage(
                PackageDetails(name: "Meet"), features: FeatureSet(features),
                identity: ResourceIdentity(at: now, using: &random), now: now)
            let subscription = try await store.addSubscription(
                SubscriptionOrder(sold.number, for: customer.number),
                identity: ResourceIdentity(at: now, using: &random), tag: "tag10001", now: now)
            let account = try await store.addAccount(slug: try #require(Slug("nord")), name: "Nord", now: now).id
            _ = try await store.bind(account, to: subscription.number, force: false, now: now)
            try await work(RoomDoor(desk: desk, account: account))
        }
    }

    func room(_ name: String = "Business Meeting", _ change: (inout RoomDetails) -> Void = { _ in }) async throws
        -> Room
    {
        var details = RoomDetails(name: name)
        change(&details)
        let now = desk.clock.now
        var random = FleetRandom(desk.clock.fleetTime)
        return try await desk.store.addRoom(
            details, in: account, identity: ResourceIdentity(at: now, using: &random),
            seeds: RoomSeeds(at: now, using: &random), now: now)
    }

    /// The text of a new token.
    func token(_ role: RoomRole, of room: Room) async throws -> String {
        var random = FleetRandom(desk.clock.fleetTime)
        let token = try await desk.store.addToken(
            RoomTokenDetails(role: role), to: room.number, seed: RoomTokenSeed(at: desk.clock.now, using: &random),
            now: desk.clock.now)
        return token.text.reveal()
    }

    func addCode(_ text: String, _ role: RoomRole, to room: Room) async throws {
        var random = FleetRandom(desk.clock.fleetTime)
        _ = try await desk.store.addCode(
            RoomCodeDetails(role: role, code: text), to: room.number,
            seed: RoomCodeSeed(at: desk.clock.now, using: &random), now: desk.clock.now)
    }

    // MARK: the API

    func join(_ room: Room, _ body: JSON) async throws -> APIReply {
        try await desk.api(.post, "/join/\(room.identity.id)", body, as: nil)
    }

    // MARK: the page

    static func path(_ room: Room) -> String { "/rooms/\(room.identity.id)/\(room.slug)" }

    /// - Parameter cookies: as `name=value`.
    func page(_ target: String, cookies: [String] = [], headers more: HTTPFields = [:]) async throws -> Desk.Answer {
        var headers = more
        if !cookies.isEmpty { headers[.cookie] = cookies.joined(separator: "; ") }
        return try await desk.send(target, headers: headers)
    }

    /// Sends the form of a page.
    func send(_ target: String, _ form: String, cookies: [String] = []) async throws -> Desk.Answer {
        var headers: HTTPFields = [.contentType: Desk.form]
        if !cookies.isEmpty { headers[.cookie] = cookies.joined(separator: "; ") }
        return try await desk.send(target, method: .post, headers: headers, body: form)
    }
}

extension Desk.Answer {
    /// What the browser is to keep, by name.
    var cookies: [String: String] {
        var all: [String: String] = [:]
        for cookie in headers[values: .setCookie] {
            all[String(cookie.prefix { $0 != "=" })] = cookie
        }
        return all
    }

    /// `name=value` of one.
    func kept(_ name: String) -> String? { cookies[name].map { String($0.prefix { $0 != ";" }) } }

    /// The text between two others.
    func text(after start: String, before end: Character) -> String? {
        let parts = text.split(separator: start, maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count < 2 ? nil : String(parts[1].prefix { $0 != end })
    }

    var ticket: String? { text(after: "name=\"ticket\" value=\"", before: "\"") }
}

/// Expects the page of a room, with the headers that all of them have (`rooms-api.md` 8.5).
func expectPage(
    _ answer: Desk.Answer, _ status: Int, contains: [String] = [], lacks: [String] = [],
    at location: SourceLocation = #_sourceLocation
) {
    let note = Comment(rawValue: answer.text)
    #expect(answer.status == status, note, sourceLocation: location)
    #expect(answer.type == "text/html; charset=utf-8", note, sourceLocation: location)
    let expected = [
        ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    for (name, value) in expected {
        let found = HTTPField.Name(name).flatMap { answer.headers[$0] }
        #expect(found == value, "\(name)", sourceLocation: location)
    }
    let policy = HTTPField.Name("Content-Security-Policy").flatMap { answer.headers[$0] } ?? ""
    #expect(policy.hasPrefix("default-src 'none';") && !policy.contains("http"), sourceLocation: location)
    for text in contains { #expect(answer.text.contains(text), "\(text)\n\(answer.text)", sourceLocation: location) }
    for text in lacks { #expect(!answer.text.contains(text), "\(text)\n\(answer.text)", sourceLocation: location) }
    for (name, cookie) in answer.cookies where name.hasPrefix("plenary_") {
        // The fleet's own, for coming back to a meeting that was moved, goes into frames of other sites as well.
        let site = name == "plenary_join" ? "; SameSite=None" : "; SameSite=Lax"
        for attribute in ["; HttpOnly", site, "; Secure", "; Path=/"] {
            #expect(cookie.contains(attribute), "\(cookie)", sourceLocation: location)
        }
    }
}
