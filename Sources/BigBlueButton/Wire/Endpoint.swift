/// Where a BigBlueButton server's API is: an absolute http or https URL that ends in `/api`, without a query.
public struct APIURL: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// Accepts what people copy: with or without `/bigbluebutton`, `/api` and a slash at the end.
    ///
    /// - Returns: `nil` when it is not an http or https URL, has no host, or carries credentials, a query or a fragment.
    public init?(_ given: String) {
        var text = given.trimmingBlanks
        guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        guard !authority.isEmpty, !authority.hasPrefix(":"),
            !text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || "?#@\\\"<>".utf8.contains($0) }),
            Self.hasPossiblePort(authority)
        else { return nil }
        let path = String(rest.dropFirst(authority.count)).split(separator: "/").joined(separator: "/")
        text = scheme + authority.lowercased()
        switch path {
        case "": text += "/bigbluebutton/api"
        case _ where path == "api" || path.hasSuffix("/api"): text += "/\(path)"
        default: text += "/\(path)/api"
        }
        self.text = text
    }

    public var description: String { text }

    private static func hasPossiblePort(_ authority: Substring) -> Bool {
        let rest = authority.hasPrefix("[") ? authority.drop { $0 != "]" }.dropFirst() : authority.drop { $0 != ":" }
        guard !rest.isEmpty else { return true }
        guard rest.first == ":", rest.dropFirst().allSatisfy(\.isNumber), let port = Int(rest.dropFirst()) else {
            return false
        }
        return (1...65_535).contains(port)
    }

    /// Host and port as they stand in the URL.
    public var authority: String {
        String(text.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" })
    }

    /// Host and port, the port of the scheme where the URL names none.
    public var authorityWithPort: String {
        let afterHost = authority.drop { $0 != "]" }
        let hasPort = (authority.hasPrefix("[") ? afterHost : authority[...]).contains(":")
        return hasPort ? authority : "\(authority):\(isSecure ? 443 : 80)"
    }

    /// The host without the port; an IPv6 address without its brackets.
    public var host: String {
        let authority = authority
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    /// Scheme, host and port: the server without the path of its API.
    public var root: String { (isSecure ? "https://" : "http://") + authority }

    public var isSecure: Bool { text.hasPrefix("https://") }
}

/// A BigBlueButton server as a caller sees it: where it is and what calls to it are signed with.
public struct Endpoint: Sendable, Hashable {
    public var url: APIURL
    public var secret: Secret

    public init(url: APIURL, secret: Secret) {
        self.url = url
        self.secret = secret
    }

    /// A call, signed and ready to send.
    ///
    /// What does not fit a URL of `longestQuery` octets moves into a form body, the longest values first; the checksum
    /// then covers the query alone. Because the query is never empty, that verifies on every BigBlueButton version
    /// (`bbb-api.md` 2.6). With a document there is no form: everything stays in the URL.
    public func request(
        _ call: CallName, _ parameters: Parameters = Parameters(), document: OutgoingCall.Body? = nil,
        algorithm: ChecksumAlgorithm = .sha256, longestQuery: Int = 4_000
    ) -> OutgoingCall {
        var query = parameters
        var form = Parameters()
        if document == nil, call == .create || call == .getRecordings {
            // What stays keeps the query from being empty.
            let stays = call == .create ? "meetingID" : "state"
            let all = parameters.all
            let longestFirst = all.indices.filter { all[$0].name != stays }.sorted {
                all[$0].value.utf8.count > all[$1].value.utf8.count
            }
            // What is left is reckoned, not written again each time: a form may have as many parameters as it has octets.
            var length = query.encoded().utf8.count
            var moved: Set<Int> = []
            for index in longestFirst where length > longestQuery {
                length -= Parameters([all[index]]).encoded().utf8.count + 1
                moved.insert(index)
            }
            query = Parameters(all.indices.filter { !moved.contains($0) }.map { all[$0] })
            form = Parameters(longestFirst.filter(moved.contains).map { all[$0] })
        }
        let body: OutgoingCall.Body? =
            form.isEmpty
            ? document
            : OutgoingCall.Body(
                octets: Array(form.encoded().utf8), contentType: "application/x-www-form-urlencoded")
        let text = query.encoded()
        let checksum = Checksum(call, query: text, secret: secret, algorithm: algorithm).hex
        let path = call == .index ? "" : "/\(call)"
        let suffix = call == .index ? "" : "?\(text)\(text.isEmpty ? "" : "&")checksum=\(checksum)"
        return OutgoingCall(call: call, url: url.text + path + suffix, body: body)
    }

    /// `setConfigXML`, which BigBlueButton up to 2.3 takes as a form with a checksum of its own kind (`bbb-api.md` 8).
    public func setConfigXML(_ parameters: Parameters) -> OutgoingCall {
        var form = parameters
        form["checksum"] = nil
        form["checksum"] = Checksum(.setConfigXML, query: Call.sortedText(form), secret: secret, algorithm: .sha1).hex
        return OutgoingCall(
            call: .setConfigXML, url: "\(url.text)/setConfigXML",
            body: OutgoingCall.Body(
                octets: Array(form.encoded(style: .java).utf8), contentType: "application/x-www-form-urlencoded"))
    }
}

/// One HTTP request to a BigBlueButton server, signed. The URL opens what it signs: it never goes into a log.
public struct OutgoingCall: Sendable {
    public struct Body: Sendable, Hashable {
        public var octets: [UInt8]
        public var contentType: String

        public init(octets: [UInt8], contentType: String) {
            self.octets = octets
            self.contentType = contentType
        }
    }

    public let call: CallName
    public let url: String
    /// With a body the request is a POST, else a GET.
    public let body: Body?
}

extension OutgoingCall: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(call) call" }
    public var customMirror: Mirror { Mirror(self, children: ["call": call]) }
}
