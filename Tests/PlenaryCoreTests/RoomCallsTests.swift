import BigBlueButton
import Testing

@testable import PlenaryCore

/// What providers are told, what a room's status says, and limits of sessions (`rooms-api.md` 7.3, 11.6, 11.7, 12, 14, 15.11).
struct RoomCallsTests {
    private static let now = RoomSamples.now
    private static let url = "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting"

    private static func create(
        _ settings: [String: Metadata.Scalar] = [:], used: [FeatureCode: FeatureValue] = [:], name: String = "Business",
        _ change: (inout RoomCalls.Creation) -> Void = { _ in }
    ) -> Parameters {
        var creation = RoomCalls.Creation(
            attendeePassword: made(Secret("ap")), moderatorPassword: made(Secret("mp")), roomURL: url)
        change(&creation)
        let room = RoomSamples.room(RoomDetails(name: name, settings: RoomSettings(settings)))
        return RoomCalls.create(room, used: FeatureSet(used), creation)
    }

    /// - Parameter line: `name=value`; a name alone is not sent.
    private static func expect(_ sent: Parameters, _ line: String) {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        #expect(sent[parts[0]] == (parts.count == 2 ? parts[1] : nil), "\(line)")
    }

    private static func names(_ parameters: Parameters) -> [String] { parameters.all.map(\.name).sorted() }

    // MARK: create

    @Test func `a room at its defaults sends what must be, and no more`() {
        let sent = Self.create()
        #expect(
            Self.names(sent) == [
                "attendeePW", "guestPolicy", "logoutURL", "meetingID", "meta_bbb-origin", "meta_plenary-room",
                "moderatorPW", "name", "record",
            ])
        #expect(sent["meetingID"] == "0b8f5c1e-6d2a-4a58-9a51-2c7d3e9f1b44" && sent["name"] == "Business")
        #expect(sent["meta_plenary-room"] == sent["meetingID"] && sent["meta_bbb-origin"] == "plenary")
        #expect(sent["attendeePW"] == "ap" && sent["moderatorPW"] == "mp" && sent["logoutURL"] == Self.url)
        #expect(sent["guestPolicy"] == "ALWAYS_ACCEPT" && sent["record"] == "false")
    }

    @Test func `what the operator and the platform add is sent`() {
        let sent = Self.create {
            $0.endCallbackURL = "https://rooms.example/callback"
            $0.keepsEvents = true
        }
        #expect(sent["meta_endCallbackUrl"] == "https://rooms.example/callback" && sent["meetingKeepEvents"] == "true")
    }

    @Test(
        arguments: [
            (FeatureCode.maxParticipants, FeatureValue.integer(50), ["maxParticipants=50"]),
            (.maxDuration, .integer(60), ["duration=60"]), (.recording, .bool(true), ["record=true"]),
            (.maxParticipants, .unlimited, ["maxParticipants"]), (.maxDuration, .unlimited, ["duration"]),
            (.maxParticipants, .integer(0), ["maxParticipants"]),
            (
                .privateChat, .bool(false),
                ["disabledFeatures=privateChat", "lockSettingsDisablePrivateChat=true"]
            ),
            (.publicChat, .bool(false), ["disabledFeatures=chat"]),
            (.screenSharing, .bool(false), ["disabledFeatures=screenshare"]),
            (.breakoutRooms, .bool(false), ["disabledFeatures=breakoutRooms"]),
            (.webcams, .bool(false), ["lockSettingsDisableCam=true", "webcamsOnlyForModerator=true"]),
            (.webcams, .bool(true), ["lockSettingsDisableCam", "disabledFeatures"]),
        ] as [(FeatureCode, FeatureValue, [String])])
    func `a feature is sent as the parameter of the table`(
        code: FeatureCode, value: FeatureValue, expected: [String]
    ) {
        let sent = Self.create(used: [code: value])
        for line in expected { Self.expect(sent, line) }
    }

    @Test(
        arguments: [
            ("mute_on_start", Metadata.Scalar.bool(true), ["muteOnStart=true"]),
            ("mute_on_start", .bool(false), ["muteOnStart"]),
            ("disable_notes", .bool(true), ["lockSettingsDisableNotes=true", "lockSettingsDisableNote=true"]),
            ("end_when_no_moderator_timeout", .integer(5), ["endWhenNoModeratorDelayInMinutes=5"]),
            ("user_camera_cap", .integer(3), ["userCameraCap"]),
            ("user_camera_cap", .integer(0), ["userCameraCap=0"]),
            ("welcome_message", .text("<b>Hi</b> <x>"), ["welcome=<b>Hi</b> &lt;x&gt;"]),
            ("moderator_only_message", .text("a & b"), ["moderatorOnlyMessage=a &amp; b"]),
            ("banner_text", .text("a & b"), ["bannerText=a & b"]),
            ("meeting_layout", .text("SMART_LAYOUT"), ["meetingLayout=SMART_LAYOUT"]),
            (
                "presentation_url", .text("https://x.example/a.pdf"),
                ["preUploadedPresentation=https://x.example/a.pdf"]
            ),
            ("camera_as_content", .bool(false), ["disabledFeatures=cameraAsContent"]),
            ("external_videos", .bool(false), ["disabledFeatures=externalVideos"]),
            ("external_videos", .bool(true), ["disabledFeatures"]),
            ("guest_policy", .text("ask_moderator"), ["guestPolicy=ALWAYS_ACCEPT_AUTH"]),
            ("guest_policy", .text("ask_moderator_all"), ["guestPolicy=ASK_MODERATOR"]),
            ("guest_policy", .text("always_deny"), ["guestPolicy=ALWAYS_DENY"]),
            ("my_own", .text("x"), ["my_own", "myOwn"]), ("description", .text("x"), ["description"]),
        ] as [(String, Metadata.Scalar, [String])])
    func `a setting is sent as the parameter of its name, unless it is at its default`(
        key: String, value: Metadata.Scalar, expected: [String]
    ) {
        let sent = Self.create([key: value])
        for line in expected { Self.expect(sent, line) }
    }

    @Test func `what is disabled is one list`() {
        let sent = Self.create(
            ["camera_as_content": .bool(false), "external_videos": .bool(false)],
            used: [
                .privateChat: .bool(false), .publicChat: .bool(false), .screenSharing: .bool(false),
                .breakoutRooms: .bool(false),
            ])
        #expect(
            sent["disabledFeatures"] == "privateChat,chat,screenshare,breakoutRooms,cameraAsContent,externalVideos")
    }

    @Test func `settings of recordings have no effect without the feature`() {
        let settings: [String: Metadata.Scalar] = [
            "auto_start_recording": .bool(true), "allow_start_stop_recording": .bool(false),
            "notify_recording_is_on": .bool(true),
        ]
        let parameters = ["autoStartRecording", "allowStartStopRecording", "notifyRecordingIsOn"]
        let on = Self.create(settings, used: [.recording: .bool(true)])
        #expect(parameters.map { on[$0] } == ["true", "false", "true"] && on["record"] == "true")
        let without = Self.create(settings)
        let usedUp = Self.create(settings, used: [.recording: .bool(true)]) { $0.mayRecord = false }
        for off in [without, usedUp] {
            #expect(parameters.allSatisfy { off[$0] == nil } && off["record"] == "false")
        }
    }

    @Test func `a name that servers refuse as too short gets longer`() {
        #expect(Self.create(name: "A")["name"] == "A u6Yh3DkQ9w" && Self.create(name: "AB")["name"] == "AB")
    }

    @Test func `a room whose name is of 200 emoji can be started`() {
        let name = String(repeating: "\u{1F600}", count: 200)
        #expect(Self.create(name: name)["name"] == String(repeating: "\u{1F600}", count: 128))
        let odd = "a" + name
        #expect(Self.create(name: odd)["name"] == "a" + String(repeating: "\u{1F600}", count: 127))
        let plain = String(repeating: "x", count: 200)
        #expect(Self.create(name: plain)["name"] == plain)
    }

    // MARK: join

    @Test(
        arguments: [
            (RoomRole.moderator, "MODERATOR", "false", "true", "m_7Qm"),
            (.attendee, "VIEWER", "false", "true", "a_7Qm"),
            (.guest, "VIEWER", "true", "false", "g_7Qm"),
        ] as [(RoomRole, String, String, String, String)])
    func `a role is sent as the table says`(role: RoomRole, word: String, guest: String, auth: String, userID: String) {
        let admission = JoinAdmission(
            role: role, name: made(VisitorName("Ada Lovelace")), token: nil, code: nil, starts: false)
        let sent = RoomCalls.join(
            RoomSamples.room(), admission, visitor: RoomCalls.Visitor("7Qm"), createTime: Self.now, roomURL: Self.url)
        #expect(sent["role"] == word && sent["guest"] == guest && sent["auth"] == auth && sent["userID"] == userID)
        #expect(sent["fullName"] == "Ada Lovelace" && sent["createTime"] == "1772359200000")
        #expect(sent["meetingID"] == "0b8f5c1e-6d2a-4a58-9a51-2c7d3e9f1b44" && sent["redirect"] == "true")
        #expect(sent["errorRedirectUrl"] == "\(Self.url)?error=join" && sent["password"] == nil)
        #expect(RoomCalls.Visitor.role(ofUserID: userID) == role)
        #expect(RoomCalls.Visitor.role(ofUserID: "7Qm") == nil && RoomCalls.Visitor.role(ofUserID: "") == nil)
    }

    @Test(
        arguments: [
            (GuestPolicy.alwaysAccept, GuestPolicy.Treatment.letIn, GuestPolicy.Treatment.letIn),
            (.askModerator, .letIn, .waits), (.askModeratorAll, .waits, .waits),
            (.alwaysDeny, .turnedAway, .turnedAway),
        ] as [(GuestPolicy, GuestPolicy.Treatment, GuestPolicy.Treatment)])
    func `who waits for a moderator`(
        policy: GuestPolicy, attendee: GuestPolicy.Treatment, guest: GuestPolicy.Treatment
    ) {
        #expect(policy.treatment(of: .moderator) == .letIn)
        #expect(policy.treatment(of: .attendee) == attendee && policy.treatment(of: .guest) == guest)
    }

    // MARK: status

    private static func status(
        _ figures: RoomStatus.Figures, observed: Duration? = .zero, _ room: RoomDetails.Status = .active,
        type: RoomType = .meet, health: RoomProviderHealth = .healthy
    ) -> RoomStatus {
        let answered: WireTime? = observed.map { now.advanced(by: Duration.zero - $0) }
        return RoomStatus(
            type: type, roomStatus: room, figures: figures, observedAt: answered, health: health, now: now)
    }

    private static func meet(_ people: Int) -> RoomStatus.Figures {
        var figures = MeetFigures(startedAt: now)
        figures.participants = people
        return .meet(figures)
    }

    @Test func `a meeting that runs makes a room active, also when its provider does not answer`() {
        let fresh = Self.status(Self.meet(12), observed: .milliseconds(14_999))
        #expect(fresh.state == .active && !fresh.isStale)
        #expect(fresh.message.text == "A meeting is running with 12 participants.")
        let stale = Self.status(Self.meet(1), observed: .seconds(15), health: .down)
        #expect(stale.state == .active && stale.isStale)
        #expect(stale.message.text == "A meeting is running with 1 participant.")
        #expect(Self.status(Self.meet(1), observed: nil).isStale)
    }

    @Test func `status and state are two things`() {
        let quiet = Self.status(.quiet)
        #expect(
            quiet.state == .inactive && quiet.roomStatus == .active && quiet.message == .nothingRuns && !quiet.isStale)
        let closed = Self.status(.quiet, .inactive)
        #expect(closed.state == .inactive && closed.message == .closed)
        let goesOn = Self.status(Self.meet(2), .inactive)
        #expect(goesOn.state == .active && goesOn.message == .running(participants: 2))
        #expect(Self.status(.none, observed: nil).message == .nothingRuns)
        #expect(Self.status(.none, observed: nil, type: .live).message == .noAdapter)
        #expect(Self.status(.quiet, health: .down).isStale)
    }

    @Test(
        arguments: [
            (VideoFigures.Transcode.done, RoomStatus.Message.videoReady), (.running, .videoInPreparation),
            (.waiting, .videoInPreparation), (.failed, .noVideo), (.none, .noVideo),
        ] as [(VideoFigures.Transcode, RoomStatus.Message)])
    func `a video is told by its preparation`(transcode: VideoFigures.Transcode, message: RoomStatus.Message) {
        var figures = VideoFigures()
        figures.transcode = transcode
        let status = Self.status(.video(figures), type: .video)
        #expect(status.state == .inactive && status.message == message)
    }

    @Test func `people are counted by what their ids say`() {
        var figures = MeetFigures(startedAt: Self.now)
        figures.count([
            (userID: "m_1", isModerator: true), (userID: "a_1", isModerator: false),
            (userID: "a_2", isModerator: false),
            (userID: "g_1", isModerator: false), (userID: "stranger", isModerator: false),
            // Was made a moderator there.
            (userID: "g_2", isModerator: true),
        ])
        #expect(figures.participants == 6 && figures.moderators == 2 && figures.guests == 1 && figures.attendees == 3)
        figures.guests = 10
        #expect(figures.attendees == 0)
    }

    // MARK: limits

    @Test func `a session ends a minute after its provider should have ended it`() {
        let used = FeatureSet([.maxDuration: .integer(60)])
        #expect(RoomLimits.hardEnd(startedAt: Self.now, used: used) == RoomSamples.minutes(61))
        #expect(RoomLimits.hardEnd(startedAt: Self.now, used: .empty) == nil)
    }

    @Test(
        arguments: [
            (true, 4, 9, true), (true, 5, 9, false), (true, 4, 10, false), (false, 0, 0, false),
        ] as [(Bool, Int, Int, Bool)])
    func `nothing is recorded when there is no more room`(recording: Bool, recordings: Int, storage: Int, may: Bool) {
        let used = FeatureSet([
            .recording: .bool(recording), .maxRecordings: .integer(5), .maxStorage: .integer(10),
        ])
        #expect(RoomLimits.mayRecord(recordings: recordings, storage: storage, used: used) == may)
        let endless = FeatureSet([.recording: .bool(recording)])
        #expect(RoomLimits.mayRecord(recordings: 1_000, storage: 1_000, used: endless) == recording)
    }

    @Test(
        arguments: [
            (50, 90, 60, 50, 90, true), (50, nil, 60, 50, 60, true), (50, nil, nil, 50, 120, true),
            (nil, nil, nil, 15, 120, false), (nil, 30, nil, 15, 30, false),
            // The operator's maximum.
            (50, 1_441, 60, 50, 1_440, true), (50, nil, 2_880, 50, 1_440, true),
        ] as [(Int?, Int?, Int?, Int, Int, Bool)])
    func `a session reserves what was sold, or planned`(
        most: Int?, planned: Int?, longest: Int?, connections: Int, minutes: Int, isExplicit: Bool
    ) {
        var used: [FeatureCode: FeatureValue] = [:]
        if let most { used[.maxParticipants] = FeatureValue.integer(most) }
        if let longest { used[.maxDuration] = FeatureValue.integer(longest) }
        var settings: [String: Metadata.Scalar] = [:]
        if let planned { settings["planned_duration"] = Metadata.Scalar.integer(Int64(planned)) }
        let request = RoomLimits.reservation(
            used: FeatureSet(used), settings: RoomSettings(settings),
            defaults: ReservationDefaults(participants: 25, duration: 120), pool: 15, longest: 1_440, isOwn: true)
        let expected = ReservationRequest(connections: connections, minutes: minutes, isExplicit: isExplicit)
        #expect(request == expected)
    }

    @Test func `a package with larger sessions than its pool has rooms that start`() {
        func request(isOwn: Bool) -> ReservationRequest {
            RoomLimits.reservation(
                used: FeatureSet([.maxParticipants: .integer(100)]), settings: .none,
                defaults: ReservationDefaults(participants: 25, duration: 120), pool: 20, longest: 1_440, isOwn: isOwn)
        }
        #expect(request(isOwn: false) == ReservationRequest(connections: 20, minutes: 120, isExplicit: false))
        // Whoever says so is told that it cannot be.
        #expect(request(isOwn: true) == ReservationRequest(connections: 100, minutes: 120, isExplicit: true))
    }

    @Test(
        arguments: [
            (nil, 20, 20), (.unlimited, 20, 20), (.integer(50), 50, 50), (.integer(50), 20, 20),
            (.integer(50), nil, 50),
            (.unlimited, nil, nil), (nil, nil, nil),
        ] as [(FeatureValue?, Int?, Int?)])
    func `a session without a limit does not outgrow its reservation`(sold: FeatureValue?, reserved: Int?, most: Int?) {
        var values: [FeatureCode: FeatureValue] = [.maxDuration: .integer(60)]
        values[.maxParticipants] = sold
        let admitted = reserved.map { ReservationRequest(connections: $0, minutes: 60, isExplicit: sold != nil) }
        let used = RoomLimits.used(FeatureSet(values), admitted: admitted)
        #expect(used.limit(of: .maxParticipants) == most && used.limit(of: .maxDuration) == 60)
        #expect(Self.create(used: used.values)["maxParticipants"] == most.map { String($0) })
    }

    @Test func `a room is made while there is room for it`() throws {
        let features = FeatureSet([.maxRooms: .integer(20)])
        try RoomLimits.admitRoom(RoomSamples.entitlement(features: features), rooms: 19, at: Self.now)
        try RoomLimits.admitRoom(nil, rooms: 1_000, at: Self.now)
        let refusal = QuotaRefusal(code: .maxRooms, value: 20, used: 20, requested: 1)
        #expect(throws: RoomCreationRefusal.limited(refusal)) {
            try RoomLimits.admitRoom(RoomSamples.entitlement(features: features), rooms: 20, at: Self.now)
        }
        #expect(throws: RoomCreationRefusal.customerSuspended) {
            try RoomLimits.admitRoom(RoomSamples.entitlement(customer: .suspended), rooms: 0, at: Self.now)
        }
        for entitlement in [
            RoomSamples.entitlement(customer: .inactive), RoomSamples.entitlement(status: .suspended),
            RoomSamples.entitlement(endsAt: "2026-02-28"),
        ] {
            #expect(throws: RoomCreationRefusal.subscriptionUnusable) {
                try RoomLimits.admitRoom(entitlement, rooms: 0, at: Self.now)
            }
        }
        #expect(RoomCreationRefusal.limited(refusal).problem.rawValue == "limit_exceeded")
    }

    @Test func `a room in use is deleted only by force`() throws {
        try RoomLimits.admitDeletion(isRunning: false, force: false)
        try RoomLimits.admitDeletion(isRunning: true, force: true)
        #expect(throws: RoomProblem.roomInUse) { try RoomLimits.admitDeletion(isRunning: true, force: false) }
    }

    // MARK: providers (11.7)

    private static func provider(
        _ id: String, _ health: RoomProviderHealth, isDefault: Bool = false, isActive: Bool = true,
        type: RoomProviderType = .scalelite
    ) -> AttachedProvider {
        AttachedProvider(id: id, type: type, isDefault: isDefault, isActive: isActive, health: health)
    }

    @Test func `the default provider is tried first unless it is down, then who is healthy`() {
        func order(_ attached: [AttachedProvider], excluding: Set<String> = []) -> [String] {
            AttachedProvider.candidates(attached, for: .meet, excluding: excluding).map(\.id)
        }
        let others = [Self.provider("a", .healthy), Self.provider("b", .degraded), Self.provider("c", .healthy)]
        #expect(order(others + [Self.provider("d", .degraded, isDefault: true)]) == ["d", "a", "c"])
        #expect(order(others + [Self.provider("d", .down, isDefault: true)]) == ["a", "c"])
        #expect(order(others + [Self.provider("d", .healthy, isDefault: true, isActive: false)]) == ["a", "c"])
        #expect(order(others + [Self.provider("d", .unknown, isDefault: true)], excluding: ["d", "a"]) == ["c"])
        #expect(order([Self.provider("v", .healthy, isDefault: true, type: .vimeo)]).isEmpty)
    }

    @Test func `what check 11 wants to know`() {
        let good = [Self.provider("a", .healthy, isDefault: true)]
        #expect(AttachedProvider.outlook(good, for: .meet) == .available)
        #expect(AttachedProvider.outlook([], for: .meet) == .unavailable(.none))
        #expect(AttachedProvider.outlook([Self.provider("a", .down)], for: .meet) == .unavailable(.down))
        #expect(AttachedProvider.outlook(good, for: .live) == .unavailable(.noAdapter))
    }
}
