import BigBlueButton
import PlenaryCore
import Testing

/// How accounts' meetings are told apart on servers.
@Suite struct MeetingScopeTests {
    private func key(_ account: Int64, _ id: String) throws -> MeetingKey {
        MeetingKey(account: AccountID(account), meetingID: try #require(MeetingID(rawValue: id)))
    }

    @Test func `the default account's ids stay as they are`() throws {
        for id in ["room", "a", "a~", "a2", "~", "a2room~", "A2~room", "a02~room", "a0~room", "2~room", "é~", "a２~x"] {
            #expect(try key(1, id).idOnServer.rawValue == id && !key(1, id).isScoped)
        }
    }

    @Test func `other accounts' ids say whose they are`() throws {
        #expect(try key(2, "room").idOnServer.rawValue == "a2~room")
        #expect(try key(2, "a3~room").idOnServer.rawValue == "a2~a3~room")
        // An operator's id cannot pass for somebody else's.
        #expect(try key(1, "a2~room").idOnServer.rawValue == "a1~a2~room")
    }

    @Test(arguments: 0..<50) func `no two meetings have one id on servers, and each id leads back`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        let parts = ["a", "1", "2", "12", "~", "0", "room", "é", "\u{301}", "~~", " "]
        var seen: [MeetingID: MeetingKey] = [:]
        for _ in 0..<400 {
            let text = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                parts[Int.random(in: 0..<parts.count, using: &random)]
            }.joined()
            let key = try key(Int64.random(in: 1...4, using: &random), text)
            #expect(MeetingKey(idOnServer: key.idOnServer) == key, "\(key)")
            let before = seen.updateValue(key, forKey: key.idOnServer)
            #expect(before == nil || before == key, "\(key)")
        }
    }

    @Test(arguments: ["a1~room", "a1~a2room", "a99999999999999999999~x", "a2~"])
    func `what nobody of ours has is the default account's`(foreign: String) throws {
        let key = MeetingKey(idOnServer: try #require(MeetingID(rawValue: foreign)))
        #expect(key.account == .default && key.meetingID.rawValue == foreign)
    }
}
