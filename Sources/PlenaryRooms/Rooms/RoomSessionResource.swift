package import PlenaryCore
package import PlenaryStore

/// One run of a room as the API shows it (`rooms-api.md` 7.6). Nobody sets anything of it.
package enum RoomSessionResource {
    package static let schema = ResourceSchema(
        "Session",
        fields: [
            .init("object"), .init("id", filter: .identifier), .init("uuid", filter: .identifier),
            .init("ulid", filter: .identifier, sorts: true), .init("room_id"),
            .init("state", filter: .choice(RoomSession.State.allCases.map(\.rawValue)), sorts: true),
            .init("started_at", filter: .time, sorts: true), .init("ended_at", filter: .time, sorts: true),
            .init("end_reason", filter: .choice(SessionEndReason.allCases.map(\.rawValue))),
            .init("provider_id", filter: .text),
            .init("provider_type", filter: .choice(RoomProviderType.allCases.map(\.rawValue))),
            .init("provider_session_id", filter: .text), .init("used_features"),
            .init("peak_participants", filter: .integer, sorts: true),
            .init("participant_minutes", filter: .integer, sorts: true), .init("recorded", filter: .bool),
            .init("created_at", filter: .time, sorts: true),
        ])

    /// Of one room as many are listed, the newest: beyond that nobody pages.
    package static let most = 10_000

    package static func json(_ session: RoomSession) -> JSON {
        let used = session.used
        var written = session.identity.members(of: schema.object)
        written += [
            JSON.Member("room_id", .text(session.roomID)), JSON.Member("state", .text(session.state.rawValue)),
            JSON.Member("started_at", JSON(session.startedAt)), JSON.Member("ended_at", JSON(session.endedAt)),
            JSON.Member("end_reason", JSON(session.endReason?.rawValue)),
            JSON.Member("provider_id", JSON(session.provider?.id)),
            JSON.Member("provider_type", JSON(session.provider?.type.rawValue)),
            JSON.Member("provider_session_id", JSON(session.providerSessionID)),
        ]
        let features = used.codes.map { code in
            JSON.Member(code.rawValue, FeatureResource.json(used.value(of: code)))
        }
        written += [
            JSON.Member("used_features", .object(features)),
            JSON.Member("peak_participants", .integer(session.peakParticipants)),
            JSON.Member("participant_minutes", .integer(session.participantMinutes)),
            JSON.Member("recorded", .bool(session.wasRecorded)), JSON.Member("created_at", JSON(session.createdAt)),
        ]
        return .object(written)
    }

    /// How a list looks at them.
    package static var view: ShortList<RoomSession>.View {
        ShortList<RoomSession>.View(
            ulid: { $0.identity.ulid },
            value: { session, field, key in
                value(of: session, field)
                    ?? ResourceValues.value(of: session.identity, session.createdAt, nil, field)
                    ?? ResourceValues.value(in: json(session), field, key)
            })
    }

    private static func value(of session: RoomSession, _ field: String) -> FilterValue? {
        switch field {
        case "started_at": session.startedAt.map { .time($0) }
        case "ended_at": session.endedAt.map { .time($0) }
        default: nil
        }
    }
}
