import BigBlueButton
import Testing

@testable import PlenaryCore

/// Customers and packages as values (`rooms-api.md` 3 and 5.2).
struct CustomerTests {
    private static func details(_ change: (inout CustomerDetails) -> Void = { _ in }) -> CustomerDetails {
        var details = CustomerDetails(
            type: .business, email: "it@nordschule.example", firstName: "Ida", lastName: "Berg",
            companyName: "Nordschule")
        change(&details)
        return details
    }

    @Test(
        arguments: [
            (CustomerStatus.active, true, true, true, false), (.suspended, true, true, false, false),
            (.inactive, false, false, false, false), (.terminated, false, false, false, true),
        ] as [(CustomerStatus, Bool, Bool, Bool, Bool)])
    func `what a status allows`(
        status: CustomerStatus, maySignIn: Bool, mayUseRooms: Bool, mayCreate: Bool, mayBeDeleted: Bool
    ) {
        #expect(status.maySignIn == maySignIn && status.mayUseRooms == mayUseRooms)
        #expect(status.mayCreateResources == mayCreate && status.mayBeDeleted == mayBeDeleted)
    }

    @Test func `addresses and names of hosts are kept in lower case`() throws {
        let kept = try Self.details {
            $0.email = "IT@Nordschule.Example"
            $0.hostname = "Rooms.Nordschule.Example"
            $0.subdomain = "Nord"
            $0.country = "de"
            $0.allowedOrigins = ["https://WWW.Nordschule.example:8443", "http://localhost:3000"]
            $0.allowedDomains = ["Nordschule.example"]
        }.checked()
        #expect(kept.email == "it@nordschule.example" && kept.hostname == "rooms.nordschule.example")
        #expect(kept.subdomain == "nord" && kept.country == "DE" && kept.firstName == "Ida")
        #expect(kept.allowedOrigins == ["https://www.nordschule.example:8443", "http://localhost:3000"])
        #expect(kept.allowedDomains == ["nordschule.example"])
        #expect(try kept.checked() == kept)
    }

    struct Refused: Sendable {
        let field: String
        let code: FieldFault.Code
        let change: @Sendable (inout CustomerDetails) -> Void

        init(_ field: String, _ code: FieldFault.Code, _ change: @escaping @Sendable (inout CustomerDetails) -> Void) {
            self.field = field
            self.code = code
            self.change = change
        }
    }

    static let refused = [
        Refused("company_name", .required) { $0.companyName = nil },
        Refused("company_name", .required) { $0.companyName = "" },
        Refused("company_name", .tooLong) { $0.companyName = String(repeating: "x", count: 201) },
        Refused("first_name", .required) { $0.firstName = "" },
        Refused("last_name", .required) { $0.lastName = " \u{A0}" },
        Refused("last_name", .invalidFormat) { $0.lastName = "Berg\u{7}" },
        Refused("external_id", .required) { $0.externalID = "" },
        Refused("customer_prefix", .tooLong) { $0.prefix = String(repeating: "x", count: 101) },
        Refused("hostname", .invalidFormat) { $0.hostname = "rooms" },
        Refused("hostname", .invalidFormat) { $0.hostname = "192.0.2.1" },
        Refused("subdomain", .invalidFormat) { $0.subdomain = "a.b" },
        Refused("subdomain", .invalidFormat) { $0.subdomain = "-a" },
        Refused("subdomain", .invalidFormat) { $0.subdomain = String(repeating: "x", count: 64) },
        Refused("country", .invalidFormat) { $0.country = "DEU" },
        Refused("country", .invalidFormat) { $0.country = "1A" },
        Refused("locale", .invalidFormat) { $0.locale = "de_DE" },
        Refused("locale", .invalidFormat) { $0.locale = "" },
        Refused("timezone", .invalidFormat) { $0.timezone = "../etc/passwd" },
        Refused("timezone", .invalidFormat) { $0.timezone = "" },
        Refused("allowed_domains_origins", .invalidFormat) { $0.allowedOrigins = ["https://a.example/"] },
        Refused("allowed_domains_origins", .invalidFormat) { $0.allowedOrigins = ["*"] },
        Refused("allowed_domains_origins", .invalidFormat) { $0.allowedOrigins = ["https://a.example:99999"] },
        Refused("allowed_domains_registration", .invalidFormat) { $0.allowedDomains = ["@a.example"] },
        Refused("allowed_domains_registration", .invalidFormat) {
            $0.allowedDomains = Array(repeating: "a.example", count: 101)
        },
        Refused("customer_metadata", .metadataTooLarge) { $0.metadata = Metadata(members: ["": .scalar(.null)]) },
    ]

    @Test(arguments: refused.indices) func `what is wrong is told with its member`(index: Int) throws {
        let it = Self.refused[index]
        let fault = try #require(#expect(throws: ValidationFault.self) { _ = try Self.details(it.change).checked() })
        #expect(fault.faults.map(\.field) == [it.field] && fault.faults.map(\.code) == [it.code])
        #expect(fault.faults.allSatisfy { !$0.rule.isEmpty })
    }

    @Test func `everything that is wrong is told at once, in the order of the members`() throws {
        let wrong = Self.details {
            $0.lastName = ""
            $0.email = "nobody"
            $0.companyName = nil
            $0.timezone = ""
        }
        let fault = try #require(#expect(throws: ValidationFault.self) { _ = try wrong.checked() })
        #expect(fault.faults.map(\.field) == ["company_name", "email", "last_name", "timezone"])
        #expect(ValidationFault([]) == nil)
    }

    @Test func `a person needs no company`() throws {
        let person = Self.details {
            $0.type = .personal
            $0.companyName = nil
        }
        #expect(try person.checked() == person)
        #expect(person.namesake == "Ida Berg" && Self.details().namesake == "Nordschule")
    }

    // MARK: names of hosts

    @Test(arguments: [
        "ida@school.example", "a.b+c@sub.school.example", "x_y-z@1.example", "o'neil@school.example",
        "\(String(repeating: "l", count: 64))@school.example",
    ]) func `an address that mail systems use is one`(text: String) {
        #expect(DomainName.isEmail(text))
    }

    @Test(arguments: [
        "", "@", "ida", "ida@", "@school.example", "ida@school", "ida@@school.example", "i@d@school.example",
        ".ida@school.example", "ida.@school.example", "i..da@school.example", "i da@school.example",
        "ida@school.example\n", "ida@-school.example", "ida@school.1", "\u{E9}@school.example",
        "\"ida\"@school.example",
        "ida@sch\u{F6}ol.example", "\(String(repeating: "l", count: 65))@school.example",
    ]) func `what is no address is refused`(text: String) {
        #expect(!DomainName.isEmail(text))
    }

    @Test(
        arguments: [
            ("Nordschule", "nordschule"), ("Grund- und Hauptschule Süd", "grund-und-hauptschule-sued"),
            ("  Straße & Söhne  ", "strasse-soehne"), ("École Élémentaire", "ecole-elementaire"), ("A", "a"),
            ("---", nil),
            ("学校", nil), ("", nil), ("7 of 9", "7-of-9"),
            (String(repeating: "x", count: 49) + " y", String(repeating: "x", count: 49)),
        ] as [(String, String?)])
    func `a subdomain is made from a name`(name: String, label: String?) {
        #expect(DomainName.label(from: name) == label)
        if let label { #expect(DomainName.isLabel(label)) }
    }

    // MARK: packages

    @Test(
        arguments: [
            (PackageDetails.Status.active, false, true), (.active, true, false), (.inactive, false, false),
            (.inactive, true, false),
        ] as [(PackageDetails.Status, Bool, Bool)])
    func `a package can be bought while it is active and not retired`(
        status: PackageDetails.Status, isRetired: Bool, isAvailable: Bool
    ) {
        let hidden = PackageDetails(name: "Meet", status: status, isHidden: true, isRetired: isRetired)
        let shown = PackageDetails(name: "Meet", status: status, isRetired: isRetired)
        #expect(hidden.isAvailable == isAvailable && shown.isAvailable == isAvailable)
    }

    @Test func `a package is checked as a whole`() throws {
        let good = PackageDetails(name: "Meet Standard", description: "a\nb")
        #expect(try good.checked() == good)
        let wrong = PackageDetails(
            name: "", shortDescription: String(repeating: "x", count: 501), tier: .nan,
            metadata: Metadata(members: ["": .scalar(.null)]))
        let fault = try #require(#expect(throws: ValidationFault.self) { _ = try wrong.checked() })
        #expect(fault.faults.map(\.field) == ["name", "package_metadata", "short_description", "tier"])
        #expect(fault.faults.map(\.code) == [.required, .metadataTooLarge, .tooLong, .outOfRange])
    }
}
