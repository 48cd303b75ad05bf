internal import ArgumentParser
internal import BigBlueButton
internal import Foundation
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct ServerAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a BigBlueButton server; it is ready for meetings at once.",
        discussion:
            "The server is looked at first: its root, then a signed call. On the server, `bbb-conf --secret` prints URL and secret."
    )
    @Argument(help: "Its URL, with or without /bigbluebutton/api.") var url: String
    @Option(help: "Its secret. Other users of this machine can see it; --secret-file is safer.") var secret: String?
    @Option(help: "File with its secret; - is standard input.") var secretFile: String?
    @Option(help: "Its name. Default: the first part of its host name.") var name: String?
    @Option(help: "A tag that meetings can ask for; may be given several times.") var tag: [String] = []
    @Option(help: "How much it carries relative to others.") var capacity = 1.0
    @Option(help: "Connections that can be reserved on it. Default: any number.") var connections: Int?
    @Flag(help: "Do not look at the server first.") var noCheck = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let api = APIURL(url) else {
            throw CommandFailure(
                message: "`\(url)` is no URL of a server",
                remedy: "Write it as https://bbb1.example.org/bigbluebutton/api.", exitCode: 64)
        }
        guard capacity > 0, capacity <= 1_000 else {
            throw CommandFailure(
                message: "a capacity of \(capacity) makes no sense",
                remedy: "1 is an average server, 2 carries twice as much.", exitCode: 64)
        }
        if let connections, connections < 1 {
            throw CommandFailure(
                message: "\(connections) connections make no sense",
                remedy: "Give 1 or more, or leave it out: --connections 200.", exitCode: 64)
        }
        let endpoint = Endpoint(url: api, secret: try readSecret())
        try await Workplace.open(mayCreate: true) { place in
            let finding = try await check(endpoint, place)
            let server = try await add(endpoint, place)
            let callbacksURL = place.settings.fleet.callbacksURL
            if !CallbackReach.strangers(among: [endpoint.url], callbacksURL: callbacksURL).isEmpty {
                Console.note("plenary: warning: \(CallbackReach.warning)")
            }
            if output.json { return try Console.json(ServerView(server, meetings: 0, observation: nil)) }
            let told = finding.map { " (BigBlueButton \($0.version), \($0.meetings) meetings on it)" } ?? ""
            Console.say("Added \(server.name)\(told). Watch it: plenary server list")
        }
    }

    private func readSecret() throws -> Secret {
        var text = secret ?? ""
        if let secretFile {
            do {
                let data =
                    secretFile == "-"
                    ? FileHandle.standardInput.readDataToEndOfFile()
                    : try Data(contentsOf: URL(fileURLWithPath: secretFile))
                text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                throw CommandFailure(
                    message: "the file \(secretFile) cannot be read", remedy: "Check its path and permissions.")
            }
        }
        guard let secret = Secret(text) else {
            throw CommandFailure(
                message: text.isEmpty ? "the server's secret is missing" : "the secret begins or ends with a blank",
                remedy: "Give it with --secret or --secret-file; `bbb-conf --secret` prints it on the server.",
                exitCode: 64)
        }
        return secret
    }

    private func check(_ endpoint: Endpoint, _ place: Workplace) async throws -> ServerCheck.Finding? {
        if noCheck { return nil }
        return try await place.withTransport { transport in
            do { return try await ServerCheck(transport: transport).run(endpoint, now: place.time.now()) } catch let
                fault as ServerCheck.Fault
            {
                throw CommandFailure(
                    message: "\(fault.name.rawValue): \(fault.what)",
                    remedy: "\(fault.remedy) Nothing was added; --no-check adds it all the same.")
            }
        }
    }

    private func add(_ endpoint: Endpoint, _ place: Workplace) async throws -> Server {
        let name = try name.map(Self.serverName) ?? defaultName(endpoint.url, place)
        do {
            return try await place.store.addServer(
                name: name, endpoint: endpoint, capacity: capacity, connections: connections,
                tags: try ServerTag.tags(tag), now: place.time.now()
            )
        } catch StoreFault.constraint(.unique) {
            let same = place.store.roster {
                $0.servers.values.first { $0.name == name || $0.endpoint.url == endpoint.url }
            }
            throw CommandFailure(
                message:
                    "there is a server of that \(same?.name == name ? "name" : "URL") already: \(same?.name.text ?? name.text)",
                remedy: "Look at it: plenary server show \(same?.name.text ?? name.text)")
        }
    }

    /// Servers are named by name or number on the command line: a name that is a number would name two of them.
    static func serverName(_ text: String) throws -> Slug {
        guard !isNumber(text) else {
            throw CommandFailure(
                message: "`\(text)` cannot be a name: it is a number, and servers have numbers beside their names",
                remedy: "Put a letter into it, such as bbb\(text).", exitCode: 64)
        }
        guard let slug = Slug(text) else {
            throw CommandFailure(
                message: "`\(text)` cannot be a name",
                remedy: "Use up to 63 letters, digits, dots, hyphens and underscores.", exitCode: 64)
        }
        return slug
    }

    /// `bbb1` for bbb1.example.org, host and port for addresses, with a number behind it when it is taken.
    private func defaultName(_ url: APIURL, _ place: Workplace) throws -> Slug {
        let host = url.host
        let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." } || !host.contains(".")
        let base = (isAddress ? url.authority : String(host.prefix { $0 != "." })).map {
            $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-"
        }
        let short = String(String(base).drop { $0 == "-" }.prefix(50))
        let text = Self.isNumber(short) ? "bbb\(short)" : short
        let taken = place.store.roster { Set($0.servers.values.map(\.name.text)) }
        let free = ([text] + (2...1_000).map { "\(text)-\($0)" }).first { !taken.contains($0) }
        return try Self.serverName(free ?? text)
    }

    private static func isNumber(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber }
    }
}
