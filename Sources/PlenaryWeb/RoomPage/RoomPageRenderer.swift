internal import Mustache

/// Makes HTML of room pages. Made once, at the start: a template that cannot be read must not be found out by a visitor.
struct RoomPageRenderer: Sendable {
    private let template: MustacheTemplate

    /// - Throws: what is wrong with the template.
    init() throws {
        // The library's own escaping goes by characters: a quote with a combining mark behind it is another character, stays as
        // it is, and ends an attribute.
        MustacheContentTypes.register(PageEscaping(), named: RoomPageTemplate.contentType)
        template = try MustacheTemplate(string: RoomPageTemplate.text)
    }

    func html(of page: RoomPage) -> String { template.render(RoomPageView(page)) }
}

/// By scalars, as a browser reads.
struct PageEscaping: MustacheContentType {
    func escapeText(_ text: String) -> String { Self.escape(text) }

    static func escape(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            // No page may hold it.
            case "\0": result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
