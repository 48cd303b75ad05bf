import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// What is said of recordings while not every server can be asked (docs/decisions/0017).
@Suite struct RecordingFaultTests {
    /// Adds recordings to a server, each of a meeting of its own.
    @discardableResult
    private func add(_ meetingIDs: [String], to server: SimulatedServer, _ stand: Stand) -> [String] {
        meetingIDs.map { meetingID in
            let recordID = "\(sha1Hex(meetingID))-1531155809613"
            server.addRecording(
                SimulatedRecording(
                    recordID: recordID, meetingID: meetingID, name: "Room \(meetingID)", startTime: stand.now,
                    endTime: stand.now, metadata: [.init(name: "course", value: "7")],
                    formats: [.init(type: "video", url: "/video/\(recordID)/")]))
            return recordID
        }
    }

    private func said(_ stand: Stand, _ call: CallName, _ parameters: Parameters = [:]) async throws -> String {
        try Said.words(await stand.answer(call, parameters))
    }

    // MARK: lists that are too long

    private static let many = (1...60).map { "room-\($0)" }

    @Test func `a list of recordings that is longer than other answers may be is read`() async throws {
        let stand = try await Stand { $0.reply.size = 10_000 }
        add(Self.many, to: stand.servers[0], stand)
        #expect(try await said(stand, .getRecordings) == "SUCCESS 60")
    }

    @Test func `a server whose list cannot be read does not make it none, and is told once while it lasts`()
        async throws
    {
        let stand = try await Stand { $0.recordingsReply.size = 10_000 }
        let log = LogBook()
        try await log.keep { () async throws -> Void in
            add(Self.many, to: stand.servers[0], stand)
            for _ in 0..<3 { #expect(try await said(stand, .getRecordings) == "FAILED internalError") }
            #expect(try await said(stand, .getRecordings, ["meta_course": "7"]) == "FAILED internalError")
            #expect(log.warnings.count == 1)
            // Where another server has something, that is shown.
            add(["elsewhere"], to: stand.servers[1], stand)
            #expect(try await said(stand, .getRecordings) == "SUCCESS 1")
            // What is named is short enough.
            let first = "\(sha1Hex("room-1"))-1531155809613"
            #expect(try await said(stand, .getRecordings, ["recordID": first]) == "SUCCESS 1")
            #expect(try await said(stand, .getRecordings) == "SUCCESS 1")
        }
        // The short answer ended it, the long one began it anew.
        #expect(log.warnings.count == 2)
        for warning in log.warnings {
            #expect(warning.hasPrefix("server contributes nothing to lists of recordings "))
            #expect(warning.contains("server.name=bbb1") && warning.contains("longer than 10000 octets"))
        }
    }

    @Test(arguments: [
        SimulatedFault.garbage, .truncated, .emptyBody, .failed("internalError", "no"),
    ])
    func `a server that answers something else does not make it none`(fault: SimulatedFault) async throws {
        let stand = try await Stand()
        stand.servers[0].set(fault, call: .getRecordings)
        #expect(try await said(stand, .getRecordings) == "FAILED internalError")
        stand.servers[0].heal()
        #expect(try await said(stand, .getRecordings) == "SUCCESS noRecordings")
    }

    @Test func `a server that does not answer takes its recordings out of the list, and is told once`() async throws {
        let stand = try await Stand()
        let log = LogBook()
        add(["a"], to: stand.servers[0], stand)
        stand.servers[2].set(.status(500), call: .getRecordings)
        try await log.keep { () async throws -> Void in
            for _ in 0..<3 { #expect(try await said(stand, .getRecordings) == "SUCCESS 1") }
        }
        #expect(log.warnings.count == 1 && log.warnings.first?.contains("server.name=bbb3") == true)
    }

    // MARK: what is named, while somebody is silent

    /// Two recordings, and a third server that does not say what it has.
    private func partial() async throws -> (stand: Stand, a: String, b: String) {
        let stand = try await Stand()
        let a = add(["a"], to: stand.servers[0], stand)[0]
        let b = add(["b"], to: stand.servers[1], stand)[0]
        stand.servers[2].set(.status(500), call: .getRecordings)
        return (stand, a, b)
    }

    @Test func `what was found is told, whoever else is silent; what was not is not called none`() async throws {
        let (stand, a, b) = try await partial()
        let expected: [(Parameters, String)] = [
            (["recordID": "\(a),gone"], "SUCCESS 1"), (["recordID": "\(a),\(b)"], "SUCCESS 2"),
            (["recordID": "gone"], "FAILED internalError"), (["recordID": "gone,too"], "FAILED internalError"),
            (["meetingID": "a,nobody"], "SUCCESS 1"), (["meetingID": "nobody"], "FAILED internalError"),
            // It is there, in another state, or with other metadata, or of another meeting.
            (["recordID": a, "state": "processing"], "SUCCESS noRecordings"),
            (["recordID": a, "meta_course": "8"], "SUCCESS noRecordings"),
            (["recordID": a, "meetingID": "b"], "SUCCESS noRecordings"),
            (["meetingID": "a", "state": "deleted"], "SUCCESS noRecordings"),
            (["meetingID": "a", "meta_course": "7"], "SUCCESS 1"), ([:], "SUCCESS 2"),
        ]
        for (parameters, words) in expected {
            #expect(try await said(stand, .getRecordings, parameters) == words, "\(parameters.encoded())")
        }
        stand.servers[2].heal()
        #expect(try await said(stand, .getRecordings, ["recordID": "gone"]) == "SUCCESS noRecordings")
        #expect(try await said(stand, .getRecordings, ["meetingID": "nobody"]) == "SUCCESS noRecordings")
    }

    @Test func `a change of what was found succeeds, whoever else is silent`() async throws {
        let (stand, a, b) = try await partial()
        func states() -> [SimulatedRecording.State] { stand.servers.flatMap(\.recordings).map(\.state) }
        #expect(try await said(stand, .publishRecordings, ["recordID": "\(b),gone", "publish": "false"]) == "SUCCESS")
        #expect(try await said(stand, .deleteRecordings, ["recordID": "\(a),gone"]) == "SUCCESS")
        #expect(states() == [.deleted, .unpublished])
        // It is known to be deleted; of the other nobody knows anything.
        #expect(try await said(stand, .deleteRecordings, ["recordID": "\(a),gone"]) == "FAILED notFound")
        for call in [CallName.publishRecordings, .deleteRecordings, .updateRecordings] {
            let parameters: Parameters = ["recordID": "gone", "publish": "true"]
            #expect(try await said(stand, call, parameters) == "FAILED internalError", "\(call)")
        }
        let tracks = try await said(stand, .getRecordingTextTracks, ["recordID": "gone"])
        #expect(tracks == "json FAILED internalError")
        #expect(try await said(stand, .getRecordingTextTracks, ["recordID": a]) == "json FAILED noRecordings")
    }

    @Test func `a change that one of two servers did not do has failed`() async throws {
        let (stand, a, b) = try await partial()
        stand.servers[1].set(.status(500), call: .deleteRecordings, remaining: 1)
        #expect(try await said(stand, .deleteRecordings, ["recordID": "\(a),\(b)"]) == "FAILED internalError")
        #expect(stand.servers.flatMap(\.recordings).map(\.state) == [.deleted, .published])
        // Repeated, it does what was left.
        #expect(try await said(stand, .deleteRecordings, ["recordID": "\(a),\(b)"]) == "SUCCESS")
        #expect(stand.servers.flatMap(\.recordings).map(\.state) == [.deleted, .deleted])
    }

    @Test func `a server in maintenance that does not answer is not waited for`() async throws {
        let (stand, a, _) = try await partial()
        let log = LogBook()
        try await stand.set(.maintenance, of: stand.servers[2])
        try await log.keep { () async throws -> Void in
            #expect(try await said(stand, .getRecordings, ["recordID": "gone"]) == "SUCCESS noRecordings")
            #expect(try await said(stand, .getRecordings, ["meetingID": "nobody"]) == "SUCCESS noRecordings")
            #expect(try await said(stand, .deleteRecordings, ["recordID": "gone"]) == "FAILED notFound")
            #expect(try await said(stand, .getRecordings, ["recordID": a]) == "SUCCESS 1")
        }
        #expect(log.warnings.isEmpty)
        // One that answers is asked as ever.
        stand.servers[2].heal()
        let c = add(["c"], to: stand.servers[2], stand)[0]
        #expect(try await said(stand, .getRecordings, ["recordID": c]) == "SUCCESS 1")
        // Nobody can be asked: then nobody knows.
        for server in stand.servers {
            server.set(.status(500), call: .getRecordings)
            try await stand.set(.maintenance, of: server)
        }
        #expect(try await said(stand, .getRecordings) == "FAILED internalError")
        #expect(try await said(stand, .deleteRecordings, ["recordID": a]) == "FAILED internalError")
    }
}
