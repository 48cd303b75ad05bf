internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `getMeetingEvents` (`balancer.md` 6): what was held, the newest first, with who came and what the create said.
    func getMeetingEvents(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let query = try MeetingEventsQuery(call.signedParameters)
        let events: [MeetingEvent]
        do {
            // What waits to be written belongs to it.
            await flushJoins()
            events = try await store.meetingEvents(of: account.id, query)
        } catch {
            FleetLog.failure("looking for past meetings", error)
            throw .internalError
        }
        return XMLWriter.response(.success) { writer in
            guard !events.isEmpty else { return writer.empty("events") }
            writer.element("events") { writer in
                for event in events { Self.describe(event, into: &writer) }
            }
        }
    }

    private static func describe(_ event: MeetingEvent, into writer: inout XMLWriter) {
        writer.element("event") { writer in
            writer.element("meetingID", event.meeting.key.meetingID.rawValue)
            writer.element("name", event.meeting.name)
            writer.element("createdAt", event.meeting.createdAt.milliseconds)
            if let endedAt = event.endedAt { writer.element("endedAt", endedAt.milliseconds) }
            writer.element("server") {
                $0.element("name", event.serverName)
                $0.element("url", APIURL(event.serverURL)?.root ?? event.serverURL)
            }
            if event.joins.isEmpty {
                writer.empty("users")
            } else {
                writer.element("users") { writer in
                    for join in event.joins {
                        writer.element("user") {
                            $0.element("name", join.fullName)
                            $0.element("role", join.role?.lowercased() == "moderator" ? "moderator" : "attendee")
                            $0.element("createdAt", join.joinedAt.milliseconds)
                        }
                    }
                }
            }
            writer.element("query") { writer in
                // A name that is no name of an element has no place here.
                for parameter in event.parameters.all where XMLWriter.isName(parameter.name) {
                    writer.element(parameter.name, parameter.value)
                }
            }
        }
    }
}

extension MeetingEventsQuery {
    /// Reads the filters.
    ///
    /// - Throws: `invalidParameters` for what is no date, or no number of people or results.
    init(_ parameters: Parameters) throws(Refusal) {
        self.init()
        let dates = parameters.all.filter { $0.name == "createdAt" }.map(\.value)
        var (from, until) = (dates.first, parameters["endedAt"])
        // The founding document's own example names the first filter twice and means both.
        if until == nil, dates.count > 1 { until = dates[1] }
        if from?.isEmpty == true { from = nil }
        if until?.isEmpty == true { until = nil }
        createdFrom = try from.map(Self.startOfDay)
        // On this day or before: until the next one begins.
        endedBefore = try until.map { text throws(Refusal) in try Self.startOfDay(text).advanced(by: .seconds(86_400)) }
        users = try Self.number(parameters["users"], 0...1_000_000) ?? users
        limit = min(100, try Self.number(parameters["limit"], 1...Int.max) ?? limit)
    }

    private static func number(_ text: String?, _ range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text, !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else { throw .invalidParameters }
        return number
    }

    private static func startOfDay(_ text: String) throws(Refusal) -> WireTime {
        guard let day = CalendarDay(text) else { throw .invalidParameters }
        return WireTime(milliseconds: day.daysSince1970 * 86_400_000)
    }
}

/// A day of the calendar in UTC, written `YYYY-MM-DD`.
struct CalendarDay: Hashable {
    let daysSince1970: Int64

    /// - Returns: `nil` for anything that is no such text, or no day.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]), year >= 1970,
            (1...12).contains(month), day >= 1, day <= Self.length(of: month, in: year)
        else { return nil }
        // Years are counted from March, so that the day that some have more stands at their end.
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        daysSince1970 = era * 146_097 + dayOfEra - 719_468
    }

    private static func length(of month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        default: 31
        }
    }
}
