package import BigBlueButton
package import PlenaryCore

/// What the use cases can be told. Every limit and every wait is here, with its default.
package struct FleetSettings: Sendable {
    package var health = HealthPolicy()
    package var weights = LoadWeights()
    package var create = CreateMachine.Budget()
    /// One poll may take this long; less than the interval between polls.
    package var pollDeadline: Duration = .seconds(4)
    /// One read at a server may take this long, before what was last known is used instead.
    package var readDeadline: Duration = .seconds(3)
    /// How old a last known answer may be.
    package var lastKnownAge: Duration = .seconds(60)
    /// A reply is reused for this long; zero: only reads that run at the same time share one (docs/decisions/0002).
    package var readsMaxAge: Duration = .zero
    /// Replies that are kept for reuse.
    package var keptReads = 10_000
    /// Calls to one server that may be under way or waiting; one more fails at once.
    package var callsPerServer = 512
    /// What a server may answer.
    package var reply = XMLLimits(size: 16 << 20)
    /// What a client may send as slides.
    package var document = XMLLimits(size: 64 << 20, elements: 100_000)
    /// Octets of a query to a server; what is longer goes as a form.
    package var longestQuery = 4_000
    package var algorithm: ChecksumAlgorithm = .sha256
    package var checksums = Call.Policy()
    /// Joins that wait to be written down; the oldest are dropped beyond.
    package var waitingJoins = 20_000
    /// How often what other processes wrote is looked for.
    package var feedInterval: Duration = .seconds(1)
    package var heartbeatInterval: Duration = .seconds(5)
    /// A node that was silent for this long is dead, and its creates may be settled by others.
    package var deadNodeAge: Duration = .seconds(20)
    /// Where participants land when a join failed and the caller named no place: a page of ours.
    package var joinFailedURL = ""
    package var identity = Identity()

    /// What this process says of itself.
    package struct Identity: Sendable {
        /// Another one at every start.
        package var instance = ""
        package var name = "plenary"
        package var version = "0"
        package var deploy = 0
        package var revision = ""
        package var address = ""
        /// The BigBlueButton version that clients are told (`bbb-api.md` 1.7).
        package var bbbVersion = "3.0"

        package init() {}
    }

    package init() {}
}
