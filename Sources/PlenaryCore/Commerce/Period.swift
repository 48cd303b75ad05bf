package import BigBlueButton

package enum PeriodUnit: String, Sendable, Hashable, CaseIterable { case day, week, month, year }

/// A time by the calendar, such as one month; always in UTC. None is a count of 0.
package struct Period: Sendable, Hashable, CustomStringConvertible {
    package let count: Int
    package let unit: PeriodUnit

    package static let most = 1_000
    package static let zero = Period(unchecked: 0, .day)
    package static let month = Period(unchecked: 1, .month)

    private init(unchecked count: Int, _ unit: PeriodUnit) {
        self.count = count
        self.unit = unit
    }

    /// - Returns: `nil` when `count` is not 0 to ``most``.
    package init?(_ count: Int, _ unit: PeriodUnit) {
        guard (0...Self.most).contains(count) else { return nil }
        self.init(unchecked: count, unit)
    }

    package var isNone: Bool { count == 0 }
    package var description: String { "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")" }
}

extension WireTime {
    /// The same time of day, so many periods later. A month that has not that day gives its last one: 31 January and a month
    /// is 28 February.
    ///
    /// - Parameters:
    ///   - times: 1 to ``Period/most``.
    ///   - anchor: the day of the month on which the first of a row of periods began. An end that was moved to the last day of
    ///     a short month goes back to it, so that monthly periods do not creep towards the 28th.
    /// - Returns: `nil` beyond the year 9999, where no time is reckoned.
    package func adding(_ period: Period, times: Int = 1, anchor: Int? = nil) -> WireTime? {
        guard (1...Period.most).contains(times) else { return nil }
        let count = period.count * times
        let date = CivilDate(self)
        let start: WireTime
        switch period.unit {
        case .day, .week:
            let days = Int64(count * (period.unit == .week ? 7 : 1))
            start = WireTime(milliseconds: date.start.milliseconds + days * CivilDate.millisecondsADay)
        case .month, .year:
            let months = date.year * 12 + date.month - 1 + count * (period.unit == .year ? 12 : 1)
            let (year, month) = (months / 12, months % 12 + 1)
            // Only an end that was moved: a day that somebody chose stays.
            let wanted = date.isLastOfMonth ? max(anchor ?? date.day, date.day) : date.day
            guard
                let moved = CivilDate(year: year, month: month, day: min(wanted, CivilDate.days(in: month, of: year)))
            else { return nil }
            start = moved.start
        }
        let later = WireTime(milliseconds: start.milliseconds + milliseconds - date.start.milliseconds)
        return later.milliseconds <= CivilDate.lastMillisecond ? later : nil
    }
}
