package import BigBlueButton

/// How meetings of several accounts get along on one server (ARCHITECTURE decision 6): the id that a server sees says whose
/// it is. The default account's ids are the same there, so that nothing changes for who has no other account.
///
/// An id that a server sees is `a`, the account's number, `~` and the account's own id. An id of the default account that
/// looks like that gets the default account's number, so that the two ways are each other's reverse for every id.
extension MeetingKey {
    /// The id by which servers know the meeting.
    package var idOnServer: MeetingID {
        let own = meetingID.rawValue
        guard account != .default || Self.parse(own) != nil else { return meetingID }
        // It is longer than one that is not empty.
        return MeetingID(rawValue: Self.prefix(of: account) + own) ?? meetingID
    }

    /// Whose meeting a server means.
    package init(idOnServer id: MeetingID) {
        if let (account, own) = Self.parse(id.rawValue), let meetingID = MeetingID(rawValue: own),
            account != .default || Self.parse(own) != nil
        {
            self.init(account: account, meetingID: meetingID)
        } else {
            self.init(account: .default, meetingID: id)
        }
    }

    /// Whether servers know the meeting by another id than its account does.
    package var isScoped: Bool { idOnServer != meetingID }

    /// What an account's ids begin with on servers.
    package static func prefix(of account: AccountID) -> String { "\(mark)\(account.number)~" }

    private static let mark = "a"

    private static func parse(_ text: String) -> (AccountID, String)? {
        guard text.utf8.first == mark.utf8.first,
            let cut = text.utf8.firstIndex(of: UInt8(ascii: "~"))
        else { return nil }
        let digits = text.utf8[text.utf8.index(after: text.startIndex)..<cut]
        guard (1...18).contains(digits.count), digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int64(String(Substring(digits)))
        else { return nil }
        let own = String(text[text.utf8.index(after: cut)...])
        return own.isEmpty ? nil : (AccountID(number), own)
    }
}
