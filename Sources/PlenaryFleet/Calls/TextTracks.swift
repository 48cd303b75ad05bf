internal import BigBlueButton
internal import PlenaryCore

/// Captions of recordings (`bbb-api.md` 6.5, 6.6): asked of, and given to, the server that has the recording. These calls
/// answer in JSON.
extension Fleet {
    func getRecordingTextTracks(_ call: Call, of account: Account) async -> CallAnswer {
        do throws(Refusal) {
            return try await tracks(try TextTrackRequest(call), of: account, body: nil)
        } catch {
            // A missing id is told in XML, as by the other calls about recordings.
            return error.key == .missingParamRecordID ? .xml(error.xml) : .json(error.json)
        }
    }

    /// The file goes on as it came.
    func putRecordingTextTrack(_ call: Call, of account: Account) async -> CallAnswer {
        do throws(Refusal) {
            return try await tracks(try TextTrackRequest(call), of: account, body: call.received)
        } catch { return .json(error.json) }
    }

    private func tracks(_ request: TextTrackRequest, of account: Account, body: OutgoingCall.Body?)
        async throws(Refusal)
        -> CallAnswer
    {
        let found = await locate([request.recordID], of: account)
        guard
            let server = found.lists.first(where: { $0.entries.contains { $0.state != "deleted" } })?.server
        else { throw found.mayBeElsewhere ? .recordingsUnreachable : request.noRecording }
        if request.call == .putRecordingTextTrack {
            _ = try request.track()
            guard body != nil else { throw .noTextTrackFile }
        }
        var answer = try await send(request.call, request.parameters, body, to: server)
        // A language as the documentation writes it, `pt-BR`, is not what every server reads (`bbb-api.md` 6.6).
        if let lang = request.parameters["lang"], lang.contains("-"),
            JSONValue(answer.body)?["response", "messageKey"]?.text == MessageKey.invalidLang.rawValue
        {
            var parameters = request.parameters
            parameters["lang"] = lang.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "_")
            answer = try await send(request.call, parameters, body, to: server)
        }
        // Whatever it says is for the caller; only its type tells XML from JSON.
        let type = answer.values(of: "Content-Type").first ?? "application/json;charset=utf-8"
        return .document(answer.body, contentType: type)
    }

    /// JSON with a return code; or XML, in which some errors are told. That the server refuses our secret is not for the caller.
    private static func isAnswer(_ octets: [UInt8]) -> Bool {
        if let key = JSONValue(octets)?["response", "messageKey"]?.text, key == MessageKey.checksumError.rawValue {
            return false
        }
        if JSONValue(octets)?["response", "returncode"]?.text != nil { return true }
        do throws(Reply.Fault) { return try Reply(octets).messageKey != .checksumError } catch { return false }
    }

    private func send(_ call: CallName, _ parameters: Parameters, _ body: OutgoingCall.Body?, to server: Server)
        async throws(Refusal) -> ServerAnswer
    {
        let outgoing = server.endpoint.request(
            call, parameters, document: body, algorithm: settings.algorithm, longestQuery: settings.longestQuery)
        switch await fetch(outgoing, from: server, within: settings.create.document) {
        case .success(let answer):
            guard Self.isAnswer(answer.body) else { throw .unknownOutcome }
            return answer
        case .failure(let fault): throw fault.refusal
        }
    }
}
