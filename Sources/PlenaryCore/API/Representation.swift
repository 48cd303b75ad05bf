package import BigBlueButton

// Values as every resource writes them (`rooms-api.md` 2.3, 2.4).

extension JSON {
    /// `2026-03-01T09:00:00Z`, or `null`.
    package init(_ time: WireTime?) { self.init(time?.timestamp) }

    /// Money is a decimal text, its currency a member of its own (D-21).
    package init(_ price: Price?) { self.init(price?.text) }

    package init(_ currency: Currency) { self = .text(currency.code) }

    package init(_ metadata: Metadata) {
        self = .object(
            metadata.members.sorted { $0.key < $1.key }.map { JSON.Member($0.key, Self.written($0.value)) })
    }

    private static func written(_ value: Metadata.Value) -> JSON {
        switch value {
        case .scalar(let scalar): written(scalar)
        case .list(let scalars): .list(scalars.map { written($0) })
        case .object(let scalars):
            .object(scalars.sorted { $0.key < $1.key }.map { JSON.Member($0.key, written($0.value)) })
        }
    }

    private static func written(_ scalar: Metadata.Scalar) -> JSON {
        switch scalar {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .integer(let number): .integer(number)
        // Only what is no number at all cannot be written.
        case .number(let number): JSONNumber(String(number)).map { JSON.number($0) } ?? .null
        case .text(let text): .text(text)
        }
    }
}

extension ResourceIdentity {
    /// The first members of every top-level resource.
    package func members(of object: String) -> [JSON.Member] {
        [
            JSON.Member("object", .text(object)), JSON.Member("id", .text(id)), JSON.Member("uuid", .text(uuid)),
            JSON.Member("ulid", .text(ulid)),
        ]
    }
}
