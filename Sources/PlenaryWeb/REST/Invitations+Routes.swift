internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// `/rooms/{room_id}/invitations` (`rooms-api.md` 8.4): a personal link, and an entry for a calendar.
///
/// The platform sends no mail: whoever invites sends both with what they send mail with.
enum InvitationRoutes {
    /// What is asked for.
    struct Wish: Sendable {
        let email: String
        let name: String?
        let role: RoomRole
        let expiresAt: WireTime?
        let startsAt: WireTime?
        let endsAt: WireTime?
    }

    static func group(_ platform: Platform) -> EndpointGroup {
        let endpoint = Endpoint(
            .post, "/rooms/{room_id}/invitations", .manageRoomTokens,
            EndpointDescription(
                "Room tokens",
                "Make a personal link for somebody, and an entry for their calendar; sending both is up to you",
                body: "NewInvitation", status: 201, answer: "Invitation",
                problems: [.validationFailed, .subscriptionUnusable, .customerSuspended])
        ) { request in
            let room = try await request.room(.manageRoomTokens)
            let wish = try wish(from: try request.object())
            let origin = try await platform.origin(of: room)
            let scalars = wish.email.unicodeScalars.prefix(RoomTokenDetails.longestLabel)
            let label = String(String.UnicodeScalarView(scalars))
            let details = RoomTokenDetails(
                role: wish.role, expiresAt: wish.expiresAt, label: label, displayName: wish.name)
            var random = FleetRandom(platform.time)
            let token = try await platform.store.addToken(
                details, to: room.number, seed: RoomTokenSeed(at: request.now, using: &random), now: request.now)
            var answer = APIAnswer(
                status: 201, body: json(wish, token, of: room, origin: origin, now: request.now))
            answer.headers.append(
                ResponseHeader("Location", "\(RESTAPI.base)/rooms/\(room.identity.id)/tokens/\(token.id)"))
            return answer
        }
        return EndpointGroup(endpoints: [endpoint], schemas: schemas)
    }

    /// - Throws: 422 `validation_failed` with everything that is wrong.
    static func wish(from body: ObjectReader) throws(Problem) -> Wish {
        var reader = body
        let address = JSONKind<String>.text("It is an address such as ida@school.example.") { text in
            DomainName.isEmail(text) ? text : nil
        }
        let email: String? = reader.required("email", address)
        // Told here as the name: the token calls it otherwise.
        let visitor = JSONKind<String>.text("It \(VisitorName.rule).") { VisitorName($0)?.text }
        let name = reader.patch("name", visitor).applied(to: nil)
        let role: RoomRole? = reader.optional("role", JSONKind<RoomRole>.choice)
        let expiresAt = reader.patch("expires_at", JSONKind<WireTime>.time).applied(to: nil)
        let startsAt = reader.patch("starts_at", JSONKind<WireTime>.time).applied(to: nil)
        let endsAt = reader.patch("ends_at", JSONKind<WireTime>.time).applied(to: nil)
        if let endsAt {
            if let startsAt {
                if endsAt <= startsAt { reader.note("ends_at", .outOfRange, "It is after starts_at.") }
            } else {
                reader.note("starts_at", .required, "It is required with ends_at.")
            }
        }
        try reader.finish()
        return Wish(
            email: email ?? "", name: name, role: role ?? .attendee, expiresAt: expiresAt, startsAt: startsAt,
            endsAt: endsAt)
    }

    private static func json(_ wish: Wish, _ token: RoomToken, of room: Room, origin: String, now: WireTime) -> JSON {
        let url = room.url(origin: origin, token: token.text)
        return [
            "object": "Invitation", "id": .text(token.id), "room_id": .text(room.identity.id),
            "email": .text(wish.email), "name": JSON(wish.name), "role": .text(wish.role.rawValue), "url": .text(url),
            "expires_at": JSON(wish.expiresAt), "calendar": JSON(calendar(wish, of: room, url: url, now: now)),
            "mail_sent": false,
        ]
    }

    /// With the personal link: this entry is for one person, unlike the one that the page gives.
    ///
    /// - Returns: `nil` when nobody says when it is.
    private static func calendar(_ wish: Wish, of room: Room, url: String, now: WireTime) -> String? {
        let settings = room.details.settings
        guard let opensAt = wish.startsAt ?? settings.opensAt else { return nil }
        return RoomCalendar.text(
            roomID: room.identity.id, name: room.details.name, description: settings.text(.description), url: url,
            opensAt: opensAt, closesAt: wish.startsAt == nil ? settings.closesAt : wish.endsAt, now: now)
    }

    // MARK: schemas

    static let schemas: [String: JSON] = [
        "NewInvitation": JSONSchema.request(
            [
                JSONSchema.Member(
                    "email", JSONSchema.text("Of who is invited.", least: 3, longest: 254), required: true),
                JSONSchema.Member("name", name), JSONSchema.Member("role", RoomTokenSchemas.roles),
                JSONSchema.Member("expires_at", RoomTokenSchemas.expiry),
                JSONSchema.Member(
                    "starts_at", JSONSchema.nullable(JSONSchema.givenTime("Left out: when the room opens, if it does."))
                ),
                JSONSchema.Member("ends_at", JSONSchema.nullable(JSONSchema.givenTime("After starts_at."))),
            ],
            example: [
                "email": "jo@elsewhere.example", "name": "Jo", "role": "attendee", "starts_at": "2026-03-01T10:00:00Z",
                "ends_at": "2026-03-01T11:00:00Z",
            ]),
        "Invitation": JSONSchema.resource("Invitation", answered, hasIdentity: false, example: example),
    ]

    private static let name = JSONSchema.nullable(
        JSONSchema.text("The visitor's name, who cannot change it.", least: 1, longest: 64))

    private static let answered: [JSONSchema.Member] = [
        JSONSchema.Member("id", JSONSchema.identifier("Of the token that was made."), required: true),
        JSONSchema.Member("room_id", JSONSchema.identifier()), JSONSchema.Member("email", JSONSchema.text()),
        JSONSchema.Member("name", name), JSONSchema.Member("role", RoomTokenSchemas.roles),
        JSONSchema.Member("url", JSONSchema.text("The personal link: whoever has it has its rights.", format: "uri")),
        JSONSchema.Member("expires_at", JSONSchema.nullable(JSONSchema.time())),
        JSONSchema.Member(
            "calendar",
            JSONSchema.nullable(JSONSchema.text("An .ics file with the personal link; null: nobody said when it is."))),
        JSONSchema.Member("mail_sent", JSONSchema.bool("The platform sends no mail.")),
    ]

    private static let example: JSON = [
        "object": "Invitation", "id": "t7QmXc4ZrB", "room_id": "u6Yh3DkQ9w", "email": "jo@elsewhere.example",
        "name": "Jo", "role": "attendee",
        "url":
            "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting?token=Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e",
        "expires_at": .null, "calendar": .null, "mail_sent": false,
    ]
}
