internal import BigBlueButton

/// How a meeting is told (`bbb-api.md` 5.1.3, 5.5).
extension SimulatedMeeting {
    var dialNumber: String { parameters.nonEmpty("dialNumber") ?? "613-555-1234" }

    /// The answer to `create`, also to a repeated one.
    func created(key: MessageKey? = nil, message: String = "") -> [UInt8] {
        XMLWriter.response(.success) {
            $0.element("meetingID", id.rawValue)
            $0.element("internalMeetingID", internalID.rawValue)
            $0.element("parentMeetingID", parentID?.rawValue ?? "bbb-none")
            $0.element("attendeePW", attendeePW)
            $0.element("moderatorPW", moderatorPW)
            $0.element("createTime", createTime.description)
            $0.element("voiceBridge", voiceBridge)
            $0.element("dialNumber", dialNumber)
            $0.element("createDate", createTime.javaDate)
            $0.element("hasUserJoined", hasUserJoined)
            $0.element("duration", duration)
            $0.element("hasBeenForciblyEnded", false)
            $0.element("messageKey", key?.rawValue ?? "")
            $0.element("message", message)
        }
    }

    /// The children of `<meeting>`, from `meetingName` to `breakoutRooms`.
    ///
    /// - Parameter groupingDigits: `getMeetings` writes 1000 as `1,000` (`bbb-api.md` 1.3).
    func describe(into xml: inout XMLWriter, groupingDigits: Bool) {
        func count(_ number: Int) -> String { groupingDigits ? number.grouped : String(number) }
        xml.element("meetingName", name)
        xml.element("meetingID", id.rawValue)
        xml.element("internalMeetingID", internalID.rawValue)
        xml.element("createTime", createTime.description)
        xml.element("createDate", createTime.javaDate)
        xml.element("voiceBridge", voiceBridge)
        xml.element("dialNumber", dialNumber)
        xml.element("attendeePW", attendeePW)
        xml.element("moderatorPW", moderatorPW)
        xml.element("running", isRunning)
        xml.element("duration", duration)
        xml.element("hasUserJoined", hasUserJoined)
        xml.element("recording", isRecorded)
        xml.element("hasBeenForciblyEnded", false)
        xml.element("startTime", createTime.description)
        xml.element("endTime", endTime?.description ?? "0")
        xml.element("participantCount", count(participants.count))
        xml.element("listenerCount", count(listenerCount))
        xml.element("voiceParticipantCount", count(voiceParticipantCount))
        xml.element("videoCount", count(videoCount))
        xml.element("maxUsers", maxParticipants)
        xml.element("moderatorCount", count(moderatorCount))
        xml.element("attendees") { describeAttendees(into: &$0) }
        xml.element("metadata") { for item in metadata { $0.element(item.name, item.value) } }
        xml.element("isBreakout", parentID != nil)
        if let parentID {
            xml.element("parentMeetingID", parentID.rawValue)
            xml.element("sequence", count(integer("sequence") ?? 0))
            xml.element("freeJoin", isTrue("freeJoin"))
        }
        if !breakouts.isEmpty {
            xml.element("breakoutRooms") { for breakout in breakouts { $0.element("breakout", breakout.rawValue) } }
        }
    }

    private func describeAttendees(into xml: inout XMLWriter) {
        let presenter = participants.first { $0.role == .moderator }?.id
        for participant in participants {
            xml.element("attendee") {
                $0.element("userID", participant.userID)
                $0.element("fullName", participant.fullName)
                $0.element("role", participant.role.rawValue)
                $0.element("isPresenter", participant.id == presenter)
                $0.element("isListeningOnly", participant.isListeningOnly)
                $0.element("hasJoinedVoice", participant.hasVoice)
                $0.element("hasVideo", participant.hasVideo)
                $0.element("clientType", "HTML5")
                $0.element("customdata") {
                    for item in customData[participant.userID] ?? [] { $0.element(item.name, item.value) }
                }
            }
        }
    }
}

extension Int {
    /// With a comma between thousands, as Freemarker prints numbers in English.
    fileprivate var grouped: String {
        let digits = Array(String(self))
        return digits.indices.reduce(into: "") { result, index in
            if index > 0, (digits.count - index) % 3 == 0 { result += "," }
            result.append(digits[index])
        }
    }
}

extension WireTime {
    /// `Mon Jul 09 17:03:29 UTC 2018`, as Java prints a date.
    var javaDate: String {
        let seconds = milliseconds / 1_000
        let days = seconds / 86_400
        // Days to year, month and day: H. Hinnant, "chrono-compatible low-level date algorithms"; for times since 1970.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = "\(two(seconds / 3_600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return "\(weekdays[Int(days % 7)]) \(names[Int(month) - 1]) \(two(day)) \(clock) UTC \(year)"
    }
}
