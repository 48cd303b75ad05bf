import BigBlueButton
import PlenaryCore
import PlenaryStore
import Testing

@testable import PlenaryRooms

/// What the status of a room tells of types that nothing can run yet (`rooms-api.md` 12).
@Suite struct RoomStatusReportTests {
    private static let now = WireTime(milliseconds: 1_772_360_102_000)

    private static func report(_ figures: RoomStatus.Figures, type: RoomType) throws -> RoomStatusReport {
        let identity = try #require(
            ResourceIdentity(
                id: "w2NbJm5SgE", uuid: "0b8f5c1e-6d2a-4a58-9a51-2c7d3e9f1b44", ulid: "01JPKS3M7R9V0T2X4Z6B8D0F1H"))
        let room = Room(
            number: RoomNumber(1), identity: identity, account: .default, accountID: "aK4mZr7PdQ",
            customerID: "c8Wq2TnKpX", subscriptionID: "sB9xHt3LwV", type: type, details: RoomDetails(name: "Film"),
            createdAt: now, updatedAt: now)
        let status = RoomStatus(
            type: type, roomStatus: .active, figures: figures, observedAt: now, health: .healthy, now: now)
        return RoomStatusReport(
            room: room, status: status, session: nil,
            provider: RoomStatusReport.Provider(id: "y9KcTr3HuF", type: .vimeo, health: .healthy),
            mostParticipants: nil, reservation: nil, isReserved: false)
    }

    @Test func `the status of a video is written as in the contract`() throws {
        var figures = VideoFigures()
        figures.views = 310
        figures.comments = 4
        figures.likes = 27
        figures.transcode = .done
        figures.seconds = 1_804
        let expected: JSON = [
            "object": "RoomStatus", "room_id": "w2NbJm5SgE", "room_type": "video", "room_status": "active",
            "state": "inactive", "message": "The video is ready.",
            "provider": ["id": "y9KcTr3HuF", "provider_type": "vimeo", "health": "healthy"],
            "observed_at": "2026-03-01T10:15:02Z", "stale": false,
            "video": [
                "view_count": 310, "comment_count": 4, "like_count": 27, "transcode_state": "done",
                "duration_seconds": 1_804,
            ],
        ]
        let report = try Self.report(.video(figures), type: .video)
        #expect(report.json == expected)
    }

    @Test(arguments: [RoomType.video, .live, .simulcast])
    func `what nobody can ask about is unknown, and not nothing`(type: RoomType) throws {
        let json = try Self.report(.none, type: type).json
        #expect(json[type.rawValue] == .null && json["state"] == "inactive")
        #expect(json["message"] == "Nothing can run in this room yet.")
    }
}
