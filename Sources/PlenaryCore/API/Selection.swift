/// Which relationships come along, as a tree: `account.customer` is `customer` in `account`.
package struct Includes: Sendable, Hashable {
    private var branches: [String: Includes] = [:]

    package static let empty = Includes()

    /// Relationships of one another that may be named: `a.b.c`.
    package static let deepest = 3

    package init() {}

    /// What is included in a relationship; `nil` when it is not included itself.
    package subscript(name: String) -> Includes? { branches[name] }

    package var names: [String] { branches.keys.sorted() }

    /// Each with all before it: `account`, `account.customer`.
    package var paths: [String] {
        names.flatMap { name in [name] + (branches[name]?.paths ?? []).map { "\(name).\($0)" } }
    }

    mutating func add(_ path: [String]) {
        guard let first = path.first else { return }
        var branch = branches[first] ?? Includes()
        branch.add(Array(path.dropFirst()))
        branches[first] = branch
    }
}

/// What of an object is shown (`rooms-api.md` 2.6): `fields` and `include`, in lists and in single GETs.
package struct Selection: Sendable, Hashable {
    /// `nil`: all.
    package let fields: Set<String>?
    package let includes: Includes

    package static let everything = Selection(fields: nil, includes: .empty)

    package init(fields: Set<String>?, includes: Includes) {
        self.fields = fields
        self.includes = includes
    }

    /// Whether a member is shown. What is included was asked for by its name, so it is.
    package func shows(_ name: String) -> Bool {
        guard let fields else { return true }
        return ResourceSchema.constantFields.contains(name) || fields.contains(name) || includes[name] != nil
    }

    /// - Parameter object: with all members, those that are included among them.
    package func applied(to object: JSON) -> JSON {
        guard fields != nil, case .object(let members) = object else { return object }
        return .object(members.filter { shows($0.name) })
    }
}
