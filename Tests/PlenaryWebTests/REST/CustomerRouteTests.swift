import HTTPTypes
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct CustomerRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    @Test func `a customer is shown as its schema says, and found by its key`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            _ = try await desk.addCustomer("Other", as: key)
            let shown = try await desk.api(.get, "/customers/\(customer.identity.ulid)", as: key)
            #expect(shown.status == 200)
            #expect(Self.check.faults(of: shown.json, JSONSchema.named("Customer")).isEmpty)
            let list = try await desk.api(.get, "/customers?filter[customer_key]=\(customer.key)", as: key)
            #expect(list.data == [shown.json])
            #expect(Self.check.faults(of: list.json, JSONSchema.named("CustomerList")).isEmpty)
        }
    }

    @Test func `what is included takes the permission to read it`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let sold = try await desk.addPackage(
                ["name": "Meet", "features": [["code": "webcams", "value": false]]], as: key)
            let subscription = try await desk.sell(sold, to: customer, as: key)
            let path = "/customers/\(customer.identity.id)?include=subscriptions.features"
            let shown = try await desk.api(.get, path, as: key)
            let included = try #require(shown.json["subscriptions"]?.elements)
            #expect(included.map { $0["id"] } == [.text(subscription)])
            #expect(included.first?["features"] == [["code": "webcams", "value": false, "source": "package"]])
            let reader = try await desk.key(["customers.read"], of: [customer.number])
            let refused = try await desk.api(.get, path, as: reader)
            #expect(refused.status == 403)
            let plain = try await desk.api(.get, "/customers/\(customer.identity.id)", as: reader)
            #expect(plain.status == 200)
        }
    }

    @Test func `a suspended customer does not make himself active, and makes no other`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let path = "/customers/\(customer.identity.id)"
            let suspended = try await desk.api(.patch, path, ["status": "suspended"], as: key)
            #expect(suspended.json["status"] == "suspended")
            let theirs = try await desk.key(of: [customer.number])
            let refused = try await desk.api(.patch, path, ["status": "active"], as: theirs)
            #expect(refused.faults == ["/status read_only"])
            let renamed = try await desk.api(
                .patch, path, ["status": "suspended", "company_name": "Nordschule 2"], as: theirs)
            #expect(renamed.json["company_name"] == "Nordschule 2")
            let made = try await desk.api(.post, "/customers", ["email": "a@b.example"], as: theirs)
            #expect(made.status == 403)
        }
    }
}
