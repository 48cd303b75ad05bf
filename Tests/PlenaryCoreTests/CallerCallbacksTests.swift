import BigBlueButton
import Testing

@testable import PlenaryCore

/// Where callers want to be told what becomes of a meeting (`balancer.md` 3, `bbb-api.md` 10).
@Suite struct CallerCallbacksTests {
    struct Name: Sendable, CustomTestStringConvertible {
        /// As a caller may write it.
        let given: String
        /// As answers spell it; `nil`: it is none of these.
        let stored: String?
        let kind: CallerCallbacks.Kind?

        init(_ given: String, _ stored: String? = nil, _ kind: CallerCallbacks.Kind? = nil) {
            self.given = given
            self.stored = stored
            self.kind = kind
        }

        var testDescription: String { given }
    }

    static let names = [
        Name("meta_endCallbackUrl", "endcallbackurl", .end),
        Name("meta_endcallbackurl", "endcallbackurl", .end),
        Name("meta_ENDCALLBACKURL", "endcallbackurl", .end),
        Name("meetingEndedURL", "meetingEndedURL", .ended),
        Name("meta_bbb-recording-ready-url", "bbb-recording-ready-url", .recording),
        Name("meta_bn-recording-ready-url", "bn-recording-ready-url", .recording),
        Name("meta_BN-Recording-Ready-URL", "bn-recording-ready-url", .recording),
        Name("meta_canvas-recording-ready-url", "canvas-recording-ready-url", .recording),
        Name("meta_analytics-callback-url", "analytics-callback-url", .analytics),
        // Only what is metadata is metadata, and only that is spelled in any letter case.
        Name("endCallbackUrl"), Name("endcallbackurl"), Name("META_endCallbackUrl"), Name("Meta_endcallbackurl"),
        Name("meetingendedurl"), Name("meetingEndedUrl"), Name("meta_meetingEndedURL"), Name("meta_meetingendedurl"),
        Name("bbb-recording-ready-url"), Name("analytics-callback-url"), Name("meta_analytics-callback-url2"),
        Name("meta_"), Name("meta_ endcallbackurl"), Name("logoutURL"), Name("meta_callback"),
    ]

    @Test(arguments: names) func `names mean what they mean to servers`(name: Name) {
        let url = "https://lms.example/x?a=1&b=%20#c"
        let callbacks = CallerCallbacks([name.given: url, "name": "Room"])
        #expect(callbacks.isEmpty == (name.kind == nil))
        #expect(callbacks.entries.map(\.name) == [name.stored].compactMap { $0 })
        for kind in CallerCallbacks.Kind.allCases {
            let expected: String? = kind == name.kind ? url : nil
            #expect(callbacks.url(for: kind) == expected, "\(kind)")
        }
        if let stored = name.stored { #expect(callbacks.url(named: stored) == url) }
    }

    @Test func `an empty address is none`() {
        let callbacks = CallerCallbacks(["meta_endCallbackUrl": "", "meetingEndedURL": ""])
        #expect(callbacks.isEmpty && callbacks == CallerCallbacks.none)
        let given: Parameters = ["meetingEndedURL": "", "name": "Room"]
        let sent = callbacks.replacing(in: given) { _ in "ours" }
        #expect(sent == given)
    }

    @Test func `of a name that comes twice the first one counts, whatever its letter case`() {
        let callbacks = CallerCallbacks([
            "meta_endcallbackurl": "", "meta_endCallbackUrl": "https://one.example/",
            "meta_ENDcallbackURL": "https://two.example/", "meta_endcallbackurl": "https://three.example/",
        ])
        #expect(callbacks.entries.map(\.url) == ["https://one.example/"])
    }

    @Test func `of the three names for recordings BigBlueButton's own comes first, then Moodle's`() {
        let all: [(String, String)] = [
            ("meta_canvas-recording-ready-url", "https://canvas.example/"),
            ("meta_bn-recording-ready-url", "https://moodle.example/"),
            ("meta_bbb-recording-ready-url", "https://greenlight.example/"),
        ]
        for count in 1...3 {
            let given = Parameters(all.prefix(count).map { .init(name: $0.0, value: $0.1) })
            let callbacks = CallerCallbacks(given)
            #expect(callbacks.entries.count == count)
            #expect(callbacks.url(for: .recording) == all[count - 1].1)
        }
    }

    @Test func `what is stored is read again`() {
        let given: Parameters = [
            "meta_endCallbackUrl": "https://lms.example/é?a=1&b=2+3&c=%26#top", "meetingEndedURL": "not a url at all",
            "meta_analytics-callback-url": "https://lms.example/\u{1F600}=&", "meta_other": "x",
        ]
        let callbacks = CallerCallbacks(given)
        #expect(callbacks.entries.count == 3)
        #expect(CallerCallbacks(stored: callbacks.stored) == callbacks)
        #expect(CallerCallbacks(stored: "") == CallerCallbacks.none)
        #expect(CallerCallbacks(stored: "somethingNew=x&endcallbackurl=y").entries.map(\.url) == ["y"])
    }

    @Test func `servers get ours in every place, and everything else as it came`() {
        let given: Parameters = [
            "name": "Room", "meta_endCallbackUrl": "https://lms.example/end", "meetingID": "m-1",
            "meta_endcallbackurl": "https://lms.example/again", "meetingEndedURL": "https://lms.example/ended",
            "meta_bn-recording-ready-url": "", "meta_course": "https://lms.example/end", "name": "Again",
        ]
        let replaced = CallerCallbacks(given).replacing(in: given) { "https://ours.example/\($0.rawValue)" }
        let expected: Parameters = [
            "name": "Room", "meta_endCallbackUrl": "https://ours.example/end", "meetingID": "m-1",
            "meta_endcallbackurl": "https://ours.example/end", "meetingEndedURL": "https://ours.example/ended",
            "meta_bn-recording-ready-url": "", "meta_course": "https://lms.example/end", "name": "Again",
        ]
        #expect(replaced == expected)
    }

    @Test func `answers hold all of them but the one that participants never see`() {
        #expect(!CallerCallbacks.metadataNames.contains("meetingEndedURL"))
        let stored = Set(Self.names.compactMap(\.stored)).subtracting(["meetingEndedURL"])
        #expect(CallerCallbacks.metadataNames == stored)
    }

    @Test(arguments: UInt64(0)..<100) func `no address of a caller's is left where one of ours must stand`(seed: UInt64)
    {
        var random = SplitMix64(seed: seed)
        var all: [Parameters.Parameter] = []
        for number in 0..<Int.random(in: 0...12, using: &random) {
            let name = Self.names.randomElement(using: &random)?.given ?? "name"
            all.append(.init(name: name, value: random.chance(0.2) ? "" : "https://lms.example/\(number)"))
        }
        let given = Parameters(all)
        let callbacks = CallerCallbacks(given)
        let sent = callbacks.replacing(in: given) { "ours \($0.rawValue)" }
        #expect(sent.all.map(\.name) == given.all.map(\.name))
        for (before, after) in zip(given.all, sent.all) {
            let kind = Self.names.first { $0.given == before.name }?.kind
            let expected = before.value.isEmpty ? "" : kind.map { "ours \($0.rawValue)" } ?? before.value
            #expect(after.value == expected, "\(before.name)")
        }
        #expect(CallerCallbacks(stored: callbacks.stored) == callbacks)
        // Each name once, and each with something that the caller said.
        #expect(Set(callbacks.entries.map(\.name)).count == callbacks.entries.count)
        #expect(callbacks.entries.allSatisfy { entry in given.all.contains { $0.value == entry.url } })
    }
}
