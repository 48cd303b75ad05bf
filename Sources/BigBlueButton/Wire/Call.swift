/// One call as it was received: parsed once, from the raw query and body, before anything is believed.
///
/// A call says who may have sent it (``signer(among:policy:)``) only over the bytes that came: nothing is decoded, sorted
/// or encoded again before hashing, but for the one rule of BigBlueButton 2.4 to 2.7 for form bodies (`bbb-api.md` 2.6).
public struct Call: Sendable {
    public enum Method: String, Sendable, Hashable {
        case get = "GET"
        case post = "POST"
        case head = "HEAD"
        case other = ""
    }

    /// The body by its kind. Only a form adds parameters.
    public enum Body: Sendable, Hashable {
        case none
        /// `raw` is the body's text; multipart forms have none that could be hashed.
        case form(raw: String?)
        /// A document (`<modules>`) that goes on byte for byte, with its content type.
        case document([UInt8], contentType: String)
        /// Neither a form nor a document, or one without a type.
        case unsupported
    }

    public let name: CallName
    public let method: Method
    /// The query string as received, without `?`.
    public let rawQuery: String
    public let body: Body
    /// The body as it came, for passing it on: `nil` when there is none.
    public let received: OutgoingCall.Body?
    /// Parameters of the query, then those of the form body. Control characters are still in.
    public let parameters: Parameters
    /// Whether the query holds anything but a checksum: then the checksum covers the query, and a body is none of its
    /// business. An empty query signs nothing that a body could hide behind.
    public let isSignedByQuery: Bool
    /// Whether query and form together have more than ``mostParameters``. Nobody has signed such a call, and of a form that has
    /// more by itself nothing was read.
    public let hasTooManyParameters: Bool
    /// The checksum as it came, cleaned: the first one, that of the query before that of the form. Empty when none came.
    private let givenChecksum: String
    private let queryParameters: Parameters
    private let formParameters: Parameters

    /// Parameters of a call; parts of a multipart form count too. Tomcat, which reads the calls of a BigBlueButton server, has
    /// the same limit: more cost much and mean nothing.
    public static let mostParameters = 10_000

    /// - Parameters:
    ///   - contentType: the header as received.
    ///   - body: all of it; its size was limited by whoever read it.
    public init(
        _ name: CallName, method: Method = .get, rawQuery: String = "", contentType: String? = nil,
        body: [UInt8] = []
    ) {
        self.name = name
        self.method = method
        self.rawQuery = rawQuery
        let (kind, form) = Self.read(body, contentType: contentType, of: name)
        self.body = kind
        formParameters = form ?? Parameters()
        received = body.isEmpty ? nil : OutgoingCall.Body(octets: body, contentType: contentType ?? "")
        queryParameters = Parameters(parsing: rawQuery)
        var parameters = queryParameters
        parameters.append(contentsOf: formParameters)
        let isWithinLimit = parameters.all.count <= Self.mostParameters
        hasTooManyParameters = form == nil || !isWithinLimit
        let given = (parameters["checksum"] ?? "").strippingControls
        self.parameters = parameters
        givenChecksum = given
        isSignedByQuery = name != .setConfigXML && !Self.cut(checksum: given, from: rawQuery.strippingControls).isEmpty
    }

    /// - Returns: what the body is, and its parameters; `nil` when these are too many.
    private static func read(_ octets: [UInt8], contentType: String?, of name: CallName) -> (Body, Parameters?) {
        guard !octets.isEmpty else { return (.none, Parameters()) }
        let type = HeaderValue(contentType ?? "")
        switch type.value {
        case "application/xml", "text/xml":
            return (.document(octets, contentType: contentType ?? "application/xml"), Parameters())
        case "application/x-www-form-urlencoded":
            // PHP sends a raw document under the form type unless told otherwise (`bbb-api.md` 14.27). Slides that come so
            // with a create are seen; `insertDocument` refuses the type, as BigBlueButton does.
            let visible = octets.starts(with: [0xEF, 0xBB, 0xBF]) ? octets.dropFirst(3) : octets[...]
            if name != .insertDocument, visible.first(where: { !$0.isBlank }) == UInt8(ascii: "<") {
                return (.document(octets, contentType: "application/xml"), Parameters())
            }
            let text = String(decoding: octets, as: UTF8.self)
            // Counted before any is read: that is all a stranger gets for a form of a million names.
            let isTooLong = Parameters.count(in: octets, upTo: mostParameters + 1) > mostParameters
            return (.form(raw: text), isTooLong ? nil : Parameters(parsing: text))
        case "multipart/form-data":
            return (
                .form(raw: nil),
                MultipartForm.parameters(octets, boundary: type.parameters["boundary"] ?? "", atMost: mostParameters)
            )
        default:
            return (.unsupported, Parameters())
        }
    }

    /// How far a checksum of a body without a query is believed.
    public struct Policy: Sendable, Hashable {
        public var algorithms: Set<ChecksumAlgorithm>
        /// BigBlueButton 3.0 hashes nothing but the call name then: whoever has one such checksum can send any body.
        public var acceptsUnsignedForms: Bool

        public init(
            algorithms: Set<ChecksumAlgorithm> = Set(ChecksumAlgorithm.allCases),
            acceptsUnsignedForms: Bool = false
        ) {
            self.algorithms = algorithms
            self.acceptsUnsignedForms = acceptsUnsignedForms
        }
    }

    /// What the checksum covers for sure: the query where it signs anything, else all.
    public var signedParameters: Parameters { isSignedByQuery ? queryParameters : parameters }

    /// With which hash it says that it is signed; `nil`: no checksum came, or none that could be one.
    public var checksumAlgorithm: ChecksumAlgorithm? { Checksum(hex: givenChecksum)?.algorithm }

    /// Which of `secrets` signed this call, by the rules of `bbb-api.md` 2.3 and 2.6.
    ///
    /// - Returns: the index of the secret, or `nil` when no checksum came, or none of them made it.
    public func signer(among secrets: [Secret], policy: Policy = Policy()) -> Int? {
        var effort = Effort()
        return signer(among: secrets, policy: policy, effort: &effort)
    }

    /// What it took to find out who signed a call. Tests count it: whoever has no secret must not be able to make us work.
    struct Effort: Sendable, Hashable {
        /// Texts that were put together.
        var texts = 0
        /// Octets that were hashed.
        var octets = 0
    }

    func signer(among secrets: [Secret], policy: Policy, effort: inout Effort) -> Int? {
        // Before anything is sorted, encoded or hashed.
        guard !hasTooManyParameters, let checksum = Checksum(hex: givenChecksum),
            policy.algorithms.contains(checksum.algorithm)
        else { return nil }
        var found: Int?
        // Each text is put together once, however many secrets there are.
        let texts = signedTexts(policy)
        effort.texts += texts.count
        for text in texts {
            let signer = checksum.signer(of: name, query: text, among: secrets, effort: &effort)
            if found == nil { found = signer }
        }
        return found
    }

    /// The texts that the checksum may cover: the query if there is one, else the ways in which forms are signed.
    private func signedTexts(_ policy: Policy) -> [String] {
        // The one call that never was signed by its query: all it says, wherever it says it (`bbb-api.md` 8).
        if name == .setConfigXML { return Self.sortedTexts(parameters.filter { $0.name != "checksum" }) }
        let query = Self.cut(checksum: givenChecksum, from: rawQuery.strippingControls)
        guard query.isEmpty, case .form(let raw) = body else { return [query] }
        let signed = formParameters.filter { $0.name != "checksum" }
        // Nothing but the checksum: the empty text covers everything there is.
        if signed.isEmpty { return [""] }
        var texts = Self.sortedTexts(signed)
        if let raw { texts.append(Self.cut(checksum: givenChecksum, from: raw.strippingControls)) }
        if policy.acceptsUnsignedForms { texts.append("") }
        return texts
    }

    /// None when a name holds what separates parameters: names are not encoded in that text, so `a=1&b` with the value 2 would
    /// pass for `a` and `b`, and whoever has seen a signed form could hide some of its parameters.
    private static func sortedTexts(_ parameters: Parameters) -> [String] {
        let separators = "&=".utf8
        return parameters.all.contains { $0.name.utf8.contains(where: separators.contains) }
            ? [] : [sortedText(parameters)]
    }

    /// The text that BigBlueButton makes of parameters that did not come in a query: sorted by name. Names are not encoded
    /// when it rebuilds the text; values are, in Java's way.
    static func sortedText(_ parameters: Parameters) -> String {
        // Java sorts by UTF-16 units; equal names keep their order. The units are taken once, not once for each comparison.
        let keyed = parameters.all.enumerated().map { (units: Array($0.element.name.utf16), offset: $0.offset) }
        let sorted = keyed.sorted {
            $0.units == $1.units ? $0.offset < $1.offset : $0.units.lexicographicallyPrecedes($1.units)
        }
        return sorted.map { key in
            let parameter = parameters.all[key.offset]
            return "\(parameter.name)=\(FormCoding.encode(parameter.value, style: .java))"
        }.joined(separator: "&")
    }

    /// Cuts the checksum out as text, wherever it stands, the way BigBlueButton does: three literal replacements.
    ///
    /// The parameter's name must begin where a parameter begins, so that `notchecksum=` keeps its text.
    static func cut(checksum: String, from query: String) -> String {
        let pair = Array("checksum=\(checksum)".utf8)
        let octets = Array(query.utf8)
        guard !checksum.isEmpty, octets.count >= pair.count else { return query }
        let ampersand = UInt8(ascii: "&")
        var kept: [UInt8] = []
        kept.reserveCapacity(octets.count)
        var at = 0
        while at < octets.count {
            let end = at + pair.count
            let startsParameter = at == 0 || octets[at - 1] == ampersand
            if startsParameter, end <= octets.count, octets[at..<end].elementsEqual(pair),
                end == octets.count || octets[end] == ampersand
            {
                if kept.last == ampersand {
                    kept.removeLast()
                    at = end
                } else {
                    at = end == octets.count ? end : end + 1
                }
            } else {
                kept.append(octets[at])
                at += 1
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}

extension UInt8 {
    var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}

extension String {
    /// Without control characters (Unicode category Cc) and without white space around it: how BigBlueButton reads
    /// names and values before it validates them (`bbb-api.md` 3.1).
    public var strippingControls: String {
        var scalars = unicodeScalars[...]
        let isBlank: (Unicode.Scalar) -> Bool = { $0.value <= 0x20 }
        // The whole category, without a look into the tables of Unicode for each letter of a long form.
        let isControl: (Unicode.Scalar) -> Bool = { $0.value <= 0x1F || (0x7F...0x9F).contains($0.value) }
        if scalars.contains(where: isControl) {
            scalars = String.UnicodeScalarView(scalars.filter { !isControl($0) })[...]
        }
        while let first = scalars.first, isBlank(first) { scalars.removeFirst() }
        while let last = scalars.last, isBlank(last) { scalars.removeLast() }
        return String(scalars)
    }
}
