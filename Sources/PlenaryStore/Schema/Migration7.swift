extension Schema {
    static let seventh = Migration(
        number: 7, name: "the rest of rooms", statements: homes + signIn + roomRecords + events + recordings)
}
