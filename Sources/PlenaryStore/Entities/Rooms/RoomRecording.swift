package import BigBlueButton
package import PlenaryCore

/// Whose recordings are meant, and where they are: those of one room at one provider.
package struct RecordingPlace: Sendable, Hashable {
    package let account: AccountID
    /// `nil`: the room was deleted, and the account has them.
    package let room: RoomNumber?
    /// The public id of the room, also when it is deleted.
    package let roomID: String
    /// What providers know its sessions by: the room's uuid.
    package let meetingID: String
    /// The public id of the provider.
    package let provider: String

    package init(account: AccountID, room: RoomNumber?, roomID: String, meetingID: String, provider: String) {
        self.account = account
        self.room = room
        self.roomID = roomID
        self.meetingID = meetingID
        self.provider = provider
    }

    package init(of room: Room, at provider: String) {
        self.init(
            account: room.account, room: room.number, roomID: room.identity.id, meetingID: room.identity.uuid,
            provider: provider)
    }

    /// Names a recording in the API: the room's id, then the provider's own.
    package func id(of recordID: String) -> String { "\(roomID)-\(recordID)" }
}

/// A recording as its provider describes it (`bbb-api.md` 6.1). What it does not tell is `nil`.
package struct RecordingFacts: Sendable, Hashable {
    /// As its provider calls it.
    package let recordID: String
    package let internalID: String?
    package let name: String
    /// As BigBlueButton has it, or a later one of its words.
    package var state: String
    package let participants: Int?
    /// Octets.
    package let size: Int?
    /// What can be played, as the API shows it.
    package let formats: JSON
    package let startedAt: WireTime?
    package let endedAt: WireTime?

    package init(
        recordID: String, internalID: String? = nil, name: String, state: String, participants: Int? = nil,
        size: Int? = nil, formats: JSON = [], startedAt: WireTime? = nil, endedAt: WireTime? = nil
    ) {
        self.recordID = recordID
        self.internalID = internalID
        self.name = name
        self.state = state
        self.participants = participants
        self.size = size
        self.formats = formats
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// A recording of the catalogue.
package struct CataloguedRecording: Sendable, Hashable {
    /// Sequential: it never leaves the server.
    package let number: Int64
    package let place: RecordingPlace
    package let facts: RecordingFacts
    package let firstSeenAt: WireTime
    /// When its provider was last seen to tell something else of it.
    package let changedAt: WireTime
    /// It is not there any more.
    package let deletedAt: WireTime?
    package let toldReadyAt: WireTime?
    /// When it was told that it will be deleted.
    package let toldExpiringAt: WireTime?

    package var id: String { place.id(of: facts.recordID) }
    /// From when on its days are counted.
    package var madeAt: WireTime { facts.endedAt ?? facts.startedAt ?? firstSeenAt }
}

/// A provider that may have recordings of a room, and when it is asked next.
package struct RecordingSource: Sendable, Hashable {
    package let number: Int64
    package let place: RecordingPlace
    /// The last session of the room there.
    package let endedAt: WireTime
    /// `nil`: not until there is news.
    package let dueAt: WireTime?
}

/// How many recordings there are, and how large they are together, as far as their providers tell.
package struct RecordingTotals: Sendable, Hashable {
    package let count: Int
    /// Octets.
    package let size: Int

    /// Octets of a GB of `max_storage` (`rooms-api.md` 5.1).
    package static let gigabyte = 1_000_000_000

    package init(count: Int, size: Int) {
        self.count = count
        self.size = size
    }

    /// Whole GB.
    package var gigabytes: Int { size / Self.gigabyte }
}

/// What limits of recordings go by when a session starts.
package struct RecordingUse: Sendable, Hashable {
    /// Of all rooms of all accounts, also of deleted rooms.
    package let subscription: RecordingTotals
    package let room: RecordingTotals

    package init(subscription: RecordingTotals, room: RecordingTotals) {
        self.subscription = subscription
        self.room = room
    }
}
