package import BigBlueButton
package import PlenaryCore

/// A reservation of connections as the API shows and takes it (`rooms-api.md` 15.2 and 15.9).
package enum ReservationResource {
    package static let schema = ResourceSchema(
        "Reservation",
        fields: [
            .init("object"), .init("id"), .init("account_id", filter: .identifier),
            .init("meeting_id", filter: .text, sorts: true, searched: true),
            .init("connections", filter: .integer, sorts: true), .init("minutes", filter: .integer, sorts: true),
            .init("state", filter: .choice(State.allCases.map(\.rawValue)), sorts: true),
            .init("expires_at", filter: .time, sorts: true), .init("orphaned_until", filter: .time, sorts: true),
            .init("taken_by"), .init("created_at", filter: .time, sorts: true),
        ])

    package enum State: String, Sendable, Hashable, CaseIterable {
        case pending, reserved, unreserved, ending, claimed, terminating, orphaned
    }

    /// A reservation with the public id of its account.
    package struct Item: Sendable {
        package let reservation: Reservation
        package let accountID: String
        /// As it is then, if nothing happens.
        package let at: WireTime

        package init(_ reservation: Reservation, accountID: String, at: WireTime) {
            self.reservation = reservation
            self.accountID = accountID
            self.at = at
        }

        /// The id of its account, a dot, and the meetingID in Base64 for URLs: a meetingID may have any characters, and several
        /// accounts of a pool may have the same.
        package var id: String {
            "\(accountID).\(Base64URL.encode(reservation.key.meetingID.rawValue.utf8))"
        }
    }

    /// What an ``Item/id`` says.
    ///
    /// - Returns: `nil` when it is none.
    package static func parts(of id: String) -> (account: ResourceReference, meeting: MeetingID)? {
        let parts = id.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let account = ResourceReference(String(parts[0])),
            let octets = Base64URL.decode(parts[1]),
            let text = String(validating: octets, as: UTF8.self),
            let meeting = MeetingID(rawValue: text)
        else { return nil }
        return (account: account, meeting: meeting)
    }

    /// What a change would change.
    package static func state(_ reservation: Reservation) -> JSON { ["expires_at": JSON(reservation.expiresAt)] }

    package static func json(_ item: Item) -> JSON {
        let reservation = item.reservation
        var (until, taker): (WireTime?, MeetingKey?)
        switch reservation.state {
        case .pending(_, let orphaned): until = orphaned
        case .orphaned(let end): until = end
        case .claimed(let key), .terminating(let key): taker = key
        case .live, .ending: break
        }
        return [
            "object": .text(schema.object), "id": .text(item.id), "account_id": .text(item.accountID),
            "meeting_id": .text(reservation.key.meetingID.rawValue),
            "connections": .integer(reservation.connections), "minutes": .integer(reservation.minutes),
            "state": .text(word(of: item).rawValue), "expires_at": JSON(reservation.expiresAt),
            "orphaned_until": JSON(until), "taken_by": JSON(taker?.meetingID.rawValue),
            "created_at": JSON(reservation.createdAt),
        ]
    }

    private static func word(of item: Item) -> State {
        switch item.reservation.state {
        case .pending: .pending
        case .live: item.reservation.isUnreserved(at: item.at) ? .unreserved : .reserved
        case .ending: .ending
        case .claimed: .claimed
        case .terminating: .terminating
        case .orphaned: .orphaned
        }
    }

    /// How a list looks at them.
    ///
    /// - Parameter key: of this installation.
    package static func view(key: Secret) -> ShortList<Item>.View {
        ShortList<Item>.View(
            ulid: { item in
                // Reservations have none. It stands for one where a list breaks ties; hexadecimal digits are letters of it.
                "0000000000" + KeyedHash.hex(of: "reservation \(item.id)", key: key).prefix(16).uppercased()
            },
            value: { item, field, _ in value(of: item, field) },
            text: { item, field in field == "meeting_id" ? item.reservation.key.meetingID.rawValue : nil })
    }

    private static func value(of item: Item, _ field: String) -> FilterValue? {
        switch field {
        case "account_id": return .identifier(.id(item.accountID))
        case "expires_at": return .time(item.reservation.expiresAt)
        case "created_at": return .time(item.reservation.createdAt)
        case "orphaned_until":
            guard case .orphaned(let until) = item.reservation.state else { return nil }
            return .time(until)
        default: return ResourceValues.value(in: json(item), field, nil)
        }
    }

    /// Until when a body wants it; `nil`: it says nothing of that.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func expiry(from body: ObjectReader, changing item: Item) throws(Problem) -> WireTime? {
        var reader = body
        for member in json(item).members ?? [] where member.name != "expires_at" {
            reader.readOnly(member.name, is: member.value)
        }
        let time = reader.optional("expires_at", JSONKind<WireTime>.time)
        try reader.finish()
        return time
    }

    /// The connections of a pool, as `…/capacity` tells them.
    ///
    /// - Parameter subscriptionID: whose they are; `nil`: the account's own.
    package static func capacity(_ pool: ReservationPool, subscriptionID: String?, at now: WireTime) -> JSON {
        let expiries = pool.nextExpiries(at: now).prefix(100).map { expiry -> JSON in
            ["at": JSON(expiry.at), "connections": .integer(expiry.connections)]
        }
        return [
            "object": "Capacity", "subscription_id": JSON(subscriptionID), "at": JSON(now),
            "pool": JSON(pool.capacity), "protected": .integer(pool.protected(at: now)),
            "unreserved": .integer(pool.unreserved(at: now)), "free": JSON(pool.free(at: now)),
            // What a create can have at the cost of meetings past their time.
            "reclaimable": .integer(pool.unreserved(at: now)), "next_expiries": .list(expiries),
        ]
    }
}
