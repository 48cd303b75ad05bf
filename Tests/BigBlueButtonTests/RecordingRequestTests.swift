import Testing

@testable import BigBlueButton

/// The calls that change recordings.
struct RecordingRequestTests {
    private func refusal(_ name: CallName, _ query: String) -> Refusal? {
        do throws(Refusal) {
            _ = try RecordingRequest(Call(name, rawQuery: query))
            return nil
        } catch { return error }
    }

    static let noRecordID = Refusal("missingParamRecordID", "You must specify a recordID.")
    static let noPublish = Refusal("missingParamPublish", "You must specify a publish value true or false.")
    static let notFound = Refusal("notFound", "We could not find recordings")

    @Test(
        arguments: [
            (.publishRecordings, "recordID=r&publish=true&checksum=x", nil),
            (.publishRecordings, "recordID=r&publish=maybe", nil),
            (.publishRecordings, "", noRecordID), (.publishRecordings, "recordID=", noRecordID),
            (.publishRecordings, "recordID=%20%01", noRecordID), (.publishRecordings, "publish=true", noRecordID),
            (.publishRecordings, "recordid=r&publish=true", noRecordID),
            (.publishRecordings, "recordID=r", noPublish), (.publishRecordings, "recordID=r&publish=", noPublish),
            (.publishRecordings, "recordID=r&publish=%20", noPublish), (.publishRecordings, "recordID=,", noPublish),
            (.publishRecordings, "recordID=,%20,&publish=true", notFound),
            (.deleteRecordings, "recordID=r", nil), (.deleteRecordings, "", noRecordID),
            (.deleteRecordings, "recordID=,", notFound),
            (.updateRecordings, "recordID=r", nil), (.updateRecordings, "recordID=r&meta_x=", nil),
            (.updateRecordings, "meta_x=1", noRecordID), (.updateRecordings, "recordID=,,", notFound),
            (.getRecordings, "recordID=r", Refusal("unsupportedRequest", "This request is not supported.")),
        ] as [(CallName, String, Refusal?)])
    func `a change is checked in the order of BigBlueButton`(name: CallName, query: String, expected: Refusal?) {
        #expect(refusal(name, query) == expected)
    }

    @Test(
        arguments: [
            ("r", ["r"]), ("a,b", ["a", "b"]), ("%20a%20,,%01b,", ["a", "b"]), ("a,b,a", ["a", "b"]),
            ("a%2Cb", ["a", "b"]),
            ("A,a", ["A", "a"]), ("a;b", ["a;b"]), ("a%2Bb%25", ["a+b%"]), ("e%CC%81,%C3%A9", ["e\u{301}", "\u{E9}"]),
            ("a,%CC%81", ["a", "\u{301}"]),
        ] as [(String, [String])]) func `ids of a list are exact and told once`(list: String, ids: [String]) throws
    {
        let request = try RecordingRequest(Call(.deleteRecordings, rawQuery: "recordID=\(list)"))
        #expect(request.recordIDs.map(\.rawValue.octets) == ids.map(\.octets))
        #expect(request.parameters["recordID"]?.octets == ids.joined(separator: ",").octets)
    }

    @Test func `a change is sent on for the recordings that a server has`() throws {
        let query = "recordID=a,,b%20&publish=TRUE&checksum=x&publish=false&other=1"
        let publish = try RecordingRequest(Call(.publishRecordings, rawQuery: query))
        #expect(publish.call == .publishRecordings)
        #expect(publish.action == .publish("TRUE"))
        #expect(publish.parameters == ["recordID": "a,b", "publish": "TRUE", "other": "1"])
        let update = try RecordingRequest(
            Call(.updateRecordings, rawQuery: "meta_a-b=1&protect=true&recordID=a,b,c&meta_gone=&checksum=x"))
        #expect(update.action == .update)
        let here = ["b", "c"].compactMap(RecordID.init(rawValue:))
        #expect(
            update.parameters(for: here)
                == ["meta_a-b": "1", "protect": "true", "recordID": "b,c", "meta_gone": ""])
        #expect(update.parameters["recordID"] == "a,b,c")
    }

    @Test func `what nobody signed changes nothing`() {
        let call = Call(
            .deleteRecordings, method: .post, rawQuery: "x=1&checksum=y",
            contentType: "application/x-www-form-urlencoded", body: "recordID=r".octets)
        #expect(throws: Refusal.missingParamRecordID) { _ = try RecordingRequest(call) }
    }

    @Test(
        arguments: [
            (.publishRecordings, "recordID=r&publish=true", "<published>true</published>"),
            (.publishRecordings, "recordID=r&publish=No%20%3C%26%3E", "<published>No &lt;&amp;&gt;</published>"),
            (.deleteRecordings, "recordID=r", "<deleted>true</deleted>"),
            (.updateRecordings, "recordID=r", "<updated>true</updated>"),
        ] as [(CallName, String, String)]) func `a change is answered`(name: CallName, query: String, inside: String)
        throws
    {
        let request = try RecordingRequest(Call(name, rawQuery: query))
        #expect(request.success.text == "<response><returncode>SUCCESS</returncode>\(inside)</response>")
    }
}

/// The calls about captions, and the JSON that they answer.
struct TextTrackTests {
    private func refusal(_ name: CallName, _ query: String) -> Refusal? {
        do throws(Refusal) {
            let request = try TextTrackRequest(Call(name, method: .post, rawQuery: query))
            if name == .putRecordingTextTrack { _ = try request.track() }
            return nil
        } catch { return error }
    }

    private func put(_ query: String) throws -> TextTrackRequest {
        try TextTrackRequest(Call(.putRecordingTextTrack, method: .post, rawQuery: query))
    }

    static func missing(_ name: String) -> Refusal { Refusal("paramError", "Missing param \(name).") }

    static func kind(_ kind: String) -> Refusal {
        Refusal("invalidKind", "Invalid kind parameter, expected='subtitles|captions' actual=\(kind)")
    }

    static func lang(_ lang: String) -> Refusal {
        Refusal("invalidLang", "Malformed lang param, received=\(lang)")
    }

    @Test(
        arguments: [
            ("recordID=r&kind=subtitles&lang=en", nil), ("recordID=r&kind=captions&lang=en_US&label=", nil),
            ("", missing("recordID")), ("recordID=&kind=subtitles&lang=en", missing("recordID")),
            ("recordID=%20", missing("recordID")), ("kind=x&lang=1", missing("recordID")),
            ("recordID=r", missing("kind")), ("recordID=r&kind=&lang=1", missing("kind")),
            ("recordID=r&kind=chapters", kind("chapters")), ("recordID=r&kind=Captions&lang=1", kind("Captions")),
            ("recordID=r&kind=captions", missing("lang")), ("recordID=r&kind=captions&lang=%01", missing("lang")),
            ("recordID=r&kind=captions&lang=e", lang("e")), ("recordID=r&kind=captions&lang=%C3%A9n", lang("\u{E9}n")),
        ] as [(String, Refusal?)])
    func `a put is checked in the order of BigBlueButton`(query: String, expected: Refusal?) {
        #expect(refusal(.putRecordingTextTrack, query) == expected)
    }

    @Test(
        arguments: [
            ("en", true), ("EN", true), ("abcdefgh", true), ("en-US", true), ("en_US", true), ("zh-Hant-TW", true),
            ("de-1996", true), ("en_US-x", true),
            ("e", false), ("abcdefghi", false), ("e1", false), ("en-", false), ("-US", false), ("en--US", false),
            ("en-abcdefghi", false), ("en%20US", false), ("en/US", false), ("../..", false), ("en-%C3%A9", false),
            ("en.US", false), ("12", false),
        ] as [(String, Bool)]) func `a language is a tag`(lang: String, isTag: Bool)
    {
        let refused = refusal(.putRecordingTextTrack, "recordID=r&kind=captions&lang=\(lang)")
        #expect((refused == nil) == isTag)
        #expect(isTag || refused?.key == "invalidLang")
    }

    @Test func `a put says what was sent`() throws {
        let request = try put("recordID=%20r%20&kind=captions&lang=en-US&label=English%20(US)&checksum=x&lang=de")
        #expect(request.recordID.rawValue == "r")
        #expect(request.call == .putRecordingTextTrack)
        #expect(
            request.parameters
                == ["recordID": " r ", "kind": "captions", "lang": "en-US", "label": "English (US)"])
        #expect(try request.track() == .init(kind: .captions, lang: "en-US", label: "English (US)"))
        #expect(try put("recordID=r&kind=subtitles&lang=pt_BR&label=%20").track().label == nil)
    }

    @Test func `a put is read from its query beside the file`() throws {
        let body =
            "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\ncaptions\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.vtt\"\r\n\r\nWEBVTT\r\n--b--\r\n"
        let call = Call(
            .putRecordingTextTrack, method: .post, rawQuery: "recordID=r&kind=subtitles&lang=en&checksum=x",
            contentType: "multipart/form-data; boundary=b", body: body.octets)
        let request = try TextTrackRequest(call)
        #expect(try request.track().kind == .subtitles)
        #expect(request.parameters == ["recordID": "r", "kind": "subtitles", "lang": "en"])
    }

    @Test func `a get needs nothing but a recording`() throws {
        let request = try TextTrackRequest(Call(.getRecordingTextTracks, rawQuery: "recordID=r&checksum=x"))
        #expect(request.recordID.rawValue == "r")
        #expect(request.parameters == ["recordID": "r"])
        for query in ["", "recordID=", "recordID=%20"] {
            #expect(
                refusal(.getRecordingTextTracks, query)
                    == Refusal("missingParamRecordID", "You must specify a recordID."))
        }
    }

    @Test func `each call says in its own words that there is nothing`() throws {
        let ask = try TextTrackRequest(Call(.getRecordingTextTracks, rawQuery: "recordID=r%20%221"))
        #expect(ask.noRecording == Refusal("noRecordings", "No recording found for r \"1"))
        #expect(ask.noCaptions == Refusal("noCaptionsFound", "No captions found for r \"1"))
        #expect(try put("recordID=r").noRecording == Refusal("noRecordings", "No recording was found for r"))
    }

    // MARK: JSON

    /// Key and message as they stand in JSON.
    static func failed(_ key: String, _ message: String) -> String {
        #"{"response":{"returncode":"FAILED","messageKey":"\#(key)","message":"\#(message)"}}"#
    }

    @Test(
        arguments: [
            (.missingParameter("checksum"), failed("paramError", "Missing param checksum.")),
            (.noTextTrackFile, failed("empty_uploaded_text_track", "Empty uploaded text track.")),
            (.textTrackFailed, failed("upload_text_track_failed", "Text track upload failed.")),
            (.checksum, failed("checksumError", "You did not pass the checksum security check.")),
            (Refusal("k\"", "a\nb\\"), failed(#"k\""#, #"a\nb\\"#)),
        ] as [(Refusal, String)])
    func `a refusal is written as JSON`(refusal: Refusal, expected: String) {
        #expect(refusal.json.text == expected)
        #expect(JSONReply.failed(key: refusal.key, message: refusal.message) == refusal.json)
    }

    @Test(
        arguments: [
            ("", "\"\""), ("a", #""a""#), ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#), ("\u{8}", #""\b""#),
            ("\t", #""\t""#), ("\n", #""\n""#), ("\u{C}", #""\f""#), ("\r", #""\r""#), ("\r\n", #""\r\n""#),
            ("\u{0}", #""\u0000""#), ("\u{1}", #""\u0001""#), ("\u{B}", #""\u000b""#), ("\u{1F}", #""\u001f""#),
            ("\u{7F}", "\"\u{7F}\""), ("é😀", #""é😀""#), ("\"\u{301}", "\"\\\"\u{301}\""),
            ("</script>", #""</script>""#),
        ] as [(String, String)]) func `a text is written as a JSON string`(text: String, expected: String)
    {
        #expect(JSONText.quoted(text).octets == expected.octets)
    }

    /// The obvious way back: an escape is one character, everything else stands for itself.
    private func unquoted(_ text: String) -> [Unicode.Scalar]? {
        var scalars = text.unicodeScalars[...]
        guard scalars.popFirst() == "\"", scalars.popLast() == "\"" else { return nil }
        var read: [Unicode.Scalar] = []
        while let scalar = scalars.popFirst() {
            guard scalar.value >= 0x20, scalar != "\"" else { return nil }
            guard scalar == "\\" else {
                read.append(scalar)
                continue
            }
            guard let escape = scalars.popFirst() else { return nil }
            switch escape {
            case "\"": read.append("\"")
            case "\\": read.append("\\")
            case "b": read.append("\u{8}")
            case "t": read.append("\t")
            case "n": read.append("\n")
            case "f": read.append("\u{C}")
            case "r": read.append("\r")
            case "u":
                let digits = scalars.prefix(4)
                scalars = scalars.dropFirst(4)
                guard let value = UInt32(String(digits), radix: 16), let unit = Unicode.Scalar(value) else {
                    return nil
                }
                read.append(unit)
            default: return nil
            }
        }
        return read
    }

    @Test(arguments: UInt64(0)..<200) func `a JSON string says the text again`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let text = String.random(upTo: 60, using: &generator) + "\\\"\u{1B}"
        #expect(unquoted(JSONText.quoted(text)) == Array(text.unicodeScalars))
    }
}
