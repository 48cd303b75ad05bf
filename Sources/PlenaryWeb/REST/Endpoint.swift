internal import PlenaryCore
internal import PlenaryRooms

/// One endpoint of the REST API: what it is called, who may, what is done, and what the reference says of it.
///
/// The router, the OpenAPI document and the tests are made from the same list of these.
struct Endpoint: Sendable {
    enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    enum Access: Sendable, Hashable {
        /// Without a credential.
        case anyone
        /// With any valid one.
        case anybodyKnown
        case permission(Permission)
    }

    let method: Method
    /// Below ``RESTAPI/base``, with parameters in braces: `/rooms/{room_id}`.
    let path: String
    let access: Access
    let description: EndpointDescription
    let handle: @Sendable (APIRequest) async throws -> APIAnswer
    /// Judges a request before its body is taken, where that may be long; `nil`: ``access`` says enough.
    var admit: (@Sendable (APIRequest) async throws -> Void)?

    init(
        _ method: Method, _ path: String, _ access: Access, _ description: EndpointDescription,
        handle: @escaping @Sendable (APIRequest) async throws -> APIAnswer
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.description = description
        self.handle = handle
    }

    init(
        _ method: Method, _ path: String, _ permission: Permission, _ description: EndpointDescription,
        handle: @escaping @Sendable (APIRequest) async throws -> APIAnswer
    ) {
        self.init(method, path, .permission(permission), description, handle: handle)
    }
}

/// What the reference says of an endpoint.
struct EndpointDescription: Sendable {
    /// Of which group of endpoints it is, as a heading: `Rooms`.
    let group: String
    /// A sentence without its full stop.
    let summary: String
    /// The name of a schema of the OpenAPI document; `nil`: there is no body.
    var body: String?
    /// Status of success.
    var status = 200
    /// Others of success, with the same kind of answer.
    var otherStatuses: [Int] = []
    /// The name of the schema of the answer; `nil`: it has no body.
    var answer: String?
    /// The answer is a list of these, and takes the parameters of lists.
    var list: ResourceSchema?
    /// The answer is one of these, and takes `fields` and `include`.
    var single: ResourceSchema?
    /// Problems of its own, beside those that every endpoint may answer.
    var problems: [ProblemCode] = []
    /// Parameters of the query of its own: name, and what it means.
    var parameters: [(name: String, meaning: String)] = []
    /// Those of ``parameters`` without which nothing is done.
    var requiredParameters: Set<String> = []
    /// The answer is server-sent events, and no JSON.
    var isStream = false
    /// The body is a file of at most as many octets, and no JSON.
    var upload: Int?
    /// A PATCH that makes something new each time: a repeat with the same `Idempotency-Key` gets the first answer again, as with POST.
    var isRepeatable = false

    init(
        _ group: String, _ summary: String, body: String? = nil, status: Int = 200, answer: String? = nil,
        list: ResourceSchema? = nil, single: ResourceSchema? = nil, problems: [ProblemCode] = [],
        parameters: [(name: String, meaning: String)] = [], otherStatuses: [Int] = [],
        isStream: Bool = false, upload: Int? = nil, isRepeatable: Bool = false,
        requiredParameters: Set<String> = []
    ) {
        self.group = group
        self.summary = summary
        self.body = body
        self.status = status
        self.answer = answer
        self.list = list
        self.single = single
        self.problems = problems
        self.parameters = parameters
        self.otherStatuses = otherStatuses
        self.isStream = isStream
        self.upload = upload
        self.isRepeatable = isRepeatable
        self.requiredParameters = requiredParameters
    }
}

/// Some endpoints of one subject, and the schemas of what they take and give.
struct EndpointGroup: Sendable {
    let endpoints: [Endpoint]
    /// JSON Schemas by name, for `components/schemas` of the OpenAPI document; each has an `example`.
    let schemas: [String: JSON]
}
