package import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// How participants of a meeting that was moved come into the new one (`balancer.md` 6): when they press OK on the page that
/// says that the meeting has ended, their browser comes here, with the cookie that their join left.
extension Fleet {
    /// The cookie with the last join.
    package static let joinCookie = "plenary_join"
    private static let rejoinPath = "/bigbluebutton/api/rejoin"
    /// Longer cookies are dropped by browsers.
    private static let longestCookie = 3_800

    /// Where a browser goes from a meeting.
    ///
    /// - Parameter logout: where its caller wants it to go, if he says so in the join; the address carries it, signed. What
    ///   the create said is known.
    /// - Parameter origin: scheme and host under which the browser knows us; the cookie of its join belongs to that host.
    func rejoinURL(_ meeting: Meeting, logout: String?, origin: String? = nil) -> String? {
        guard let token = meeting.token else { return nil }
        var parameters: Parameters = [
            "meetingID": reference(of: meeting), "key": Addresses.key("rejoin", token),
        ]
        if let logout {
            parameters["logout"] = logout
            parameters["sign"] = KeyedHash.hex(of: "logout \(logout)", key: token)
        }
        // Filled in by the server when it sends the browser away (`bbb-api.md` 5.1.1).
        let names =
            (logout ?? meeting.logoutURL)?.contains("%%") == true ? "&user=%%USERID%%&name=%%USERNAME%%" : ""
        return "\(origin ?? settings.publicURL)\(Self.rejoinPath)?\(parameters.encoded())\(names)"
    }

    /// How others see the number of a meeting.
    private func reference(of meeting: Meeting) -> String {
        ConcealedNumber.conceal(meeting.number.number, for: "meeting", key: store.key)
    }

    private func meetingNumber(_ reference: String) -> MeetingNumber? {
        ConcealedNumber.reveal(reference, for: "meeting", key: store.key).map(MeetingNumber.init)
    }

    /// What a browser keeps of a join.
    func lastJoin(_ parameters: Parameters, _ meeting: Meeting) -> [CallAnswer.Cookie] {
        guard settings.rejoin != .off, let token = meeting.token else { return [] }
        let text = parameters.encoded()
        let value =
            "\(reference(of: meeting)).\(Base64URL.encode(text.utf8)).\(KeyedHash.hex(of: "join \(text)", key: token))"
        guard value.utf8.count <= Self.longestCookie else { return [] }
        return [.init(name: Self.joinCookie, value: value, path: Self.rejoinPath, maxAge: .seconds(86_400))]
    }

    /// Sends a browser to the new place of its meeting, or to where its caller wants it.
    ///
    /// - Parameters:
    ///   - query: as ``rejoinURL(_:logout:isForJoin:)`` made it, and what servers add.
    ///   - cookie: the last join.
    ///   - origin: scheme and host under which the browser knows us, if that is one of an account.
    package func rejoin(_ query: Parameters, cookie: String?, origin: String? = nil) async -> CallAnswer {
        // Without a key that is right nothing that the query says is believed.
        let away = CallAnswer.redirect("\(settings.publicURL)/left")
        guard let number = query["meetingID"].flatMap(meetingNumber), let key = query["key"]
        else {
            return away
        }
        let past: PastMeeting
        do {
            guard let found = try await store.meeting(number), Addresses.isKey(key, "rejoin", of: found.meeting) else {
                return away
            }
            past = found
        } catch {
            FleetLog.failure("looking for the meeting that somebody comes from", error)
            return away
        }
        guard let live = await successor(of: past.meeting), !live.isPreempted,
            let join = join(in: cookie, of: past.meeting)
        else {
            return leave(query, past)
        }
        let successor = whereItRuns(live)
        // The move is not settled and his meeting goes on: whoever comes from there left it.
        guard successor.number != past.meeting.number else { return leave(query, past) }
        guard successor.state != .creating, let server = server(successor.server), !isGivenUp(server) else {
            return .moving
        }
        let found = Located(server: successor.server, idOnServer: successor.key.idOnServer, meeting: successor)
        let outgoing = outgoingJoin(join, JoinRequest.Delivery(join), to: found, at: server, origin: origin)
        if let request = JoinRequest(joined: join) { record(request, found) }
        return .redirect(outgoing.url, cookies: lastJoin(join, successor))
    }

    /// To where the caller wants those who leave, or whose join failed, else to pages of ours.
    private func leave(_ query: Parameters, _ past: PastMeeting) -> CallAnswer {
        if let url = logoutURL(query, past) { return .redirect(url) }
        guard let errors = query["errors"] else { return .redirect("\(settings.publicURL)/left") }
        return .redirect(
            JoinRequest.Delivery.adding("errors=\(FormCoding.encode(errors))", to: settings.joinFailedURL))
    }

    /// The live meeting that took the place of another one, or of one that took its place.
    private func successor(of past: Meeting) async -> Meeting? {
        guard let live = store.roster({ $0.liveMeeting(past.key) }), live.number > past.number else { return nil }
        var meeting = live
        // Each is younger than the one that it replaces, so this ends.
        while let replaced = meeting.replaces {
            if replaced == past.number { return live }
            do {
                guard let next = try await store.meeting(replaced) else { return nil }
                meeting = next.meeting
            } catch {
                FleetLog.failure("looking for a meeting that was moved", error)
                return nil
            }
        }
        return nil
    }

    /// The join that a cookie holds; `nil` when it belongs to another meeting, or somebody changed it.
    private func join(in cookie: String?, of meeting: Meeting) -> Parameters? {
        let parts = (cookie ?? "").split(separator: ".")
        guard parts.count == 3, meetingNumber(String(parts[0])) == meeting.number, let token = meeting.token,
            let octets = Base64URL.decode(parts[1])
        else { return nil }
        let text = String(decoding: octets, as: UTF8.self)
        guard KeyedHash.matches(String(parts[2]), "join \(text)", key: token) else { return nil }
        return Parameters(parsing: text)
    }

    /// Where the caller wants participants to go: as the join said, else as the create did.
    private func logoutURL(_ query: Parameters, _ past: PastMeeting) -> String? {
        var url = past.meeting.logoutURL
        if let given = query["logout"], let token = past.meeting.token,
            KeyedHash.matches(query["sign"] ?? "", "logout \(given)", key: token)
        {
            url = given
        }
        guard var url, JoinRequest.Delivery.isWebAddress(url) else { return nil }
        for (placeholder, value) in [
            ("%%MEETINGID%%", past.meeting.key.meetingID.rawValue), ("%%USERID%%", query["user"] ?? ""),
            ("%%USERNAME%%", query["name"] ?? ""),
        ] {
            url = url.split(separator: placeholder, omittingEmptySubsequences: false)
                .joined(separator: FormCoding.encode(value))
        }
        // Servers before 2.7 tell errors of a join to this address.
        guard let errors = query["errors"] else { return url }
        return JoinRequest.Delivery.adding("errors=\(FormCoding.encode(errors))", to: url)
    }
}
