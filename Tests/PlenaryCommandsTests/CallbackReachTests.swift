import BigBlueButton
import Testing

@testable import PlenaryCommands

/// Who cannot call back where he is told to.
@Suite struct CallbackReachTests {
    @Test(arguments: [
        "localhost", "LOCALHOST.", "bbb.localhost", "127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::",
        "::ffff:127.0.0.1",
        "::ffff:0.0.0.0",
    ]) func `these are the machine itself`(host: String) { #expect(CallbackReach.isThisMachine(host)) }

    @Test(arguments: [
        "bbb1.example.org", "localhost.example.org", "notlocalhost", "10.0.0.1", "192.168.1.1", "128.0.0.1", "::2",
        "fd00::1", "2001:db8::1", "::ffff:10.0.0.1", "",
    ]) func `these are not`(host: String) { #expect(!CallbackReach.isThisMachine(host)) }

    @Test func `servers elsewhere cannot reach a loopback address, servers beside us can`() throws {
        let servers = try ["http://127.0.0.1:8090", "https://bbb1.example.org", "http://[::1]:8091", "http://10.0.0.7"]
            .map { try #require(APIURL($0)) }
        let cases = [
            ("http://127.0.0.1:8080", [1, 3]), ("http://localhost:8080", [1, 3]), ("http://[::1]:8080", [1, 3]),
            ("http://0.0.0.0:8080", [1, 3]), ("http://10.0.0.5:8080", []), ("https://meet.example.org", []), ("", []),
        ]
        for (url, expected) in cases {
            let found = CallbackReach.strangers(among: servers, callbacksURL: url)
            #expect(found == expected.map { servers[$0] }, "\(url)")
        }
    }
}
