internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

extension Workplace {
    /// As ``open(mayCreate:_:)``; what the platform refuses, of rooms and of what is sold, is told with a remedy.
    static func openPlatform<Value: Sendable>(
        mayCreate: Bool = false, _ work: (Workplace) async throws -> Value
    ) async throws -> Value {
        try await openCommerce(mayCreate: mayCreate) { place in
            let actor = AuditActor(.commandLine, now: place.time.now())
            do { return try await AuditActor.$current.withValue(actor) { try await work(place) } } catch {
                if let failure = PlatformFailure.of(error) { throw failure }
                throw error
            }
        }
    }

    var platformSettings: PlatformSettings {
        PlatformSettings(publicURL: settings.baseURL, hasSubdomains: settings.hasSubdomains)
    }

    /// Runs `work` with the use cases that call providers, over clients that are closed afterwards.
    func withServices<Value: Sendable>(_ work: (PlatformServices) async throws -> Value) async throws -> Value {
        try await withTransport { transport in
            let client = ProviderClient(allowPrivate: settings.allowsPrivateProviders, extraCA: settings.providersCA)
            let platform = Platform(
                store: store, fleet: fleet(transport), settings: platformSettings, time: time)
            let result: Result<Value, any Error>
            do {
                result = .success(try await work(PlatformServices(platform: platform, transport: client)))
            } catch { result = .failure(error) }
            await client.close()
            return try result.get()
        }
    }

    // MARK: finding things by what people write

    /// By id, uuid or ulid.
    func room(_ text: String) async throws -> Room {
        if let reference = ResourceReference(text) {
            if let found = try await store.room(reference) { return found }
            if let time = try await store.roomRemoved(reference) {
                throw CommandFailure(
                    message: "the room `\(MeetingView.printable(text))` was deleted on \(time.timestamp)",
                    remedy: "Its id is never used again. See what there is: plenary room list")
            }
        }
        throw CommandFailure(
            message: "there is no room `\(MeetingView.printable(text))`",
            remedy: "Find it: plenary room list --search WORDS. One is named by its id, uuid or ulid.")
    }

    /// By id, uuid, ulid or e-mail address.
    func user(_ text: String) async throws -> User {
        if let reference = ResourceReference(text), let found = try await store.user(reference) { return found }
        if let found = try await store.user(email: text) { return found }
        throw CommandFailure(
            message: "there is no user `\(MeetingView.printable(text))`",
            remedy: "One is named by its id, uuid, ulid or e-mail address.")
    }

    /// Scheme and host of the rooms of a customer.
    ///
    /// - Parameter id: its public id.
    func origin(ofCustomer id: String) async throws -> String {
        guard let reference = ResourceReference(id) else { return platformSettings.origin(of: nil) }
        return platformSettings.origin(of: try await store.customer(reference))
    }
}
