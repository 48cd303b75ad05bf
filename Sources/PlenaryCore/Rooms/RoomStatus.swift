package import BigBlueButton

/// Who is in a session, as its provider tells it (`rooms-api.md` 12).
package struct MeetFigures: Sendable, Hashable {
    package var startedAt: WireTime
    package var participants = 0
    package var moderators = 0
    package var guests = 0
    /// In the provider's own lobby.
    package var waiting = 0
    package var listeners = 0
    package var voices = 0
    package var videos = 0
    package var isRecording = false
    /// `nil`: no limit.
    package var mostParticipants: Int?

    package init(startedAt: WireTime) { self.startedAt = startedAt }

    /// Never below 0: the figures need not be of one moment.
    package var attendees: Int { max(0, participants - moderators - guests) }

    /// Counts who is in by their `userID`; who did not come through the room is an attendee, or what the provider says.
    package mutating func count(_ people: [(userID: String, isModerator: Bool)]) {
        participants = people.count
        moderators = people.count(where: { $0.isModerator })
        guests = people.count(where: { !$0.isModerator && RoomCalls.Visitor.role(ofUserID: $0.userID) == .guest })
    }
}

/// What of a video is known.
package struct VideoFigures: Sendable, Hashable {
    package enum Transcode: String, Sendable, Hashable { case none, waiting, running, done, failed }

    package var views = 0
    package var comments = 0
    package var likes = 0
    package var transcode = Transcode.none
    package var seconds: Int?

    package init() {}
}

package enum RoomProviderHealth: String, Sendable, Hashable, CaseIterable { case unknown, healthy, degraded, down }

/// Whether something goes on in a room (`rooms-api.md` 12). Whether it may is another thing: ``RoomDetails/Status`` (D-25).
package struct RoomStatus: Sendable, Hashable {
    package enum State: String, Sendable, Hashable { case active, inactive }

    /// What the provider last said.
    package enum Figures: Sendable, Hashable {
        /// It was never asked, or there is nothing to ask about.
        case none
        /// Nothing runs.
        case quiet
        case meet(MeetFigures)
        case video(VideoFigures)
    }

    package let type: RoomType
    package let roomStatus: RoomDetails.Status
    package let figures: Figures
    /// When the provider last answered; `nil`: never.
    package let observedAt: WireTime?
    package let health: RoomProviderHealth
    /// The figures are old: they stay until there are others, and `state` does not jump.
    package let isStale: Bool

    /// From then on without an answer they are old.
    package static let patience = Duration.seconds(15)

    package init(
        type: RoomType, roomStatus: RoomDetails.Status, figures: Figures, observedAt: WireTime?,
        health: RoomProviderHealth, now: WireTime
    ) {
        self.type = type
        self.roomStatus = roomStatus
        self.figures = figures
        self.observedAt = observedAt
        self.health = health
        // Without a session nobody is asked all the time: only figures can be old.
        switch figures {
        case .none, .quiet: isStale = health == .down
        case .meet, .video: isStale = observedAt.map { now.since($0) >= Self.patience } ?? true
        }
    }

    package var state: State {
        switch figures {
        case .none, .quiet, .video: .inactive
        case .meet: .active
        }
    }

    /// What a sentence about it says; the sentence itself is in the reader's language.
    package enum Message: Sendable, Hashable {
        case running(participants: Int)
        case nothingRuns
        case closed
        case videoReady
        case videoInPreparation
        case noVideo
        case noAdapter

        /// In English.
        package var text: String {
            switch self {
            case .running(1): "A meeting is running with 1 participant."
            case .running(let participants): "A meeting is running with \(participants) participants."
            case .nothingRuns: "No meeting is running."
            case .closed: "The room is closed."
            case .videoReady: "The video is ready."
            case .videoInPreparation: "The video is being prepared."
            case .noVideo: "There is no video."
            case .noAdapter: "Nothing can run in this room yet."
            }
        }
    }

    package var message: Message {
        switch figures {
        // What runs goes on in a room that was closed.
        case .meet(let meet): .running(participants: meet.participants)
        case .video(let video):
            switch video.transcode {
            case .done: .videoReady
            case .waiting, .running: .videoInPreparation
            case .none, .failed: .noVideo
            }
        case .none, .quiet:
            if roomStatus == .inactive { .closed } else { type.hasAdapter ? .nothingRuns : .noAdapter }
        }
    }
}
