internal import PlenaryCore
internal import Synchronization

/// What is left of the limits that an endpoint holds its callers to: its answer tells of it, whatever that is (`rooms-api.md` 2.9).
final class NotedStandings: Sendable {
    private let noted = Mutex<[RateLimitStanding]>([])

    func note(_ standing: RateLimitStanding) { noted.withLock { $0.append(standing) } }

    var all: [RateLimitStanding] { noted.withLock { $0 } }
}

/// How many requests of one credential, or of one address without a credential, are taken (`rooms-api.md` 2.9).
final class RequestLimits: Sendable {
    enum Subject: Sendable, Hashable {
        case credential(String)
        /// `nil`: an address that nobody knows, as in tests without a socket.
        case address(IPAddress?)
    }

    private let credentials: Mutex<RateLimiter<String>>
    private let addresses: Mutex<RateLimiter<IPAddress?>>

    init(
        credential: RateLimitPolicy = .credential,
        address: RateLimitPolicy = RateLimitPolicy("address", quota: 600, seconds: 60)
    ) {
        credentials = Mutex(RateLimiter(credential))
        addresses = Mutex(RateLimiter(address))
    }

    /// - Throws: 429 `rate_limited`.
    /// - Returns: what is left.
    func take(_ subject: Subject, at now: Duration) throws(Problem) -> RateLimitStanding {
        let (wait, standing): (Duration?, RateLimitStanding)
        switch subject {
        case .credential(let credential):
            (wait, standing) = credentials.withLock {
                ($0.take(credential, at: now), $0.standing(of: credential, at: now))
            }
        case .address(let address):
            let network = address?.limitedNetwork
            (wait, standing) = addresses.withLock { ($0.take(network, at: now), $0.standing(of: network, at: now)) }
        }
        if let wait {
            throw .rateLimited(retryAfter: wait, headers: RateLimitStanding.headers([standing]))
        }
        return standing
    }
}
