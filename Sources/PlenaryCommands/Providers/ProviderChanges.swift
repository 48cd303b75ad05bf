internal import ArgumentParser
internal import BigBlueButton
internal import Foundation
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// How a provider is reached.
struct ProviderFields: ParsableArguments {
    @Option(help: "Its address, by HTTPS; /bigbluebutton/api may be left out.") var url: String?
    @Option(help: "Its secret. Other users of this machine can see it; --secret-file is safer.") var secret: String?
    @Option(help: "File with its secret; - is standard input.") var secretFile: String?
    @Option(help: "Of your own servers only those with this tag; empty: all.") var serverTag: String?
    @Option(help: "JSON object of any data of yours; replaces what there is.") var metadata: String?

    /// As in a body of the API, which says what is wrong with them.
    func members() throws -> [JSON.Member] {
        var properties: [JSON.Member] = []
        if let url { properties.append(JSON.Member("host_url", .text(url))) }
        if let secret = try givenSecret() { properties.append(JSON.Member("secret", .text(secret))) }
        if let serverTag {
            properties.append(JSON.Member("server_tag", serverTag.isEmpty ? .null : .text(serverTag)))
        }
        var members = properties.isEmpty ? [] : [JSON.Member("properties", .object(properties))]
        if let metadata { members.append(JSON.Member("metadata", try Self.read(metadata))) }
        return members
    }

    private func givenSecret() throws -> String? {
        guard let secretFile else { return secret }
        do {
            let data =
                secretFile == "-"
                ? FileHandle.standardInput.readDataToEndOfFile()
                : try Data(contentsOf: URL(fileURLWithPath: secretFile))
            return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            throw CommandFailure(
                message: "the file \(secretFile) cannot be read", remedy: "Check its path and permissions.")
        }
    }

    private static func read(_ text: String) throws -> JSON {
        do throws(JSONReader.Fault) {
            return try JSONReader.read(Array(text.utf8), limits: JSONReader.Limits())
        } catch {
            throw CommerceInput.wrong("--metadata", text, #"Write a JSON object: --metadata '{"contract": "N-12"}'."#)
        }
    }
}

struct ProviderAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a service provider, once it has passed its checks.",
        discussion: """
            It is looked at first: certificate, reachability, secret, version. A certificate of an authority of your own needs \
            PLENARY_PROVIDERS_EXTRA_CA, here and for `serve`.
            """)
    @Argument(help: "Its name, for people.") var name: String
    @Option(help: "bigbluebutton (or bbb), scalelite, or fleet: your own servers.") var type: String
    @OptionGroup var fields: ProviderFields
    @Flag(help: "Store it without looking; it is inactive until a check passes.") var noVerify = false
    @Flag(help: "Do not use it yet.") var inactive = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let made = try await Workplace.openPlatform(mayCreate: true) { place in
            var members = [JSON.Member("provider_name", .text(name)), JSON.Member("provider_type", .text(type))]
            if inactive { members.append(JSON.Member("active", .bool(false))) }
            let draft = try ProviderDraft(ObjectReader(.object(members + (try fields.members()))))
            return try await place.withServices { try await $0.providers.create(draft, verify: !noVerify) }
        }
        if output.json { return try Console.json(JSONView(made.json)) }
        let version = made.health.version.map { " (version \(MeetingView.printable($0)))" } ?? ""
        Console.say(
            "Added provider \(made.identity.id)\(version), \(ProviderWords.state(made)). Let a package have it: plenary provider attach \(made.identity.id) --package PACKAGE"
        )
        if noVerify, made.type.isRemote { Console.note("Check it: plenary provider check \(made.identity.id)") }
    }
}

struct ProviderUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a provider: only what is named.",
        discussion: "With another address or secret it has to pass the checks first.")
    @Argument(help: "Its id, uuid, ulid or name.") var provider: String
    @Option(help: "Its name.") var name: String?
    @Flag(inversion: .prefixedNo, help: "Whether it is used where it is attached.") var active: Bool?
    @OptionGroup var fields: ProviderFields
    @Flag(help: "Store it without looking; it is inactive until a check passes.") var noVerify = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var members = try fields.members()
        if let name { members.append(JSON.Member("provider_name", .text(name))) }
        if let active { members.append(JSON.Member("active", .bool(active))) }
        guard !members.isEmpty else {
            throw CommandFailure(
                message: "nothing to change was named", remedy: "plenary provider update --help tells what can be.",
                exitCode: 64)
        }
        let wanted = members
        let changed = try await Workplace.openPlatform { place in
            let found = try await place.serviceProvider(provider)
            let patch = try ProviderPatch(ObjectReader(.object(wanted)), of: found)
            let changed = try await place.withServices {
                try await $0.providers.change(found.number, patch, verify: !noVerify)
            }
            guard let changed else { throw ProviderConflict.noSuchProvider }
            return changed
        }
        if output.json { return try Console.json(JSONView(changed.json)) }
        Console.say(
            "Changed; it is \(ProviderWords.state(changed)). See it: plenary provider show \(changed.identity.id)")
    }
}

// MARK: packages and subscriptions

/// What has providers.
struct ProviderTarget: ParsableArguments {
    @Option(name: .customLong("package"), help: "A package: id, uuid or ulid.") var sold: String?
    @Option(help: "A subscription: id, uuid, ulid or tag.") var subscription: String?

    func owner(_ place: Workplace) async throws -> ProviderOwner {
        switch (sold, subscription) {
        case (let sold?, nil): return .soldPackage(try await place.servicePackage(sold).number)
        case (nil, let subscription?): return .subscription(try await place.subscription(subscription).number)
        case (nil, nil), (.some, .some):
            throw CommandFailure(
                message: "say where: one package, or one subscription",
                remedy: "--package PACKAGE or --subscription SUBSCRIPTION", exitCode: 64)
        }
    }

    /// As the API calls an attachment.
    var object: String { sold == nil ? "SubscriptionProvider" : "PackageProvider" }
}

struct ProviderAttach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Let a package or a subscription have a provider.",
        discussion: """
            The first one is the default, where sessions are started. A subscription has the default of its package when it is \
            sold; what the package gets later, it gets by --subscription. Attaching again switches it on again.
            """)
    @Argument(help: "The provider: id, uuid, ulid or name.") var provider: String
    @OptionGroup var target: ProviderTarget
    @Flag(name: .customLong("default"), help: "Sessions are started there; the others stand in for it.")
    var isDefault = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let attached = try await Workplace.openPlatform { place in
            let found = try await place.serviceProvider(provider)
            let owner = try await target.owner(place)
            let now = place.time.now()
            let there = try await place.store.providers(of: owner).contains { $0.identity == found.identity }
            let attached: AttachedServiceProvider?
            if there {
                var members = [JSON.Member("active", .bool(true))]
                if isDefault { members.append(JSON.Member("default", .bool(true))) }
                let patch = try ProviderAttachmentPatch(ObjectReader(.object(members)))
                attached = try await place.store.changeAttachment(
                    of: .id(found.identity.id), to: owner, patch, now: now)
            } else {
                let body: JSON = [
                    "service_provider_id": .text(found.identity.id), "default": .bool(isDefault),
                ]
                let draft = try ProviderAttachmentDraft(ObjectReader(body))
                attached = try await place.store.attachProvider(draft, to: owner, now: now)
            }
            guard let attached else { throw ProviderConflict.noSuchProvider }
            return attached
        }
        if output.json { return try Console.json(JSONView(attached.json(target.object))) }
        let place = attached.entry.isDefault ? ", as the default" : ""
        Console.say("Attached \(MeetingView.printable(attached.name))\(place).")
        if target.sold != nil {
            Console.note("Subscriptions that were sold before get it with: plenary provider attach --subscription")
        }
    }
}

struct ProviderDetach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach", abstract: "Take a provider from a package or a subscription. Sessions that run go on.",
        discussion: "The default stays: make another one the default first.")
    @Argument(help: "The provider: id, uuid, ulid or name.") var provider: String
    @OptionGroup var target: ProviderTarget
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let provider: String
        /// Whether it was attached.
        let detached: Bool

        private enum CodingKeys: String, CodingKey {
            case provider = "service_provider_id"
            case detached
        }
    }

    func run() async throws {
        let answer = try await Workplace.openPlatform { place in
            let found = try await place.serviceProvider(provider)
            let owner = try await target.owner(place)
            let now = place.time.now()
            let reference = ResourceReference.id(found.identity.id)
            // Only what is switched off is taken away.
            let patch = try ProviderAttachmentPatch(ObjectReader(["active": .bool(false)]))
            let off = try await place.store.changeAttachment(of: reference, to: owner, patch, now: now)
            guard off != nil else { return Answer(provider: found.identity.id, detached: false) }
            let detached = try await place.store.detachProvider(reference, from: owner, now: now)
            return Answer(provider: found.identity.id, detached: detached)
        }
        if output.json { return try Console.json(answer) }
        Console.say(
            answer.detached ? "Detached. See the providers: plenary provider list" : "It was not attached there.")
    }
}
