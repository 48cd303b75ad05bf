package import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

/// Who sent a call: an account, and which of its secrets signed.
package struct Caller: Sendable {
    package let account: Account
    /// What is told to the caller later is signed with the same one.
    package let secret: Int64?

    package init(_ account: Account, secret: Int64? = nil) {
        self.account = account
        self.secret = secret
    }
}

extension Fleet {
    /// Who sent a call: the account whose secret signed it. All secrets are tried, whichever matches.
    package func caller(of call: Call) -> Caller? {
        let accounts = store.roster { roster in roster.accounts.values.sorted { $0.id < $1.id } }
        let secrets = accounts.flatMap { account in account.secrets.map { (account, $0) } }
        guard let signer = call.signer(among: secrets.map(\.1.secret), policy: settings.checksums) else { return nil }
        return Caller(secrets[signer].0, secret: secrets[signer].1.number)
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

    /// What is told to an account is signed with this: the secret that asked for it, else the newest.
    func signingSecret(_ account: AccountID, _ number: Int64?) -> Secret? {
        let secrets = store.roster { $0.accounts[account]?.secrets ?? [] }
        return (secrets.first { $0.number == number } ?? secrets.last)?.secret
    }
}
