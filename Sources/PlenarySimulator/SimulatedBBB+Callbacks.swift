internal import BigBlueButton
internal import PlenaryFleet

/// What a server tells others without being asked (`bbb-api.md` 10).
extension SimulatedBBB {
    private static let keptCallbacks = 1_000

    /// Empties the outbox: whoever takes them sends them.
    package mutating func takeCallbacks() -> [SimulatedCallback] {
        defer { callbacks = [] }
        return callbacks
    }

    mutating func fire(_ callback: SimulatedCallback) {
        callbacks.append(callback)
        callbacks.removeFirst(max(0, callbacks.count - Self.keptCallbacks))
        firedCallbacks.append(callback)
        firedCallbacks.removeFirst(max(0, firedCallbacks.count - Self.keptCallbacks))
    }

    /// `bbb-api.md` 10.1. Breakouts have none: they inherited the address, and the meeting it belongs to goes on.
    mutating func fireEnd(of meeting: SimulatedMeeting) {
        guard meeting.parentID == nil else { return }
        let id = meeting.id.rawValue
        if let url = meeting.metadatum("endcallbackurl") {
            let marks = meeting.isRecorded && meeting.hasRecordingMarks
            let query = "recordingmarks=\(marks)&meetingID=\(FormCoding.encode(id, style: .java))"
            fire(SimulatedCallback(.end, get: url.addingQuery(query), meetingID: id))
        }
        if let url = meeting.parameters.nonEmpty("meetingEndedURL") {
            fire(SimulatedCallback(.endedURL, get: url, meetingID: id))
        }
    }

    /// The names under which a recording may say who waits for it, in the order in which they are looked for.
    private static let readyNames = [
        "bbb-recording-ready-url", "bn-recording-ready-url", "canvas-recording-ready-url",
    ]

    /// `bbb-api.md` 10.2, for one format.
    mutating func fireReady(_ recording: SimulatedRecording) {
        let urls = Self.readyNames.compactMap { name in recording.metadata.first { $0.name == name }?.value }
        guard let url = urls.first, !url.isEmpty else { return }
        let payload: SimulatedJSON = [
            "meeting_id": .text(recording.meetingID), "record_id": .text(recording.recordID),
        ]
        let token = SignedToken.sign(payload.encoded, secret: secret, algorithm: .hs256)
        fire(
            SimulatedCallback(
                .recordingReady, post: url, body: "signed_parameters=\(FormCoding.encode(token, style: .java))",
                meetingID: recording.meetingID))
    }

    /// `bbb-api.md` 10.3. Without kept events there is nothing to tell of, recorded or not.
    mutating func fireAnalytics(of meeting: SimulatedMeeting, at now: WireTime) {
        guard meeting.isTrue("meetingKeepEvents"), let url = meeting.metadatum("analytics-callback-url") else { return }
        let expiry = now.milliseconds / 1_000 + 86_400
        let payload: SimulatedJSON = ["exp": .number(expiry)]
        let token = SignedToken.sign(payload.encoded, secret: secret, algorithm: .hs512, includesType: true)
        fire(
            SimulatedCallback(
                .analytics, post: url, contentType: "application/json",
                headers: [
                    .init(name: "Authorization", value: "Bearer \(token)"),
                    .init(name: "User-Agent", value: "BigBlueButton Analytics Callback"),
                ],
                body: meeting.analytics(endedAt: now).encoded, meetingID: meeting.id.rawValue))
    }
}

extension SimulatedMeeting {
    /// Metadata of that name; an empty one counts as none.
    func metadatum(_ name: String) -> String? {
        metadata.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// The summary of a meeting, names with underscores. Its exact members are nobody's business: it is passed on as it
    /// is.
    fileprivate func analytics(endedAt: WireTime) -> SimulatedJSON {
        let told = metadata.map { ($0.name.replacing("-", with: "_"), SimulatedJSON.text($0.value)) }
            .filter { !$0.0.hasPrefix("gl_") && $0.0 != "meeting_id" }
        let attendees = visitors.map { visitor -> SimulatedJSON in
            let isModerator = visitor.role == .moderator
            return [
                "ext_user_id": .text(visitor.userID), "name": .text(visitor.fullName),
                "moderator": .flag(isModerator),
            ]
        }
        let all = told + [("meeting_name", SimulatedJSON.text(name))]
        let seconds = (endedAt.milliseconds - createTime.milliseconds) / 1_000
        return [
            "version": "1.0", "meeting_id": .text(id.rawValue), "internal_meeting_id": .text(internalID.rawValue),
            "data": [
                "metadata": .object(all), "duration": .number(seconds),
                "start": .text(createTime.javaDate), "finish": .text(endedAt.javaDate),
                "attendees": .list(attendees), "files": [], "polls": [],
            ],
        ]
    }
}
