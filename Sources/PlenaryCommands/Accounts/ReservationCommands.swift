internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct AccountReservationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reservations", abstract: "Connections that an account's meetings have reserved.",
        discussion:
            "Reservations are on for accounts with --max-connections, or whose subscription has max_connections.",
        subcommands: [
            ReservationList.self, ReservationCapacity.self, ReservationRelease.self, ReservationExtend.self,
        ])
}

/// A reservation as `--json` shows it. Stable: fields are added, never renamed.
private struct ReservationView: Encodable {
    let account: String
    let meetingID: String
    let connections: Int
    let minutes: Int
    /// pending, reserved, unreserved, ending, claimed, terminating, orphaned.
    let state: String
    let createdAt: Int64
    let expiresAt: Int64
    /// Of an orphaned one: how long its connections wait for its meeting.
    let orphanedUntil: Int64?
    /// The meeting that takes, or took, its connections.
    let takenBy: String?

    init(_ reservation: Reservation, _ place: Workplace, at now: WireTime) {
        func slug(_ id: AccountID) -> String { place.store.roster { $0.accounts[id]?.slug.text } ?? String(id.number) }
        account = slug(reservation.key.account)
        meetingID = reservation.key.meetingID.rawValue
        connections = reservation.connections
        minutes = reservation.minutes
        createdAt = reservation.createdAt.milliseconds
        expiresAt = reservation.expiresAt.milliseconds
        var (until, taker): (WireTime?, MeetingKey?)
        switch reservation.state {
        case .pending(_, let orphaned): (state, until) = ("pending", orphaned)
        case .live: state = reservation.isUnreserved(at: now) ? "unreserved" : "reserved"
        case .ending: state = "ending"
        case .claimed(let key): (state, taker) = ("claimed", key)
        case .terminating(let key): (state, taker) = ("terminating", key)
        case .orphaned(let end): (state, until) = ("orphaned", end)
        }
        orphanedUntil = until?.milliseconds
        takenBy = taker.map { "\(slug($0.account))/\($0.meetingID)" }
    }
}

extension Workplace {
    /// The account's pool and what is in it. What is reserved stays so when reservations are switched off.
    fileprivate func pool(of account: Account) async throws -> ReservationPool {
        let pool = account.connectionPool
        if pool == nil {
            Console.note(
                "plenary: reservations are off for \(account.slug); they are on with:"
                    + " plenary account limits \(account.slug) --max-connections N")
        }
        return try await store.pool(
            of: account.id, capacity: pool?.capacity, isShared: pool?.isShared ?? false)
    }

    fileprivate func key(_ meeting: String, of account: Account) throws -> MeetingKey {
        guard let id = MeetingID(rawValue: meeting) else {
            throw CommandFailure(
                message: "a meetingID is not empty", remedy: "plenary account reservations list", exitCode: 64)
        }
        return MeetingKey(account: account.id, meetingID: id)
    }

    fileprivate func noReservation(_ meeting: String, _ account: Account) -> CommandFailure {
        CommandFailure(
            message: "the meeting `\(MeetingView.printable(meeting))` of \(account.slug) has nothing reserved",
            remedy: "See what is: plenary account reservations list \(account.slug)")
    }
}

struct ReservationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the reservations of an account, with those of all who share its pool.")
    @Argument(help: "Its short name.") var account: String
    @Option(help: "As they will be then, if nothing happens: 2026-03-01T09:00:00Z. Default: now.") var at: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let views = try await Workplace.open { place in
            let now = try at.map { try CommerceInput.time($0, "--at") } ?? place.time.now()
            return try await place.pool(of: try place.account(account)).reservations.values
                .sorted { ($0.createdAt, $0.key.meetingID.rawValue) < ($1.createdAt, $1.key.meetingID.rawValue) }
                .map { ReservationView($0, place, at: now) }
        }
        if output.json { return try Console.json(views) }
        if views.isEmpty { return Console.say("Nothing is reserved.") }
        var table = Table(["account", "meeting", "connections", "state", "until"])
        for view in views {
            table.add([
                view.account, MeetingView.printable(view.meetingID), String(view.connections),
                view.takenBy.map { "\(view.state) for \(MeetingView.printable($0))" } ?? view.state,
                WireTime(milliseconds: view.orphanedUntil ?? view.expiresAt).text,
            ])
        }
        Console.say(table.text)
    }
}

struct ReservationCapacity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity", abstract: "How many connections an account can still have.")
    @Argument(help: "Its short name.") var account: String
    @OptionGroup var output: OutputOptions

    /// `null` and absent: unlimited.
    private struct View: Encodable {
        struct Expiry: Encodable {
            let at: Int64
            let connections: Int
        }

        let at: Int64
        let pool: Int?
        let protected: Int
        let unreserved: Int
        let free: Int?
        /// What a create can get at the cost of meetings past their time.
        let reclaimable: Int
        let nextExpiries: [Expiry]
    }

    func run() async throws {
        let view = try await Workplace.open { place in
            let now = place.time.now()
            let pool = try await place.pool(of: try place.account(account))
            return View(
                at: now.milliseconds, pool: pool.capacity, protected: pool.protected(at: now),
                unreserved: pool.unreserved(at: now), free: pool.free(at: now), reclaimable: pool.unreserved(at: now),
                nextExpiries: pool.nextExpiries(at: now).map {
                    View.Expiry(at: $0.at.milliseconds, connections: $0.connections)
                })
        }
        if output.json { return try Console.json(view) }
        func number(_ value: Int?) -> String { value.map { String($0) } ?? "unlimited" }
        Console.say("\(number(view.pool)) connections: \(view.protected) reserved, \(number(view.free)) free")
        if view.unreserved > 0 {
            Console.say("\(view.unreserved) of meetings past their reserved time, given to who needs them")
        }
        for expiry in view.nextExpiries {
            Console.say("\(expiry.connections) reserved until \(WireTime(milliseconds: expiry.at).text)")
        }
    }
}

struct ReservationRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Give a meeting's reservation up; the meeting goes on, unreserved.")
    @Argument(help: "The account's short name.") var account: String
    @Argument(help: "The meetingID.") var meeting: String
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable { let released: String }

    func run() async throws {
        try await Workplace.open { place in
            let account = try place.account(account)
            let key = try place.key(meeting, of: account)
            guard try await place.store.releaseReservation(of: key, now: place.time.now()) else {
                throw place.noReservation(meeting, account)
            }
        }
        if output.json { return try Console.json(Answer(released: meeting)) }
        Console.say("\(MeetingView.printable(meeting)) goes on until its connections are needed.")
    }
}

struct ReservationExtend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend", abstract: "Reserve a meeting's connections for longer, if the pool has the room.")
    @Argument(help: "The account's short name.") var account: String
    @Argument(help: "The meetingID.") var meeting: String
    @Option(help: "Minutes beyond its time; of a meeting past its time: from now.") var minutes: Int
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard (1...100_000).contains(minutes) else {
            throw CommandFailure(
                message: "\(minutes) minutes make no sense", remedy: "Give 1 to 100000: --minutes 30.", exitCode: 64)
        }
        let view = try await Workplace.open { place in
            let account = try place.account(account)
            let key = try place.key(meeting, of: account)
            let now = place.time.now()
            let pool = account.connectionPool
            let extended = try await place.store.extendReservation(
                of: key, by: .seconds(60 * minutes), capacity: pool?.capacity, isShared: pool?.isShared ?? false,
                now: now)
            switch extended {
            case .extended(let reservation): return ReservationView(reservation, place, at: now)
            case .noReservation: throw place.noReservation(meeting, account)
            case .noRoom:
                throw CommandFailure(
                    message: "others have the connections",
                    remedy: "See: plenary account reservations capacity \(account.slug)")
            }
        }
        if output.json { return try Console.json(view) }
        Console.say("Reserved until \(WireTime(milliseconds: view.expiresAt).text).")
    }
}
