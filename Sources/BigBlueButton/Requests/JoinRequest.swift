/// A valid `join` (`bbb-api.md` 3.2, 5.3).
public struct JoinRequest: Sendable {
    public let meetingID: MeetingID
    public let fullName: String
    public let userID: String?
    public let role: String?
    public let parameters: Parameters
    public let delivery: Delivery

    /// How a join is answered.
    public struct Delivery: Sendable, Hashable {
        /// `redirect=false`: the answer is XML.
        public let wantsXML: Bool
        /// Where errors go: `errorRedirectUrl`, else `logoutURL` (`bbb-api.md` 5.3.4); http and https only.
        public let errorURL: String?

        public init(_ parameters: Parameters) {
            wantsXML = parameters["redirect"].map { $0.lowercased() != "true" } ?? false
            errorURL = ["errorRedirectUrl", "logoutURL"].lazy.compactMap { parameters[$0] }.first {
                Self.isWebAddress($0)
            }
        }

        /// Whether a browser may be sent there: http or https, without blanks and control characters.
        public static func isWebAddress(_ url: String) -> Bool {
            let text = url.lowercased()
            return (text.hasPrefix("https://") || text.hasPrefix("http://"))
                && !url.unicodeScalars.contains { $0.value <= 0x20 || $0.value == 0x7F }
        }

        /// The error URL with `errors=[{"message":...,"key":...}]` in its query, before any fragment (envelope C).
        public static func redirect(_ refusal: Refusal, to base: String) -> String {
            let json =
                "[{\"message\":\"\(escape(refusal.message))\",\"key\":\"\(escape(refusal.key.rawValue))\"}]"
            return adding("errors=\(FormCoding.encode(json))", to: base)
        }

        /// A URL with more in its query, before any fragment.
        ///
        /// - Parameter query: encoded already.
        public static func adding(_ query: String, to url: String) -> String {
            let fragment = url.utf8.firstIndex(of: UInt8(ascii: "#")) ?? url.endIndex
            let head = url[..<fragment]
            // Only the first question mark begins a query; another is part of a value.
            let given = head.utf8.firstIndex(of: UInt8(ascii: "?")).map { head.utf8[$0...].dropFirst() }
            let joint = given.map { $0.isEmpty || $0.last == UInt8(ascii: "&") ? "" : "&" } ?? "?"
            return "\(head)\(joint)\(query)\(url[fragment...])"
        }

        /// Reads the error out of a URL that ``redirect(_:to:)``, or a server, made; `nil` when it has none.
        public static func refusal(in url: String) -> Refusal? {
            let query = url.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst().prefix { $0 != UInt8(ascii: "#") }
            guard let errors = Parameters(parsing: Substring(query))["errors"] else { return nil }
            // By octets: a text that begins with a combining character makes another Character of the quote before it.
            func value(_ name: String) -> String? {
                guard let found = errors.utf8.firstRange(of: "\"\(name)\":\"".utf8) else { return nil }
                return String(Substring(errors.utf8[found.upperBound...].prefix { $0 != UInt8(ascii: "\"") }))
            }
            guard let key = value("key"), !key.isEmpty else { return nil }
            return Refusal(MessageKey(rawValue: key), value("message") ?? key)
        }

        private static func escape(_ text: String) -> String {
            String(
                String.UnicodeScalarView(
                    text.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
                        if scalar == "\"" || scalar == "\\" { return ["\\", scalar] }
                        return [scalar.properties.generalCategory == .control ? " " : scalar]
                    }))
        }
    }

    /// - Parameter knows: whether there is such a meeting; that there is none is one violation among others.
    ///   `nil`: nobody looked.
    ///
    /// - Parameter parameters: what counts of what the call says; `nil`: what its checksum covers.
    public init(_ call: Call, parameters: Parameters? = nil, knows: ((MeetingID) -> Bool)? = nil) throws(Refusal) {
        guard call.hasSupportedContentType else { throw .contentType }
        // A join link is given away: a form that somebody adds to it must not make a moderator of a viewer.
        try self.init(parameters ?? call.signedParameters, knows: knows)
    }

    /// A join that was made before, to be made again; `nil` when it is none.
    public init?(joined given: Parameters) {
        do throws(Refusal) { try self.init(given, knows: nil) } catch { return nil }
    }

    private init(_ given: Parameters, knows: ((MeetingID) -> Bool)?) throws(Refusal) {
        var violations = Violations()
        violations.checkMeetingID(given.cleaned("meetingID"))
        if let knows, given.cleaned("meetingID").flatMap(MeetingID.init(rawValue:)).map(knows) != true {
            violations.add(Refusal.joinNotFound.key, Refusal.joinNotFound.message)
        }
        if (given.cleaned("fullName") ?? "").isEmpty {
            violations.add(.missingParamFullName, "You must provide your name")
        }
        violations.checkPassword(given.cleaned("password"))
        violations.checkBoolean(given.cleaned("guest"), "Guest must be a boolean value (true or false)")
        violations.checkBoolean(given.cleaned("auth"), "Auth must be a boolean value (true or false)")
        violations.checkInteger(given.cleaned("createTime"), "Value must be an integral number")
        try violations.check()
        guard let meetingID = given.cleaned("meetingID").flatMap(MeetingID.init(rawValue:)) else {
            throw .joinNotFound
        }
        self.meetingID = meetingID
        fullName = given.cleaned("fullName") ?? ""
        userID = given["userID"].flatMap { $0.isEmpty ? nil : $0 }
        role = given["role"].flatMap { $0.isEmpty ? nil : $0.uppercased() }
        // A name that is no XML name would make the server's getMeetings malformed for everybody (`bbb-api.md` 14.20).
        parameters = given.forForwarding.filter {
            !$0.name.utf8.starts(with: "userdata-".utf8)
                || XMLWriter.isName($0.name.utf8.dropFirst("userdata-".utf8.count))
        }
        delivery = Delivery(given)
    }
}
