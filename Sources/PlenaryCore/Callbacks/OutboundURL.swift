/// A URL that a caller gave and that we may call: a callback, a webhook, an analytics receiver (RELIABILITY 2.3).
///
/// That it exists says that its text holds no trick. Where its name leads is another question: resolve it once, put
/// every address before ``judge(_:allowPrivate:)``, connect to one of the addresses that come back without resolving
/// again, and follow no redirect.
package struct OutboundURL: Sendable, Hashable {
    /// As given, without the fragment. It may hold what only the caller should know: it never goes into a log.
    package let text: String
    package let isSecure: Bool
    /// In lower case, without a dot at its end; an IPv6 address without its brackets.
    package let host: String
    /// That of the scheme where the URL names none.
    package let port: Int
    /// The host where it is an address; there is nothing to resolve then.
    package let literal: IPAddress?

    package var scheme: String { isSecure ? "https" : "http" }

    /// The same URL with nothing left to read in two ways: `scheme` and `host` as they are here, the port where it is
    /// not that of the scheme. What connects is given this one. A client that is told by host name which address to
    /// take would not know the name again in `text` (`LMS.example.org.`), and would resolve it once more.
    package var canonical: String {
        let authority = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        let isUsualPort = port == (isSecure ? 443 : 80)
        let rest = text.utf8.dropFirst(scheme.utf8.count + 3).drop {
            $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?")
        }
        return "\(scheme)://\(authority)\(isUsualPort ? "" : ":\(port)")\(String(decoding: rest, as: UTF8.self))"
    }

    /// Who is called: host and port, also where the port is the usual one. URLs that lead to one receiver have the same,
    /// however they are written.
    package var receiver: String {
        let host = literal?.description ?? host
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The same of a text as a caller gave it; empty when it is no URL that is ever called.
    package static func receiver(of text: String) -> String {
        // Why it is refused is told when it should be sent: nobody is kept waiting by that.
        (try? OutboundURL(text, allowPrivate: true, allowHTTP: true))?.receiver ?? ""
    }

    /// Octets. Longer than any real one.
    package static let longest = 2_048

    /// - Parameters:
    ///   - allowPrivate: whether it may lead into the operator's own networks.
    ///   - allowHTTP: whether it may go without TLS.
    package init(_ given: String, allowPrivate: Bool, allowHTTP: Bool) throws(OutboundRefusal) {
        guard given.utf8.count <= Self.longest else { throw .tooLong }
        guard !given.unicodeScalars.contains(where: Self.isUnprintable) else { throw .unprintable }
        let octets = Array(given.utf8.prefix { $0 != UInt8(ascii: "#") })

        guard let colon = octets.firstIndex(of: UInt8(ascii: ":")), octets[colon...].starts(with: "://".utf8) else {
            throw .notHTTP
        }
        switch String(decoding: octets[..<colon], as: UTF8.self).lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw .notHTTP
        }
        guard isSecure || allowHTTP else { throw .httpNotAllowed }

        let authority = octets[(colon + 3)...].prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard !authority.contains(UInt8(ascii: "@")) else { throw .credentials }
        let afterHost: ArraySlice<UInt8>
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { throw .badHost }
            host = String(decoding: authority[..<end].dropFirst(), as: UTF8.self).lowercased()
            guard let address = IPAddress(host), case .v6 = address else { throw .badHost }
            literal = address
            afterHost = authority[end...].dropFirst()
            guard afterHost.isEmpty || afterHost.first == UInt8(ascii: ":") else { throw .badHost }
        } else {
            let end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
            let named = try Self.host(authority[..<end])
            host = named.text
            literal = named.literal
            afterHost = authority[end...]
        }
        port = try afterHost.isEmpty ? (isSecure ? 443 : 80) : Self.port(afterHost.dropFirst())
        text = String(decoding: octets, as: UTF8.self)

        // Other names may lead to a private address as well: those are judged once they are resolved.
        let isThisMachine = host == "localhost" || host.hasSuffix(".localhost")
        guard allowPrivate || !isThisMachine, literal?.isAllowed(allowPrivate: allowPrivate) ?? true else {
            throw .privateAddress
        }
    }

    /// Picks the addresses to connect to. One bad address among good ones is how a name is made to pass a check first and
    /// to lead inside later: it spoils them all.
    ///
    /// - Parameter addresses: all that the name resolves to, in the resolver's order; none may be left out.
    /// - Returns: all of them in that order, or none when any of them may not be called.
    package static func judge(_ addresses: [IPAddress], allowPrivate: Bool) -> [IPAddress] {
        addresses.allSatisfy { $0.isAllowed(allowPrivate: allowPrivate) } ? addresses.map(\.unmapped) : []
    }

    // MARK: parts

    /// What no URL holds, what nobody sees, and the backslash, which some parsers read as a slash.
    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value <= 0x20 || scalar.value == 0x7F || scalar == "\\" }
        let category = scalar.properties.generalCategory
        return category == .control || category == .format || scalar.properties.isWhitespace
    }

    private static func host(
        _ octets: ArraySlice<UInt8>
    ) throws(OutboundRefusal) -> (text: String, literal: IPAddress?) {
        guard octets.allSatisfy({ $0 < 0x80 }) else { throw .badHost }
        var name = String(decoding: octets, as: UTF8.self).lowercased()
        if let address = IPAddress(name) { return (name, address) }
        if name.hasSuffix(".") { name.removeLast() }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy({ isLabel(Array($0)) }), let last = labels.last,
            !isNumber(Array(last))
        else { throw .badHost }
        return (name, nil)
    }

    /// Letters, digits, hyphens, and underscores, which names inside of networks do have.
    private static func isLabel(_ label: [UInt8]) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard (1...63).contains(label.count), label.first != hyphen, label.last != hyphen else { return false }
        return label.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), hyphen: true
            default: isDigit(octet)
            }
        }
    }

    /// Whether a name that ends so is an address to `inet_aton` or to a browser, which read decimal, octal and
    /// hexadecimal numbers in one to four parts. No top-level domain is a number, so nothing is lost.
    private static func isNumber(_ label: [UInt8]) -> Bool {
        guard label.starts(with: "0x".utf8) else { return label.allSatisfy(isDigit) }
        return label.dropFirst(2).allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

    /// The ports of the web, and those that need no privilege to listen at; never those of mail, name or remote shell
    /// servers.
    private static func port(_ digits: ArraySlice<UInt8>) throws(OutboundRefusal) -> Int {
        guard (1...5).contains(digits.count), digits.allSatisfy(isDigit), digits.first != UInt8(ascii: "0") else {
            throw .badPort
        }
        let port = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard port == 80 || port == 443 || (1_024...65_535).contains(port) else { throw .badPort }
        return port
    }
}

extension OutboundURL: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(scheme) URL" }
    package var customMirror: Mirror { Mirror(self, children: ["scheme": scheme]) }
}

/// Why a URL that a caller gave is not called.
package enum OutboundRefusal: Error, Sendable, Hashable, CaseIterable {
    case tooLong
    case unprintable
    case notHTTP
    case httpNotAllowed
    case credentials
    case badHost
    case badPort
    case privateAddress

    /// For the caller and for logs: the rule, nothing of the URL.
    package var words: String {
        switch self {
        case .tooLong: "the URL is longer than \(OutboundURL.longest) octets"
        case .unprintable: "the URL has a space, a backslash, or a character that cannot be seen"
        case .notHTTP: "the URL is not an absolute http or https URL"
        case .httpNotAllowed: "the URL is http, and only https is allowed"
        case .credentials: "the URL has a user name or password before its host"
        case .badHost: "the host of the URL is neither a name of letters, digits and hyphens nor a plain IP address"
        case .badPort: "the port of the URL is not 80, 443 or from 1024 to 65535"
        case .privateAddress: "the URL leads to an address that must not be called from here"
        }
    }
}
