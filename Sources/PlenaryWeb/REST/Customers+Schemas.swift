internal import PlenaryCore

/// What `/customers` takes and answers (`rooms-api.md` 3).
enum CustomerSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "Customer": JSONSchema.resource("Customer", answered, example: example),
        "CustomerList": JSONSchema.page(of: "Customer", example: example),
        "NewCustomer": JSONSchema.request(
            taken.map { Member($0.name, $0.schema, required: needed.contains($0.name)) },
            example: [
                "customer_type": "business", "email": "it@nordschule.example", "first_name": "Ida",
                "last_name": "Berg", "company_name": "Nordschule", "external_id": "crm-4711", "locale": "de",
                "timezone": "Europe/Berlin", "customer_metadata": ["external_billing_id": "B-99"],
            ]),
        "CustomerChange": JSONSchema.change(taken, example: ["status": "suspended"]),
    ]

    private static let needed: Set<String> = ["customer_type", "email", "first_name", "last_name"]

    private static let types = JSONSchema.choice(CustomerType.allCases.map(\.rawValue))
    private static let statuses = JSONSchema.choice(CustomerStatus.allCases.map(\.rawValue))
    private static let externalID = JSONSchema.nullable(
        JSONSchema.text("Its id in a system of yours; unique.", least: 1, longest: 100))
    private static let prefix = JSONSchema.nullable(
        JSONSchema.text("For invoice numbers and the like.", least: 1, longest: 100))
    private static let company = JSONSchema.nullable(
        JSONSchema.text("A business has one.", least: 1, longest: 200))
    private static let hostname = JSONSchema.nullable(
        JSONSchema.text("A domain of its own for public links; unique.", least: 1, longest: 253))
    private static let origins = JSONSchema.list(
        of: JSONSchema.text(longest: 300), "Web origins that may call the API. Replaced as a whole.",
        most: CustomerDetails.longestList)
    private static let domains = JSONSchema.list(
        of: JSONSchema.text(longest: 300),
        "Domains of e-mail addresses that may be invited; none: any. Replaced as a whole.",
        most: CustomerDetails.longestList)
    private static let settings = JSONSchema.settings("None yet; what is given is ignored.")

    /// What is set and answered alike.
    private static let plain: [Member] = [
        Member("external_id", externalID), Member("customer_prefix", prefix), Member("customer_type", types),
        Member("status", statuses), Member("email", JSONSchema.text("Unique.", least: 3, longest: 254)),
        Member("first_name", JSONSchema.text(least: 1, longest: 100)),
        Member("last_name", JSONSchema.text(least: 1, longest: 100)), Member("company_name", company),
        Member("hostname", hostname), Member("country", JSONSchema.text("ISO 3166-1.", pattern: "^[A-Za-z]{2}$")),
        Member("currency", JSONSchema.currency()), Member("locale", JSONSchema.text("BCP 47.", least: 2, longest: 35)),
        Member("timezone", JSONSchema.text("IANA.", least: 1, longest: 64)),
    ]

    private static let answered: [Member] =
        plain + [
            Member("customer_key", JSONSchema.text("Unique.", least: Customer.keyLength)),
            Member("subdomain", JSONSchema.text("Unique.", least: 1, longest: 63)),
            Member("allowed_domains_origins", origins), Member("allowed_domains_registration", domains),
            Member("customer_settings", settings), Member("customer_metadata", JSONSchema.metadata),
            Member("accounts", JSONSchema.list(of: JSONSchema.object([]), "With include=accounts.")),
            Member("users", JSONSchema.list(of: JSONSchema.object([]), "With include=users.")),
            Member(
                "subscriptions", JSONSchema.list(of: JSONSchema.named("Subscription"), "With include=subscriptions.")),
        ]

    private static let taken: [Member] =
        plain + [
            Member(
                "subdomain",
                JSONSchema.nullable(JSONSchema.text("null: made from the name.", least: 1, longest: 63))),
            Member("allowed_domains_origins", JSONSchema.nullable(origins)),
            Member("allowed_domains_registration", JSONSchema.nullable(domains)),
            Member("customer_settings", JSONSchema.nullable(settings)),
            Member("customer_metadata", JSONSchema.nullable(JSONSchema.metadata)),
        ]

    private static let example: JSON = [
        "object": "Customer", "id": "c8Wq2TnKpX", "uuid": "5d0c4e1e-3a3d-4b1c-9a7b-3f0b7a1c2d11",
        "ulid": "01JPKS1A0B2C3D4E5F6G7H8J9K", "external_id": "crm-4711", "customer_key": "8wq2tn",
        "customer_prefix": "NRD", "customer_type": "business", "status": "active",
        "email": "it@nordschule.example", "first_name": "Ida", "last_name": "Berg", "company_name": "Nordschule",
        "hostname": .null, "subdomain": "nordschule", "country": "DE", "currency": "EUR", "locale": "de",
        "timezone": "Europe/Berlin", "allowed_domains_origins": [],
        "allowed_domains_registration": ["nordschule.example"], "customer_settings": [:],
        "customer_metadata": ["external_billing_id": "B-99"], "created_at": "2026-03-01T08:00:00Z",
        "updated_at": "2026-03-01T08:00:00Z",
    ]
}
