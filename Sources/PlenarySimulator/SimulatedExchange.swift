package import BigBlueButton
package import PlenaryFleet

/// An HTTP request as it reaches a simulated server, nothing decoded.
package struct SimulatedRequest: Sendable, Hashable {
    package var method: Call.Method
    /// Path and query as they stand in the request line.
    package var target: String
    package var contentType: String?
    package var body: [UInt8]

    package init(method: Call.Method = .get, target: String, contentType: String? = nil, body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.contentType = contentType
        self.body = body
    }

    /// What an HTTP client would send for a signed call.
    package init(_ call: OutgoingCall) {
        let rest = call.url.utf8.drop { $0 != UInt8(ascii: ":") }.dropFirst(3)
        self.init(
            method: call.body == nil ? .get : .post,
            target: String(Substring(rest.drop { $0 != UInt8(ascii: "/") })),
            contentType: call.body?.contentType, body: call.body?.octets ?? [])
    }

    /// The part of the target before `?`.
    package var path: String { String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") })) }

    /// The part of the target behind `?`.
    package var query: String { String(Substring(target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst())) }
}

/// An HTTP answer of a simulated server.
package struct SimulatedResponse: Sendable, Equatable {
    package var status: Int
    package var headers: [ServerAnswer.Header]
    package var body: [UInt8]

    package init(status: Int, headers: [ServerAnswer.Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The answer of a call.
    package static func xml(_ octets: [UInt8]) -> SimulatedResponse {
        SimulatedResponse(
            status: 200,
            headers: [
                .init(name: "Content-Type", value: "text/xml;charset=utf-8"),
                .init(name: "Cache-Control", value: "no-cache"),
            ],
            body: octets)
    }

    /// The answer of a call that answers in JSON.
    static func json(_ value: SimulatedJSON) -> SimulatedResponse {
        SimulatedResponse(
            status: 200,
            headers: [
                .init(name: "Content-Type", value: "application/json;charset=utf-8"),
                .init(name: "Cache-Control", value: "no-cache"),
            ],
            body: Array(value.encoded.utf8))
    }

    static func text(_ text: String) -> SimulatedResponse {
        SimulatedResponse(
            status: 200,
            headers: [
                .init(name: "Content-Type", value: "text/plain;charset=utf-8"),
                .init(name: "Cache-Control", value: "no-store"),
            ],
            body: Array(text.utf8))
    }

    /// A page: what participants see, and what nginx says when something is wrong.
    package static func page(_ status: Int, title: String, text: String) -> SimulatedResponse {
        html(status, title: title, body: "<h1>\(title.markupEscaped)</h1><p>\(text.markupEscaped)</p>")
    }

    /// - Parameter body: HTML.
    static func html(_ status: Int, title: String, body: String) -> SimulatedResponse {
        let html = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(title.markupEscaped)</title>
            <style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}</style>
            </head><body>\(body)</body></html>

            """
        return SimulatedResponse(
            status: status, headers: [.init(name: "Content-Type", value: "text/html;charset=utf-8")],
            body: Array(html.utf8))
    }

    /// An address that leads nowhere.
    static let noSuchCall = page(404, title: "Not found", text: "There is no such call.")

    /// Something that a real server does not survive (`bbb-api.md` 3.5).
    static let crash = page(500, title: "Internal server error", text: "The request could not be processed.")

    static func redirect(to url: String, headers: [ServerAnswer.Header] = []) -> SimulatedResponse {
        SimulatedResponse(status: 302, headers: [.init(name: "Location", value: url)] + headers)
    }

    /// The same as what the balancer's port speaks.
    package var serverAnswer: ServerAnswer { ServerAnswer(status: status, headers: headers, body: body) }
}

extension String {
    /// As text or as the value of an attribute, in XML and HTML. Scalar by scalar: a combining character behind a
    /// bracket would make another Character of it.
    var markupEscaped: String {
        unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case _ where scalar.value < 0x20 && scalar != "\t" && scalar != "\n": break
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
