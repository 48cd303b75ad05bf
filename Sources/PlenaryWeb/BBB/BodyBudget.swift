internal import PlenaryCore
internal import Synchronization

/// How many octets of bodies may be held at a time, over all requests: many clients together take no more memory than this, and
/// none of them takes it from the others.
final class BodyBudget: Sendable {
    /// Whose body it is.
    enum Sender: Sendable, Hashable {
        /// An account whose secret signed the query, or a credential of the REST API.
        case known(String)
        /// Nobody knows yet who sends: the address, or the /64 of IPv6.
        case network(IPAddress?)
    }

    private let limit: Int
    /// Of one account or credential.
    private let known: Int
    /// Of one network, and of all that nobody knows yet: however many they are, those who are known have their place.
    private let network: Int
    private let unknown: Int
    private let state = Mutex(State())

    private struct State {
        var taken = 0
        var unknown = 0
        var senders: [Sender: Int] = [:]
    }

    init(limit: Int) {
        self.limit = limit
        // Where little may be held, the longest body has its place all the same.
        known = max(limit / 2, min(limit, 64 << 20))
        network = max(limit / 16, min(limit, 4 << 20))
        unknown = max(limit / 4, network)
    }

    /// - Returns: whether there was room.
    func take(_ octets: Int, for sender: Sender) -> Bool {
        state.withLock { state in
            let own = state.senders[sender, default: 0] + octets
            switch sender {
            case .known: guard own <= known else { return false }
            case .network: guard own <= network, state.unknown + octets <= unknown else { return false }
            }
            guard state.taken + octets <= limit else { return false }
            state.taken += octets
            if case .network = sender { state.unknown += octets }
            state.senders[sender] = own
            return true
        }
    }

    func giveBack(_ octets: Int, of sender: Sender) {
        state.withLock { state in
            state.taken -= octets
            if case .network = sender { state.unknown -= octets }
            let left = state.senders[sender, default: 0] - octets
            state.senders[sender] = left == 0 ? nil : left
        }
    }
}
