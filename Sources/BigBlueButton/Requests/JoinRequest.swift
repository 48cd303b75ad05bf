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
                let text = $0.lowercased()
                return (text.hasPrefix("https://") || text.hasPrefix("http://"))
                    && !$0.unicodeScalars.contains { $0.value <= 0x20 || $0.value == 0x7F }
            }
        }

        /// The error URL with `errors=[{"message":...,"key":...}]` in its query, before any fragment (envelope C).
        public static func redirect(_ refusal: Refusal, to base: String) -> String {
            let json =
                "[{\"message\":\"\(escape(refusal.message))\",\"key\":\"\(escape(refusal.key.rawValue))\"}]"
            let fragment = base.utf8.firstIndex(of: UInt8(ascii: "#")) ?? base.endIndex
            let head = base[..<fragment]
            let joint =
                head.utf8.contains(UInt8(ascii: "?")) ? (head.hasSuffix("?") || head.hasSuffix("&") ? "" : "&") : "?"
            return "\(head)\(joint)errors=\(FormCoding.encode(json))\(base[fragment...])"
        }

        /// Reads the error out of a URL that ``redirect(_:to:)``, or a server, made; `nil` when it has none.
        public static func refusal(in url: String) -> Refusal? {
            let query = url.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst().prefix { $0 != UInt8(ascii: "#") }
            guard let errors = Parameters(parsing: Substring(query))["errors"] else { return nil }
            func value(_ name: String) -> String? {
                errors.split(separator: "\"\(name)\":\"", maxSplits: 1).dropFirst().first.map {
                    String($0.prefix { $0 != "\"" })
                }
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

    public init(_ call: Call) throws(Refusal) {
        guard call.hasSupportedContentType else { throw .contentType }
        // A join link is given away: a form that somebody adds to it must not make a moderator of a viewer.
        let given = call.signedParameters
        var violations = Violations()
        violations.checkMeetingID(given.cleaned("meetingID"))
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
                || Self.isXMLName($0.name.utf8.dropFirst("userdata-".utf8.count))
        }
        delivery = Delivery(given)
    }

    private static func isXMLName(_ name: Substring.UTF8View) -> Bool {
        guard let first = name.first, first == UInt8(ascii: "_") || isLetter(first) else {
            return false
        }
        return name.dropFirst().allSatisfy {
            isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }

    private static func isLetter(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20)
    }
}
