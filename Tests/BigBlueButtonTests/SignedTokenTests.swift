import BigBlueButton
import Testing

/// Every token here was made by Python's `hmac`, `base64` and `hashlib`, none by the code that is tested.
@Suite struct SignedTokenTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let what: String
        let payload: String
        let secret: Secret
        let algorithm: SignedToken.Algorithm
        let includesType: Bool
        let token: String

        var testDescription: String { what }
    }

    /// What a recording is announced with (`bbb-api.md` 10.2).
    static let recording = """
        {"meeting_id":"abc123","record_id":"6367c48dd193d56ea7b0baad25b19455e529f5ee-1531155809613"}
        """
    /// The middle of every token that says so.
    static let recordingPart = """
        eyJtZWV0aW5nX2lkIjoiYWJjMTIzIiwicmVjb3JkX2lkIjoiNjM2N2M0OGRkMTkzZDU2ZWE3YjBiYWFkMjViMTk0NTVlNTI5ZjVlZS0xNTMxM\
        TU1ODA5NjEzIn0
        """

    static let vectors = [
        Vector(
            what: "a recording", payload: recording, secret: .vector, algorithm: .hs256, includesType: false,
            token: "eyJhbGciOiJIUzI1NiJ9.\(recordingPart).pR6KFk0Dr_Xbf2Uhw-kPcjG2-F9-xRcjVo2SAlKhqJs"),
        Vector(
            what: "a recording, with the type", payload: recording, secret: .vector, algorithm: .hs256,
            includesType: true,
            token: """
                eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.\(recordingPart)\
                .m7NgTVcv3Gb811bAmDt-FAr6CeXk_w6jGMx_UFHAUOE
                """),
        Vector(
            what: "analytics", payload: "{\"exp\":1531242299}", secret: .vector, algorithm: .hs512, includesType: true,
            token: """
                eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9.eyJleHAiOjE1MzEyNDIyOTl9.aDCbCH_KK6cNDVL8ckyDfUUo6II2RVftZ3M0TTIu\
                8eVb4e0t_n0FE8u5vFf6752Fu0ZKVvDbS3EM-8Mz5qXLXw
                """),
        Vector(
            what: "analytics, without the type", payload: "{\"exp\":1531242299}", secret: .vector, algorithm: .hs512,
            includesType: false,
            token: """
                eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE1MzEyNDIyOTl9.eTFB-Uz0q1C6WIQ98FMNifSKLQ20IKdLuy3_HZNVWjaRUUJpPueqvel\
                ajvuizNhgnhMGZz2u9rLXDh78hFPodQ
                """),
        Vector(
            what: "letters beyond ASCII", payload: "{\"meeting_id\":\"Größe 😀\",\"record_id\":\"x\"}",
            secret: made(Secret("schlüssel")), algorithm: .hs256, includesType: false,
            token: """
                eyJhbGciOiJIUzI1NiJ9.eyJtZWV0aW5nX2lkIjoiR3LDtsOfZSDwn5iAIiwicmVjb3JkX2lkIjoieCJ9.aVXZtNKfs2ptPMLeCm8iC\
                6US6XZtmOXVwbfwnCUYucQ
                """),
    ]

    private static var token: String { vectors[0].token }

    @Test(arguments: vectors) func `a token is what everybody else makes of it`(vector: Vector) {
        let token = SignedToken.sign(
            vector.payload, secret: vector.secret, algorithm: vector.algorithm, includesType: vector.includesType)
        #expect(token == vector.token)
    }

    @Test(arguments: vectors) func `a token that others made is believed, with its own secret and algorithm only`(
        vector: Vector
    ) throws {
        #expect(SignedToken.verify(vector.token, secret: vector.secret)?.text == vector.payload)
        let payload = SignedToken.verify(vector.token, secret: vector.secret, algorithms: [vector.algorithm])
        #expect(payload?.text == vector.payload)
        let others = Set(SignedToken.Algorithm.allCases).subtracting([vector.algorithm])
        #expect(SignedToken.verify(vector.token, secret: vector.secret, algorithms: others) == nil)
        #expect(SignedToken.verify(vector.token, secret: vector.secret, algorithms: []) == nil)
        #expect(SignedToken.verify(vector.token, secret: .other) == nil)
    }

    @Test func `a token of another library, with its header in another order`() throws {
        let secret = try #require(Secret("your-256-bit-secret"))
        let token = """
            eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5\
            MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c
            """
        #expect(
            SignedToken.verify(token, secret: secret, algorithms: [.hs256])?.text
                == "{\"sub\":\"1234567890\",\"name\":\"John Doe\",\"iat\":1516239022}")
    }

    @Test func `a token that names no algorithm, or one that we do not have, is not believed`() {
        let none = "eyJhbGciOiJub25lIn0.\(Self.recordingPart)"
        #expect(SignedToken.verify("\(none).", secret: .vector) == nil)
        #expect(SignedToken.verify(none, secret: .vector) == nil)
        // A good signature of another token does not help.
        let borrowed = Self.token.split(separator: ".").last ?? ""
        #expect(SignedToken.verify("\(none).\(borrowed)", secret: .vector) == nil)
        let hs384 = """
            eyJhbGciOiJIUzM4NCJ9.\(Self.recordingPart)\
            .WbgjGRKHxMOVkELeX_fB8lbU7VzSJFE7JVxpB_-kk8FVvn89lwJmcQRH7gJUX1JL
            """
        #expect(SignedToken.verify(hs384, secret: .vector) == nil)
    }

    @Test func `what the header says of the algorithm changes nothing`() {
        // Signed with HS256, and says HS512.
        let token = "eyJhbGciOiJIUzUxMiJ9.\(Self.recordingPart).iQpUZrLqS-FXs8DOBPLFy8YXziVU4e4zW5nz2Bp6TgY"
        #expect(SignedToken.verify(token, secret: .vector, algorithms: [.hs512]) == nil)
        #expect(SignedToken.verify(token, secret: .vector, algorithms: [.hs256])?.text == Self.recording)
    }

    @Test func `a payload or a header that was changed is noticed`() throws {
        let parts = Self.token.split(separator: ".").map(String.init)
        let header = Base64URL.encode("{\"alg\":\"HS256\" }".utf8)
        let payload = Base64URL.encode(Self.recording.replacing("abc123", with: "abc124").utf8)
        #expect(SignedToken.verify("\(header).\(parts[1]).\(parts[2])", secret: .vector) == nil)
        #expect(SignedToken.verify("\(parts[0]).\(payload).\(parts[2])", secret: .vector) == nil)
        #expect(SignedToken.verify("\(parts[1]).\(parts[0]).\(parts[2])", secret: .vector) == nil)
    }

    @Test func `every single octet counts`() throws {
        let octets = Array(Self.token.utf8)
        for index in octets.indices where octets[index] != UInt8(ascii: ".") {
            var changed = octets
            changed[index] = octets[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let token = String(decoding: changed, as: UTF8.self)
            #expect(SignedToken.verify(token, secret: .vector) == nil, "octet \(index)")
        }
    }

    @Test(arguments: [0, 2]) func `no beginning of a token is one`(vector: Int) {
        let token = Self.vectors[vector].token
        for length in 0..<token.utf8.count {
            let beginning = String(decoding: token.utf8.prefix(length), as: UTF8.self)
            #expect(SignedToken.verify(beginning, secret: .vector) == nil, "\(length) octets")
        }
    }

    @Test func `nothing stands behind a token, and a signature has one spelling`() {
        for more in ["=", "A", ".", ".A", " ", "\n", "\u{0}"] {
            #expect(SignedToken.verify(Self.token + more, secret: .vector) == nil, "\(more.utf8.map { $0 })")
        }
        #expect(SignedToken.verify(" " + Self.token, secret: .vector) == nil)
        // The last character has two bits to spare: only one of its four spellings is one.
        let front = String(Self.token.dropLast())
        #expect(Self.token.hasSuffix("s"))
        for character in ["t", "u", "v"] {
            #expect(SignedToken.verify(front + character, secret: .vector) == nil)
        }
    }

    @Test(arguments: UInt64(0)..<50) func `what was signed can be read, by nobody else`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let payload = String.random(upTo: 60, using: &random)
        let secret = try #require(Secret("s\(random.next())"))
        for algorithm in SignedToken.Algorithm.allCases {
            let token = SignedToken.sign(
                payload, secret: secret, algorithm: algorithm, includesType: Bool.random(using: &random))
            #expect(SignedToken.verify(token, secret: secret, algorithms: [algorithm])?.text == payload)
            #expect(SignedToken.verify(token, secret: .vector) == nil)
            let damaged = Array(token.utf8).damaged(using: &random).text
            // Damage can undo itself; then it is the same token.
            if damaged != token { #expect(SignedToken.verify(damaged, secret: secret) == nil) }
        }
    }
}

@Suite struct Base64URLTests {
    /// RFC 4648 section 10, without padding, and octets whose digits differ from those of plain Base64.
    static let vectors: [([UInt8], String)] = [
        ([], ""), (Array("f".utf8), "Zg"), (Array("fo".utf8), "Zm8"), (Array("foo".utf8), "Zm9v"),
        (Array("foob".utf8), "Zm9vYg"), (Array("fooba".utf8), "Zm9vYmE"), (Array("foobar".utf8), "Zm9vYmFy"),
        ([0], "AA"), ([0, 0], "AAA"), ([0xFF, 0xFF, 0xFE], "___-"), ([0xFB, 0xF0], "-_A"),
        ([250, 251, 252, 253, 254, 255], "-vv8_f7_"),
    ]

    @Test(arguments: vectors) func `octets are written as the standard says, and read again`(
        octets: [UInt8], text: String
    ) {
        #expect(Base64URL.encode(octets) == text)
        #expect(Base64URL.decode(text) == octets)
    }

    @Test(arguments: UInt64(0)..<100) func `what is written can be read, in the letters of URLs`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let octets = (0..<Int(seed)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let text = Base64URL.encode(octets)
        #expect(Base64URL.decode(text) == octets)
        #expect(text.utf8.count == (octets.count * 8 + 5) / 6)
        #expect(text.utf8.allSatisfy { FormCoding.encode(String(UnicodeScalar($0))).utf8.count == 1 })
    }

    @Test(arguments: [
        // Padding, blanks, and the other alphabet.
        "Zg==", "Zm8=", "=", " Zg", "Zg ", "Zm9v\n", "Zm 9v", "+vv8", "/f7_", "Zm9v.", "Zmäv", "Zm9v\u{0}",
        // A length that nothing has.
        "Z", "Zm9vY", "A",
        // Bits at the end that say nothing, and are none.
        "Zh", "Zm9", "AB", "AAB", "Zm9vYmF",
    ])
    func `each value has one spelling`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `of all texts of three letters, those are read that are written`() throws {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for first in ["A", "_"] {
            for second in alphabet {
                for third in alphabet {
                    let text = "\(first)\(second)\(third)"
                    if let octets = Base64URL.decode(text) { #expect(Base64URL.encode(octets) == text) }
                }
            }
        }
    }
}

@Suite struct KeyedHashTests {
    /// The first half of HMAC-SHA256, by Python.
    static let vectors: [(String, String, String)] = [
        ("callback end", "639259d4-9dd8-4b25-bf01-95f9567eaf4b", "e67ec0e74adc87887c3976152d0ae2e1"),
        ("callback recording", "639259d4-9dd8-4b25-bf01-95f9567eaf4b", "1b21631d0e5d2e95e2846ada4a6ce561"),
        ("rejoin", "639259d4-9dd8-4b25-bf01-95f9567eaf4b", "81dd4696b4685956a83b1e5efc7666c0"),
        ("", "639259d4-9dd8-4b25-bf01-95f9567eaf4b", "d72d228d726a7b2af70f04518f9d7d22"),
        ("größe 😀", "schlüssel", "263e70433896430eb84207770a94eba7"),
        ("callback end", "8cd8ef52e8e101574e400365b55e11a6", "5cedba63dd804685266ebc353b11d3da"),
    ]

    @Test(arguments: vectors) func `a keyed hash is what everybody else makes of it`(
        text: String, key: String, hash: String
    ) throws {
        let secret = try #require(Secret(key))
        #expect(KeyedHash.hex(of: text, key: secret) == hash)
        #expect(KeyedHash.matches(hash, text, key: secret))
        #expect(!KeyedHash.matches(hash, text + " ", key: secret))
        #expect(!KeyedHash.matches(hash, text, key: try #require(Secret("another"))))
    }

    @Test func `nothing else matches`() {
        let hash = KeyedHash.hex(of: "text", key: .vector)
        let others = [
            "", "0", hash.uppercased(), String(hash.dropLast()), String(hash.dropFirst()), hash + "0", " " + hash,
            hash + "\u{0}", String(repeating: "0", count: 32), String(hash.reversed()),
        ]
        for other in others { #expect(!KeyedHash.matches(other, "text", key: .vector), "\(other)") }
        for index in hash.indices {
            var changed = hash
            changed.replaceSubrange(index...index, with: hash[index] == "0" ? "1" : "0")
            #expect(!KeyedHash.matches(changed, "text", key: .vector))
        }
    }
}
