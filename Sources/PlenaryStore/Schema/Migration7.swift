extension Schema {
    static let seventh = Migration(
        number: 7, name: "presentations of rooms, and who changed what of them", statements: roomRecords)
}
