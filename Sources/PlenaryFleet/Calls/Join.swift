package import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `join` (`balancer.md` 4, `bbb-api.md` 5.3): a redirect to the meeting's own server, signed for it. No server is asked
    /// and nothing is written on the way.
    package func join(_ call: Call, of caller: Caller) async -> CallAnswer {
        let account = caller.account
        let given = account.policy.applied(
            to: call.signedParameters, call: .join, global: store.roster { $0.policy })
        let delivery = JoinRequest.Delivery(given)
        func refuse(_ refusal: Refusal) -> CallAnswer {
            self.refuse(refusal.told(in: account.rights.dialect, of: call), delivery)
        }
        let request: JoinRequest
        do throws(Refusal) {
            request = try JoinRequest(call, parameters: given) { self.locate($0, of: account.id) != nil }
        } catch { return refuse(error) }
        guard let found = locate(request.meetingID, of: account.id) else { return refuse(.joinNotFound) }
        guard let server = server(found.server), !isGivenUp(server) else { return .unavailable(.serverUnavailable) }
        // It is being made on its new server, in this moment.
        if let meeting = found.meeting, meeting.state == .creating, meeting.replaces != nil { return .moving }
        // It is past its reserved time and being ended for another one.
        guard found.meeting?.isPreempted != true else { return refuse(.forciblyEnded) }
        guard hasRoomForJoin(account, found) else { return refuse(.tooManyParticipants) }
        let outgoing = outgoingJoin(request.parameters, delivery, to: found, at: server, origin: caller.origin)
        guard delivery.wantsXML else {
            record(request, found)
            return .redirect(outgoing.url, cookies: found.meeting.flatMap { lastJoin(request.parameters, $0) } ?? [])
        }
        switch await exchange(outgoing, with: server, within: settings.create.whole) {
        case .success(let exchanged):
            if exchanged.reply.isSuccess { record(request, found) }
            return .relayed(exchanged.reply.octets, cookies: exchanged.answer.values(of: "Set-Cookie"))
        case .failure: return .unavailable(.serverUnavailable)
        }
    }

    /// A join, signed for the meeting's server.
    func outgoingJoin(
        _ given: Parameters, _ delivery: JoinRequest.Delivery, to found: Located, at server: Server,
        origin: String? = nil
    ) -> OutgoingCall {
        var parameters = given
        parameters["meetingID"] = idToSend(found)
        if let key = found.meeting?.key { Self.fillIn(key, in: &parameters) }
        // Who has a link from before the meeting was moved comes with the time of its first creation (`bbb-api.md` 14.6).
        if found.meeting?.replaces != nil { parameters["createTime"] = nil }
        // The server delivers its own errors to a place of its own unless told another one (`bbb-api.md` 14.9).
        if parameters["errorRedirectUrl"] == nil {
            parameters["errorRedirectUrl"] = delivery.errorURL ?? settings.joinFailedURL
        }
        if settings.rejoin != .off, let meeting = found.meeting,
            let url = rejoinURL(meeting, logout: parameters["logoutURL"]?.nonEmpty, origin: origin)
        {
            parameters["logoutURL"] = url
        }
        return server.endpoint.request(.join, parameters, algorithm: settings.algorithm, longestQuery: .max)
    }

    /// Who joined as what; texts are cut, so that what waits to be written is bounded.
    func record(_ request: JoinRequest, _ found: Located) {
        guard let meeting = found.meeting else { return }
        func short(_ text: String) -> String { String(text.filter { $0 != "\0" }.prefix(256)) }
        // Without a role, or with one that is none, the password tells it.
        let role = request.role.flatMap { ["MODERATOR", "VIEWER"].contains($0) ? $0 : nil }
        let byPassword = request.parameters["password"].map {
            $0.nonEmpty != nil && $0 == meeting.moderatorPW ? "MODERATOR" : "VIEWER"
        }
        joins.add(
            JoinRecord(
                meeting: meeting.number, fullName: short(request.fullName), userID: request.userID.map(short),
                role: role ?? byPassword, joinedAt: time.now()))
    }

    func refuse(_ refusal: Refusal, _ delivery: JoinRequest.Delivery) -> CallAnswer {
        if delivery.wantsXML { return .xml(refusal.xml) }
        return .redirect(JoinRequest.Delivery.redirect(refusal, to: delivery.errorURL ?? settings.joinFailedURL))
    }
}
