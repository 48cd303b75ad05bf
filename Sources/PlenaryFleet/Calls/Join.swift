package import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `join` (`balancer.md` 4, `bbb-api.md` 5.3): a redirect to the meeting's own server, signed for it. No server is asked
    /// and nothing is written on the way.
    package func join(_ call: Call, of account: Account) async -> CallAnswer {
        let delivery = JoinRequest.Delivery(call.signedParameters)
        let request: JoinRequest
        do throws(Refusal) { request = try JoinRequest(call) } catch { return refuse(error, delivery) }
        guard let found = locate(request.meetingID, of: account.id) else { return refuse(.joinNotFound, delivery) }
        guard let server = server(found.server), !isGivenUp(server) else { return .unavailable(.serverUnavailable) }

        var parameters = request.parameters
        parameters["meetingID"] = found.meetingID.rawValue
        // The server delivers its own errors to a place of its own unless told another one (`bbb-api.md` 14.9).
        if parameters["errorRedirectUrl"] == nil {
            parameters["errorRedirectUrl"] = delivery.errorURL ?? settings.joinFailedURL
        }
        let outgoing = server.endpoint.request(.join, parameters, algorithm: settings.algorithm, longestQuery: .max)
        guard delivery.wantsXML else {
            record(request, found)
            return .redirect(outgoing.url)
        }
        switch await exchange(outgoing, with: server, within: settings.create.whole) {
        case .success(let exchanged):
            return .relayed(exchanged.reply.octets, cookies: exchanged.answer.values(of: "Set-Cookie"))
        case .failure: return .unavailable(.serverUnavailable)
        }
    }

    /// Who joined as what; texts are cut, so that what waits to be written is bounded.
    private func record(_ request: JoinRequest, _ found: Located) {
        guard let meeting = found.meeting else { return }
        func short(_ text: String) -> String { String(text.filter { $0 != "\0" }.prefix(256)) }
        joins.add(
            JoinRecord(
                meeting: meeting.number, fullName: short(request.fullName), userID: request.userID.map(short),
                role: request.role.map(short), joinedAt: time.now()))
    }

    private func refuse(_ refusal: Refusal, _ delivery: JoinRequest.Delivery) -> CallAnswer {
        if delivery.wantsXML { return .xml(refusal.xml) }
        return .redirect(JoinRequest.Delivery.redirect(refusal, to: delivery.errorURL ?? settings.joinFailedURL))
    }
}
