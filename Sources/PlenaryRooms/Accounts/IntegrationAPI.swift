package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

extension Platform {
    /// Switches an account's Integration API on or off, and sets its defaults (`rooms-api.md` 15.9).
    ///
    /// - Parameter change: gets the account's settings as they are, and may throw to leave them so.
    /// - Throws: 404 `not_found`.
    package func updateIntegration(
        of owned: OwnedAccount, now: WireTime,
        _ change: @escaping @Sendable (inout IntegrationSettings) throws -> Void
    ) async throws -> Account {
        var random = FleetRandom(time)
        let changed = try await store.updateIntegration(
            of: owned.account.id, firstSecret: Secret.ofAccount(using: &random), now: now, change)
        guard let changed else { throw Problem(.notFound) }
        return changed
    }

    /// Gives an account another secret; the others are valid for a while longer.
    ///
    /// - Throws: 404 `not_found`.
    package func rotateSecret(of owned: OwnedAccount, overlap: Duration, now: WireTime) async throws -> Account {
        var random = FleetRandom(time)
        let id = owned.account.id
        let added = try await store.rotateSecret(
            Secret.ofAccount(using: &random), label: "rotated", of: id, othersEnd: now.advanced(by: overlap), now: now)
        guard added != nil, let account = store.roster({ $0.accounts[id] }) else { throw Problem(.notFound) }
        return account
    }

    // MARK: reservations

    /// The pool of an account; what is reserved stays so when reservations are switched off.
    package func pool(of account: Account) async throws -> ReservationPool {
        let pool = account.connectionPool
        return try await store.pool(
            of: account.id, capacity: pool?.capacity, isShared: pool?.isShared ?? false)
    }

    /// The reservations of an account's pool, those of others with whom it is shared among them.
    ///
    /// - Parameter at: as they will be then, if nothing happens.
    package func reservations(of account: Account, at: WireTime) async throws -> [ReservationResource.Item] {
        let pool = try await pool(of: account)
        let ids = store.roster { roster in roster.accounts.mapValues { $0.identity.id } }
        return pool.reservations.values.compactMap { reservation in
            ids[reservation.key.account].map { ReservationResource.Item(reservation, accountID: $0, at: at) }
        }
    }

    /// - Parameter id: of the API.
    /// - Throws: 404 `not_found`, also for one of another pool.
    package func reservation(_ id: String, of account: Account, now: WireTime) async throws -> ReservationResource.Item
    {
        guard let parts = ReservationResource.parts(of: id) else { throw Problem(.notFound) }
        let found = try await reservations(of: account, at: now).first { item in
            item.reservation.key.meetingID == parts.meeting && ResourceReference.id(item.accountID) == parts.account
        }
        guard let item = found else { throw Problem(.notFound) }
        return item
    }

    /// Reserves a meeting's connections for longer.
    ///
    /// - Parameter check: gets the reservation as it is, and may throw to leave it so.
    /// - Throws: 409 `capacity_exhausted` when others have the connections, `not_running` when there is nothing to extend; 422
    ///   `validation_failed` for a time that is not later, or later than any.
    package func extendReservation(
        _ item: ReservationResource.Item, of account: Account, to later: WireTime, now: WireTime,
        _ check: @escaping @Sendable (Reservation) throws -> Void
    ) async throws -> ReservationResource.Item {
        let pool = account.connectionPool
        let latest = now.advanced(by: .seconds(60 * fleet.settings.longestReservation))
        let outcome = try await store.extendReservation(
            of: item.reservation.key, capacity: pool?.capacity, isShared: pool?.isShared ?? false, now: now
        ) { reservation in
            try check(reservation)
            guard later > reservation.expiresAt, later > now else {
                throw Problem.invalid([
                    RequestFault(
                        "expires_at", .outOfRange, "It lies after now and after \(reservation.expiresAt.timestamp).")
                ])
            }
            guard later <= latest else {
                throw Problem.invalid([
                    RequestFault("expires_at", .outOfRange, "It lies before \(latest.timestamp).")
                ])
            }
            return later
        }
        switch outcome {
        case .extended(let reservation):
            return ReservationResource.Item(reservation, accountID: item.accountID, at: now)
        case .noReservation: throw Self.notLive
        case .noRoom:
            let free = try await self.pool(of: account).free(at: now) ?? 0
            throw Problem(
                .capacityExhausted, "Others have the connections.",
                members: [JSON.Member("available_connections", .integer(max(0, free)))])
        }
    }

    /// Gives a reservation up; its meeting goes on, unreserved. One that is over already is given up.
    ///
    /// - Parameter check: gets the reservation as it is, and may throw to leave it so.
    /// - Throws: 409 `not_running` for one whose meeting is being made or ended.
    package func releaseReservation(
        _ item: ReservationResource.Item, now: WireTime, _ check: @escaping @Sendable (Reservation) throws -> Void
    ) async throws {
        let isReleased = try await store.releaseReservation(of: item.reservation.key, now: now, check: check)
        guard isReleased || item.reservation.isUnreserved(at: now) else { throw Self.notLive }
    }

    private static var notLive: Problem { Problem(.notRunning, "Its meeting is not running.") }
}
