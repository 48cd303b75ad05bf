package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore
internal import Synchronization

/// One visitor before one room, with everything that is known of both.
struct JoinScene: Sendable {
    /// `nil`: there is none.
    var room: Room?
    var account: Account?
    var situation: JoinSituation
    /// The one that is being started or runs.
    var session: RoomSession?
    /// Where sessions of the room may be held, in the order of attachment.
    var providers: [AttachedServiceProvider] = []
    /// The pseudonym of the browser, or of the user.
    let visitor: String
    var roomURL = ""
    var people: HostedPeople?
    var ownerName: String?

    var facts: JoinSituation.Facts? { if case .room(let facts) = situation.place { facts } else { nil } }

    func outcome(_ state: JoinOutcome.State, pass: String? = nil) -> JoinOutcome {
        JoinOutcome(
            state: state, room: room, role: role, roomURL: roomURL, visitor: visitor, pass: pass,
            isRoomUser: situation.user?.role != nil)
    }

    /// As what the visitor would be let in; `nil`: not even asked for anything.
    var role: RoomRole? { preview?.role }

    /// Whether the visitor must give a code.
    var asksCode: Bool { preview?.asksCode ?? false }

    private var preview: JoinPreview? {
        // Why there is none is told by the verdict.
        do throws(JoinRefusal) { return try situation.preview() } catch { return nil }
    }

    /// What the visitor need not say again.
    func ticket(key: Secret, for lifetime: Duration = JoinTicket.lifetime) -> String {
        var code: RoomCodeNumber?
        if case .ready(let admission) = admitted { code = admission.code }
        var token: RoomTokenNumber?
        if case .known(let known) = situation.token { token = known.number }
        let given = code ?? situation.form.codeBefore
        let mark = situation.codes.all.first { $0.number == given }.map { JoinTicket.mark(of: $0, key: key) }
        return JoinTicket(
            room: room?.identity.id ?? "", token: token, code: given,
            name: situation.form.name.flatMap { VisitorName($0)?.text }, consents: situation.form.consents,
            visitor: visitor, expiresAt: situation.now.advanced(by: lifetime), codeMark: mark
        ).text(key: key)
    }

    /// What would be said if nothing but the visitor's own answers counted: which code was right.
    private var admitted: JoinVerdict {
        var open = situation
        open.provider = .available
        var before: RoomRole?
        if case .running(let running) = situation.session { before = running.roleBefore }
        open.session = .running(JoinSituation.Running(people: 0, isIn: true, roleBefore: before))
        return open.judged()
    }

    func view(_ result: Result<JoinPreview, JoinRefusal>) -> JoinView {
        let isKnown: Bool = if case .success = result { true } else { false }
        return JoinView(
            result: result, room: room, roomURL: roomURL, visitor: visitor,
            isRoomUser: situation.user?.role != nil, people: isKnown ? people?.distinct : nil,
            startedAt: session?.state == .running ? session?.startedAt : nil,
            mostParticipants: facts?.used.limit(of: .maxParticipants), ownerName: ownerName)
    }
}

/// What somebody sees who only opens the page (`rooms-api.md` 11.5).
package struct JoinView: Sendable {
    package let result: Result<JoinPreview, JoinRefusal>
    package let room: Room?
    package let roomURL: String
    package let visitor: String
    package let isRoomUser: Bool
    package let people: Int?
    /// `nil`: nothing runs.
    package let startedAt: WireTime?
    package let mostParticipants: Int?
    /// As far as the room shows it.
    package let ownerName: String?
}

extension JoinDesk {
    /// Gathers what is known when somebody stands at the door.
    func scene(of attempt: JoinAttempt) async throws -> JoinScene {
        let now = platform.time.now()
        let ticket = attempt.ticket.flatMap { JoinTicket($0, key: store.key, now: now) }
        let visitor = visitor(of: attempt, ticket)
        guard let room = try await store.room(attempt.room) else {
            let isGone = try await store.roomRemoved(attempt.room) != nil
            return JoinScene(situation: JoinSituation(now: now, place: isGone ? .removed : .unknown), visitor: visitor)
        }
        let account = store.roster { $0.accounts[room.account] }
        let entitlement = account?.entitlement
        let session = try await current(room, now: now)
        let used = session?.used ?? room.details.features.resolved(against: entitlement?.features ?? .empty).used
        var scene = JoinScene(
            room: room, account: account,
            situation: JoinSituation(
                now: now, place: .room(JoinSituation.Facts(room, used: used, session: session?.settings))),
            session: session, visitor: visitor)
        scene.roomURL = try await platform.url(of: room)
        scene.situation.isAccountActive = account?.rights.isEnabled ?? false
        scene.situation.entitlement = entitlement
        // A ticket names what was said; who says it again, or anew, is believed instead.
        let mine = ticket?.room == room.identity.id ? ticket : nil
        let pass = attempt.pass.flatMap { JoinTicket($0, key: store.key, now: now) }
        scene.situation.token = try await token(attempt, mine, room)
        scene.situation.automaticToken = try await store.automaticToken(of: room.number)?.number
        let codes = try await store.codes(of: room.number)
        scene.situation.codes = codes
        // They die with the code, and with its text.
        let given = mine?.given(of: codes, key: store.key)
        let givenBefore = pass?.room == room.identity.id ? pass?.given(of: codes, key: store.key) : nil
        scene.situation.form = JoinSituation.Form(
            code: attempt.code, codeBefore: given ?? givenBefore, name: attempt.name ?? mine?.name,
            consents: attempt.consents || mine?.consents == true)
        scene.situation.lockedUntil = lock(attempt, room.number, now: now)
        try await look(at: attempt.user, &scene, room)
        var isPassed = false
        if scene.situation.token == .none, let pass, mine == nil, pass.room == room.identity.id,
            case .known(let held) = try await token(JoinAttempt(room: attempt.room), pass, room),
            held.validity(at: now) != .expired, scene.situation.user?.role.map({ $0 < held.role }) ?? true
        {
            scene.situation.token = .known(held)
            isPassed = true
        }
        if let entitlement { scene.providers = try await store.providers(of: .subscription(entitlement.subscription)) }
        scene.situation.provider = AttachedProvider.outlook(attached(scene.providers), for: room.type)
        try await look(at: session, &scene, room)
        if isPassed { forgetUsedUp(&scene, room) }
        return scene
    }

    /// A pass for a link that is used up is for coming back to the session that it was used for. It does not keep out of a room
    /// into which its holder may come without it.
    private func forgetUsedUp(_ scene: inout JoinScene, _ room: Room) {
        guard room.details.isPublic || scene.situation.user?.role != nil,
            case .known(let held) = scene.situation.token, held.validity(at: scene.situation.now) == .usedUp
        else { return }
        if case .running(let running) = scene.situation.session, running.roleBefore == held.role { return }
        scene.situation.token = .none
    }

    /// Providers as they are now. Of our own servers we know it ourselves, and need not wait until it is written down.
    func attached(_ providers: [AttachedServiceProvider]) -> [AttachedProvider] {
        providers.map { provider in
            guard provider.type == .fleet, platform.fleet.hasLookedAround else { return provider.attached }
            let isUsable = platform.fleet.canCreate || platform.fleet.isInPanic
            let known = provider.attached
            return AttachedProvider(
                id: known.id, type: known.type, isDefault: known.isDefault, isActive: known.isActive,
                health: isUsable ? .healthy : .down)
        }
    }

    private func visitor(of attempt: JoinAttempt, _ ticket: JoinTicket?) -> String {
        if let user = attempt.user { return "u\(user.text)" }
        if let known = attempt.visitor ?? ticket?.visitor, Self.isPseudonym(known) { return known }
        var random = FleetRandom(platform.time)
        return ResourceIdentity.shortWord(16, using: &random)
    }

    /// What we give out, and nothing that a browser made up: providers count people by it.
    private static func isPseudonym(_ text: String) -> Bool {
        text.utf8.count == 16
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0)
            }
    }

    private func token(_ attempt: JoinAttempt, _ ticket: JoinTicket?, _ room: Room) async throws -> JoinSituation.Token
    {
        if let text = attempt.token, !text.isEmpty {
            guard let token = RoomTokenText(text), let found = try await store.token(token),
                found.room == room.number
            else { return .unknown }
            return .known(found.token)
        }
        guard let number = ticket?.token else { return .none }
        let token = try await store.token(number, of: room.number)
        // The one of a public room is gone when it is private: then there is none.
        return token.map { $0.isAutomatic ? .none : .known($0) } ?? .unknown
    }

    /// Who is signed in, and who owns the room.
    private func look(at user: RoomUserID?, _ scene: inout JoinScene, _ room: Room) async throws {
        let shows = room.details.settings.showOwner
        guard user != nil || shows == .everyone else { return }
        let people = try await store.people(of: room.number)
        if let user, let users = try await store.roomUsers(of: room.number) {
            // To themselves they are called by their own name, whosever room it is.
            let name = try await store.user(.id(user.text))?.name
            scene.situation.user = JoinSituation.SignedIn(role: users.role(of: user), name: name)
        }
        let isShown = shows == .everyone || (shows == .authenticated && user != nil)
        if isShown, let owner = people.first(where: \.isOwner)?.user.details {
            scene.ownerName = "\(owner.firstName) \(owner.lastName)"
        }
    }

    private func isDown(_ session: RoomSession, _ scene: JoinScene) async throws -> Bool {
        // Where our own servers can create nothing more some may go on: the fleet knows how it is with each meeting.
        guard let id = session.provider?.id, session.provider?.type != .fleet else { return false }
        if let attached = scene.providers.first(where: { $0.identity.id == id }) { return attached.state == .down }
        // Detached since: what runs there goes on.
        guard let reference = ResourceReference(id) else { return false }
        return try await store.serviceProvider(reference)?.health.state == .down
    }

    private func look(at session: RoomSession?, _ scene: inout JoinScene, _ room: Room) async throws {
        guard let session, session.state == .running else { return }
        if try await isDown(session, scene) {
            scene.situation.session = .lost
            return
        }
        switch await look(at: session, room) {
        case .there(let people):
            scene.people = people
            let before = try await store.roleBefore(session.number, RoomCalls.Visitor(scene.visitor))
            let ids = Set(RoomRole.allCases.map { RoomCalls.Visitor(scene.visitor).userID(as: $0) })
            let present = (people?.users ?? []).union(expected(in: session.number))
            let ahead = state.withLock { state in
                _ = state.queues[room.number]?.expire(at: scene.situation.now)
                guard let queue = state.queues[room.number] else { return 0 }
                return queue.ahead(of: scene.visitor) ?? queue.count
            }
            scene.situation.session = .running(
                JoinSituation.Running(
                    people: present.count, isIn: !present.isDisjoint(with: ids), roleBefore: before, ahead: ahead))
        case .lost: scene.situation.session = .lost
        case .gone:
            _ = try await store.endGoneSession(session.number, now: scene.situation.now)
            forgetLook(at: session.number)
            changed(room.number)
            scene.session = nil
            let features = scene.account?.entitlement?.features ?? .empty
            scene.situation.place = .room(
                JoinSituation.Facts(room, used: room.details.features.resolved(against: features).used, session: nil))
        }
    }
}
