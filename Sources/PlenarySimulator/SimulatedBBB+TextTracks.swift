internal import BigBlueButton

/// The two calls about text tracks, which answer in JSON (`bbb-api.md` 6.5, 6.6). A refused checksum is XML all the
/// same.
extension SimulatedBBB {
    /// Where a track is fetched from is made anew each time.
    mutating func getRecordingTextTracks(_ call: Call) throws(Refusal) -> SimulatedResponse {
        let given = call.parameters
        guard given.filled("checksum") != nil else { throw Self.wrongChecksum(of: call.name) }
        guard let id = given.filled("recordID") else {
            throw Refusal("missingParamRecordID", "You must specify a recordID.")
        }
        try verifyByQuery(call)
        guard let recording = finishedRecording(id) else {
            return Self.refused("noRecordings", "No recording found for \(id)")
        }
        guard !recording.tracks.isEmpty else { return Self.refused("noCaptionsFound", "No captions found for \(id)") }
        var tracks: [SimulatedJSON] = []
        for track in recording.tracks {
            let token = random.word(12, from: .lowercase)
            let href = "\(root)/bigbluebutton/textTrack/\(token)/\(id)/\(track.kind)_\(track.lang).vtt"
            tracks.append([
                "href": .text(href), "kind": .text(track.kind), "label": .text(track.label),
                "lang": .text(track.lang), "source": .text(track.source),
            ])
        }
        return .json(["response": ["returncode": "SUCCESS", "tracks": .list(tracks)]])
    }

    /// The parameters are in the query; the body is a multipart form with the part `file`, and is not signed.
    mutating func putRecordingTextTrack(
        _ call: Call, _ request: SimulatedRequest
    ) throws(Refusal) -> SimulatedResponse {
        let given = call.parameters
        for name in ["checksum", "recordID"] where given.filled(name) == nil { return Self.isMissing(name) }
        try verifyByQuery(call)
        let id = given.filled("recordID") ?? ""
        guard let position = recordings.firstIndex(where: { $0.recordID == id && $0.isFinished }) else {
            return Self.refused("noRecordings", "No recording was found for \(id)")
        }
        guard let kind = given.filled("kind") else { return Self.isMissing("kind") }
        guard kind == "subtitles" || kind == "captions" else {
            return Self.refused(
                "invalidKind", "Invalid kind parameter, expected='subtitles|captions' actual=\(kind)")
        }
        guard let locale = given.filled("lang") else { return Self.isMissing("lang") }
        guard Self.isJavaLocale(locale) else {
            return Self.refused("invalidLang", "Malformed lang param, received=\(locale)")
        }
        guard
            let file = SimulatedUpload.file(named: "file", in: request.body, contentType: request.contentType),
            !file.isEmpty
        else { return Self.refused("empty_uploaded_text_track", "Empty uploaded text track.") }
        let lang = locale.replacing("_", with: "-")
        let label = given.filled("label") ?? Self.languages[String(lang.prefix { $0 != "-" })] ?? lang
        recordings[position].tracks.removeAll { $0.kind == kind && $0.lang == lang }
        recordings[position].tracks.append(.init(kind: kind, lang: lang, label: label, octets: file))
        return .json([
            "response": [
                "returncode": "SUCCESS", "recordId": .text(id), "messageKey": "upload_text_track_success",
                "message": "Text track uploaded successfully",
            ]
        ])
    }

    private func finishedRecording(_ id: String) -> SimulatedRecording? {
        recordings.first { $0.recordID == id && $0.isFinished }
    }

    private static func isMissing(_ name: String) -> SimulatedResponse {
        refused("paramError", "Missing param \(name).")
    }

    private static func refused(_ key: String, _ message: String) -> SimulatedResponse {
        .json(["response": ["returncode": "FAILED", "messageKey": .text(key), "message": .text(message)]])
    }

    /// `en` or `en_US`. A tag with a hyphen, as the documentation has it, is refused.
    private static func isJavaLocale(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        let lower = UInt8(ascii: "a")...UInt8(ascii: "z")
        let upper = UInt8(ascii: "A")...UInt8(ascii: "Z")
        guard let language = parts.first, (2...3).contains(language.count), language.allSatisfy({ lower.contains($0) })
        else { return false }
        guard parts.count > 1 else { return true }
        return parts.count == 2 && parts[1].count == 2 && parts[1].allSatisfy { upper.contains($0) }
    }

    /// What Java calls a language; others go by their tag here.
    private static let languages = [
        "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
        "pt": "Portuguese",
    ]
}
