package import BigBlueButton

/// A day of the calendar in UTC, of the years 1970 to 9999.
package struct CivilDate: Sendable, Hashable {
    package let year: Int
    package let month: Int
    package let day: Int

    /// - Returns: `nil` when there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard (1_970...9_999).contains(year), (1...12).contains(month),
            (1...Self.days(in: month, of: year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day on which a time falls; what lies outside of the years is taken for the nearest day in them.
    package init(_ time: WireTime) {
        // Days are counted from 1 March of the year 0: the leap day is the last one of its year then.
        let days = Int(min(max(time.milliseconds, 0), Self.lastMillisecond) / Self.millisecondsADay) + Self.offset
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * march + 2) / 5 + 1
        month = march < 10 ? march + 3 : march - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// 00:00:00 of it.
    package var start: WireTime {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return WireTime(milliseconds: Int64(era * 146_097 + dayOfEra - Self.offset) * Self.millisecondsADay)
    }

    package var isLastOfMonth: Bool { day == Self.days(in: month, of: year) }

    /// - Parameter month: 1 to 12.
    package static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    static let millisecondsADay: Int64 = 86_400_000
    /// 9999-12-31T23:59:59.999Z, as in `WireTime.init(text:)`.
    static let lastMillisecond: Int64 = 253_402_300_799_999
    /// Days from 0000-03-01 to 1970-01-01.
    private static let offset = 719_468
}

extension WireTime {
    /// 00:00:00 UTC of its day.
    package var startOfDay: WireTime { CivilDate(self).start }

    /// As the API writes it (`rooms-api.md` 2.4): `2026-03-01T09:00:00Z`, whole seconds.
    package var timestamp: String {
        let date = CivilDate(self)
        let seconds = max(0, Int((min(milliseconds, CivilDate.lastMillisecond) - date.start.milliseconds) / 1_000))
        return "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))"
            + "T\(Self.padded(seconds / 3_600, 2)):\(Self.padded(seconds / 60 % 60, 2)):\(Self.padded(seconds % 60, 2))Z"
    }

    /// Reads RFC 3339 with an offset, or a date alone, which is 00:00:00 UTC of that day; fractions are cut off
    /// (`rooms-api.md` 2.4).
    ///
    /// - Returns: `nil` when it is neither, or not of the years 1970 to 9999 in UTC.
    package init?(timestamp text: String) {
        let octets = Array(text.utf8)
        guard octets.count >= 10, octets[4] == UInt8(ascii: "-"), octets[7] == UInt8(ascii: "-"),
            let year = Self.number(octets[0..<4]), let month = Self.number(octets[5..<7]),
            let day = Self.number(octets[8..<10]), let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        if octets.count == 10 {
            self = date.start
            return
        }
        guard octets.count >= 20, octets[10] | 0x20 == UInt8(ascii: "t"), octets[13] == UInt8(ascii: ":"),
            octets[16] == UInt8(ascii: ":"), let hour = Self.number(octets[11..<13]), hour < 24,
            let minute = Self.number(octets[14..<16]), minute < 60, let second = Self.number(octets[17..<19]),
            second < 60
        else { return nil }
        var rest = octets[19...]
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = rest.prefix(while: Self.isDigit)
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(fraction.count)
        }
        guard let offset = Self.offsetInMinutes(Array(rest)) else { return nil }
        let milliseconds = date.start.milliseconds + Int64((hour * 60 + minute - offset) * 60 + second) * 1_000
        guard (0...CivilDate.lastMillisecond).contains(milliseconds) else { return nil }
        self.init(milliseconds: milliseconds)
    }

    private static func offsetInMinutes(_ octets: [UInt8]) -> Int? {
        if octets.count == 1, octets[0] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard octets.count == 6, octets[3] == UInt8(ascii: ":"), let hours = number(octets[1..<3]), hours < 24,
            let minutes = number(octets[4..<6]), minutes < 60
        else { return nil }
        switch octets[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
