package import BigBlueButton

/// What a meeting weighs, in the unit "load of one listening participant" (PLACEMENT: 2 + n + 0.05 n min(cameras, 25)).
package struct LoadWeights: Sendable, Hashable {
    package var base = 2.0
    package var user = 1.0
    package var camera = 0.05
    package var cameraCap = 25
    /// What a new meeting is expected to weigh when nothing is known about it.
    package var prior = 12.0
    /// While a meeting is younger, the larger of expected and observed counts; afterwards the observed.
    package var young: Duration = .seconds(900)

    package init() {}

    package func load(users: Int, cameras: Int) -> Double {
        let users = Double(max(0, users))
        return base + user * users + camera * users * Double(min(max(0, cameras), cameraCap))
    }

    package func load(_ meeting: MeetingSnapshot) -> Double {
        load(users: meeting.participantCount, cameras: meeting.videoCount)
    }
}

/// Books the load of meetings on servers: at the expectation in the step that picks the server, at the fact once a poll
/// shows the meeting. A poll never overwrites a booking that it could not see (PLACEMENT "Ledger").
///
/// Invariant: the load of a server is the sum of its entries, each at least zero.
package struct LoadLedger: Sendable {
    package struct Entry: Sendable, Hashable {
        package var server: ServerID
        package var expected: Double
        package var bookedAt: Duration
        package var observed: Double?
    }

    package let weights: LoadWeights
    package private(set) var entries: [MeetingNumber: Entry] = [:]
    private var byServer: [ServerID: Set<MeetingNumber>] = [:]
    /// Load of meetings that are on a server but not ours.
    private var foreign: [ServerID: Double] = [:]

    package init(weights: LoadWeights = LoadWeights()) { self.weights = weights }

    /// Books a meeting, or moves its booking to another server.
    package mutating func book(
        _ meeting: MeetingNumber, on server: ServerID, expected: Double, at now: Duration
    ) {
        release(meeting)
        entries[meeting] = Entry(server: server, expected: max(0, expected), bookedAt: now)
        byServer[server, default: []].insert(meeting)
    }

    package mutating func release(_ meeting: MeetingNumber) {
        guard let entry = entries.removeValue(forKey: meeting) else { return }
        byServer[entry.server]?.remove(meeting)
        if byServer[entry.server]?.isEmpty == true { byServer[entry.server] = nil }
    }

    /// A poll was answered: expectations of the meetings it shows are settled. Bookings that it does not show stay.
    package mutating func observed(
        _ server: ServerID, _ loads: [MeetingNumber: Double], foreign: Double
    ) {
        for (meeting, load) in loads where entries[meeting]?.server == server {
            entries[meeting]?.observed = load
        }
        self.foreign[server] = foreign > 0 ? foreign : nil
    }

    package mutating func forget(_ server: ServerID) {
        for meeting in byServer[server] ?? [] { entries[meeting] = nil }
        byServer[server] = nil
        foreign[server] = nil
    }

    /// Booked plus observed.
    package func load(of server: ServerID, at now: Duration) -> Double {
        // In a fixed order: sums of the same entries are the same to the last bit.
        (byServer[server] ?? []).sorted().reduce(foreign[server] ?? 0) {
            $0 + (entries[$1].map { load($0, at: now) } ?? 0)
        }
    }

    private func load(_ entry: Entry, at now: Duration) -> Double {
        guard let observed = entry.observed else { return entry.expected }
        return now - entry.bookedAt < weights.young ? max(observed, entry.expected) : observed
    }
}
