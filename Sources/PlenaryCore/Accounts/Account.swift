package import BigBlueButton

/// The number of an account. Account 1 is the default one, which always exists.
package struct AccountID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static let `default` = AccountID(1)
    package static func < (left: AccountID, right: AccountID) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// The tenant: whose calls they are, found by whose secret signed them (ARCHITECTURE decision 14).
package struct Account: Sendable, Hashable {
    package let id: AccountID
    /// What it is called in the REST API.
    package let identity: ResourceIdentity
    /// Short name for people, links and the command line: `default`. In the REST API it is the `account_key`.
    package let slug: Slug
    package let name: String
    /// In the order in which they were added; any of them signs.
    package private(set) var secrets: [AccountSecret]
    /// The numbers of those that the store cannot read: unless they were known before, they sign nothing until it can.
    package let unreadableSecrets: [Int64]
    package let rights: AccountRights
    /// Its rules about parameters of calls.
    package let policy: ParameterPolicy
    /// What it has by its subscription; `nil`: it has none, and everything.
    package let entitlement: Entitlement?
    /// What its meetings say in their chat.
    package let chatTexts: AccountChatTexts
    /// Free labels (`rooms-api.md` 4).
    package let code: String?
    package let tag: String?
    package let metadata: Metadata
    package let createdAt: WireTime
    /// When somebody changed what it is called or whether it is active.
    package let updatedAt: WireTime

    /// - Parameter updatedAt: `nil`: never since it was made.
    package init(
        id: AccountID, identity: ResourceIdentity, slug: Slug, name: String, secrets: [AccountSecret],
        rights: AccountRights = AccountRights(), policy: ParameterPolicy = .empty, entitlement: Entitlement? = nil,
        chatTexts: AccountChatTexts = .platform, code: String? = nil, tag: String? = nil, metadata: Metadata = .empty,
        unreadableSecrets: [Int64] = [], createdAt: WireTime, updatedAt: WireTime? = nil
    ) {
        self.identity = identity
        self.code = code
        self.tag = tag
        self.metadata = metadata
        self.updatedAt = updatedAt ?? createdAt
        self.unreadableSecrets = unreadableSecrets
        self.chatTexts = chatTexts
        self.id = id
        self.slug = slug
        self.name = name
        self.secrets = secrets
        self.rights = rights
        self.policy = policy
        self.entitlement = entitlement
        self.createdAt = createdAt
    }

    /// With what was known before of secrets that cannot be read now: a damage, or a key that this process does not have yet, is no
    /// reason to refuse who could call a moment ago.
    package mutating func keepReadable(of old: Account) {
        let known = old.secrets.filter { unreadableSecrets.contains($0.number) }
        secrets = (secrets + known).sorted { $0.number < $1.number }
    }

    /// What people may change of it.
    package var details: AccountDetails {
        AccountDetails(name: name, code: code, tag: tag, isActive: rights.isEnabled, metadata: metadata)
    }

    /// Whether any of its calls is answered.
    package func mayCall(at now: WireTime) -> Bool { rights.isEnabled && entitlement?.mayUse(at: now) != false }

    /// Whether it may begin a meeting.
    package func mayStart(at now: WireTime) -> Bool { mayCall(at: now) && entitlement?.mayStart(at: now) != false }

    /// The secrets with which a call may be signed now.
    package func secrets(at now: WireTime) -> [AccountSecret] { secrets.filter { $0.isValid(at: now) } }
}

/// One of an account's secrets.
package struct AccountSecret: Sendable, Hashable {
    /// Counts from 1 within all accounts; names the secret on the command line.
    package let number: Int64
    package let label: String
    package let secret: Secret
    package let createdAt: WireTime
    /// From then on it signs nothing any more; `nil`: it is valid until it is removed.
    package let expiresAt: WireTime?

    package init(number: Int64, label: String, secret: Secret, createdAt: WireTime, expiresAt: WireTime? = nil) {
        self.number = number
        self.label = label
        self.secret = secret
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    package func isValid(at now: WireTime) -> Bool { expiresAt.map { now < $0 } ?? true }
}

/// A short name of letters, digits, dots, hyphens and underscores, 1 to 63 long, in lower case.
package struct Slug: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String

    /// - Returns: `nil` when the text has other characters, is too long, or does not begin with a letter or digit.
    package init?(_ given: String) {
        // Before letters change case: there are letters beyond ASCII that lower-case into it.
        guard given.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let text = given.lowercased()
        func isPlain(_ octet: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
        }
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isPlain(first),
            text.utf8.allSatisfy({
                isPlain($0) || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains($0)
            })
        else { return nil }
        self.text = text
    }

    package static func < (left: Slug, right: Slug) -> Bool { left.text < right.text }
    package var description: String { text }
}
