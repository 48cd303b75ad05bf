import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Testing

/// The two calls that answer in JSON.
@Suite struct SimulatedTextTrackTests {
    /// With one published recording, `rec-1`, and one that is worked on, `rec-2`.
    private static func world() throws -> SimulatedWorld {
        let world = try SimulatedWorld()
        for (id, state) in [("rec-1", SimulatedRecording.State.published), ("rec-2", .processing)] {
            world.server.addRecording(
                SimulatedRecording(
                    recordID: id, meetingID: "abc123", name: "Test", state: state, startTime: world.time.now,
                    endTime: world.time.now))
        }
        return world
    }

    private static func form(_ content: String, name: String = "file") -> String {
        "--b--1\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nno file\r\n"
            + "--b--1\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"a.vtt\"\r\n"
            + "Content-Type: text/vtt\r\n\r\n\(content)\r\n--b--1--\r\n"
    }

    private static func put(_ target: String, _ body: String, in world: SimulatedWorld) -> SimulatedResponse {
        world.fetch(
            SimulatedRequest(
                method: .post, target: target, contentType: "multipart/form-data; boundary=\"b--1\"",
                body: Array(body.utf8)))
    }

    private static func failed(_ key: String, _ message: String) -> String {
        "{\"response\":{\"returncode\":\"FAILED\",\"messageKey\":\"\(key)\",\"message\":\"\(message)\"}}"
    }

    private let track: Parameters = ["recordID": "rec-1", "kind": "subtitles", "lang": "en_US"]

    @Test func `an uploaded track is kept octet by octet and listed by its tag`() throws {
        let world = try Self.world()
        let file = "WEBVTT\r\n\r\n00:00.000 --> 00:02.000\r\n--b in the text\r\n"
        let answer = Self.put(world.target(.putRecordingTextTrack, track), Self.form(file), in: world)
        #expect(
            answer.body.asText
                == "{\"response\":{\"returncode\":\"SUCCESS\",\"recordId\":\"rec-1\","
                + "\"messageKey\":\"upload_text_track_success\",\"message\":\"Text track uploaded successfully\"}}")
        #expect(answer.headers.first?.value == "application/json;charset=utf-8")
        let kept = try #require(world.server.recordings.first?.tracks.first)
        #expect(kept.octets.asText == file)
        let listed = world.fetch(world.target(.getRecordingTextTracks, ["recordID": "rec-1"])).body.asText
        let start =
            "{\"response\":{\"returncode\":\"SUCCESS\",\"tracks\":[{\"href\":"
            + "\"https://bbb-1.test/bigbluebutton/textTrack/"
        let end =
            "/rec-1/subtitles_en-US.vtt\",\"kind\":\"subtitles\",\"label\":\"English\",\"lang\":\"en-US\","
            + "\"source\":\"upload\"}]}}"
        #expect(listed.hasPrefix(start))
        #expect(listed.hasSuffix(end))
        let again = world.fetch(world.target(.getRecordingTextTracks, ["recordID": "rec-1"])).body.asText
        #expect(again != listed, "the address is made anew each time")
    }

    @Test func `a track of the same kind and language replaces the former`() throws {
        let world = try Self.world()
        for (label, content) in [("One", "1"), ("Two", "2")] {
            var labelled = track
            labelled["label"] = label
            _ = Self.put(world.target(.putRecordingTextTrack, labelled), Self.form(content), in: world)
        }
        #expect(world.server.recordings.first?.tracks.map(\.label) == ["Two"])
    }

    private static let refusals: [(Parameters, String, String)] = [
        (["kind": "subtitles", "lang": "en"], "paramError", "Missing param recordID."),
        (["recordID": "rec-2"], "noRecordings", "No recording was found for rec-2"),
        (["recordID": "rec"], "noRecordings", "No recording was found for rec"),
        (["recordID": "rec-1", "lang": "en"], "paramError", "Missing param kind."),
        (
            ["recordID": "rec-1", "kind": "lyrics"], "invalidKind",
            "Invalid kind parameter, expected='subtitles|captions' actual=lyrics"
        ),
        (["recordID": "rec-1", "kind": "captions"], "paramError", "Missing param lang."),
        (
            ["recordID": "rec-1", "kind": "captions", "lang": "en-US"], "invalidLang",
            "Malformed lang param, received=en-US"
        ),
    ]

    @Test(arguments: refusals)
    func `an upload is refused in the order of the checks`(given: Parameters, key: String, message: String) throws {
        let world = try Self.world()
        let answer = Self.put(world.target(.putRecordingTextTrack, given), Self.form("x"), in: world)
        #expect(answer.body.asText == Self.failed(key, message))
    }

    @Test func `an upload needs a file, a checksum and POST`() throws {
        let world = try Self.world()
        let target = world.target(.putRecordingTextTrack, track)
        let empty = Self.failed("empty_uploaded_text_track", "Empty uploaded text track.")
        #expect(Self.put(target, Self.form(""), in: world).body.asText == empty)
        #expect(Self.put(target, Self.form("x", name: "other"), in: world).body.asText == empty)
        let bare = "/bigbluebutton/api/putRecordingTextTrack?recordID=rec-1"
        #expect(
            Self.put(bare, Self.form("x"), in: world).body.asText
                == Self.failed("paramError", "Missing param checksum."))
        let refused = try Reply(Self.put(bare + "&checksum=00", Self.form("x"), in: world).body)
        #expect(refused.message == "You did not pass the checksum security check")
        #expect(try Reply(world.fetch(target).body).messageKey == .unsupportedRequest)
    }

    @Test func `a question for tracks fails in XML where it is signed wrong, and in JSON where there are none`() throws
    {
        let world = try Self.world()
        let path = "/bigbluebutton/api/getRecordingTextTracks"
        #expect(try Reply(world.fetch(path).body).messageKey == .checksumError)
        #expect(try Reply(world.fetch("\(path)?checksum=00").body).messageKey == "missingParamRecordID")
        #expect(try Reply(world.fetch("\(path)?checksum=00&recordID=rec-1").body).messageKey == .checksumError)
        for (id, key, message) in [
            ("rec-2", "noRecordings", "No recording found for rec-2"),
            ("rec-1", "noCaptionsFound", "No captions found for rec-1"),
        ] {
            let answer = world.fetch(world.target(.getRecordingTextTracks, ["recordID": id]))
            #expect(answer.body.asText == Self.failed(key, message))
        }
    }
}
