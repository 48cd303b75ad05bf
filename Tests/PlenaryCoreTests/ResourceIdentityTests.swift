import BigBlueButton
import Testing

@testable import PlenaryCore

/// Identifiers, times and metadata of resources (`rooms-api.md` 2.3, 2.4 and 7.5).
struct ResourceIdentityTests {
    private static let alphabet = Set("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")

    @Test(arguments: UInt64(0)..<200) func `each identifier has its form`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let time = WireTime(milliseconds: Int64.random(in: 0...253_402_300_799_999, using: &random))
        let identity = ResourceIdentity(at: time, using: &random)
        #expect(identity.id.count == 10 && identity.id.allSatisfy { Self.alphabet.contains($0) })
        let parts = identity.uuid.split(separator: "-").map(String.init)
        #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
        #expect(parts.joined().allSatisfy { "0123456789abcdef".contains($0) })
        #expect(parts[2].hasPrefix("4") && "89ab".contains(parts[3].prefix(1)))
        #expect(identity.ulid.count == 26)
        #expect(identity.ulid.allSatisfy { "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains($0) })
        #expect(identity.createdAt == time)
        // Each is found by itself, and read back as it was.
        #expect(ResourceReference(identity.id) == .id(identity.id))
        #expect(ResourceReference(identity.uuid.uppercased()) == .uuid(identity.uuid))
        #expect(ResourceReference(identity.ulid.lowercased()) == .ulid(identity.ulid))
        #expect(ResourceIdentity(id: identity.id, uuid: identity.uuid, ulid: identity.ulid) == identity)
    }

    @Test func `the time part is Crockford's, the most significant character first`() {
        var random = SplitMix64(seed: 1)
        // The example of the specification of ULID.
        let identity = ResourceIdentity(at: WireTime(milliseconds: 1_469_918_176_385), using: &random)
        #expect(identity.ulid.hasPrefix("01ARYZ6S41"))
    }

    @Test func `what is made later sorts later`() {
        var random = SplitMix64(seed: 7)
        var made: [String] = []
        for step in 0..<500 {
            made.append(
                ResourceIdentity(at: WireTime(milliseconds: 1_700_000_000_000 + Int64(step)), using: &random).ulid)
        }
        #expect(made == made.sorted())
    }

    @Test func `no two are the same, and every character is used`() {
        var random = SplitMix64(seed: 9)
        var ids: Set<String> = []
        var used: Set<Character> = []
        for _ in 0..<2_000 {
            let identity = ResourceIdentity(at: WireTime(milliseconds: 0), using: &random)
            ids.formUnion([identity.id, identity.uuid, identity.ulid])
            used.formUnion(identity.id)
        }
        #expect(ids.count == 6_000)
        #expect(used == Self.alphabet)
    }

    @Test(arguments: [
        "", "a", "u6Yh3DkQ9", "u6Yh3DkQ9ww", "u6Yh3DkQ90", "u6Yh3DkQ9O", "u6Yh3DkQ9I", "u6Yh3DkQ9l", "u6Yh3DkQ9-",
        "u6Yh3DkQ\u{E9}", "5d0c4e1e-3a3d-1b1c-9a7b-3f0b7a1c2d11", "5d0c4e1e-3a3d-4b1c-ca7b-3f0b7a1c2d11",
        "5d0c4e1e03a3d-4b1c-9a7b-3f0b7a1c2d11", "5d0c4e1e-3a3d-4b1c-9a7b-3f0b7a1c2d1g",
        "81JPKS1A0B2C3D4E5F6G7H8J9K", "01JPKS1A0B2C3D4E5F6G7H8J9U", "01JPKS1A0B2C3D4E5F6G7H8J9I",
        "01JPKS1A0B2C3D4E5F6G7H8J9\u{E9}",
    ]) func `what has no form of an identifier names nothing`(text: String) {
        #expect(ResourceReference(text) == nil)
    }

    @Test(arguments: [0, 1, 2]) func `identifiers that were stored are not taken in another's place`(wrong: Int) {
        var parts = [
            "c8Wq2TnKpX", "5d0c4e1e-3a3d-4b1c-9a7b-3f0b7a1c2d11", "01JPKS1A0B2C3D4E5F6G7H8J9K",
        ]
        #expect(ResourceIdentity(id: parts[0], uuid: parts[1], ulid: parts[2]) != nil)
        parts[wrong] = parts[(wrong + 1) % 3]
        #expect(ResourceIdentity(id: parts[0], uuid: parts[1], ulid: parts[2]) == nil)
    }

    @Test(arguments: [0, 6, 8]) func `short words are lower case and are not confused`(length: Int) {
        var random = SplitMix64(seed: 3)
        let word = ResourceIdentity.shortWord(length, using: &random)
        #expect(word.count == length && word.allSatisfy { "23456789abcdefghjkmnpqrstuvwxyz".contains($0) })
    }

    // MARK: times

    @Test(
        arguments: [
            ("2021-01-01", 1_609_459_200_000, "2021-01-01T00:00:00Z"),
            ("2026-03-01T09:00:00Z", 1_772_355_600_000, "2026-03-01T09:00:00Z"),
            ("2026-03-01t09:00:00z", 1_772_355_600_000, "2026-03-01T09:00:00Z"),
            ("2026-03-01T09:00:00.999Z", 1_772_355_600_000, "2026-03-01T09:00:00Z"),
            ("2026-03-01T10:30:00+01:30", 1_772_355_600_000, "2026-03-01T09:00:00Z"),
            ("2026-02-28T21:00:00.5-12:00", 1_772_355_600_000, "2026-03-01T09:00:00Z"),
            ("1970-01-01", 0, "1970-01-01T00:00:00Z"),
            ("2000-02-29T23:59:59Z", 951_868_799_000, "2000-02-29T23:59:59Z"),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000, "9999-12-31T23:59:59Z"),
        ] as [(String, Int64, String)])
    func `a time is read as RFC 3339, and written in UTC with whole seconds`(
        text: String, milliseconds: Int64, written: String
    ) throws {
        let time = try #require(WireTime(timestamp: text))
        #expect(time.milliseconds == milliseconds)
        #expect(time.timestamp == written)
        #expect(WireTime(milliseconds: milliseconds + 999).timestamp == written)
    }

    @Test(arguments: [
        "", "2026", "2026-13-01", "2026-00-10", "2026-02-29", "2026-04-31", "2026-3-1", "1969-12-31",
        "2026-03-01T09:00",
        "2026-03-01T09:00:00", "2026-03-01 09:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T09:60:00Z",
        "2026-03-01T09:00:60Z", "2026-03-01T09:00:00.Z", "2026-03-01T09:00:00+1:00", "2026-03-01T09:00:00+01:60",
        "2026-03-01T09:00:00Zx", "9999-12-31T23:59:59-01:00", "1970-01-01T00:00:00+00:01", "+026-03-01", "2026-03-01Z",
    ]) func `what is no time is not read as one`(text: String) {
        #expect(WireTime(timestamp: text) == nil)
    }

    @Test(arguments: UInt64(0)..<300) func `days and times are each other's reverse`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let seconds = Int64.random(in: 0...253_402_300_799, using: &random)
        let time = WireTime(milliseconds: seconds * 1_000)
        #expect(WireTime(timestamp: time.timestamp) == time)
        let date = CivilDate(time)
        #expect(CivilDate(year: date.year, month: date.month, day: date.day) == date)
        #expect(date.start <= time && time.since(date.start) < .seconds(86_400))
        #expect(CivilDate(date.start) == date && date.start == time.startOfDay)
    }

    @Test(arguments: [
        (1_970, 28), (1_972, 29), (2_000, 29), (2_024, 29), (2_026, 28), (2_100, 28), (2_400, 29),
    ]) func `leap years have a leap day`(year: Int, days: Int) {
        #expect(CivilDate.days(in: 2, of: year) == days)
        #expect((1...12).reduce(0) { $0 + CivilDate.days(in: $1, of: year) } == 337 + days)
    }

    // MARK: metadata

    @Test func `metadata is written as JSON with its keys in order`() {
        let metadata = Metadata(members: [
            "b": .scalar(.integer(123)), "a": .scalar(.text("x\"y")), "c": .object(["n": .null, "f": .bool(true)]),
            "d": .list([.text("a"), .integer(1), .null, .number(1.5)]),
        ])
        #expect(metadata.json == #"{"a":"x\"y","b":123,"c":{"f":true,"n":null},"d":["a",1,null,1.5]}"#)
        #expect(Metadata.empty.json == "{}")
        #expect(metadata.faults("m").isEmpty)
    }

    @Test(
        arguments: [
            (50, 64, 500, nil), (51, 2, 1, FieldFault.Code.metadataTooLarge), (1, 65, 1, .metadataTooLarge),
            (1, 0, 1, .metadataTooLarge), (1, 1, 501, .metadataTooLarge),
        ] as [(Int, Int, Int, FieldFault.Code?)])
    func `metadata has bounds`(keys: Int, keyLength: Int, textLength: Int, code: FieldFault.Code?) {
        var members: [String: Metadata.Value] = [:]
        for key in 0..<keys {
            let name = String(repeating: "k", count: max(0, keyLength - 2)) + String(key + 10)
            members[String(name.prefix(keyLength))] = .scalar(.text(""))
        }
        let first = members.keys.sorted().first ?? ""
        members[first] = .list([.text(String(repeating: "x", count: textLength))])
        #expect(members.count == keys)
        #expect(Metadata(members: members).faults("m").map(\.code) == (code.map { [$0] } ?? []))
    }

    @Test func `metadata has at most 16 KiB`() {
        func sized(_ count: Int) -> Metadata {
            var members: [String: Metadata.Value] = [:]
            for key in 0..<count { members["k\(key)"] = .scalar(.text(String(repeating: "x", count: 500))) }
            return Metadata(members: members)
        }
        #expect(sized(32).faults("m").isEmpty)
        #expect(sized(33).faults("m").map(\.code) == [.metadataTooLarge])
        let infinite = Metadata(members: ["n": .scalar(.number(.infinity))])
        #expect(infinite.faults("m").map(\.code) == [.invalidFormat])
    }
}
