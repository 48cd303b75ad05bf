/// The parameters of `create` and `join` that are known, and what an operator's rule may do to each (`bbb-api.md` 5.1.1 and
/// 5.3.1, `balancer.md` 3). What is not in it may be used in rules all the same: BigBlueButton grows with every release.
package enum ParameterCatalogue {
    package struct Entry: Sendable, Hashable {
        /// How far rules reach. A text says why not further: the end of a sentence.
        package enum Reach: Sendable, Hashable {
            case everything
            /// A caller's value may be taken away, but nobody else can know a right one.
            case removal(String)
            case nothing(String)
        }

        package let name: String
        package let type: ParameterType
        package let reach: Reach
        /// What whoever uses it should know; a whole sentence.
        package let remark: String?
    }

    /// What a name means in a rule about a call.
    package enum Meaning: Sendable, Hashable {
        case known(Entry)
        /// Metadata and user data have names that everybody makes up.
        case free(ParameterType)
        /// Not known here, and not like anything that is.
        case unknown
        case misspelt(meant: String)
        /// A parameter of the other call.
        case other(ParameterRule.Call)
        /// No server would ever see it.
        case malformed
    }

    package static func entries(of call: ParameterRule.Call) -> [Entry] {
        switch call {
        case .create: create
        case .join: join
        }
    }

    package static func meaning(of given: String, in call: ParameterRule.Call) -> Meaning {
        // First of all, so that nothing beyond ASCII is compared: there are letters that are equal to a letter of ours.
        guard given.utf8.allSatisfy({ NameOctet.isLetterOrDigit($0) || "_-.".utf8.contains($0) }),
            (1...longestName).contains(given.utf8.count),
            given.utf8.first.map(NameOctet.isLetter) == true
        else { return .malformed }
        let name = ParameterName(given)
        if let entry = byName[call]?[name.text] { return .known(entry) }
        let lower = given.loweredASCII
        if lower.hasPrefix(ParameterName.metadata) {
            guard call == .create else { return .other(.create) }
            // The names of metadata come in any letter case, the word before them does not.
            guard given.hasPrefix(ParameterName.metadata) else { return .misspelt(meant: lower) }
            return metadata(lower)
        }
        if lower.hasPrefix(ParameterName.userdata) {
            guard call == .join else { return .other(.join) }
            guard given.hasPrefix(ParameterName.userdata) else {
                return .misspelt(
                    meant: "\(ParameterName.userdata)\(given.dropFirst(ParameterName.userdata.count))")
            }
            return userdata(given)
        }
        // A twin that has no row of its own.
        if let twin = entries(of: call).first(where: { ParameterName($0.name) == name }) { return .known(twin) }
        let other: ParameterRule.Call = call == .create ? .join : .create
        if entries(of: other).contains(where: { ParameterName($0.name) == name }) { return .other(other) }
        guard let meant = entries(of: call).first(where: { $0.name.isNearly(given) }) else { return .unknown }
        return .misspelt(meant: meant.name)
    }

    private static let longestName = 128

    /// BigBlueButton drops other names without a word (`bbb-api.md` 5.1.2).
    private static func metadata(_ name: String) -> Meaning {
        let own = name.dropFirst(ParameterName.metadata.count)
        guard own.utf8.first.map(NameOctet.isLetter) == true,
            own.utf8.allSatisfy({ NameOctet.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") })
        else { return .malformed }
        // A create with one of these is refused, whoever put it there.
        for reserved in ["plenary-", "mconflb-"] where own.hasPrefix(reserved) {
            return .known(Entry(name: name, type: line, reach: .nothing("only the balancer sets it"), remark: nil))
        }
        if CallerCallbacks.metadataNames.contains(String(own)) {
            return .known(Entry(name: name, type: .address, reach: .nothing(callback), remark: nil))
        }
        let known = CallerCallbacks.metadataNames.sorted().map { ParameterName.metadata + $0 } + ["meta_server-tag"]
        if let meant = known.first(where: { $0.isNearly(name) }) { return .misspelt(meant: meant) }
        return .free(line)
    }

    /// A name with a second hyphen is dropped; one that is no XML name breaks getMeetings for everybody (`bbb-api.md` 5.3.2 and
    /// 14.20).
    private static func userdata(_ name: String) -> Meaning {
        let own = name.dropFirst(ParameterName.userdata.count)
        guard own.utf8.first.map({ NameOctet.isLetter($0) || $0 == UInt8(ascii: "_") }) == true,
            !own.utf8.contains(UInt8(ascii: "-"))
        else { return .malformed }
        if let meant = entries(of: .join).first(where: { $0.name.isNearly(name) }) {
            return .misspelt(meant: meant.name)
        }
        // The client's own settings begin so; everything else is what a front-end makes up for itself.
        return own.hasPrefix("bbb_") ? .unknown : .free(line)
    }

    private static let byName: [ParameterRule.Call: [String: Entry]] = [.create: index(create), .join: index(join)]

    private static func index(_ entries: [Entry]) -> [String: Entry] {
        var index: [String: Entry] = [:]
        for entry in entries { index[entry.name] = entry }
        return index
    }

    // MARK: the tables

    private static func free(_ name: String, _ type: ParameterType, _ remark: String? = nil) -> Entry {
        Entry(name: name, type: type, reach: .everything, remark: remark)
    }

    private static func removal(_ name: String, _ type: ParameterType, _ why: String) -> Entry {
        Entry(name: name, type: type, reach: .removal(why), remark: nil)
    }

    private static func never(_ name: String, _ type: ParameterType, _ why: String) -> Entry {
        Entry(name: name, type: type, reach: .nothing(why), remark: nil)
    }

    private static let line = ParameterType.text(longest: 1_000)
    private static let number = ParameterType.integer(0...Int(Int32.max))
    private static let callback =
        "it is the caller's own address for callbacks, and they are signed with the caller's secret"
    private static let identity = "it says which meeting is meant"
    private static let rights = "it says what somebody may do in the meeting"
    private static let person = "it says who somebody is"
    private static let breakout = "it says which room a breakout room belongs to"

    /// In versions up to and with 3.0; later ones add some.
    package static let layouts = [
        "CUSTOM_LAYOUT", "SMART_LAYOUT", "PRESENTATION_FOCUS", "VIDEO_FOCUS", "CAMERAS_ONLY", "PRESENTATION_ONLY",
        "PARTICIPANTS_AND_CHAT_ONLY", "PARTICIPANTS_CHAT_ONLY",
    ]

    package static let features = [
        "breakoutRooms", "captions", "chat", "privateChat", "downloadPresentationWithAnnotations",
        "downloadPresentationConvertedToPdf", "downloadPresentationOriginalFile", "snapshotOfCurrentSlide",
        "externalVideos", "importPresentationWithAnnotationsFromBreakoutRooms", "importSharedNotesFromBreakoutRooms",
        "layouts", "learningDashboard", "learningDashboardDownloadSessionData", "polls", "screenshare", "sharedNotes",
        "virtualBackgrounds", "customVirtualBackgrounds", "liveTranscription", "presentation", "cameraAsContent",
        "timer", "infiniteWhiteboard",
    ]

    // In pieces, each an expression that is quickly understood.
    private static let create: [Entry] = createValues + createSwitches
    private static let join: [Entry] = joinValues + joinSwitches

    private static let createValues: [Entry] = [
        never("meetingID", line, identity), never("name", line, "people know the meeting by it"),
        never("checksum", line, "it signs the call"), never("attendeePW", line, rights),
        never("moderatorPW", line, rights), never("meetingEndedURL", .address, callback),
        never("isBreakout", .boolean, breakout), never("isBreakoutRoom", .boolean, breakout),
        never("parentMeetingID", line, breakout), never("sequence", number, breakout),
        never("freeJoin", .boolean, breakout),
        // One number for all meetings would put all their callers into one conference.
        removal("voiceBridge", number, "each meeting needs a number of its own"),
        removal("webVoice", number, "each meeting needs a number of its own"),
        // One server for all is a fleet of one; tags are for who must be somewhere.
        removal("preferredServer", line, "servers are chosen by tags: use meta_server-tag"),

        free("load", .decimal(upTo: 1_000)), free("meta_server-tag", .tags),
        free("welcome", .text(longest: ParameterType.longest)),
        free("moderatorOnlyMessage", .text(longest: ParameterType.longest)), free("dialNumber", line),
        free("maxParticipants", number), free("duration", number), free("loginURL", .address),
        free("logoutURL", .address), free("bannerText", line), free("bannerColor", .colour), free("logo", .image),
        free("darklogo", .image), free("copyright", line),
        free("guestPolicy", .oneOf(["ALWAYS_ACCEPT", "ALWAYS_DENY", "ASK_MODERATOR", "ALWAYS_ACCEPT_AUTH"])),
        free("meetingLayout", .word(layouts)), free("disabledFeatures", .list(features)),
        free("disabledFeaturesExclude", .list(features)), free("groups", .json), free("pluginManifests", .json),
        free("pluginManifestsFetchUrl", .address), free("clientSettingsOverrideJsonUrl", .address),
        free("preUploadedPresentation", .address), free("preUploadedPresentationName", line),
        free("presentationUploadExternalUrl", .address), free("presentationUploadExternalDescription", line),
        free("endWhenNoModeratorDelayInMinutes", number), free("learningDashboardCleanupDelayInMinutes", number),
        free("meetingExpireIfNoUserJoinedInMinutes", number), free("meetingExpireWhenLastUserLeftInMinutes", number),
        free("logoutTimer", number), free("userCameraCap", number), free("meetingCameraCap", number),
        free("maxPinnedCameras", .integer(1...Int(Int32.max))), free("maxNumPages", .integer(1...Int(Int32.max))),
        free("breakoutRoomsCaptureSlidesFilename", line), free("breakoutRoomsCaptureNotesFilename", line),
        free("cameraBridge", line), free("screenShareBridge", line), free("audioBridge", line),
        free("sharedNotesEditor", line), free("lockSettingsPresenterPolicy", line),

        free("learningDashboardEnabled", .boolean, old("disabledFeatures=learningDashboard")),
        free("virtualBackgroundsDisabled", .boolean, old("disabledFeatures=virtualBackgrounds")),
        free("breakoutRoomsEnabled", .boolean, old("disabledFeatures=breakoutRooms")),
        free("keepEvents", .boolean, old("meetingKeepEvents")),
        free("lockSettingsDisableNote", .boolean, old("lockSettingsDisableNotes")),
        free("lockSettingsLockedLayout", .boolean, "Servers after 2.2 do not look at it."),
        free("joinViaHtml5", .boolean, "Servers after 2.2 do not look at it."),
        free(
            "allowOverrideClientSettingsOnCreateCall", .boolean,
            "Servers take it from their own configuration only; in a call it does nothing."),
    ]

    private static let createSwitches: [Entry] = [
        "record", "autoStartRecording", "allowStartStopRecording", "notifyRecordingIsOn", "recordFullDurationMedia",
        "meetingKeepEvents", "webcamsOnlyForModerator", "muteOnStart", "allowModsToUnmuteUsers",
        "allowModsToEjectCameras", "allowRequestsWithoutSession", "allowPromoteGuestToModerator",
        "endWhenNoModerator", "preUploadedPresentationOverrideDefault", "presentationConversionCacheEnabled",
        "deactivateBbbserverDefaultChatTexts", "deactivateDefaultChatTexts", "multiUserWhiteboardEnabled",
        "notifyRecordingAppend",
        "requireUserConsentBeforeUnmuting", "breakoutRoomsRecord", "breakoutRoomsPrivateChatEnabled",
        "breakoutRoomsCaptureSlides", "breakoutRoomsCaptureNotes", "lockSettingsDisableCam", "lockSettingsDisableMic",
        "lockSettingsDisablePrivateChat", "lockSettingsDisablePublicChat", "lockSettingsDisableNotes",
        "lockSettingsHideUserList", "lockSettingsLockOnJoin", "lockSettingsLockOnJoinConfigurable",
        "lockSettingsHideViewersCursor", "lockSettingsHideViewersAnnotation",
    ].map { free($0, .boolean) }

    private static let joinValues: [Entry] = [
        never("meetingID", line, identity), never("fullName", line, person),
        never("checksum", line, "it signs the call"), never("role", line, rights), never("password", line, rights),
        never("createTime", number, identity),
        never("userID", line, person),
        never("redirect", .boolean, "it says in which form the caller wants the answer"),
        never("existingUserID", line, person), never("replaceSessionToken", line, person),
        removal("firstName", line, person), removal("lastName", line, person),
        // Bots are not counted: a rule that makes everybody one would lift the maximum of participants.
        removal("bot", .boolean, "whoever is a bot is not counted as a participant"),
        removal("configToken", line, "it names a configuration that one server has"),
        removal("clientURL", .address, "it leads to one server"),

        free("guest", .boolean), free("auth", .boolean), free("excludeFromDashboard", .boolean),
        free("avatarURL", .address), free("webcamBackgroundURL", .address), free("logoutURL", .address),
        free("errorRedirectUrl", .address), free("sessionName", line), free("enforceLayout", .word(layouts)),
        free("defaultLayout", .word(layouts), old("userdata-bbb_default_layout")),
        free("webVoiceConf", line, "No server looks at it any more."),
        free("joinViaHtml5", .boolean, "Servers after 2.2 do not look at it."),

        free("userdata-bbb_default_layout", .word(layouts)), free("userdata-bbb_client_title", line),
        free("userdata-bbb_override_default_locale", line), free("userdata-bbb_custom_style", .text(longest: 2_000)),
        free("userdata-bbb_custom_style_url", .address), free("userdata-bbb_preferred_camera_profile", line),
        free("userdata-bbb_shortcuts", line), free("userdata-bbb_presenter_tools", line),
        free("userdata-bbb_multi_user_tools", line), free("userdata-bbb_fullaudio_bridge", line),
    ]

    private static let joinSwitches: [Entry] = [
        "userdata-bbb_ask_for_feedback_on_logout", "userdata-bbb_auto_join_audio", "userdata-bbb_force_listen_only",
        "userdata-bbb_listen_only_mode", "userdata-bbb_skip_check_audio",
        "userdata-bbb_skip_check_audio_on_first_join", "userdata-bbb_display_branding_area",
        "userdata-bbb_auto_share_webcam", "userdata-bbb_enable_video", "userdata-bbb_record_video",
        "userdata-bbb_skip_video_preview", "userdata-bbb_skip_video_preview_on_first_join",
        "userdata-bbb_mirror_own_webcam", "userdata-bbb_auto_swap_layout", "userdata-bbb_hide_presentation",
        "userdata-bbb_hide_presentation_on_join", "userdata-bbb_show_participants_on_login",
        "userdata-bbb_show_public_chat_on_login", "userdata-bbb_hide_nav_bar", "userdata-bbb_hide_actions_bar",
        "userdata-bbb_multi_user_pen_only", "userdata-bbb_force_restore_presentation_on_new_events",
    ].map { free($0, .boolean) }

    private static func old(_ better: String) -> String { "It is old; newer servers want \(better)." }
}

/// Octets of names.
private enum NameOctet {
    static func isLetter(_ octet: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20) }

    static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        isLetter(octet) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
    }
}
