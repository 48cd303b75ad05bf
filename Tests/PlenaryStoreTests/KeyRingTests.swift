import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct KeyRingTests {
    @Test(arguments: ["x", "hunter2 hunter2", "schlüssel 🔑", String(repeating: "long ", count: 2_000) + "end"])
    func `what is sealed opens again, and is never the same twice`(text: String) throws {
        let ring = try KeyRing.sample()
        let secret = try Secret.sample(text)
        let sealed = try ring.seal(secret, of: "servers/4")
        #expect(sealed.hasPrefix("v1.\(ring.current)."))
        #expect(!sealed.contains(text) || text.count == 1)
        #expect(try ring.open(sealed, of: "servers/4") == secret)
        #expect(try ring.seal(secret, of: "servers/4") != sealed)
    }

    @Test(arguments: ["servers/5", "servers/44", "servers/", "", "account_secrets/4/account/1", "servers/4 "])
    func `what is sealed for one row does not open in another`(row: String) throws {
        let ring = try KeyRing.sample()
        let sealed = try ring.seal(.sample("red"), of: "servers/4")
        #expect(throws: StoreFault.unreadable("secret of \(row)")) { _ = try ring.open(sealed, of: row) }
    }

    @Test func `what was changed in any place does not open`() throws {
        let ring = try KeyRing.sample()
        let sealed = Array(try ring.seal(.sample("red"), of: "servers/4"))
        for index in sealed.indices {
            var changed = sealed
            changed[index] = sealed[index] == "A" ? "B" : "A"
            #expect(throws: StoreFault.self, "\(index)") { _ = try ring.open(String(changed), of: "servers/4") }
            changed.remove(at: index)
            #expect(throws: StoreFault.self, "\(index)") { _ = try ring.open(String(changed), of: "servers/4") }
        }
        let id = ring.current
        for text in ["", "red", "v1", "v1.\(id)", "v1.\(id).", "v1.\(id).AAAA", "v2.\(id).AAAA", "v1.\(id).AAAA.A"] {
            #expect(throws: StoreFault.unreadable("secret of servers/4")) { _ = try ring.open(text, of: "servers/4") }
        }
    }

    @Test func `an older key still opens, and one that is not there is named`() throws {
        let (old, both) = (try KeyRing.sample(1), try KeyRing.sample(2, 1))
        let sealed = try old.seal(.sample("red"), of: "servers/4")
        #expect(try both.open(sealed, of: "servers/4") == .sample("red"))
        let newest = try KeyRing.sample(2).current
        #expect(both.ids == [newest, old.current] && newest != old.current)
        let new = try both.seal(.sample("red"), of: "servers/4")
        #expect(throws: StoreFault.keyMissing(id: both.current)) { _ = try old.open(new, of: "servers/4") }
    }

    @Test func `keys are read from lines of hexadecimal digits or base64`() throws {
        let one = String(repeating: "01", count: 32)
        let ring = try KeyRing.sample(1)
        let upper = String(repeating: "AB", count: 32)
        #expect(try KeyRing(text: upper).ids == KeyRing(text: upper.lowercased()).ids)
        // 32 octets of 1.
        let base64 = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
        for text in [
            one, "  \(one)\n\n", "# new, and old\n\n\(one)\r\n", base64, "\(one)\n\(one)\n", "\(one), \(base64)",
        ] {
            #expect(try KeyRing(text: text).ids == ring.ids, "\(text)")
        }
        let two = String(repeating: "02", count: 32)
        let both = try KeyRing.sample(2, 1)
        for text in ["\(two)\n\(one)", "\(two),\(one)", " # note\n\(two)\n# old\n\(one)\n"] {
            #expect(try KeyRing(text: text).ids == both.ids, "\(text)")
        }
        #expect(KeyRing.newest(in: "# note\n \(two)\n\(one)\n") == two && KeyRing.newest(in: "# note") == nil)
    }

    @Test func `a text without keys is refused by its line, and never quoted`() throws {
        let one = String(repeating: "01", count: 32)
        for text in ["", "\n \n", "# \(one)", ","] {
            #expect(throws: KeyFault.empty, "\(text)") { _ = try KeyRing(text: text) }
        }
        let short = String(one.dropLast(2))
        for text in [
            short, one + "00", "+\(one.dropFirst())", String(repeating: "0g", count: 32), "AQEB",
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
        ] {
            #expect(throws: KeyFault.malformed(line: 2), "\(text)") { _ = try KeyRing(text: "\(one)\n\(text)") }
        }
        #expect(!KeyFault.malformed(line: 2).words.contains("01"))
    }

    @Test func `keys do not print`() throws {
        let ring = try KeyRing.sample()
        var text = ""
        dump(ring, to: &text)
        #expect("\(ring)" == "***" && String(reflecting: ring) == "***" && !text.contains("newest"))
    }
}
