package import BigBlueButton

extension RoomCalls {
    /// What a create has as its body, so that files are shown from the start (`bbb-api.md` 5.1): `<modules>`.
    ///
    /// - Parameter slides: names with their endings, and what is in the files; the first one is shown.
    /// - Returns: `nil` without files.
    package static func document(of slides: [(name: String, octets: [UInt8])]) -> OutgoingCall.Body? {
        guard !slides.isEmpty else { return nil }
        var xml = XMLWriter()
        xml.raw("<modules><module name=\"presentation\">".utf8)
        for slide in slides {
            xml.raw("<document name=\"".utf8)
            xml.characters(slide.name)
            xml.raw("\">".utf8)
            xml.raw(base64(slide.octets))
            xml.raw("</document>".utf8)
        }
        xml.raw("</module></modules>".utf8)
        return OutgoingCall.Body(octets: xml.octets, contentType: "application/xml")
    }

    /// RFC 4648, 4.
    static func base64(_ octets: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var written: [UInt8] = []
        written.reserveCapacity((octets.count + 2) / 3 * 4)
        var index = 0
        while index < octets.count {
            let left = octets.count - index
            let first: UInt8 = octets[index]
            let second: UInt8 = left > 1 ? octets[index + 1] : 0
            let third: UInt8 = left > 2 ? octets[index + 2] : 0
            let bits = UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third)
            written.append(alphabet[Int(bits >> 18 & 63)])
            written.append(alphabet[Int(bits >> 12 & 63)])
            written.append(left > 1 ? alphabet[Int(bits >> 6 & 63)] : UInt8(ascii: "="))
            written.append(left > 2 ? alphabet[Int(bits & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return written
    }
}
