import BigBlueButton
import Foundation
import Logging
import PlenaryCore
import PlenaryFleet
import PlenaryStore
import PlenaryWeb
import Testing

@testable import PlenaryCommands

/// Gives the path of a file with `text` that is gone when `work` is over.
private func withFile(_ text: String, _ work: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("plenary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let path = directory.appendingPathComponent("file.yaml").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try await work(path)
}

private func load(_ flags: [String: String] = [:], _ environment: [String: String] = [:]) async throws -> Settings {
    try await Settings.load(flags: flags, environment: environment)
}

/// What is wrong with settings; empty when nothing is.
private func problems(_ flags: [String: String], _ environment: [String: String] = [:]) async throws -> [String] {
    do {
        _ = try await load(flags, environment)
        return []
    } catch let problems as SettingsValues.Problems { return problems.list }
}

@Suite struct SettingsSourceTests {
    private static let yaml = """
        poll:
          interval: 7s
        health:
          fall: 4
        reads:
          maxAge: 1500ms
          deadline: 2.5
        checksum:
          unsignedForms: true
        log:
          level: debug
        """

    @Test func `a flag wins over the environment, that over the file, that over the default`() async throws {
        try await withFile(Self.yaml) { path in
            let (flag, variable) = (["poll.interval": "9s"], ["PLENARY_POLL_INTERVAL": "8s"])
            let (option, file) = (["config": path], ["PLENARY_CONFIG": path])
            let rows: [([String: String], [String: String], Duration)] = [
                ([:], [:], .seconds(5)), ([:], file, .seconds(7)), (option, [:], .seconds(7)),
                (option, variable, .seconds(8)), ([:], variable.merging(file) { $1 }, .seconds(8)),
                (flag.merging(option) { $1 }, variable, .seconds(9)),
                (flag, variable.merging(file) { $1 }, .seconds(9)),
                (flag, [:], .seconds(9)),
                // An empty variable is none.
                (option, ["PLENARY_POLL_INTERVAL": ""], .seconds(7)),
            ]
            for (flags, environment, interval) in rows {
                let settings = try await load(flags, environment)
                #expect(settings.fleet.health.interval == interval, "\(flags.keys) \(environment.keys)")
            }
        }
    }

    @Test func `the file that a flag names wins over the one of the environment`() async throws {
        try await withFile(Self.yaml) { path in
            let settings = try await load(["config": path], ["PLENARY_CONFIG": "/nowhere/plenary.yaml"])
            #expect(settings.fleet.health.interval == .seconds(7))
        }
    }

    @Test func `a file may hold texts, numbers and truth values`() async throws {
        try await withFile(Self.yaml) { path in
            let settings = try await load(["config": path])
            #expect(settings.fleet.health.fall == 4)
            #expect(settings.fleet.readsMaxAge == .milliseconds(1_500))
            #expect(settings.fleet.readDeadline == .milliseconds(2_500))
            #expect(settings.fleet.checksums.acceptsUnsignedForms)
            #expect(settings.logLevel == .debug)
        }
    }

    @Test func `a file that is not there, or is no YAML, is a problem that names it`() async throws {
        let missing = try await problems(["config": "/nowhere/plenary.yaml"])
        #expect(missing.count == 1 && missing.allSatisfy { $0.contains("/nowhere/plenary.yaml") })
        try await withFile("poll: [unclosed") { path in
            let broken = try await problems(["config": path])
            #expect(broken.count == 1 && broken.allSatisfy { $0.contains(path) })
        }
    }

    @Test func `a broken file does not show its secret`() async throws {
        try await withFile("secret: hunter2-in-a-file: oops\n") { path in
            let broken = try await problems(["config": path])
            #expect(broken.count == 1)
            #expect(!broken.joined().contains("hunter2"), "\(broken)")
        }
    }

    @Test func `defaults are what the table says`() async throws {
        let settings = try await load()
        #expect(settings.warnings.isEmpty && settings.secret == nil && !settings.isBaseURLGiven)
        #expect(settings.web.host == "127.0.0.1" && settings.web.port == 8_080)
        #expect(settings.web.longestBody == 64 << 20 && settings.web.longestForm == 2 << 20)
        #expect(settings.web.longestQuery == 64 << 10 && settings.web.idleTimeout == .seconds(60))
        #expect(settings.web.longestAnalytics == 16 << 20 && settings.fleet.recordingsReply.size == 256 << 20)
        #expect(settings.fleet.pollDeadline == .seconds(4) && settings.fleet.health.silence == .seconds(30))
        #expect(settings.fleet.health.slowStart == .seconds(120) && settings.fleet.health.panicLimit == .seconds(600))
        #expect(settings.fleet.algorithm == .sha256 && !settings.fleet.checksums.acceptsUnsignedForms)
        #expect(settings.fleet.readsMaxAge == .zero && settings.fleet.reply.size == 16 << 20)
        #expect(settings.store.waitingWrites == 10_000 && settings.store.keptChanges == 10_000)
        #expect(settings.logLevel == .info && settings.logFormat == "auto")
        #expect(settings.fleet.joinFailedURL == "http://127.0.0.1:8080/join-failed")
        #expect(settings.fleet.chatTexts == .off && settings.fleet.longestReservation == 1_440)
    }

    @Test func `variables that are no settings are warned of`() async throws {
        let settings = try await load(
            [:],
            [
                "PLENARY_POLL_INTERVALL": "9s", "PLENARY_LISTEN": "127.0.0.1:9000", "PLENARY_CONFIG": "",
                "PATH": "/bin",
                "PLENARY_": "x", "XPLENARY_LISTEN": "y",
            ])
        #expect(settings.warnings.count == 2)
        #expect(settings.warnings.contains { $0.contains("PLENARY_POLL_INTERVALL ") })
        #expect(settings.web.port == 9_000)
    }
}

@Suite struct SettingsValueTests {
    struct Case: Sendable {
        let key: String
        let value: String
        let isGood: Bool
    }

    private static func cases(_ key: String, good: [String], bad: [String]) -> [Case] {
        good.map { Case(key: key, value: $0, isGood: true) } + bad.map { Case(key: key, value: $0, isGood: false) }
    }

    static let cases: [Case] =
        cases(
            "reads.maxAge", good: ["0", "0s", "500ms", "5s", "2m", "1h", "5", "0.5s", "1.5m"],
            bad: ["", "five", "-1s", "-1", "5 s", "5d", "s", "ms", "nan", "inf", "infs", "1e9", "5s5s"])
        + cases("poll.interval", good: ["1ms", "5s"], bad: ["0", "0s", "0.0001s", "soon", "-5s"])
        + cases("create.deadline", good: ["10s"], bad: ["0ms", ""])
        + cases(
            "health.fall", good: ["1", "3", "1000000000"],
            bad: ["0", "-1", "3.5", "many", "1e3", "", "1000000001", " 3"])
        + cases("deploy", good: ["0", "42"], bad: ["-1", "x"])
        + cases("store.keptChanges", good: ["100"], bad: ["99"])
        + cases(
            "http.longestBody", good: ["64KB", "64kb", "2MB", "1GB", "100"],
            bad: ["0", "-5", "1TB", "big", "1.5MB", "", "KB", "4294967297", "9223372036854775807GB"])
        + cases(
            "checksum.unsignedForms", good: ["true", "TRUE", "yes", "1", "on", "false", "No", "0", "off"],
            bad: ["maybe", "", "2", "ja"])
        + cases("callbacks.allowPrivate", good: ["true"], bad: ["perhaps"])
        + cases("chat.locale", good: ["en", "de-AT", "pt_br", "pt"], bad: ["", "nl", "English"])
        + cases("chat.dialIn", good: ["true"], bad: ["+49 30 1"])
        + cases("reservations.longest", good: ["1", "1440"], bad: ["0", "-1", "24h", ""])
        + cases("log.level", good: ["trace", "error"], bad: ["loud", "INFO", ""])
        + cases("log.format", good: ["auto", "text", "json"], bad: ["xml"])
        + cases("servers.checksum", good: ["sha1", "sha256", "sha384", "sha512"], bad: ["md5", "SHA1"])
        + cases(
            "database.url", good: ["sqlite:x", "sqlite:/x/y.sqlite", "sqlite:///x/y.sqlite", ""],
            bad: ["sqlite:", "postgres://h/db", "postgresql://h/db", "mysql://h/db", "/x/y.sqlite"])
        + cases(
            "base.url", good: ["https://meet.example.org", "http://127.0.0.1:8080/", "https://[::1]:8443/x", ""],
            bad: [
                "meet.example.org", "ftp://meet.example.org", "https://", "https://h?x=1", "https://h#f", "https://u@h",
                "https://h:99999",
            ])
        + cases(
            "listen", good: ["127.0.0.1:8080", "[::]:8080", ":8080", "localhost:0", "h:65535"],
            bad: ["", "8080", "h", "h:", "h:x", "h:65536", "h:-1", "[::1]8080"])

    @Test(arguments: cases.indices) func `good values are taken, bad ones are told by the variable's name`(index: Int)
        async throws
    {
        let it = Self.cases[index]
        let setting = try #require(SettingsTable.all.first { $0.key == it.key })
        let found = try await problems([it.key: it.value])
        #expect(found.isEmpty == it.isGood, "\(it.key)=\(it.value): \(found)")
        for problem in found { #expect(problem.hasPrefix("\(setting.variable) is `\(it.value)`: "), "\(problem)") }
    }

    @Test(arguments: [("poll.interval", "five"), ("health.fall", "none"), ("listen", "8080"), ("base.url", "x")])
    func `a bad value is told once`(key: String, value: String) async throws {
        let found = try await problems([key: value])
        #expect(found.count == 1, "\(found)")
    }

    @Test func `the languages of chat texts are named where one is not known`() async throws {
        #expect(
            try await problems(["chat.locale": "nl"]) == [
                "PLENARY_CHAT_LOCALE is `nl`: there are texts in en, de, fr, es, pt-BR, ar"
            ])
    }

    @Test func `every problem is told at once`() async throws {
        let found = try await problems(
            ["poll.deadline": "soon", "listen": "nowhere"],
            ["PLENARY_HEALTH_FALL": "none", "PLENARY_LOG_LEVEL": "loud", "PLENARY_DATABASE_URL": "mysql:x"])
        for variable in [
            "PLENARY_POLL_DEADLINE", "PLENARY_LISTEN", "PLENARY_HEALTH_FALL", "PLENARY_LOG_LEVEL",
            "PLENARY_DATABASE_URL",
        ] {
            #expect(found.contains { $0.hasPrefix("\(variable) is ") }, "\(variable): \(found)")
        }
    }

    @Test func `values mean what they say`() async throws {
        let settings = try await load([
            "reads.maxAge": "1.5m", "poll.deadline": "250ms", "http.longestBody": "3mb", "http.longestForm": "17",
            "http.longestQuery": "2KB", "servers.checksum": "sha1", "health.rise": "7", "deploy": "42",
            "store.keptChanges": "123", "servers.replySize": "1GB", "create.deadline": "1h",
            "recordings.replySize": "3MB", "callbacks.analyticsSize": "5KB", "reservations.longest": "90",
            "chat.platform": "Acme", "chat.locale": "de", "chat.moderatorOnly": "Psst", "chat.dialIn": "yes",
        ])
        #expect(settings.fleet.longestReservation == 90)
        let texts = DefaultChatTexts(platform: "Acme", locale: "de", moderatorOnly: "Psst", hasDialIn: true)
        #expect(settings.fleet.chatTexts == texts)
        #expect(settings.fleet.recordingsReply.size == 3 << 20 && settings.web.longestAnalytics == 5 << 10)
        #expect(settings.fleet.readsMaxAge == .seconds(90) && settings.fleet.pollDeadline == .milliseconds(250))
        #expect(settings.web.longestBody == 3 << 20 && settings.web.longestForm == 17)
        #expect(settings.fleet.document.size == settings.web.longestBody)
        #expect(settings.web.longestQuery == 2 << 10 && settings.fleet.algorithm == .sha1)
        #expect(settings.fleet.health.rise == 7 && settings.fleet.identity.deploy == 42)
        #expect(settings.store.keptChanges == 123 && settings.fleet.reply.size == 1 << 30)
        #expect(settings.fleet.create.whole == .seconds(3_600))
    }

    // MARK: places

    @Test(arguments: [
        ("sqlite:/x/y.sqlite", "/x/y.sqlite"), ("sqlite:///x/y.sqlite", "/x/y.sqlite"), ("sqlite:y.sqlite", "y.sqlite"),
    ])
    func `a database URL is a path`(url: String, path: String) async throws {
        #expect(try await load(["database.url": url]).databasePath == path)
    }

    @Test func `without a database URL the data is in the state directory`() async throws {
        let settings = try await load([:], ["STATE_DIRECTORY": "/state/one:/state/two", "HOME": "/home/x"])
        #expect(settings.databasePath == "/state/one/plenary.sqlite")
    }

    struct Listen: Sendable {
        let text: String
        let host: String
        let port: Int
        let base: String
    }

    @Test(arguments: [
        Listen(text: "127.0.0.1:8080", host: "127.0.0.1", port: 8_080, base: "http://127.0.0.1:8080"),
        Listen(text: "[::1]:9000", host: "::1", port: 9_000, base: "http://[::1]:9000"),
        Listen(text: "[::]:80", host: "::", port: 80, base: "http://127.0.0.1:80"),
        Listen(text: "0.0.0.0:80", host: "0.0.0.0", port: 80, base: "http://127.0.0.1:80"),
        Listen(text: ":8080", host: "0.0.0.0", port: 8_080, base: "http://127.0.0.1:8080"),
        Listen(text: "lb.example:443", host: "lb.example", port: 443, base: "http://lb.example:443"),
    ])
    func `a listener is an address and a port`(listen: Listen) async throws {
        let settings = try await load(["listen": listen.text])
        #expect(settings.web.host == listen.host && settings.web.port == listen.port)
        #expect(settings.baseURL == listen.base && !settings.isBaseURLGiven)
        #expect(settings.fleet.joinFailedURL == listen.base + "/join-failed")
    }

    @Test(arguments: ["[::1:8080", "[:8080", "]:8080"])
    func `an address that is cut short does not listen somewhere else`(text: String) async throws {
        #expect(try await problems(["listen": text]).count == 1)
    }

    @Test func `port 0 becomes a free port, and the public URL has it`() async throws {
        var settings = try await load(["listen": "127.0.0.1:0"])
        try settings.choosePort()
        #expect(settings.web.port > 0)
        #expect(settings.baseURL == "http://127.0.0.1:\(settings.web.port)")
        #expect(settings.fleet.joinFailedURL == settings.baseURL + "/join-failed")
        var given = try await load(["listen": "127.0.0.1:0", "base.url": "https://meet.example"])
        try given.choosePort()
        #expect(given.web.port > 0 && given.baseURL == "https://meet.example")
    }

    @Test(arguments: [
        ("https://meet.example", "https://meet.example"), ("https://meet.example/", "https://meet.example"),
        ("https://meet.example///", "https://meet.example"), ("https://meet.example/bbb/", "https://meet.example/bbb"),
        ("https://meet.example/bigbluebutton", "https://meet.example"),
        ("https://meet.example/bigbluebutton/", "https://meet.example"),
        ("https://meet.example/bigbluebutton/api", "https://meet.example"),
        ("https://meet.example/bigbluebutton/api/", "https://meet.example"),
        ("https://meet.example/sub/bigbluebutton/api", "https://meet.example/sub"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ])
    func `the public URL is what people copy, without its end`(given: String, base: String) async throws {
        let settings = try await load(["base.url": given])
        #expect(settings.baseURL == base && settings.isBaseURLGiven)
        #expect(settings.fleet.joinFailedURL == base + "/join-failed")
    }

    // MARK: secrets

    @Test func `a secret comes from the environment, or from a file, and never from a flag`() async throws {
        let (one, two) = (Secret("hunter2 one"), Secret("hunter2 two"))
        #expect(try await load([:], ["PLENARY_SECRET": "hunter2 one"]).secret == one)
        try await withFile("  hunter2 two\n\n") { path in
            let file = ["PLENARY_SECRET_FILE": path]
            #expect(try await load([:], file).secret == two)
            // The secret itself is stronger than the file.
            let both = try await load([:], file.merging(["PLENARY_SECRET": "hunter2 one"]) { $1 })
            #expect(both.secret == one)
        }
        try await withFile("secret: hunter2 one\n") { path in
            let settings = try await load(["config": path])
            #expect(settings.secret == one)
        }
        try await withFile("\n") { path in
            let settings = try await load([:], ["PLENARY_SECRET_FILE": path])
            #expect(settings.secret == nil)
        }
    }

    @Test(arguments: [" hunter2", "hunter2 ", "hunter2\n"])
    func `a secret that is wrong is not printed`(secret: String) async throws {
        let found = try await problems([:], ["PLENARY_SECRET": secret, "PLENARY_LOG_LEVEL": "loud"])
        #expect(found.count == 2 && found.contains { $0.contains("PLENARY_SECRET") })
        #expect(!found.joined().contains("hunter2"))
    }

    @Test func `keys of stored secrets come from a setting, a file, systemd, or from beside the database`()
        async throws
    {
        let key = String(repeating: "0a", count: 32)
        let ring = try KeyRing(text: key)
        guard case .setting(let given) = try await load([:], ["PLENARY_ENCRYPTION_KEY": key]).keySource else {
            Issue.record("not the setting")
            return
        }
        #expect(given.ids == ring.ids)
        func name(_ environment: [String: String]) async throws -> String {
            try await load(["database.url": "sqlite:/x/y.sqlite"], environment).keySource.name
        }
        #expect(try await name([:]) == "/x/y.sqlite.key")
        #expect(try await name(["PLENARY_ENCRYPTION_KEY_FILE": "/x/keys"]) == "/x/keys")
        try await withFile(key) { path in
            let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
            let systemd = ["CREDENTIALS_DIRECTORY": directory.path]
            #expect(try await name(systemd) == "/x/y.sqlite.key")
            let credential = directory.appendingPathComponent("plenary-key")
            try key.write(to: credential, atomically: true, encoding: .utf8)
            #expect(try await name(systemd) == credential.path)
            #expect(try await name(systemd.merging(["PLENARY_ENCRYPTION_KEY_FILE": "/x/keys"]) { $1 }) == "/x/keys")
        }
    }

    @Test(arguments: ["hunter2", "0a0a", "#", String(repeating: "0a", count: 31) + "hunter2"])
    func `a key that is wrong is not printed`(key: String) async throws {
        let found = try await problems([:], ["PLENARY_ENCRYPTION_KEY": key])
        #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("PLENARY_ENCRYPTION_KEY is wrong: ") })
        #expect(!found.joined().contains("hunter2") && !found.joined().contains("0a0a"))
    }

    @Test func `a key file that everybody can read is warned of`() async throws {
        try await withFile("x") { path in
            for (mode, isWarned) in [(mode_t(0o600), false), (0o640, false), (0o604, true), (0o602, true)] {
                #expect(chmod(path, mode) == 0)
                let warnings = try await load([:], ["PLENARY_ENCRYPTION_KEY_FILE": path]).warnings
                #expect(warnings.contains { $0.contains(path) } == isWarned, "\(mode)")
            }
        }
    }

    @Test func `a secret file that cannot be read is a problem`() async throws {
        let found = try await problems([:], ["PLENARY_SECRET_FILE": "/nowhere/secret"])
        #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("PLENARY_SECRET_FILE is `/nowhere/secret`: ") })
    }
}

@Suite struct SettingsTableTests {
    @Test(arguments: [
        ("database.url", "PLENARY_DATABASE_URL", "--database-url"),
        ("reads.maxAge", "PLENARY_READS_MAX_AGE", "--reads-max-age"),
        ("callbacks.allowPrivate", "PLENARY_CALLBACKS_ALLOW_PRIVATE", "--callbacks-allow-private"),
        ("listen", "PLENARY_LISTEN", "--listen"), ("bbb.version", "PLENARY_BBB_VERSION", "--bbb-version"),
        ("http.longestForm", "PLENARY_HTTP_LONGEST_FORM", "--http-longest-form"),
        ("chat.moderatorOnly", "PLENARY_CHAT_MODERATOR_ONLY", "--chat-moderator-only"),
    ])
    func `the names of a setting follow from its key`(key: String, variable: String, flag: String) throws {
        let setting = try #require(SettingsTable.all.first { $0.key == key })
        #expect(setting.variable == variable && setting.flag == flag)
    }

    @Test func `no two settings share a name, and secrets have no flag`() {
        let all = SettingsTable.all
        #expect(Set(all.map(\.key)).count == all.count)
        #expect(Set(all.map(\.variable)).count == all.count)
        let flags = all.compactMap(\.flag)
        #expect(Set(flags).count == flags.count && !flags.contains("--config"))
        #expect(all.filter { $0.kind == .secret }.map(\.key) == ["secret", "encryption.key"])
        #expect(all.filter { $0.kind == .secret }.allSatisfy { $0.flag == nil })
        // A word of the commands.
        for word in ["--json", "--help", "--version", "--secret", "--secret-file"] { #expect(!flags.contains(word)) }
    }

    @Test func `choices have their default among them, and only choices have any`() {
        for setting in SettingsTable.all {
            #expect(setting.choices.isEmpty == (setting.kind != .choice), "\(setting.key)")
            if setting.kind == .choice { #expect(setting.choices.contains(setting.fallback), "\(setting.key)") }
            #expect(setting.summary.hasSuffix("."), "\(setting.key)")
        }
    }

    @Test func `the reference has a row for each setting`() {
        let lines = SettingsTable.reference.split(separator: "\n").map(String.init)
        for setting in SettingsTable.all {
            let rows = lines.filter { $0.hasPrefix("| `\(setting.key)` | `\(setting.variable)` | ") }
            #expect(rows.count == 1, "\(setting.key)")
            let row = rows.first ?? ""
            #expect(row.contains(setting.flag.map { "| `\($0)` |" } ?? "| none |"), "\(setting.key)")
            #expect(row.contains(setting.summary), "\(setting.key)")
            for choice in setting.choices { #expect(row.contains("`\(choice)`"), "\(setting.key)") }
            // A pipe would break the table.
            #expect(row.filter { $0 == "|" }.count == 7, "\(setting.key)")
        }
    }
}
