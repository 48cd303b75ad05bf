package import BigBlueButton

package struct CustomerNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: CustomerNumber, right: CustomerNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

package enum CustomerType: String, Sendable, Hashable, CaseIterable { case business, personal }

/// What a customer may do. People set it.
package enum CustomerStatus: String, Sendable, Hashable, CaseIterable {
    case active
    /// Goes on with what there is.
    case suspended
    case inactive
    /// For good: everything below becomes inactive.
    case terminated

    package var maySignIn: Bool { self == .active || self == .suspended }
    package var mayUseRooms: Bool { self == .active || self == .suspended }
    package var mayCreateResources: Bool { self == .active }
    package var mayBeDeleted: Bool { self == .terminated }
}

/// What may be changed about a customer.
package struct CustomerDetails: Sendable, Hashable {
    /// In a billing system, say; unique.
    package var externalID: String?
    /// For invoice numbers and the like; not unique.
    package var prefix: String?
    package var type: CustomerType
    package var status: CustomerStatus
    /// Unique; in lower case once checked, so that two spellings of one mailbox are one customer.
    package var email: String
    package var firstName: String
    package var lastName: String
    /// A business has one.
    package var companyName: String?
    /// A domain of its own for public links; unique.
    package var hostname: String?
    /// Unique; empty: one is made from the name.
    package var subdomain: String
    /// ISO 3166-1, two letters.
    package var country: String
    package var currency: Currency
    /// BCP 47.
    package var locale: String
    /// IANA.
    package var timezone: String
    /// Web origins that may call the API.
    package var allowedOrigins: [String]
    /// Domains of e-mail addresses that may be invited; none: any.
    package var allowedDomains: [String]
    package var metadata: Metadata

    package init(
        type: CustomerType, email: String, firstName: String, lastName: String, companyName: String? = nil,
        status: CustomerStatus = .active, externalID: String? = nil, prefix: String? = nil, hostname: String? = nil,
        subdomain: String = "", country: String = "DE", currency: Currency = .euro, locale: String = "en",
        timezone: String = "UTC", allowedOrigins: [String] = [], allowedDomains: [String] = [],
        metadata: Metadata = .empty
    ) {
        self.type = type
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.companyName = companyName
        self.status = status
        self.externalID = externalID
        self.prefix = prefix
        self.hostname = hostname
        self.subdomain = subdomain
        self.country = country
        self.currency = currency
        self.locale = locale
        self.timezone = timezone
        self.allowedOrigins = allowedOrigins
        self.allowedDomains = allowedDomains
        self.metadata = metadata
    }

    /// The same in the spelling in which it is kept.
    ///
    /// - Throws: everything that is wrong.
    package func checked() throws(ValidationFault) -> CustomerDetails {
        var kept = self
        kept.email = email.lowercased()
        kept.hostname = hostname?.lowercased()
        kept.subdomain = subdomain.lowercased()
        kept.country = country.uppercased()
        kept.allowedOrigins = allowedOrigins.map { $0.lowercased() }
        kept.allowedDomains = allowedDomains.map { $0.lowercased() }

        var check = FieldCheck()
        for (text, field) in [(externalID, "external_id"), (prefix, "customer_prefix")] {
            if let text { check.text(text, field, longest: 100) }
        }
        for (text, field) in [(firstName, "first_name"), (lastName, "last_name")] {
            check.text(text, field, longest: 100)
        }
        if let companyName {
            check.text(companyName, "company_name", longest: 200)
        } else {
            check.expect(type != .business, "company_name", .required, "is needed for a business")
        }
        check.expect(
            DomainName.isEmail(kept.email), "email", .invalidFormat, "is an address such as ida@school.example")
        check.expect(
            kept.hostname.map(DomainName.isHost) ?? true, "hostname", .invalidFormat,
            "is a domain such as rooms.school.example")
        check.expect(
            kept.subdomain.isEmpty || DomainName.isLabel(kept.subdomain), "subdomain", .invalidFormat,
            "has 1 to 63 letters, digits and hyphens")
        check.expect(
            kept.country.utf8.count == 2 && kept.country.isLetters, "country", .invalidFormat, "has two letters: DE")
        check.expect(Self.isLocale(locale), "locale", .invalidFormat, "is a language tag such as de or pt-BR")
        check.expect(Self.isZone(timezone), "timezone", .invalidFormat, "is a time zone such as Europe/Berlin")
        check.expect(
            kept.allowedOrigins.count <= Self.longestList && kept.allowedOrigins.allSatisfy(DomainName.isOrigin),
            "allowed_domains_origins", .invalidFormat, "has origins such as https://www.school.example")
        check.expect(
            kept.allowedDomains.count <= Self.longestList && kept.allowedDomains.allSatisfy(DomainName.isHost),
            "allowed_domains_registration", .invalidFormat, "has domains such as school.example")
        for fault in metadata.faults("customer_metadata") { check.note(fault.field, fault.code, fault.rule) }
        try check.finish()
        return kept
    }

    /// Entries of a list of domains.
    package static let longestList = 100

    /// What the default subdomain is made from: the name of the business, or of the person.
    package var namesake: String {
        if type == .business, let companyName { companyName } else { "\(firstName) \(lastName)" }
    }

    private static func isLocale(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 35, let language = parts.first, (2...8).contains(language.utf8.count),
            String(language).isLetters
        else { return false }
        return parts.allSatisfy { part in
            (1...8).contains(part.utf8.count) && part.utf8.allSatisfy { DomainName.isPlain($0) }
        }
    }

    private static func isZone(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && String(text.prefix(1)).isLetters
            && text.utf8.allSatisfy { DomainName.isPlain($0) || Array("/_+-".utf8).contains($0) }
    }
}

/// The billable party at the top (`rooms-api.md` 3).
package struct Customer: Sendable, Hashable {
    package let number: CustomerNumber
    package let identity: ResourceIdentity
    /// Short, random, unique; makes a default subdomain unique.
    package let key: String
    package let details: CustomerDetails
    package let createdAt: WireTime
    package let updatedAt: WireTime

    package init(
        number: CustomerNumber, identity: ResourceIdentity, key: String, details: CustomerDetails, createdAt: WireTime,
        updatedAt: WireTime
    ) {
        self.number = number
        self.identity = identity
        self.key = key
        self.details = details
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Characters of ``key``.
    package static let keyLength = 6
}
