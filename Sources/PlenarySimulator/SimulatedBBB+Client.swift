internal import BigBlueButton

/// The page that a browser shows after a join, and the question it keeps asking.
extension SimulatedBBB {
    /// The client's page. Whoever opens it enters the meeting, once for each session.
    mutating func openClient(token: String, at now: WireTime) -> SimulatedResponse {
        guard let (position, index) = find(token) else { return closedClient(token: token) }
        let session = meetings[position].sessions[index]
        if !session.isWaiting, !session.hasEntered {
            meetings[position].sessions[index].hasEntered = true
            enter(session.participant, meetingAt: position, at: now)
        }
        let meeting = meetings[position]
        let others = max(0, meeting.participants.count - 1)
        let place = "<span id=\"server\">\(name.markupEscaped)</span>"
        let situation =
            session.isWaiting
            ? "you are in front of this meeting on \(place). Please wait: a moderator lets guests in."
            : "you are in this meeting on \(place). Others who are here: \(others)."
        return Self.page(
            meeting: meeting.name, fullName: session.participant.fullName, situation: situation,
            logoutURL: logoutURL(of: session, in: meeting), hasEnded: false)
    }

    /// Of a meeting that ended; of a session that nobody knows there is nothing to show.
    private func closedClient(token: String) -> SimulatedResponse {
        guard let session = endedSessions.last(where: { $0.token == token }) else {
            return .page(
                401, title: "You are not in a meeting", text: "This session is not known, or its meeting is over.")
        }
        let place = "<span id=\"server\">\(name.markupEscaped)</span>"
        return Self.page(
            meeting: session.meetingName, fullName: session.fullName,
            situation: "you were in this meeting on \(place).", logoutURL: session.logoutURL, hasEnded: true)
    }

    /// What the page asks for: `here`, or `ended` also when nobody knows the session.
    func clientState(token: String) -> SimulatedResponse { .text(find(token) == nil ? "ended" : "here") }

    /// Where a session of a live meeting stands.
    private func find(_ token: String) -> (meeting: Int, session: Int)? {
        for position in meetings.indices {
            if let index = meetings[position].sessions.firstIndex(where: { $0.token == token }) {
                return (position, index)
            }
        }
        return nil
    }

    /// Where somebody goes when the meeting has ended: what the join said, else what `create` said, else this server
    /// (`bbb-api.md` 5.1.1, 5.3.1). An address that leads to no page counts as none.
    func logoutURL(of session: SimulatedSession, in meeting: SimulatedMeeting) -> String {
        let given = session.logoutURL ?? meeting.parameters.nonEmpty("logoutURL") ?? root
        guard given.lowercased().hasPrefix("http://") || given.lowercased().hasPrefix("https://") else { return root }
        let participant = session.participant
        return given.replacing("%%MEETINGID%%", with: FormCoding.encode(meeting.id.rawValue))
            .replacing("%%USERID%%", with: FormCoding.encode(participant.userID))
            .replacing("%%USERNAME%%", with: FormCoding.encode(participant.fullName))
    }

    /// - Parameter situation: what follows the name, as HTML.
    private static func page(meeting: String, fullName: String, situation: String, logoutURL: String, hasEnded: Bool)
        -> SimulatedResponse
    {
        let body = """
            <h1 id="meeting">\(meeting.markupEscaped)</h1>
            <div id="live"\(hasEnded ? " hidden" : "")>
            <p><span id="user">\(fullName.markupEscaped)</span>, \(situation)</p>
            </div>
            <div id="ended"\(hasEnded ? "" : " hidden")>
            <p>The meeting has ended</p>
            <button id="ok" data-url="\(logoutURL.markupEscaped)">OK</button>
            </div>
            <script>
            \(script)
            </script>
            """
        return .html(200, title: meeting, body: body)
    }

    /// Every 300 ms, whatever the answer, until the meeting has ended.
    private static let script = """
        const part = (id) => document.getElementById(id);
        part("ok").onclick = () => location.assign(part("ok").dataset.url);
        const ask = async () => {
          try {
            const answer = await fetch("/html5client/state" + location.search, { cache: "no-store" });
            if ((await answer.text()).trim() === "ended") {
              part("live").hidden = true;
              part("ended").hidden = false;
              return;
            }
          } catch {}
          setTimeout(ask, 300);
        };
        if (part("ended").hidden) ask();
        """
}
