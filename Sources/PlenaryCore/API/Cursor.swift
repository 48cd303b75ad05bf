internal import BigBlueButton

/// One field by which a list is sorted.
package struct SortKey: Sendable, Hashable, CustomStringConvertible {
    package let field: String
    package let isDescending: Bool

    package init(_ field: String, isDescending: Bool = false) {
        self.field = field
        self.isDescending = isDescending
    }

    /// As in `sort`: `-created_at`.
    package var description: String { isDescending ? "-\(field)" : field }
}

/// Where a page of a list ends (`rooms-api.md` 2.6): the sort keys and the ULID of its last item. The next page begins behind
/// it, whatever was added or taken away meanwhile.
///
/// Opaque to callers, and not sealed: who makes one up starts somewhere else in a list that he may read anyway.
package struct Cursor: Sendable, Hashable {
    /// The order for which it was made.
    package let sort: [SortKey]
    /// One for each of ``sort``; `nil`: the item has none.
    package let keys: [FilterValue?]
    package let ulid: String

    package init(sort: [SortKey], keys: [FilterValue?], ulid: String) {
        self.sort = sort
        self.keys = keys
        self.ulid = ulid
    }

    package var text: String {
        let json: JSON = [
            "s": .text(Self.text(of: sort)), "k": .list(keys.map { Self.written($0) }), "u": .text(ulid),
        ]
        return Base64URL.encode(json.encoded.utf8)
    }

    /// - Returns: `nil` when it is none of ours, or was made for another order.
    package init?(_ text: String, sort: [SortKey]) {
        guard text.utf8.count <= Self.longest, let octets = Base64URL.decode(text),
            // What is wrong with it does not matter: it is not ours.
            let json = try? JSONReader.read(octets), json["s"]?.text == Self.text(of: sort),
            let values = json["k"]?.elements, values.count == sort.count,
            let ulid = json["u"]?.text, ResourceReference(ulid) == .ulid(ulid)
        else { return nil }
        var keys: [FilterValue?] = []
        for value in values {
            switch value {
            case .null: keys.append(nil)
            case .text(let text): keys.append(.text(text))
            case .bool(let bool): keys.append(.bool(bool))
            case .number(let number):
                guard let integer = number.integer else { return nil }
                keys.append(.integer(integer))
            case .object:
                // What lies outside of all years was not ours, and is no time for a database either.
                guard case .number(let number)? = value["t"], let time = number.integer,
                    (0...CivilDate.lastMillisecond).contains(time)
                else { return nil }
                keys.append(.time(WireTime(milliseconds: time)))
            case .list: return nil
            }
        }
        self.init(sort: sort, keys: keys, ulid: ulid)
    }

    /// Whether its keys are of the kinds that the fields have, as far as those are told: a database does not compare others.
    func fits(_ schema: ResourceSchema) -> Bool {
        zip(sort, keys).allSatisfy { sort, key in
            switch (key, schema.field(sort.field)?.filter) {
            case (nil, _), (_, nil), (.time?, .time?), (.integer?, .integer?), (.bool?, .bool?): true
            case (.text?, .text?), (.text?, .identifier?), (.text?, .choice?): true
            default: false
            }
        }
    }

    private static let longest = 4_096

    private static func text(of sort: [SortKey]) -> String { sort.map(\.description).joined(separator: ",") }

    private static func written(_ key: FilterValue?) -> JSON {
        switch key {
        case nil: .null
        case .text(let text)?: .text(text)
        case .bool(let bool)?: .bool(bool)
        case .integer(let number)?: .integer(number)
        case .time(let time)?: ["t": .integer(time.milliseconds)]
        case .identifier(.id(let text))?, .identifier(.uuid(let text))?, .identifier(.ulid(let text))?: .text(text)
        }
    }
}
