internal import BigBlueButton
internal import PlenaryCore
package import PlenaryStore
internal import Synchronization

/// The fleet that looks like one server: the use cases of the balancer over the store and the transport.
///
/// What is decided stands in `PlenaryCore`; here it is carried out. Each call is a file in `Calls/`, the work behind the
/// calls is in `Servers/`.
package final class Fleet: Sendable {
    package let settings: FleetSettings
    package let time: FleetTime
    package let store: Store
    let transport: any BBBTransport
    /// For polls: connections of their own, if the wiring gave some.
    let probes: any BBBTransport
    let policy: LeastLoad
    let joins: JoinRecorder
    let secretUses = SecretUses()
    let reads: SharedReads
    let creates = KeyedGate<MeetingKey>()
    /// One at a time looks after our hooks at a server.
    let hookCare = KeyedGate<ServerID>()
    private let state: Mutex<FleetState>
    /// Wakes whoever follows the set of servers.
    let membership: Signal
    let nudges: Nudges
    /// Wakes the courier.
    let deliveries = Signal()
    let startedAt: WireTime

    package init(
        store: Store, transport: any BBBTransport, probes: (any BBBTransport)? = nil, settings: FleetSettings,
        time: FleetTime
    ) {
        self.store = store
        self.transport = transport
        self.probes = probes ?? transport
        self.settings = settings
        self.time = time
        policy = LeastLoad()
        joins = JoinRecorder(limit: settings.waitingJoins)
        reads = SharedReads(maxAge: settings.readsMaxAge, limit: settings.keptReads, uptime: time.uptime)
        state = Mutex(
            FleetState(health: FleetHealth(policy: settings.health), ledger: LoadLedger(weights: settings.weights)))
        membership = Signal()
        nudges = Nudges()
        startedAt = time.now()
        followRoster(.everything)
        store.observe { [weak self] in self?.followRoster($0) }
    }

    /// The one place where the fleet's shared state is changed. Nothing is awaited and nothing of others is called inside.
    func withState<Value>(_ change: (inout FleetState) -> Value) -> Value { state.withLock { change(&$0) } }

    /// Keeps health and bookings in step with the roster.
    private func followRoster(_ update: RosterUpdate) {
        let now = time.uptime()
        let (servers, meetings): ([Server], [Meeting]?) = store.roster { roster in
            switch update {
            case .everything: (Array(roster.servers.values), Array(roster.meetings.values))
            case .changes: (Array(roster.servers.values), nil)
            }
        }
        let (changes, turned) = withState { state in
            let (changes, turned) = state.follow(servers: servers, at: now)
            if let meetings {
                state.rebook(meetings, at: now)
            } else if case .changes(let list) = update {
                for case .meeting(let number, let meeting) in list { state.book(number, meeting, at: now) }
            }
            return (changes, turned)
        }
        FleetLog.announce(changes) { server in servers.first { $0.id == server }?.name }
        membership.raise()
        // What people turned shall be seen at once.
        for server in turned { nudges.nudge(server) }
    }
}

/// What the fleet knows beside the store: health, bookings and what each server last said. A value; see ``Fleet/withState(_:)``.
struct FleetState {
    var health: FleetHealth
    var ledger: LoadLedger
    private(set) var views: [ServerID: ServerView] = [:]
    /// Creates that this process is busy with.
    var inFlight: Set<MeetingNumber> = []
    /// Provisional bookings, made before the store gave a number, have negative ones.
    private var lastProvisional: Int64 = 0
    /// The process is about to end.
    var hasStoppedDelivering = false
    /// Orders of which a step is being carried out.
    var orders: Set<OrderID> = []
    /// Evacuations under way.
    var pace: [OrderID: Pace] = [:]
    /// Meetings that an order moved, and nobody knows yet whether their new server has them.
    var unsettled: [OrderID: Set<Meeting>] = [:]
    /// Meetings whose end is being asked for, and how often at the same time; they are not moved.
    var ends: [MeetingKey: Int] = [:]
    /// Meetings that are being moved; they are not ended before it is known where they are.
    var moves: Set<MeetingKey> = []
    /// Meetings that could not be moved, and when they are tried again.
    var movesAgain: [MeetingNumber: Duration] = [:]
    /// Who was let in lately, of accounts that may have only so many people.
    var arriving: [AccountID: [MeetingID: [Arrival]]] = [:]
    /// Meetings that are ended for others.
    var preemptions: [MeetingNumber: Preemption] = [:]
    /// Connections that creates under way reserve on servers.
    var reserving: [MeetingKey: Reserving] = [:]
    /// Secrets of which it was told that they cannot be read.
    var unreadable: Set<String> = []
    /// Servers that left the fleet, at which hooks of ours may be.
    var removedServers = RemovedServers()
    /// Voice bridges of creates that are under way.
    var voiceBridges: [MeetingKey: String] = [:]
    private var provisional: [MeetingKey: MeetingNumber] = [:]
    private var administrative: [ServerID: AdministrativeState] = [:]

    init(health: FleetHealth, ledger: LoadLedger) {
        self.health = health
        self.ledger = ledger
    }

    /// What a server last said, and how busy it is with our calls.
    struct ServerView {
        /// The reply of the last good poll or list.
        var meetings: MeetingsReply?
        var meetingsAt: Duration = .zero
        /// Breakout rooms in that list.
        var breakouts: [MeetingSnapshot] = []
        /// Meetings made since, which no list has shown yet.
        var created: [MeetingID: (meeting: KnownMeeting, at: Duration)] = [:]
        /// The last good answer of any kind.
        var heardAt: Duration?
        var calls = 0
        /// It was not polled yet, or did not answer the last poll: what it has was not compared with what it should have since.
        var isReturning = true
        var stateSince: WireTime?
        /// When our hooks there are looked after next.
        var hooksDueAt = Duration.zero
        /// Whether this process looked once whether there are hooks of ours that nobody wants.
        var hooksAreTidy = false
        /// How often our hooks there were looked after.
        var hookLooks = 0
        /// Whether it was told that an event of its hooks is refused.
        var refusesEvents = false
        /// Whether it was told that its recordings are missing in lists.
        var lacksRecordings = false
        /// Breakout rooms that it had, also those that are over: they are told about later.
        var rooms = KnownRooms()
        /// Meetings there that are known to be nobody's.
        var foreign: Set<InternalMeetingID> = []
        /// Meetings there that were given up, seen for the first time by the last poll.
        var late: Set<InternalMeetingID> = []
    }

    mutating func withView<Value>(of server: ServerID, _ change: (inout ServerView) -> Value) -> Value {
        change(&views[server, default: ServerView()])
    }

    func view(of server: ServerID) -> ServerView { views[server] ?? ServerView() }

    /// Takes in the servers as they are configured now.
    ///
    /// - Returns: what that changed of the health, and the servers whose administrative state was changed.
    mutating func follow(servers: [Server], at now: Duration) -> ([FleetHealth.Change], turned: [ServerID]) {
        var changes: [FleetHealth.Change] = []
        var turned: [ServerID] = []
        removedServers.follow(servers)
        let present = Set(servers.map(\.id))
        for server in health.members.keys.sorted() where !present.contains(server) {
            changes += health.removed(server, at: now)
            ledger.forget(server)
            views[server] = nil
            administrative[server] = nil
        }
        for server in servers.sorted(by: { $0.id < $1.id }) {
            let before = administrative.updateValue(server.administrative, forKey: server.id)
            if let before, before != server.administrative { turned.append(server.id) }
            if server.administrative == .maintenance {
                if before != .maintenance { changes += health.maintained(server.id, at: now) }
            } else if before == nil || before == .maintenance {
                health.added(server.id, at: now)
            }
        }
        return (changes, turned)
    }

    mutating func book(_ number: MeetingNumber, _ meeting: Meeting?, at now: Duration) {
        guard let meeting else { return ledger.release(number) }
        // In one step: at no moment does it count twice, or not at all.
        if meeting.state.isLive { releaseBooking(of: meeting.key) }
        // A meeting keeps its booking while it stays where it is: what a poll observed is in it.
        guard ledger.entries[number]?.server != meeting.server else { return }
        ledger.book(number, on: meeting.server, expected: meeting.expectedLoad, at: now)
    }

    mutating func rebook(_ meetings: [Meeting], at now: Duration) {
        let present = Set(meetings.map(\.number))
        for number in ledger.entries.keys where number.number > 0 && !present.contains(number) {
            ledger.release(number)
        }
        for meeting in meetings { book(meeting.number, meeting, at: now) }
    }

    /// Books a meeting in the step that picks its server, before the store gave it a number.
    mutating func book(_ key: MeetingKey, on server: ServerID, expected: Double, at now: Duration) {
        releaseBooking(of: key)
        lastProvisional -= 1
        provisional[key] = MeetingNumber(lastProvisional)
        ledger.book(MeetingNumber(lastProvisional), on: server, expected: expected, at: now)
    }

    mutating func releaseBooking(of key: MeetingKey) {
        if let number = provisional.removeValue(forKey: key) { ledger.release(number) }
    }

    /// All servers as placement sees them.
    func candidates(_ servers: [Server], at now: Duration) -> [Candidate] {
        servers.map { server in
            Candidate(
                server: server.id,
                eligibility: Eligibility(server.administrative, health.state(of: server.id), panic: health.isInPanic),
                load: ledger.load(of: server.id, at: now), capacity: server.capacity,
                share: health.share(of: server.id, at: now), lastSuccess: health.members[server.id]?.lastSuccess)
        }
    }
}
