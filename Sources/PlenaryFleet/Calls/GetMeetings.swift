internal import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `getMeetings` (`balancer.md` 5): the union over the servers that have meetings of the account, asked in parallel. A
    /// server that does not answer in time contributes what it last said; it never fails the call.
    package func getMeetings(of account: Account) async -> [UInt8] {
        let meetings = store.roster { $0.runningMeetings(of: account.id) }
        let byServer = Dictionary(grouping: meetings, by: \.server)
        var found: [(createTime: WireTime, id: String, element: [UInt8])] = []
        await withTaskGroup(of: (ServerID, [KnownMeeting]).self) { group in
            for id in byServer.keys {
                guard let server = server(id), !isGivenUp(server) else { continue }
                group.addTask { (id, await self.list(of: server)) }
            }
            for await (server, list) in group {
                let mapped = Dictionary(
                    (byServer[server] ?? []).map { ($0.key.idOnServer, $0) }, uniquingKeysWith: { _, newest in newest })
                let internalIDs = Set(
                    list.filter { mapped[$0.meeting.meetingID] != nil }.map(\.meeting.internalMeetingID))
                for entry in list {
                    // Ours, and the breakout rooms that the server made inside ours (`bbb-api.md` 14.22).
                    let isBreakout =
                        entry.meeting.isBreakout && entry.meeting.parentMeetingID.map(internalIDs.contains) == true
                        && isNobodysElse(entry.meeting, account.id)
                    let own = mapped[entry.meeting.meetingID]
                    guard own != nil || isBreakout else { continue }
                    let element = telling(server, in: tellingDuration(restoring(entry.element), of: own))
                    found.append((entry.meeting.createTime, entry.meeting.internalMeetingID.rawValue, element))
                }
            }
        }
        guard !found.isEmpty else {
            return XMLWriter.response(.success) {
                $0.empty("meetings")
                $0.element("messageKey", MessageKey.noMeetings.rawValue)
                $0.element("message", "no meetings were found on this server")
            }
        }
        // Servers list in any order, which changes from call to call; the newest first is stable.
        found.sort { ($1.createTime, $0.id) < ($0.createTime, $1.id) }
        return XMLWriter.response(.success) { writer in
            writer.element("meetings") { writer in
                for meeting in found { writer.raw(meeting.element) }
            }
        }
    }

    /// A `<meeting>` with its `<server>` at the end, where that is wanted (docs/decisions/0009).
    private func telling(_ id: ServerID, in element: [UInt8]) -> [UInt8] {
        guard settings.tellsServers, let server = server(id),
            let end = element.lastIndex(of: UInt8(ascii: "<"))
        else { return element }
        var writer = XMLWriter()
        writer.element("server") {
            $0.element("name", server.name.text)
            $0.element("address", server.endpoint.url.host)
            $0.element("url", server.endpoint.url.root)
        }
        return element[..<end] + writer.octets + element[end...]
    }

    func list(of server: Server) async -> [KnownMeeting] {
        if isSuspect(server) { return lastKnownMeetings(on: server) ?? [] }
        let key = SharedReads.Key(server: server.id, call: .getMeetings, meetingID: nil)
        let result = await reads.read(key) {
            await send(.getMeetings, to: server, within: settings.readDeadline, skipping: MeetingsReply.details)
        }
        guard case .success(let reply) = result, let list = MeetingsReply(reply) else {
            return lastKnownMeetings(on: server) ?? []
        }
        return KnownMeeting.all(in: list)
    }
}
