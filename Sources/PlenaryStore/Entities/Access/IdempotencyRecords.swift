package import BigBlueButton
package import PlenaryCore

extension Store {
    /// What becomes of a request that came with an `Idempotency-Key`.
    package enum IdempotentStart: Sendable, Hashable {
        /// It is done now; ``finish(_:_:_:)`` belongs to it.
        case run(IdempotencyRecord.Run)
        /// It was done; this is its answer.
        case replay(StoredAnswer)
        case refuse(Problem)
    }

    /// Begins a request: of two at the same time one runs.
    ///
    /// - Parameter fingerprint: ``IdempotencyScope/fingerprint(query:contentType:body:key:)`` with the key of the store.
    package func begin(_ scope: IdempotencyScope, fingerprint: String, now: WireTime) async throws -> IdempotentStart {
        try await write { transaction in
            let connection = transaction.connection
            let stored = try IdempotencyRows.record(connection, scope)
            switch IdempotencyRecord.begin(stored, fingerprint: fingerprint, at: now) {
            case .replay(let answer): return .replay(answer)
            case .refuse(let problem): return .refuse(problem)
            case .run(let record):
                try IdempotencyRows.start(connection, record, of: scope)
                return .run(record.run)
            }
        }
    }

    /// Ends a request. Its answer is kept, sealed, unless it says nothing for good; then the next request runs.
    ///
    /// - Returns: whether this run was still the one that answers: another one took its place when it took too long.
    @discardableResult
    package func finish(_ scope: IdempotencyScope, _ run: IdempotencyRecord.Run, _ answer: StoredAnswer) async throws
        -> Bool
    {
        try await write { try $0.finish(scope, run, answer) }
    }

    /// Forgets what is older than its time.
    ///
    /// - Returns: how many.
    @discardableResult
    package func removeOldIdempotencyRecords(now: WireTime) async throws -> Int {
        try await write { transaction in
            try transaction.connection.execute(
                "DELETE FROM idempotency_records WHERE started_at <= $1",
                [.integer(now.advanced(by: .zero - IdempotencyRecord.keeping).milliseconds)])
        }
    }
}

extension StoreTransaction {
    /// For the transaction that does what was asked, too.
    func finish(_ scope: IdempotencyScope, _ run: IdempotencyRecord.Run, _ answer: StoredAnswer) throws -> Bool {
        guard var record = try IdempotencyRows.record(connection, scope) else { return false }
        switch record.finished(run, answer) {
        case .leave: return false
        case .forget:
            try connection.execute(
                "DELETE FROM idempotency_records WHERE \(IdempotencyRows.place)", IdempotencyRows.values(scope))
        case .keep:
            let ring = try SealedRows.ring(connection)
            let sealed = try ring.seal(AnswerText.secret(answer), of: IdempotencyRows.row(scope))
            let answer: [SQLValue] = [.text(sealed), .text(ring.current)]
            try connection.execute(
                """
                UPDATE idempotency_records SET answer = $1, key_id = $2
                WHERE credential = $3 AND path = $4 AND request_key = $5
                """, answer + IdempotencyRows.values(scope))
        }
        return true
    }
}

enum IdempotencyRows {
    static let place = "credential = $1 AND path = $2 AND request_key = $3"

    static func values(_ scope: IdempotencyScope) -> [SQLValue] {
        [.text(scope.credential), .text(scope.path), .text(scope.key.text)]
    }

    /// What the seal of an answer belongs to. Neither a path nor a key has a blank.
    static func row(_ scope: IdempotencyScope) -> String {
        row(credential: scope.credential, path: scope.path, key: scope.key.text)
    }

    private static func row(credential: String, path: String, key: String) -> String {
        "idempotency_records/\(credential) \(path) \(key)"
    }

    static func record(_ connection: any SQLConnection, _ scope: IdempotencyScope) throws -> IdempotencyRecord? {
        let rows = try connection.query(
            "SELECT fingerprint, attempt, started_at, answer FROM idempotency_records WHERE \(place)", values(scope))
        guard let row = rows.first else { return nil }
        let startedAt = WireTime(milliseconds: try row.integer(2))
        let state: IdempotencyRecord.State
        if let sealed = try row.optionalText(3) {
            let opened = try connection.keys.open(sealed, of: self.row(scope))
            guard let answer = AnswerText.answer(opened) else { throw StoreFault.unreadable("stored answer") }
            state = .answered(answer)
        } else {
            state = .running(until: startedAt.advanced(by: IdempotencyRecord.patience))
        }
        return IdempotencyRecord(
            fingerprint: try row.text(0), attempt: Int(try row.integer(1)), startedAt: startedAt, state: state)
    }

    static func start(_ connection: any SQLConnection, _ record: IdempotencyRecord, of scope: IdempotencyScope) throws {
        try connection.execute(
            """
            INSERT INTO idempotency_records (credential, path, request_key, fingerprint, attempt, started_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (credential, path, request_key) DO UPDATE SET fingerprint = excluded.fingerprint,
                attempt = excluded.attempt, started_at = excluded.started_at, answer = NULL, key_id = NULL
            """,
            values(scope) + [
                .text(record.fingerprint), .integer(Int64(record.attempt)), .integer(record.startedAt.milliseconds),
            ])
    }

    /// Seals the answers anew that another key than the newest of `ring` sealed.
    static func seal(_ connection: any SQLConnection, with ring: KeyRing, _ count: inout SealedRows.Count) throws {
        let rows = try connection.query(
            """
            SELECT credential, path, request_key, answer, key_id FROM idempotency_records
            WHERE answer IS NOT NULL AND key_id <> $1
            """, [.text(ring.current)])
        for row in rows {
            let key = try row.optionalText(4)
            let (credential, path, requestKey) = (try row.text(0), try row.text(1), try row.text(2))
            let place = self.row(credential: credential, path: path, key: requestKey)
            guard let answer = try SealedRows.readable(connection, try row.text(3), key: key, of: place) else {
                count.unreadable += 1
                continue
            }
            try connection.execute(
                """
                UPDATE idempotency_records SET answer = $1, key_id = $2
                WHERE credential = $3 AND path = $4 AND request_key = $5
                """,
                [
                    .text(try ring.seal(answer, of: place)), .text(ring.current), .text(credential), .text(path),
                    .text(requestKey),
                ])
            count.add(key: key)
        }
    }
}

/// An answer as one text, since a text is what is sealed: the status, the headers and the body, with dots between them.
enum AnswerText {
    static func secret(_ answer: StoredAnswer) throws(StoreFault) -> Secret {
        var parts = [String(answer.status), Base64URL.encode(answer.body)]
        for header in answer.headers {
            parts.append(Base64URL.encode(Array(header.name.utf8)))
            parts.append(Base64URL.encode(Array(header.value.utf8)))
        }
        guard let secret = Secret(parts.joined(separator: ".")) else { throw .unreadable("answer of a request") }
        return secret
    }

    /// - Returns: `nil` when it is none.
    static func answer(_ secret: Secret) -> StoredAnswer? {
        let parts = secret.reveal().split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count >= 2, parts.count % 2 == 0, let status = Int(parts[0]),
            let body = Base64URL.decode(parts[1])
        else { return nil }
        var headers: [ResponseHeader] = []
        for index in stride(from: 2, to: parts.count, by: 2) {
            guard let name = Base64URL.decode(parts[index]), let value = Base64URL.decode(parts[index + 1])
            else { return nil }
            headers.append(
                ResponseHeader(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return StoredAnswer(status: status, headers: headers, body: body)
    }
}
