import Testing

@testable import BigBlueButton

struct ParametersTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let expected: [[String]]
        var testDescription: String { text.debugDescription }
    }

    @Test(arguments: [
        Case(text: "", expected: []),
        Case(text: "&", expected: []),
        Case(text: "&&&", expected: []),
        Case(text: "=", expected: []),
        Case(text: "=1", expected: []),
        Case(text: "a", expected: [["a", ""]]),
        Case(text: "a=", expected: [["a", ""]]),
        Case(text: "a=1", expected: [["a", "1"]]),
        Case(text: "a=1&", expected: [["a", "1"]]),
        Case(text: "&a=1", expected: [["a", "1"]]),
        Case(text: "a=1&&b=2", expected: [["a", "1"], ["b", "2"]]),
        Case(text: "a=1=2", expected: [["a", "1=2"]]),
        Case(text: "a==", expected: [["a", "="]]),
        Case(text: "a=1&a=2&A=3", expected: [["a", "1"], ["a", "2"], ["A", "3"]]),
        Case(text: "a+b=c+d", expected: [["a b", "c d"]]),
        Case(text: "a%20b=c%2Bd&e%26=%3D", expected: [["a b", "c+d"], ["e&", "="]]),
        Case(text: "a=1;b=2", expected: [["a", "1;b=2"]]),
        Case(text: "a=%zz&b=2", expected: [["b", "2"]]),
        Case(text: "%=1&b=2&%4", expected: [["b", "2"]]),
        Case(text: "a=%FF&b=2", expected: [["a", "\u{FFFD}"], ["b", "2"]]),
        Case(text: "a=1&\u{301}b=2&c==\u{301}", expected: [["a", "1"], ["\u{301}b", "2"], ["c", "=\u{301}"]]),
        Case(text: "a=\r\n&b", expected: [["a", "\r\n"], ["b", ""]]),
        Case(text: "é=ü", expected: [["é", "ü"]]),
    ]) func `a query is read as a servlet container reads it`(sample: Case) {
        let read = Parameters(parsing: sample.text)
        #expect(read.all.map { [$0.name.octets, $0.value.octets] } == sample.expected.map { $0.map(\.octets) })
        #expect(read.isEmpty == sample.expected.isEmpty)
    }

    @Test func `a part of a string is read like the whole`() {
        let text = "x?a=1&b=2#y"
        #expect(Parameters(parsing: text.dropFirst(2).dropLast(2)) == ["a": "1", "b": "2"])
    }

    @Test func `the first of repeated names counts`() {
        let parameters = Parameters(parsing: "a=1&b=2&a=3")
        #expect(parameters["a"] == "1")
        #expect(parameters["b"] == "2")
        #expect(parameters["c"] == nil)
        #expect(parameters["A"] == nil)
    }

    @Test func `assigning replaces the first and drops the others`() {
        var parameters = Parameters(parsing: "a=1&b=2&a=3&c=4")
        parameters["a"] = "5"
        #expect(parameters == ["a": "5", "b": "2", "c": "4"])
        parameters["b"] = nil
        #expect(parameters == ["a": "5", "c": "4"])
        parameters["d"] = ""
        #expect(parameters == ["a": "5", "c": "4", "d": ""])
        parameters["e"] = nil
        #expect(parameters == ["a": "5", "c": "4", "d": ""])
    }

    @Test func `removing removes every occurrence`() {
        var parameters = Parameters(parsing: "a=1&b=2&a=3")
        parameters["a"] = nil
        #expect(parameters == ["b": "2"])
    }

    @Test func `what goes on has no checksum and each name once`() {
        let parameters = Parameters(parsing: "b=1&checksum=x&a=2&b=3&checksum=y&Checksum=z")
        #expect(parameters.forForwarding == ["b": "1", "a": "2", "Checksum": "z"])
        #expect(parameters.all.count == 6)
    }

    @Test func `parameters are filtered and appended in order`() {
        var parameters: Parameters = ["a": "1", "b": "2"]
        parameters.append(contentsOf: ["a": "3"])
        #expect(parameters.all.map(\.value) == ["1", "2", "3"])
        #expect(parameters.filter { $0.name == "a" }.all.map(\.value) == ["1", "3"])
    }

    @Test func `parameters are written in either style`() {
        let parameters: Parameters = ["a b": "c d", "é": "", "x": "~*"]
        #expect(parameters.encoded() == "a%20b=c%20d&%C3%A9=&x=~%2A")
        #expect(parameters.encoded(style: .java) == "a+b=c+d&%C3%A9=&x=%7E*")
        #expect(Parameters().encoded() == "")
    }

    @Test(arguments: UInt64(0)..<200) func `written parameters are read again`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let parameters = Parameters(
            (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                Parameters.Parameter(
                    name: "n" + String.random(upTo: 12, using: &generator),
                    value: String.random(upTo: 40, using: &generator))
            })
        for style in [FormCoding.Style.uri, .java] {
            let read = Parameters(parsing: parameters.encoded(style: style))
            #expect(
                read.all.map { [$0.name.octets, $0.value.octets] }
                    == parameters.all.map { [$0.name.octets, $0.value.octets] })
        }
    }
}
