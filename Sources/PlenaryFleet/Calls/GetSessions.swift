package import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `getSessions` (`bbb-api.md` 5.7): the sessions in the account's meetings, from all servers that have some. A server
    /// that does not answer contributes nothing.
    package func getSessions(of account: Account) async throws(Refusal) -> [UInt8] {
        let meetings = store.roster { $0.runningMeetings(of: account.id) }
        let byServer = Dictionary(grouping: meetings, by: \.server)
        var found: [(server: ServerID, octets: [UInt8])] = []
        await withTaskGroup(of: (ServerID, Reply)?.self) { group in
            for id in byServer.keys {
                guard let server = server(id), !isGivenUp(server), !isSuspect(server) else { continue }
                group.addTask {
                    guard
                        case .success(let reply) = await self.send(
                            .getSessions, to: server, within: self.settings.readDeadline)
                    else { return nil }
                    return (id, reply)
                }
            }
            for await answer in group {
                guard let (server, reply) = answer else { continue }
                // Sessions name their meetings by internal ids; breakout rooms of our meetings are ours.
                var ours = Set((byServer[server] ?? []).compactMap { $0.internalMeetingID?.rawValue })
                let rooms = withState { $0.view(of: server).breakouts }
                for room in rooms where room.parentMeetingID.map({ ours.contains($0.rawValue) }) == true {
                    ours.insert(room.internalMeetingID.rawValue)
                }
                for session in reply.root.child("sessions")?.children(named: "meeting") ?? []
                where session.text(of: "meetingID").map(ours.contains) == true {
                    found.append((server, Array(reply.octets[session.range])))
                }
            }
        }
        guard !found.isEmpty else {
            return XMLWriter.response(.success) {
                $0.empty("sessions")
                $0.element("messageKey", MessageKey.noSessions.rawValue)
                // Sic: BigBlueButton writes it so since 2.2.
                $0.element("message", "no sessions were found on this serverr")
            }
        }
        let sorted = found.enumerated().sorted { ($0.element.server, $0.offset) < ($1.element.server, $1.offset) }
        return XMLWriter.response(.success) { writer in
            writer.element("sessions") { writer in
                for session in sorted { writer.raw(session.element.octets) }
            }
        }
    }
}
