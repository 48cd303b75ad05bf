import BigBlueButton
import Testing

@testable import PlenaryCore

/// What a create asks of the balancer itself (`balancer.md` 3).
@Suite struct TagWishTests {
    struct Grammar: Sendable, CustomTestStringConvertible {
        let text: String
        let tags: [String]
        let isRequired: Bool

        init(_ text: String, _ tags: [String], required: Bool = false) {
            self.text = text
            self.tags = tags
            isRequired = required
        }

        var testDescription: String { "'\(text)'" }
    }

    @Test(arguments: [
        Grammar("", []), Grammar("gpu", ["gpu"]), Grammar("gpu!", ["gpu"], required: true),
        Grammar("a;b", ["a", "b"]), Grammar("a;b!", ["a", "b"], required: true), Grammar("none", ["none"]),
        Grammar("none!", ["none"], required: true), Grammar("a;none", ["a", "none"]),
        // In any letter case, with blanks and empty parts.
        Grammar("GPU;Eu-West", ["gpu", "eu-west"]), Grammar(" a ; b !", ["a", "b"], required: true),
        Grammar("a! ", ["a"], required: true),
        Grammar(";;a;;", ["a"]), Grammar(";", []), Grammar(" ", []), Grammar("!", [], required: true),
        // Only the last mark is one.
        Grammar("a!;b", ["a!", "b"]), Grammar("a!!", ["a!"], required: true),
    ])
    func `a wish is read as it is written`(grammar: Grammar) {
        let wish = TagWish(grammar.text)
        #expect(wish.tags == grammar.tags)
        #expect(wish.isRequired == grammar.isRequired)
    }

    @Test func `a server matches by any of its tags, and none stands for those without`() {
        #expect(TagWish("a;b").matches(["b", "c"]))
        #expect(!TagWish("a;b").matches(["c"]))
        #expect(!TagWish("a").matches([]))
        #expect(TagWish("none").matches([]))
        #expect(!TagWish("none").matches(["a"]))
        #expect(TagWish("a;none").matches([]) && TagWish("a;none").matches(["a"]))
        #expect(!TagWish("").matches(["a"]))
        // Servers are marked in lower case.
        #expect(TagWish("GPU").matches(["gpu"]))
    }

    // MARK: choosing

    private static func server(_ number: Int64, _ tags: String...) -> Server {
        Server(
            id: ServerID(number), name: made(Slug("bbb\(number)")),
            endpoint: Endpoint(
                url: made(APIURL("https://bbb\(number).example")), secret: made(Secret("secret-\(number)"))),
            administrative: .ready, tags: Set(tags), createdAt: WireTime(milliseconds: 1))
    }

    private static let servers = [server(1, "gpu"), server(2, "gpu", "eu"), server(3), server(4, "eu")]

    /// The numbers of the servers that are left; none when the wish is refused.
    private func chosen(_ wish: String, eligible: Set<Int64> = [1, 2, 3, 4]) -> [Int64] {
        let chosen = TagWish(wish).choose(among: Self.servers) { eligible.contains($0.id.number) }
        return (chosen ?? []).map(\.id.number)
    }

    @Test func `without a wish any server will do`() {
        #expect(chosen("") == [1, 2, 3, 4])
        #expect(chosen("!") == [1, 2, 3, 4])
        #expect(chosen("", eligible: []) == [1, 2, 3, 4])
    }

    @Test func `those that are wanted are chosen, also those that cannot take a meeting now`() {
        #expect(chosen("gpu") == [1, 2])
        #expect(chosen("gpu!", eligible: [2]) == [1, 2])
        #expect(chosen("gpu;eu") == [1, 2, 4])
        #expect(chosen("none!") == [3])
        #expect(chosen("none;eu") == [2, 3, 4])
    }

    @Test func `a wish that nobody can fulfil is dropped, unless it is required`() {
        #expect(chosen("fpga") == [1, 2, 3, 4])
        #expect(chosen("fpga!").isEmpty)
        #expect(chosen("gpu", eligible: [3, 4]) == [1, 2, 3, 4])
        #expect(chosen("gpu!", eligible: [3, 4]).isEmpty)
        #expect(chosen("gpu!", eligible: []).isEmpty)
        #expect(chosen("gpu", eligible: []) == [1, 2, 3, 4])
    }

    @Test func `without servers there is nothing to choose`() {
        let nobody: [Server] = []
        for (wish, isTaken) in [("gpu", true), ("gpu!", false), ("", true)] {
            let chosen = TagWish(wish).choose(among: nobody) { _ in true }
            #expect((chosen != nil) == isTaken && chosen?.isEmpty != false, "'\(wish)'")
        }
    }

    @Test(arguments: UInt64(0)..<200) func `a required wish is never given anything else`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let tags = ["a", "b", "c"]
        let servers = (1...Int64.random(in: 1...8, using: &random)).map { number in
            let server = Self.server(number)
            return Server(
                id: server.id, name: server.name, endpoint: server.endpoint, administrative: .ready,
                tags: Set(tags.filter { _ in random.chance(0.4) }), createdAt: server.createdAt)
        }
        let eligible = Set(servers.map(\.id).filter { _ in random.chance(0.5) })
        for text in ["a", "b;c", "none", "a;none", "none;b;c"] {
            let required = TagWish("\(text)!").choose(among: servers) { eligible.contains($0.id) }
            let optional = TagWish(text).choose(among: servers) { eligible.contains($0.id) }
            if let required {
                #expect(required.allSatisfy { TagWish(text).matches($0.tags) } && optional == required)
                #expect(required.contains { eligible.contains($0.id) })
                #expect(required.count == servers.count { TagWish(text).matches($0.tags) })
            } else {
                #expect(optional == servers)
                #expect(!servers.contains { TagWish(text).matches($0.tags) && eligible.contains($0.id) })
            }
        }
    }
}

@Suite struct PlacementWishTests {
    private func refusal(of given: Parameters) -> Refusal? {
        do throws(Refusal) {
            _ = try PlacementWish(given)
            return nil
        } catch { return error }
    }

    @Test func `what is said to us is not passed on, all else is, in its order`() throws {
        let wish = try PlacementWish([
            "name": "Room", "load": "2.5", "meetingID": "m-1", "preferredServer": "BBB-1.example:8080",
            "serverTag": "gpu!", "meta_server-tag": "eu", "Load": "7", "serverTag": "again",
        ])
        #expect(wish.load == 2.5)
        #expect(wish.preferredServer == "bbb-1.example:8080")
        #expect(wish.tags == TagWish("gpu!"))
        let expected: Parameters = ["name": "Room", "meetingID": "m-1", "meta_server-tag": "eu", "Load": "7"]
        #expect(wish.parameters == expected)
    }

    @Test func `metadata names a tag too, in any letter case, and the server gets it`() throws {
        for name in ["meta_server-tag", "meta_Server-Tag"] {
            let given: Parameters = [name: "gpu"]
            let wish = try PlacementWish(given)
            #expect(wish.tags.tags == ["gpu"] && wish.parameters == given)
        }
    }

    @Test func `who asks for nothing gets what everybody gets`() throws {
        let silent: [Parameters] = [[:], ["load": "", "preferredServer": "", "serverTag": ""]]
        for given in silent {
            let wish = try PlacementWish(given)
            #expect(wish.load == nil && wish.preferredServer == nil && wish.tags.tags.isEmpty)
            #expect(wish.parameters.isEmpty)
        }
    }

    @Test(arguments: [
        "0", "-1", "0.0", "nan", "inf", "-inf", "1e999", "1e2", "many", "1,5", " 1", "1 ", "+1", "0x", "0x10", "1.2.3",
        ".",
        "1000.1", "100000",
    ])
    func `a load that is no positive number is refused`(load: String) {
        #expect(refusal(of: ["load": load]) == .invalidParameters)
    }

    @Test(arguments: ["1", "0.1", "999.5", "1000", ".5"]) func `a positive load is taken`(load: String) throws {
        #expect(try PlacementWish(["load": load]).load == Double(load))
    }

    @Test(arguments: [
        "meta_mconflb-guid", "meta_mconflb-institution", "meta_mconflb-institution-name", "meta_mconflb-rec-server",
        "meta_mconflb-rec-server-url", "meta_mconflb-rec-server-key", "meta_plenary-tenant", "meta_plenary-",
    ])
    func `reserved metadata is refused in any letter case, empty or not`(name: String) {
        for name in [name, name.uppercased(), name.replacing("meta_", with: "Meta_")] {
            for value in ["x", ""] { #expect(refusal(of: [name: value]) == .invalidParameters, "\(name)") }
        }
    }

    @Test(arguments: ["meta_plenary", "plenary-tenant", "meta_mconflb-other", "mconflb-guid", "meta_mconflb-guid2"])
    func `metadata that is like reserved one is the caller's`(name: String) {
        #expect(refusal(of: [name: "x"]) == nil)
    }
}
