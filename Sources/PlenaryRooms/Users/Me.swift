package import PlenaryCore
internal import PlenaryStore

/// Who asks, as `GET /me` tells (`rooms-api.md` 13.3).
package enum MeResource {
    package static let object = "Me"
}

extension Platform {
    /// What a caller is, may do and gets to see.
    package func me(_ caller: APICaller) async throws -> JSON {
        let kind: String
        let id: String
        var (name, email): (String?, String?)
        switch caller.kind {
        case .key(let key):
            (kind, id) = ("api_key", key)
            name = try await store.apiKey(.id(key))?.key.details.name
        case .administrator(let administrator):
            (kind, id) = ("administrator", administrator)
            let found = try await store.administrator(.id(administrator))
            (name, email) = (found?.details.name, found?.details.email)
        case .user(let user):
            (kind, id) = ("user", user.text)
            let found = try await store.user(.id(user.text))
            (name, email) = (found?.name, found?.details.email)
        }
        let permissions = caller.principal.scopes.map(\.description).sorted()
        return .object([
            .init("object", .text(MeResource.object)), .init("kind", .text(kind)), .init("id", .text(id)),
            .init("name", JSON(name)), .init("email", JSON(email)),
            .init("permissions", .list(permissions.map { .text($0) })),
            .init("customer_ids", try await customerIDs(of: caller.principal.reach)),
        ])
    }

    /// `null`: all of them.
    func customerIDs(of reach: Reach) async throws -> JSON {
        switch reach {
        case .platform: return .null
        case .customers(let numbers):
            var ids: [String] = []
            for number in numbers.sorted() {
                if let customer = try await store.customer(number) { ids.append(customer.identity.id) }
            }
            return .list(ids.map { .text($0) })
        }
    }
}
