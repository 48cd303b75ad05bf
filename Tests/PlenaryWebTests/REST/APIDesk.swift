import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// What the REST API answered.
struct APIReply: Sendable {
    let status: Int
    let headers: HTTPFields
    /// `null` where there is no body.
    let json: JSON
    let text: String

    /// `code` of a problem.
    var code: String? { json["code"]?.text }

    /// The faults of a problem as `pointer code`, in their order.
    var faults: [String] {
        (json["errors"]?.elements ?? []).map { fault in
            let place = fault["pointer"]?.text ?? fault["parameter"]?.text ?? fault["header"]?.text ?? ""
            return "\(place) \(fault["code"]?.text ?? "")"
        }
    }

    /// The items of a list.
    var data: [JSON] { json["data"]?.elements ?? [] }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}

extension Desk {
    /// An API key of somebody.
    ///
    /// - Parameters:
    ///   - scopes: all unless told.
    ///   - customers: whose key it is; `nil`: the platform's.
    func key(_ scopes: [String] = ["*"], of customers: [CustomerNumber]? = nil) async throws -> APIKeyText {
        var random = FleetRandom(clock.fleetTime)
        let now = clock.now
        let identity = ResourceIdentity(at: now, using: &random)
        let text = APIKeyText(id: identity.id, using: &random)
        let details = APIKeyDetails(name: "key of a test", scopes: Set(try scopes.map { try #require(Scope($0)) }))
        let reach: Reach = customers.map { .customers(Set($0)) } ?? .platform
        let key = APIKey(
            identity: identity, verifier: text.verifier, details: details, reach: reach, createdAt: now)
        // The one line that knows how the store keeps keys.
        _ = try await store.addAPIKey(key, createdBy: nil)
        return text
    }

    /// Sends a request to the REST API.
    ///
    /// - Parameters:
    ///   - path: below `/api/v1`.
    ///   - caller: `nil`: nobody.
    func api(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, as caller: APIKeyText?,
        headers more: [String: String] = [:]
    ) async throws -> APIReply {
        var headers = HTTPFields()
        if let caller { headers[.authorization] = "Bearer \(caller.reveal())" }
        if body != nil { headers[.contentType] = "application/json" }
        for (name, value) in more { headers[try #require(HTTPField.Name(name))] = value }
        let answer = try await send("/api/v1\(path)", method: method, headers: headers, body: body?.encoded)
        let json = answer.body.isEmpty ? JSON.null : try JSONReader.read(answer.body)
        return APIReply(status: answer.status, headers: answer.headers, json: json, text: answer.text)
    }

    // MARK: what tests have

    /// Adds a customer by the API.
    func addCustomer(_ name: String = "Nordschule", as caller: APIKeyText) async throws -> Customer {
        let reply = try await api(
            .post, "/customers",
            [
                "customer_type": "business", "email": .text("it@\(name.lowercased()).example"), "first_name": "Ida",
                "last_name": "Berg", "company_name": .text(name),
            ], as: caller)
        #expect(reply.status == 201, "\(reply.text)")
        let id = try #require(reply.json["id"]?.text)
        let reference = try #require(ResourceReference(id))
        return try #require(try await store.customer(reference))
    }

    /// Adds a package by the API, and gives its id.
    func addPackage(_ body: JSON = ["name": "Meet"], as caller: APIKeyText) async throws -> String {
        let reply = try await api(.post, "/packages", body, as: caller)
        #expect(reply.status == 201, "\(reply.text)")
        return try #require(reply.json["id"]?.text)
    }

    /// Sells a package by the API, and gives the id of the subscription.
    func sell(_ package: String, to customer: Customer, as caller: APIKeyText) async throws -> String {
        let reply = try await api(
            .post, "/subscriptions",
            ["package_id": .text(package), "subscriber_id": .text(customer.identity.id)], as: caller)
        #expect(reply.status == 201, "\(reply.text)")
        return try #require(reply.json["id"]?.text)
    }
}
