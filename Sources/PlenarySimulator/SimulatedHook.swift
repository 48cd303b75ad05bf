internal import BigBlueButton

/// Somebody who wants to hear of events (`bbb-api.md` 11).
package struct SimulatedHook: Sendable, Hashable {
    package let id: String
    package let callbackURL: String
    /// `nil`: the events of all meetings.
    package let meetingID: String?
    /// The events that are wanted, as given, separated by commas; `nil`: all.
    package let eventID: String?
    /// Events come as the parts of a server tell each other, and are not chosen by ``eventID``.
    package let isRaw: Bool

    func wants(_ event: SimulatedEvent) -> Bool {
        if let meetingID, meetingID != event.meetingID { return false }
        guard let eventID, !isRaw else { return true }
        return eventID.lowercased().split(separator: ",").contains { $0 == event.id }
    }

    /// One event for one hook, signed over the address as it was registered and the body as it is sent (`bbb-api.md`
    /// 11.5).
    func delivery(of event: SimulatedEvent, domain: String, secret: Secret, at now: WireTime) -> SimulatedCallback {
        let told = SimulatedJSON.list([isRaw ? event.raw(at: now) : event.mapped(at: now)]).encoded
        let fields = [("domain", domain), ("event", told), ("timestamp", now.description)]
        let body = fields.map { "\($0.0)=\(FormCoding.encode($0.1, style: .java))" }.joined(separator: "&")
        let checksum = sha1Hex(callbackURL + body + secret.reveal())
        return SimulatedCallback(
            .hook, post: callbackURL.addingQuery("checksum=\(checksum)"), body: body, meetingID: event.meetingID)
    }

    /// `bbb-api.md` 11.2: the only answer with CDATA.
    func describe(into xml: inout XMLWriter) {
        xml.element("hook") {
            $0.element("hookID", id)
            $0.raw("<callbackURL>\(Self.characterData(callbackURL))</callbackURL>".utf8)
            if let meetingID { $0.raw("<meetingID>\(Self.characterData(meetingID))</meetingID>".utf8) }
            if let eventID { $0.element("eventID", eventID) }
            $0.element("permanentHook", false)
            $0.element("rawData", isRaw)
        }
    }

    /// The end mark cannot stand inside: it is spread over two sections.
    private static func characterData(_ text: String) -> String {
        "<![CDATA[\(text.replacing("]]>", with: "]]]]><![CDATA[>"))]]>"
    }
}
