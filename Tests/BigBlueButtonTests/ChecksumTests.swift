import Testing

@testable import BigBlueButton

/// The vectors of `bbb-api.md` 2.11, signed with ``Secret/vector``.
struct Vector: Sendable, CustomTestStringConvertible {
    let call: CallName
    let query: String
    let algorithm: ChecksumAlgorithm
    let hex: String

    var testDescription: String { "\(call) \(query) \(algorithm)" }

    static let created = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444"

    static let all = [
        Vector(call: .create, query: created, algorithm: .sha1, hex: "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"),
        Vector(
            call: .create, query: created, algorithm: .sha256,
            hex: "da9185f7f333cfdfcd6eeac32dca3777510c4c436020d8b887ba5515bd1d189e"),
        Vector(
            call: .create, query: created, algorithm: .sha384,
            hex: "891ac633df39d0a1b4f8d597f3e190833216c4b29c4fb51ea3ca72757eeb958d6e7b49a845cf29f5c6019c7d29d029d1"),
        Vector(
            call: .create, query: created, algorithm: .sha512,
            hex: "de73ad61d11a5c801b68d4bd6ec5248546085cefb0b25c85f3c46249ea93a3a4"
                + "b120f92c0a8a58d7512cb77821884951a3b01245f3435dbbef49fff3cc3988b4"),
        Vector(call: .getMeetings, query: "", algorithm: .sha1, hex: "2027baa7771026e9e93392f55031535d1444c41f"),
        Vector(
            call: .getMeetings, query: "", algorithm: .sha256,
            hex: "a5370c5f3d97d56d53b435684cdbc429c2898a3bf9f435518b4279e1e0dbfc8c"),
        Vector(
            call: .join, query: "fullName=Ann+B&meetingID=m%201&role=VIEWER", algorithm: .sha1,
            hex: "6acc6122e66834ddfbfd5f0c583c10419567df0a"),
        Vector(
            call: .join, query: "fullName=Ann%20B&meetingID=m%201&role=VIEWER", algorithm: .sha1,
            hex: "7c59765b1848a963cd47b64483b98eb7bbe535db"),
        Vector(call: .create, query: "", algorithm: .sha1, hex: "8a21c9b7e3b18541974c9e78c0d0bfa790c665eb"),
        Vector(
            call: .create, query: "meetingID=abc123&name=Test+Meeting", algorithm: .sha1,
            hex: "6c152eb028df2a4e5281abc027417b6de5a13879"),
        Vector(
            call: .create, query: "name=Test%20Meeting&meetingID=abc123", algorithm: .sha1,
            hex: "80a28ae7d9ed0d584c9a97e5ae09ac64387942e8"),
        Vector(
            call: "hooks/create", query: "callbackURL=https%3A%2F%2Fexample.com%2Fcb", algorithm: .sha1,
            hex: "01d7a419d4cfda5b1cff96991ea8cd605fc743e8"),
    ]
}

struct ChecksumTests {
    @Test(arguments: Vector.all) func `a call is signed as BigBlueButton signs it`(vector: Vector) {
        let checksum = Checksum(vector.call, query: vector.query, secret: .vector, algorithm: vector.algorithm)
        #expect(checksum.hex == vector.hex)
        #expect(checksum.algorithm == vector.algorithm)
    }

    @Test(arguments: Vector.all) func `a signed call is verified`(vector: Vector) {
        let rawQuery = vector.query + (vector.query.isEmpty ? "" : "&") + "checksum=\(vector.hex)"
        #expect(Call(vector.call, rawQuery: rawQuery).signer(among: [.vector]) == 0)
        #expect(Call(vector.call, rawQuery: rawQuery).signer(among: [.other]) == nil)
    }

    @Test(arguments: Vector.all) func `a checksum in capitals is verified`(vector: Vector) {
        let rawQuery = vector.query + (vector.query.isEmpty ? "" : "&") + "checksum=\(vector.hex.uppercased())"
        #expect(Call(vector.call, rawQuery: rawQuery).signer(among: [.vector]) == 0)
    }

    @Test(arguments: Vector.all) func `the length tells the algorithm`(vector: Vector) {
        #expect(Checksum(hex: vector.hex)?.algorithm == vector.algorithm)
        #expect(Checksum(hex: vector.hex)?.hex == vector.hex)
        #expect(Checksum(hex: vector.hex.uppercased())?.hex == vector.hex)
        #expect(vector.algorithm.digits == vector.hex.utf8.count)
    }

    @Test(arguments: [
        "", " ", "0", String(repeating: "0", count: 39), String(repeating: "0", count: 41),
        String(repeating: "g", count: 40),
        String(repeating: "0", count: 39) + " ", "0x" + String(repeating: "0", count: 38),
        String(repeating: "😀", count: 10),
        String(repeating: "０", count: 40), String(repeating: "\u{0}", count: 40), String(repeating: "a", count: 256),
        "+" + String(repeating: "0", count: 39),
    ]) func `what is no checksum is not read`(text: String) {
        #expect(Checksum(hex: text) == nil)
    }

    @Test func `checksums match only themselves`() throws {
        let checksum = try #require(Checksum(hex: "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"))
        let last = try #require(Checksum(hex: "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f16"))
        let first = try #require(Checksum(hex: "0fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"))
        let longer = try #require(
            Checksum(hex: "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17" + String(repeating: "0", count: 24)))
        #expect(checksum.matches(checksum))
        #expect(!checksum.matches(last))
        #expect(!checksum.matches(first))
        #expect(!checksum.matches(longer))
        #expect(!longer.matches(checksum))
    }

    @Test func `the first of several secrets that signed is told`() {
        let checksum = Checksum(.getMeetings, query: "", secret: .vector)
        #expect(checksum.signer(of: .getMeetings, query: "", among: []) == nil)
        #expect(checksum.signer(of: .getMeetings, query: "", among: [.other]) == nil)
        #expect(checksum.signer(of: .getMeetings, query: "", among: [.other, .vector]) == 1)
        #expect(checksum.signer(of: .getMeetings, query: "", among: [.vector, .vector, .other]) == 0)
        #expect(checksum.signer(of: .getMeetings, query: "a=1", among: [.vector]) == nil)
        #expect(checksum.signer(of: .create, query: "", among: [.vector]) == nil)
    }

    @Test func `sha1 hex is the head of an internal meeting id`() {
        #expect(sha1Hex("abc123") == "6367c48dd193d56ea7b0baad25b19455e529f5ee")
        #expect(sha1Hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(sha1Hex("é") == "bf15be717ac1b080b4f1c456692825891ff5073d")
    }
}
