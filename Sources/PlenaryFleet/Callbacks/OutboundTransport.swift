/// A request to an address that a caller gave: a callback.
package struct OutboundRequest: Sendable, Hashable {
    package struct Header: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package let url: String
    package let headers: [Header]
    /// With a body it is a POST, else a GET.
    package let body: [UInt8]?

    package init(url: String, headers: [Header] = [], body: [UInt8]? = nil) {
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What became of it.
package enum OutboundResult: Sendable, Hashable {
    case answered(status: Int)
    /// We do not send to such an address: nothing left us. The text is for people and has no address in it.
    case refused(String)
    /// No answer came.
    case failed(String)
}

/// The port through which callbacks leave (docs/decisions/0013). What conforms judges the address first: one that leads to a
/// private network is refused unless a setting allows it, only addresses that were judged are called, and no redirect is
/// followed.
package protocol OutboundTransport: Sendable {
    /// - Parameter deadline: the longest until the status is there. What is read behind it is bounded too.
    func send(_ request: OutboundRequest, deadline: Duration) async -> OutboundResult

    /// Nothing is sent any more: what was kept open is closed.
    func close() async
}

extension OutboundTransport {
    package func close() async {}
}
