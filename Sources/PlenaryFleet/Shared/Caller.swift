package import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

/// Who sent a call: an account, and which of its secrets signed.
package struct Caller: Sendable {
    package let account: Account
    /// What is told to the caller later is signed with the same one.
    package let secret: Int64?
    /// Scheme and host under which the account is called, when it has a host of its own.
    package let origin: String?
    /// What a room of the platform reserves (`rooms-api.md` 15.11); `nil`: it is the account's own call, which says so itself.
    package let room: ReservationRequest?
    /// Whether it is a room of the platform, with or without a reservation: it may set metadata that is the balancer's own.
    package let isRoom: Bool

    /// Whether somebody outside sent the call, who needs the Integration API for it; rooms of the platform call in process, and
    /// nothing signs that.
    var isOfProgram: Bool { secret != nil }

    package init(
        _ account: Account, secret: Int64? = nil, origin: String? = nil, room: ReservationRequest? = nil,
        isRoom: Bool = false
    ) {
        self.account = account
        self.secret = secret
        self.origin = origin
        self.room = room
        self.isRoom = isRoom
    }
}

/// Whose call it is by where it came to (`bbb-api.md` 15, issue of accounts): what a caller cannot choose by a secret.
package enum CallRoute: Sendable, Hashable {
    /// The common address: the secret tells.
    case common
    /// An address that names an account: by its path, or by its host, whose origin that is.
    case named(String, origin: String? = nil)
}

extension Fleet {
    /// Who sent a call: the account whose secret signed it. All secrets that may have are tried, whichever matches.
    ///
    /// - Parameter route: an address of one account opens to its secrets only, and costs the same however many others there
    ///   are. An account that does not exist costs what a wrong secret costs.
    package func caller(of call: Call, by route: CallRoute = .common) -> Caller? {
        let now = time.now()
        switch route {
        case .common:
            let accounts = store.roster { $0.accountsInOrder }
            return caller(of: call, among: accounts, origin: nil, at: now)
        case .named(let name, let origin):
            let account = Slug(name).flatMap { slug in store.roster { $0.account(named: slug) } }
            guard let account else {
                if let nobodys = newToken() { _ = call.signer(among: [nobodys], policy: settings.checksums) }
                return nil
            }
            return caller(of: call, among: [account], origin: origin, at: now)
        }
    }

    private func caller(of call: Call, among accounts: [Account], origin: String?, at now: WireTime) -> Caller? {
        let secrets = accounts.flatMap { account in account.secrets(at: now).map { (account, $0) } }
        guard let signer = call.signer(among: secrets.map(\.1.secret), policy: settings.checksums) else { return nil }
        let (account, secret) = secrets[signer]
        // A hash that the account does not allow is a wrong checksum.
        guard
            account.rights.algorithms.isEmpty || call.checksumAlgorithm.map(account.rights.algorithms.contains) == true
        else { return nil }
        secretUses.note(secret.number, at: now)
        return Caller(account, secret: secret.number, origin: origin)
    }

    /// Who was not recognised. Two calls tell in their own way what is wrong (`bbb-api.md` 6.6, 8).
    package func refuseUnsigned(_ call: Call) -> CallAnswer {
        let hasChecksum = call.parameters["checksum"]?.nonEmpty != nil
        switch call.name {
        case .putRecordingTextTrack:
            for name in ["checksum", "recordID"] where (call.parameters[name] ?? "").isEmpty {
                return .json(Refusal.missingParameter(name).json)
            }
            return .json(Refusal.checksum.json)
        case .setConfigXML where hasChecksum:
            let key: MessageKey = "configXMLChecksumError"
            return .xml(Refusal(key, "\(key): request did not pass the checksum security check.").xml)
        default:
            // Calls of browsers to their own server, which nobody signs (`bbb-api.md` 7).
            let isOfBrowsers = Self.callsOfBrowsers.contains(call.name)
            return .xml(isOfBrowsers ? Refusal.unsupportedRequest.xml : Refusal.checksum.xml)
        }
    }

    private static let callsOfBrowsers: Set<CallName> = [
        "getJoinUrl", "learningDashboard", "stuns", "signOut", "feedback", "guestWait", "enter", "configXML",
    ]

    /// What is told to an account is signed with this: the secret that asked for it while it is valid, else the newest.
    func signingSecret(_ account: AccountID, _ number: Int64?) -> Secret? {
        let now = time.now()
        let secrets = store.roster { $0.accounts[account]?.secrets ?? [] }
        let valid = secrets.filter { $0.isValid(at: now) }
        return (valid.first { $0.number == number } ?? valid.last ?? secrets.last)?.secret
    }
}
