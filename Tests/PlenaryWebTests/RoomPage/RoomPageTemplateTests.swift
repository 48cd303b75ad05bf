import Testing

@testable import PlenaryWeb

@Suite struct RoomPageTemplateTests {
    /// Names of properties, with the types that have them.
    private func collect(_ value: Any, into names: inout [String: Set<String>]) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .some(.struct):
            let type = String(reflecting: Swift.type(of: value))
            for child in mirror.children {
                if let label = child.label { names[label, default: []].insert(type) }
                collect(child.value, into: &names)
            }
        case .some(.optional), .some(.collection):
            for child in mirror.children { collect(child.value, into: &names) }
        default: break
        }
    }

    /// What stands in the tags.
    private var tags: [String] {
        RoomPageTemplate.text.split(separator: "{{", omittingEmptySubsequences: false).dropFirst().map { rest in
            String(rest.prefix { $0 != "}" })
        }
    }

    @Test func `the template names what there is, and all of it`() throws {
        var names: [String: Set<String>] = [:]
        for state in try RoomPageSamples.states() {
            collect(RoomPageView(RoomPageSamples.page(state)), into: &names)
        }
        let used = Set(
            tags.filter { !$0.hasPrefix("%") && !$0.hasPrefix("/") && $0 != "." }
                .map { $0.hasPrefix("#") || $0.hasPrefix("^") ? String($0.dropFirst()) : $0 })
        #expect(used.subtracting(names.keys) == [], "named, but not there")
        #expect(Set(names.keys).subtracting(used) == [], "there, but never named")
    }

    @Test func `no name is in two types`() throws {
        var names: [String: Set<String>] = [:]
        for state in try RoomPageSamples.states() {
            collect(RoomPageView(RoomPageSamples.page(state)), into: &names)
        }
        for (name, types) in names { #expect(types.count == 1, "\(name) \(types)") }
    }

    @Test func `nothing is put in unescaped`() {
        #expect(RoomPageTemplate.text.hasPrefix("{{% CONTENT_TYPE: \(RoomPageTemplate.contentType)}}\n"))
        #expect(tags.allSatisfy { !$0.hasPrefix("{") && !$0.hasPrefix("&") && !$0.hasPrefix(">") })
        // A second one would undo the first.
        #expect(tags.filter { $0.hasPrefix("%") || $0.hasPrefix("=") }.count == 1)
    }

    @Test func `no attribute is without quotes`() {
        // The address behind `url=` stands in the quotes of `content`.
        let text = RoomPageTemplate.text.replacing("\"0;url={{.}}\"", with: "")
        for part in text.split(separator: "={{", omittingEmptySubsequences: false).dropFirst() {
            Issue.record("={{\(part.prefix(20))")
        }
    }
}
