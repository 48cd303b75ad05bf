package import BigBlueButton
package import PlenaryCore

/// What somebody said who waits (`rooms-api.md` 11.5), so that nothing is asked twice: signed, and good for half an hour. It dies
/// with the token or the code that it names, because the checks look at both again.
package struct JoinTicket: Sendable, Hashable {
    /// The room's public id.
    package var room: String
    package var token: RoomTokenNumber?
    package var code: RoomCodeNumber?
    /// What the code was (``mark(of:key:)``): with another text it is another code, and was not given.
    package var codeMark: String?
    package var name: String?
    package var consents: Bool
    /// The pseudonym of the browser.
    package var visitor: String
    package var expiresAt: WireTime

    package static let lifetime = Duration.seconds(1_800)
    /// Of one with which somebody comes back to a session: a day at school or at work.
    package static let passLifetime = Duration.seconds(43_200)

    package init(
        room: String, token: RoomTokenNumber?, code: RoomCodeNumber?, name: String?, consents: Bool, visitor: String,
        expiresAt: WireTime, codeMark: String? = nil
    ) {
        self.room = room
        self.token = token
        self.code = code
        self.codeMark = codeMark
        self.name = name
        self.consents = consents
        self.visitor = visitor
        self.expiresAt = expiresAt
    }

    /// By what a ticket knows a code again, without telling it.
    ///
    /// - Parameter key: of the installation.
    package static func mark(of code: RoomAccessCode, key: Secret) -> String {
        KeyedHash.hex(of: "code \(code.number) \(code.text.text)", key: key)
    }

    /// Of the codes that a room has now, the one that was given.
    package func given(of codes: RoomCodes, key: Secret) -> RoomCodeNumber? {
        let found = codes.all.first { $0.number == code }
        return found.flatMap { codeMark == Self.mark(of: $0, key: key) ? $0.number : nil }
    }

    /// - Parameter key: of the installation.
    package func text(key: Secret) -> String {
        let payload: JSON = [
            "use": .text(Self.use), "r": .text(room), "t": JSON(token.map { Int($0.number) }),
            "c": JSON(code.map { Int($0.number) }), "cm": JSON(codeMark), "n": JSON(name), "y": .bool(consents),
            "v": .text(visitor),
            "exp": .integer(expiresAt.milliseconds),
        ]
        return SignedToken.sign(payload.encoded, secret: key, algorithm: .hs256)
    }

    /// - Returns: `nil` for what we did not write, or that is too old.
    package init?(_ text: String, key: Secret, now: WireTime) {
        guard text.utf8.count <= Self.longest,
            let octets = SignedToken.verify(text, secret: key, algorithms: [.hs256])
        else { return nil }
        let payload: JSON
        // What is signed was written by us; anything else is no ticket.
        do throws(JSONReader.Fault) { payload = try JSONReader.read(octets) } catch { return nil }
        func number(_ name: String) -> Int64? {
            if case .number(let number)? = payload[name] { number.integer } else { nil }
        }
        guard payload["use"]?.text == Self.use, let room = payload["r"]?.text, let visitor = payload["v"]?.text,
            let milliseconds = number("exp"), case .bool(let consents)? = payload["y"]
        else { return nil }
        let expiresAt = WireTime(milliseconds: milliseconds)
        guard now < expiresAt else { return nil }
        self.init(
            room: room, token: number("t").map { RoomTokenNumber($0) }, code: number("c").map { RoomCodeNumber($0) },
            name: payload["n"]?.text, consents: consents, visitor: visitor, expiresAt: expiresAt,
            codeMark: payload["cm"]?.text)
    }

    /// What else is signed with the key of the installation is no ticket.
    private static let use = "join"
    private static let longest = 2_000
}
