internal import BigBlueButton
internal import PlenaryCore

/// When a room is open, for the visitor's calendar: iCalendar (RFC 5545).
enum RoomCalendar {
    static let type = "text/calendar; charset=utf-8"

    /// - Parameters:
    ///   - url: of the room, without a token: calendars are shared, and who has the token has its rights.
    ///   - opensAt: for this visitor.
    ///   - closesAt: `nil`: no end is known.
    static func text(
        roomID: String, name: String, description: String?, url: String, opensAt: WireTime, closesAt: WireTime?,
        now: WireTime
    ) -> String {
        var lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Plenary//Rooms//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
            // The same opening again takes the place of the one before.
            "BEGIN:VEVENT", "UID:\(escaped(roomID))-\(compact(opensAt))@plenary", "DTSTAMP:\(compact(now))",
            "DTSTART:\(compact(opensAt))",
        ]
        if let closesAt, closesAt > opensAt { lines.append("DTEND:\(compact(closesAt))") }
        lines.append("SUMMARY:\(escaped(name))")
        if let description, !description.isEmpty { lines.append("DESCRIPTION:\(escaped(description))") }
        // An address is no text: nothing in it is escaped. What could end the line is not in it.
        let address = String(String.UnicodeScalarView(url.unicodeScalars.filter { $0.value > 0x20 && $0.value < 0x7F }))
        lines += ["URL:\(address)", "END:VEVENT", "END:VCALENDAR"]
        return lines.map { folded($0) + "\r\n" }.joined()
    }

    /// `20260301T090000Z`.
    private static func compact(_ time: WireTime) -> String {
        String(time.timestamp.filter { $0 != "-" && $0 != ":" })
    }

    /// 3.3.11: by scalars; a line break is `\n`, other control characters are left out.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var last: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ";", ",":
                result.append("\\")
                result.append(scalar)
            case "\n" where last == "\r": break
            case "\n", "\r": result.append(contentsOf: "\\n".unicodeScalars)
            default:
                if scalar.properties.generalCategory != .control || scalar == "\t" { result.append(scalar) }
            }
            last = scalar
        }
        return String(result)
    }

    /// 3.1: at most 75 octets a line, without the break, which falls between scalars.
    static func folded(_ line: String) -> String {
        var result = String.UnicodeScalarView()
        var octets = 0
        for scalar in line.unicodeScalars {
            let size = UTF8.width(scalar)
            if octets + size > 75 {
                result.append(contentsOf: "\r\n ".unicodeScalars)
                octets = 1
            }
            result.append(scalar)
            octets += size
        }
        return String(result)
    }
}
