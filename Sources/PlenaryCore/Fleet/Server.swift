package import BigBlueButton

/// The number of a server, as the commands and getStatistics show it.
package struct ServerID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: ServerID, right: ServerID) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// A BigBlueButton server of the fleet, as people configured it.
package struct Server: Sendable, Hashable {
    package let id: ServerID
    package let name: Slug
    package let endpoint: Endpoint
    /// The store cannot read its secret: unless it was known before, every call to it is signed wrongly.
    package let isUnreadable: Bool
    package let administrative: AdministrativeState
    /// How much it can carry relative to others: 2 takes twice the load of 1. Greater than 0.
    package let capacity: Double
    /// Connections that can be reserved on it (`rooms-api.md` 15.6, T13); `nil`: any number.
    package let connections: Int?
    /// What people marked it with, in lower case: meetings can ask for it.
    package let tags: Set<String>
    package let createdAt: WireTime

    package init(
        id: ServerID, name: Slug, endpoint: Endpoint, administrative: AdministrativeState,
        capacity: Double = 1, connections: Int? = nil, tags: Set<String> = [], isUnreadable: Bool = false,
        createdAt: WireTime
    ) {
        self.isUnreadable = isUnreadable
        self.id = id
        self.name = name
        self.endpoint = endpoint
        self.administrative = administrative
        self.capacity = capacity
        self.connections = connections
        self.tags = tags
        self.createdAt = createdAt
    }

    /// With the secret that was known before, when it cannot be read now.
    package func keepingReadable(of old: Server) -> Server {
        guard isUnreadable, old.endpoint.url == endpoint.url else { return self }
        return Server(
            id: id, name: name, endpoint: old.endpoint, administrative: administrative, capacity: capacity,
            connections: connections, tags: tags, isUnreadable: true, createdAt: createdAt)
    }
}

/// What people said about a server. Probes never change it (ARCHITECTURE decision 4; `balancer.md` 12).
package enum AdministrativeState: String, Sendable, Hashable, CaseIterable {
    /// Takes new meetings while it is healthy.
    case ready
    /// Takes no new meetings; those it has go on.
    case drain
    /// Takes no new meetings and its health is not judged; joins of its meetings work while it answers.
    case maintenance
    /// Takes new meetings whatever probes say.
    case force
}

/// Whether a server may get a new meeting, and why not. The one place where this is asked.
package enum Eligibility: Sendable, Hashable {
    case eligible
    /// Only because the fleet is in panic, in the order of the last success.
    case lastResort
    case excluded(Reason)

    package enum Reason: String, Sendable, Hashable {
        case drained, inMaintenance, unchecked, suspect, offline
    }

    package init(_ administrative: AdministrativeState, _ state: HealthState, panic: Bool) {
        switch (administrative, state) {
        case (.force, _): self = .eligible
        case (.drain, _): self = .excluded(.drained)
        case (.maintenance, _): self = .excluded(.inMaintenance)
        case (.ready, .online): self = .eligible
        case (.ready, .suspect): self = panic ? .lastResort : .excluded(.suspect)
        case (.ready, .offline): self = panic ? .lastResort : .excluded(.offline)
        case (.ready, .unchecked): self = .excluded(.unchecked)
        }
    }
}
