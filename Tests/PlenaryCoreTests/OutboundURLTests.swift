import Foundation
import Testing

@testable import PlenaryCore

struct OutboundURLTests {
    // MARK: what is called

    struct Accepted: Sendable {
        let text: String
        let host: String
        let port: Int

        init(_ text: String, _ host: String, _ port: Int) {
            self.text = text
            self.host = host
            self.port = port
        }
    }

    static let accepted: [Accepted] = [
        Accepted("https://lms.example.org/", "lms.example.org", 443),
        Accepted("https://lms.example.org", "lms.example.org", 443),
        Accepted("http://lms.example.org/end", "lms.example.org", 80),
        Accepted("HTTPS://LMS.Example.ORG/End?Recorded=False", "lms.example.org", 443),
        Accepted("https://lms.example.org:443/", "lms.example.org", 443),
        Accepted("https://lms.example.org:80/", "lms.example.org", 80),
        Accepted("http://lms.example.org:443/", "lms.example.org", 443),
        Accepted("https://lms.example.org:1024/", "lms.example.org", 1_024),
        Accepted("https://lms.example.org:8443/", "lms.example.org", 8_443),
        Accepted("https://lms.example.org:65535/", "lms.example.org", 65_535),
        Accepted("https://lms.example.org?end", "lms.example.org", 443),
        Accepted("https://lms.example.org:8443?end", "lms.example.org", 8_443),
        Accepted("https://lms.example.org/@user", "lms.example.org", 443),
        Accepted("https://lms.example.org/?to=a@b", "lms.example.org", 443),
        Accepted("https://lms.example.org/?u=http://127.0.0.1/", "lms.example.org", 443),
        Accepted("https://lms.example.org//127.0.0.1/", "lms.example.org", 443),
        Accepted("https://lms.example.org/a:b", "lms.example.org", 443),
        Accepted("https://lms.example.org/%00%0d%0a", "lms.example.org", 443),
        Accepted("https://lms.example.org/Gro\u{DF}er-Saal", "lms.example.org", 443),
        Accepted("https://lms.example.org./end", "lms.example.org", 443),
        Accepted("https://xn--mller-kva.example/", "xn--mller-kva.example", 443),
        Accepted("https://a.b-c.d_e.example/", "a.b-c.d_e.example", 443),
        Accepted("https://127.0.0.1.nip.io/", "127.0.0.1.nip.io", 443),
        Accepted("https://2130706433.example/", "2130706433.example", 443),
        Accepted("https://1.example/", "1.example", 443),
        Accepted("https://0x7f.example/", "0x7f.example", 443),
        Accepted("https://0b1/", "0b1", 443),
        Accepted("https://1e3/", "1e3", 443),
        Accepted("https://cafe/", "cafe", 443),
        Accepted("https://moodle/", "moodle", 443),
        Accepted("https://moodle.local/", "moodle.local", 443),
        Accepted("https://metadata.google.internal/", "metadata.google.internal", 443),
        Accepted("https://localhost.example.org/", "localhost.example.org", 443),
        Accepted("https://mylocalhost/", "mylocalhost", 443),
        Accepted("https://8.8.8.8/", "8.8.8.8", 443),
        Accepted("https://8.8.8.8:8080/", "8.8.8.8", 8_080),
        Accepted("https://[2606:4700::1111]/", "2606:4700::1111", 443),
        Accepted("https://[2606:4700::ABCD]:8443", "2606:4700::abcd", 8_443),
        Accepted("https://[::ffff:8.8.8.8]/", "::ffff:8.8.8.8", 443),
        Accepted("https://[::ffff:808:808]/", "::ffff:808:808", 443),
        Accepted("https://[64:ff9b::8.8.8.8]/", "64:ff9b::8.8.8.8", 443),
        Accepted("https://[2002:808:808::1]/", "2002:808:808::1", 443),
    ]

    @Test(arguments: OutboundURLTests.accepted) func `a URL of the Internet is called`(expected: Accepted) throws {
        let url = try OutboundURL(expected.text, allowPrivate: false, allowHTTP: true)
        #expect(url.text == expected.text)
        #expect(url.host == expected.host)
        #expect(url.port == expected.port)
        #expect(url.literal == IPAddress(expected.host))
        #expect(url.isSecure == expected.text.lowercased().hasPrefix("https:"))
        #expect(url.scheme == (url.isSecure ? "https" : "http"))
    }

    @Test(arguments: [
        ("https://lms.example.org/end#part", "https://lms.example.org/end"),
        ("https://lms.example.org#", "https://lms.example.org"),
        ("https://lms.example.org#@127.0.0.1/", "https://lms.example.org"),
        ("https://lms.example.org?a=b#c#d", "https://lms.example.org?a=b"),
    ]) func `a fragment is not sent`(text: String, kept: String) throws {
        let url = try OutboundURL(text, allowPrivate: false, allowHTTP: false)
        #expect(url.text == kept)
        #expect(url.host == "lms.example.org")
    }

    @Test(arguments: [
        ("https://lms.example.org/End?A=B", "https://lms.example.org/End?A=B"),
        ("HTTPS://LMS.Example.ORG./End?A=B#c", "https://lms.example.org/End?A=B"),
        ("https://LMS.example.org", "https://lms.example.org"),
        ("https://LMS.example.org:443?End", "https://lms.example.org?End"),
        ("https://lms.example.org:80/", "https://lms.example.org:80/"),
        ("http://lms.example.org:80/", "http://lms.example.org/"),
        ("http://lms.example.org:443//a", "http://lms.example.org:443//a"),
        ("https://[2606:4700::ABCD]:8443/?", "https://[2606:4700::abcd]:8443/?"),
        ("https://8.8.8.8:443", "https://8.8.8.8"),
        ("https://lms.example.org/Gro\u{DF}", "https://lms.example.org/Gro\u{DF}"),
    ]) func `what connects reads the host that was judged`(text: String, canonical: String) throws {
        let url = try OutboundURL(text, allowPrivate: false, allowHTTP: true)
        #expect(url.canonical == canonical)
        let again = try OutboundURL(url.canonical, allowPrivate: false, allowHTTP: true)
        #expect(again.canonical == canonical && again.text == canonical)
        #expect(again.host == url.host && again.port == url.port && again.literal == url.literal)
    }

    // MARK: what is not

    struct Refused: Sendable {
        let text: String
        let refusal: OutboundRefusal

        init(_ text: String, _ refusal: OutboundRefusal) {
            self.text = text
            self.refusal = refusal
        }
    }

    static let refused: [Refused] = [
        // No URL of ours.
        Refused("", .notHTTP),
        Refused("lms.example.org", .notHTTP),
        Refused("//lms.example.org/", .notHTTP),
        Refused("/end", .notHTTP),
        Refused("https:", .notHTTP),
        Refused("https:/lms.example.org/", .notHTTP),
        Refused("https:lms.example.org", .notHTTP),
        Refused("ftp://lms.example.org/", .notHTTP),
        Refused("file:///etc/passwd", .notHTTP),
        Refused("gopher://127.0.0.1:6379/_INFO", .notHTTP),
        Refused("javascript://lms.example.org/%0aalert(1)", .notHTTP),
        Refused("http+unix://%2Fvar%2Frun%2Fdocker.sock/", .notHTTP),
        Refused("httpss://lms.example.org/", .notHTTP),
        Refused("http\u{17F}://lms.example.org/", .notHTTP),
        Refused("#https://lms.example.org/", .notHTTP),

        // Characters.
        Refused(" https://lms.example.org/", .unprintable),
        Refused("https://lms.example.org/ ", .unprintable),
        Refused("https://lms.example.org/a b", .unprintable),
        Refused("https://lms.example.org/\r\nHost: inside", .unprintable),
        Refused("https://lms.example.org/\t", .unprintable),
        Refused("https://lms.example.org/\u{0}", .unprintable),
        Refused("https://lms.example.org/\u{7F}", .unprintable),
        Refused("https://lms.example.org/\u{85}", .unprintable),
        Refused("https://lms.example.org/\u{A0}", .unprintable),
        Refused("https://lms.example.org/\u{2028}", .unprintable),
        Refused("https://lms.example.org/\u{202E}gpj", .unprintable),
        Refused("https://lms.exam\u{AD}ple.org/", .unprintable),
        Refused("https://lms.exam\u{200B}ple.org/", .unprintable),
        Refused("https://lms.example.org\\@127.0.0.1/", .unprintable),
        Refused("https:\\\\lms.example.org\\", .unprintable),
        Refused("https://127.0.0.1\\.lms.example.org/", .unprintable),

        // Credentials.
        Refused("https://user@lms.example.org/", .credentials),
        Refused("https://user:password@lms.example.org/", .credentials),
        Refused("https://lms.example.org@127.0.0.1/", .credentials),
        Refused("https://lms.example.org:443@127.0.0.1/", .credentials),
        Refused("https://@lms.example.org/", .credentials),
        Refused("https://a@b@lms.example.org/", .credentials),

        // Hosts.
        Refused("https://", .badHost),
        Refused("https:///end", .badHost),
        Refused("https://:443/", .badHost),
        Refused("https://?end", .badHost),
        Refused("https://./", .badHost),
        Refused("https://.example.org/", .badHost),
        Refused("https://lms..example.org/", .badHost),
        Refused("https://lms.example.org../", .badHost),
        Refused("https://-lms.example.org/", .badHost),
        Refused("https://lms-.example.org/", .badHost),
        Refused("https://lms.ex+ample.org/", .badHost),
        Refused("https://lms.example.org;a/", .badHost),
        Refused("https://lms.example.org%2F@127.0.0.1/", .credentials),
        Refused("https://lms.example.org%00.evil.example/", .badHost),
        Refused("https://%31%32%37.0.0.1/", .badHost),
        Refused("https://%6cocalhost/", .badHost),
        Refused("https://m\u{FC}ller.example/", .badHost),
        Refused("https://lms\u{3002}example\u{3002}org/", .badHost),
        Refused("https://127\u{FF0E}0\u{FF0E}0\u{FF0E}1/", .badHost),
        Refused("https://127\u{FF61}0\u{FF61}0\u{FF61}1/", .badHost),
        Refused("https://\u{2460}\u{2461}\u{2466}.0.0.1/", .badHost),
        Refused("https://\u{661}.1.1.1/", .badHost),
        Refused("https://loca\u{131}host/", .badHost),
        Refused("https://\u{212A}ex.example/", .badHost),
        Refused("https://::1/", .badHost),
        Refused("https://::1:8080/", .badHost),
        Refused("https://[::1/", .badHost),
        Refused("https://[]/", .badHost),
        Refused("https://[::1]a/", .badHost),
        Refused("https://[::1].lms.example.org/", .badHost),
        Refused("https://[127.0.0.1]/", .badHost),
        Refused("https://[lms.example.org]/", .badHost),
        Refused("https://[fe80::1%25eth0]/", .badHost),
        Refused("https://[fe80::1%eth0]/", .badHost),
        Refused("https://[2606:4700::1111%25lo]/", .badHost),
        Refused("https://[v1.a:b]/", .badHost),
        Refused("https://[::ffff:127.1]/", .badHost),
        Refused("https://[::ffff:0177.0.0.1]/", .badHost),
        Refused("https://[1:2:3:4:5:6:7:8:9]/", .badHost),

        // Numbers that inet_aton or a browser reads as an address.
        Refused("https://2130706433/", .badHost),
        Refused("https://2130706433./", .badHost),
        Refused("https://017700000001/", .badHost),
        Refused("https://0x7f000001/", .badHost),
        Refused("https://0X7F000001/", .badHost),
        Refused("https://0x7f.1/", .badHost),
        Refused("https://0x7f.0x0.0x0.0x1/", .badHost),
        Refused("https://0x/", .badHost),
        Refused("https://127.0.0.0x1/", .badHost),
        Refused("https://127.1/", .badHost),
        Refused("https://127.0.1/", .badHost),
        Refused("https://127.0.0.1./", .badHost),
        Refused("https://8.8.8.8./", .badHost),
        Refused("https://0177.0.0.1/", .badHost),
        Refused("https://0177.0.0.01/", .badHost),
        Refused("https://127.0.0.01/", .badHost),
        Refused("https://127.000.000.001/", .badHost),
        Refused("https://08.8.8.8/", .badHost),
        Refused("https://256.1.1.1/", .badHost),
        Refused("https://1.1.1.1.1/", .badHost),
        Refused("https://0/", .badHost),
        Refused("https://0:8080/", .badHost),
        Refused("https://127.65535/", .badHost),
        Refused("https://10.1/", .badHost),
        Refused("https://0xa9fea9fe/", .badHost),
        Refused("https://2852039166/", .badHost),
        Refused("https://0251.0376.0251.0376/", .badHost),
        Refused("https://lms.example.123/", .badHost),
        Refused("https://lms.example.0xff/", .badHost),
        Refused("https://99999999999999999999/", .badHost),

        // Ports.
        Refused("https://lms.example.org:/", .badPort),
        Refused("https://lms.example.org:0/", .badPort),
        Refused("https://lms.example.org:22/", .badPort),
        Refused("https://lms.example.org:25/", .badPort),
        Refused("https://lms.example.org:53/", .badPort),
        Refused("https://lms.example.org:81/", .badPort),
        Refused("https://lms.example.org:1023/", .badPort),
        Refused("https://lms.example.org:65536/", .badPort),
        Refused("https://lms.example.org:99999999999999999999/", .badPort),
        Refused("https://lms.example.org:0443/", .badPort),
        Refused("https://lms.example.org:+443/", .badPort),
        Refused("https://lms.example.org:-1/", .badPort),
        Refused("https://lms.example.org:4a3/", .badPort),
        Refused("https://lms.example.org:0x1bb/", .badPort),
        Refused("https://lms.example.org:443:443/", .badPort),
        Refused("https://lms.example.org:\u{661}\u{662}\u{663}\u{664}/", .badPort),
        Refused("https://[2606:4700::1111]:/", .badPort),
        Refused("https://[2606:4700::1111]:22/", .badPort),

        // Addresses inside, and of nobody.
        Refused("https://localhost/", .privateAddress),
        Refused("https://LOCALHOST/", .privateAddress),
        Refused("https://localhost./", .privateAddress),
        Refused("https://localhost:8080/", .privateAddress),
        Refused("https://a.localhost/", .privateAddress),
        Refused("https://a.localhost./", .privateAddress),
        Refused("https://127.0.0.1/", .privateAddress),
        Refused("https://127.255.255.254:8443/", .privateAddress),
        Refused("https://0.0.0.0/", .privateAddress),
        Refused("https://10.0.0.1/", .privateAddress),
        Refused("https://172.16.0.1/", .privateAddress),
        Refused("https://192.168.1.1/", .privateAddress),
        Refused("https://100.64.0.1/", .privateAddress),
        Refused("https://169.254.169.254/latest/meta-data/", .privateAddress),
        Refused("https://224.0.0.1/", .privateAddress),
        Refused("https://255.255.255.255/", .privateAddress),
        Refused("https://192.0.2.1/", .privateAddress),
        Refused("https://[::]/", .privateAddress),
        Refused("https://[::1]/", .privateAddress),
        Refused("https://[0:0:0:0:0:0:0:1]:8080/", .privateAddress),
        Refused("https://[::127.0.0.1]/", .privateAddress),
        Refused("https://[::ffff:127.0.0.1]/", .privateAddress),
        Refused("https://[::FFFF:7F00:1]/", .privateAddress),
        Refused("https://[::ffff:169.254.169.254]/", .privateAddress),
        Refused("https://[64:ff9b::127.0.0.1]/", .privateAddress),
        Refused("https://[64:ff9b::a9fe:a9fe]/", .privateAddress),
        Refused("https://[64:ff9b:1::8.8.8.8]/", .privateAddress),
        Refused("https://[2002:7f00:1::]/", .privateAddress),
        Refused("https://[2002:a9fe:a9fe::1]/", .privateAddress),
        Refused("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", .privateAddress),
        Refused("https://[fe80::1]/", .privateAddress),
        Refused("https://[fec0::1]/", .privateAddress),
        Refused("https://[fd00:ec2::254]/", .privateAddress),
        Refused("https://[fc00::1]/", .privateAddress),
        Refused("https://[ff02::1]/", .privateAddress),
        Refused("https://[100::1]/", .privateAddress),
        Refused("https://[2001:db8::1]/", .privateAddress),
    ]

    @Test(arguments: OutboundURLTests.refused) func `a URL with a trick in it is not called`(expected: Refused) {
        #expect(throws: expected.refusal) {
            try OutboundURL(expected.text, allowPrivate: false, allowHTTP: true)
        }
    }

    @Test func `without TLS a URL is called where the settings allow it`() throws {
        #expect(throws: OutboundRefusal.httpNotAllowed) {
            try OutboundURL("http://lms.example.org/", allowPrivate: true, allowHTTP: false)
        }
        #expect(throws: OutboundRefusal.httpNotAllowed) {
            try OutboundURL("HTTP://127.0.0.1/", allowPrivate: false, allowHTTP: false)
        }
        #expect(try !OutboundURL("http://lms.example.org/", allowPrivate: false, allowHTTP: true).isSecure)
        #expect(try OutboundURL("https://lms.example.org/", allowPrivate: false, allowHTTP: false).isSecure)
    }

    @Test(arguments: [
        "http://localhost/", "http://localhost:8080/", "http://a.localhost/", "http://127.0.0.1:9000/",
        "http://10.1.2.3/", "http://192.168.0.1/", "http://[::1]:8080/", "http://[fd12::1]/",
        "http://[::ffff:10.0.0.1]/",
    ]) func `inside a URL is called where the settings allow it`(text: String) throws {
        #expect(try OutboundURL(text, allowPrivate: true, allowHTTP: true).text == text)
        #expect(throws: OutboundRefusal.privateAddress) {
            try OutboundURL(text, allowPrivate: false, allowHTTP: true)
        }
    }

    @Test(arguments: [
        "http://169.254.169.254/", "http://0.0.0.0/", "http://[::]/", "http://[fe80::1]/", "http://224.0.0.1/",
        "http://[::ffff:169.254.169.254]/", "http://100.100.100.200/", "http://[fd00:ec2::254]/",
    ]) func `no setting leads to a metadata service or to nobody`(text: String) {
        #expect(throws: OutboundRefusal.privateAddress) { try OutboundURL(text, allowPrivate: true, allowHTTP: true) }
    }

    @Test(arguments: [
        "http://2130706433/", "http://127.1/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[fe80::1%25eth0]/",
    ]) func `no setting lets an address be written in another form`(text: String) {
        #expect(throws: OutboundRefusal.badHost) { try OutboundURL(text, allowPrivate: true, allowHTTP: true) }
    }

    @Test func `a URL has at most 2048 octets, a name 253, and a part of it 63`() throws {
        let start = "https://lms.example.org/"
        func url(_ text: String) throws(OutboundRefusal) -> OutboundURL {
            try OutboundURL(text, allowPrivate: false, allowHTTP: false)
        }
        let longest = start + String(repeating: "a", count: 2_048 - start.utf8.count)
        #expect(try url(longest).text == longest)
        #expect(throws: OutboundRefusal.tooLong) { try url(longest + "a") }
        #expect(throws: OutboundRefusal.tooLong) { try url(start + String(repeating: "\u{DF}", count: 1_024)) }

        let label = String(repeating: "a", count: 63)
        #expect(try url("https://\(label).example/").host == "\(label).example")
        #expect(throws: OutboundRefusal.badHost) { try url("https://\(label)a.example/") }
        let name = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(try url("https://\(name)/").host == name)
        #expect(try url("https://\(name)./").host == name)
        #expect(throws: OutboundRefusal.badHost) { try url("https://a\(name)/") }
    }

    @Test func `neither a URL nor its refusal prints what it says`() throws {
        let url = try OutboundURL("https://lms.example.org/end?token=hidden", allowPrivate: false, allowHTTP: false)
        var dumped = ""
        dump(url, to: &dumped)
        for printed in ["\(url)", String(reflecting: url), dumped] {
            #expect(!printed.contains("hidden") && !printed.contains("example"))
        }
        for refusal in OutboundRefusal.allCases {
            #expect(!refusal.words.isEmpty && !refusal.words.contains("://"))
        }
        #expect(Set(OutboundRefusal.allCases.map(\.words)).count == OutboundRefusal.allCases.count)
    }

    @Test func `every refusal has its URLs`() {
        let seen = Set(Self.refused.map(\.refusal)).union([.httpNotAllowed, .tooLong])
        #expect(seen == Set(OutboundRefusal.allCases))
    }

    // MARK: addresses of a name

    /// What a name resolves to, what is called of it, and what is called where the settings allow private addresses.
    static let resolved: [([String], [String], [String])] = [
        ([], [], []),
        (["8.8.8.8"], ["8.8.8.8"], ["8.8.8.8"]),
        // All of them, in the resolver's order: at the first one nothing may listen.
        (["2606:4700::1111", "8.8.8.8"], ["2606:4700::1111", "8.8.8.8"], ["2606:4700::1111", "8.8.8.8"]),
        (["8.8.8.8", "127.0.0.1"], [], ["8.8.8.8", "127.0.0.1"]),
        (["127.0.0.1", "8.8.8.8"], [], ["127.0.0.1", "8.8.8.8"]),
        (["8.8.8.8", "::1"], [], ["8.8.8.8", "::1"]),
        (["10.0.0.1"], [], ["10.0.0.1"]),
        (["::ffff:8.8.8.8"], ["8.8.8.8"], ["8.8.8.8"]),
        (["::ffff:127.0.0.1"], [], ["127.0.0.1"]),
        (["8.8.8.8", "169.254.169.254"], [], []),
        (["10.0.0.1", "fe80::1"], [], []),
        (["0.0.0.0"], [], []),
    ]

    @Test(arguments: OutboundURLTests.resolved)
    func `one bad address spoils a name`(addresses: [String], outside: [String], inside: [String]) {
        let read = addresses.compactMap { IPAddress($0) }
        #expect(read.count == addresses.count)
        #expect(OutboundURL.judge(read, allowPrivate: false) == outside.compactMap { IPAddress($0) })
        #expect(OutboundURL.judge(read, allowPrivate: true) == inside.compactMap { IPAddress($0) })
    }

    // MARK: receivers

    @Test(arguments: [
        ("https://lms.example.org/a", "lms.example.org:443"), ("https://lms.example.org:443?b", "lms.example.org:443"),
        ("HTTPS://LMS.Example.Org./c#d", "lms.example.org:443"), ("http://lms.example.org", "lms.example.org:80"),
        ("http://lms.example.org?x=http://other.example/", "lms.example.org:80"),
        ("https://lms.example.org:8443/", "lms.example.org:8443"), ("http://127.0.0.1:8080/x", "127.0.0.1:8080"),
        ("https://[2606:4700:0::1111]/", "[2606:4700::1111]:443"),
        ("https://[2606:4700::1111]/", "[2606:4700::1111]:443"),
        // What is never called keeps nobody busy.
        ("", ""), ("lms.example.org", ""), ("ftp://lms.example.org/", ""), ("https://a@lms.example.org/", ""),
        ("http://169.254.169.254/x", ""),
    ]) func `one host and port is one receiver, however its URL is written`(text: String, receiver: String) {
        #expect(OutboundURL.receiver(of: text) == receiver)
    }

    // MARK: properties

    /// The oracle is what the system's resolver asks first.
    @Test(arguments: UInt64(0)..<100) func `what inet_aton reads is a plain address or refused`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var read = 0
        for _ in 0..<200 {
            let host = String.likeAnAddress(&random)
            let url = try? OutboundURL("https://\(host)/", allowPrivate: true, allowHTTP: false)  // Refused is fine.
            var bits = in_addr()
            guard inet_aton(host, &bits) != 0 else { continue }
            read += 1
            guard let url else { continue }
            #expect(url.literal == .v4(UInt32(bigEndian: bits.s_addr)), "\(host)")
        }
        #expect(read > 50)
    }

    /// Whoever connects reads the URL once more, with a parser of its own: both have to see the same host and port.
    @Test(arguments: UInt64(0)..<100) func `another parser sees the same host`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let letters = Array("/:@?#[].%0x1fZ-_;&=+!\\ \u{FF0E}\u{E9}")
        for _ in 0..<200 {
            var text = Array(made(Self.accepted.randomElement(using: &random)).text)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                let letter = made(letters.randomElement(using: &random))
                if random.chance(0.5) { text.insert(letter, at: place) } else { text[place] = letter }
            }
            let given = String(text)
            // Refused is fine, and so is what the other parser does not read at all.
            guard let url = try? OutboundURL(given, allowPrivate: true, allowHTTP: true) else { continue }
            for text in [url.text, url.canonical] {
                guard let other = URL(string: text), var host = other.host(percentEncoded: false) else { continue }
                if text == url.text {
                    host = host.lowercased()
                    if host.hasSuffix(".") { host.removeLast() }
                }
                #expect(host == url.host, "\(given)")
                #expect((other.port ?? (url.isSecure ? 443 : 80)) == url.port, "\(given)")
                #expect(other.user() == nil && other.password() == nil, "\(given)")
                #expect(other.scheme?.lowercased() == url.scheme, "\(given)")
            }
        }
    }

    @Test func `a URL that is cut anywhere is called or refused`() throws {
        for text in Self.accepted.map(\.text) + Self.refused.map(\.text) {
            for count in 0...text.unicodeScalars.count {
                let cut = String(String.UnicodeScalarView(text.unicodeScalars.prefix(count)))
                // Refused is fine; what counts is that it ends.
                guard let url = try? OutboundURL(cut, allowPrivate: false, allowHTTP: true) else { continue }
                #expect(try OutboundURL(url.text, allowPrivate: false, allowHTTP: true) == url, "\(cut)")
                #expect(url.literal?.isPublic ?? true, "\(cut)")
            }
        }
    }
}

extension String {
    /// One to five numbers in decimal, octal or hexadecimal, joined by dots.
    fileprivate static func likeAnAddress(_ random: inout SplitMix64) -> String {
        let count = random.chance(0.1) ? 5 : Int.random(in: 1...4, using: &random)
        let parts = (1...count).map { index -> String in
            // The last number takes all the octets that are left.
            let most: UInt64 = index == count && count < 4 && random.chance(0.7) ? 1 << UInt64(8 * (5 - count)) : 256
            let number = UInt64.random(in: 0..<most, using: &random)
            return switch Int.random(in: 0...3, using: &random) {
            case 0: "0" + String(number, radix: 8)
            case 1: (random.chance(0.5) ? "0x" : "0X") + String(number, radix: 16, uppercase: random.chance(0.5))
            default: String(number)
            }
        }
        return parts.joined(separator: ".") + (random.chance(0.05) ? "." : "")
    }
}
