/// A valid `publishRecordings`, `deleteRecordings` or `updateRecordings`: a call that changes recordings
/// (`bbb-api.md` 6.2 to 6.4).
public struct RecordingRequest: Sendable {
    /// What is to be done with the recordings.
    public enum Action: Sendable, Hashable {
        /// The text of `publish`, whatever it says: the answer repeats it.
        case publish(String)
        case delete
        case update
    }

    /// Exact ids, at least one, each once.
    public let recordIDs: [RecordID]
    /// What is to be done with them.
    public let action: Action
    /// `publishRecordings`, `deleteRecordings` or `updateRecordings`.
    public let call: CallName
    /// All parameters to send on, without the checksum, each name once: of an update also `meta_*` and `protect`, which
    /// only some servers know.
    public let parameters: Parameters

    /// Checks in the order of `bbb-api.md` 6.2. The checksum was checked before; whether a recording exists is for
    /// others to say, with ``Refusal/recordingsNotFound`` when none does.
    public init(_ call: Call) throws(Refusal) {
        guard call.hasSupportedContentType else { throw .contentType }
        let given = call.signedParameters
        guard let text = given.cleaned("recordID"), !text.isEmpty else { throw .missingParamRecordID }
        switch call.name {
        case .publishRecordings:
            guard let publish = given.cleaned("publish"), !publish.isEmpty else { throw .missingParamPublish }
            action = .publish(publish)
        case .deleteRecordings: action = .delete
        case .updateRecordings: action = .update
        default: throw .unsupportedRequest
        }
        var seen: Set<RecordID> = []
        let recordIDs = given.commaList("recordID").compactMap(RecordID.init(rawValue:)).filter {
            seen.insert($0).inserted
        }
        // Nothing but commas names no recording.
        guard !recordIDs.isEmpty else { throw .recordingsNotFound }
        self.recordIDs = recordIDs
        self.call = call.name
        parameters = Self.parameters(given.forForwarding, for: recordIDs)
    }

    /// The parameters for a server that has these of the recordings.
    public func parameters(for ids: [RecordID]) -> Parameters { Self.parameters(parameters, for: ids) }

    private static func parameters(_ parameters: Parameters, for ids: [RecordID]) -> Parameters {
        var result = parameters
        result["recordID"] = ids.map(\.rawValue).joined(separator: ",")
        return result
    }

    /// The answer when it was done for at least one recording (`bbb-api.md` 6.2 to 6.4).
    public var success: [UInt8] {
        XMLWriter.response(.success) { response in
            switch action {
            case .publish(let text): response.element("published", text)
            case .delete: response.element("deleted", true)
            case .update: response.element("updated", true)
            }
        }
    }
}

/// A valid `getRecordingTextTracks` or `putRecordingTextTrack`: a call about the captions of one recording
/// (`bbb-api.md` 6.5, 6.6).
public struct TextTrackRequest: Sendable {
    /// Exact.
    public let recordID: RecordID
    /// `getRecordingTextTracks` or `putRecordingTextTrack`.
    public let call: CallName
    /// All parameters to send on, without the checksum, each name once. The file is in the body, which goes on as it
    /// came.
    public let parameters: Parameters

    /// Which call it is decides how a missing id is told: a get says it as the other recording calls, a put in its own
    /// way, and before it looks whether the checksum is right.
    public init(_ call: Call) throws(Refusal) {
        let given = call.signedParameters
        guard let recordID = given.cleaned("recordID").flatMap(RecordID.init(rawValue:)) else {
            throw call.name == .putRecordingTextTrack
                ? Refusal.missingParameter("recordID") : Refusal.missingParamRecordID
        }
        self.recordID = recordID
        self.call = call.name
        parameters = given.forForwarding
    }

    /// What a put says of its file (`bbb-api.md` 6.6).
    public struct Track: Sendable, Hashable {
        /// What a track is for (`bbb-api.md` 6.5).
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            case subtitles, captions
        }

        /// One of the two that servers take.
        public let kind: Kind
        /// A language tag as given: `en-US`, or `en_US` as servers write it.
        public let lang: String
        /// `nil`: the server takes the name of the language.
        public let label: String?
    }

    /// The track of a put, checked in the order of `bbb-api.md` 6.6. BigBlueButton looks at it only after it has found
    /// the recording: ``noRecording`` comes first.
    public func track() throws(Refusal) -> Track {
        func text(_ name: String) -> String? { parameters.cleaned(name).flatMap { $0.isEmpty ? nil : $0 } }
        guard let kindText = text("kind") else { throw .missingParameter("kind") }
        guard let kind = Track.Kind(rawValue: kindText) else { throw .invalidKind(kindText) }
        guard let lang = text("lang") else { throw .missingParameter("lang") }
        guard Self.isLanguageTag(lang) else { throw .invalidLang(lang) }
        return Track(kind: kind, lang: lang, label: text("label"))
    }

    /// A language of 2 to 8 letters, then subtags of 1 to 8 letters and digits, with hyphens as the documentation has
    /// it or with underscores as servers want it.
    private static func isLanguageTag(_ text: String) -> Bool {
        let tags = text.utf8.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard let language = tags.first, (2...8).contains(language.count), language.allSatisfy(isLetter) else {
            return false
        }
        return tags.dropFirst().allSatisfy { tag in
            (1...8).contains(tag.count)
                && tag.allSatisfy { isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
    }

    private static func isLetter(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20)
    }

    /// The recording is not there, as each of the two calls says it.
    public var noRecording: Refusal {
        let said = call == .putRecordingTextTrack ? "No recording was found" : "No recording found"
        return Refusal(.noRecordings, "\(said) for \(recordID)")
    }

    /// The recording is there and has no captions (`bbb-api.md` 6.5).
    public var noCaptions: Refusal { Refusal(.noCaptionsFound, "No captions found for \(recordID)") }
}

extension MessageKey {
    public static let missingParamRecordID: MessageKey = "missingParamRecordID"
    public static let missingParamPublish: MessageKey = "missingParamPublish"
    /// Of text tracks: something that must be there is not (`bbb-api.md` 6.6).
    public static let paramError: MessageKey = "paramError"
    public static let invalidKind: MessageKey = "invalidKind"
    public static let invalidLang: MessageKey = "invalidLang"
    public static let emptyUploadedTextTrack: MessageKey = "empty_uploaded_text_track"
    public static let uploadTextTrackFailed: MessageKey = "upload_text_track_failed"
    public static let noCaptionsFound: MessageKey = "noCaptionsFound"
}

extension Refusal {
    /// `bbb-api.md` 6.2.
    public static let missingParamRecordID = Refusal(.missingParamRecordID, "You must specify a recordID.")
    /// `bbb-api.md` 6.2.
    public static let missingParamPublish = Refusal(
        .missingParamPublish, "You must specify a publish value true or false.")
    /// None of the ids is one of a recording (`bbb-api.md` 6.2).
    public static let recordingsNotFound = Refusal(.notFound, "We could not find recordings")
    /// `putRecordingTextTrack` without a file (`bbb-api.md` 6.6).
    public static let noTextTrackFile = Refusal(.emptyUploadedTextTrack, "Empty uploaded text track.")
    /// The server did not keep the file (`bbb-api.md` 6.6).
    public static let textTrackFailed = Refusal(.uploadTextTrackFailed, "Text track upload failed.")

    /// How `putRecordingTextTrack` tells what is missing, the checksum too (`bbb-api.md` 6.6).
    public static func missingParameter(_ name: String) -> Refusal {
        Refusal(.paramError, "Missing param \(name).")
    }

    fileprivate static func invalidKind(_ kind: String) -> Refusal {
        Refusal(.invalidKind, "Invalid kind parameter, expected='subtitles|captions' actual=\(kind)")
    }

    fileprivate static func invalidLang(_ lang: String) -> Refusal {
        Refusal(.invalidLang, "Malformed lang param, received=\(lang)")
    }
}

extension RecordingRequest: Redacted {}
extension TextTrackRequest: Redacted {}
