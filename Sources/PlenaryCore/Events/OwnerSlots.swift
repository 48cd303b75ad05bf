/// What is under way, and whose it is: an owner whose receivers are all slow leaves room for those of others.
///
/// Beside ``DeliverySlots``, which knows receivers only: one owner may have many of them.
package struct OwnerSlots: Sendable {
    private let most: Int
    private var owners: [Int64: Int64] = [:]

    /// - Parameter most: of one owner at the same time.
    package init(toOne most: Int) { self.most = most }

    /// Of what is under way.
    package var numbers: [Int64] { owners.keys.sorted() }

    /// The owners of whom no more may begin now.
    package var full: [Int64] { Set(owners.values).filter { isFull($0) }.sorted() }

    package func isFull(_ owner: Int64) -> Bool { owners.values.filter { $0 == owner }.count >= most }

    package mutating func began(_ number: Int64, of owner: Int64) { owners[number] = owner }

    package mutating func ended(_ number: Int64) { owners[number] = nil }
}
