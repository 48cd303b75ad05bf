internal import BigBlueButton
internal import PlenaryCore

/// What is known of a meeting without asking its server: what it said of itself, as a `<meeting>` element.
struct KnownMeeting: Sendable {
    let meeting: MeetingSnapshot
    let element: ArraySlice<UInt8>

    /// What stands between `<meeting>` and `</meeting>`.
    var content: ArraySlice<UInt8> {
        let start = (element.firstIndex(of: UInt8(ascii: ">")) ?? element.startIndex) + 1
        return element[start..<(element.lastIndex(of: UInt8(ascii: "<")) ?? element.endIndex)]
    }

    static func all(in list: MeetingsReply) -> [KnownMeeting] {
        list.entries.map { KnownMeeting(meeting: $0.meeting, element: list.octets[$0.range]) }
    }

    /// A meeting that was created and that no list has shown yet: empty, as its server's answer to the create describes it.
    ///
    /// - Parameter parameters: of the create call.
    init?(_ created: Reply, name: String, parameters: Parameters) {
        var writer = XMLWriter()
        writer.element("meeting") { writer in
            func copy(_ names: String...) {
                for name in names { writer.element(name, created.root.text(of: name) ?? "") }
            }
            writer.element("meetingName", name)
            copy(
                "meetingID", "internalMeetingID", "createTime", "createDate", "voiceBridge", "dialNumber", "attendeePW",
                "moderatorPW")
            writer.element("running", false)
            copy("duration", "hasUserJoined")
            writer.element("recording", parameters["record"]?.lowercased() == "true")
            copy("hasBeenForciblyEnded")
            writer.element("startTime", created.root.text(of: "createTime") ?? "0")
            for count in ["endTime", "participantCount", "listenerCount", "voiceParticipantCount", "videoCount"] {
                writer.element(count, 0)
            }
            writer.element("maxUsers", parameters["maxParticipants"].flatMap { Int($0) } ?? 0)
            writer.element("moderatorCount", 0)
            writer.empty("attendees")
            writer.element("metadata") { writer in
                for (name, value) in Self.metadata(parameters) { writer.element(name, value) }
            }
            writer.element("isBreakout", parameters["isBreakout"]?.lowercased() == "true")
        }
        // It was written a line above: what cannot be read is no meeting.
        guard let element = try? XMLReader.read(writer.octets), let meeting = MeetingSnapshot(element) else {
            return nil
        }
        self.meeting = meeting
        self.element = writer.octets[...]
    }

    private init(meeting: MeetingSnapshot, element: ArraySlice<UInt8>) {
        self.meeting = meeting
        self.element = element
    }

    /// Names as BigBlueButton takes them: letters, digits and hyphens, in lower case (`bbb-api.md` 5.1.2).
    private static func metadata(_ parameters: Parameters) -> [(String, String)] {
        parameters.all.compactMap { parameter in
            guard parameter.name.hasPrefix("meta_") else { return nil }
            let name = parameter.name.dropFirst("meta_".count)
            let isPlain = name.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D
            }
            guard isPlain, let first = name.utf8.first, (0x61...0x7A).contains(first | 0x20) else { return nil }
            return (name.lowercased(), parameter.value)
        }
    }
}

extension Fleet {
    /// What a server last said of its meetings, with those that were created since; `nil` when that is too long ago.
    func lastKnownMeetings(on server: Server) -> [KnownMeeting]? {
        let view = withState { $0.view(of: server.id) }
        let now = time.uptime()
        let created = view.created.values.filter { now - $0.at < settings.lastKnownAge }.map(\.meeting)
        guard let list = view.meetings, now - view.meetingsAt < settings.lastKnownAge else {
            return created.isEmpty ? nil : created
        }
        let listed = Set(list.entries.map(\.meeting.meetingID))
        return KnownMeeting.all(in: list) + created.filter { !listed.contains($0.meeting.meetingID) }
    }

    /// Remembers a meeting until a list of its server shows it.
    func remember(_ created: Reply, name: String, parameters: Parameters, on server: ServerID) {
        guard let known = KnownMeeting(created, name: name, parameters: parameters) else { return }
        let now = time.uptime()
        withState { state in
            state.withView(of: server) { view in
                view.created = view.created.filter { now - $0.value.at < settings.lastKnownAge }
                view.created[known.meeting.meetingID] = (known, now)
            }
        }
    }
}
