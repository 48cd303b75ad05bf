import BigBlueButton
import Testing

@testable import PlenaryCore

/// Where a provider is (`rooms-api.md` 6.3).
@Suite struct HostURLTests {
    private static func fault(_ text: String) -> HostURL.Fault? {
        do throws(HostURL.Fault) { _ = try HostURL(text) } catch { return error }
        return nil
    }

    @Test(arguments: [
        ("https://scalelite.example.com", "https://scalelite.example.com/bigbluebutton/api"),
        ("https://scalelite.example.com/", "https://scalelite.example.com/bigbluebutton/api"),
        ("https://scalelite.example.com/bigbluebutton/api", "https://scalelite.example.com/bigbluebutton/api"),
        ("https://scalelite.example.com/bigbluebutton/api/", "https://scalelite.example.com/bigbluebutton/api"),
        ("https://Scalelite.Example.com:443/bigbluebutton/", "https://scalelite.example.com/bigbluebutton/api"),
        ("https://h.example:8443", "https://h.example:8443/bigbluebutton/api"),
        ("https://h.example/lb", "https://h.example/lb/bigbluebutton/api"),
        ("https://h.example//bigbluebutton//api", "https://h.example/bigbluebutton/api"),
        ("https://h.example/notbigbluebutton/api", "https://h.example/notbigbluebutton/api/bigbluebutton/api"),
        // Not in the table of the contract.
        (" \thttps://h.example \n", "https://h.example/bigbluebutton/api"),
        ("HTTPS://h.example", "https://h.example/bigbluebutton/api"),
        ("https://h.example./lb/bigbluebutton", "https://h.example/lb/bigbluebutton/api"),
        ("https://h.example/BigBlueButton/api", "https://h.example/BigBlueButton/api/bigbluebutton/api"),
        ("https://B\u{FC}cher.example/a%20b", "https://xn--bcher-kva.example/a%20b/bigbluebutton/api"),
        ("https://10.0.0.5", "https://10.0.0.5/bigbluebutton/api"),
        ("https://[2001:DB8::0:1]:8443/", "https://[2001:db8::1]:8443/bigbluebutton/api"),
    ]) func `the address of the API is made from what was typed`(given: String, api: String) throws {
        let url = try HostURL(given)
        #expect(url.api.text == api)
        // What was made is taken as it is.
        #expect(try HostURL(api).api == url.api)
    }

    @Test func `what was typed is kept, without blanks around it`() throws {
        let url = try HostURL(" https://Scalelite.Example.com:443/ ")
        #expect(url.given == "https://Scalelite.Example.com:443/")
        #expect(url.host == "scalelite.example.com" && url.port == 443)
        #expect(try HostURL("https://[::1]:8443").host == "::1")
        #expect(try HostURL("https://[::1]:8443").port == 8_443)
    }

    @Test(arguments: ["http://h.example", "HTTP://h.example", "ftp://h.example", "http://u:p@h.example"])
    func `without TLS nothing is called`(text: String) { #expect(Self.fault(text) == .tlsRequired) }

    @Test(arguments: [
        "", "scalelite.example.com", "h.example:8443", "https://", "https:///x", "https://:8443", "://h.example",
        "https://u:p@h.example", "https://u@h.example", "https://h.example?x=1", "https://h.example/#f",
        "https://h.example/bigbluebutton/api/create", "https://h.example/bigbluebutton/api/bigbluebutton/api",
        "https://h.example/a/../b", "https://h.example/./b", "https://h.example/%2E%2e/b", "https://h.example/.%2e",
        "https://h.example/a b", "https://h.example/a%2", "https://h.example/\\b", "https://h.example/\u{E4}",
        "https://h example", "https://h.example:0", "https://h.example:99999", "https://h.example:22",
        "https://h..example", "https://-h.example", "https://0x7f.1", "https://bu\u{308}cher.example",
        "https://\u{FF48}.example", "https://h\u{2014}x.example", "https://[::1", "https://[fe80::1%25eth0]",
    ]) func `anything else is refused with a rule`(text: String) {
        guard case .invalid? = Self.fault(text) else {
            Issue.record("\(text) is taken")
            return
        }
    }

    @Test func `an address of any length is read in time`() {
        #expect(Self.fault("https://" + String(repeating: "a/", count: 5_000)) != nil)
    }

    @Test(arguments: [
        ("b\u{FC}cher", "bcher-kva"), ("m\u{FC}nchen", "mnchen-3ya"),
        ("\u{43F}\u{440}\u{438}\u{43C}\u{435}\u{440}", "e1afmkfd"), ("\u{4F8B}\u{3048}", "r8jz45g"),
        ("\u{F1}and\u{FA}", "and-6ma2c"), ("stra\u{DF}e", "strae-oqa"),
        ("\u{65E5}\u{672C}\u{8A9E}", "wgv71a119e"), ("abc", "abc-"),
    ]) func `labels are written in ASCII`(label: String, encoded: String) {
        #expect(Punycode.encode(Array(label.unicodeScalars)) == encoded)
    }

    @Test func `hosts of any script have labels of ASCII`() {
        #expect(Punycode.asciiHost("B\u{DC}CHER.Example") == "xn--bcher-kva.example")
        #expect(Punycode.asciiHost("\u{4F8B}\u{3048}\u{3002}example") == "xn--r8jz45g.example")
        #expect(Punycode.asciiHost("xn--bcher-kva.example") == "xn--bcher-kva.example")
        #expect(Punycode.asciiHost(String(repeating: "\u{FC}", count: 70)) == nil)
    }
}
