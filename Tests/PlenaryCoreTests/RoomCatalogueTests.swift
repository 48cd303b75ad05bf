import BigBlueButton
import Testing

@testable import PlenaryCore

/// The catalogues of the contract, row by row: settings (`rooms-api.md` 7.4), types of providers (6.2), permissions (13.2), events (16).
struct RoomCatalogueTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let key: RoomSettingKey
        let kind: RoomSetting.Kind
        /// `null`: nothing.
        let fallback: Metadata.Scalar
        /// Of `create`; `nil`: the setting is valid for every type and provider.
        let parameters: [String]?

        init(
            _ key: RoomSettingKey, _ kind: RoomSetting.Kind, _ fallback: Metadata.Scalar = .null,
            sends parameters: [String]? = nil
        ) {
            self.key = key
            self.kind = kind
            self.fallback = fallback
            self.parameters = parameters
        }

        var testDescription: String { key.rawValue }
    }

    private static let count = RoomSetting.Kind.integer(1...Int(Int32.max))
    private static let countFromZero = RoomSetting.Kind.integer(0...Int(Int32.max))

    /// The table of 7.4, then the settings below it, in their order.
    static let settings: [Row] = [
        Row(.description, .text(longest: 4_000)), Row(.featuredImage, .httpsURL), Row(.heroImage, .httpsURL),
        Row(.anyoneCanStart, .bool, .bool(false)),
        Row(
            .guestPolicy, .oneOf(["always_accept", "ask_moderator", "ask_moderator_all", "always_deny"]),
            .text("always_accept")),
        Row(.queueWhenFull, .bool, .bool(false)), Row(.requireConsent, .bool, .bool(true)), Row(.opensAt, .time),
        Row(.closesAt, .time),
        Row(.showOwner, .oneOf(["nobody", "authenticated", "everyone"]), .text("authenticated")),
        Row(.locale, .language), Row(.plannedDuration, count),
        Row(.moderatorOnlyMessage, .text(longest: 4_000), sends: ["moderatorOnlyMessage"]),
        Row(.autoStartRecording, .bool, .bool(false), sends: ["autoStartRecording"]),
        Row(.allowStartStopRecording, .bool, .bool(true), sends: ["allowStartStopRecording"]),
        Row(.webcamsOnlyForModerator, .bool, .bool(false), sends: ["webcamsOnlyForModerator"]),
        Row(.bannerText, .text(longest: 1_000), sends: ["bannerText"]),
        Row(.bannerColor, .colour, sends: ["bannerColor"]),
        Row(.muteOnStart, .bool, .bool(false), sends: ["muteOnStart"]),
        Row(.allowModsToUnmuteUsers, .bool, .bool(false), sends: ["allowModsToUnmuteUsers"]),
        Row(.allowModsToEjectCameras, .bool, .bool(false), sends: ["allowModsToEjectCameras"]),
        Row(.disableCam, .bool, .bool(false), sends: ["lockSettingsDisableCam"]),
        Row(.disableMic, .bool, .bool(false), sends: ["lockSettingsDisableMic"]),
        Row(.disableNotes, .bool, .bool(false), sends: ["lockSettingsDisableNotes", "lockSettingsDisableNote"]),
        Row(.hideUserList, .bool, .bool(false), sends: ["lockSettingsHideUserList"]),
        Row(.hideViewersCursor, .bool, .bool(false), sends: ["lockSettingsHideViewersCursor"]),
        Row(.welcomeMessage, .text(longest: 4_000), sends: ["welcome"]),
        Row(.endWhenNoModerator, .bool, .bool(false), sends: ["endWhenNoModerator"]),
        Row(.endWhenNoModeratorTimeout, count, .integer(1), sends: ["endWhenNoModeratorDelayInMinutes"]),
        Row(.meetingLayout, .layout, sends: ["meetingLayout"]),
        Row(.notifyRecordingIsOn, .bool, .bool(false), sends: ["notifyRecordingIsOn"]),
        Row(.userCameraCap, countFromZero, .integer(3), sends: ["userCameraCap"]),
        Row(.meetingCameraCap, countFromZero, .integer(0), sends: ["meetingCameraCap"]),
        Row(.presentationURL, .httpsURL, sends: ["preUploadedPresentation"]),
        // Their absence is sent, in `disabledFeatures`.
        Row(.cameraAsContent, .bool, .bool(true), sends: []), Row(.externalVideos, .bool, .bool(true), sends: []),
    ]

    @Test func `every setting has its row, in the order of the contract`() {
        #expect(Self.settings.map(\.key) == RoomSettingKey.allCases)
    }

    @Test(arguments: settings) func `a setting is as its row says`(row: Row) {
        let setting = row.key.setting
        #expect(setting.kind == row.kind && setting.fallback == row.fallback)
        #expect(setting.scope == (row.parameters == nil ? .global : .conferencing))
        #expect(setting.parameters == row.parameters ?? [])
    }

    /// A value that is not the default, and how it is sent.
    private static func other(_ row: Row) -> (Metadata.Scalar, String) {
        switch (row.kind, row.fallback) {
        case (.bool, let fallback): return fallback == .bool(true) ? (.bool(false), "false") : (.bool(true), "true")
        case (.integer, _): return (.integer(7), "7")
        case (.colour, _): return (.text("#0a7b3c"), "#0a7b3c")
        case (.layout, _): return (.text("VIDEO_FOCUS"), "VIDEO_FOCUS")
        case (.httpsURL, _): return (.text("https://h.example/a.pdf"), "https://h.example/a.pdf")
        case (.text, _), (.oneOf, _), (.time, _), (.language, _), (.anything, _): return (.text("Hello"), "Hello")
        }
    }

    @Test(arguments: settings) func `a setting is sent by its names, and left out at its default`(row: Row) {
        func sent(_ value: Metadata.Scalar) -> Parameters {
            let details = RoomDetails(name: "Business", settings: RoomSettings([row.key.rawValue: value]))
            let creation = RoomCalls.Creation(
                attendeePassword: made(Secret("ap")), moderatorPassword: made(Secret("mp")),
                roomURL: "https://rooms.example/rooms/u6Yh3DkQ9w/business")
            return RoomCalls.create(
                RoomSamples.room(details), used: FeatureSet([.recording: .bool(true)]), creation)
        }
        let (value, text) = Self.other(row)
        for name in row.parameters ?? [] {
            #expect(sent(row.fallback)[name] == nil, "\(name)")
            #expect(sent(value)[name] == text, "\(name)")
        }
    }

    // MARK: providers (6.2)

    @Test(
        arguments: [
            (ProviderType.bigBlueButton, "bigbluebutton", [ServiceType.meet], ["host_url", "secret"], true),
            (.scalelite, "scalelite", [.meet], ["host_url", "secret"], true),
            (.fleet, "fleet", [.meet], [], true), (.vimeo, "vimeo", [.video, .live], [], false),
        ] as [(ProviderType, String, [ServiceType], [String], Bool)])
    func `a type of provider is as its row says`(
        type: ProviderType, word: String, services: [ServiceType], required: [String], isOffered: Bool
    ) {
        #expect(ProviderType.allCases.count == 4)
        #expect(type.rawValue == word && type.serviceTypes == services && type.isOffered == isOffered)
        let asked = type.json["properties"]?["required"]?.elements ?? []
        #expect(asked == required.map { JSON.text($0) })
        // None at the moment.
        #expect(type.json["settings"]?["properties"]?.members?.isEmpty != false)
    }

    // MARK: sessions (7.6)

    @Test func `sessions end for the reasons of the contract`() {
        let words = "moderator api empty max_duration preempted provider_lost room_deleted unknown"
        #expect(SessionEndReason.allCases.map(\.rawValue) == words.split(separator: " ").map(String.init))
    }

    // MARK: people (13.2)

    @Test func `the permissions of room users are those of the contract, in its order`() {
        let words = """
            room.view room.update room.delete room.start room.join room.tokens room.codes room.users room.recordings
            """
        #expect(RoomPermission.allCases.map(\.rawValue) == words.split(separator: " ").map(String.init))
    }

    // MARK: events (16)

    @Test func `the events are those of the contract, two of web hooks themselves, and what will expire`() {
        let words = """
            room.created room.updated room.deleted session.started session.ended participant.joined participant.left \
            room_token.created room_token.deleted room_token.expired recording.ready recording.deleted \
            recording.expiring reservation.created reservation.expiring reservation.expired \
            reservation.released meeting.preempted capacity.refused provider.down provider.up \
            provider.tls_invalid provider.tls_expires_soon \
            quota.threshold quota.reached subscription.updated subscription.expired subscription.canceled \
            webhook.test webhook.disabled
            """
        #expect(EventType.allCases.map(\.rawValue) == words.split(separator: " ").map(String.init))
    }
}
