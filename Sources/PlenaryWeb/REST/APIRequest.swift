internal import BigBlueButton
internal import HTTPTypes
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// A request to the REST API, read and authenticated: what an endpoint needs to know of it.
struct APIRequest: Sendable {
    /// The path as it was called, without the query: a query may hold a token.
    let path: String
    /// Parameters of the path, by their names.
    let arguments: [String: String]
    let query: [QueryParameter]
    let headers: HTTPFields
    /// Empty until whoever sends it may.
    var body: [UInt8]
    /// `nil`: without a credential, at an endpoint that needs none.
    let anybody: APICaller?
    /// Where it comes from, as far as we know.
    let address: IPAddress?
    let now: WireTime
    let platform: Platform
    let catalogue: SchemaCatalogue
    /// Who comes with the same credential now: for what goes on for longer than a request.
    ///
    /// - Throws: 401 `unauthenticated` for one that was taken back; `nil`: without one.
    let renewed: @Sendable () async throws -> APICaller?
    /// Limits of the endpoint itself, beside those of all requests.
    let standings = NotedStandings()

    /// Who asks.
    ///
    /// - Throws: 401 `unauthenticated`.
    var caller: APICaller {
        get throws(Problem) {
            guard let anybody else { throw .unauthenticated }
            return anybody
        }
    }

    var preferences: Preferences {
        Preferences(Self.joined(headers, "Prefer"))
    }

    /// What the caller reads best of what there is; `nil`: none was asked for that there is.
    var language: PageLanguage? {
        Self.joined(headers, "Accept-Language").flatMap { PageLanguage.best(of: $0) }
    }

    /// A parameter of the path that names a resource.
    ///
    /// - Throws: 404 `not_found` when it has the form of no identifier: nothing is called so.
    func reference(_ name: String) throws(Problem) -> ResourceReference {
        guard let text = arguments[name], let reference = ResourceReference(text) else { throw Problem(.notFound) }
        return reference
    }

    func argument(_ name: String) -> String { arguments[name] ?? "" }

    /// What a list was asked for.
    func list(of schema: ResourceSchema) throws(Problem) -> ListQuery {
        try ListQuery(query, of: schema, in: catalogue)
    }

    /// What a single resource shall show.
    func selection(of schema: ResourceSchema) throws(Problem) -> Selection {
        try Selection(query, of: schema, in: catalogue)
    }

    /// The body as an object; none at all is an empty one.
    func object() throws(Problem) -> ObjectReader {
        body.isEmpty ? ObjectReader(.object([])) : try ObjectReader(body: body)
    }

    /// A parameter that is on or off.
    ///
    /// - Throws: 422 `invalid_query` for anything but `true` and `false`.
    func flag(_ name: String, default standard: Bool = false) throws(Problem) -> Bool {
        guard let text = query.last(where: { $0.name == name })?.value, !text.isEmpty else { return standard }
        switch text {
        case "true", "1": return true
        case "false", "0": return false
        default:
            throw .invalidQuery([RequestFault(.parameter(name), .invalidType, "It is true or false.")])
        }
    }

    /// A single parameter; an empty one is none.
    func parameter(_ name: String) -> String? {
        query.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    // MARK: conditions

    /// Whether the resource is still in the state that the caller knows: to be asked inside the transaction that changes it.
    ///
    /// - Parameter state: what a change would change.
    /// - Throws: 412 `precondition_failed`.
    func checkMatch(_ state: JSON) throws(Problem) {
        let (ifMatch, ifNoneMatch) = (Self.joined(headers, "If-Match"), Self.joined(headers, "If-None-Match"))
        guard ifMatch != nil || ifNoneMatch != nil else { return }
        let tag = EntityTag(state: state, shown: state, key: platform.store.key)
        guard
            case .holds = try Precondition.judge(
                ifMatch: ifMatch, ifNoneMatch: ifNoneMatch, current: tag, isRead: false)
        else { throw Problem(.preconditionFailed) }
    }

    /// The values of a header that may be there several times, as one.
    static func joined(_ headers: HTTPFields, _ name: String) -> String? {
        guard let field = HTTPField.Name(name) else { return nil }
        let values = headers[values: field]
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    // MARK: answers

    /// A resource that is shown.
    ///
    /// - Parameters:
    ///   - shown: with everything that may be shown; what was not asked for is left out here.
    ///   - state: as in ``checkMatch(_:)``.
    func answer(_ shown: JSON, state: JSON, _ selection: Selection = .everything) -> APIAnswer {
        let body = selection.applied(to: shown)
        return APIAnswer(
            status: 200, body: body, tag: EntityTag(state: state, shown: body, key: platform.store.key))
    }

    /// A resource that was made.
    ///
    /// - Parameter place: its address below ``RESTAPI/base``: `/rooms/u6Yh3DkQ9w`.
    func created(_ shown: JSON, state: JSON, at place: String) -> APIAnswer {
        var made = answer(shown, state: state)
        made.status = 201
        made.headers.append(ResponseHeader("Location", RESTAPI.base + place))
        return made
    }

    /// A page of a list, in its envelope.
    func answer(_ list: ListAnswer, _ query: ListQuery, of schema: ResourceSchema) -> APIAnswer {
        let address = platform.settings.publicURL + path
        var answer = APIAnswer(status: 200, body: list.json(for: query, path: address, of: schema))
        if let link = list.link(for: query, path: address) { answer.headers.append(link) }
        return answer
    }
}

/// What an endpoint answers.
struct APIAnswer: Sendable {
    var status: Int
    /// `nil`: none.
    var body: JSON?
    var headers: [ResponseHeader] = []
    var tag: EntityTag?
    /// Instead of `body`: a page or a file.
    var raw: Raw?
    /// Instead of all these: server-sent events, as long as somebody listens.
    var events: EventStream?

    struct Raw: Sendable {
        let mediaType: String
        let octets: [UInt8]
    }

    init(
        status: Int = 200, body: JSON? = nil, headers: [ResponseHeader] = [], tag: EntityTag? = nil, raw: Raw? = nil,
        events: EventStream? = nil
    ) {
        self.events = events
        self.status = status
        self.body = body
        self.headers = headers
        self.tag = tag
        self.raw = raw
    }

    static let noContent = APIAnswer(status: 204)
}
