import PlenaryCore
import Testing

@Suite struct TrustedProxiesTests {
    private static let proxies = TrustedProxies(
        ["127.0.0.0/8", "10.1.0.0/16", "::1", "fd00::/8"].compactMap(IPNetwork.init))

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "203.0.113.9", true),
        ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("fd00::/8", "fd12::1", true),
        ("fd00::/8", "fe80::1", false), ("2001:db8::/65", "2001:db8::1", true),
        ("2001:db8::/65", "2001:db8:0:0:8000::1", false), ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("::/0", "10.0.0.1", false),
    ]) func `a network has the addresses that begin as it does`(network: String, address: String, isIn: Bool) throws {
        #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(arguments: ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "10.0/8", "host/8", "10.0.0.0/-1"])
    func `what is no network is none`(text: String) { #expect(IPNetwork(text) == nil) }

    @Test(arguments: [
        // Nobody stands between us: what he says of himself counts for nothing.
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        // Whoever writes the header himself stands before what our proxies add.
        ("127.0.0.1", "192.0.2.1, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7:4711", "198.51.100.7"), ("::1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("127.0.0.1", "unknown", "127.0.0.1"), ("127.0.0.1", "192.0.2.1, _hidden, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
    ]) func `the client is the last one whom no proxy of ours is`(peer: String, forwarded: String, client: String) {
        #expect(Self.proxies.client(peer: IPAddress(peer), forwarded: forwarded) == IPAddress(client))
    }

    @Test func `without a header, and without a connection, there is what there is`() {
        #expect(Self.proxies.client(peer: IPAddress("127.0.0.1"), forwarded: nil) == IPAddress("127.0.0.1"))
        #expect(Self.proxies.client(peer: nil, forwarded: "192.0.2.1") == nil)
    }
}
