package import BigBlueButton
internal import Logging
package import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `end` (`bbb-api.md` 5.4). The mapping stays until the server is found without the meeting: ending takes a while, and a
    /// confirmation is not the fact.
    package func end(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try MeetingRequest(call)
        guard let found = locate(request.meetingID, of: account.id), let server = server(found.server) else {
            throw .notFound
        }
        guard !isGivenUp(server) else { throw .serverUnavailable }
        var parameters = request.parameters
        parameters["meetingID"] = found.meetingID.rawValue
        let result = await send(.end, parameters, to: server, within: settings.create.whole)
        reads.discard(server.id)
        switch result {
        case .failure(let fault): throw fault.mayHaveActed ? .unknownOutcome : .serverUnavailable
        case .success(let reply):
            if reply.saysMeetingIsGone {
                await forget(found, server)
                throw .notFound
            }
            if reply.isSuccess, let meeting = found.meeting {
                do { try await store.markEnding(meeting) } catch {
                    FleetLog.failure("noting that a meeting ends", error)
                }
                nudges.nudge(server.id)
            }
            return reply.octets
        }
    }
}
