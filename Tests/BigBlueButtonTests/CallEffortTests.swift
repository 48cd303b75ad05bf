import Testing

@testable import BigBlueButton

/// What a stranger can make us do before we know that he is one.
@Suite struct CallEffortTests {
    private static let form = "application/x-www-form-urlencoded"
    private static let secrets = (0..<100).map { made(Secret("secret-\($0 + 100)")) }

    private func post(_ rawQuery: String, _ body: String, type: String = Self.form, call: CallName = .create) -> Call {
        Call(call, method: .post, rawQuery: rawQuery, contentType: type, body: body.octets)
    }

    private func measure(_ call: Call, _ policy: Call.Policy = .init()) -> (signer: Int?, effort: Call.Effort) {
        var effort = Call.Effort()
        let signer = call.signer(among: Self.secrets, policy: policy, effort: &effort)
        return (signer, effort)
    }

    private static func names(_ count: Int) -> String { (0..<count).map { "n\($0)=\($0)" }.joined(separator: "&") }

    private static func multipart(_ count: Int, file: Bool = false) -> String {
        let extra = file ? "; filename=\"x\"" : ""
        return (0..<count).map {
            "--b\r\nContent-Disposition: form-data; name=\"n\($0)\"\(extra)\r\n\r\n\($0)\r\n"
        }.joined() + "--b--\r\n"
    }

    // MARK: without a checksum

    @Test(arguments: [
        "", "checksum=", "checksum=00", "checksum=zz", "checksum=" + String(repeating: "0", count: 41),
        "checksum=" + String(repeating: "g", count: 64), "Checksum=" + String(repeating: "0", count: 64),
    ]) func `a form without a checksum is neither sorted nor hashed`(query: String) {
        for call in [
            post(query, Self.names(5_000)), post("", Self.names(5_000) + "&" + query),
            post(query, Self.names(50), call: .setConfigXML), Call(.getMeetings, rawQuery: "a=1&" + query),
        ] {
            let (signer, effort) = measure(call)
            #expect(signer == nil && effort == .init())
        }
    }

    @Test func `a checksum of a hash that is not allowed costs nothing`() {
        let call = post("checksum=" + String(repeating: "0", count: 40), Self.names(100))
        #expect(measure(call, .init(algorithms: [.sha256])).effort == .init())
    }

    // MARK: many secrets

    @Test(arguments: ChecksumAlgorithm.allCases)
    func `a text is put together and hashed once, not once for each secret`(
        algorithm: ChecksumAlgorithm
    ) {
        let body = Self.names(5_000)
        let call = post("checksum=" + String(repeating: "0", count: algorithm.digits), body)
        let (signer, effort) = measure(call)
        #expect(signer == nil && effort.texts == 2)
        // The name of the call and the form, sorted and as it came; then the secrets, ten octets each.
        #expect(effort.octets == 2 * ("create".utf8.count + body.utf8.count + Self.secrets.count * 10))
    }

    @Test(arguments: ChecksumAlgorithm.allCases) func `what is hashed for many secrets is what is hashed for one`(
        algorithm: ChecksumAlgorithm
    ) {
        for (index, secret) in Self.secrets.enumerated() where index.isMultiple(of: 33) {
            let query = "name=Room&meetingID=\(index)"
            let hex = Checksum(.create, query: query, secret: secret, algorithm: algorithm).hex
            #expect(Call(.create, rawQuery: "\(query)&checksum=\(hex)").signer(among: Self.secrets) == index)
            #expect(post("checksum=\(hex)", query).signer(among: Self.secrets) == index)
        }
    }

    // MARK: too many parameters

    @Test func `as many parameters as Tomcat reads are read, and one more is too many`() {
        let most = Call.mostParameters
        let type = "multipart/form-data; boundary=b"
        for (count, isTooMany) in [(most, false), (most + 1, true), (most * 3, true)] {
            for call in [post("", Self.names(count)), post("", Self.multipart(count), type: type)] {
                #expect(call.hasTooManyParameters == isTooMany)
                #expect(call.parameters.all.count == (isTooMany ? 0 : count))
            }
            #expect(post("", Self.multipart(count, file: true), type: type).hasTooManyParameters == isTooMany)
        }
        // Query and form count together.
        #expect(!post(Self.names(9), Self.names(most - 9)).hasTooManyParameters)
        #expect(post(Self.names(10), Self.names(most - 9)).hasTooManyParameters)
        #expect(Call(.getMeetings, rawQuery: Self.names(most + 1)).hasTooManyParameters)
        // What stands between two ampersands counts, not they themselves.
        let empty = post("", String(repeating: "&", count: 3 * most) + "a=1" + String(repeating: "&", count: 9))
        #expect(!empty.hasTooManyParameters && empty.parameters.all == [.init(name: "a", value: "1")])
    }

    @Test func `a form of too many parameters is signed by nobody, at no cost`() {
        let body = Self.names(Call.mostParameters + 1)
        let hex = Checksum(.create, query: body, secret: Self.secrets[0]).hex
        for policy in [Call.Policy(), .init(acceptsUnsignedForms: true)] {
            let (signer, effort) = measure(post("checksum=\(hex)", body), policy)
            #expect(signer == nil && effort == .init())
        }
        // Also beside a query that somebody signed: what the form says is not known, so nothing is done.
        let signed = Checksum(.create, query: "meetingID=ab", secret: Self.secrets[0]).hex
        #expect(post("meetingID=ab&checksum=\(signed)", body).signer(among: Self.secrets) == nil)
        #expect(post("meetingID=ab&checksum=\(signed)", "a=1").signer(among: Self.secrets) == 0)
    }
}
