internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

struct ProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider", abstract: "Service providers: where the meetings of rooms are held.",
        subcommands: [
            ProviderList.self, ProviderShow.self, ProviderAdd.self, ProviderUpdate.self, ProviderCheckNow.self,
            ProviderRemove.self, ProviderAttach.self, ProviderDetach.self,
        ])
}

extension Workplace {
    /// By id, uuid, ulid, or a name that only one of them has.
    func serviceProvider(_ text: String) async throws -> ServiceProvider {
        if let reference = ResourceReference(text), let found = try await store.serviceProvider(reference) {
            return found
        }
        let named = try await store.serviceProviders().filter { $0.details.name == text }
        if named.count == 1 { return named[0] }
        throw CommandFailure(
            message: named.isEmpty
                ? "there is no provider `\(MeetingView.printable(text))`"
                : "\(named.count) providers are called `\(MeetingView.printable(text))`",
            remedy: "List them: plenary provider list. One is named by its id, uuid, ulid or name.")
    }
}

/// How a provider is, for people.
enum ProviderWords {
    static func host(_ provider: ServiceProvider) -> String {
        switch provider.details.properties {
        case .server(let url, _): url.api.text
        case .fleet(let tag): tag.map { "own servers with the tag \($0)" } ?? "own servers"
        }
    }

    static func state(_ provider: ServiceProvider) -> String {
        if provider.details.isPending { return "waits for its first good check" }
        return provider.details.isActive ? "active" : "inactive"
    }

    /// Why it is not as it should be, and what to do; `nil`: it is.
    static func failure(_ provider: ServiceProvider) -> CommandFailure? {
        let (health, id) = (provider.health, provider.identity.id)
        if let fault = health.tls?.fault {
            return CommandFailure(
                message: "\(ProblemCode.providerTLSInvalid.rawValue): \(fault.words)",
                remedy: "Have the certificate put right, and check again: plenary provider check \(id)")
        }
        guard health.failures > 0 || health.state == .down else { return nil }
        return CommandFailure(
            message: "it does not answer as it should (\(health.failures) failures in a row)",
            remedy: "What is wrong is told when it is verified anew; give its secret again: "
                + "plenary provider update \(id) --secret-file FILE")
    }
}

struct ProviderList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the providers.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let providers = try await Workplace.openPlatform { try await $0.store.serviceProviders() }
        if output.json { return try Console.json(providers.map { JSONView($0.json) }) }
        if providers.isEmpty {
            return Console.say(
                "No providers. `serve` makes one of your own servers at its first start; others: plenary provider add NAME --type scalelite --url URL --secret-file FILE"
            )
        }
        var table = Table(["id", "type", "state", "health", "version", "name", "where"])
        for provider in providers {
            table.add([
                provider.identity.id, provider.type.rawValue, ProviderWords.state(provider),
                provider.health.state.rawValue, MeetingView.printable(provider.health.version ?? ""),
                MeetingView.printable(provider.details.name), ProviderWords.host(provider),
            ])
        }
        Console.say(table.text)
    }
}

struct ProviderShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one provider. Its secret is never shown.")
    @Argument(help: "Its id, uuid, ulid or name.") var provider: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let found = try await Workplace.openPlatform { try await $0.serviceProvider(provider) }
        if output.json { return try Console.json(JSONView(found.json)) }
        Console.say(
            "\(MeetingView.printable(found.details.name)) (\(found.identity.id)), \(found.type.rawValue), \(ProviderWords.state(found))"
        )
        Console.say(ProviderWords.host(found))
        let health = found.health
        let checked = health.checkedAt.map { ", looked at \($0.timestamp)" } ?? ", never looked at"
        Console.say("health \(health.state.rawValue)\(checked)")
        if let version = health.version { Console.say("version \(MeetingView.printable(version))") }
        if let tls = health.tls {
            let end = tls.notAfter.map { " until \($0.timestamp)" } ?? ""
            Console.say("certificate \(tls.fault.map { "not valid: \($0.rawValue)" } ?? "valid")\(end)")
        }
    }
}

struct ProviderCheckNow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Look at a provider now: reachability, certificate, secret, version.",
        discussion: "Exit code 1 when it does not pass. Of your own servers `serve` knows: plenary status.")
    @Argument(help: "Its id, uuid, ulid or name.") var provider: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let checked = try await Workplace.openPlatform { place in
            let found = try await place.serviceProvider(provider)
            let checked = try await place.withServices { try await $0.providers.check(found.number) }
            guard let checked else { throw ProviderConflict.noSuchProvider }
            return checked
        }
        if output.json {
            try Console.json(JSONView(checked.json))
        } else {
            let version = checked.health.version.map { ", version \(MeetingView.printable($0))" } ?? ""
            Console.say("\(MeetingView.printable(checked.details.name)) is \(checked.health.state.rawValue)\(version).")
        }
        if let failure = ProviderWords.failure(checked) { throw failure }
    }
}

struct ProviderRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a provider that is attached nowhere.")
    @Argument(help: "Its id, uuid, ulid or name.") var provider: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let id = try await Workplace.openPlatform { place in
            let found = try await place.serviceProvider(provider)
            guard try await place.store.removeServiceProvider(found.number) else {
                throw ProviderConflict.noSuchProvider
            }
            return found.identity.id
        }
        if output.json { return try Console.json(DeletedView(deleted: id)) }
        Console.say("Removed provider \(id). See what is left: plenary provider list")
    }
}
