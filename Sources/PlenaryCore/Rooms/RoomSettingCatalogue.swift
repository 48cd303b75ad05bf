/// A kind of service provider (`rooms-api.md` 6.2).
package enum RoomProviderType: String, Sendable, Hashable, CaseIterable {
    /// On input also `bbb` (D-03).
    case bigBlueButton = "bigbluebutton"
    case scalelite
    /// Our own servers.
    case fleet
    case vimeo

    /// Whether it holds meetings as BigBlueButton does.
    package var isConferencing: Bool {
        switch self {
        case .bigBlueButton, .scalelite, .fleet: true
        case .vimeo: false
        }
    }

    /// What types of rooms it serves.
    package func serves(_ type: RoomType) -> Bool {
        switch type {
        case .meet: isConferencing
        case .video, .live: self == .vimeo
        case .simulcast: false
        }
    }
}

/// The settings that mean something (`rooms-api.md` 7.4), in the order of the catalogue.
package enum RoomSettingKey: String, Sendable, Hashable, CaseIterable {
    case description
    case featuredImage = "featured_image"
    case heroImage = "hero_image"
    case anyoneCanStart = "anyone_can_start"
    case guestPolicy = "guest_policy"
    case queueWhenFull = "queue_when_full"
    case requireConsent = "require_consent"
    case opensAt = "opens_at"
    case closesAt = "closes_at"
    case showOwner = "show_owner"
    case locale
    case plannedDuration = "planned_duration"
    case moderatorOnlyMessage = "moderator_only_message"
    case autoStartRecording = "auto_start_recording"
    case allowStartStopRecording = "allow_start_stop_recording"
    case webcamsOnlyForModerator = "webcams_only_for_moderator"
    case bannerText = "banner_text"
    case bannerColor = "banner_color"
    case muteOnStart = "mute_on_start"
    case allowModsToUnmuteUsers = "allow_mods_to_unmute_users"
    case allowModsToEjectCameras = "allow_mods_to_eject_cameras"
    case disableCam = "disable_cam"
    case disableMic = "disable_mic"
    case disableNotes = "disable_notes"
    case hideUserList = "hide_user_list"
    case hideViewersCursor = "hide_viewers_cursor"
    case welcomeMessage = "welcome_message"
    case endWhenNoModerator = "end_when_no_moderator"
    case endWhenNoModeratorTimeout = "end_when_no_moderator_timeout"
    case meetingLayout = "meeting_layout"
    case notifyRecordingIsOn = "notify_recording_is_on"
    case userCameraCap = "user_camera_cap"
    case meetingCameraCap = "meeting_camera_cap"
    case presentationURL = "presentation_url"
    case cameraAsContent = "camera_as_content"
    case externalVideos = "external_videos"

    /// Its row of the catalogue.
    package var setting: RoomSetting { RoomSetting.all[self] ?? RoomSetting(.anything, .global, .null) }
}

/// One row of the catalogue of settings.
package struct RoomSetting: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case text(longest: Int)
        case httpsURL
        case bool
        case integer(ClosedRange<Int>)
        case oneOf([String])
        case time
        case language
        /// `#rrggbb`
        case colour
        /// A word in capitals: servers get new ones.
        case layout
        /// Of no setting of the catalogue.
        case anything
    }

    package enum Scope: Sendable, Hashable {
        /// Of every type and provider.
        case global
        /// Of `meet` on the providers that are like BigBlueButton.
        case conferencing
    }

    package let kind: Kind
    package let scope: Scope
    /// What holds when it is not set; at it, nothing is sent. `null`: nothing.
    package let fallback: Metadata.Scalar
    /// The parameters of `create` that are sent, all with its value. Empty: it is sent otherwise, or not at all.
    package let parameters: [String]

    fileprivate init(_ kind: Kind, _ scope: Scope, _ fallback: Metadata.Scalar, _ parameters: [String] = []) {
        self.kind = kind
        self.scope = scope
        self.fallback = fallback
        self.parameters = parameters
    }

    /// Whether it counts for a room.
    ///
    /// - Parameter provider: `nil`: there is none yet.
    package func applies(to type: RoomType, on provider: RoomProviderType?) -> Bool {
        switch scope {
        case .global: true
        case .conferencing: type == .meet && provider?.isConferencing != false
        }
    }

    // MARK: the catalogue

    private static func global(_ kind: Kind, _ fallback: Metadata.Scalar = .null) -> RoomSetting {
        RoomSetting(kind, .global, fallback)
    }

    private static func sent(
        _ kind: Kind, _ fallback: Metadata.Scalar, _ parameters: String...
    ) -> RoomSetting {
        RoomSetting(kind, .conferencing, fallback, parameters)
    }

    private static let number = Kind.integer(0...Int(Int32.max))

    static let all: [RoomSettingKey: RoomSetting] = {
        var all: [RoomSettingKey: RoomSetting] = [:]
        for key in RoomSettingKey.allCases { all[key] = row(key) }
        return all
    }()

    private static func row(_ key: RoomSettingKey) -> RoomSetting {
        switch key {
        case .description: global(.text(longest: 4_000))
        case .featuredImage, .heroImage: global(.httpsURL)
        case .anyoneCanStart, .queueWhenFull: global(.bool, .bool(false))
        case .guestPolicy: global(.oneOf(GuestPolicy.allCases.map(\.rawValue)), .text("always_accept"))
        case .requireConsent: global(.bool, .bool(true))
        case .opensAt, .closesAt: global(.time)
        case .showOwner: global(.oneOf(OwnerVisibility.allCases.map(\.rawValue)), .text("authenticated"))
        case .locale: global(.language)
        case .plannedDuration: global(.integer(1...Int(Int32.max)))
        case .moderatorOnlyMessage: sent(.text(longest: 4_000), .null, "moderatorOnlyMessage")
        case .autoStartRecording: sent(.bool, .bool(false), "autoStartRecording")
        case .allowStartStopRecording: sent(.bool, .bool(true), "allowStartStopRecording")
        case .webcamsOnlyForModerator: sent(.bool, .bool(false), "webcamsOnlyForModerator")
        case .bannerText: sent(.text(longest: 1_000), .null, "bannerText")
        case .bannerColor: sent(.colour, .null, "bannerColor")
        case .muteOnStart: sent(.bool, .bool(false), "muteOnStart")
        case .allowModsToUnmuteUsers: sent(.bool, .bool(false), "allowModsToUnmuteUsers")
        case .allowModsToEjectCameras: sent(.bool, .bool(false), "allowModsToEjectCameras")
        case .disableCam: sent(.bool, .bool(false), "lockSettingsDisableCam")
        case .disableMic: sent(.bool, .bool(false), "lockSettingsDisableMic")
        // Older servers know it by the second name.
        case .disableNotes: sent(.bool, .bool(false), "lockSettingsDisableNotes", "lockSettingsDisableNote")
        case .hideUserList: sent(.bool, .bool(false), "lockSettingsHideUserList")
        case .hideViewersCursor: sent(.bool, .bool(false), "lockSettingsHideViewersCursor")
        case .welcomeMessage: sent(.text(longest: 4_000), .null, "welcome")
        case .endWhenNoModerator: sent(.bool, .bool(false), "endWhenNoModerator")
        case .endWhenNoModeratorTimeout:
            sent(.integer(1...Int(Int32.max)), .integer(1), "endWhenNoModeratorDelayInMinutes")
        case .meetingLayout: sent(.layout, .null, "meetingLayout")
        case .notifyRecordingIsOn: sent(.bool, .bool(false), "notifyRecordingIsOn")
        case .userCameraCap: sent(number, .integer(3), "userCameraCap")
        case .meetingCameraCap: sent(number, .integer(0), "meetingCameraCap")
        case .presentationURL: sent(.httpsURL, .null, "preUploadedPresentation")
        // Their absence disables features: `RoomCalls`.
        case .cameraAsContent, .externalVideos: sent(.bool, .bool(true))
        }
    }
}

/// Who waits for a moderator's approval (`rooms-api.md` 7.4, 11.6).
package enum GuestPolicy: String, Sendable, Hashable, CaseIterable {
    case alwaysAccept = "always_accept"
    /// Guests wait.
    case askModerator = "ask_moderator"
    /// Attendees wait too.
    case askModeratorAll = "ask_moderator_all"
    /// Only moderators get in.
    case alwaysDeny = "always_deny"

    /// What BigBlueButton calls it. It lets in who is authenticated and no guest where only guests shall wait.
    package var parameter: String {
        switch self {
        case .alwaysAccept: "ALWAYS_ACCEPT"
        case .askModerator: "ALWAYS_ACCEPT_AUTH"
        case .askModeratorAll: "ASK_MODERATOR"
        case .alwaysDeny: "ALWAYS_DENY"
        }
    }

    package enum Treatment: Sendable, Hashable { case letIn, waits, turnedAway }

    /// What becomes of somebody at the door.
    package func treatment(of role: RoomRole) -> Treatment {
        switch (self, role) {
        case (_, .moderator), (.alwaysAccept, _), (.askModerator, .attendee): .letIn
        case (.askModerator, .guest), (.askModeratorAll, .attendee), (.askModeratorAll, .guest): .waits
        case (.alwaysDeny, .attendee), (.alwaysDeny, .guest): .turnedAway
        }
    }
}

/// Who sees the name of a room's owner (`rooms-api.md` 7.4).
package enum OwnerVisibility: String, Sendable, Hashable, CaseIterable {
    case nobody
    case authenticated
    case everyone

    package func isShown(toAuthenticated isAuthenticated: Bool) -> Bool {
        switch self {
        case .nobody: false
        case .authenticated: isAuthenticated
        case .everyone: true
        }
    }
}
