internal import BigBlueButton
package import PlenaryFleet

/// Makes meetings come and go on simulated servers, so that a demo has something to show.
///
/// Between four and nine meetings are alive. People come in, talk, turn on cameras and leave, a few every second; after some
/// minutes a meeting ends. Meetings are made and ended through the balancer, by the closures; people come by themselves.
package struct DemoLife: Sendable {
    private let servers: [SimulatedServer]
    private let time: FleetTime
    private let create: @Sendable (_ meetingID: String, _ name: String) async -> Bool
    private let end: @Sendable (_ meetingID: String) async -> Void

    private static let fewest = 4
    private static let most = 9

    /// - Parameters:
    ///   - create: makes a meeting through the balancer and says whether that went well.
    ///   - end: ends one through the balancer.
    package init(
        servers: [SimulatedServer], time: FleetTime,
        create: @escaping @Sendable (_ meetingID: String, _ name: String) async -> Bool,
        end: @escaping @Sendable (_ meetingID: String) async -> Void
    ) {
        self.servers = servers
        self.time = time
        self.create = create
        self.end = end
    }

    /// A meeting that this demo made.
    private struct Plan {
        let id: MeetingID
        /// How many people it has when it is full.
        let size: Int
        /// On the uptime clock.
        let endsAt: Duration
    }

    /// Lives until it is cancelled, or for so many seconds.
    package func run(seconds: Int? = nil) async throws {
        var plans: [Plan] = []
        var wanted = Self.fewest
        var second = 0
        while second != seconds {
            do { try await time.sleep(.seconds(1)) } catch is CancellationError { return }
            second += 1
            plans = await endWhatIsOver(plans)
            if second % 45 == 0 { wanted = random(Self.fewest...Self.most) }
            if plans.count < wanted, let plan = await makeMeeting() { plans.append(plan) }
            for plan in plans { live(plan) }
        }
    }

    /// Ends meetings whose time is over, and drops those that somebody else ended or a server lost.
    private func endWhatIsOver(_ plans: [Plan]) async -> [Plan] {
        var kept: [Plan] = []
        for plan in plans {
            if plan.endsAt <= time.uptime() {
                await end(plan.id.rawValue)
            } else if holder(of: plan.id) != nil {
                kept.append(plan)
            }
        }
        return kept
    }

    private func makeMeeting() async -> Plan? {
        var random = FleetRandom(time)
        let kind = DemoNames.Kind.allCases.randomElement(using: &random) ?? .seminar
        let name = DemoNames.meeting(kind, using: &random)
        let text = "demo-" + String(time.random() | 1 << 63, radix: 16)
        guard let id = MeetingID(rawValue: text), await create(text, name) else { return nil }
        return Plan(id: id, size: self.random(kind.size), endsAt: time.uptime() + .seconds(self.random(150...420)))
    }

    private func holder(of id: MeetingID) -> (server: SimulatedServer, meeting: SimulatedMeeting)? {
        for server in servers {
            if let meeting = server.meeting(id) { return (server, meeting) }
        }
        return nil
    }

    /// One second in a meeting.
    private func live(_ plan: Plan) {
        guard let (server, meeting) = holder(of: plan.id) else { return }
        let now = time.now()
        var random = FleetRandom(time)
        // The larger the room, the more people come at once; when it is nearly full they trickle in.
        let missing = plan.size - meeting.participants.count
        let arrivals = missing > 0 && self.random(0...2) > 0 ? max(1, missing / 10) : 0
        for _ in 0..<arrivals {
            let role: SimulatedRole = meeting.participants.isEmpty ? .moderator : .viewer
            let arrived = server.joinParticipant(
                meetingID: plan.id, fullName: DemoNames.person(using: &random), role: role, at: now)
            guard let arrived else { return }
            if role == .moderator {
                server.setVoice(true, of: arrived)
                server.setVideo(true, of: arrived)
            } else {
                server.setListenOnly(self.random(0...3) > 0, of: arrived)
            }
        }
        guard let somebody = meeting.participants.randomElement(using: &random) else { return }
        switch self.random(0...11) {
        case 0 where somebody.role == .viewer: server.leave(somebody.id, at: now)
        case 1, 2: server.setVoice(!somebody.hasVoice, of: somebody.id)
        case 3, 4: server.setVideo(!somebody.hasVideo, of: somebody.id)
        case 5, 6: server.setTalking(!somebody.isTalking, of: somebody.id)
        default: break
        }
    }

    private func random(_ range: ClosedRange<Int>) -> Int {
        var random = FleetRandom(time)
        return Int.random(in: range, using: &random)
    }
}
