import BigBlueButton
import Testing

@testable import PlenaryCore

extension ParameterRule {
    /// A rule that the test knows to be right.
    static func made(_ call: Call, _ kind: Kind, _ name: String, _ value: String? = nil) throws -> ParameterRule {
        try ParameterRule(Draft(call: call, kind: kind, name: name, value: value))
    }
}

/// Which parameters rules may touch, and what values they take (`bbb-api.md` 5.1.1 and 5.3.1).
@Suite struct ParameterCatalogueTests {
    private func fault(_ call: ParameterRule.Call, _ kind: ParameterRule.Kind, _ name: String, _ value: String? = nil)
        -> PolicyFault.Reason?
    {
        do throws(PolicyFault) {
            _ = try ParameterRule(.init(call: call, kind: kind, name: name, value: value))
            return nil
        } catch { return error.reason }
    }

    @Test(arguments: ParameterRule.Call.allCases) func `each name stands once, and is its own meaning`(
        call: ParameterRule.Call
    ) {
        let entries = ParameterCatalogue.entries(of: call)
        #expect(Set(entries.map(\.name)).count == entries.count)
        for entry in entries {
            #expect(ParameterCatalogue.meaning(of: entry.name, in: call) == .known(entry), "\(entry.name)")
        }
    }

    @Test func `every parameter that the specification names for create is in the table`() {
        let named = """
            meetingID name attendeePW moderatorPW welcome dialNumber voiceBridge webVoice maxParticipants loginURL logoutURL \
            record duration moderatorOnlyMessage autoStartRecording allowStartStopRecording webcamsOnlyForModerator \
            bannerText bannerColor logo copyright darklogo muteOnStart allowModsToUnmuteUsers lockSettingsDisableCam \
            lockSettingsDisableMic lockSettingsDisablePrivateChat lockSettingsDisablePublicChat lockSettingsDisableNotes \
            lockSettingsDisableNote lockSettingsHideUserList lockSettingsLockOnJoin lockSettingsLockOnJoinConfigurable \
            lockSettingsLockedLayout lockSettingsHideViewersCursor lockSettingsHideViewersAnnotation guestPolicy \
            meetingKeepEvents keepEvents endWhenNoModerator endWhenNoModeratorDelayInMinutes meetingLayout \
            learningDashboardEnabled learningDashboardCleanupDelayInMinutes allowModsToEjectCameras \
            allowRequestsWithoutSession virtualBackgroundsDisabled userCameraCap meetingCameraCap maxPinnedCameras groups \
            disabledFeatures disabledFeaturesExclude meetingExpireIfNoUserJoinedInMinutes \
            meetingExpireWhenLastUserLeftInMinutes preUploadedPresentationOverrideDefault preUploadedPresentation \
            preUploadedPresentationName notifyRecordingIsOn presentationUploadExternalUrl \
            presentationUploadExternalDescription recordFullDurationMedia allowPromoteGuestToModerator \
            breakoutRoomsEnabled breakoutRoomsRecord breakoutRoomsPrivateChatEnabled breakoutRoomsCaptureSlides \
            breakoutRoomsCaptureNotes breakoutRoomsCaptureSlidesFilename breakoutRoomsCaptureNotesFilename isBreakout \
            parentMeetingID sequence freeJoin logoutTimer meetingEndedURL cameraBridge screenShareBridge audioBridge \
            pluginManifests allowOverrideClientSettingsOnCreateCall joinViaHtml5
            """.split(separator: " ").map(String.init)
        let known = Set(ParameterCatalogue.entries(of: .create).map(\.name))
        #expect(named.filter { !known.contains($0) } == [])
        let joins = """
            meetingID fullName role password createTime userID redirect errorRedirectUrl logoutURL guest auth avatarURL \
            webcamBackgroundURL bot firstName lastName excludeFromDashboard enforceLayout defaultLayout existingUserID \
            replaceSessionToken sessionName webVoiceConf configToken clientURL joinViaHtml5
            """.split(separator: " ").map(String.init)
        let joined = Set(ParameterCatalogue.entries(of: .join).map(\.name))
        #expect(joins.filter { !joined.contains($0) } == [])
    }

    // MARK: what rules may touch

    @Test(arguments: [
        "meetingID", "name", "checksum", "attendeePW", "moderatorPW", "meetingEndedURL", "isBreakout", "isBreakoutRoom",
        "parentMeetingID", "sequence", "freeJoin", "meta_endCallbackUrl", "meta_ENDCALLBACKURL",
        "meta_bbb-recording-ready-url", "meta_bn-recording-ready-url", "meta_canvas-recording-ready-url",
        "meta_analytics-callback-url", "meta_plenary-tenant", "meta_Plenary-x", "meta_mconflb-guid",
        "meta_mconflb-anything",
    ])
    func `what makes a create what it is, or is the balancer's, is not touched`(name: String) {
        for kind in ParameterRule.Kind.allCases {
            let reason = fault(.create, kind, name, kind == .remove ? nil : "1")
            guard case .untouchable(let why) = reason else {
                Issue.record("\(kind) \(name): \(String(describing: reason))")
                continue
            }
            #expect(!why.isEmpty)
        }
    }

    @Test(arguments: [
        "meetingID", "fullName", "checksum", "role", "password", "createTime", "userID", "redirect", "existingUserID",
        "replaceSessionToken",
    ])
    func `who joins what, and as what, is not touched`(name: String) {
        for kind in ParameterRule.Kind.allCases {
            let reason = fault(.join, kind, name, kind == .remove ? nil : "1")
            guard case .untouchable = reason else {
                Issue.record("\(kind) \(name): \(String(describing: reason))")
                continue
            }
        }
    }

    @Test(arguments: [
        (ParameterRule.Call.create, "voiceBridge"), (.create, "webVoice"), (.create, "preferredServer"), (.join, "bot"),
        (.join, "firstName"), (.join, "lastName"), (.join, "configToken"), (.join, "clientURL"),
    ])
    func `some can be taken from callers, and given to nobody`(call: ParameterRule.Call, name: String) {
        #expect(fault(call, .remove, name) == nil)
        for kind in [ParameterRule.Kind.default, .override] {
            guard case .onlyRemovable = fault(call, kind, name, "1") else {
                Issue.record("\(kind) \(name)")
                continue
            }
        }
    }

    @Test func `a parameter belongs to its call`() {
        #expect(fault(.join, .override, "muteOnStart", "true") == .otherCall(.create))
        #expect(fault(.join, .remove, "meta_course") == .otherCall(.create))
        #expect(fault(.join, .remove, "serverTag") == .otherCall(.create))
        #expect(fault(.create, .override, "guest", "true") == .otherCall(.join))
        #expect(fault(.create, .remove, "userdata-bbb_auto_join_audio") == .otherCall(.join))
        // Those of both.
        #expect(fault(.create, .remove, "logoutURL") == nil && fault(.join, .remove, "logoutURL") == nil)
    }

    @Test(arguments: [
        ("muteonstart", "muteOnStart"), ("MuteOnStart", "muteOnStart"), ("muteOnstart", "muteOnStart"),
        ("muteOnStar", "muteOnStart"), ("muteOnSttart", "muteOnStart"), ("muteOnStatr", "muteOnStart"),
        ("nuteOnStart", "muteOnStart"), ("uteOnStart", "muteOnStart"), ("darkLogo", "darklogo"),
        ("meetingId", "meetingID"), ("maxParticipant", "maxParticipants"), ("Meta_course", "meta_course"),
        ("meta_endCallbackUrls", "meta_endcallbackurl"), ("meta_servertag", "meta_server-tag"), ("Record", "record"),
    ])
    func `a name that is nearly one is refused with the one that is meant`(given: String, meant: String) {
        #expect(fault(.create, .remove, given) == .misspelt(meant: meant))
    }

    @Test func `the client's settings are checked the same way`() {
        #expect(
            fault(.join, .default, "userdata-bbb_auto_join_adio", "true")
                == .misspelt(meant: "userdata-bbb_auto_join_audio"))
        #expect(fault(.join, .default, "Userdata-x", "y") == .misspelt(meant: "userdata-x"))
        #expect(fault(.join, .default, "userdata-bbb_auto_join_audio", "yes") == .value(.unfit(.boolean)))
    }

    @Test(arguments: ["somethingNew", "plugin_x", "log", "bots", "newFeatureIn40", "muteOnTheStart", "x"])
    func `a name that is like no other is taken as it is: servers grow`(name: String) throws {
        #expect(ParameterCatalogue.meaning(of: name, in: .create) == .unknown)
        let rule = try ParameterRule.made(.create, .override, name, "anything at all")
        #expect(rule.name.text == name && rule.value == "anything at all")
    }

    @Test(arguments: [
        "", " record", "re cord", "1record", "_record", "record=", "record&x", "meta_", "meta_1x", "meta_my_key",
        "meta_a.b",
        "réc", "meeting\u{212A}eepEvents", "reco\u{0}rd", String(repeating: "a", count: 129),
    ])
    func `what no server would see is no name`(name: String) {
        #expect(fault(.create, .remove, name) == .malformedName)
    }

    @Test(arguments: ["userdata-", "userdata-my-key", "userdata-1x", "userdata-é"])
    func `user data that a server would drop, or stumble over, is no name`(name: String) {
        #expect(fault(.join, .default, name, "x") == .malformedName)
    }

    @Test func `metadata and user data may have any name of their kind`() throws {
        let rule = try ParameterRule.made(.create, .default, "meta_Course-Name", "Algebra")
        #expect(rule.name.text == "meta_course-name" && rule.name == "meta_COURSE-name")
        #expect(fault(.join, .default, "userdata-my_key", "") == nil)
        #expect(fault(.join, .default, "userdata-_x.y", "") == nil)
    }

    // MARK: names

    @Test func `names are compared as servers do`() {
        #expect(ParameterName("meta_A") == "meta_a" && ParameterName("Meta_a") != "meta_a")
        #expect(ParameterName("record") != "Record")
        #expect(ParameterName("meeting\u{212A}eepEvents") != "meetingKeepEvents")
        // A letter beyond ASCII stays what it is, also in metadata.
        #expect(ParameterName("meta_\u{212A}") != "meta_k")
        #expect(ParameterName("e\u{301}") != "\u{E9}")
        #expect(Set(["meta_A", "meta_a", "META_a"].map { ParameterName($0) }).count == 2)
    }

    @Test func `two names of one thing are the same name`() {
        for (old, new) in [
            ("lockSettingsDisableNote", "lockSettingsDisableNotes"), ("keepEvents", "meetingKeepEvents"),
            ("serverTag", "meta_Server-Tag"),
        ] {
            #expect(
                ParameterName(old) == ParameterName(new) && ParameterName(old).hashValue == ParameterName(new).hashValue
            )
            #expect(!(ParameterName(old) < ParameterName(new)) && !(ParameterName(new) < ParameterName(old)))
            #expect(ParameterName(old).text == old)
        }
    }

    @Test(arguments: [
        ("abcd", "abcd", true), ("abcd", "ABCD", true), ("abcd", "abcx", true), ("abcd", "xbcd", true),
        ("abcd", "abdc", true), ("abcd", "bacd", true), ("abcd", "abcde", true), ("abcd", "xabcd", true),
        ("abcd", "abxcd", true), ("aabcd", "abcd", true), ("abcd", "badc", false), ("abcd", "abxy", false),
        ("abcd", "abcdef", false), ("abcd", "cbad", false), ("abc", "abd", false), ("abc", "abcd", false),
        ("abc", "ABC", true), ("", "", true), ("", "a", false),
    ])
    func `one letter makes a near miss, two do not`(left: String, right: String, isNear: Bool) {
        #expect(left.isNearly(right) == isNear)
        #expect(right.isNearly(left) == isNear)
    }

    // MARK: values

    struct Value: Sendable, CustomTestStringConvertible {
        let type: ParameterType
        let good: [String: String]
        let bad: [String]

        var testDescription: String { "\(type)" }

        init(_ type: ParameterType, good: [String: String], bad: [String]) {
            self.type = type
            self.good = good
            self.bad = bad
        }
    }

    static let values: [Value] = [
        Value(
            .boolean, good: ["true": "true", "FALSE": "false", "True": "true"],
            bad: ["", "1", "0", "yes", " true", "true ", "wahr"]),
        Value(
            .integer(0...100), good: ["0": "0", "100": "100", "007": "7"],
            bad: ["", "-1", "101", "+1", "1.0", "1e1", " 1", "0x1", "99999999999999999999", "\u{661}"]),
        Value(.integer(1...2), good: ["1": "1"], bad: ["0", "3"]),
        Value(
            .decimal(upTo: 10), good: ["1": "1", "2.50": "2.50", "10": "10", ".5": ".5"],
            bad: ["", "0", "0.0", "-1", "10.1", "nan", "inf", "1e0", "1,5", "."]),
        Value(
            .text(longest: 6), good: ["": "", "abcdef": "abcdef", "é": "é", "a\nb": "a\nb"],
            bad: ["abcdefg", "éé", "a\u{7}"]),
        Value(
            .address,
            good: [
                "https://a.example": "https://a.example",
                "http://a.example:8080/x?y=%%MEETINGID%%#z": "http://a.example:8080/x?y=%%MEETINGID%%#z",
            ],
            bad: [
                "", "a.example", "ftp://a.example", "https://", "https:///x", "https://a b", "https://u@a.example",
                "javascript:alert(1)", "/x",
            ]),
        Value(
            .image, good: ["https://a.example/l.png": "https://a.example/l.png", "/images/l.png": "/images/l.png"],
            bad: ["", "l.png", "//a.example/l.png", "/a b.png", "data:image/png;base64,AAAA"]),
        Value(
            .colour, good: ["#000000": "#000000", "#aBcDeF": "#aBcDeF"],
            bad: ["", "000000", "#000", "#00000g", "#0000000", "red"]),
        Value(.oneOf(["ASK", "ALWAYS"]), good: ["ASK": "ASK"], bad: ["", "ask", "NEVER", "ASKS"]),
        Value(
            .word(["ONE_LAYOUT"]), good: ["ONE_LAYOUT": "ONE_LAYOUT", "NEW_THING": "NEW_THING"],
            bad: ["", "one_layout", "ONE_LAYOUTS", "a b", "a,b"]),
        Value(
            .list(["polls", "chat"]),
            good: ["": "", "polls": "polls", "polls, chat": "polls,chat", "quizzes,chat": "quizzes,chat"],
            bad: [",", "polls,", "poll", "Chat", "polls,a b"]),
        Value(
            .json,
            good: [
                "[]": "[]", " [ ] ": " [ ] ",
                #"[{"id":"1","roster":["a\u00e9\"",-1.5e+3,0,true,false,null,{}]}]"#:
                    #"[{"id":"1","roster":["a\u00e9\"",-1.5e+3,0,true,false,null,{}]}]"#,
            ],
            bad: [
                "", "{}", "[", "[]]", "[1,]", "[,]", "[01]", "[1.]", "[+1]", "['a']", "[\"a]", #"["\x"]"#,
                #"["\u12g4"]"#, "[tru]", "[{\"a\"}]", "[{a:1}]", "null", "[] x",
                String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
            ]),
        Value(.tags, good: ["gpu": "gpu", "a;b!": "a;b!", "none": "none"], bad: ["", "!", ";", "a b!c", "é"]),
    ]

    @Test(arguments: values)
    func `a value is read by its type, and written as servers understand it`(value: Value) throws {
        for (given, read) in value.good { #expect(try value.type.read(given) == read, "\(given)") }
        for given in value.bad {
            #expect(throws: ValueFault.self, "\(given)") { _ = try value.type.read(given) }
        }
    }

    @Test func `a misspelt word of a list is refused, a new one is only told of`() throws {
        let features = ParameterType.list(ParameterCatalogue.features)
        #expect(throws: ValueFault.misspelt("shareNotes", meant: "sharedNotes")) {
            _ = try features.read("chat,shareNotes")
        }
        #expect(features.unknown(in: "chat,quizzes,polls") == ["quizzes"])
        #expect(features.unknown(in: "").isEmpty && ParameterType.boolean.unknown(in: "true").isEmpty)
        #expect(ParameterType.word(ParameterCatalogue.layouts).unknown(in: "NEW_LAYOUT") == ["NEW_LAYOUT"])
        #expect(
            fault(.create, .override, "guestPolicy", "ASK_MODERATORS")
                == .value(.misspelt("ASK_MODERATORS", meant: "ASK_MODERATOR")))
    }

    @Test func `a text is as long as it is when it is sent`() {
        let limit = ParameterType.longest
        #expect(fault(.create, .override, "welcome", String(repeating: "a", count: limit)) == nil)
        #expect(
            fault(.create, .override, "welcome", String(repeating: "a", count: limit + 1))
                == .value(.tooLong(octets: limit + 1, limit: limit)))
        #expect(
            fault(.create, .override, "welcome", String(repeating: "<", count: limit / 2))
                == .value(.tooLong(octets: limit / 2 * 3, limit: limit)))
    }

    @Test func `a removal has no value, everything else has one`() {
        #expect(fault(.create, .remove, "record", "true") == .valueUnwanted)
        #expect(fault(.create, .remove, "record", "") == .valueUnwanted)
        for kind in [ParameterRule.Kind.default, .override] {
            #expect(fault(.create, kind, "welcome") == .valueMissing)
            #expect(fault(.create, kind, "welcome", "") == nil)
        }
    }

    @Test func `every refusal has a code, a sentence and a remedy`() throws {
        let other = try ParameterRule.made(.create, .override, "record", "true")
        let reasons: [PolicyFault.Reason] = [
            .malformedName, .untouchable("w"), .onlyRemovable("w"), .otherCall(.join), .misspelt(meant: "m"),
            .valueMissing, .valueUnwanted, .value(.unfit(.boolean)), .value(.unfit(.colour)),
            .value(.misspelt("a", meant: "b")), .value(.noWord("")), .value(.noWord("a b")),
            .value(.tooLong(octets: 2, limit: 1)), .value(.controlCharacter), .taken(by: other),
            .conflict(.recordingNeverBegins, account: nil),
        ]
        let faults = reasons.map { PolicyFault(other.draft, $0) }
        for fault in faults {
            #expect(
                !fault.code.contains(" ") && !fault.message.isEmpty
                    && fault.remedy.hasSuffix(".") != fault.remedy.hasSuffix("?"))
        }
        #expect(Set(faults.map(\.code)).count == faults.count - 2)
    }

    // MARK: storing

    @Test func `a rule that was stored is read as it was, right or not`() throws {
        for rule in [
            try ParameterRule.made(.create, .override, "record", "true"), try .made(.create, .default, "welcome", ""),
            try .made(.join, .remove, "guest"),
        ] {
            let read = ParameterRule(
                stored: rule.call.rawValue, kind: rule.kind.rawValue, name: rule.name.text, value: rule.value)
            #expect(read == rule)
        }
        // What this version would not set.
        #expect(ParameterRule(stored: "create", kind: "override", name: "meetingID", value: "x") != nil)
        #expect(ParameterRule(stored: "end", kind: "override", name: "a", value: "x") == nil)
        #expect(ParameterRule(stored: "create", kind: "force", name: "a", value: "x") == nil)
        #expect(ParameterRule(stored: "create", kind: "override", name: "a", value: nil) == nil)
        #expect(ParameterRule(stored: "create", kind: "remove", name: "a", value: "x") == nil)
    }
}
