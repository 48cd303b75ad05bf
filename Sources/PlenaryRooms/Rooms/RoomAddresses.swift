package import PlenaryCore
internal import PlenaryStore

extension PlatformSettings {
    /// Scheme and host of a customer's rooms (`rooms-api.md` 11.1).
    package func origin(of customer: Customer?) -> String {
        RoomAddress.origin(
            hostname: customer?.details.hostname, subdomain: hasSubdomains ? customer?.details.subdomain : nil,
            platform: publicURL)
    }
}

extension Platform {
    /// Scheme and host of a customer's rooms (`rooms-api.md` 11.1).
    package func origin(of customer: Customer?) -> String { settings.origin(of: customer) }

    /// The address of a room, without a token.
    package func url(of room: Room) async throws -> String { room.url(origin: try await origin(of: room)) }

    /// Where a room is reached.
    package func origin(of room: Room) async throws -> String {
        guard let reference = ResourceReference(room.customerID) else { return settings.publicURL }
        return origin(of: try await store.customer(reference))
    }
}
