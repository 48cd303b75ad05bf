import BigBlueButton
import Testing

@testable import PlenaryCore

/// `ETag`, `If-Match` and `If-None-Match` (`rooms-api.md` 2.7, RFC 9110 13).
struct ETagTests {
    private static let key = made(Secret("key of the installation"))

    private func tag(_ state: String, shown: String) -> EntityTag {
        EntityTag(state: .text(state), shown: .text(shown), key: Self.key)
    }

    private func text(_ tag: EntityTag) -> String { tag.header.value }

    @Test func `a tag changes with the state and with the answer`() {
        let tag = tag("1", shown: "a")
        #expect(tag.header.name == "ETag" && tag.header.value.count == 67)
        #expect(tag == self.tag("1", shown: "a"))
        #expect(text(tag) != text(self.tag("1", shown: "b")) && text(tag) != text(self.tag("2", shown: "a")))
        // The same text as state and as answer is not the same half.
        #expect(self.tag("1", shown: "1").version != self.tag("1", shown: "1").form)
        let other = EntityTag(state: .text("1"), shown: .text("a"), key: made(Secret("another key")))
        #expect(other.version != tag.version && other.form != tag.form)
    }

    @Test(
        arguments: [
            ("*", nil), (" * ", nil), ("\"a\"", ["a"]), ("W/\"a\"", ["a"]),
            ("\"a\",\"b,c\" , W/\"\"", ["a", "b,c", ""]),
            ("a-b", ["a-b"]), ("a, \"b\"", ["a", "b"]),
        ] as [(String, [String]?)]) func `conditions are read`(text: String, tags: [String]?)
    {
        #expect(TagCondition(text) == tags.map { TagCondition.tags($0) } ?? .any)
    }

    /// Headers that are joined leave empty places; whoever reads a list ignores them (RFC 9110 5.6.1.2).
    @Test(arguments: [",\"a\"", "\"a\",", ", ,W/\"a\" ,\t,"]) func `a list of tags may have nothing between commas`(
        text: String
    ) {
        #expect(TagCondition(text) == .tags(["a"]))
    }

    @Test(arguments: ["", " ", ",", " ,\t, ", "\"a", "\"a\"b", "*,\"a\"", "\"a\" \"b\"", "a\"b\""])
    func `what is no condition is none`(text: String) {
        #expect(TagCondition(text) == nil)
        for isRead in [true, false] {
            let match = refusedWith {
                _ = try Precondition.judge(
                    ifMatch: text, ifNoneMatch: nil, current: tag("1", shown: "a"), isRead: isRead)
            }
            #expect(match?.code == .badRequest && match?.told == ["If-Match invalid_format"])
            let none = refusedWith {
                _ = try Precondition.judge(ifMatch: nil, ifNoneMatch: text, current: nil, isRead: isRead)
            }
            #expect(none?.told == ["If-None-Match invalid_format"])
        }
    }

    @Test func `who knows the state may change it, however it was shown to him`() throws {
        let (current, included) = (tag("2", shown: "a"), tag("2", shown: "a with tokens"))
        let old = tag("1", shown: "a")
        let table: [(String?, EntityTag?, Precondition)] = [
            (nil, current, .holds), ("*", current, .holds), ("*", nil, .failed), (text(current), current, .holds),
            (text(included), current, .holds), (text(old), current, .failed), (text(current), nil, .failed),
            // As a proxy that compresses makes it.
            ("W/" + text(current), current, .holds), ("\(text(old)), \(text(current))", current, .holds),
            ("\"\"", current, .failed), ("\"\(current.version)\"", current, .failed),
        ]
        for (header, state, wanted) in table {
            for isRead in [true, false] {
                let verdict = try Precondition.judge(ifMatch: header, ifNoneMatch: nil, current: state, isRead: isRead)
                #expect(verdict == wanted, "\(header ?? "none")")
            }
        }
    }

    @Test func `who has the answer does not get it again`() throws {
        let (current, included) = (tag("2", shown: "a"), tag("2", shown: "a with tokens"))
        let table: [(String, EntityTag?, read: Precondition, write: Precondition)] = [
            (text(current), current, .notModified, .failed), (text(included), current, .holds, .failed),
            (text(tag("1", shown: "a")), current, .holds, .holds), ("*", current, .notModified, .failed),
            ("*", nil, .holds, .holds), (text(current), nil, .holds, .holds),
            ("W/" + text(current), current, .notModified, .failed),
        ]
        for (header, state, read, write) in table {
            for (isRead, wanted) in [(true, read), (false, write)] {
                let verdict = try Precondition.judge(ifMatch: nil, ifNoneMatch: header, current: state, isRead: isRead)
                #expect(verdict == wanted, "\(header)")
            }
        }
        // The guard comes first.
        let both = try Precondition.judge(
            ifMatch: text(tag("1", shown: "a")), ifNoneMatch: text(current), current: current, isRead: true)
        #expect(both == .failed)
    }
}
