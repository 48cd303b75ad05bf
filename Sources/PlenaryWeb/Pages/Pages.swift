internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PlenaryCore

/// A page that a participant may meet: one sentence of what happened, one of what to do.
struct Page: Sendable {
    let title: String
    let text: String
    /// Seconds after which the browser asks again; `nil`: never.
    let retryAfter: Int?

    static let meetingUnavailable = Page(
        title: "One moment, please",
        text:
            "The server of this meeting does not answer at the moment. This page tries again by itself every few seconds; "
            + "you need not do anything.",
        retryAfter: 5)

    static let meetingMoves = Page(
        title: "One moment, please",
        text:
            "This meeting is being moved to another server. This page goes on by itself in a few seconds; you need not do "
            + "anything.",
        retryAfter: 2)

    static let left = Page(
        title: "You have left the meeting",
        text: "You can close this window. While the meeting goes on, your link leads back to it.",
        retryAfter: nil)

    static let welcome = Page(
        title: "This is a Plenary server",
        text: "Meetings are opened from the application that you use, with its own link. For applications: the "
            + "BigBlueButton API is at /bigbluebutton/api.",
        retryAfter: nil)

    /// What a problem of the REST API is.
    static func problem(_ code: ProblemCode) -> Page {
        Page(
            title: code.title,
            text:
                "An application got this answer from the REST API: \(code.rawValue), with status \(code.status). What was wrong this time stands "
                + "in the answer, as detail and errors; its request_id helps whoever runs this server to find it in the log.",
            retryAfter: nil)
    }

    /// A join that failed, told by its stable key.
    static func joinFailed(_ key: String) -> Page {
        let text =
            switch key {
            case "invalidMeetingIdentifier", "meetingForciblyEnded", "notFound":
                "This meeting does not exist, or it is over. Ask whoever invited you whether it has begun, and open your link again."
            case "maxParticipantsReached": "This meeting is full. Try again when somebody has left."
            case "guestDeniedAccess": "Guests may not enter this meeting. Ask whoever invited you."
            case "mismatchCreateTimeParam":
                "Your link belongs to an earlier meeting. Open the meeting again from where you got the link."
            case "missingParamFullName": "Your link has no name in it. Open the meeting again and tell your name."
            default:
                "Your link does not open this meeting. Open it again from where you got it, or ask whoever invited you."
            }
        return Page(title: "You could not join the meeting", text: text, retryAfter: nil)
    }

    var html: String {
        let title = Self.escape(title)
        let refresh = retryAfter.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">" } ?? ""
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\(refresh)
            <title>\(title)</title>
            <style>
            :root { color-scheme: light dark; --ink: #1b2230; --ground: #f4f6fa; --card: #fff }
            @media (prefers-color-scheme: dark) { :root { --ink: #e9edf5; --ground: #12161f; --card: #1c2230 } }
            body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink);
              font: 1.125rem/1.6 system-ui, sans-serif }
            main { background: var(--card); border-radius: 1rem; padding: 2rem; margin: 1rem; max-width: 32rem }
            h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem } p { margin: 0 }
            </style></head>
            <body><main><h1>\(title)</h1><p>\(Self.escape(text))</p></main></body></html>

            """
    }

    static func escape(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }
}

func addPages(to router: Router<some RequestContext>) {
    router.get("/") { _, _ in Response.page(.welcome) }
    // Where the types of problems of the REST API lead (`rooms-api.md` 2.8).
    router.get("problems/:code") { _, context -> Response in
        guard let code = context.parameters.get("code").flatMap(ProblemCode.init(rawValue:)) else {
            return Response(status: .notFound)
        }
        return Response.page(.problem(code))
    }
    router.get("left") { _, _ in Response.page(.left) }
    router.get("join-failed") { request, _ -> Response in
        // The same text that a server would send to any page: [{"message":"...","key":"..."}]. Only the key is read.
        let errors = request.uri.queryParameters.get("errors") ?? ""
        let key =
            errors.split(separator: "\"key\":\"", maxSplits: 1).dropFirst().first.map {
                String($0.prefix { $0 != "\"" })
            } ?? ""
        return Response.page(.joinFailed(key))
    }
}

extension Response {
    static func page(_ page: Page) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                HTTPField.Name.referrerPolicy: "no-referrer",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
                .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(string: page.html)))
    }
}
