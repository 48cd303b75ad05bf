package import PlenaryCore
package import PlenaryStore

/// Users of a customer or of an account, as the API shows and takes them (`rooms-api.md` 3 and 4). They have the shape of the
/// users of rooms (13.3).
package enum MemberResource {
    package static let ofCustomers = schema("CustomerUser", "customer_id")
    package static let ofAccounts = schema("AccountUser", "account_id")

    private static func schema(_ object: String, _ whose: String) -> ResourceSchema {
        ResourceSchema(
            object,
            fields: [
                .init("object"), .init("user_id", filter: .identifier), .init(whose),
                .init("name", sorts: true, searched: true),
                .init("email", filter: .text, sorts: true, searched: true), .init("owner", filter: .bool, sorts: true),
                .init("created_at", filter: .time, sorts: true),
            ])
    }

    /// What a change would change.
    package static func state(_ member: Member) -> JSON {
        ["user_id": .text(member.user.identity.id), "owner": .bool(member.isOwner)]
    }

    package static func json(_ member: Member, of customer: Customer) -> JSON {
        json(member, "CustomerUser", "customer_id", customer.identity.id)
    }

    package static func json(_ member: Member, of account: Account) -> JSON {
        json(member, "AccountUser", "account_id", account.identity.id)
    }

    private static func json(_ member: Member, _ object: String, _ whose: String, _ id: String) -> JSON {
        .object([
            .init("object", .text(object)), .init("user_id", .text(member.user.identity.id)), .init(whose, .text(id)),
            .init("name", .text(member.user.name)), .init("email", .text(member.user.details.email)),
            .init("owner", .bool(member.isOwner)), .init("created_at", JSON(member.createdAt)),
        ])
    }

    /// How a list looks at them.
    package static var view: ShortList<Member>.View {
        ShortList<Member>.View(
            ulid: { $0.user.identity.ulid },
            value: { member, field, _ in
                switch field {
                case "user_id": .identifier(.id(member.user.identity.id))
                case "name": .text(member.user.name)
                case "email": .text(member.user.details.email)
                case "owner": .bool(member.isOwner)
                case "created_at": .time(member.createdAt)
                default: nil
                }
            },
            text: { member, field in
                switch field {
                case "name": member.user.name
                case "email": member.user.details.email
                default: nil
                }
            })
    }

    // MARK: reading

    /// Who shall become a user of a customer or an account.
    package struct Draft: Sendable {
        package enum Who: Sendable {
            case user(ResourceReference)
            case email(String)
        }

        package let who: Who
        package let isOwner: Bool
        /// What is said of somebody who is not known yet.
        package let firstName: String?
        package let lastName: String?
        package let locale: String?
    }

    /// - Parameter mayBeNew: an e-mail address that nobody has makes a user.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func draft(from body: ObjectReader, mayBeNew: Bool) throws(Problem) -> Draft {
        var reader = body
        let user = reader.patch("user_id", JSONKind<ResourceReference>.reference)
        let email = reader.patch("email", JSONKind<String>.text(longest: 254))
        if user.isGiven, email.isGiven {
            reader.note("email", .invalidFormat, "Give it or user_id, not both.")
        } else if user.isAbsentOrNull, email.isAbsentOrNull, reader.faults.isEmpty {
            reader.note("user_id", .required, "It or email is required.")
        }
        if case .value(let address) = email, !DomainName.isEmail(address.lowercased()) {
            reader.note("email", .invalidFormat, "It is an address such as ida@school.example.")
        }
        let isOwner = reader.optional("owner", JSONKind<Bool>.bool) ?? false
        var (first, last, locale): (String?, String?, String?)
        if mayBeNew {
            first = reader.patch("first_name", JSONKind<String>.text(longest: 100)).applied(to: nil)
            last = reader.patch("last_name", JSONKind<String>.text(longest: 100)).applied(to: nil)
            locale = reader.patch("locale", JSONKind<String>.text(longest: 35)).applied(to: nil)
        }
        try reader.finish()
        let who: Draft.Who
        switch (user, email) {
        case (.value(let reference), _): who = .user(reference)
        case (_, .value(let address)): who = .email(address.lowercased())
        default: throw Problem(.validationFailed)
        }
        return Draft(who: who, isOwner: isOwner, firstName: first, lastName: last, locale: locale)
    }

    /// Whether a PATCH makes somebody the owner, or leaves that; `nil`: it says nothing of it.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func isOwner(from body: ObjectReader, changing shown: JSON) throws(Problem) -> Bool? {
        var reader = body
        for member in shown.members ?? [] where member.name != "owner" {
            reader.readOnly(member.name, is: member.value)
        }
        let isOwner = reader.optional("owner", JSONKind<Bool>.bool)
        try reader.finish()
        return isOwner
    }
}

extension Patch {
    fileprivate var isGiven: Bool { if case .value = self { true } else { false } }
    fileprivate var isAbsentOrNull: Bool { !isGiven }
}
