extension Schema {
    static let seventh = Migration(number: 7, name: "events and web hooks", statements: events)
}
