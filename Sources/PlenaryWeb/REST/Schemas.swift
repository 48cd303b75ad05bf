internal import PlenaryCore

/// JSON Schemas (2020-12) for `components/schemas` of the OpenAPI document, put together of small parts.
///
/// What is answered may have more members one day (`rooms-api.md` 2.1); what is asked may not.
enum JSONSchema {
    /// A member of an object.
    struct Member: Sendable {
        let name: String
        let schema: JSON
        let isRequired: Bool

        init(_ name: String, _ schema: JSON, required: Bool = false) {
            self.name = name
            self.schema = schema
            isRequired = required
        }
    }

    // MARK: values

    static func text(
        _ meaning: String? = nil, least: Int? = nil, longest: Int? = nil, pattern: String? = nil, format: String? = nil
    ) -> JSON {
        part(
            "string", meaning,
            [
                ("minLength", least.map { JSON.integer($0) }), ("maxLength", longest.map { JSON.integer($0) }),
                ("pattern", pattern.map { JSON.text($0) }), ("format", format.map { JSON.text($0) }),
            ])
    }

    /// One of these words.
    static func choice(_ words: [String], _ meaning: String? = nil) -> JSON {
        part("string", meaning, [("enum", .list(words.map { JSON.text($0) }))])
    }

    /// Always the same text, such as `object`.
    static func constant(_ text: String) -> JSON { part("string", nil, [("const", .text(text))]) }

    static func bool(_ meaning: String? = nil) -> JSON { part("boolean", meaning, []) }

    static func integer(_ meaning: String? = nil, _ range: ClosedRange<Int>? = nil) -> JSON {
        part(
            "integer", meaning,
            [
                ("minimum", range.map { JSON.integer($0.lowerBound) }),
                ("maximum", range.map { JSON.integer($0.upperBound) }),
            ])
    }

    static func number(_ meaning: String? = nil) -> JSON { part("number", meaning, []) }

    /// A time as it is answered.
    static func time(_ meaning: String? = nil) -> JSON { text(meaning, format: "date-time") }

    /// A time as it may be given (2.4).
    static func givenTime(_ meaning: String) -> JSON {
        part(
            "string", "\(meaning) RFC 3339 with an offset, or a date, which is 00:00:00 UTC of that day.",
            [("anyOf", .list([["format": "date-time"], ["format": "date"]]))])
    }

    /// A decimal text (D-21).
    static func price(_ meaning: String? = nil) -> JSON {
        text(meaning, pattern: "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,4})?$")
    }

    static func currency(_ meaning: String? = "ISO 4217.") -> JSON { text(meaning, pattern: "^[A-Za-z]{3}$") }

    /// The `id` of a resource (2.3).
    static func identifier(_ meaning: String? = nil) -> JSON {
        text(meaning, pattern: "^[1-9A-HJ-NP-Za-km-z]{10}$")
    }

    /// Any of the three identifiers of a resource, as it may be given.
    static func reference(_ meaning: String) -> JSON { text("\(meaning): id, uuid or ulid.", least: 10, longest: 36) }

    /// Data of third parties (7.5).
    static let metadata: JSON = {
        let scalar: JSON = ["type": ["string", "number", "boolean", "null"], "maxLength": 500]
        let list: JSON = ["type": "array", "items": scalar]
        let object: JSON = ["type": "object", "propertyNames": key, "additionalProperties": scalar]
        return [
            "type": "object", "maxProperties": 50, "propertyNames": key,
            "additionalProperties": ["anyOf": [scalar, list, object]],
            "description": "Data of yours. A write replaces all of it.",
        ]
    }()

    private static let key: JSON = ["minLength": 1, "maxLength": 64]

    /// An object in which there is nothing yet.
    static func settings(_ meaning: String) -> JSON { part("object", meaning, []) }

    /// The same, or `null`.
    static func nullable(_ schema: JSON) -> JSON {
        guard let members = schema.members, case .text(let type)? = schema["type"], schema["const"] == nil else {
            return ["anyOf": .list([schema, ["type": "null"]])]
        }
        return .object(
            members.map { member in
                switch (member.name, member.value) {
                case ("type", _): JSON.Member("type", [.text(type), "null"])
                case ("enum", .list(let words)): JSON.Member("enum", .list(words + [.null]))
                default: member
                }
            })
    }

    static func list(of schema: JSON, _ meaning: String? = nil, most: Int? = nil) -> JSON {
        part("array", meaning, [("items", schema), ("maxItems", most.map { JSON.integer($0) })])
    }

    /// Another schema of the document.
    static func named(_ name: String) -> JSON { ["$ref": .text("#/components/schemas/\(name)")] }

    // MARK: objects

    /// - Parameter isClosed: it has no other members.
    static func object(
        _ members: [Member], _ meaning: String? = nil, isClosed: Bool = false, example: JSON? = nil
    ) -> JSON {
        let required = members.filter(\.isRequired).map { JSON.text($0.name) }
        return part(
            "object", meaning,
            [
                ("properties", .object(members.map { JSON.Member($0.name, $0.schema) })),
                ("required", required.isEmpty ? nil : JSON.list(required)),
                ("additionalProperties", isClosed ? JSON.bool(false) : nil), ("example", example),
            ])
    }

    /// A resource as it is answered. With `fields` only `object` and `id` are sure to be there.
    ///
    /// - Parameters:
    ///   - name: its `object`.
    ///   - hasIdentity: it is one of the top-level ones, with the members that all of them have (2.3).
    static func resource(_ name: String, _ own: [Member], hasIdentity: Bool = true, example: JSON) -> JSON {
        var members = [Member("object", constant(name), required: true)]
        if hasIdentity {
            members += [
                Member("id", identifier(), required: true), Member("uuid", text(format: "uuid")),
                Member("ulid", text(pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")),
            ]
        }
        members += own
        if hasIdentity { members += [Member("created_at", time()), Member("updated_at", time())] }
        return object(members, "With fields, only those members are there.", example: example)
    }

    /// A body of a request.
    static func request(_ members: [Member], example: JSON) -> JSON {
        object(members, isClosed: true, example: example)
    }

    /// A body of a PATCH: what it does not name stays.
    static func change(_ members: [Member], example: JSON) -> JSON {
        request(members.map { Member($0.name, $0.schema) }, example: example)
    }

    /// A list in its envelope (2.5).
    ///
    /// - Parameters:
    ///   - name: of the schema of its items.
    ///   - item: the example of one.
    static func page(of name: String, example item: JSON) -> JSON {
        let count = integer(nil, 0...Int(Int32.max))
        let links = object([
            Member("previous", nullable(text(format: "uri")), required: true),
            Member("next", nullable(text(format: "uri")), required: true),
        ])
        let pagination = object([
            Member("total", nullable(count), required: true), Member("count", count, required: true),
            Member("per_page", integer(nil, ListQuery.limits), required: true),
            Member("current_page", nullable(count), required: true),
            Member("total_pages", nullable(count), required: true),
            Member("next_cursor", nullable(text()), required: true), Member("links", links, required: true),
        ])
        let meta = object([
            Member("pagination", pagination, required: true),
            Member("include", list(of: text(), "Relationships that may be included."), required: true),
        ])
        let shown: JSON = [
            "total": 1, "count": 1, "per_page": 50, "current_page": 1, "total_pages": 1, "next_cursor": .null,
            "links": ["previous": .null, "next": .null],
        ]
        let example: JSON = [
            "object": "list", "data": .list([item]), "meta": ["pagination": shown, "include": .list([])],
        ]
        return object(
            [
                Member("object", constant("list"), required: true),
                Member("data", list(of: named(name)), required: true), Member("meta", meta, required: true),
            ], example: example)
    }

    private static func part(_ type: String, _ meaning: String?, _ more: [(name: String, value: JSON?)]) -> JSON {
        var members = [JSON.Member("type", .text(type))]
        for (name, value) in more {
            if let value { members.append(JSON.Member(name, value)) }
        }
        if let meaning { members.append(JSON.Member("description", .text(meaning))) }
        return .object(members)
    }
}
