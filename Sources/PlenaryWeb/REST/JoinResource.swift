internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms

/// Joining as the API shows and takes it (`rooms-api.md` 11.5).
enum JoinResource {
    /// - Throws: 422 `validation_failed`.
    static func attempt(from body: ObjectReader, room: ResourceReference, address: IPAddress?) throws(Problem)
        -> JoinAttempt
    {
        var reader = body
        var attempt = JoinAttempt(room: room)
        // What is said may be wrong in any way; what that means the checks say.
        let text = JSONKind<String>.text("It has at most 8000 octets.") { $0.utf8.count <= 8_000 ? $0 : nil }
        attempt.token = reader.patch("token", text).applied(to: nil)
        attempt.name = reader.patch("name", text).applied(to: nil)
        attempt.code = reader.patch("access_code", text).applied(to: nil)
        attempt.ticket = reader.patch("ticket", text).applied(to: nil)
        let consent = reader.object("consent") { $0.optional("recording", JSONKind<Bool>.bool) ?? false }
        attempt.consents = consent.applied(to: nil) ?? false
        attempt.address = address
        try reader.finish()
        return attempt
    }

    static func json(_ view: JoinView, _ preview: JoinPreview) -> JSON {
        let details = view.room?.details
        func setting(_ key: RoomSettingKey) -> JSON { JSON(details?.settings.text(key)) }
        // Guests are not told how many are in.
        let people = preview.role == .guest ? nil : view.people
        return [
            "object": "JoinPreview",
            "room": [
                "id": JSON(view.room?.identity.id), "room_name": JSON(details?.name),
                "room_type": JSON(view.room?.type.rawValue), "description": setting(.description),
                "hero_image": setting(.heroImage), "featured_image": setting(.featuredImage),
                "locale": setting(.locale), "owner_name": JSON(view.ownerName),
            ],
            "role": .text(preview.role.rawValue),
            "requires": [
                "name": .bool(preview.asksName), "access_code": .bool(preview.asksCode),
                "consent": .bool(preview.asksConsent),
            ],
            "preset_name": JSON(preview.presetName?.text), "can_start": .bool(preview.canStart),
            "live": [
                "state": view.startedAt == nil ? "inactive" : "active", "started_at": JSON(view.startedAt),
                "participant_count": preview.role == .guest ? .null : .integer(people ?? 0),
                "max_participants": JSON(view.mostParticipants),
            ],
            "recording": .text(preview.recording.rawValue),
        ]
    }

    static func waiting(_ wait: JoinWait, _ role: RoomRole, ticket: String, room: Room?, base: String) -> JSON {
        let id = room?.identity.id ?? ""
        return [
            "object": "JoinResult", "state": "waiting", "reason": .text(wait.reason), "role": .text(role.rawValue),
            "ticket": .text(ticket), "retry_after": 5,
            "events_url": .text("\(base)\(eventsPath(id, ticket))"), "queue_position": JSON(place(wait)),
        ]
    }

    /// Path and query.
    static func eventsPath(_ room: String, _ ticket: String) -> String {
        "\(RESTAPI.base)/join/\(room)/events?ticket=\(FormCoding.encode(ticket))"
    }

    /// 1: the next one.
    static func place(_ wait: JoinWait) -> Int? {
        if case .roomFull(let ahead) = wait { ahead + 1 } else { nil }
    }

    // MARK: refusals

    static func problem(_ refusal: JoinRefusal, _ room: Room?, role: RoomRole?, isRoomUser: Bool, now: WireTime)
        -> Problem
    {
        let code = ProblemCode(rawValue: refusal.problem.rawValue) ?? .badRequest
        var members: [JSON.Member] = []
        var headers: [ResponseHeader] = []
        switch refusal {
        case .notOpen(let opensAt): members.append(.init("opens_at", JSON(opensAt)))
        case .noProvider(let absence):
            headers.append(.retryAfter(.seconds(10)))
            // Why is for who belongs to the room.
            if isRoomUser, absence == .none { members.append(.init("reason", "no_provider")) }
        case .lockedOut(let until): headers.append(.retryAfter(until.since(now)))
        case .limited(let quota): return Problem(of: quota)
        case .noConnections(let available, let retryAfter):
            members.append(.init("available_connections", .integer(available)))
            members.append(.init("retry_after", JSON(retryAfter.map { Int($0.components.seconds) })))
            if let retryAfter { headers.append(.retryAfter(retryAfter)) }
        case .codeRequired, .codeInvalid, .codeExpired, .nameRequired, .consentRequired:
            members.append(Self.room(room, role))
        default: break
        }
        let rule = refusal == .nameRequired ? "A name has 1 to 64 characters, and none of control." : nil
        return Problem(code, rule, faults: fault(refusal, role).map { [$0] } ?? [], members: members, headers: headers)
    }

    /// 422 `join_incomplete`: a form shows everything that is missing at once.
    static func problem(_ missing: [JoinRefusal], _ room: Room?, role: RoomRole?) -> Problem {
        Problem(
            .joinIncomplete, detail(missing), faults: missing.compactMap { fault($0, role) },
            members: [Self.room(room, role)])
    }

    /// A sentence with everything that is missing, the name first.
    private static func detail(_ missing: [JoinRefusal]) -> String? {
        var things: [String] = []
        if missing.contains(.nameRequired) { things.append("a name") }
        if missing.contains(where: { $0.pointer == JoinRefusal.codeRequired.pointer }) {
            things.append("an access code")
        }
        if missing.contains(.consentRequired) { things.append("your consent") }
        guard let last = things.popLast() else { return nil }
        let text = things.isEmpty ? "\(last) is needed." : "\(things.joined(separator: ", ")) and \(last) are needed."
        return String(text.prefix(1)).uppercased() + String(text.dropFirst())
    }

    /// Who is asked for something has a credential, and is told where they are.
    private static func room(_ room: Room?, _ role: RoomRole?) -> JSON.Member {
        JSON.Member("room", ["room_name": JSON(room?.details.name), "role": JSON(role?.rawValue)])
    }

    private static func fault(_ refusal: JoinRefusal, _ role: RoomRole?) -> RequestFault? {
        guard let text = refusal.pointer, let pointer = JSONPointer(text: text),
            let code = RequestFault.Code(rawValue: refusal.problem.rawValue)
        else { return nil }
        let detail =
            switch code {
            case .nameRequired: "Please tell us your name."
            case .consentRequired: "The session may be recorded; please agree to that."
            case .accessCodeInvalid: "That is not the access code."
            case .accessCodeExpired: "The access code has expired."
            default: "This room asks \(people(role)) for an access code."
            }
        return RequestFault(.pointer(pointer), code, detail)
    }

    /// Those who come with a role.
    private static func people(_ role: RoomRole?) -> String {
        switch role {
        case .moderator?: "moderators"
        case .attendee?, nil: "participants"
        case .guest?: "guests"
        }
    }

    // MARK: schemas

    static let schemas: [String: JSON] = [
        "JoinPreview": [
            "type": "object", "required": ["object", "room", "role", "requires", "can_start", "live", "recording"],
            "properties": [
                "object": ["const": "JoinPreview"], "room": ["type": "object"], "role": role,
                "requires": ["type": "object"], "preset_name": ["type": ["string", "null"]],
                "can_start": ["type": "boolean"], "live": ["type": "object"],
                "recording": ["enum": ["no", "possible", "automatic"]],
            ],
            "example": [
                "object": "JoinPreview",
                "room": [
                    "id": "u6Yh3DkQ9w", "room_name": "Business Meeting", "room_type": "meet",
                    "description": "Weekly planning", "hero_image": .null, "featured_image": .null, "locale": .null,
                    "owner_name": .null,
                ], "role": "attendee", "requires": ["name": true, "access_code": true, "consent": true],
                "preset_name": .null, "can_start": false,
                "live": ["state": "inactive", "started_at": .null, "participant_count": 0, "max_participants": 50],
                "recording": "possible",
            ],
        ],
        "JoinRequest": [
            "type": "object", "additionalProperties": false,
            "properties": [
                "token": text, "name": text, "access_code": text, "ticket": text,
                "consent": [
                    "type": ["object", "null"], "additionalProperties": false,
                    "properties": ["recording": ["type": "boolean"]],
                ],
            ],
            "example": [
                "token": "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e", "name": "Ada Lovelace", "access_code": "482913075",
                "consent": ["recording": true], "ticket": .null,
            ],
        ],
        "JoinResult": [
            "type": "object", "required": ["object", "state", "role"],
            "properties": [
                "object": ["const": "JoinResult"], "state": ["enum": ["ready", "waiting"]], "role": role,
                "redirect_url": ["type": "string"], "expires_in": ["type": "integer"],
                "reason": ["enum": ["not_started", "room_full"]], "ticket": ["type": "string"],
                "retry_after": ["type": "integer"], "events_url": ["type": "string"],
                "queue_position": ["type": ["integer", "null"]],
            ],
            "example": [
                "object": "JoinResult", "state": "waiting", "reason": "not_started", "role": "attendee",
                "ticket": "eyJhbGciOiJIUzI1NiJ9.eyJyIjoidTYifQ.c2ln", "retry_after": 5,
                "events_url":
                    "https://rooms.example/api/v1/join/u6Yh3DkQ9w/events?ticket=eyJhbGciOiJIUzI1NiJ9.eyJyIjoidTYifQ.c2ln",
                "queue_position": .null,
            ],
        ],
        "JoinEvents": [
            "type": "string", "description": "Events named `state`; their data are JSON.",
            "example": "event: state\ndata: {\"state\":\"ready\"}\n\n",
        ],
    ]

    private static let role: JSON = ["enum": ["moderator", "attendee", "guest"]]
    private static let text: JSON = ["type": ["string", "null"], "maxLength": 2000]
}
