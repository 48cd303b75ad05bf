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
    /// How long servers may take to list their recordings, which is slower.
    package var recordingsDeadline: Duration = .seconds(5)
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
    /// The same for lists of recordings. A recording has some two kilobytes and forty elements.
    package var recordingsReply = XMLLimits(size: 256 << 20, elements: 16_000_000)
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
    /// Where browsers reach us, without a slash at the end.
    package var publicURL = ""
    /// Where servers reach us.
    package var callbacksURL = ""
    /// Where hooks of callers may lead, as far as it is seen when they are registered: into the operator's own networks, and
    /// without TLS. The same holds when something is sent.
    package var allowsPrivateCallbacks = false
    package var allowsHTTPCallbacks = true
    package var retries = RetrySchedule()
    /// Callbacks that may be under way at a time.
    package var deliveriesAtATime = 16
    /// Of these to one host: one that takes long must not hold up what others are told.
    package var deliveriesToOneHost = 4
    /// How long the receiver of a callback may take.
    package var deliveryDeadline: Duration = .seconds(10)
    /// How long callbacks that were acknowledged, or given up, are remembered.
    package var keptDeliveries: Duration = .seconds(30 * 86_400)
    /// The same for events of web hooks.
    package var keptEvents: Duration = .seconds(3_600)
    /// Whether no two meetings of the whole fleet have the same voice bridge: telephone gateways that serve all servers need it.
    package var uniqueVoiceBridges = false
    package var rejoin = Rejoin.join
    /// Whether getMeetings names the server of each meeting (docs/decisions/0009).
    package var tellsServers = false
    /// What new meetings show in their chat before the caller's own texts.
    package var chatTexts = DefaultChatTexts.off
    /// Minutes that a create can reserve at most.
    package var longestReservation = 1_440
    /// Slides that came with a create are kept up to this size, to be given again when the meeting moves.
    package var keptDocument = 16 << 20
    /// Where a host is, if anybody knows.
    package var locate: @Sendable (_ host: String) async -> GeoLocation? = { _ in nil }
    package var identity = Identity()

    /// How participants of a meeting that was moved find their way: where the address of ours stands to which their browser
    /// goes from the page that says that the meeting has ended (docs/decisions/0012).
    package enum Rejoin: String, Sendable, CaseIterable {
        /// Nowhere: they land where the caller wants them.
        case off
        /// As logoutURL of each join, which BigBlueButton 3.0 follows.
        case join
        /// In the create as well, for older servers.
        case create
    }

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
