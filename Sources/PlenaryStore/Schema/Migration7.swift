extension Schema {
    static let seventh = Migration(number: 7, name: "users set their passwords", statements: signIn)
}
