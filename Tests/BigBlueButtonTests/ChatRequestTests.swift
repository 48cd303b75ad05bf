import Testing

@testable import BigBlueButton

/// What a chat message must have (`bbb-api.md` 3.2, 5.8).
@Suite struct ChatRequestTests {
    private func refusal(_ parameters: Parameters) -> Refusal? {
        do throws(Refusal) {
            _ = try ChatRequest(Call(.sendChatMessage, rawQuery: parameters.encoded()))
            return nil
        } catch { return error }
    }

    private static let length = Refusal(.validationError, "Param message must be between 1 and 500 characters")
    private static let name = Refusal(.validationError, "Param userName must not exceed 255 characters")

    static let cases: [(Parameters, Refusal?)] = [
        (["meetingID": "room", "message": "Hello"], nil),
        (["meetingID": "room", "message": String(repeating: "x", count: 500)], nil),
        (["meetingID": "room", "message": String(repeating: "x", count: 501)], length),
        // Java counts such a letter twice.
        (["meetingID": "room", "message": String(repeating: "\u{1F600}", count: 250)], nil),
        (["meetingID": "room", "message": String(repeating: "\u{1F600}", count: 251)], length),
        (["meetingID": "room", "message": ""], length), (["meetingID": "room", "message": " \t\n"], length),
        (["meetingID": "room"], Refusal(.validationError, "You must provide the param message")),
        (["meetingID": "room", "message": "Hello", "userName": ""], nil),
        (["meetingID": "room", "message": "Hello", "userName": String(repeating: "x", count: 255)], nil),
        (["meetingID": "room", "message": "Hello", "userName": String(repeating: "x", count: 256)], name),
        (["message": "Hello"], nil),
        (["meetingID": "", "message": "Hello"], Refusal(.missingParamMeetingID, "You must provide a meeting ID")),
        (
            ["meetingID": "a,b", "message": "Hello"],
            Refusal(.validationError, "Meeting ID cannot contain ','")
        ),
    ]

    @Test(arguments: cases.indices) func `what is said is looked at as BigBlueButton does`(index: Int) {
        let (parameters, expected) = Self.cases[index]
        #expect(refusal(parameters) == expected, "\(parameters.encoded().prefix(80))")
    }
}
