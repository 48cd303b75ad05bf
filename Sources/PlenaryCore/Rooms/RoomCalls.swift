package import BigBlueButton

/// What providers that are like BigBlueButton are told of a room (`rooms-api.md` 11.6): the parameters of `create` and `join`,
/// without the checksum. What is free to the backend is left out, so that its own default holds.
package enum RoomCalls {
    /// What a create needs beside the room.
    package struct Creation: Sendable, Hashable {
        /// Derived from the room's uuid, and always sent: a create is repeated without harm only while they agree.
        package var attendeePassword: Secret
        package var moderatorPassword: Secret
        /// The room's address, without a token.
        package var roomURL: String
        /// Where the end of the session is told.
        package var endCallbackURL: String?
        /// Where it is told that a recording is ready.
        package var recordingURL: String?
        /// `nil`: the server's own default.
        package var keepsEvents: Bool?
        /// Whether what may be recorded is: not when recordings or storage are used up (14).
        package var mayRecord = true

        package init(
            attendeePassword: Secret, moderatorPassword: Secret, roomURL: String, endCallbackURL: String? = nil,
            recordingURL: String? = nil, keepsEvents: Bool? = nil, mayRecord: Bool = true
        ) {
            self.attendeePassword = attendeePassword
            self.moderatorPassword = moderatorPassword
            self.roomURL = roomURL
            self.endCallbackURL = endCallbackURL
            self.recordingURL = recordingURL
            self.keepsEvents = keepsEvents
            self.mayRecord = mayRecord
        }
    }

    // MARK: create

    /// - Parameter used: the features of the session that starts.
    package static func create(_ room: Room, used: FeatureSet, _ creation: Creation) -> Parameters {
        var sent = Parameters([
            .init(name: "name", value: meetingName(room)), .init(name: "meetingID", value: room.identity.uuid),
            .init(name: "attendeePW", value: creation.attendeePassword.reveal()),
            .init(name: "moderatorPW", value: creation.moderatorPassword.reveal()),
        ])
        let settings = room.details.settings
        let records = creation.mayRecord && used.allows(.recording)
        addSettings(settings, records: records, to: &sent)
        addFeatures(used, settings, records: records, to: &sent)
        sent["guestPolicy"] = settings.guestPolicy.parameter
        sent["logoutURL"] = creation.roomURL
        if let keeps = creation.keepsEvents { sent["meetingKeepEvents"] = text(keeps) }
        sent["meta_bbb-origin"] = "plenary"
        sent["meta_plenary-room"] = room.identity.uuid
        if let url = creation.endCallbackURL { sent["meta_endCallbackUrl"] = url }
        if records, let url = creation.recordingURL { sent["meta_bbb-recording-ready-url"] = url }
        return sent
    }

    /// Servers want 2 to ``longestName`` UTF-16 units; 200 characters may be 400 of them.
    private static func meetingName(_ room: Room) -> String {
        let name = room.details.name
        guard name.utf16.count > 1 else { return "\(name) \(room.identity.id)" }
        var scalars = name.unicodeScalars
        while String(scalars).utf16.count > longestName { scalars.removeLast() }
        return String(scalars)
    }

    private static let longestName = 256

    private static func addSettings(_ settings: RoomSettings, records: Bool, to sent: inout Parameters) {
        for key in RoomSettingKey.allCases {
            let setting = key.setting
            let value = settings.value(key)
            guard value != setting.fallback, records || !needsRecording(key) else { continue }
            for parameter in setting.parameters { sent[parameter] = written(key, value) }
        }
    }

    /// A setting that needs a feature which is off has no effect (7.3).
    private static func needsRecording(_ key: RoomSettingKey) -> Bool {
        key == .autoStartRecording || key == .allowStartStopRecording || key == .notifyRecordingIsOn
    }

    private static func written(_ key: RoomSettingKey, _ value: Metadata.Scalar) -> String? {
        switch value {
        case .null: nil
        case .bool(let bool): text(bool)
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        // Both are shown as HTML.
        case .text(let text): key == .welcomeMessage || key == .moderatorOnlyMessage ? ChatMarkup.safe(text) : text
        }
    }

    private static func addFeatures(
        _ used: FeatureSet, _ settings: RoomSettings, records: Bool, to sent: inout Parameters
    ) {
        // 0 would mean unlimited there; a limit of these is at least 1 (D-11).
        if let most = used.limit(of: .maxParticipants), most > 0 { sent["maxParticipants"] = String(most) }
        if let minutes = used.limit(of: .maxDuration), minutes > 0 { sent["duration"] = String(minutes) }
        sent["record"] = text(records)
        var disabled: [String] = []
        if !used.allows(.privateChat) {
            disabled.append("privateChat")
            // For older servers.
            sent["lockSettingsDisablePrivateChat"] = text(true)
        }
        if !used.allows(.publicChat) { disabled.append("chat") }
        if !used.allows(.screenSharing) { disabled.append("screenshare") }
        if !used.allows(.breakoutRooms) { disabled.append("breakoutRooms") }
        if !settings.isOn(.cameraAsContent) { disabled.append("cameraAsContent") }
        if !settings.isOn(.externalVideos) { disabled.append("externalVideos") }
        // It replaces the server's own list: an empty one must not be sent.
        if !disabled.isEmpty { sent["disabledFeatures"] = disabled.joined(separator: ",") }
        if !used.allows(.webcams) {
            sent["lockSettingsDisableCam"] = text(true)
            sent["webcamsOnlyForModerator"] = text(true)
        }
    }

    private static func text(_ bool: Bool) -> String { bool ? "true" : "false" }

    // MARK: join

    /// - Parameters:
    ///   - createTime: of the session, so that an old link leads into no later one.
    ///   - roomURL: without a token; refusals of the server end there.
    package static func join(
        _ room: Room, _ admission: JoinAdmission, visitor: Visitor, createTime: WireTime?, roomURL: String
    ) -> Parameters {
        var sent = Parameters([
            .init(name: "fullName", value: admission.name.text),
            .init(name: "meetingID", value: room.identity.uuid),
        ])
        for parameter in rights(admission.role) { sent[parameter.name] = parameter.value }
        sent["userID"] = visitor.userID(as: admission.role)
        if let createTime { sent["createTime"] = createTime.description }
        sent["errorRedirectUrl"] = RoomAddress.errorURL(roomURL: roomURL)
        sent["redirect"] = text(true)
        return sent
    }

    /// `auth` and `guest` are always sent: the guest policy goes by both.
    private static func rights(_ role: RoomRole) -> [Parameters.Parameter] {
        [
            .init(name: "role", value: role == .moderator ? "MODERATOR" : "VIEWER"),
            .init(name: "guest", value: text(role == .guest)), .init(name: "auth", value: text(role != .guest)),
        ]
    }

    /// The stable pseudonym of a browser, or of a user.
    package struct Visitor: Sendable, Hashable {
        package let pseudonym: String

        package init(_ pseudonym: String) { self.pseudonym = pseudonym }

        /// As providers know them. Their lists do not say who is a guest: the prefix does.
        package func userID(as role: RoomRole) -> String { "\(Self.prefix(role))_\(pseudonym)" }

        private static func prefix(_ role: RoomRole) -> Character {
            switch role {
            case .moderator: "m"
            case .attendee: "a"
            case .guest: "g"
            }
        }

        /// - Returns: `nil` for who did not come through a room.
        package static func role(ofUserID userID: String) -> RoomRole? {
            RoomRole.allCases.first { userID.hasPrefix("\(prefix($0))_") }
        }
    }
}
