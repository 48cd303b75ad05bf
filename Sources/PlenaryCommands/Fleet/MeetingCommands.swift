internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct MeetingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meeting", abstract: "Meetings of the fleet.",
        subcommands: [MeetingList.self, MeetingShow.self, MeetingMove.self, MeetingEnd.self])
}

/// A meeting as `--json` shows it. Stable: fields are added, never renamed. Passwords are not shown.
struct MeetingView: Encodable {
    let number: Int64
    let meetingID: String
    let name: String
    let account: String
    let server: String
    /// creating, running, displaced.
    let state: String
    let epoch: Int64
    let internalMeetingID: String?
    let createTime: Int64?
    let expectedLoad: Double
    let ending: Bool
    /// It is being ended because another one needed its connections.
    let preempted: Bool
    /// Until when its connections are reserved.
    let reservedUntil: Int64?
    let createdAt: Int64

    init(_ meeting: Meeting, _ place: Workplace) {
        (account, server) = place.store.roster { roster in
            (roster.accounts[meeting.key.account]?.slug.text ?? "", roster.servers[meeting.server]?.name.text ?? "")
        }
        number = meeting.number.number
        meetingID = meeting.key.meetingID.rawValue
        name = meeting.name
        state = meeting.state.rawValue
        epoch = meeting.epoch
        internalMeetingID = meeting.internalMeetingID?.rawValue
        createTime = meeting.createTime?.milliseconds
        expectedLoad = meeting.expectedLoad
        ending = meeting.isEnding
        preempted = meeting.isPreempted
        reservedUntil = meeting.reservedUntil?.milliseconds
        createdAt = meeting.createdAt.milliseconds
    }

    static func table(_ meetings: [MeetingView]) -> String {
        var table = Table(["number", "server", "state", "created", "meetingid", "name"])
        for meeting in meetings {
            table.add([
                String(meeting.number), meeting.server, meeting.ending || meeting.preempted ? "ending" : meeting.state,
                WireTime(milliseconds: meeting.createdAt).text, printable(meeting.meetingID), printable(meeting.name),
            ])
        }
        return table.text
    }

    /// What a client chose as a name must not steer the terminal.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    $0.properties.generalCategory == .control || $0.properties.generalCategory == .format
                        ? "\u{FFFD}" : $0
                }))
    }
}

extension Workplace {
    func meetings() -> [Meeting] { store.roster { $0.meetings.values.sorted { $0.number < $1.number } } }

    /// By meetingID, internal id or number.
    func meeting(_ text: String, account: Account) throws -> Meeting {
        if let found = MeetingID(rawValue: text).flatMap({ id in store.roster { $0.liveMeeting(id, of: account.id) } })
        {
            return found
        }
        if let number = Int64(text), let found = store.roster({ $0.meetings[MeetingNumber(number)] }) { return found }
        throw CommandFailure(
            message: "there is no meeting `\(MeetingView.printable(text))`", remedy: "List them: plenary meeting list")
    }
}

struct MeetingList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the meetings that are not over.")
    @Option(help: "Only those on this server.") var server: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let meetings = try await Workplace.open { place in
            let only = try server.map { try place.server($0).id }
            return place.meetings().filter { only == nil || $0.server == only }.map { MeetingView($0, place) }
        }
        if output.json { return try Console.json(meetings) }
        Console.say(meetings.isEmpty ? "No meetings." : MeetingView.table(meetings))
    }
}

struct MeetingShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one meeting.")
    @Argument(help: "Its meetingID, internal id or number.") var meeting: String
    @Option(help: "Whose meeting.") var account = "default"
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let meeting: MeetingView
        let joins: [Join]
    }

    private struct Join: Encodable {
        let fullName: String
        let role: String?
        let joinedAt: Int64
    }

    func run() async throws {
        let answer = try await Workplace.open { place in
            let found = try place.meeting(meeting, account: try place.account(account))
            let joins = try await place.store.joins(of: found.number)
            return Answer(
                meeting: MeetingView(found, place),
                joins: joins.map { Join(fullName: $0.fullName, role: $0.role, joinedAt: $0.joinedAt.milliseconds) })
        }
        if output.json { return try Console.json(answer) }
        let view = answer.meeting
        Console.say(
            "\(MeetingView.printable(view.name)) (\(MeetingView.printable(view.meetingID)), number \(view.number))")
        Console.say(
            "on \(view.server), \(view.ending ? "ending" : view.state), epoch \(view.epoch), created \(WireTime(milliseconds: view.createdAt).text)"
        )
        Console.say(
            "internal id \(view.internalMeetingID ?? "not known yet"); placed by least load, expected to weigh \(view.expectedLoad)"
        )
        for join in answer.joins {
            Console.say(
                "\(WireTime(milliseconds: join.joinedAt).text)  \(MeetingView.printable(join.fullName))\(join.role.map { " (\(MeetingView.printable($0)))" } ?? "")"
            )
        }
    }
}

struct MeetingEnd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "end", abstract: "End a meeting on its server.")
    @Argument(help: "Its meetingID, internal id or number.") var meeting: String
    @Option(help: "Whose meeting.") var account = "default"
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let ended: String
        let messageKey: String?
    }

    func run() async throws {
        let (id, key) = try await Workplace.open { place in
            let account = try place.account(account)
            let meeting = try place.meeting(meeting, account: account)
            guard meeting.state.isLive else {
                throw CommandFailure(
                    message: "that is a copy which has its place elsewhere by now",
                    remedy: "It is ended by itself when its server answers again. The meeting: plenary meeting list")
            }
            return try await place.withTransport { transport in
                let parameters: Parameters = [
                    "meetingID": meeting.key.meetingID.rawValue, "password": meeting.moderatorPW,
                ]
                // Found by its number it may be any account's.
                guard let owner = place.store.roster({ $0.accounts[meeting.key.account] }) else {
                    throw CommandFailure(message: "its account was just removed", remedy: "plenary account list")
                }
                do {
                    let octets = try await place.fleet(transport).end(
                        Call(.end, rawQuery: parameters.encoded()), of: owner)
                    return (meeting.key.meetingID.rawValue, try Reply(octets).messageKey)
                } catch let refusal as Refusal where refusal.key == .notFound {
                    return (meeting.key.meetingID.rawValue, refusal.key)
                } catch let refusal as Refusal {
                    throw CommandFailure(
                        message: "the meeting was not ended: \(refusal.message)",
                        remedy: "Look at its server: plenary server list")
                }
            }
        }
        if output.json { return try Console.json(Answer(ended: id, messageKey: key?.rawValue)) }
        let what = key == .notFound ? "was over already" : "ends"
        Console.say("\(MeetingView.printable(id)) \(what). See what is left: plenary meeting list")
    }
}
