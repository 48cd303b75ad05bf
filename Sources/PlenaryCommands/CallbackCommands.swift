internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct CallbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "callback", abstract: "What callers are told: ends of meetings, recordings, analytics, web hooks.",
        subcommands: [CallbackList.self, CallbackShow.self, CallbackRetry.self])
}

/// A callback as `--json` shows it. Stable: fields are added, never renamed. The address is shown without its query, which may
/// hold what only its owner should know.
private struct CallbackView: Encodable {
    let id: Int64
    /// What its receiver sees of that number.
    let reference: String
    /// end, ended, recording, analytics, hook.
    let kind: String
    /// waiting, delivered, parked.
    let state: String
    let account: String
    let meeting: Int64?
    let url: String
    let attempts: Int
    let dueAt: Int64
    let lastResult: String?
    let createdAt: Int64
    let deliveredAt: Int64?

    init(_ delivery: Delivery, _ place: Workplace) {
        id = delivery.id.number
        reference = delivery.id.reference(key: place.store.key)
        kind = delivery.kind.rawValue
        state = delivery.state.rawValue
        account = place.store.roster { $0.accounts[delivery.account]?.slug.text ?? "" }
        meeting = delivery.meeting?.number
        url = MeetingView.printable(String(delivery.url.prefix { $0 != "?" && $0 != "#" }))
        attempts = delivery.attempts
        dueAt = delivery.dueAt.milliseconds
        lastResult = delivery.lastResult
        createdAt = delivery.createdAt.milliseconds
        deliveredAt = delivery.deliveredAt?.milliseconds
    }
}

struct CallbackList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List callbacks, the newest first.")
    @Option(help: "Only those in this state: waiting, delivered or parked.") var state: String?
    @Option(help: "How many.") var limit = 50
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard state.map({ Delivery.State(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--state is waiting, delivered or parked")
        }
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit is 1 to 10000") }
    }

    func run() async throws {
        let callbacks = try await Workplace.open { place in
            try await place.store.deliveries(in: state.flatMap(Delivery.State.init), limit: limit).map {
                CallbackView($0, place)
            }
        }
        if output.json { return try Console.json(callbacks) }
        if callbacks.isEmpty { return Console.say("No callbacks.") }
        var table = Table(["id", "kind", "state", "tries", "last", "since", "meeting", "url"])
        for callback in callbacks {
            table.add([
                String(callback.id), callback.kind, callback.state, String(callback.attempts),
                callback.lastResult ?? "", WireTime(milliseconds: callback.createdAt).text,
                callback.meeting.map { String($0) } ?? "", callback.url,
            ])
        }
        Console.say(table.text)
    }
}

struct CallbackShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one callback.")
    @Argument(help: "Its number.") var id: Int64
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let view = try await Workplace.open { place in
            guard let delivery = try await place.store.delivery(DeliveryID(id)) else { throw notThere(id) }
            return CallbackView(delivery, place)
        }
        if output.json { return try Console.json(view) }
        Console.say("\(view.kind) callback \(view.id) of account \(view.account), \(view.state)")
        Console.say("to \(view.url)\(view.meeting.map { ", about meeting number \($0)" } ?? "")")
        Console.say(
            "\(view.attempts) tries\(view.lastResult.map { ", the last one: \($0)" } ?? ""), since \(WireTime(milliseconds: view.createdAt).text)"
        )
        switch view.state {
        case "waiting": Console.say("next try at \(WireTime(milliseconds: view.dueAt).text)")
        case "parked": Console.say("given up. Try it again: plenary callback retry \(view.id)")
        default: Console.say("acknowledged at \(WireTime(milliseconds: view.deliveredAt ?? 0).text)")
        }
    }
}

struct CallbackRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Try a callback again now. One that was acknowledged is not sent again.")
    @Argument(help: "Its number.") var id: Int64?
    @Flag(help: "All that were given up.") var all = false
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable { let retried: Int }

    func validate() throws {
        guard all != (id != nil) else { throw ValidationError("Name one callback by its number, or --all") }
    }

    func run() async throws {
        let count = try await Workplace.open { place in
            if let id {
                guard let delivery = try await place.store.delivery(DeliveryID(id)) else { throw notThere(id) }
                guard delivery.state != .delivered else {
                    throw CommandFailure(
                        message: "callback \(id) was acknowledged",
                        remedy: "It is not sent twice: plenary callback show \(id)")
                }
            }
            return try await place.store.retry(id.map(DeliveryID.init), now: place.time.now())
        }
        if output.json { return try Console.json(Answer(retried: count)) }
        Console.say(
            "\(count) tried again by the running serve. See how they fare: plenary callback list --state waiting")
    }
}

private func notThere(_ id: Int64) -> CommandFailure {
    CommandFailure(message: "there is no callback \(id)", remedy: "List them: plenary callback list")
}
