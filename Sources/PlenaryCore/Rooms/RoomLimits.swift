package import BigBlueButton

/// Limits that hold while a session starts and runs (`rooms-api.md` 14 and 15.11).
package enum RoomLimits {
    /// How long the provider has to end a session by itself.
    package static let slack = Duration.seconds(60)

    /// When we end a session that its provider did not end; `nil`: it has no end.
    package static func hardEnd(startedAt: WireTime, used: FeatureSet) -> WireTime? {
        used.limit(of: .maxDuration).map { startedAt.advanced(by: Duration.seconds($0 * 60) + slack) }
    }

    /// Whether a session that starts now is recorded where its features allow it: not when there is no more room for recordings.
    ///
    /// - Parameters:
    ///   - recordings: that are kept.
    ///   - storage: whole GB that they take.
    package static func mayRecord(recordings: Int, storage: Int, used: FeatureSet) -> Bool {
        used.allows(.recording) && used.judge(.maxRecordings, used: recordings) == .allowed
            && used.judge(.maxStorage, used: storage) == .allowed
    }

    /// What a session reserves in the pool.
    ///
    /// - Parameters:
    ///   - pool: `C`; `nil`: unlimited.
    ///   - longest: the operator's maximum of minutes (R5).
    ///   - isOwn: the room itself says how many people it takes. What it has of its subscription is lowered to the pool (R4): a
    ///     package may sell sessions of 100 and a pool of 20.
    package static func reservation(
        used: FeatureSet, settings: RoomSettings, defaults: ReservationDefaults, pool: Int?, longest: Int, isOwn: Bool
    ) -> ReservationRequest {
        let most = used.limit(of: .maxParticipants)
        let minutes = settings.integer(.plannedDuration) ?? used.limit(of: .maxDuration) ?? defaults.duration
        return ReservationRequest(
            connections: isOwn && most != nil
                ? most ?? 1 : min(most ?? defaults.participants, max(1, pool ?? .max)),
            minutes: min(minutes, max(1, longest)), isExplicit: isOwn && most != nil)
    }

    /// The used features of a session that has connections of a pool: it has no more people than those, also where no feature
    /// limits them (15.3, R6). Servers, seats and status all go by them.
    ///
    /// - Parameter admitted: what is reserved; `nil`: there is no pool.
    package static func used(_ used: FeatureSet, admitted: ReservationRequest?) -> FeatureSet {
        guard let admitted else { return used }
        var values = used.values
        let most = min(used.limit(of: .maxParticipants) ?? .max, admitted.connections)
        values[.maxParticipants] = FeatureValue.integer(most)
        return FeatureSet(values)
    }
}

/// Why a session ended (`rooms-api.md` 7.6).
package enum SessionEndReason: String, Sendable, Hashable, CaseIterable {
    case moderator
    case api
    case empty
    case maxDuration = "max_duration"
    case preempted
    case providerLost = "provider_lost"
    case roomDeleted = "room_deleted"
    case unknown

    /// Why a session is over that its provider does not have any more, as far as that can be known: the provider tells only that.
    ///
    /// - Parameters:
    ///   - used: features of the session.
    ///   - lastSeen: how many were in when the provider was last asked; `nil`: it never told.
    ///   - moderators: how many of them could end it.
    ///   - seenAt: when that was. Of what was seen long ago everybody may have left, or the server may have been restarted.
    package static func ofGone(
        startedAt: WireTime?, used: FeatureSet, lastSeen: Int?, moderators: Int = 0, seenAt: WireTime? = nil,
        now: WireTime
    ) -> SessionEndReason {
        if let startedAt, let minutes = used.limit(of: .maxDuration) {
            // By the provider's clock, which began a moment before ours.
            let end = startedAt.advanced(by: Duration.seconds(minutes * 60 - 10))
            if end <= now { return .maxDuration }
        }
        if lastSeen == 0 { return .empty }
        // A server keeps a meeting for a minute that the last one left: who was in a moment ago was sent away.
        if let seenAt, moderators > 0, now.since(seenAt) <= recent { return .moderator }
        return .unknown
    }

    private static let recent = Duration.seconds(60)
}

/// One provider that a room's subscription has, in the order of attachment (`rooms-api.md` 11.7).
package struct AttachedProvider: Sendable, Hashable {
    /// The public id.
    package let id: String
    package let type: RoomProviderType
    package let isDefault: Bool
    /// The provider, and its attachment.
    package let isActive: Bool
    package let health: RoomProviderHealth

    package init(id: String, type: RoomProviderType, isDefault: Bool, isActive: Bool, health: RoomProviderHealth) {
        self.id = id
        self.type = type
        self.isDefault = isDefault
        self.isActive = isActive
        self.health = health
    }

    /// Where a session can be started, the best first: the default one unless it is down, then those that are healthy.
    ///
    /// - Parameter excluded: where it failed just now, or was lost.
    package static func candidates(
        _ attached: [AttachedProvider], for type: RoomType, excluding excluded: Set<String> = []
    ) -> [AttachedProvider] {
        let usable = attached.filter { $0.isActive && $0.type.serves(type) && !excluded.contains($0.id) }
        return usable.filter { $0.isDefault && $0.health != .down }
            + usable.filter { !$0.isDefault && $0.health == .healthy }
    }

    /// The same as check 11 wants to know it.
    package static func outlook(_ attached: [AttachedProvider], for type: RoomType) -> JoinSituation.Provider {
        if !type.hasAdapter { return .unavailable(.noAdapter) }
        if attached.isEmpty { return .unavailable(.none) }
        return candidates(attached, for: type).isEmpty ? .unavailable(.down) : .available
    }
}

/// Why a room is not made (`rooms-api.md` 7.6).
package enum RoomCreationRefusal: Error, Sendable, Hashable {
    case subscriptionUnusable
    /// Goes on with the rooms that it has.
    case customerSuspended
    case limited(QuotaRefusal)

    package var problem: RoomProblem {
        switch self {
        case .subscriptionUnusable: .subscriptionUnusable
        case .customerSuspended: .customerSuspended
        case .limited: .limitExceeded
        }
    }
}

extension RoomLimits {
    /// Whether one room more may be made.
    ///
    /// - Parameters:
    ///   - entitlement: `nil`: the account has no subscription, and everything.
    ///   - rooms: of all accounts of the subscription; inactive ones count.
    package static func admitRoom(
        _ entitlement: Entitlement?, rooms: Int, at now: WireTime
    ) throws(RoomCreationRefusal) {
        guard let entitlement else { return }
        guard entitlement.mayStart(at: now) else { throw .subscriptionUnusable }
        guard entitlement.mayCreateResources(at: now) else { throw .customerSuspended }
        if case .refused(let refusal) = entitlement.features.judge(.maxRooms, used: rooms) { throw .limited(refusal) }
    }

    /// Whether a room may be deleted; `force` ends its session first.
    package static func admitDeletion(isRunning: Bool, force: Bool) throws(RoomProblem) {
        guard !isRunning || force else { throw .roomInUse }
    }
}
