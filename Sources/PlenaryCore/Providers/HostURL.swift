package import BigBlueButton

/// Where a provider is (`rooms-api.md` 6.3): what was typed, and the address of its API that this means.
package struct HostURL: Sendable, Hashable {
    /// `host_url`, without blanks around it.
    package let given: String
    /// `api_url`: ends in `/bigbluebutton/api`.
    package let api: APIURL

    package enum Fault: Error, Sendable, Hashable {
        /// `provider_tls_required`
        case tlsRequired
        /// `invalid_host_url`, with the rule that it breaks.
        case invalid(String)
    }

    /// Octets. Longer than any real one.
    package static let longest = 2_048

    package init(_ text: String) throws(Fault) {
        let given = Self.trimmed(text)
        let octets = Array(given.utf8)
        guard octets.count <= Self.longest else { throw .invalid("It has at most \(Self.longest) octets.") }
        guard let colon = octets.firstIndex(of: UInt8(ascii: ":")), octets[colon...].starts(with: "://".utf8),
            colon > 0
        else { throw .invalid("It is an absolute URL such as https://scalelite.example.com.") }
        let scheme = String(decoding: octets[..<colon], as: UTF8.self).lowercased()
        guard scheme == "https" else { throw .tlsRequired }
        let rest = octets[(colon + 3)...]
        guard !rest.contains(UInt8(ascii: "?")), !rest.contains(UInt8(ascii: "#")) else {
            throw .invalid("It has no query and no fragment.")
        }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") }
        guard !authority.contains(UInt8(ascii: "@")) else { throw .invalid("It has no user name and no password.") }
        let root = try Self.root(authority)
        let path = try Self.path(rest.dropFirst(authority.count))
        guard let api = APIURL("\(root)/\(path)") else { throw .invalid("It is an address that can be called.") }
        self.given = given
        self.api = api
    }

    /// The host of the API, as names are looked up: in lower case, an IPv6 address without brackets.
    package var host: String { api.host }

    package var port: Int { api.authorityWithPort.split(separator: ":").last.flatMap { Int($0) } ?? 443 }

    // MARK: parts

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let begin = scalars.drop { $0.properties.isWhitespace }
        var end = Array(begin)
        while let last = end.last, last.properties.isWhitespace { end.removeLast() }
        var trimmed = ""
        trimmed.unicodeScalars.append(contentsOf: end)
        return trimmed
    }

    /// Scheme, host and port, with nothing left to read in two ways.
    private static func root(_ authority: ArraySlice<UInt8>) throws(Fault) -> String {
        let noHost = Fault.invalid("Its host is a name, or an IP address, with or without a port.")
        let hostEnd: Int? =
            authority.first == UInt8(ascii: "[")
            ? authority.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 }
            : authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        guard let hostEnd, hostEnd > authority.startIndex,
            let host = Punycode.asciiHost(String(decoding: authority[..<hostEnd], as: UTF8.self))
        else { throw noHost }
        let port = String(decoding: authority[hostEnd...], as: UTF8.self)
        do throws(OutboundRefusal) {
            // Judges labels, numbers that look like addresses, and ports; where it leads is judged when it is called.
            let target = try OutboundURL("https://\(host)\(port)", allowPrivate: true, allowHTTP: false)
            let name = target.literal?.description ?? target.host
            let written = name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]" : name
            return "https://\(written)\(target.port == 443 ? "" : ":\(target.port)")"
        } catch {
            throw error == .badPort ? Fault.invalid("Its port is 443, 80, or from 1024 to 65535.") : noHost
        }
    }

    /// The path of the API, without a slash at its begin.
    private static func path(_ octets: ArraySlice<UInt8>) throws(Fault) -> String {
        var segments: [String] = []
        for part in octets.split(separator: UInt8(ascii: "/")) {
            guard isOfPath(Array(part)) else { throw .invalid("Its path has only what a URL may have.") }
            let segment = String(decoding: part, as: UTF8.self)
            guard !isDots(segment) else { throw .invalid("Its path has no . and no .. in it.") }
            segments.append(segment)
        }
        let end = ["bigbluebutton", "api"]
        for index in segments.indices.dropLast() where Array(segments[index...(index + 1)]) == end {
            guard index + 2 == segments.count else { throw .invalid("Nothing follows /bigbluebutton/api.") }
            return segments.joined(separator: "/")
        }
        if segments.last == "bigbluebutton" { return (segments + ["api"]).joined(separator: "/") }
        return (segments + end).joined(separator: "/")
    }

    private static func isDots(_ segment: String) -> Bool {
        var plain = ""
        var rest = Substring(segment)
        while !rest.isEmpty {
            if rest.lowercased().hasPrefix("%2e") {
                plain += "."
                rest = rest.dropFirst(3)
            } else {
                plain.append(rest.removeFirst())
            }
        }
        return plain == "." || plain == ".."
    }

    /// Unreserved characters, delimiters and whole escapes (RFC 3986 3.3); no `@`, which looks like a user.
    private static func isOfPath(_ octets: [UInt8]) -> Bool {
        var index = 0
        while index < octets.count {
            switch octets[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                index += 1
            case UInt8(ascii: "%"):
                guard index + 2 < octets.count, isHex(octets[index + 1]), isHex(octets[index + 2]) else {
                    return false
                }
                index += 3
            case let octet where "-._~!$&'()*+,;=:".utf8.contains(octet): index += 1
            default: return false
            }
        }
        return true
    }

    private static func isHex(_ octet: UInt8) -> Bool { Character(Unicode.Scalar(octet)).isHexDigit }
}

extension JSONKind where Value == HostURL {
    /// `host_url`; what is wrong with it has codes of its own.
    package static var hostURL: JSONKind {
        JSONKind { json, place in
            guard let text = json.text else { return .wrong(place, .invalidType, "It is a text.") }
            let url: HostURL
            do throws(HostURL.Fault) { url = try HostURL(text) } catch {
                switch error {
                case .tlsRequired: return .wrong(place, .providerTLSRequired, "It begins with https://.")
                case .invalid(let rule): return .wrong(place, .invalidHostURL, rule)
                }
            }
            return .value(url)
        }
    }
}
