internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// Recordings stay on the servers that made them: they are asked, all at once, and acted on where they are (`bbb-api.md` 6).
extension Fleet {
    /// `getRecordings`: a server that does not answer contributes nothing.
    func getRecordings(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let query = try RecordingQuery(call).renamed { id in
            MeetingKey(account: account.id, meetingID: id).idOnServer
        }
        let found = await recordings(query.forServers, of: account)
        // Nobody could be asked: that is not the same as that there are none.
        if found.lists.isEmpty, !found.silent.isEmpty { throw .recordingsUnreachable }
        // One that was named and not found may be on a server that does not answer: callers take "none" for deleted.
        let known = found.lists.flatMap(\.entries).map(\.recordID.rawValue)
        if !found.silent.isEmpty, query.recordIDs.contains(where: { id in !known.contains { $0.hasPrefix(id) } }) {
            throw .recordingsUnreachable
        }
        let page = RecordingsPage(merging: found.lists.map(\.entries), query: query)
        let meetings = await self.meetings(namedIn: page.entries)
        return page.octets { entry in Addresses.restoring(entry.octets) { meetings[$0] } }
    }

    /// `publishRecordings`, `deleteRecordings`, `updateRecordings`: carried out by every server that has one of them.
    func changeRecordings(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try RecordingRequest(call)
        let found = await locate(request.recordIDs, of: account)
        let owners = found.lists.compactMap { list -> (server: Server, ids: [RecordID])? in
            let ids = list.entries.filter { request.concerns($0) }.map(\.recordID)
            return ids.isEmpty ? nil : (list.server, ids)
        }
        guard !owners.isEmpty else { throw found.silent.isEmpty ? .recordingsNotFound : .recordingsUnreachable }
        var answer: [UInt8]?
        var refused: [UInt8]?
        var isPartial = false
        await withTaskGroup(of: Result<Reply, ServerFault>.self) { group in
            for (server, ids) in owners {
                group.addTask {
                    await self.send(
                        request.call, request.parameters(for: ids), to: server, within: self.settings.create.whole)
                }
            }
            for await result in group {
                switch result {
                case .success(let reply) where reply.isSuccess: answer = answer ?? reply.octets
                case .success(let reply): refused = reply.octets
                case .failure: isPartial = true
                }
            }
        }
        // What was not found may be on a server that does not answer; what was sent may not have arrived.
        let known = Set(owners.flatMap(\.ids))
        if isPartial || (!found.silent.isEmpty && known.count < request.recordIDs.count) {
            throw .recordingsUnreachable
        }
        if let answer { return answer }
        if let refused { return refused }
        throw .recordingsNotFound
    }

    /// What servers say of recordings, and who said nothing.
    struct FoundRecordings: Sendable {
        var lists: [(server: Server, entries: [RecordingsReply.Entry])] = []
        var silent: [ServerID] = []
    }

    /// The recordings of these ids, and no others, that are an account's.
    func locate(_ ids: [RecordID], of account: Account) async -> FoundRecordings {
        let wanted = Set(ids)
        var found = await recordings(RecordingQuery.forServers(ids), of: account)
        for index in found.lists.indices {
            found.lists[index].entries.removeAll { !wanted.contains($0.recordID) }
        }
        return found
    }

    /// Asks every server, also those that take no meetings.
    private func recordings(_ parameters: Parameters, of account: Account) async -> FoundRecordings {
        let servers = store.roster { $0.servers.values.sorted { $0.id < $1.id } }
        var found = FoundRecordings()
        await withTaskGroup(of: (Server, [RecordingsReply.Entry]?).self) { group in
            for server in servers {
                guard !isGivenUp(server) else {
                    found.silent.append(server.id)
                    continue
                }
                group.addTask {
                    let result = await self.send(
                        .getRecordings, parameters, to: server, within: self.settings.recordingsDeadline)
                    switch result {
                    case .success(let reply): return (server, RecordingsReply(reply)?.entries)
                    // It has no recordings if it does not know the call.
                    case .failure(let fault): return (server, fault.isUnsupported ? [] : nil)
                    }
                }
            }
            for await (server, entries) in group {
                if let entries { found.lists.append((server, entries)) } else { found.silent.append(server.id) }
            }
        }
        found.lists.sort { $0.server.id < $1.server.id }
        await keep(onlyOf: account, in: &found)
        return found
    }

    /// Recordings of meetings that nobody made through us are the default account's.
    private func keep(onlyOf account: Account, in found: inout FoundRecordings) async {
        // With one account there is nobody to hide anything from.
        guard store.roster({ $0.accounts.count }) > 1 else { return }
        let ids = found.lists.flatMap(\.entries).flatMap(\.meetings)
        let owners: [InternalMeetingID: Meeting]
        do { owners = try await store.owners(of: ids) } catch {
            // Could not look: then nobody sees what may be somebody else's.
            FleetLog.failure("looking whose recordings these are", error)
            found.silent += found.lists.map(\.server.id)
            found.lists = []
            return
        }
        for index in found.lists.indices {
            found.lists[index].entries.removeAll { entry in
                let known = entry.meetings.lazy.compactMap { owners[$0]?.key.account }.first
                // Its meeting was never ours, or is forgotten: then its id tells whose it is.
                let owner = known ?? MeetingID(rawValue: entry.meetingID).map { MeetingKey(idOnServer: $0).account }
                return (owner ?? .default) != account.id
            }
        }
    }

    /// The meetings whose addresses of ours stand in the recordings.
    private func meetings(namedIn entries: [RecordingsReply.Entry]) async -> [MeetingNumber: Meeting] {
        var found: [MeetingNumber: Meeting] = [:]
        for number in entries.reduce(into: Set<MeetingNumber>(), { $0.formUnion(Addresses.meetings(in: $1.octets)) }) {
            do { found[number] = try await store.meeting(number)?.meeting } catch {
                FleetLog.failure("looking for the addresses of a recording", error)
            }
        }
        return found
    }
}

extension RecordingsReply.Entry {
    /// The meetings that tell whose it is: its own, and of a breakout room the one that it was made in.
    fileprivate var meetings: [InternalMeetingID] {
        [recordID.rawValue, element.child("breakout")?.text(of: "parentId") ?? ""].compactMap {
            InternalMeetingID(rawValue: $0)
        }
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

extension Refusal {
    static let recordingsUnreachable = Refusal(
        .internalError, "Not every server that may have these recordings could be asked. Please try again.")
}
