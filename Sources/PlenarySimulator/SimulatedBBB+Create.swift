internal import BigBlueButton

extension SimulatedBBB {
    /// `bbb-api.md` 5.1.
    mutating func create(_ call: Call, at now: WireTime) throws(Refusal) -> SimulatedResponse {
        let given = call.parameters.forForwarding
        try validateCreate(given)
        guard let text = given["meetingID"], text == given.sanitized("meetingID"), let id = MeetingID(rawValue: text)
        else {
            throw Refusal(.validationError, "Invalid meeting ID")
        }
        let parent = try parent(in: given)
        // The modules are read before anything is looked up: a malformed document makes no meeting.
        guard let modules = SimulatedModules(call.body) else {
            return .page(500, title: "Internal server error", text: "The document could not be read.")
        }
        if let existing = position(ofExternal: text) { return try repeated(meetings[existing], given) }
        for name in ["voiceBridge", "webVoice"] {
            if let bridge = given.nonEmpty(name), meetings.contains(where: { $0.voiceBridge == bridge }) {
                return Self.voiceBridgeIsTaken
            }
        }
        var metadata = parent.map { meetings[$0].metadata } ?? []
        Self.addMetadata(from: given, to: &metadata)
        let (internalID, createTime) = newInternalID(for: text, at: now)
        var meeting = SimulatedMeeting(
            id: id, internalID: internalID, name: given.sanitized("name") ?? "", createTime: createTime,
            attendeePW: given.nonEmpty("attendeePW") ?? random.word(8, from: .mixed),
            moderatorPW: given.nonEmpty("moderatorPW") ?? random.word(8, from: .mixed),
            voiceBridge: given.nonEmpty("voiceBridge") ?? freeVoiceBridge(), parameters: given, metadata: metadata,
            parentID: parent.map { meetings[$0].internalID })
        meeting.documents = modules.documentsOfNewMeeting(given)
        meetings.append(meeting)
        if let parent { meetings[parent].opened(meeting) }
        emit(.meetingCreated(meeting), at: now)
        return .xml(meeting.created())
    }

    private func validateCreate(_ given: Parameters) throws(Refusal) {
        var violations = SimulatedViolations()
        violations.meetingName(given.sanitized("name"))
        violations.meetingID(given.sanitized("meetingID"))
        violations.password(given.sanitized("attendeePW"))
        violations.password(given.sanitized("moderatorPW"))
        violations.integer(given.sanitized("voiceBridge"), "Voice bridge must be an integral value")
        violations.boolean(given.sanitized("record"), "Record must be a boolean value (true or false)")
        violations.boolean(
            given.sanitized("isBreakoutRoom"), "You must provide a boolean value (true or false) for the breakout room")
        try violations.check()
    }

    /// Where the parent of a breakout stands; `nil` when the meeting is none.
    private func parent(in given: Parameters) throws(Refusal) -> Int? {
        guard given["isBreakout"]?.lowercased() == "true" else { return nil }
        guard let parent = given.nonEmpty("parentMeetingID") else {
            throw Refusal(.parentMeetingIDMissing, "No parent meeting ID was provided for the breakout room")
        }
        guard let position = position(of: parent) else {
            throw Refusal(.parentMeetingDoesNotExist, "No parent meeting exists for the breakout room")
        }
        return position
    }

    /// The matrix of `bbb-api.md` 5.1.4, in the column of BigBlueButton 3.0.
    private func repeated(_ existing: SimulatedMeeting, _ given: Parameters) throws(Refusal) -> SimulatedResponse {
        let passwords = (given["attendeePW"] ?? "", given["moderatorPW"] ?? "")
        guard passwords == (existing.attendeePW, existing.moderatorPW) || passwords == ("", "") else {
            throw Refusal(
                .idNotUnique, "A meeting already exists with that meeting ID.  Please use a different meeting ID.")
        }
        return .xml(
            existing.created(
                key: .duplicateWarning,
                message: "This conference was already in existence and may currently be in progress."))
    }

    /// Envelope B (`bbb-api.md` 1.4).
    private static let voiceBridgeIsTaken = SimulatedResponse.xml(
        XMLWriter.response(.failed) {
            $0.element("errors") {
                $0.element("error") {
                    $0.element("key", MessageKey.nonUniqueVoiceBridge.rawValue)
                    $0.element("message", "The selected voice bridge is already in use.")
                }
            }
        })

    /// Five digits that no live meeting has; never the test bridge (`bbb-api.md` 4.1).
    mutating func freeVoiceBridge() -> String {
        while true {
            let bridge = random.word(5, from: .digits)
            if bridge != "99999", !meetings.contains(where: { $0.voiceBridge == bridge }) { return bridge }
        }
    }

    /// Metadata of well-formed names; what a breakout inherits is overwritten.
    private static func addMetadata(from given: Parameters, to metadata: inout [Parameters.Parameter]) {
        for parameter in given.all {
            guard let name = metadataName(parameter.name) else { continue }
            metadata.removeAll { $0.name == name }
            metadata.append(.init(name: name, value: parameter.value))
        }
    }

    /// The name of metadata in lower case, if a parameter is some: `meta_`, a letter, then letters, digits and hyphens
    /// (`bbb-api.md` 5.1.2).
    static func metadataName(_ parameter: String) -> String? {
        guard parameter.hasPrefix("meta_") else { return nil }
        let name = parameter.dropFirst("meta_".count)
        guard let first = name.utf8.first, isLetter(first),
            name.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") })
        else { return nil }
        return name.lowercased()
    }

    private static func isLetter(_ octet: UInt8) -> Bool { (0x61...0x7A).contains(octet | 0x20) }
}
