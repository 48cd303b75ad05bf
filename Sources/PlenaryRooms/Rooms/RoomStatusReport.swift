package import PlenaryCore
package import PlenaryStore

/// What `GET /rooms/{room_id}/status` tells (`rooms-api.md` 12).
package struct RoomStatusReport: Sendable {
    package struct Provider: Sendable {
        package let id: String
        package let type: RoomProviderType
        package let health: RoomProviderHealth
    }

    package let room: Room
    package let status: RoomStatus
    /// That runs.
    package let session: RoomSession?
    /// Of that session, or of one that would be started now; `nil`: there is none.
    package let provider: Provider?
    /// What the next session may have, or the one that runs has; `nil`: no limit.
    package let mostParticipants: Int?
    /// The session's in the pool (15); `nil`: none.
    package let reservation: Reservation?
    /// Nobody's create can take its connections.
    package let isReserved: Bool

    package static let object = "RoomStatus"

    package var json: JSON {
        var members: [JSON.Member] = [
            .init("object", .text(Self.object)), .init("room_id", .text(room.identity.id)),
            .init("room_type", .text(room.type.rawValue)), .init("room_status", .text(status.roomStatus.rawValue)),
            .init("state", .text(status.state.rawValue)), .init("message", .text(status.message.text)),
        ]
        let shown = provider.map { provider in
            JSON.object([
                .init("id", .text(provider.id)), .init("provider_type", .text(provider.type.rawValue)),
                .init("health", .text(provider.health.rawValue)),
            ])
        }
        members += [
            JSON.Member("provider", shown ?? .null), JSON.Member("observed_at", JSON(status.observedAt)),
            JSON.Member("stale", .bool(status.isStale)), JSON.Member(room.type.rawValue, figures),
        ]
        return .object(members)
    }

    private var figures: JSON {
        switch status.figures {
        // Unknown is not 0.
        case .none: .null
        case .quiet: room.type == .meet ? meet(nil) : .null
        case .meet(let figures): meet(figures)
        case .video(let video):
            .object([
                .init("view_count", .integer(video.views)), .init("comment_count", .integer(video.comments)),
                .init("like_count", .integer(video.likes)), .init("transcode_state", .text(video.transcode.rawValue)),
                .init("duration_seconds", JSON(video.seconds)),
            ])
        }
    }

    /// - Parameter figures: `nil`: nothing runs, so nobody is in.
    private func meet(_ figures: MeetFigures?) -> JSON {
        let shown = reservation.map { reservation in
            JSON.object([
                .init("state", .text(isReserved ? "reserved" : "unreserved")),
                .init("connections", .integer(reservation.connections)),
                .init("expires_at", JSON(reservation.expiresAt)),
            ])
        }
        return .object([
            .init("session_id", JSON(session?.identity.id)), .init("started_at", JSON(session?.startedAt)),
            .init("participant_count", .integer(figures?.participants ?? 0)),
            .init("moderator_count", .integer(figures?.moderators ?? 0)),
            .init("attendee_count", .integer(figures?.attendees ?? 0)),
            .init("guest_count", .integer(figures?.guests ?? 0)),
            .init("waiting_count", .integer(figures?.waiting ?? 0)),
            .init("listener_count", .integer(figures?.listeners ?? 0)),
            .init("voice_participant_count", .integer(figures?.voices ?? 0)),
            .init("video_count", .integer(figures?.videos ?? 0)), .init("max_participants", JSON(mostParticipants)),
            .init("recording", .bool(figures?.isRecording ?? false)), .init("reservation", shown ?? .null),
        ])
    }
}
