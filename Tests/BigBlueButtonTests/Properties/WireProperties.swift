@testable import BigBlueButton

/// Queries, checksums and calls.
enum WireProperties {
    private static let ampersand = UInt8(ascii: "&")

    // MARK: queries

    static func query(_ octets: [UInt8]) throws {
        let text = octets.text
        let parameters = Parameters(parsing: text)
        let segments = Array(text.utf8).split(separator: ampersand)
        try require(parameters.all.count <= segments.count, "more parameters than segments")
        try require(parameters.all.allSatisfy { !$0.name.isEmpty }, "a parameter without a name")
        try require(
            segments.flatMap { Parameters(parsing: Array($0).text).octets } == parameters.octets,
            "read in segments it says something else")
        let part = Substring("?\(text)".utf8.dropFirst())
        try require(Parameters(parsing: part).octets == parameters.octets, "a part is read otherwise")

        for style in [FormCoding.Style.uri, .java] {
            let written = parameters.encoded(style: style)
            let isPlain = written.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"#<>?\\^`{|}/".utf8.contains($0) }
            try require(isPlain, "not fit for a URL: \(written)")
            let again = Parameters(parsing: written)
            try require(again.octets == parameters.octets, "read again it says something else: \(written)")
            try require(again.encoded(style: style) == written, "written again it is something else")
            let decoded = FormCoding.decode(FormCoding.encode(text, style: style))
            try require(decoded.map { $0.isSame(as: text) } == true, "encoded and decoded it is something else")
        }
        try forwarding(parameters)
        try delivery(parameters)
        try require(Base64URL.decode(Base64URL.encode(octets)) == octets, "in Base64 it is something else")
        if let decoded = Base64URL.decode(text) {
            try require(Base64URL.encode(decoded).isSame(as: text), "another spelling of the same in Base64")
        }
    }

    private static func forwarding(_ parameters: Parameters) throws {
        let sent = parameters.forForwarding
        try require(sent["checksum"] == nil, "a checksum is sent on")
        try require(Set(sent.octets.map { $0[0] }).count == sent.all.count, "a name is sent on twice")
        for parameter in sent.all {
            let first = parameters[parameter.name]
            try require(first?.isSame(as: parameter.value) == true, "not the first value of \(parameter.name)")
        }
        var changed = parameters
        guard let name = parameters.all.last?.name else { return }
        changed[name] = "x"
        try require(changed.all.filter { $0.name.isSame(as: name) }.map(\.value) == ["x"], "assigning leaves another")
        changed[name] = nil
        let others = parameters.filter { !$0.name.isSame(as: name) }
        try require(changed.octets == others.octets, "removing \(name) removes another")
    }

    /// The address to which a join's errors go, and the errors in it.
    private static func delivery(_ parameters: Parameters) throws {
        let message = parameters.all.first?.value ?? ""
        let base = JoinRequest.Delivery(parameters).errorURL ?? "https://example.com/?a=1#b"
        try require(!base.utf8.contains { $0 <= 0x20 || $0 == 0x7F }, "an error URL with blanks: \(base)")
        // An address that brings errors of its own says those first.
        let query = base.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst().prefix { $0 != UInt8(ascii: "#") }
        guard Parameters(parsing: Substring(query))["errors"] == nil else { return }
        let url = JoinRequest.Delivery.redirect(Refusal(.joinNotFoundKey, message), to: base)
        let refusal = try require(JoinRequest.Delivery.refusal(in: url), "an address without its error: \(url)")
        try require(refusal.key == .joinNotFoundKey, "another key: \(refusal.key)")
        let isPlain = message.unicodeScalars.allSatisfy {
            $0 != "\"" && $0 != "\\" && $0.properties.generalCategory != .control
        }
        if isPlain { try require(refusal.message.isSame(as: message), "another message: \(refusal.message)") }
    }

    // MARK: checksums

    static func checksum(_ octets: [UInt8]) throws {
        var generator = SplitMix64(octets: octets)
        let query = octets.text.strippingControls
        let algorithm = made(ChecksumAlgorithm.allCases.randomElement(using: &generator))
        let hex = Checksum(.create, query: query, secret: .vector, algorithm: algorithm).hex
        try require(hex.utf8.count == algorithm.digits, "\(hex) is not of the length of \(algorithm)")
        try cutting(hex, out: query)

        let raw = made(signed(query, with: hex).randomElement(using: &generator))
        if Parameters(parsing: raw)["checksum"] == hex {
            try verifies(raw, as: query)
            try require(
                Call(.create, rawQuery: raw.replacing(hex, with: hex.uppercased()))
                    .signer(among: [.vector]) == 0, "upper case does not verify")
            for _ in 0..<4 { try isTampered(raw, signs: query, using: &generator) }
        }
        try form(query, algorithm)
        try sending(Parameters(parsing: query).forForwarding, algorithm, using: &generator)
        try token(octets.text, using: &generator)
    }

    /// A signed token says what was signed, and nothing else is believed.
    private static func token(_ payload: String, using generator: inout SplitMix64) throws {
        let token = SignedToken.sign(
            payload, secret: .vector, algorithm: made(SignedToken.Algorithm.allCases.randomElement(using: &generator)))
        try require(SignedToken.verify(token, secret: .vector) == payload.octets, "a token says something else")
        try require(SignedToken.verify(token, secret: .other) == nil, "a token of another secret")
        try require(SignedToken.verify(payload, secret: .vector) == nil, "a token that nobody signed")
        var octets = Array(token.utf8)
        let at = Int.random(in: 0..<octets.count, using: &generator)
        octets[at] = UInt8.random(in: .min ... .max, using: &generator)
        let isSame = octets.elementsEqual(token.utf8)
        try require(isSame || SignedToken.verify(octets.text, secret: .vector) == nil, "a token with \(at) changed")
    }

    /// With the checksum last, first, and between two parameters.
    private static func signed(_ query: String, with hex: String) -> [String] {
        let pair = "checksum=\(hex)"
        guard !query.isEmpty else { return [pair, "&\(pair)", "\(pair)&"] }
        let octets = Array(query.utf8)
        let middle = octets.firstIndex(of: ampersand).map {
            octets[..<$0] + "&\(pair)".utf8 + octets[$0...]
        }
        return ["\(query)&\(pair)", "\(pair)&\(query)"] + (middle.map { [Array($0).text] } ?? [])
    }

    private static func verifies(_ raw: String, as query: String) throws {
        let call = Call(.create, rawQuery: raw)
        try require(call.signer(among: [.other, .vector]) == 1, "not verified: \(raw.debugDescription)")
        try require(call.signer(among: [.other]) == nil, "verified by another secret")
        try require(Call(.join, rawQuery: raw).signer(among: [.vector]) == nil, "verified for another call")
        try require(call.isSignedByQuery == !query.isEmpty, "does not know what is signed")
    }

    private static func isTampered(_ raw: String, signs query: String, using generator: inout SplitMix64) throws {
        var octets = Array(raw.utf8)
        let at = Int.random(in: 0..<octets.count, using: &generator)
        octets[at] = UInt8.random(in: .min ... .max, using: &generator)
        let call = Call(.create, rawQuery: octets.text)
        guard call.signer(among: [.vector]) != nil else { return }
        // Only the letter case of the checksum's own digits is free.
        let given = made(call.parameters["checksum"]).strippingControls
        let rest = Call.cut(checksum: given, from: octets.text.strippingControls)
        try require(
            rest.isSame(as: query), "\(octets.text.debugDescription) verifies, signed was \(query.debugDescription)")
    }

    /// Cutting takes out the parameters that are the checksum, whole, with one ampersand each.
    private static func cutting(_ hex: String, out query: String) throws {
        for checksum in [hex, "ab", ""] {
            for text in [query] + signed(query, with: checksum) {
                let cut = Call.cut(checksum: checksum, from: text)
                try require(cut.utf8.count <= text.utf8.count, "cutting makes it longer")
                if checksum.isEmpty { try require(cut.isSame(as: text), "without a checksum something is cut") }
                guard !checksum.isEmpty else { continue }
                let pair = Array("checksum=\(checksum)".utf8)
                let kept = Array(text.utf8).split(separator: ampersand, omittingEmptySubsequences: false)
                    .filter { !$0.elementsEqual(pair) }
                let expected = Array(kept.joined(separator: [ampersand])).text
                try require(cut.isSame(as: expected), "\(text.debugDescription) is cut to \(cut.debugDescription)")
                try require(Call.cut(checksum: checksum, from: cut).isSame(as: cut), "cut again it is something else")
            }
        }
    }

    /// A body that is signed in one of the ways in which forms are.
    private static func form(_ body: String, _ algorithm: ChecksumAlgorithm) throws {
        let form = Parameters(parsing: body)
        guard form["checksum"] == nil, !form.isEmpty, !looksLikeDocument(body) else { return }
        let sorted = form.all.enumerated().sorted {
            let (left, right) = (Array($0.element.name.utf16), Array($1.element.name.utf16))
            return left == right ? $0.offset < $1.offset : left.lexicographicallyPrecedes(right)
        }
        let rebuilt = sorted.map { "\($0.element.name)=\(FormCoding.encode($0.element.value, style: .java))" }
        // BigBlueButton does not encode names when it rebuilds the text, so a name with these in it could be split.
        let isAmbiguous = form.all.contains {
            $0.name.utf8.contains(ampersand) || $0.name.utf8.contains(UInt8(ascii: "="))
        }
        for (text, isRebuilt) in [(body, false), (rebuilt.joined(separator: "&"), true)] {
            let hex = Checksum(.create, query: text, secret: .vector, algorithm: algorithm).hex
            let call = Call(
                .create, method: .post, rawQuery: "checksum=\(hex)", contentType: "application/x-www-form-urlencoded",
                body: body.octets)
            if isRebuilt, isAmbiguous { continue }
            try require(call.signer(among: [.other, .vector]) == 1, "a form is not verified: \(text.debugDescription)")
            try require(
                call.signedParameters.forForwarding.octets == form.forForwarding.octets, "a form says otherwise")
        }
    }

    private static func looksLikeDocument(_ body: String) -> Bool {
        body.utf8.first { !$0.isBlank } == UInt8(ascii: "<") || body.unicodeScalars.first == "\u{FEFF}"
    }

    /// What we send verifies where it arrives, and says the same there.
    private static func sending(
        _ parameters: Parameters, _ algorithm: ChecksumAlgorithm, using generator: inout SplitMix64
    ) throws {
        guard let url = APIURL("https://example.com/bigbluebutton/api") else { throw Broken("no URL") }
        var parameters = parameters
        parameters["meetingID"] = "abc"
        for name: CallName in [.create, .join] {
            let sent = Endpoint(url: url, secret: .vector).request(
                name, parameters, algorithm: algorithm, longestQuery: Int.random(in: 0...200, using: &generator))
            let target = sent.url.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()
            let call = Call(
                name, method: sent.body == nil ? .get : .post, rawQuery: String(Substring(target)),
                contentType: sent.body?.contentType, body: sent.body?.octets ?? [])
            try require(call.signer(among: [.vector]) == 0, "what we send does not verify: \(sent.url)")
            let arrived = call.parameters.forForwarding.octets.map { $0.map(\.text) }
            try require(
                Set(arrived) == Set(parameters.octets.map { $0.map(\.text) }) && arrived.count == parameters.all.count,
                "what we send says something else: \(sent.url)")
        }
    }

    // MARK: calls

    static func call(_ octets: [UInt8]) throws {
        let lines = octets.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
        let contentType = lines[0].text
        let query = lines.count > 1 ? lines[1].text : ""
        let body = lines.count > 2 ? lines[2] : []
        let policy = Call.Policy(acceptsUnsignedForms: true)
        let names: [CallName] = [
            .create, .join, .end, .insertDocument, .setConfigXML, .getRecordings, .publishRecordings,
            .putRecordingTextTrack,
        ]
        var generator = SplitMix64(octets: octets)
        for name in names.shuffled(using: &generator).prefix(3) {
            let call = Call(name, method: .post, rawQuery: query, contentType: contentType, body: body)
            try require(call.signer(among: [.other], policy: policy) == nil, "signed by somebody")
            // An octet that is not UTF-8 becomes three.
            try require(call.parameters.size <= 3 * octets.count, "it says more than came: \(call.parameters.size)")
            try requests(call)
        }
        try multipart(Parameters(parsing: query))
    }

    private static func requests(_ call: Call) throws {
        if let request = try? CreateRequest(call) {
            let id = request.meetingID.rawValue
            try require((2...256).contains(id.utf16.count) && !id.contains(","), "a meeting ID \(id.debugDescription)")
            try require(request.parameters["checksum"] == nil, "a checksum is sent on")
            try require(request.attendeePW != "" && request.moderatorPW != "", "an empty password")
        }
        if let request = try? JoinRequest(call) {
            try require(!request.fullName.isEmpty, "nobody joins")
            for parameter in request.parameters.all where parameter.name.hasPrefix("userdata-") {
                let name = parameter.name.dropFirst("userdata-".count)
                let document = "<r><\(name)>x</\(name)></r>".octets
                let root = try? XMLReader.read(document)
                try require(
                    root?.text(of: String(name)) == "x", "userdata that breaks answers: \(name.debugDescription)")
            }
        }
        if let request = try? MeetingRequest(call) {
            try require(!request.meetingID.rawValue.utf8.contains(UInt8(ascii: ",")), "a comma in a meeting ID")
        }
        try recordings(call)
    }

    private static func recordings(_ call: Call) throws {
        if let query = try? RecordingQuery(call) {
            try require(query.forServers["state"]?.isEmpty == false, "servers are asked for no state")
            try require(query.paging.map { (1...100).contains($0.limit) && $0.offset >= 0 } != false, "an odd page")
        }
        if let request = try? RecordingRequest(call) {
            try require(!request.recordIDs.isEmpty, "a call about no recording")
            let sent = request.parameters(for: request.recordIDs).commaList("recordID")
            try require(sent == request.recordIDs.map(\.rawValue), "a call about other recordings")
            try require((try? Reply(request.success))?.isSuccess == true, "a success that is none")
        }
        if let request = try? TextTrackRequest(call), (try? request.track()) == nil {
            try require(!request.noRecording.json.contains { $0 < 0x20 }, "control characters in JSON")
        }
    }

    /// Fields that are written as a multipart form are read alike.
    private static func multipart(_ fields: Parameters) throws {
        // A name is a header's value, one line; no octet of a value is special but those of the boundary.
        let fields = fields.filter { field in
            !field.name.utf8.contains { $0 < 0x20 || $0 == 0x7F } && !field.value.utf8.contains("--bnd".utf8)
        }
        var body: [UInt8] = []
        for field in fields.all {
            let name = field.name.utf8.flatMap { "\"\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
            body += "--bnd\r\nContent-Disposition: form-data; name=\"".utf8 + name
            body += "\"\r\n\r\n\(field.value)\r\n".utf8
        }
        body += "--bnd--\r\n".utf8
        let call = Call(.create, method: .post, contentType: "multipart/form-data; boundary=bnd", body: body)
        try require(
            call.parameters.octets == fields.octets, "a multipart form says otherwise: \(body.text.debugDescription)")
    }
}

extension MessageKey {
    fileprivate static let joinNotFoundKey = invalidMeetingIdentifier
}
