import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenarySimulator
import Testing

/// Holds answers against the examples of the contract (`rooms-api.md`): the same names, the same kinds, the same values.
struct ContractExample {
    /// Where the value is of one installation: pointers, with `*` for every element of a list. It has the kind and the form of the
    /// example there: an id, a time, `null`.
    let varying: Set<String>
    /// Where there is more than in the example.
    let more: Set<String>

    /// What differs, with its place.
    func differences(_ answer: JSON, _ example: JSON, at place: String = "") -> [String] {
        if varying.contains(place) {
            let (found, wanted) = (Self.form(answer), Self.form(example))
            return found == wanted ? [] : ["\(place): \(found), not \(wanted)"]
        }
        switch (answer, example) {
        case (.object(let found), .object(let wanted)):
            var differences: [String] = []
            for member in wanted {
                if let value = answer[member.name] {
                    differences += self.differences(value, member.value, at: "\(place)/\(member.name)")
                } else {
                    differences.append("\(place)/\(member.name): is missing")
                }
            }
            for member in found where example[member.name] == nil {
                let name = "\(place)/\(member.name)"
                if !more.contains(name) { differences.append("\(name): is not in the example") }
            }
            return differences
        case (.list(let found), .list(let wanted)):
            guard found.count == wanted.count else {
                return ["\(place): \(found.count) elements, not \(wanted.count)"]
            }
            return zip(found, wanted).flatMap { differences($0, $1, at: "\(place)/*") }
        default: return answer == example ? [] : ["\(place): \(answer.encoded), not \(example.encoded)"]
        }
    }

    private static func form(_ json: JSON) -> String {
        switch json {
        case .null: return "null"
        case .bool: return "bool"
        case .number(let number): return number.integer == nil ? "number" : "integer"
        case .list: return "list"
        case .object: return "object"
        case .text(let text):
            if let time = WireTime(timestamp: text) { return time.timestamp == text ? "time" : "time in another form" }
            switch ResourceReference(text) {
            case .id?: return "id"
            case .uuid?: return "uuid"
            case .ulid?: return "ulid"
            case nil: return "text"
            }
        }
    }

    /// What every resource has of its own.
    static let identity: Set<String> = ["/id", "/uuid", "/ulid", "/created_at", "/updated_at"]
}

/// Expects an answer to be the example, on the address of the tests.
func expectExample(
    _ answer: JSON, _ example: String, varying: Set<String> = [], more: Set<String> = [],
    at location: SourceLocation = #_sourceLocation
) throws {
    let here = example.replacing("https://rooms.example", with: "https://plenary.example")
    let wanted = try JSONReader.read(Array(here.utf8))
    let differences = ContractExample(varying: varying, more: more).differences(answer, wanted)
    #expect(differences == [], Comment(rawValue: answer.encoded), sourceLocation: location)
}

/// Expects a problem to be the example, and to be named as the request is.
func expectProblem(
    _ reply: APIReply, _ example: String, varying: Set<String> = [], at location: SourceLocation = #_sourceLocation
) throws {
    try expectExample(reply.json, example, varying: varying.union(["/request_id"]), at: location)
    let id = reply.json["request_id"]?.text ?? ""
    #expect(id.hasPrefix("req_") && ResourceReference(String(id.dropFirst(4))) != nil, sourceLocation: location)
    #expect(reply.header("X-Request-Id") == id, sourceLocation: location)
    #expect(reply.header("Content-Type") == Problem.mediaType, sourceLocation: location)
    #expect(reply.json["status"] == .integer(reply.status), sourceLocation: location)
}

extension Desk {
    /// Goes on to the time of the examples. Nothing must have happened before.
    func goes(to timestamp: String) throws {
        let time = try #require(WireTime(timestamp: timestamp))
        clock.advance(by: time.since(clock.now))
    }
}

@Suite struct ContractExampleTests {
    @Test(
        arguments: [
            (#"{"a":1,"b":[{"c":"x"}]}"#, []), (#"{"b":[{"c":"x"}],"a":1}"#, []), (#"{"a":1.0,"b":[{"c":"x"}]}"#, []),
            (#"{"a":2,"b":[{"c":"x"}]}"#, ["/a: 2, not 1"]), (#"{"b":[{"c":"x"}]}"#, ["/a: is missing"]),
            (#"{"a":1,"b":[{"c":"x"}],"d":1}"#, ["/d: is not in the example"]),
            (#"{"a":1,"b":[{"c":null}]}"#, ["/b/*/c: null, not text"]), (#"{"a":1,"b":[{"c":"y","e":1}]}"#, []),
            (#"{"a":1,"b":[]}"#, ["/b: 0 elements, not 1"]),
        ] as [(String, [String])])
    func `what differs from an example is told`(answer: String, told: [String]) throws {
        let example = try JSONReader.read(Array(#"{"a":1,"b":[{"c":"x"}]}"#.utf8))
        let check = ContractExample(varying: ["/b/*/c"], more: ["/b/*/e"])
        #expect(check.differences(try JSONReader.read(Array(answer.utf8)), example) == told)
    }
}
