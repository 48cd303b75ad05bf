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

    package func create(
        _ parameters: Parameters, document: OutgoingCall.Body?, reserving reservation: ReservationRequest?,
        deadline: Duration
    ) async throws(HostFault) -> HostedMeeting {
        let slides = SlideRules.fitting(document, beside: parameters, longestQuery: 6_000)
        let reply = try await ask(.create, parameters, document: slides, deadline)
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

    package func recordings(of meeting: MeetingID, only recording: RecordID?, deadline: Duration)
        async throws(HostFault) -> [RecordingsReply.Entry]
    {
        let reply = try await ask(.getRecordings, RecordingCalls.list(meeting, only: recording), deadline)
        guard let list = RecordingsReply(reply) else { throw Self.fault(reply) }
        // Ids are found by how they begin, with an id the meeting counts for nothing there, and others have recordings there too:
        // what does not say that it is of this meeting is not.
        return list.entries.filter { entry in
            entry.meetingID == meeting.rawValue && (recording == nil || entry.recordID == recording)
        }
    }

    package func publish(_ recording: RecordID, _ isPublished: Bool, deadline: Duration) async throws(HostFault) -> Bool
    {
        try await change(.publishRecordings, RecordingCalls.publish(recording, isPublished), deadline)
    }

    package func delete(_ recording: RecordID, deadline: Duration) async throws(HostFault) -> Bool {
        try await change(.deleteRecordings, RecordingCalls.delete(recording), deadline)
    }

    private func change(_ name: CallName, _ parameters: Parameters, _ deadline: Duration) async throws(HostFault)
        -> Bool
    {
        let reply = try await ask(name, parameters, deadline)
        if reply.isSuccess { return true }
        guard reply.messageKey == .notFound else { throw Self.fault(reply) }
        return false
    }

    private func ask(
        _ name: CallName, _ parameters: Parameters, document: OutgoingCall.Body? = nil, _ deadline: Duration
    ) async throws(HostFault) -> Reply {
        let answer: ServerAnswer
        do throws(TransportFault) {
            answer = try await transport.send(
                endpoint.request(name, parameters, document: document), deadline: deadline)
        } catch {
            if error == .timedOut { throw .late }
            throw .silent(mayHaveActed: error.mayHaveActed)
        }
        // Whatever the status says: a proxy's page is no reply.
        do throws(Reply.Fault) {
            return try Reply(answer.body)
        } catch {
            // What stands before a server says that this one is not there.
            if (502...504).contains(answer.status) { throw .silent(mayHaveActed: true) }
            throw .unreadable
        }
    }

    private static func fault(_ reply: Reply) -> HostFault {
        reply.messageKey.map { .refused($0) } ?? .unreadable
    }
}
