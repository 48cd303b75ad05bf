internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// Requests with an `Idempotency-Key` (`rooms-api.md` 2.7): what was answered once is answered so again.
struct Repeats: Sendable {
    let platform: Platform

    /// - Parameter run: what is asked, which is done once.
    func answer(
        _ request: APIRequest, _ endpoint: Endpoint, rawQuery: String, _ run: () async throws -> APIAnswer
    ) async throws -> APIAnswer {
        guard endpoint.method == .post || endpoint.description.isRepeatable, let caller = request.anybody,
            let text = APIRequest.joined(request.headers, "Idempotency-Key")
        else { return try await run() }
        guard let key = IdempotencyKey(text) else { throw IdempotencyKey.problem }
        let scope = IdempotencyScope(credential: caller.credential, path: request.path, key: key)
        let fingerprint = IdempotencyScope.fingerprint(
            query: rawQuery, contentType: APIRequest.joined(request.headers, "Content-Type"), body: request.body,
            key: platform.store.key)
        switch try await platform.store.begin(scope, fingerprint: fingerprint, now: request.now) {
        case .refuse(let problem): throw problem
        case .replay(let stored): return APIAnswer(replaying: stored)
        case .run(let attempt):
            do {
                let answer = try await run()
                try await platform.store.finish(scope, attempt, answer.stored)
                return answer
            } catch {
                // What the caller did wrong is wrong again; what we could not do may be done the next time.
                let problem = Problem(telling: error) ?? .internalError
                try await platform.store.finish(scope, attempt, problem.stored(platform, request))
                throw error
            }
        }
    }
}

extension APIAnswer {
    fileprivate var stored: StoredAnswer {
        var headers = self.headers
        if let tag { headers.append(tag.header) }
        if let raw {
            return StoredAnswer(
                status: status, headers: headers + [.init("Content-Type", raw.mediaType)], body: raw.octets)
        }
        return StoredAnswer(
            status: status, headers: headers + (body == nil ? [] : [.init("Content-Type", MediaType.json)]),
            body: body.map { Array($0.encoded.utf8) } ?? [])
    }

    fileprivate init(replaying stored: StoredAnswer) {
        let mediaType = stored.headers.first { $0.name == "Content-Type" }?.value
        self.init(
            status: stored.status,
            headers: stored.headers.filter { $0.name != "Content-Type" } + [StoredAnswer.replayed],
            raw: mediaType.map { Raw(mediaType: $0, octets: stored.body) })
    }
}

extension Problem {
    fileprivate func stored(_ platform: Platform, _ request: APIRequest) -> StoredAnswer {
        let json = json(base: platform.settings.publicURL, instance: request.path, requestID: nil)
        return StoredAnswer(
            status: status, headers: headers + [.init("Content-Type", Problem.mediaType)],
            body: Array(json.encoded.utf8))
    }
}
