internal import BigBlueButton
internal import PlenaryCore

/// What happens to reservations, limits, subscriptions and providers.
extension StoreTransaction {
    // MARK: reservations

    /// A meeting: the newest session of a room where it is one, also when that is over by now, else what its front-end calls it.
    func subject(of key: MeetingKey) throws -> EventSubject {
        let rows = try connection.query(
            """
            SELECT x.public_id FROM rooms AS r JOIN room_sessions AS x ON x.room_id = r.id
            WHERE r.account_id = $1 AND r.uuid = $2 ORDER BY x.id DESC LIMIT 1
            """, [.integer(key.account.number), .text(key.meetingID.rawValue)])
        guard let row = rows.first else { return EventSubject(EventSubject.meeting, key.meetingID.rawValue) }
        return EventSubject("Session", try row.text(0))
    }

    private func emit(_ type: EventType, _ reservation: Reservation, _ more: [JSON.Member] = [], now: WireTime) throws {
        let key = reservation.key
        let members = [
            JSON.Member("meeting_id", .text(key.meetingID.rawValue)),
            JSON.Member("connections", .integer(reservation.connections)),
        ]
        try emit(type, try subject(of: key), in: key.account, .object(members + more), now: now)
    }

    func emit(_ type: EventType, reservationOf key: MeetingKey, now: WireTime) throws {
        guard let reservation = try ReservationRows.one(connection, key) else { return }
        try emit(type, reservation, [JSON.Member("expires_at", JSON(reservation.expiresAt))], now: now)
    }

    /// A meeting that had one is over: before it is removed.
    func emitReleased(by key: MeetingKey, now: WireTime) throws {
        guard let reservation = try ReservationRows.one(connection, key) else { return }
        // One that was given up, or expired, was told already; one that was displaced is not given up.
        guard reservation.state == .ending || (reservation.state == .live && reservation.expiresAt > now) else {
            return
        }
        try emit(.reservationReleased, reservation, now: now)
    }

    /// A meeting is there.
    ///
    /// - Parameters:
    ///   - before: its reservation as it was before; `nil`: there was none.
    ///   - claimed: those that were to make room for it.
    func emitConfirmed(_ key: MeetingKey, before: Reservation?, claimed: [Reservation], now: WireTime) throws {
        guard case .pending? = before?.state, let own = try ReservationRows.one(connection, key), own.state == .live
        else { return }
        try emit(.reservationCreated, own, [JSON.Member("expires_at", JSON(own.expiresAt))], now: now)
        let taker: JSON = ["meeting_id": .text(key.meetingID.rawValue), "connections": .integer(own.connections)]
        for old in claimed where old.key != key {
            guard case .terminating? = try ReservationRows.one(connection, old.key)?.state else { continue }
            let overdue = max(0, Int((now.milliseconds - old.expiresAt.milliseconds) / 1_000))
            try emit(
                .meetingPreempted, old,
                [JSON.Member("overdue_seconds", .integer(overdue)), JSON.Member("preempted_by", taker)], now: now)
            try notePreempted(old.key, now: now)
        }
    }

    /// How often at most an account is told: who is refused tries again and again.
    private static let refusalGrain = Duration.seconds(60)

    func emitRefusal(_ key: MeetingKey, _ shortage: ReservationPool.Shortage, now: WireTime) throws {
        let place = try eventPlace(of: key.account)
        guard let accountID = place.accountID else { return }
        let last = try connection.query(
            "SELECT last_at FROM event_sequences WHERE subject_object = 'Pool' AND subject_id = $1", [.text(accountID)])
        if let row = last.first {
            let told = WireTime(milliseconds: try row.integer(0))
            guard now.since(told) >= Self.refusalGrain else { return }
        }
        let data: JSON = [
            "meeting_id": .text(key.meetingID.rawValue), "asked": .integer(shortage.asked),
            "available": .integer(shortage.available), "pool": .integer(shortage.pool),
        ]
        try emit(
            NewEvent(
                .capacityRefused, EventSubject("Pool", accountID), owner: place.owner, accountID: accountID, data: data),
            now: now)
    }

    // MARK: limits

    /// - Parameters:
    ///   - account: of whose subscription the limit is.
    ///   - unit: how much of what `before` and `after` count is one of the limit.
    func emitQuota(
        _ code: FeatureCode, of account: AccountID, limit: Int?, unit: Int = 1, before: Int, after: Int, now: WireTime
    ) throws {
        // What would overflow is no limit that anybody reaches.
        let most = limit.flatMap { limit -> Int? in
            let (product, isTooMuch) = limit.multipliedReportingOverflow(by: unit)
            return isTooMuch ? nil : product
        }
        let passed = QuotaMark.passed(limit: most, before: before, after: after)
        guard let limit, !passed.isEmpty,
            let entitlement = try CommerceRows.entitlement(connection, account: account.number)
        else { return }
        let place = try eventPlace(of: account)
        let subject = EventSubject("Subscription", entitlement.subscriptionID)
        for percent in passed {
            let data: JSON = [
                "feature": .text(code.rawValue), "limit": .integer(limit), "used": .integer(after / unit),
                "percent": .integer(percent),
            ]
            // All accounts of a subscription share its limits, so that the event is of none of them.
            try emit(NewEvent(.quotaThreshold, subject, owner: place.owner, data: data), now: now)
            if percent == 100 {
                try emit(NewEvent(.quotaReached, subject, owner: place.owner, data: data), now: now)
            }
        }
    }

    /// A session has started, on our own servers or on a provider of others, and is written down as running. Only what runs counts:
    /// of two that are being started at once one passes a mark, and one that never comes to be passes none.
    func emitSessionQuota(of account: AccountID, now: WireTime) throws {
        guard let entitlement = try CommerceRows.entitlement(connection, account: account.number),
            let limit = entitlement.features.limit(of: .maxConcurrentSessions)
        else { return }
        let running = try RoomSessionRows.running(connection, of: entitlement.subscription)
        try emitQuota(
            .maxConcurrentSessions, of: account, limit: limit, before: running - 1, after: running, now: now)
    }

    // MARK: subscriptions

    func emitChange(of subscription: Subscription, _ action: SubscriptionLife.Action, now: WireTime) throws {
        let type: EventType =
            switch action {
            case .canceled: .subscriptionCanceled
            case .expired: .subscriptionExpired
            case .none, .renewed, .cancels, .uncanceled: .subscriptionUpdated
            }
        let life = subscription.life
        let data: JSON = [
            "name": .text(subscription.details.name), "status": .text(life.status.rawValue),
            "ends_at": JSON(life.endsAt), "cancels_at": JSON(life.cancelsAt),
        ]
        let owner = EventOwner(number: subscription.subscriber, id: subscription.subscriberID)
        let subject = EventSubject("Subscription", subscription.identity.id)
        try emit(NewEvent(type, subject, owner: owner, data: data), now: now)
    }

    /// What belongs to it is another: its features, its providers.
    func emitChange(of number: SubscriptionNumber, now: WireTime) throws {
        guard let subscription = try SubscriptionRows.found(connection, number) else { return }
        try emitChange(of: subscription, .none, now: now)
    }

    // MARK: providers

    /// They are the platform's, and so are these events.
    func emitHealth(
        of provider: ServiceProvider, before: ProviderHealth, _ changes: [ProviderHealth.Change], now: WireTime
    ) throws {
        let data: [JSON.Member] = [
            JSON.Member("provider_name", .text(provider.details.name)),
            JSON.Member("state", .text(provider.health.state.rawValue)),
        ]
        func note(_ type: EventType, _ more: [JSON.Member] = []) throws {
            let subject = EventSubject(ServiceProvider.object, provider.identity.id)
            try emit(NewEvent(type, subject, owner: nil, data: .object(data + more)), now: now)
        }
        for change in changes {
            switch change {
            case .moved(from: _, to: .down): try note(.providerDown)
            case .moved(from: .down, to: .healthy), .moved(from: .down, to: .degraded): try note(.providerUp)
            case .moved: break
            case .tlsTurnedInvalid(let fault):
                try note(.providerTLSInvalid, [JSON.Member("reason", .text(fault.rawValue))])
            }
        }
        if provider.health.warnings.contains(.tlsExpiresSoon), !before.warnings.contains(.tlsExpiresSoon) {
            try note(.providerTLSExpiresSoon, [JSON.Member("not_after", JSON(provider.health.tls?.notAfter))])
        }
    }
}
