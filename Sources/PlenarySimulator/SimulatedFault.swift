package import BigBlueButton

/// What can be wrong with a server.
package enum SimulatedFault: Sendable, Hashable {
    /// The answer takes that long.
    case slow(Duration)
    /// It takes the request and never answers.
    case hang
    /// It does not take connections; after the work: it drops the connection.
    case refuse
    /// Another status with an HTML page, such as nginx's 502.
    case status(Int)
    /// Status 200 and something that is no XML.
    case garbage
    /// Status 200 and half an answer.
    case truncated
    /// Status 200 and nothing.
    case emptyBody
    /// Its secret was changed: it says `checksumError` to every call that needs one, and does nothing.
    case wrongSecret
    /// It says FAILED with this key and message.
    case failed(MessageKey, String)
}

/// Which requests a fault meets, and when.
package struct SimulatedFaultRule: Sendable, Hashable {
    /// Whether the server does its work.
    package enum When: Sendable, Hashable {
        /// The fault comes first: nothing is done. Of a slow server: the work is done when the time is over, whether or
        /// not somebody still waits.
        case before
        /// The work is done, then the answer is lost or broken.
        case after
    }

    package var fault: SimulatedFault
    /// `nil`: every request.
    package var call: CallName?
    package var when: When
    /// How many more requests it meets; `nil`: all.
    package var remaining: Int?

    package init(_ fault: SimulatedFault, call: CallName? = nil, when: When = .before, remaining: Int? = nil) {
        self.fault = fault
        self.call = call
        self.when = when
        self.remaining = remaining
    }
}

/// What becomes of a request, before a network shows it.
package enum SimulatedOutcome: Sendable {
    case answered(SimulatedResponse)
    /// The connection ends without an answer. `workDone: false` means that the request never arrived.
    case dropped(workDone: Bool)
    /// No answer, ever.
    case silent
    /// The work is done, the answer takes that long.
    case answeredLate(SimulatedResponse, after: Duration)
    /// Neither work nor answer yet: after that time ``SimulatedServer/carryOut(_:at:)`` does and gives both.
    case worksLate(after: Duration)
}
