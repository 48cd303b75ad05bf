internal import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

/// The catalogue of recordings is filled by asking (`rooms-api.md` 7.6, 14).
extension JoinDesk {
    /// How long one provider may take to list the recordings of one room when nobody waits for it.
    static var sweepDeadline: Duration { .seconds(10) }
    /// Recordings that are asked for one by one in one look, whether they are still there. The others have their turn.
    private static var mostDoubts: Int { 20 }

    /// Asks all providers that recorded sessions of a room, as the keeper does when it is time.
    ///
    /// - Returns: whether all answered.
    @discardableResult
    package func learnRecordings(of room: Room) async throws -> Bool {
        var isComplete = true
        for source in try await store.recordingSources(of: room.number) {
            isComplete = try await learn(source) && isComplete
        }
        return isComplete
    }

    /// Asks one provider what it has of one room, and writes down what is new, another or gone. Who does not answer tells nothing:
    /// what is not known is not gone.
    ///
    /// - Returns: whether it answered; then it is known when it is asked again.
    @discardableResult
    package func learn(_ source: RecordingSource) async throws -> Bool {
        let place = source.place
        guard let provider = ResourceReference(place.provider),
            try await store.serviceProvider(provider) != nil
        else {
            try await store.forgetRecordings(at: place.provider)
            return true
        }
        guard let host = try await host(of: place), let meeting = MeetingID(rawValue: place.meetingID) else {
            return try await postpone(source)
        }
        let askedAt = platform.time.now()
        let known = try await store.recordings(at: place)
        var seen: [RecordingFacts]
        do throws(HostFault) {
            seen = try await host.recordings(of: meeting, only: nil, deadline: Self.sweepDeadline).map {
                RecordingFacts($0)
            }
        } catch { return try await postpone(source) }
        var gone: Set<String> = []
        let there = Set(seen.map(\.recordID))
        let missing = known.filter { !there.contains($0.facts.recordID) }
        // A list of our own servers leaves out what is on a server that is away: of each it is asked.
        for recording in missing.prefix(Self.mostDoubts) {
            guard let id = RecordID(rawValue: recording.facts.recordID) else { continue }
            do throws(HostFault) {
                let found = try await host.recordings(of: meeting, only: id, deadline: Self.sweepDeadline)
                if found.isEmpty { gone.insert(id.rawValue) }
                seen += found.map { RecordingFacts($0) }
            } catch { break }
        }
        let now = platform.time.now()
        let next = RecordingSchedule.next(
            endedAt: source.endedAt, keepsAny: !seen.isEmpty || missing.count > gone.count, now: now)
        try await store.learn(
            at: place, seen: seen, gone: gone, askedAt: askedAt, source: source, nextAt: next, now: now)
        return true
    }

    /// It is asked again later.
    ///
    /// - Returns: `false`, as nothing is known.
    @discardableResult
    func postpone(_ source: RecordingSource) async throws -> Bool {
        try await store.postponeRecordings(
            source, until: platform.time.now().advanced(by: RecordingSchedule.afterSilence))
        return false
    }

    /// Takes in what a provider told somebody who asked. Nothing is written where nothing is new.
    ///
    /// - Parameter isAll: these are all that it has of the room; what is missing is looked for soon.
    func note(_ seen: [RecordingFacts], at place: RecordingPlace, isAll: Bool, askedAt: WireTime) async throws {
        let known = try await store.recordings(at: place)
        let facts = Set(known.map(\.facts))
        let news = seen.filter { !facts.contains($0) }
        let now = platform.time.now()
        if !news.isEmpty { try await store.learn(at: place, seen: news, askedAt: askedAt, now: now) }
        guard isAll else { return }
        let there = Set(seen.map(\.recordID))
        if known.contains(where: { !there.contains($0.facts.recordID) }) {
            try await store.wantRecordings(ofMeeting: place.meetingID, now: now)
        }
    }

    // MARK: what expires

    /// A look at every recording of the catalogue: whether its time is over, or will be soon (`record_expiration`, 14).
    ///
    /// - Returns: the recordings whose time is over, by provider.
    func judgeRecordings() async throws -> [String: [CataloguedRecording]] {
        var over: [String: [CataloguedRecording]] = [:]
        var days: [RecordingOwner: Int?] = [:]
        var last: Int64 = 0
        while true {
            let some = try await store.recordings(after: last, limit: 500)
            guard let newest = some.last else { return over }
            last = newest.number
            for recording in some {
                let owner = RecordingOwner(recording.place)
                let limit: Int?
                if let known = days[owner] {
                    limit = known
                } else {
                    limit = try await expiration(of: owner)
                    days.updateValue(limit, forKey: owner)
                }
                let (madeAt, announcedAt) = (recording.madeAt, recording.toldExpiringAt)
                let now = platform.time.now()
                switch RecordingExpiry.of(madeAt: madeAt, days: limit, announcedAt: announcedAt, now: now) {
                case .announce(let end): try await store.tellExpiring(recording.number, at: end, now: now)
                case .isOver: over[recording.place.provider, default: []].append(recording)
                case .keeps:
                    guard
                        RecordingExpiry.isRevoked(madeAt: madeAt, days: limit, announcedAt: announcedAt, now: now)
                    else { continue }
                    try await store.revokeExpiring(recording.number)
                }
            }
        }
    }

    /// The days that a recording is kept now; `nil`: no limit.
    private func expiration(of owner: RecordingOwner) async throws -> Int? {
        guard let features = store.roster({ $0.accounts[owner.account]?.entitlement?.features }) else { return nil }
        guard let number = owner.room, let room = try await store.room(number) else {
            return features.limit(of: .recordExpiration)
        }
        return room.details.features.resolved(against: features).used.limit(of: .recordExpiration)
    }

    /// Deletes a recording whose time is over.
    ///
    /// - Returns: whether it is not there any more.
    func expire(_ judged: CataloguedRecording) async throws -> Bool {
        // Many may have been deleted since it was judged: meanwhile the limit may have been raised.
        guard let recording = try await store.recording(judged.number) else { return true }
        let place = recording.place
        let days = try await expiration(of: RecordingOwner(place))
        let verdict = RecordingExpiry.of(
            madeAt: recording.madeAt, days: days, announcedAt: recording.toldExpiringAt, now: platform.time.now())
        guard case .isOver = verdict, let id = RecordID(rawValue: recording.facts.recordID),
            let meeting = MeetingID(rawValue: place.meetingID), let host = try await host(of: place)
        else { return false }
        do throws(HostFault) {
            // What a provider has under that id may be of somebody else, where another server was put in its place. One that is
            // not there any more is deleted just as well.
            let found = try await host.recordings(of: meeting, only: id, deadline: Self.sweepDeadline)
            if !found.isEmpty {
                // One that is still worked on cannot be deleted; it has its turn when it is ready.
                guard try await host.delete(id, deadline: Self.sweepDeadline) else { return false }
            }
        } catch { return false }
        try await store.noteRecording(
            .recordingDeleted, recording.facts.recordID, at: place, now: platform.time.now())
        return true
    }

    // MARK: limits

    /// The features of a session that starts, without `recording` where there is no room for another one (14).
    func withoutUsedUpRecording(_ used: FeatureSet, _ room: Room, _ account: Account) async throws -> FeatureSet {
        guard used.allows(.recording), let entitlement = account.entitlement else { return used }
        let isLimited = [FeatureCode.maxRecordings, .maxStorage].contains { code in
            used.limit(of: code) != nil || entitlement.features.limit(of: code) != nil
        }
        guard isLimited else { return used }
        let kept = try await store.recordingUse(of: entitlement.subscription, and: room.number)
        // What a room says of itself is about its own.
        let ofAll = RoomLimits.mayRecord(
            recordings: kept.subscription.count, storage: kept.subscription.gigabytes, used: entitlement.features)
        let ofRoom = RoomLimits.mayRecord(
            recordings: kept.room.count, storage: kept.room.gigabytes, used: used)
        guard !ofAll || !ofRoom else { return used }
        JoinLog.recordingUsedUp(room.identity.id, entitlement.subscriptionID)
        var values = used.values
        values[.recording] = FeatureValue.bool(false)
        return FeatureSet(values)
    }
}

/// By what the days of a recording are found.
private struct RecordingOwner: Hashable {
    let account: AccountID
    let room: RoomNumber?

    init(_ place: RecordingPlace) {
        account = place.account
        room = place.room
    }
}
