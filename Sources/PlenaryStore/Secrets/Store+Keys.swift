extension Store {
    /// How the stored secrets are sealed.
    package struct Sealing: Sendable, Hashable {
        /// The key that seals.
        package let key: String
        /// All keys, the newest first.
        package let keys: [String]
        /// Secrets that were sealed anew.
        package let count: Int
        /// Secrets that do not open: they stay as they are, and keep their key.
        package let unreadable: Int
    }

    /// Seals every secret with the newest key, in one transaction. Secrets stay the same, so nobody is told of a change.
    ///
    /// - Parameter change: changes the keys where they are kept. Inside the transaction: of two processes that change them at
    ///   once, the second one sees what the first one wrote.
    package func reseal(changingKeys change: @escaping @Sendable () throws -> Void = {}) async throws -> Sealing {
        try await write { transaction in
            try change()
            let ring = try transaction.connection.keys.latest()
            let count = try SealedRows.seal(transaction.connection, with: ring, clearOnly: false)
            return Sealing(
                key: ring.current, keys: ring.ids, count: count.sealed, unreadable: count.unreadable)
        }
    }

    /// The keys with which something is sealed, and with how much.
    package func keysInUse() async throws -> [(id: String, secrets: Int)] {
        try await read { connection in
            try SealedRows.keys(connection).sorted().map {
                (id: $0, secrets: try SealedRows.count(connection, key: $0))
            }
        }
    }

    /// Drops all keys but the newest. Inside a transaction, so that nobody seals with one of them meanwhile.
    ///
    /// - Parameter drop: takes them away where they are kept.
    /// - Returns: `nil` when something is still sealed with one of them; then nothing was done.
    package func dropOldKeys(by drop: @escaping @Sendable () throws -> Void) async throws -> Sealing? {
        try await write { transaction in
            let connection = transaction.connection
            let newest = try connection.keys.latest().current
            guard try SealedRows.keys(connection).isSubset(of: [newest]) else { return nil }
            try drop()
            let ring = try connection.keys.latest()
            return Sealing(key: ring.current, keys: ring.ids, count: 0, unreadable: 0)
        }
    }
}
