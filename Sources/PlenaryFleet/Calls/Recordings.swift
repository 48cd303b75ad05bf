internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// Recordings stay on the servers that made them: they are asked, all at once, and acted on where they are (`bbb-api.md` 6).
extension Fleet {
    /// `getRecordings`: a server that does not answer contributes nothing (docs/decisions/0017).
    func getRecordings(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let query = try RecordingQuery(call).renamed { id in
            MeetingKey(account: account.id, meetingID: id).idOnServer
        }
        var found = await recordings(query.forServers, of: account)
        // Nobody could be asked: that is not the same as that there are none.
        if found.lists.isEmpty, found.isIncomplete { throw .recordingsUnreachable }
        if query.namesSome {
            // What was named may be on a server that does not answer: callers take "none" for deleted.
            let isFound = found.lists.contains { $0.entries.contains(where: query.names) }
            if !isFound, !found.silent.isEmpty { throw .recordingsUnreachable }
        }
        for index in found.lists.indices { found.lists[index].entries.removeAll { !query.matches($0) } }
        // Who answers more than is read has recordings, and who answers something else may.
        if !query.namesSome, !found.unreadable.isEmpty, found.lists.allSatisfy(\.entries.isEmpty) {
            throw .recordingsUnreachable
        }
        let page = RecordingsPage(merging: found.lists.map(\.entries), query: query)
        let meetings = await self.meetings(namedIn: page.entries)
        return page.octets { entry in Addresses.restoring(entry.octets) { meetings[$0] } }
    }

    /// What servers say of recordings, and who said nothing.
    struct FoundRecordings: Sendable {
        var lists: [(server: Server, entries: [RecordingsReply.Entry])] = []
        /// Those that may have some, and did not say which.
        var silent: [ServerID] = []
        /// Of the silent ones those that answered: more than is read, or something that is no list.
        var unreadable: [ServerID] = []
        /// In maintenance, and away: their operator knows, and nobody waits for them.
        var absent: [ServerID] = []

        var isIncomplete: Bool { !silent.isEmpty || !absent.isEmpty }
        /// No recording was found, and somebody may have it.
        var mayBeElsewhere: Bool {
            lists.allSatisfy(\.entries.isEmpty) && (!silent.isEmpty || (lists.isEmpty && isIncomplete))
        }
    }

    /// The recordings of these ids, and no others, that are an account's, in whatever state.
    func locate(_ ids: [RecordID], of account: Account) async -> FoundRecordings {
        let wanted = Set(ids)
        var found = await recordings(RecordingQuery.forServers(ids), of: account)
        for index in found.lists.indices {
            found.lists[index].entries.removeAll { !wanted.contains($0.recordID) }
        }
        return found
    }

    /// What one server says of its recordings.
    private enum Listed: Sendable {
        case entries([RecordingsReply.Entry])
        /// It did not answer, or answered something that cannot be used: what that was.
        case nothing(String, isUnreadable: Bool)
    }

    /// Asks every server, also those that take no meetings.
    private func recordings(_ parameters: Parameters, of account: Account) async -> FoundRecordings {
        let servers = store.roster { $0.servers.values.sorted { $0.id < $1.id } }
        var found = FoundRecordings()
        await withTaskGroup(of: (Server, Listed).self) { group in
            for server in servers {
                group.addTask { (server, await self.list(parameters, at: server)) }
            }
            for await (server, listed) in group {
                switch listed {
                case .entries(let entries):
                    note(server, contributesNothing: nil)
                    found.lists.append((server, entries))
                case .nothing(_, isUnreadable: false) where server.administrative == .maintenance:
                    found.absent.append(server.id)
                case .nothing(let what, let isUnreadable):
                    note(server, contributesNothing: what)
                    found.silent.append(server.id)
                    if isUnreadable { found.unreadable.append(server.id) }
                }
            }
        }
        found.lists.sort { $0.server.id < $1.server.id }
        await keep(onlyOf: account, in: &found)
        return found
    }

    private func list(_ parameters: Parameters, at server: Server) async -> Listed {
        guard !isGivenUp(server) else { return .nothing("offline", isUnreadable: false) }
        switch await send(.getRecordings, parameters, to: server, within: settings.recordingsDeadline) {
        case .success(let reply):
            if let list = RecordingsReply(reply) { return .entries(list.entries) }
            return .nothing(reply.isSuccess ? "gives no list" : "answers FAILED", isUnreadable: true)
        // It has no recordings if it does not know the call.
        case .failure(let fault) where fault.isUnsupported: return .entries([])
        case .failure(let fault): return .nothing(fault.fault.word, isUnreadable: fault.isUnreadable)
        }
    }

    /// Tells that the recordings of a server are missing in lists: once, until they are in them again.
    private func note(_ server: Server, contributesNothing what: String?) {
        let isNews = withState { state in
            state.withView(of: server.id) { view in
                let isNews = what != nil && !view.lacksRecordings
                view.lacksRecordings = what != nil
                return isNews
            }
        }
        guard isNews, let what else { return }
        Logger.current.warning(
            "server contributes nothing to lists of recordings",
            metadata: ["server.name": "\(server.name)", "recordings.fault": "\(what)"])
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
    var meetings: [InternalMeetingID] {
        [recordID.rawValue, element.child("breakout")?.text(of: "parentId") ?? ""].compactMap {
            InternalMeetingID(rawValue: $0)
        }
    }
}

extension Refusal {
    static let recordingsUnreachable = Refusal(
        .internalError, "Not every server that may have these recordings could be asked. Please try again.")
}
