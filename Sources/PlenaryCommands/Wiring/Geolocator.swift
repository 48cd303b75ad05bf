internal import PlenaryCore
internal import PlenaryFleet
internal import Synchronization

/// Where hosts are: their names resolved, their addresses looked up in a file. Answers are kept for an hour; servers do not
/// move often.
final class Geolocator: Sendable {
    private struct Kept: Sendable {
        let location: GeoLocation?
        let at: ContinuousClock.Instant
    }

    private let database: MaxMindDatabase
    private let kept = Mutex<[String: Kept]>([:])

    init(path: String) throws(CommandFailure) { database = try MaxMindDatabase(path: path) }

    func locate(_ host: String) async -> GeoLocation? {
        let now = ContinuousClock.now
        if let known = kept.withLock({ $0[host] }), now - known.at < .seconds(3_600) { return known.location }
        let addresses =
            IPAddress(host) == nil ? await Resolver.addresses(of: host, within: .seconds(2)) : [host]
        // A name that cannot be resolved now may be in a moment: that is not kept.
        guard let first = addresses?.first else { return nil }
        let location = database.locate(first) ?? GeoLocation(ip: first)
        kept.withLock { $0[host] = Kept(location: location, at: now) }
        return location
    }
}
