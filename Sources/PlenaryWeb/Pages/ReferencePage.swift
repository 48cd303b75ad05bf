internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PlenaryCore

/// `/api/`: the REST API for people to read, made of the list that the router is made of. No script, and nothing from elsewhere.
struct ReferencePage: Sendable {
    let groups: [EndpointGroup]
    /// Of the platform, without a slash at its end.
    let publicURL: String
    let version: String

    var html: String {
        let endpoints = groups.flatMap(\.endpoints)
        var names: [String] = []
        for endpoint in endpoints where !names.contains(endpoint.description.group) {
            names.append(endpoint.description.group)
        }
        var body = """
            <h1>REST API</h1>
            <p>Version \(Page.escape(version)). Every path below is under <code>\(Page.escape(publicURL + RESTAPI.base))</code>. Requests have
            <code>Authorization: Bearer rk_ID_SECRET</code>; bodies and answers are JSON, errors are
            <code>application/problem+json</code>. The same for programs: <a href="\(RESTAPI.base)/openapi.json">openapi.json</a>
            (OpenAPI 3.1).</p>
            <nav aria-label="Groups of endpoints"><ul>
            """
        for name in names {
            body += "<li><a href=\"#\(Self.anchor(name))\">\(Page.escape(name))</a></li>\n"
        }
        body += "<li><a href=\"#problems\">Problems</a></li>\n</ul></nav>\n"
        for name in names {
            body += "<h2 id=\"\(Self.anchor(name))\">\(Page.escape(name))</h2>\n"
            for endpoint in endpoints where endpoint.description.group == name { body += section(endpoint) }
        }
        body += Self.problems
        return Self.document(body)
    }

    private func section(_ endpoint: Endpoint) -> String {
        let told = endpoint.description
        var text = "<section><h3><b>\(endpoint.method.rawValue)</b> <code>\(Page.escape(endpoint.path))</code></h3>\n"
        text += "<p>\(Page.escape(told.summary)).</p>\n<dl>\n"
        text += Self.row("Who may", Self.access(endpoint.access))
        var parameters = told.parameters.map { "<code>\(Page.escape($0.name))</code> \(Page.escape($0.meaning))" }
        if told.list != nil { parameters.append("page, limit, cursor, sort, filters and search of lists") }
        if told.list != nil || told.single != nil { parameters.append("fields, include") }
        if !parameters.isEmpty { text += Self.row("Query", parameters.joined(separator: "<br>")) }
        if let longest = told.upload { text += Self.row("Body", "a file of at most \(longest) octets") }
        if let name = told.body { text += Self.row("Body", example(name)) }
        let statuses = ([told.status] + told.otherStatuses).map { String($0) }.joined(separator: ", ")
        var answer = "status \(statuses)"
        if told.isStream { answer += ", server-sent events" }
        if let name = told.answer { answer += example(name) }
        text += Self.row("Answer", answer)
        if !told.problems.isEmpty {
            let codes = told.problems.map { "<a href=\"#\($0.rawValue)\"><code>\($0.rawValue)</code></a>" }
            text += Self.row("Problems", codes.joined(separator: ", "))
        }
        return text + "</dl></section>\n"
    }

    /// The example of a schema.
    private func example(_ name: String) -> String {
        guard let schema = groups.lazy.compactMap({ $0.schemas[name] }).first, let example = schema["example"] else {
            return " <code>\(Page.escape(name))</code>"
        }
        let written = Page.escape(Self.written(example, depth: 0))
        // Also who has no mouse moves what is wider than the page.
        let text = "<pre tabindex=\"0\">\(written)</pre>"
        return "<details><summary><code>\(Page.escape(name))</code></summary>\(text)</details>"
    }

    private static func access(_ access: Endpoint.Access) -> String {
        switch access {
        case .anyone: "anybody, without a credential"
        case .anybodyKnown: "anybody with a credential"
        case .permission(let permission): "permission <code>\(Page.escape(permission.rawValue))</code>"
        }
    }

    private static func row(_ name: String, _ html: String) -> String { "<dt>\(name)</dt><dd>\(html)</dd>\n" }

    private static func anchor(_ name: String) -> String {
        String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }

    /// JSON with lines, for reading.
    static func written(_ json: JSON, depth: Int) -> String {
        let inner = String(repeating: "  ", count: depth + 1)
        let outer = String(repeating: "  ", count: depth)
        switch json {
        case .object(let members) where !members.isEmpty:
            let lines = members.map { member in
                "\(inner)\(JSON.text(member.name).encoded): \(written(member.value, depth: depth + 1))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
        case .list(let elements) where !elements.isEmpty:
            let lines = elements.map { "\(inner)\(written($0, depth: depth + 1))" }
            return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
        default: return json.encoded
        }
    }

    private static var problems: String {
        var text = "<h2 id=\"problems\">Problems</h2>\n<table><tr>"
        for name in ["Status", "Code", "Title"] { text += "<th scope=\"col\">\(name)</th>" }
        text += "</tr>\n"
        for code in ProblemCode.allCases {
            text += "<tr id=\"\(code.rawValue)\"><td>\(code.status)</td><td><code>\(code.rawValue)</code></td>"
            text += "<td>\(Page.escape(code.title))</td></tr>\n"
        }
        return text + "</table>\n"
    }

    private static func document(_ body: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>REST API</title>
        <style>
        :root { color-scheme: light dark; --ink: #1b2230; --ground: #f4f6fa; --card: #fff; --line: #c9d1e0; --link: #1d4ed8 }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e9edf5; --ground: #12161f; --card: #1c2230; --line: #3a4359; --link: #9db8ff } }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif }
        main { max-width: 60rem; margin: 0 auto; padding: 1.5rem }
        a { color: var(--link) } code, pre { font: .9rem/1.5 ui-monospace, monospace } code { overflow-wrap: anywhere }
        section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; margin: 0 0 1rem }
        h2 { margin: 2.5rem 0 1rem } h3 { font-size: 1.05rem; font-weight: 400; margin: 0 }
        section p { margin: .25rem 0 .75rem }
        dl { display: grid; grid-template-columns: 6rem minmax(0, 1fr); gap: .25rem 1rem; margin: 0 } dt { font-weight: 600 } dd { margin: 0 }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 } summary { cursor: pointer }
        nav ul { columns: 14rem; padding-left: 1.25rem }
        table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--line) }
        </style></head>
        <body><main>
        \(body)
        </main></body></html>

        """
    }
}

/// The page is written once: nothing in it changes while the process runs.
func addReferencePage(to router: Router<some RequestContext>, _ page: ReferencePage) {
    let octets = Array(page.html.utf8)
    router.get("api") { _, _ -> Response in
        Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
                HTTPField.Name.referrerPolicy: "no-referrer",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
                .xContentTypeOptions: "nosniff",
            ], body: .init(byteBuffer: ByteBuffer(bytes: octets)))
    }
}
