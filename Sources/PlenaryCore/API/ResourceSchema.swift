/// What may be asked of the lists and single GETs of one resource (`rooms-api.md` 2.6): declared once, checked for each query.
package struct ResourceSchema: Sendable, Hashable {
    /// A member of the object that may be asked for by `fields`, and what else may be done with it.
    package struct Field: Sendable, Hashable {
        package let name: String
        package let filter: FilterKind?
        package let isSortable: Bool
        /// `search` looks into it.
        package let isSearched: Bool

        package init(_ name: String, filter: FilterKind? = nil, sorts: Bool = false, searched: Bool = false) {
            self.name = name
            self.filter = filter
            isSortable = sorts
            isSearched = searched
        }
    }

    /// What `include` adds to the object: a list or an object.
    package struct Relationship: Sendable, Hashable {
        package let name: String
        /// The schema of what is there, which may be included further; `nil`: nothing of it can.
        package let target: String?

        package init(_ name: String, _ target: String?) {
            self.name = name
            self.target = target
        }
    }

    /// `object` of each, such as `Room`.
    package let object: String
    package let fields: [Field]
    /// Filters that are no members, such as `live`.
    package let otherFilters: [String: FilterKind]
    package let relationships: [Relationship]

    package init(
        _ object: String, fields: [Field], otherFilters: [String: FilterKind] = [:],
        relationships: [Relationship] = []
    ) {
        self.object = object
        self.fields = fields
        self.otherFilters = otherFilters
        self.relationships = relationships
    }

    package func field(_ name: String) -> Field? { fields.first { $0.name == name } }

    package func relationship(_ name: String) -> Relationship? { relationships.first { $0.name == name } }

    func filter(_ name: String) -> FilterKind? { otherFilters[name] ?? field(name)?.filter }

    /// What the identifiers and times of a top-level resource may be asked (2.3).
    package static let commonFields = [
        Field("object"), Field("id", filter: .identifier), Field("uuid", filter: .identifier),
        Field("ulid", filter: .identifier, sorts: true), Field("created_at", filter: .time, sorts: true),
        Field("updated_at", filter: .time, sorts: true),
    ]

    /// Names that are in every answer, whatever `fields` says.
    package static let constantFields: Set<String> = ["object", "id"]
}

/// What a filter compares with.
package enum FilterKind: Sendable, Hashable {
    /// Equality, octet by octet.
    case text
    /// Any of the three identifiers of a resource (2.3).
    case identifier
    /// One of these words.
    case choice([String])
    case bool
    /// Also `gte`, `lte`, `gt` and `lt`.
    case integer
    /// Also `gte`, `lte`, `gt` and `lt`. Whole seconds, as times are written (2.4).
    case time
    /// `filter[room_metadata.key]`: equality with a scalar at the top, written as text.
    case metadata

    var isOrdered: Bool {
        switch self {
        case .integer, .time: true
        case .text, .identifier, .choice, .bool, .metadata: false
        }
    }
}

/// The schemas of all resources, by `object`: what an `include` with dots walks through.
package struct SchemaCatalogue: Sendable, Hashable {
    private let schemas: [String: ResourceSchema]

    package init(_ schemas: [ResourceSchema]) {
        self.schemas = Dictionary(schemas.map { ($0.object, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package subscript(object: String) -> ResourceSchema? { schemas[object] }
}
