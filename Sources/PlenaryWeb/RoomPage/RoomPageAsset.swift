internal import BigBlueButton

/// A file that the room page loads from our own host.
struct RoomPageAsset: Sendable, Hashable {
    /// `/assets/room.<hash>.css`: another content has another name, so that browsers may keep it for ever.
    let path: String
    /// Of `Content-Type`.
    let type: String
    let text: String

    static let style = RoomPageAsset("css", "text/css; charset=utf-8", RoomPageStyle.text)
    static let script = RoomPageAsset("js", "text/javascript; charset=utf-8", RoomPageScript.text)

    static let all = [style, script]

    private init(_ suffix: String, _ type: String, _ text: String) {
        // Anybody may reckon the hash: the key is no secret, the texts are public. Only one that is empty would be none.
        let hash = Secret("assets").map { KeyedHash.hex(of: text, key: $0) } ?? ""
        path = "/assets/room.\(hash.prefix(16)).\(suffix)"
        self.type = type
        self.text = text
    }
}
