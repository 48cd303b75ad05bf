package import PlenaryFleet
package import PlenaryStore

/// The platform over a fleet: customers, what they bought, their rooms, and who may go where (`rooms-api.md`).
///
/// What is decided stands in `PlenaryCore`; here it is carried out, one folder a subject. The web and the command line both
/// come through here.
package final class Platform: Sendable {
    package let store: Store
    /// Our own fleet, which is one of the providers.
    package let fleet: Fleet
    package let settings: PlatformSettings
    package let time: FleetTime

    package init(store: Store, fleet: Fleet, settings: PlatformSettings, time: FleetTime) {
        self.store = store
        self.fleet = fleet
        self.settings = settings
        self.time = time
    }
}

/// What the platform can be told.
package struct PlatformSettings: Sendable {
    /// Where browsers reach us, without a slash at the end: `https://rooms.example`.
    package var publicURL: String

    /// Names below that host lead here too: each customer's rooms are under the customer's own (11.1).
    package var hasSubdomains: Bool

    package var webhooks = WebhookSettings()

    /// The host of ``publicURL``, in lower case and without a port.
    package var host: String {
        let authority = publicURL.split(separator: "/", maxSplits: 2).dropFirst().first ?? ""
        return String(authority.prefix { $0 != ":" && $0 != "/" }).lowercased()
    }

    package init(publicURL: String, hasSubdomains: Bool = false) {
        self.publicURL = publicURL
        self.hasSubdomains = hasSubdomains
    }
}
