import Testing

@testable import BigBlueButton

struct EndpointTests {
    // MARK: addresses

    @Test(arguments: [
        ("https://bbb.example.org", "https://bbb.example.org/bigbluebutton/api"),
        ("https://bbb.example.org/", "https://bbb.example.org/bigbluebutton/api"),
        ("https://bbb.example.org/bigbluebutton", "https://bbb.example.org/bigbluebutton/api"),
        ("https://bbb.example.org/bigbluebutton/", "https://bbb.example.org/bigbluebutton/api"),
        ("https://bbb.example.org/bigbluebutton/api", "https://bbb.example.org/bigbluebutton/api"),
        ("https://bbb.example.org/bigbluebutton/api/", "https://bbb.example.org/bigbluebutton/api"),
        ("https://bbb.example.org//bigbluebutton//api//", "https://bbb.example.org/bigbluebutton/api"),
        ("https://bbb.example.org/api", "https://bbb.example.org/api"),
        ("https://bbb.example.org/BBB/v1", "https://bbb.example.org/BBB/v1/api"),
        ("https://bbb.example.org/myapi", "https://bbb.example.org/myapi/api"),
        ("HTTPS://BBB.Example.ORG/BigBlueButton", "https://bbb.example.org/BigBlueButton/api"),
        (" \thttp://10.0.0.1:8090/bigbluebutton/api/ ", "http://10.0.0.1:8090/bigbluebutton/api"),
        ("http://[::1]:8090", "http://[::1]:8090/bigbluebutton/api"),
    ]) func `what people copy becomes one address`(given: String, expected: String) throws {
        let url = try #require(APIURL(given))
        #expect(url.text == expected)
        #expect("\(url)" == expected)
        #expect(APIURL(expected) == url)
    }

    @Test(arguments: [
        "", " ", "bbb.example.org", "ftp://bbb.example.org", "https:/bbb.example.org", "https://",
        "https:///bigbluebutton", "http://:8090",
        "https://user:pass@bbb.example.org", "https://user@bbb.example.org/", "https://bbb.example.org/?a=1",
        "https://bbb.example.org?",
        "https://bbb.example.org/#top", "https://bbb example.org", "https://bbb.example.org/a b",
        "https://bbb.example.org\\x",
        "https://bücher.example", "https://bbb.example.org/é", "https://bbb.example.org/<x>",
        "https://bbb.example.org/\"", "javascript:alert(1)",
        "//bbb.example.org",
    ]) func `what is no plain web address is refused`(given: String) {
        #expect(APIURL(given) == nil)
    }

    @Test(arguments: [
        "https://bbb.example.org\nHost: evil", "https://bbb.example.org/\r\nX: y", "https://bbb.\texample.org",
        "https://bbb.example.org/\u{0}",
        "https://bbb.example.org/\u{7F}",
    ]) func `an address with a control character is refused`(given: String) {
        #expect(APIURL(given) == nil)
    }

    @Test(arguments: [
        "https://bbb.example.org:", "https://bbb.example.org:abc", "https://bbb.example.org:80:80",
        "https://bbb.example.org:99999",
    ])
    func `an address with an impossible port is refused`(given: String) {
        #expect(APIURL(given) == nil)
    }

    @Test(arguments: [
        ("https://BBB.example.org", "bbb.example.org", "bbb.example.org", true),
        ("http://10.0.0.1:8090/api", "10.0.0.1:8090", "10.0.0.1", false),
        ("https://[::1]:8443/x", "[::1]:8443", "::1", true), ("http://[fe80::1]", "[fe80::1]", "fe80::1", false),
    ]) func `an address tells its host`(given: String, authority: String, host: String, isSecure: Bool) throws {
        let url = try #require(APIURL(given))
        #expect(url.authority == authority)
        #expect(url.host == host)
        #expect(url.isSecure == isSecure)
    }

    // MARK: calls

    private func endpoint() throws -> Endpoint {
        Endpoint(url: try #require(APIURL("https://bbb.example.org")), secret: .vector)
    }

    /// The call as the server at the other end reads it.
    private func received(_ outgoing: OutgoingCall) throws -> Call {
        let parts = outgoing.url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        #expect(parts.first.map(String.init) == "https://bbb.example.org/bigbluebutton/api/\(outgoing.call)")
        return Call(
            outgoing.call, method: outgoing.body == nil ? .get : .post, rawQuery: String(try #require(parts.last)),
            contentType: outgoing.body?.contentType, body: outgoing.body?.octets ?? [])
    }

    @Test func `a call without parameters carries its checksum alone`() throws {
        let call = try endpoint().request(.getMeetings)
        #expect(
            call.url == "https://bbb.example.org/bigbluebutton/api/getMeetings?checksum="
                + "a5370c5f3d97d56d53b435684cdbc429c2898a3bf9f435518b4279e1e0dbfc8c")
        #expect(call.body == nil)
        let old = try endpoint().request(.getMeetings, algorithm: .sha1)
        #expect(
            old.url
                == "https://bbb.example.org/bigbluebutton/api/getMeetings?checksum=2027baa7771026e9e93392f55031535d1444c41f"
        )
    }

    @Test func `a call of two words keeps its slash`() throws {
        let call = try endpoint().request("hooks/create", ["callbackURL": "https://example.com/cb"], algorithm: .sha1)
        #expect(
            call.url
                == "https://bbb.example.org/bigbluebutton/api/hooks/create?callbackURL=https%3A%2F%2Fexample.com%2Fcb"
                + "&checksum=01d7a419d4cfda5b1cff96991ea8cd605fc743e8")
    }

    @Test func `the version request carries nothing`() throws {
        #expect(try endpoint().request(.index).url == "https://bbb.example.org/bigbluebutton/api")
    }

    @Test(arguments: ChecksumAlgorithm.allCases) func `the checksum covers what is sent`(algorithm: ChecksumAlgorithm)
        throws
    {
        let parameters: Parameters = ["fullName": "Ann B", "meetingID": "m 1", "x": "a+b&c=d/é~*"]
        let call = try endpoint().request(.join, parameters, algorithm: algorithm)
        #expect(call.url.contains("/join?fullName=Ann%20B&meetingID=m%201&x=a%2Bb%26c%3Dd%2F%C3%A9~%2A&checksum="))
        let received = try received(call)
        #expect(received.signer(among: [.other, .vector], policy: .init(algorithms: [algorithm])) == 1)
        #expect(received.parameters.forForwarding == parameters)
    }

    @Test func `a long parameter moves to a form and the checksum covers the query alone`() throws {
        let welcome = String(repeating: "w", count: 5_000)
        let call = try endpoint().request(
            .create, ["name": "Test", "welcome": welcome, "meetingID": "m1", "record": "true"])
        let body = try #require(call.body)
        #expect(body.contentType == "application/x-www-form-urlencoded")
        #expect(body.octets == "welcome=\(welcome)".octets)
        #expect(call.url.contains("/create?name=Test&meetingID=m1&record=true&checksum="))
        let received = try received(call)
        #expect(received.signer(among: [.vector]) == 0)
        #expect(received.parameters["welcome"] == welcome)
        let tampered = Call(
            .create, method: .post, rawQuery: received.rawQuery.replacing("m1", with: "m2"),
            contentType: body.contentType, body: body.octets)
        #expect(tampered.signer(among: [.vector]) == nil)
    }

    @Test func `the longest move first and no more than must`() throws {
        let parameters: Parameters = [
            "a": String(repeating: "a", count: 50), "b": String(repeating: "b", count: 300),
            "meetingID": String(repeating: "m", count: 250),
            "c": String(repeating: "c", count: 200), "name": "n",
        ]
        let call = try endpoint().request(.create, parameters, longestQuery: 400)
        let form = Parameters(parsing: try #require(call.body).octets.text)
        #expect(form.all.map(\.name) == ["b", "c"])
        let received = try received(call)
        #expect(Parameters(parsing: received.rawQuery).all.map(\.name) == ["a", "meetingID", "name", "checksum"])
        #expect(received.signer(among: [.vector]) == 0)
        for name in ["a", "b", "c", "meetingID", "name"] { #expect(received.parameters[name] == parameters[name]) }
    }

    @Test func `the meeting id stays in the query however long it is`() throws {
        let id = String(repeating: "é", count: 200)
        let call = try endpoint().request(
            .create, ["meetingID": id, "name": "Test", "record": "true"], longestQuery: 100)
        let received = try received(call)
        #expect(Parameters(parsing: received.rawQuery).all.map(\.name) == ["meetingID", "checksum"])
        #expect(Parameters(parsing: try #require(call.body).octets.text) == ["name": "Test", "record": "true"])
        #expect(received.signer(among: [.vector]) == 0)
    }

    @Test func `a query of just the longest length stays`() throws {
        let parameters: Parameters = ["meetingID": "m1", "name": "Test"]
        let length = parameters.encoded().utf8.count
        #expect(try endpoint().request(.create, parameters, longestQuery: length).body == nil)
        #expect(
            try endpoint().request(.create, parameters, longestQuery: length - 1).body?.octets == "name=Test".octets)
    }

    @Test func `with a document everything stays in the URL`() throws {
        let welcome = String(repeating: "w", count: 5_000)
        let document = OutgoingCall.Body(octets: "<modules/>".octets, contentType: "text/xml")
        let call = try endpoint().request(.create, ["meetingID": "m1", "welcome": welcome], document: document)
        #expect(call.body == document)
        #expect(call.url.contains("welcome=\(welcome)&checksum="))
        #expect(try received(call).signer(among: [.vector]) == 0)
    }

    @Test func `only create moves parameters`() throws {
        let call = try endpoint().request(.join, ["meetingID": "m1", "fullName": String(repeating: "x", count: 5_000)])
        #expect(call.body == nil)
        #expect(try received(call).signer(among: [.vector]) == 0)
    }

    @Test(arguments: UInt64(0)..<100) func `whatever is sent is verified and complete at the other end`(seed: UInt64)
        throws
    {
        var generator = SplitMix64(seed: seed)
        var parameters: Parameters = ["meetingID": "m" + String.random(upTo: 40, using: &generator)]
        for index in 0..<Int.random(in: 0...20, using: &generator) {
            parameters["p\(index)"] = String.random(upTo: 200, using: &generator)
        }
        let call = try endpoint().request(
            .create, parameters, longestQuery: Int.random(in: 0...4_000, using: &generator))
        let received = try received(call)
        #expect(received.signer(among: [.vector]) == 0)
        #expect(received.signer(among: [.other]) == nil)
        #expect(Parameters(parsing: received.rawQuery)["meetingID"]?.octets == parameters["meetingID"]?.octets)
        #expect(received.parameters.forForwarding.all.count == parameters.all.count)
        for parameter in parameters.all {
            #expect(received.parameters[parameter.name]?.octets == parameter.value.octets)
        }
    }
}
