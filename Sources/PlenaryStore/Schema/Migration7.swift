extension Schema {
    static let seventh = Migration(number: 7, name: "whose users are", statements: homes)
}
