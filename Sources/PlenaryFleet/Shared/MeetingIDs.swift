internal import BigBlueButton
internal import PlenaryCore

/// The ids by which servers know meetings, exchanged for the callers' own wherever a server told them. All other octets go
/// through as they came.
enum MeetingIDs {
    /// An answer to an account, in XML: elements that name meetings, and what errors say.
    static func restoring(_ document: [UInt8], of account: AccountID) -> [UInt8] {
        restoring(document, prefix(of: account)) { place in
            let before = document[..<place]
            guard let open = before.suffix(longestName).lastIndex(of: UInt8(ascii: "<")) else { return false }
            var start = open
            if document[open...].starts(with: section) {
                // The name stands in front of the section.
                guard let outer = document[..<open].suffix(longestName).lastIndex(of: UInt8(ascii: "<")) else {
                    return false
                }
                start = outer
            }
            guard let end = document[start...].firstIndex(of: UInt8(ascii: ">")), end < place else { return false }
            let name = String(decoding: document[(start + 1)..<end], as: UTF8.self).lowercased()
            let isWhole = document[place - 1] == UInt8(ascii: ">") || document[place - 1] == UInt8(ascii: "[")
            return ((name == "meetingid" || name == "breakout") && isWhole) || name == "message"
        }
    }

    /// What is told to an account in JSON: members that name meetings.
    static func restoringJSON(_ text: String, of account: AccountID) -> String {
        let document = Array(text.utf8)
        let restored = restoring(document, prefix(of: account)) { place in
            guard place > 0, document[place - 1] == UInt8(ascii: "\"") else { return false }
            let before = document[..<(place - 1)].suffix(longestName)
            guard let end = before.lastIndex(of: UInt8(ascii: "\"")),
                let open = before[..<end].lastIndex(of: UInt8(ascii: "\"")),
                before[(end + 1)...].allSatisfy({ $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: " ") })
            else { return false }
            let name = String(decoding: before[(open + 1)..<end], as: UTF8.self).lowercased()
            return name.contains("meeting") || name == "extid"
        }
        return String(decoding: restored, as: UTF8.self)
    }

    /// How far in front of an id the name of its element may begin.
    private static let longestName = 80
    private static let section = Array("<![CDATA[".utf8)

    /// What an account's ids begin with on servers. Of the default account only those do that look like somebody else's.
    private static func prefix(of account: AccountID) -> [UInt8] {
        Array((account == .default ? MeetingKey.prefix(of: account) + "a" : MeetingKey.prefix(of: account)).utf8)
    }

    private static func restoring(_ document: [UInt8], _ prefix: [UInt8], names: (Int) -> Bool) -> [UInt8] {
        guard let tilde = prefix.firstIndex(of: UInt8(ascii: "~")) else { return document }
        var result: [UInt8] = []
        var at = 0
        var from = 0
        while let hit = document.firstIndex(of: prefix, from: from) {
            from = hit + prefix.count
            guard names(hit) else { continue }
            result += document[at..<hit]
            // Up to the mark; what follows is the caller's own.
            at = hit + tilde + 1
        }
        return at == 0 ? document : result + document[at...]
    }
}
