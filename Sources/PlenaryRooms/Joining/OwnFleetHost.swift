package import BigBlueButton
package import PlenaryCore
package import PlenaryFleet

/// Our own fleet as a host: in this process, as one of its accounts.
///
/// The calls go the same way as those of any client of the account, so its rules, limits and pool hold, and the fleet finds the
/// server, keeps the meeting there, and brings it elsewhere when the server dies.
package struct OwnFleetHost: MeetingHost {
    private let fleet: Fleet
    private let account: Account

    package init(fleet: Fleet, account: Account) {
        self.fleet = fleet
        self.account = account
    }

    package func create(
        _ parameters: Parameters, document: OutgoingCall.Body?, reserving reservation: ReservationRequest?,
        deadline: Duration
    ) async throws(HostFault) -> HostedMeeting {
        // The fleet has deadlines of its own for every step of a create, and adds texts and addresses of ours to the query.
        let document = SlideRules.fitting(document, beside: parameters, longestQuery: 4_000)
        let call = Call(
            .create, method: document == nil ? .get : .post, rawQuery: parameters.encoded(),
            contentType: document?.contentType, body: document?.octets ?? [])
        let octets: [UInt8]
        do throws(Refusal) {
            octets = try await fleet.create(call, of: Caller(account, room: reservation, isRoom: true))
        } catch { throw Self.fault(error) }
        guard let reply = Self.reply(octets) else { throw .silent(mayHaveActed: true) }
        guard let made = CreateReply(reply) else { throw Self.fault(reply) }
        return HostedMeeting(internalID: made.internalMeetingID, createTime: made.createTime)
    }

    package func look(at meeting: MeetingID, deadline: Duration) async throws(HostFault) -> HostedPeople? {
        let reply = try await ask(.getMeetingInfo, ["meetingID": meeting.rawValue])
        if reply.saysMeetingIsGone { return nil }
        guard reply.isSuccess, let people = HostedPeople(reply) else { throw Self.fault(reply) }
        return people
    }

    package func join(_ parameters: Parameters) async throws(HostFault) -> HostedJoin {
        let errorURL = parameters["errorRedirectUrl"]
        switch await fleet.join(Call(.join, rawQuery: parameters.encoded()), of: Caller(account)) {
        case .redirect(let url, let cookies):
            // A join that fails leads to where errors are told, and nowhere else.
            if let errorURL, url.hasPrefix(errorURL) { throw .refused(.invalidMeetingIdentifier) }
            return HostedJoin(url: url, cookies: cookies)
        case .unavailable, .moving: throw .silent(mayHaveActed: false)
        case .xml, .relayed, .json, .document: throw .silent(mayHaveActed: false)
        }
    }

    package func end(_ meeting: MeetingID, moderatorPassword: Secret, deadline: Duration) async throws(HostFault) {
        let given: Parameters = ["meetingID": meeting.rawValue, "password": moderatorPassword.reveal()]
        let reply = try await ask(.end, given)
        guard reply.isSuccess || reply.saysMeetingIsGone else { throw Self.fault(reply) }
    }

    package func recordings(of meeting: MeetingID, only recording: RecordID?, deadline: Duration)
        async throws(HostFault) -> [RecordingsReply.Entry]
    {
        let reply = try await ask(.getRecordings, RecordingCalls.list(meeting, only: recording))
        guard let list = RecordingsReply(reply) else { throw Self.fault(reply) }
        // Of which meeting they are the fleet has seen to; ids are found by how they begin.
        return list.entries.filter { recording == nil || $0.recordID == recording }
    }

    package func publish(_ recording: RecordID, _ isPublished: Bool, deadline: Duration) async throws(HostFault) -> Bool
    {
        try await change(.publishRecordings, RecordingCalls.publish(recording, isPublished))
    }

    package func delete(_ recording: RecordID, deadline: Duration) async throws(HostFault) -> Bool {
        try await change(.deleteRecordings, RecordingCalls.delete(recording))
    }

    private func change(_ name: CallName, _ parameters: Parameters) async throws(HostFault) -> Bool {
        let reply = try await ask(name, parameters)
        if reply.isSuccess { return true }
        guard reply.messageKey == .notFound else { throw Self.fault(reply) }
        return false
    }

    private func ask(_ name: CallName, _ parameters: Parameters) async throws(HostFault) -> Reply {
        let answer = await fleet.answer(Call(name, rawQuery: parameters.encoded()), of: Caller(account))
        let octets: [UInt8]
        switch answer {
        case .xml(let told), .relayed(let told, _): octets = told
        case .json, .document, .redirect, .unavailable, .moving: throw .silent(mayHaveActed: true)
        }
        guard let reply = Self.reply(octets) else { throw .silent(mayHaveActed: true) }
        return reply
    }

    private static func reply(_ octets: [UInt8]) -> Reply? {
        // What cannot be read is told as silence; the fleet has written into the log what it was.
        do throws(Reply.Fault) { return try Reply(octets) } catch { return nil }
    }

    private static func fault(_ reply: Reply) -> HostFault {
        reply.messageKey.map { key in
            key == .serverUnavailable || key == .internalError ? .silent(mayHaveActed: true) : .refused(key)
        } ?? .silent(mayHaveActed: true)
    }

    private static func fault(_ refusal: Refusal) -> HostFault {
        switch refusal.key {
        case .noConnectionsAvailable, .connectionLimitExceeded:
            func detail(_ name: String) -> Int? { refusal.details.first { $0.name == name }?.value }
            return .noConnections(
                available: detail("availableConnections") ?? 0, retryAfter: detail("retryAfter").map { .seconds($0) })
        case .serverUnavailable, .internalError: return .silent(mayHaveActed: true)
        default: return refusal == .tooManyMeetings ? .tooManyMeetings : .refused(refusal.key)
        }
    }
}
