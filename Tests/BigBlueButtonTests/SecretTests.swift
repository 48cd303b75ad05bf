import Testing

@testable import BigBlueButton

/// What opens a server is not printed, however it is printed.
struct SecretTests {
    /// All the ways in which a value ends up in a log.
    private func prints<Value>(of value: Value) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var printed = ""
        print(value, to: &printed)
        return [
            "\(value)", String(describing: value), String(reflecting: value), "\(Optional(value) as Any)", "\([value])",
            dumped, printed,
        ]
    }

    @Test func `a secret prints as three stars`() {
        #expect("\(Secret.vector)" == "***")
        #expect(String(describing: Secret.vector) == "***")
        #expect(String(reflecting: Secret.vector) == "***")
        #expect("\([Secret.vector])" == "[***]")
        #expect(Mirror(reflecting: Secret.vector).children.isEmpty)
        for text in prints(of: Secret.vector) { #expect(!text.contains("639259d4"), "\(text)") }
        #expect(Secret.vector.reveal() == "639259d4-9dd8-4b25-bf01-95f9567eaf4b")
    }

    @Test func `an endpoint prints where it is but not its secret`() throws {
        let endpoint = Endpoint(url: try #require(APIURL("https://bbb.example.org")), secret: .vector)
        for text in prints(of: endpoint) {
            #expect(!text.contains("639259d4"), "\(text)")
            #expect(text.contains("bbb.example.org"), "\(text)")
        }
    }

    @Test func `a checksum prints as three stars`() {
        let checksum = Checksum(.getMeetings, query: "", secret: .vector)
        #expect("\(checksum)" == "***")
        #expect(String(reflecting: checksum) == "***")
        #expect(Mirror(reflecting: checksum).children.isEmpty)
        for text in prints(of: checksum) {
            #expect(!text.contains("2027baa7"), "\(text)")
            // 0x20, the first octet.
            #expect(!text.contains("32"), "\(text)")
        }
    }

    @Test func `a call to a server prints its name alone`() throws {
        let endpoint = Endpoint(url: try #require(APIURL("https://bbb.example.org")), secret: .vector)
        let call = endpoint.request(
            .create, ["meetingID": "m1", "moderatorPW": "hush"],
            document: OutgoingCall.Body(octets: "<modules/>".octets, contentType: "application/xml"))
        #expect("\(call)" == "create call")
        #expect(String(reflecting: call) == "create call")
        #expect(Mirror(reflecting: call).children.map(\.label) == ["call"])
        for text in prints(of: call) {
            for hidden in ["checksum", "hush", "https", "modules"] { #expect(!text.contains(hidden), "\(text)") }
        }
    }

    @Test(arguments: ["", " ", " a", "a ", "\ta", "a\n", "a\r\n", "\u{A0}a", "a\u{3000}"])
    func `a slip of the clipboard is no secret`(text: String) {
        #expect(Secret(text) == nil)
    }

    @Test(arguments: ["a", "a b", "é😀", "****"]) func `any other text is a secret`(text: String) {
        #expect(Secret(text)?.reveal() == text)
    }

    @Test func `secrets are equal when their texts are`() {
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("A"))
    }
}
