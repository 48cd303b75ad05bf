/// Looks at the parameters of a query one by one, and notes everything that is wrong with them.
struct QueryReader {
    private let given: [QueryParameter]
    private(set) var faults: [RequestFault] = []
    /// What was looked at and is in the query.
    private(set) var used: Set<String> = []

    init(_ parameters: [QueryParameter]) { given = parameters }

    mutating func note(_ name: String, _ code: RequestFault.Code, _ detail: String, expected: [String]? = nil) {
        let list = expected.map { JSON.list($0.map { .text($0) }) }
        faults.append(RequestFault(.parameter(name), code, detail, expected: list))
    }

    /// - Returns: `nil` when it is not there, or empty: forms send empty fields.
    mutating func value(_ name: String) -> String? {
        let values = given.filter { $0.name == name }.map(\.value)
        guard let first = values.first else { return nil }
        used.insert(name)
        guard values.count == 1 else {
            note(name, .invalidFormat, "It is there \(values.count) times.")
            return nil
        }
        return first.isEmpty ? nil : first
    }

    /// The names in a comma list, each once.
    mutating func names(_ name: String) -> [String]? {
        guard let value = self.value(name) else { return nil }
        let names = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else {
            note(name, .invalidFormat, "There is nothing between two commas.")
            return nil
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// - Parameter most: what is beyond counts as this.
    mutating func number(_ name: String, most: Int) -> Int? {
        guard let value = self.value(name) else { return nil }
        guard value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            note(name, .invalidType, "It is a whole number.")
            return nil
        }
        return min(Int(value) ?? most, most)
    }

    /// The names of all parameters that begin so, each once, in their order.
    func names(beginningWith prefix: String) -> [String] {
        var seen: Set<String> = []
        return given.map(\.name).filter { $0.hasPrefix(prefix) && seen.insert($0).inserted }
    }

    /// The parameters that were looked at, without some.
    func parameters(without others: Set<String>) -> [QueryParameter] {
        given.filter { used.contains($0.name) && !others.contains($0.name) && !$0.value.isEmpty }
    }

    /// - Throws: 422 `invalid_query` when something is wrong.
    func finish() throws(Problem) {
        if !faults.isEmpty { throw .invalidQuery(faults) }
    }

    // MARK: what is shown

    mutating func selection(of schema: ResourceSchema, in catalogue: SchemaCatalogue) -> Selection {
        var includes = Includes.empty
        for path in names("include") ?? [] {
            let steps = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            if steps.count > Includes.deepest {
                note("include", .outOfRange, "A relationship is at most \(Includes.deepest) deep.")
            } else if let place = unknownStep(steps, of: schema, in: catalogue) {
                note("include", .invalidEnum, "There is no such relationship.", expected: place)
            } else {
                includes.add(steps)
            }
        }
        // The bare `filter` of other documents selects as well (D-16).
        let name = value("fields") == nil ? "filter" : "fields"
        if name == "fields", value("filter") != nil {
            note("filter", .invalidFormat, "It says the same as fields; give one of them.")
        }
        guard let fields = names(name) else { return Selection(fields: nil, includes: includes) }
        for field in fields where schema.field(field) == nil {
            if schema.relationship(field) != nil {
                includes.add([field])
            } else {
                note(name, .invalidEnum, "There is no such member.", expected: schema.fields.map(\.name))
            }
        }
        return Selection(fields: Set(fields), includes: includes)
    }

    /// - Returns: what could have stood at the first step that leads nowhere; `nil` when there is none.
    private func unknownStep(_ steps: [String], of schema: ResourceSchema, in catalogue: SchemaCatalogue) -> [String]? {
        var here: ResourceSchema? = schema
        for step in steps {
            guard let relationship = here?.relationship(step) else { return here?.relationships.map(\.name) ?? [] }
            here = relationship.target.flatMap { catalogue[$0] }
        }
        return nil
    }
}

extension Selection {
    /// What a single GET is asked to show.
    ///
    /// - Throws: 422 `invalid_query` with everything that is wrong.
    package init(_ parameters: [QueryParameter], of schema: ResourceSchema, in catalogue: SchemaCatalogue)
        throws(Problem)
    {
        var reader = QueryReader(parameters)
        self = reader.selection(of: schema, in: catalogue)
        try reader.finish()
    }
}
