package import PlenaryFleet

/// An HTTP request that a server sends by itself, as a value: what was sent is looked at, or a courier delivers it.
package struct SimulatedCallback: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        /// `meta_endCallbackUrl` (`bbb-api.md` 10.1).
        case end
        /// `meetingEndedURL`, the one for balancers (`bbb-api.md` 10.1).
        case endedURL
        /// `meta_bbb-recording-ready-url` or one of its aliases (`bbb-api.md` 10.2).
        case recordingReady
        /// `meta_analytics-callback-url` (`bbb-api.md` 10.3).
        case analytics
        /// An event for a web hook (`bbb-api.md` 11.5).
        case hook
    }

    package let kind: Kind
    /// `GET` or `POST`.
    package let method: String
    package let url: String
    /// `nil`: there is no body.
    package let contentType: String?
    /// Beside the content type.
    package let headers: [ServerAnswer.Header]
    package let body: [UInt8]
    /// The front-end's id of the meeting that it is about.
    package let meetingID: String

    /// A GET without a body.
    init(_ kind: Kind, get url: String, meetingID: String) {
        self.init(kind, method: "GET", url: url, contentType: nil, headers: [], body: "", meetingID: meetingID)
    }

    init(
        _ kind: Kind, post url: String, contentType: String = "application/x-www-form-urlencoded",
        headers: [ServerAnswer.Header] = [], body: String, meetingID: String
    ) {
        self.init(
            kind, method: "POST", url: url, contentType: contentType, headers: headers, body: body,
            meetingID: meetingID)
    }

    private init(
        _ kind: Kind, method: String, url: String, contentType: String?, headers: [ServerAnswer.Header], body: String,
        meetingID: String
    ) {
        self.kind = kind
        self.method = method
        self.url = url
        self.contentType = contentType
        self.headers = headers
        self.body = Array(body.utf8)
        self.meetingID = meetingID
    }

    /// Headers cannot be hashed and are left out: what is equal has the same hash all the same.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(url)
        hasher.combine(body)
    }
}

extension String {
    /// A URL with more behind its query.
    func addingQuery(_ query: String) -> String { self + (utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + query }
}
