package import BigBlueButton
package import PlenaryCore
package import PlenaryFleet

/// A BigBlueButton server, or a Scalelite, of somebody else as a host: signed calls over HTTPS.
package struct RemoteHost: MeetingHost {
    private let endpoint: Endpoint
    private let transport: any BBBTransport

    package init(endpoint: Endpoint, transport: any BBBTransport) {
        self.endpoint = endpoint
        self.transport = transport
    }

    package func create(_ parameters: Parameters, reserving reservation: ReservationRequest?, deadline: Duration)
        async throws(HostFault) -> HostedMeeting
    {
        let reply = try await ask(.create, parameters, deadline)
        guard let made = CreateReply(reply) else { throw Self.fault(reply) }
        return HostedMeeting(internalID: made.internalMeetingID, createTime: made.createTime)
    }

    package func look(at meeting: MeetingID, deadline: Duration) async throws(HostFault) -> HostedPeople? {
        let reply = try await ask(.getMeetingInfo, ["meetingID": meeting.rawValue], deadline)
        if reply.saysMeetingIsGone { return nil }
        guard reply.isSuccess, let people = HostedPeople(reply) else { throw Self.fault(reply) }
        return people
    }

    package func join(_ parameters: Parameters) async throws(HostFault) -> HostedJoin {
        // A browser has no body to send: everything stands in the address.
        HostedJoin(url: endpoint.request(.join, parameters, longestQuery: .max).url)
    }

    package func end(_ meeting: MeetingID, moderatorPassword: Secret, deadline: Duration) async throws(HostFault) {
        let reply = try await ask(
            .end, ["meetingID": meeting.rawValue, "password": moderatorPassword.reveal()], deadline)
        guard reply.isSuccess || reply.saysMeetingIsGone else { throw Self.fault(reply) }
    }

    private func ask(_ name: CallName, _ parameters: Parameters, _ deadline: Duration) async throws(HostFault) -> Reply
    {
        let answer: ServerAnswer
        do throws(TransportFault) {
            answer = try await transport.send(endpoint.request(name, parameters), deadline: deadline)
        } catch { throw .silent(mayHaveActed: error.mayHaveActed) }
        // Whatever the status says: a proxy's page is no reply.
        do throws(Reply.Fault) { return try Reply(answer.body) } catch { throw .silent(mayHaveActed: true) }
    }

    private static func fault(_ reply: Reply) -> HostFault {
        reply.messageKey.map { .refused($0) } ?? .silent(mayHaveActed: true)
    }
}
