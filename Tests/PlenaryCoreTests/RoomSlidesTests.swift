import BigBlueButton
import PlenaryCore
import Testing

@Suite struct RoomSlidesTests {
    @Test func `files stand in the body of a create`() throws {
        let body = try #require(
            RoomCalls.document(of: [("a & b.pdf", Array("fo".utf8)), ("c.png", Array("foob".utf8))]))
        #expect(body.contentType == "application/xml")
        let expected =
            "<modules><module name=\"presentation\"><document name=\"a &amp; b.pdf\">Zm8=</document>"
            + "<document name=\"c.png\">Zm9vYg==</document></module></modules>"
        #expect(String(decoding: body.octets, as: UTF8.self) == expected)
    }

    @Test(arguments: [("f", "Zg=="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("\u{FF}\u{FE}?", "w7/Dvj8=")])
    func `octets are written as RFC 4648 has them`(text: String, base64: String) throws {
        let body = try #require(RoomCalls.document(of: [("a.txt", Array(text.utf8))]))
        #expect(String(decoding: body.octets, as: UTF8.self).contains(">\(base64)<"))
    }

    @Test func `without files there is no body`() {
        #expect(RoomCalls.document(of: []) == nil)
    }
}
