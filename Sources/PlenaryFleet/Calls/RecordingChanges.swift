internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// Changes of recordings, carried out by every server that has one of them (`bbb-api.md` 6.2 to 6.4).
extension Fleet {
    /// `publishRecordings`, `deleteRecordings`, `updateRecordings`: done when every recording that was found is changed
    /// (docs/decisions/0017).
    func changeRecordings(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try RecordingRequest(call)
        let found = await locate(request.recordIDs, of: account)
        guard !found.mayBeElsewhere else { throw .recordingsUnreachable }
        let changes = try await self.changes(request, in: found, of: account)
        var done: [UInt8]?
        var gone: [UInt8]?
        var refused: [UInt8]?
        var isUnknown = false
        await withTaskGroup(of: Result<Reply, ServerFault>.self) { group in
            for change in changes {
                group.addTask {
                    await self.send(
                        request.call, change.parameters, to: change.server, within: self.settings.create.whole)
                }
            }
            for await result in group {
                switch result {
                case .success(let reply) where reply.isSuccess: done = done ?? reply.octets
                // Somebody deleted it since it was found.
                case .success(let reply) where reply.messageKey == .notFound: gone = reply.octets
                case .success(let reply): refused = reply.octets
                case .failure: isUnknown = true
                }
            }
        }
        // What was sent may not have arrived.
        if isUnknown { throw .recordingsUnreachable }
        if let answer = refused ?? done ?? gone { return answer }
        throw .recordingsNotFound
    }

    /// One call to one server.
    private struct RecordingChange: Sendable {
        let server: Server
        let parameters: Parameters
    }

    /// What each server that has some of the recordings is told.
    private func changes(_ request: RecordingRequest, in found: FoundRecordings, of account: Account)
        async throws(Refusal) -> [RecordingChange]
    {
        var changes: [RecordingChange] = []
        for (server, entries) in found.lists {
            // Recordings of different meetings may have different addresses of ours.
            var groups: [(parameters: Parameters, ids: [RecordID])] = []
            for entry in entries where request.concerns(entry) {
                let parameters = try await exchangingAddresses(in: request, for: entry, of: account)
                if let known = groups.firstIndex(where: { $0.parameters == parameters }) {
                    groups[known].ids.append(entry.recordID)
                } else {
                    groups.append((parameters, [entry.recordID]))
                }
            }
            for group in groups {
                var parameters = group.parameters
                parameters["recordID"] = group.ids.map(\.rawValue).joined(separator: ",")
                changes.append(RecordingChange(server: server, parameters: parameters))
            }
        }
        return changes
    }

    /// An update with our addresses in place of the caller's. A server that got his own would call him itself from then on,
    /// signed with its own secret.
    private func exchangingAddresses(
        in request: RecordingRequest, for entry: RecordingsReply.Entry, of account: Account
    ) async throws(Refusal) -> Parameters {
        guard request.action == .update,
            request.parameters.all.contains(where: { CallerCallbacks.metadataName(of: $0) != nil })
        else { return request.parameters }
        do {
            // One that nobody made here has no addresses of ours, and its caller none with us.
            guard let meeting = try await teller(of: entry), meeting.key.account == account.id, meeting.token != nil
            else { return request.parameters }
            var parameters: [Parameters.Parameter] = []
            for parameter in request.parameters.all {
                guard let name = CallerCallbacks.metadataName(of: parameter) else {
                    parameters.append(parameter)
                    continue
                }
                let url = parameter.value.nonEmpty
                if meeting.callbacks.url(named: name) != url {
                    try await store.setCallback(name, to: url, of: meeting.number)
                }
                guard url != nil, let kind = CallerCallbacks(Parameters([parameter])).entries.first?.kind,
                    let ours = Addresses.callback(kind, of: meeting, base: settings.callbacksURL)
                else {
                    parameters.append(parameter)
                    continue
                }
                // The server has it already.
                if entry.metadata.contains(where: { $0.name == name && $0.value == ours }) { continue }
                parameters.append(.init(name: parameter.name, value: ours))
            }
            return Parameters(parameters)
        } catch {
            FleetLog.failure("exchanging the addresses of a recording", error)
            throw .internalError
        }
    }

    /// The meeting whose addresses of ours are in a recording, or that it is of.
    private func teller(of entry: RecordingsReply.Entry) async throws -> Meeting? {
        var meetings: [MeetingNumber: Meeting] = [:]
        for number in Addresses.meetings(in: entry.octets) {
            meetings[number] = try await store.meeting(number)?.meeting
        }
        if let number = Addresses.proven(in: entry.octets, meeting: { meetings[$0] }).min() { return meetings[number] }
        let owners = try await store.owners(of: entry.meetings)
        return entry.meetings.lazy.compactMap { owners[$0] }.first
    }
}

extension CallerCallbacks {
    /// The name of the metadatum in which a parameter wants an address to be told at, also where it takes it away.
    fileprivate static func metadataName(of parameter: Parameters.Parameter) -> String? {
        guard parameter.name.hasPrefix("meta_") else { return nil }
        let name = parameter.name.dropFirst("meta_".count).lowercased()
        return metadataNames.contains(name) ? name : nil
    }
}

extension RecordingRequest {
    /// Whether a recording is in a state in which it can be changed so (`bbb-api.md` 6.2 to 6.4).
    func concerns(_ entry: RecordingsReply.Entry) -> Bool {
        switch action {
        case .publish: ["published", "unpublished"].contains(entry.state)
        case .delete: entry.state != "deleted"
        case .update: true
        }
    }
}
