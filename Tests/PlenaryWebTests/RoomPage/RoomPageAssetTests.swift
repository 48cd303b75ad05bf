import BigBlueButton
import Foundation
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct RoomPageAssetTests {
    @Test func `a file's name changes with its content`() {
        for asset in RoomPageAsset.all {
            let parts = asset.path.split(separator: ".")
            #expect(parts.count == 3 && parts[0] == "/assets/room")
            #expect(parts[1].utf8.count == 16 && parts[1].allSatisfy { $0.isHexDigit })
            #expect(!asset.text.isEmpty && !asset.text.contains("http:") && !asset.text.contains("https:"))
        }
        #expect(RoomPageAsset.style.path.hasSuffix(".css") && RoomPageAsset.script.path.hasSuffix(".js"))
        let names = Set(RoomPageAsset.all.map { $0.path.split(separator: ".")[1] })
        #expect(names.count == 2)
    }

    @Test func `the style knows no left and no right, and loads nothing`() {
        let style = RoomPageStyle.text
        for word in ["left", "right", "url(", "@import", "margin-top", "padding-top", " width:", " height:"] {
            #expect(!style.contains(word), "\(word)")
        }
        #expect(style.contains(":focus-visible") && style.contains("prefers-reduced-motion: no-preference"))
    }

    @Test func `the script runs nothing that is text`() {
        let script = RoomPageScript.text
        for word in ["innerHTML", "eval(", "document.write", "insertAdjacentHTML", "new Function", "setAttribute('on"] {
            #expect(!script.contains(word), "\(word)")
        }
    }

    // MARK: contrast (WCAG 2.2, 1.4.3 and 1.4.11)

    /// The colours of light and dark, by their names.
    private var schemes: [[String: String]] {
        RoomPageStyle.text.split(separator: ":root {", omittingEmptySubsequences: false).dropFirst().map { block in
            var colours: [String: String] = [:]
            for line in block.prefix(while: { $0 != "}" }).split(separator: ";") {
                let parts = line.split(separator: ":")
                guard parts.count == 2, let name = parts[0].split(separator: "--").last,
                    let colour = parts[1].split(separator: "#").last, parts[1].contains("#")
                else { continue }
                colours[String(name)] = String(colour)
            }
            return colours
        }
    }

    private func luminance(_ colour: String) throws -> Double {
        let value = try #require(Int(colour, radix: 16))
        try #require(colour.utf8.count == 6)
        let parts = [value >> 16 & 255, value >> 8 & 255, value & 255].map { part -> Double in
            let share = Double(part) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    private func contrast(_ one: String, _ other: String) throws -> Double {
        let first = try luminance(one)
        let second = try luminance(other)
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    @Test func `texts can be read in light and dark, and edges be seen`() throws {
        let schemes = schemes
        try #require(schemes.count == 2)
        let texts = [
            ("ink", "card"), ("ink", "ground"), ("faint", "card"), ("faint", "ground"), ("accent", "card"),
            ("accent", "ground"), ("danger", "card"), ("on-accent", "accent"),
        ]
        let edges = [("edge", "card"), ("edge", "ground"), ("focus", "card"), ("focus", "ground"), ("danger", "card")]
        for scheme in schemes {
            for (front, back) in texts {
                let one = try #require(scheme[front])
                let other = try #require(scheme[back])
                let ratio = try contrast(one, other)
                #expect(ratio >= 4.5, "\(front) on \(back): \(ratio)")
            }
            for (front, back) in edges {
                let one = try #require(scheme[front])
                let other = try #require(scheme[back])
                let ratio = try contrast(one, other)
                #expect(ratio >= 3, "\(front) on \(back): \(ratio)")
            }
        }
    }
}

@Suite struct RoomCalendarTests {
    private func text(name: String, description: String? = nil, closes: WireTime? = nil) -> String {
        RoomCalendar.text(
            roomID: "u6Yh3DkQ9w", name: name, description: description,
            url: "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting", opensAt: RoomPageSamples.later,
            closesAt: closes, now: RoomPageSamples.now)
    }

    @Test func `an opening is an event`() {
        let closes = RoomPageSamples.later.advanced(by: .seconds(3_600))
        let expected = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Plenary//Rooms//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
            "BEGIN:VEVENT", "UID:u6Yh3DkQ9w-20260301T100000Z@plenary", "DTSTAMP:20260301T090000Z",
            "DTSTART:20260301T100000Z", "DTEND:20260301T110000Z", "SUMMARY:Business Meeting",
            "DESCRIPTION:Weekly\\nplanning", "URL:https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting",
            "END:VEVENT", "END:VCALENDAR",
        ]
        let calendar = text(name: "Business Meeting", description: "Weekly\r\nplanning", closes: closes)
        #expect(calendar == expected.map { $0 + "\r\n" }.joined())
        #expect(!text(name: "A").contains("DTEND") && !text(name: "A").contains("DESCRIPTION"))
    }

    @Test func `what a name has of the format is escaped`() {
        #expect(RoomCalendar.escaped("a,b;c\\d\ne\rf\r\ng\u{0}") == "a\\,b\\;c\\\\d\\ne\\nf\\ng")
        let calendar = text(name: "x\r\nATTENDEE:mailto:a@example.com")
        #expect(calendar.contains("SUMMARY:x\\nATTENDEE:mailto:a@example.com\r\n"))
    }

    @Test func `no line is longer than 75 octets, and none is lost`() {
        for name in [String(repeating: "a", count: 200), String(repeating: "اجتماع 🙂 ", count: 20)] {
            let calendar = text(name: name)
            let lines = Array(calendar.utf8).split(separator: UInt8(ascii: "\n"))
            #expect(lines.allSatisfy { $0.count <= 76 && $0.last == UInt8(ascii: "\r") })
            #expect(calendar.replacing("\r\n ", with: "").contains("SUMMARY:\(name)\r\n"))
        }
    }
}
