import BigBlueButton
import Foundation
import PlenaryCore
import Synchronization
import Testing

@testable import PlenaryStore

/// Where a store keeps its data in a test.
enum Place: String, Sendable, CaseIterable { case memory, disk }

/// One database; each engine that is opened is what another process would have. In memory they are all the same one.
struct TestDatabase: Sendable {
    let place: Place
    let engine: @Sendable () throws -> SQLiteEngine

    func store(_ settings: Store.Settings = Store.Settings(), now: WireTime = .start) async throws -> Store {
        try await Store.open(try engine(), settings: settings, newKey: Secret("key of a test"), now: now)
    }
}

/// Gives a database that is gone when `work` is over.
func withDatabase(_ place: Place, _ work: (TestDatabase) async throws -> Void) async throws {
    switch place {
    case .memory:
        let engine = try SQLiteEngine()
        try await work(TestDatabase(place: place) { engine })
    case .disk:
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("plenary-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("store.sqlite").path
        let keys = try KeyRing.sample()
        try await work(TestDatabase(place: place) { try SQLiteEngine(path: path, keys: KeyChain(keys)) })
    }
}

/// Gives a store whose database is gone when `work` is over.
func withStore(
    _ place: Place, _ settings: Store.Settings = Store.Settings(), _ work: (Store) async throws -> Void
) async throws {
    try await withDatabase(place) { try await work(try await $0.store(settings)) }
}

extension WireTime {
    static let start = WireTime(milliseconds: 1_700_000_000_000)
}

struct Unexpected: Error {
    let what: String
    init(_ what: String) { self.what = what }
}

extension KeyRing {
    /// Keys of one octet each, the newest first.
    static func sample(_ octets: UInt8...) throws -> KeyRing {
        let keys = (octets.isEmpty ? [7] : octets).map { octet in
            String(repeating: (octet < 16 ? "0" : "") + String(octet, radix: 16), count: 32)
        }
        return try KeyRing(text: keys.joined(separator: "\n"))
    }
}

extension Secret {
    static func sample(_ text: String) throws -> Secret { try #require(Secret(text)) }
}

extension MeetingKey {
    static func sample(_ id: String) throws -> MeetingKey {
        MeetingKey(account: .default, meetingID: try #require(MeetingID(rawValue: id)))
    }
}

extension Store.Settlement {
    /// What a server says about a meeting that it has.
    static func sample(_ internalID: String, createTime: Int64 = 5, moderatorPW: String = "mp") throws
        -> Store.Settlement
    {
        let octets = XMLWriter.response(.success) {
            $0.element("meetingID", "any")
            $0.element("internalMeetingID", internalID)
            $0.element("createTime", createTime)
            $0.element("attendeePW", "ap")
            $0.element("moderatorPW", moderatorPW)
        }
        return Store.Settlement(try #require(CreateReply(try Reply(octets))))
    }
}

extension Intent {
    static func sample(_ id: String, on server: ServerID) throws -> Intent {
        Intent(
            key: try .sample(id), name: "Room \(id)", server: server, attendeePW: "a", moderatorPW: "m",
            parameters: "name=Room&meetingID=\(id)", expectedLoad: 12, creator: "node-1")
    }
}

extension Store {
    var accounts: [AccountID: Account] { roster { $0.accounts } }
    var servers: [ServerID: Server] { roster { $0.servers } }
    var meetings: [MeetingNumber: Meeting] { roster { $0.meetings } }

    @discardableResult
    func addSample(_ name: String, host: String? = nil, administrative: AdministrativeState = .ready) async throws
        -> Server
    {
        try await addServer(
            name: try #require(Slug(name)),
            endpoint: Endpoint(
                url: try #require(APIURL("https://\(host ?? "\(name).example")")), secret: try .sample("of \(name)")),
            administrative: administrative, now: .start)
    }

    /// Writes an intent down; it must not be taken.
    func written(_ id: String, on server: ServerID, displacing old: Meeting? = nil) async throws -> Meeting {
        guard case .written(let meeting) = try await intend(.sample(id, on: server), displacing: old, now: .start)
        else { throw Unexpected("\(id) is taken") }
        return meeting
    }

    /// A meeting that runs.
    func running(_ id: String, on server: ServerID, internalID: String? = nil) async throws -> Meeting {
        let meeting = try await written(id, on: server)
        let settled = try await settle(meeting.number, on: server, .sample(internalID ?? "\(id)-internal"), now: .start)
        return try #require(settled)
    }

    /// One number out of the database.
    func number(_ sql: String, _ values: [SQLValue] = []) async throws -> Int64 {
        try await read { try $0.query(sql, values).first?.integer(0) ?? -1 }
    }
}

/// Expects that two stores hold the same, however it is looked up.
func expectSameRoster(
    _ left: Store, _ right: Store, _ when: String = "", at location: SourceLocation = #_sourceLocation
) {
    let comment = Comment(rawValue: when)
    #expect(left.accounts == right.accounts, comment, sourceLocation: location)
    #expect(left.servers == right.servers, comment, sourceLocation: location)
    #expect(left.meetings == right.meetings, comment, sourceLocation: location)
    // Each way to look something up is compared as a whole: removed servers too, which must have nothing.
    let meetings = right.meetings.values.sorted { $0.number < $1.number }
    let internalIDs = meetings.compactMap { $0.internalMeetingID.flatMap { MeetingID(rawValue: $0.rawValue) } }
    func lookUp(_ store: Store) -> [[Meeting?]] {
        store.roster { roster in
            var found: [[Meeting?]] = [roster.runningMeetings(of: .default)]
            found.append(meetings.map { roster.liveMeeting($0.key) })
            found.append(internalIDs.map { roster.liveMeeting($0, of: .default) })
            for server in 0...Int64(40) { found.append(roster.meetings(on: ServerID(server))) }
            return found
        }
    }
    #expect(lookUp(left) == lookUp(right), comment, sourceLocation: location)
    func counts(_ store: Store) -> [Int] {
        store.roster { roster in (0...Int64(40)).map { roster.count(on: ServerID($0)) } }
    }
    #expect(counts(left) == counts(right), comment, sourceLocation: location)
}

/// What a store told its observers.
final class Told: Sendable {
    private let updates = Mutex<[RosterUpdate]>([])

    init(_ store: Store) { store.observe { update in self.updates.withLock { $0.append(update) } } }

    /// One word an update's change, such as `server 3`, in order; `everything` where the roster was read anew.
    var words: [String] {
        updates.withLock { updates in
            updates.flatMap { update -> [String] in
                switch update {
                case .everything: ["everything"]
                case .changes(let changes):
                    changes.map { change in
                        switch change {
                        case .account(let id, _): "account \(id)"
                        case .server(let id, _): "server \(id)"
                        case .meeting(let number, _): "meeting \(number)"
                        case .hook(let number, _): "hook \(number)"
                        case .order(let id, _): "order \(id)"
                        case .policy: "policy"
                        }
                    }
                }
            }
        }
    }

    /// How often it was told.
    var count: Int { updates.withLock { $0.count } }
}

/// Random numbers that are the same for the same seed: SplitMix64.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
