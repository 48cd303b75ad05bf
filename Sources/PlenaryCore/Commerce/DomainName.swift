/// Names of hosts, and what is built from them. All want lower case.
package enum DomainName {
    /// One part of a name: 1 to 63 letters, digits and hyphens, no hyphen at an end.
    package static func isLabel(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.utf8.allSatisfy { isLowerCase($0) || $0 == hyphen }
            && text.utf8.first != hyphen && text.utf8.last != hyphen
    }

    /// A full name with a dot in it; the last part is no number, as an address would have it.
    package static func isHost(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard labels.count > 1, text.utf8.count <= 253, let last = labels.last else { return false }
        return labels.allSatisfy { isLabel($0) } && !last.utf8.allSatisfy { isDigit($0) }
    }

    /// `https://host` with or without a port: what a browser sends as `Origin`.
    package static func isOrigin(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            let parts = text.dropFirst(scheme.count).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false
            ).map(String.init)
            guard let host = parts.first, isHost(host) || host == "localhost" else { return false }
            guard parts.count == 2 else { return true }
            return parts[1].utf8.allSatisfy { isDigit($0) }
                && (Int(parts[1]).map { (1...65_535).contains($0) } ?? false)
        }
        return false
    }

    /// An e-mail address as mail systems use it: no quotes, no comments.
    package static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, text.utf8.count <= 254, (1...64).contains(parts[0].utf8.count), isHost(parts[1])
        else { return false }
        let dots = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        return dots.allSatisfy { !$0.isEmpty }
            && parts[0].utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: ".") || special.contains($0) }
    }

    /// The part of a default subdomain that comes from a name: `nordschule` from `Nordschule`.
    ///
    /// - Returns: at most 50 characters; `nil` when nothing of the name can be written so.
    package static func label(from name: String) -> String? {
        var label = ""
        for character in name.lowercased() {
            if let letters = spelled[character] {
                label += letters
            } else if character.utf8.count == 1, let octet = character.utf8.first, isLowerCase(octet) {
                label.append(character)
            } else if !label.isEmpty, label.last != "-" {
                label += "-"
            }
        }
        label = String(label.prefix(50))
        while label.last == "-" { label.removeLast() }
        return label.isEmpty ? nil : label
    }

    static func isPlain(_ octet: UInt8) -> Bool {
        isLowerCase(octet) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet)
    }

    private static func isLowerCase(_ octet: UInt8) -> Bool {
        isDigit(octet) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

    private static let hyphen = UInt8(ascii: "-")
    /// Of RFC 5322, what stands in an address without quotes.
    private static let special = Array("!#$%&'*+-/=?^_`{|}~".utf8)
    /// Letters of western names as their owners write them without accents.
    private static let spelled: [Character: String] = [
        "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "à": "a", "á": "a", "â": "a",
        "ã": "a", "ç": "c", "è": "e", "é": "e", "ê": "e", "ë": "e", "ì": "i", "í": "i", "î": "i", "ï": "i", "ñ": "n",
        "ò": "o", "ó": "o", "ô": "o", "õ": "o", "ù": "u", "ú": "u", "û": "u", "ł": "l", "ś": "s", "š": "s", "ž": "z",
    ]
}
