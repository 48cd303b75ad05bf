/// The steps of the schema, one file each, in the order in which they are taken. A released one is never changed.
enum Schema {
    static let migrations: [Migration] = [first, second, third, fourth, fifth, sixth, seventh]
}
