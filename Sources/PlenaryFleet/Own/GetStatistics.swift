internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `getStatistics` (`balancer.md` 6): all servers, each with the account's meetings that run there.
    func getStatistics(of account: Account) async -> [UInt8] {
        let servers = store.roster { $0.servers.values.sorted { $0.id < $1.id } }
        let meetings = Dictionary(grouping: store.roster { $0.runningMeetings(of: account.id) }, by: \.server)
        let lists = await withTaskGroup(of: (ServerID, [KnownMeeting]).self) { group in
            for server in servers where meetings[server.id] != nil && !isGivenUp(server) {
                group.addTask { (server.id, await self.list(of: server)) }
            }
            return await group.reduce(into: [ServerID: [KnownMeeting]]()) { $0[$1.0] = $1.1 }
        }
        return XMLWriter.response(.success) { writer in
            writer.element("servers") { writer in
                for server in servers {
                    let ours = Set((meetings[server.id] ?? []).map(\.key.idOnServer))
                    let listed = (lists[server.id] ?? []).map(\.meeting).filter { ours.contains($0.meetingID) }
                    writer.element("server") { writer in
                        writer.element("serverID", server.id.number)
                        Self.write(listed.sorted { $0.createTime < $1.createTime }, into: &writer)
                    }
                }
            }
        }
    }

    private static func write(_ meetings: [MeetingSnapshot], into writer: inout XMLWriter) {
        guard !meetings.isEmpty else { return writer.empty("meetings") }
        writer.element("meetings") { writer in
            for meeting in meetings {
                writer.element("meeting") { writer in
                    writer.element("meetingID", meeting.meetingID.rawValue)
                    writer.element("participantCount", meeting.participantCount)
                    writer.element("listenerCount", meeting.listenerCount)
                    writer.element("voiceParticipantCount", meeting.voiceParticipantCount)
                    writer.element("videoCount", meeting.videoCount)
                }
            }
        }
    }
}
