package import BigBlueButton

/// What an event is about.
package struct EventSubject: Sendable, Hashable {
    /// Such as `Room`.
    package let object: String
    /// The public id; of a meeting of a front-end, which is no resource, its `meetingID`.
    package let id: String

    /// The object of a meeting of a front-end.
    package static let meeting = "Meeting"

    package init(_ object: String, _ id: String) {
        self.object = object
        self.id = id
    }
}

/// Whose an event or a web hook is.
package struct EventOwner: Sendable, Hashable {
    package let number: CustomerNumber
    /// The public id.
    package let id: String

    package init(number: CustomerNumber, id: String) {
        self.number = number
        self.id = id
    }
}

/// Something that happened, before it is written down.
package struct NewEvent: Sendable, Hashable {
    package let type: EventType
    package let subject: EventSubject
    /// `nil`: the platform's.
    package let owner: EventOwner?
    /// The public id.
    package let accountID: String?
    /// An object; no secrets, no names of people.
    package let data: JSON

    package init(
        _ type: EventType, _ subject: EventSubject, owner: EventOwner?, accountID: String? = nil, data: JSON = [:]
    ) {
        self.type = type
        self.subject = subject
        self.owner = owner
        self.accountID = accountID
        self.data = data
    }
}

/// Something that happened (`rooms-api.md` 16): it is kept for ``kept``, and told as it is here.
package struct PlatformEvent: Sendable, Hashable {
    /// In the order of commits.
    package let number: Int64
    package let ulid: String
    package let type: EventType
    package let subject: EventSubject
    /// Counts the events of one subject, so that receivers can order them.
    package let sequence: Int64
    package let customerID: String?
    package let accountID: String?
    package let data: JSON
    package let createdAt: WireTime

    /// How long events can be read, and told again.
    package static let kept = Duration.seconds(30 * 86_400)

    package static let object = "Event"

    package init(
        number: Int64, ulid: String, type: EventType, subject: EventSubject, sequence: Int64, customerID: String?,
        accountID: String?, data: JSON, createdAt: WireTime
    ) {
        self.number = number
        self.ulid = ulid
        self.type = type
        self.subject = subject
        self.sequence = sequence
        self.customerID = customerID
        self.accountID = accountID
        self.data = data
        self.createdAt = createdAt
    }

    /// Also the id of each message that tells it, on every try.
    package var id: String { "evt_\(ulid)" }

    package var json: JSON {
        [
            "object": .text(Self.object), "id": .text(id), "type": .text(type.rawValue),
            "created_at": JSON(createdAt), "sequence": .integer(sequence), "customer_id": JSON(customerID),
            "account_id": JSON(accountID),
            "subject": ["object": .text(subject.object), "id": .text(subject.id)], "data": data,
        ]
    }
}

/// When the use of a limit is told (`rooms-api.md` 14): at 80 and at 100 %.
package enum QuotaMark {
    package static let percents = [80, 100]

    /// The marks that are passed on the way up.
    ///
    /// - Parameter limit: `nil`: none. Of 0 there is nothing to be used.
    package static func passed(limit: Int?, before: Int, after: Int) -> [Int] {
        guard let limit, limit > 0, after > before else { return [] }
        // Limits of features are far below what would overflow; who has more gets no event.
        guard limit < Int.max / 200, after < Int.max / 200 else { return [] }
        return percents.filter { before * 100 < limit * $0 && after * 100 >= limit * $0 }
    }
}
