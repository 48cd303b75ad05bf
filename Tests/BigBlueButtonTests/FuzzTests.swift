import Testing

@testable import BigBlueButton

/// Damaged input is refused or read, but crashes nothing and costs no more than its size.
struct FuzzTests {
    private static let queries = [
        "\(Vector.created)&checksum=1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17",
        "fullName=Ann%20B&meetingID=m%201&role=VIEWER&userdata-bbb_x=%C3%A9&redirect=false&checksum=7c59765b1848a963cd47b64483b98eb7bbe535db",
        "&checksum=2027baa7771026e9e93392f55031535d1444c41f", "a=1&&b=2&=3&c&%F0%9F%98%80=%zz&\u{301}",
    ]

    private static let types = [
        "application/x-www-form-urlencoded", "application/xml", "text/xml; charset=utf-8",
        "multipart/form-data; boundary=\"bnd\"", "", ";=;\"",
    ]

    private static let bodies = [
        "name=Test%20Meeting&meetingID=abc123&checksum=80a28ae7d9ed0d584c9a97e5ae09ac64387942e8",
        "<modules><module name='presentation'><document name='a.pdf'>QUJD</document></module></modules>",
        "--bnd\r\nContent-Disposition: form-data; name=\"meetingID\"\r\n\r\nabc123\r\n--bnd\r\n"
            + "Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n\u{0}\r\n--bnd--\r\n",
    ]

    private func count(_ element: XMLElement) -> Int { element.children.reduce(1) { $0 + count($1) } }

    @Test(arguments: UInt64(0)..<300) func `a damaged document is refused or read with right ranges`(seed: UInt64)
        throws
    {
        var generator = SplitMix64(seed: seed)
        for golden in Golden.all {
            let document = golden.octets.damaged(using: &generator)
            let limits = XMLLimits(size: 8_000, depth: 8, elements: 100)
            for skipping in [Set<String>(), MeetingsReply.details] {
                guard let root = try? XMLReader.read(document, skipping: skipping, limits: limits) else { continue }
                #expect(document.count <= limits.size)
                #expect(count(root) <= limits.elements)
                #expect(root.flattened().map(\.path.count).max() ?? 0 < limits.depth)
                #expect(root.rangeFaults(in: document) == [], "\(document.text)")
                var rewriter = XMLRewriter(document)
                for child in root.children { rewriter.replaceText(of: child, with: "x") }
                let rewritten = try XMLReader.read(rewriter.finished())
                #expect(rewritten.children.map(\.text) == root.children.map { _ in "x" })
            }
        }
    }

    @Test(arguments: UInt64(0)..<300) func `a damaged answer is refused or read`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for golden in Golden.all {
            let document = golden.octets.damaged(using: &generator)
            guard let reply = try? Reply(document, skipping: MeetingsReply.details) else { continue }
            #expect(reply.octets == document)
            #expect(reply.messageKey?.rawValue != "")
            #expect(CreateReply(reply)?.meetingID.rawValue.isEmpty != true)
            for entry in MeetingsReply(reply)?.entries ?? [] {
                #expect(document[entry.range].starts(with: "<meeting".utf8))
                #expect(document[entry.range].last == UInt8(ascii: ">"))
            }
        }
    }

    @Test(arguments: UInt64(0)..<300) func `a damaged query is read and written again alike`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for query in Self.queries {
            let text = query.octets.damaged(using: &generator).text
            let parameters = Parameters(parsing: text)
            #expect(parameters.all.count <= text.utf8.filter { $0 == UInt8(ascii: "&") }.count + 1)
            #expect(parameters.all.allSatisfy { !$0.name.isEmpty })
            #expect(Parameters(parsing: parameters.encoded()) == parameters)
            #expect(Parameters(parsing: parameters.encoded(style: .java)) == parameters)
            #expect(parameters.forForwarding["checksum"] == nil)
        }
    }

    @Test(arguments: UInt64(0)..<300) func `a damaged call is signed by nobody else and is refused or read`(
        seed: UInt64
    ) {
        var generator = SplitMix64(seed: seed)
        let policy = Call.Policy(acceptsUnsignedForms: true)
        for query in Self.queries {
            for body in Self.bodies {
                let type = (Self.types.randomElement(using: &generator) ?? "").octets.damagedSometimes(
                    using: &generator
                ).text
                let octets = body.octets.damagedSometimes(using: &generator)
                let rawQuery = query.octets.damagedSometimes(using: &generator).text
                for name: CallName in [.create, .join, .end] {
                    let call = Call(name, method: .post, rawQuery: rawQuery, contentType: type, body: octets)
                    #expect(call.signer(among: [.other], policy: policy) == nil)
                    if let request = try? CreateRequest(call) {
                        #expect((2...256).contains(request.meetingID.rawValue.utf16.count))
                        #expect(request.parameters["checksum"] == nil)
                    }
                    if let request = try? JoinRequest(call) { #expect(!request.fullName.isEmpty) }
                    if let request = try? MeetingRequest(call) { #expect(!request.meetingID.rawValue.contains(",")) }
                }
            }
        }
    }

    /// Random damage cannot forge: what still verifies covers the parameters that came.
    @Test(arguments: UInt64(0)..<300) func `a damaged query verifies only when it says the same`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let query = "\(Vector.created)&checksum=1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"
        let damaged = Call(.create, rawQuery: query.octets.damaged(using: &generator).text)
        guard damaged.signer(among: [.vector]) != nil else { return }
        let said = damaged.parameters.filter { $0.name.strippingControls != "checksum" }
        #expect(
            said.all.map { [$0.name.strippingControls, $0.value.strippingControls] }
                == Parameters(parsing: Vector.created).all.map { [$0.name, $0.value] })
    }
}

extension [UInt8] {
    fileprivate func damagedSometimes(using generator: inout SplitMix64) -> [UInt8] {
        Bool.random(using: &generator) ? damaged(using: &generator) : self
    }
}
