extension Schema {
    static let sixth = Migration(
        number: 6, name: "rooms, service providers, keys of the REST API, administrators",
        statements: access + providers + rooms)
}
