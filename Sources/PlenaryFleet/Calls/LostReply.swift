internal import BigBlueButton

extension CreateReply {
    /// The answer to a create whose own answer was lost, from the server's description of the meeting.
    static func octets(from info: Reply) -> [UInt8] {
        XMLWriter.response(.success) { writer in
            func copy(_ name: String, else absent: String? = nil) {
                if let text = info.root.text(of: name) ?? absent { writer.element(name, text) }
            }
            for name in ["meetingID", "internalMeetingID"] { copy(name) }
            copy("parentMeetingID", else: "bbb-none")
            for name in [
                "attendeePW", "moderatorPW", "createTime", "voiceBridge", "dialNumber", "createDate", "hasUserJoined",
                "duration", "hasBeenForciblyEnded",
            ] { copy(name) }
            writer.element("messageKey", "")
            writer.element("message", "")
        }
    }
}
