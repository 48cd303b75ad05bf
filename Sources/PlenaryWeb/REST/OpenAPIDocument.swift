internal import PlenaryCore

/// The description of the whole API (OpenAPI 3.1, `rooms-api.md` 2.1), made of the same list that the router is made of: a route
/// that is not in it does not exist.
struct OpenAPIDocument: Sendable {
    let groups: [EndpointGroup]
    /// The public address of the platform.
    let publicURL: String
    let version: String

    var json: JSON {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Plenary", "version": .text(version),
                "description":
                    "Customers, what they bought, their rooms, and who may go where. Errors are application/problem+json (RFC 9457).",
            ],
            "servers": [["url": .text(publicURL + RESTAPI.base)]],
            "security": [["key": []], ["session": []]],
            "tags": .list(names(of: groups.flatMap(\.endpoints).map(\.description.group)).map { ["name": .text($0)] }),
            "paths": paths,
            "components": [
                "securitySchemes": [
                    "key": [
                        "type": "http", "scheme": "bearer",
                        "description": "An API key: rk_ID_SECRET. It is shown once, when it is made.",
                    ],
                    "session": Self.session,
                ],
                "responses": ["Problem": Self.problemResponse],
                "schemas": schemas,
            ],
        ]
    }

    private static let session: JSON = [
        "type": "apiKey", "in": "cookie", "name": .text(SessionText.cookie),
        "description":
            "Of somebody who signed in on the page. What changes something needs X-CSRF-Token, which every answer tells.",
    ]

    private func names(of all: [String]) -> [String] {
        var seen: Set<String> = []
        return all.filter { seen.insert($0).inserted }
    }

    // MARK: paths

    private var paths: JSON {
        let endpoints = groups.flatMap(\.endpoints)
        return .object(
            names(of: endpoints.map(\.path)).map { path in
                var members: [JSON.Member] = []
                let arguments = Self.arguments(of: path)
                if !arguments.isEmpty {
                    members.append(.init("parameters", .list(arguments.map { Self.pathParameter($0) })))
                }
                members += endpoints.filter { $0.path == path }.map { endpoint in
                    .init(endpoint.method.rawValue.lowercased(), operation(endpoint))
                }
                return .init(path, .object(members))
            })
    }

    static func arguments(of path: String) -> [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map {
            String($0.dropFirst().dropLast())
        }
    }

    private static func pathParameter(_ name: String) -> JSON {
        let meaning =
            name.hasSuffix("_id") ? "Its id, uuid or ulid where it has all three, else its id." : "Its code."
        return [
            "name": .text(name), "in": "path", "required": true, "description": .text(meaning),
            "schema": ["type": "string"],
        ]
    }

    private func operation(_ endpoint: Endpoint) -> JSON {
        let told = endpoint.description
        var members: [JSON.Member] = [
            .init("operationId", .text(Self.operationID(endpoint))), .init("summary", .text(told.summary)),
            .init("tags", [.text(told.group)]),
        ]
        switch endpoint.access {
        case .anyone: members.append(.init("security", []))
        case .anybodyKnown: break
        case .permission(let permission):
            members.append(.init("description", .text("Permission `\(permission.rawValue)`.")))
        }
        let parameters = Self.queryParameters(told) + Self.headerParameters(endpoint)
        if !parameters.isEmpty { members.append(.init("parameters", .list(parameters))) }
        if let body = told.body {
            var content: [JSON.Member] = [.init(MediaType.json, ["schema": Self.reference(body)])]
            if endpoint.method == .patch {
                content.append(.init(MediaType.mergePatch, ["schema": Self.reference(body)]))
            }
            members.append(
                .init(
                    "requestBody",
                    ["required": .bool(endpoint.method != .post || isBodyNeeded(body)), "content": .object(content)]))
        }
        if told.upload != nil {
            let content: JSON = ["application/octet-stream": [:]]
            members.append(.init("requestBody", ["required": true, "content": content]))
        }
        members.append(.init("responses", responses(endpoint)))
        return .object(members)
    }

    /// A body in which nothing is required need not be there.
    private func isBodyNeeded(_ name: String) -> Bool {
        guard let schema = groups.lazy.compactMap({ $0.schemas[name] }).first else { return true }
        return schema["required"]?.elements?.isEmpty == false
    }

    private static func operationID(_ endpoint: Endpoint) -> String {
        let words = endpoint.path.split(separator: "/").map { part in
            part.filter { $0 != "{" && $0 != "}" }.split { $0 == "-" || $0 == "_" || $0 == "." }
                .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        }
        return endpoint.method.rawValue.lowercased() + words.joined()
    }

    private static func queryParameters(_ told: EndpointDescription) -> [JSON] {
        var parameters: [JSON] = []
        if let schema = told.list {
            parameters += [
                parameter("page", "Counted from 1.", ["type": "integer", "minimum": 1]),
                parameter("limit", "Of one page.", ["type": "integer", "minimum": 1, "maximum": 200, "default": 50]),
                parameter("cursor", "`next_cursor` of the page before, instead of `page`.", ["type": "string"]),
                parameter("sort", "Fields, with `-` for descending.", ["type": "string"]),
            ]
            if schema.fields.contains(where: \.isSearched) {
                parameters.append(parameter("search", "Words that must all occur.", ["type": "string"]))
            }
            let filters =
                schema.fields.compactMap { field in field.filter.map { (field.name, $0) } }
                + schema.otherFilters.sorted { $0.key < $1.key }
            for (name, kind) in filters where kind != .metadata {
                parameters.append(
                    parameter("filter[\(name)]", "Equal to it, or to one of a comma list.", ["type": "string"]))
            }
        }
        if let schema = told.list ?? told.single {
            parameters.append(parameter("fields", "Members that are shown.", ["type": "string"]))
            if !schema.relationships.isEmpty {
                let names = schema.relationships.map(\.name).joined(separator: ", ")
                parameters.append(parameter("include", "What comes along: \(names).", ["type": "string"]))
            }
        }
        return parameters
            + told.parameters.map { own -> JSON in
                let plain = Self.parameter(own.name, own.meaning, ["type": "string"])
                guard told.requiredParameters.contains(own.name) else { return plain }
                return .object((plain.members ?? []) + [JSON.Member("required", .bool(true))])
            }
    }

    private static func parameter(_ name: String, _ meaning: String, _ schema: JSON, in place: String = "query") -> JSON
    {
        ["name": .text(name), "in": .text(place), "description": .text(meaning), "schema": schema]
    }

    private static func headerParameters(_ endpoint: Endpoint) -> [JSON] {
        let repeats = parameter(
            "Idempotency-Key", "A repeat within 24 hours gets the first answer again.",
            ["type": "string", "minLength": 1, "maxLength": 255], in: "header")
        let condition = parameter(
            "If-Match", "The ETag of the state that is changed.", ["type": "string"], in: "header")
        return switch endpoint.method {
        case .get, .put: []
        case .post: [repeats]
        case .patch, .delete: endpoint.description.isRepeatable ? [condition, repeats] : [condition]
        }
    }

    // MARK: answers

    private func responses(_ endpoint: Endpoint) -> JSON {
        let told = endpoint.description
        var success: [JSON.Member] = [.init("description", .text(told.summary))]
        if let answer = told.answer {
            let mediaType = told.isStream ? EventStream.mediaType : MediaType.json
            success.append(.init("content", [mediaType: ["schema": Self.reference(answer)]]))
        }
        var members: [JSON.Member] = [.init(String(told.status), .object(success))]
        members += told.otherStatuses.map { .init(String($0), .object(success)) }
        if endpoint.method == .get, told.list == nil, told.answer != nil, !told.isStream {
            members.append(.init("304", ["description": "It has not changed."]))
        }
        var statuses = Set(told.problems.map(\.status)).union([400, 406, 429, 500, 503])
        if endpoint.access != .anyone { statuses.formUnion([401, 403]) }
        if case .anyone = endpoint.access { statuses.formUnion([401]) }
        if endpoint.path.contains("{") { statuses.insert(404) }
        if endpoint.method != .get { statuses.formUnion([413, 415]) }
        if endpoint.method == .patch || endpoint.method == .delete { statuses.insert(412) }
        if told.body != nil || told.list != nil || told.single != nil || !told.parameters.isEmpty {
            statuses.insert(422)
        }
        if endpoint.method == .post { statuses.formUnion([409, 422]) }
        for status in statuses.sorted() where status != told.status {
            members.append(.init(String(status), ["$ref": "#/components/responses/Problem"]))
        }
        return .object(members)
    }

    private static func reference(_ name: String) -> JSON { ["$ref": .text("#/components/schemas/\(name)")] }

    private static var problemResponse: JSON {
        [
            "description": "What is wrong (RFC 9457). `code` is stable.",
            "content": [Problem.mediaType: ["schema": reference("Problem")]],
        ]
    }

    // MARK: schemas

    private var schemas: JSON {
        var all = ["Problem": Self.problem]
        for group in groups { all.merge(group.schemas) { first, _ in first } }
        return .object(all.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    }

    private static var problem: JSON {
        let codes = ProblemCode.allCases.map { JSON.text($0.rawValue) }
        let fault: JSON = [
            "type": "object", "required": ["code", "detail"],
            "properties": [
                "pointer": ["type": "string", "description": "Where in the body (RFC 6901)."],
                "parameter": ["type": "string"], "header": ["type": "string"],
                "code": ["enum": .list(RequestFault.Code.allCases.map { .text($0.rawValue) })],
                "detail": ["type": "string"], "expected": [:], "actual": [:],
            ],
        ]
        return [
            "type": "object", "required": ["type", "title", "status", "code", "detail"],
            "properties": [
                "type": ["type": "string", "format": "uri"], "title": ["type": "string"],
                "status": ["type": "integer", "minimum": 400, "maximum": 599], "code": ["enum": .list(codes)],
                "detail": ["type": "string"], "instance": ["type": "string"], "request_id": ["type": "string"],
                "errors": ["type": "array", "items": fault],
            ],
            "example": [
                "type": "https://rooms.example/problems/not_found", "title": "Not found", "status": 404,
                "code": "not_found", "detail": "Not found.", "instance": "/api/v1/rooms/u6Yh3DkQ9w",
                "request_id": "req_01JPKS3M7R9V0T2X4Z6B8D0F1H",
            ],
        ]
    }
}
