package import BigBlueButton

/// The one port of this room: sends one signed call to one server and brings back what it said.
///
/// Conforming: the HTTP client of the commands, and the simulator in process. Nothing but a read is sent twice, and no redirect is
/// followed below this line; what a failure means for a meeting is decided above it.
package protocol BBBTransport: Sendable {
    /// - Parameter deadline: the longest that connecting, sending and receiving may take together.
    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer
}

/// What came back over HTTP, whatever it is.
package struct ServerAnswer: Sendable {
    package let status: Int
    package let headers: [Header]
    package let body: [UInt8]

    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(status: Int, headers: [Header] = [], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Values of a header, in order; names are compared without case.
    package func values(of name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
}

/// Why no answer came.
package enum TransportFault: Error, Sendable, Hashable {
    /// The host name has no address.
    case unresolved
    /// Nothing listens there.
    case refused
    /// The host or its network cannot be reached.
    case unreachable
    /// No connection within the deadline.
    case connectTimedOut
    /// The secure connection failed; the text says what was wrong with it and holds nothing secret.
    case tls(String)
    /// Connected, but no whole answer within the deadline.
    case timedOut
    /// The connection broke before the answer was whole.
    case connectionLost
    /// The answer was longer than allowed.
    case replyTooLarge(limit: Int)
    /// The caller gave up.
    case cancelled

    /// Whether the server may have acted on the call. A call that was never sent can be given to another server; one that
    /// may have been carried out must be asked about first.
    package var mayHaveActed: Bool {
        switch self {
        case .unresolved, .refused, .unreachable, .connectTimedOut, .tls: false
        case .timedOut, .connectionLost, .replyTooLarge, .cancelled: true
        }
    }
}
