@testable import BigBlueButton

/// A small seeded generator: the seed is a test's argument, so a failure names it.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Secret {
    /// The secret of the test vectors (`bbb-api.md` 2.11).
    static let vector = made(Secret("639259d4-9dd8-4b25-bf01-95f9567eaf4b"))
    static let other = made(Secret("8cd8ef52e8e101574e400365b55e11a6"))
}

extension String {
    var octets: [UInt8] { Array(utf8) }

    /// Scalars that matter to URLs and XML, mixed with any others.
    static func random(upTo length: Int, using generator: inout SplitMix64) -> String {
        let notable: [Unicode.Scalar] = [
            " ", "+", "%", "&", "=", ";", "#", "?", "/", "~", "*", "-", "_", ".", "<", ">", "\"", "'", "\u{0}", "\t",
            "\n", "\r",
            "\u{7F}", "\u{85}", "\u{A0}", "\u{301}", "\u{200D}", "\u{2028}", "\u{FEFF}", "\u{FFFD}", "\u{FFFF}",
            "\u{1F600}",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...length, using: &generator) {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: scalars.append(made(notable.randomElement(using: &generator)))
            case 1: scalars.append(Unicode.Scalar(UInt8.random(in: 0x20...0x7E, using: &generator)))
            case 2: scalars.append(Unicode.Scalar(UInt32.random(in: 0xA0...0xD7FF, using: &generator)) ?? "x")
            default: scalars.append(Unicode.Scalar(UInt32.random(in: 0xE000...0x10FFFF, using: &generator)) ?? "x")
            }
        }
        return String(scalars)
    }

    /// Without what XML 1.0 cannot carry.
    var fitForXML: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars
        where (scalar.value >= 0x20 || [0x09, 0x0A, 0x0D].contains(scalar.value)) && scalar.value != 0xFFFE
            && scalar.value != 0xFFFF
        {
            scalars.append(scalar)
        }
        return String(scalars)
    }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }

    func text(in range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }

    /// Some small damage: a cut, flipped bits, inserted, removed or repeated octets.
    func damaged(using generator: inout SplitMix64) -> [UInt8] {
        var result = self
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let at = Int.random(in: 0...result.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: result.removeLast(Swift.min(result.count, Int.random(in: 0...40, using: &generator)))
            case 1 where at < result.count: result[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: result.insert(UInt8.random(in: .min ... .max, using: &generator), at: at)
            case 3 where at < result.count: result.remove(at: at)
            case 4:
                let end = Swift.min(result.count, at + Int.random(in: 0...60, using: &generator))
                result.insert(
                    contentsOf: Array(result[at..<end]), at: Int.random(in: 0...result.count, using: &generator))
            default:
                result.insert(
                    contentsOf: Array("<&>%=\"'/;!-]?\u{0}é".utf8).shuffled(using: &generator).prefix(2), at: at)
            }
        }
        return result
    }
}

extension XMLElement {
    /// This element and all in it, each with the way to it.
    func flattened(at path: [Int] = []) -> [(path: [Int], element: XMLElement)] {
        [(path, self)] + children.enumerated().flatMap { $0.element.flattened(at: path + [$0.offset]) }
    }

    func descendant(at path: [Int]) -> XMLElement { path.reduce(self) { $0.children[$1] } }

    /// What is wrong with the ranges of this element and all in it.
    func rangeFaults(in document: [UInt8]) -> [String] {
        guard range.lowerBound >= 0, range.upperBound <= document.count, !range.isEmpty else {
            return ["\(name): \(range) is not inside"]
        }
        guard range.lowerBound <= contentRange.lowerBound, contentRange.upperBound <= range.upperBound else {
            return ["\(name): content \(contentRange) of \(range)"]
        }
        var faults: [String] = []
        let open = document[range.lowerBound..<contentRange.lowerBound]
        let close = document[contentRange.upperBound..<range.upperBound]
        if !open.starts(with: "<\(name)".utf8) || open.last != UInt8(ascii: ">") {
            faults.append("\(name): begins at \(range.lowerBound)")
        }
        if isSelfClosing {
            if !open.suffix(2).elementsEqual("/>".utf8) {
                faults.append("\(name): closes itself at \(range.upperBound)")
            }
        } else if !close.starts(with: "</\(name)".utf8) || close.last != UInt8(ascii: ">") {
            faults.append("\(name): ends at \(range.upperBound)")
        }
        var at = contentRange.lowerBound
        for child in children {
            if child.range.lowerBound < at || child.range.upperBound > contentRange.upperBound {
                faults.append("\(child.name) in \(name)")
            }
            at = child.range.upperBound
            faults += child.rangeFaults(in: document)
        }
        return faults
    }
}

/// Answers as BigBlueButton 3.0 writes them (`bbb-api.md` 1.4 and 5).
enum Golden {
    static let meeting1 = """
        <meeting>
              <meetingName>Deutsch f&#252;r Anf&amp;auml;nger &amp; Co</meetingName>
              <meetingID>abc123</meetingID>
              <internalMeetingID>6367c48dd193d56ea7b0baad25b19455e529f5ee-1531155809613</internalMeetingID>
              <createTime>1531155809613</createTime>
              <createDate>Mon Jul 09 17:03:29 UTC 2018</createDate>
              <voiceBridge>07075</voiceBridge>
              <dialNumber>613-555-1234</dialNumber>
              <attendeePW>ap</attendeePW>
              <moderatorPW>mp</moderatorPW>
              <running>true</running>
              <duration>0</duration>
              <hasUserJoined>true</hasUserJoined>
              <recording>false</recording>
              <hasBeenForciblyEnded>false</hasBeenForciblyEnded>
              <startTime>1531155809700</startTime>
              <endTime>0</endTime>
              <participantCount>1,002</participantCount>
              <listenerCount>1,000</listenerCount>
              <voiceParticipantCount>2</voiceParticipantCount>
              <videoCount>1</videoCount>
              <maxUsers>0</maxUsers>
              <moderatorCount>1</moderatorCount>
              <attendees>
                  <attendee>
                      <userID>u-1</userID>
                      <fullName>Zoë 😀</fullName>
                      <role>MODERATOR</role>
                      <isPresenter>true</isPresenter>
                      <isListeningOnly>false</isListeningOnly>
                      <hasJoinedVoice>true</hasJoinedVoice>
                      <hasVideo>true</hasVideo>
                      <clientType>HTML5</clientType>
                      <customdata>
                          <bbb_auto_join_audio>true</bbb_auto_join_audio>
                      </customdata>
                  </attendee>
              </attendees>
              <metadata>
                  <endcallbackurl><![CDATA[https://example.com/?a=1&b=2]]></endcallbackurl>
              </metadata>
              <isBreakout>false</isBreakout>
              <breakoutRooms>
                  <breakout>1e3a-1531155900000</breakout>
              </breakoutRooms>
            </meeting>
        """

    static let meeting2 = """
        <meeting>
              <meetingName>Raum 1</meetingName>
              <meetingID>1e3a-1531155900000</meetingID>
              <internalMeetingID>99b0-1531155900000</internalMeetingID>
              <createTime>1531155900000</createTime>
              <voiceBridge>70751</voiceBridge>
              <attendeePW/>
              <moderatorPW></moderatorPW>
              <running>false</running>
              <participantCount>0</participantCount>
              <listenerCount>0</listenerCount>
              <voiceParticipantCount>0</voiceParticipantCount>
              <videoCount>0</videoCount>
              <moderatorCount>0</moderatorCount>
              <attendees/>
              <metadata/>
              <isBreakout>true</isBreakout>
              <parentMeetingID>6367c48dd193d56ea7b0baad25b19455e529f5ee-1531155809613</parentMeetingID>
              <sequence>1</sequence>
              <freeJoin>false</freeJoin>
            </meeting>
        """

    static let meetings = """
        <response>
          <returncode>SUCCESS</returncode>
          <meetings>
            \(meeting1)
            \(meeting2)
          </meetings>
        </response>
        """

    static let noMeetings = """
        <response>
          <returncode>SUCCESS</returncode>
          <meetings/>
          <messageKey>noMeetings</messageKey>
          <message>no meetings were found on this server</message>
        </response>
        """

    static let created = """
        <response>
          <returncode>SUCCESS</returncode>
          <meetingID>abc123</meetingID>
          <internalMeetingID>6367c48dd193d56ea7b0baad25b19455e529f5ee-1531155809613</internalMeetingID>
          <parentMeetingID>bbb-none</parentMeetingID>
          <attendeePW>ap</attendeePW>
          <moderatorPW>mp</moderatorPW>
          <createTime>1531155809613</createTime>
          <voiceBridge>07075</voiceBridge>
          <dialNumber>613-555-1234</dialNumber>
          <createDate>Mon Jul 09 17:03:29 UTC 2018</createDate>
          <hasUserJoined>false</hasUserJoined>
          <duration>0</duration>
          <hasBeenForciblyEnded>false</hasBeenForciblyEnded>
          <messageKey></messageKey>
          <message></message>
        </response>
        """

    static let duplicate = """
        <response>
          <returncode>SUCCESS</returncode>
          <meetingID>abc123</meetingID>
          <internalMeetingID>6367c48dd193d56ea7b0baad25b19455e529f5ee-1531155809613</internalMeetingID>
          <parentMeetingID>bbb-none</parentMeetingID>
          <createTime>1531155809613</createTime>
          <voiceBridge>70757</voiceBridge>
          <messageKey>duplicateWarning</messageKey>
          <message>This conference was already in existence and may currently be in progress.</message>
        </response>
        """

    static let voiceBridgeTaken = """
        <response>
          <returncode>FAILED</returncode>
          <errors>
            <error><key>nonUniqueVoiceBridge</key><message>The selected voice bridge is already in use.</message></error>
          </errors>
        </response>
        """

    static let voiceBridgeTakenBefore21 = """
        <response>
          <returncode>FAILED</returncode>
          <errors>
            <error key="nonUniqueVoiceBridge" message="The selected voice bridge is already in use."/>
          </errors>
        </response>
        """

    static let ended = """
        <response>
          <returncode>SUCCESS</returncode>
          <messageKey>sentEndMeetingRequest</messageKey>
          <message>A request to end the meeting was sent.  Please wait a few seconds, and then use the getMeetingInfo or isMeetingRunning API calls to verify that it was ended.</message>
        </response>
        """

    static let notFound = """
        <response>
          <returncode>FAILED</returncode>
          <messageKey>notFound</messageKey>
          <message>A meeting with that ID does not exist</message>
        </response>
        """

    static let all = [
        meetings, noMeetings, created, duplicate, voiceBridgeTaken, voiceBridgeTakenBefore21, ended, notFound,
    ]
}

/// What the test itself wrote is there; if not, the test is wrong.
func made<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a value that the test wrote is not valid") }
    return value
}
