import Testing

@testable import PlenaryCommands

@Suite struct CommandLineTests {
    struct Case: Sendable {
        let arguments: [String]
        var flags: [String: String] = [:]
        let rest: [String]
    }

    @Test(arguments: [
        Case(arguments: [], rest: []),
        Case(arguments: ["serve"], rest: ["serve"]),
        Case(arguments: ["serve", "--listen", "h:1"], flags: ["listen": "h:1"], rest: ["serve"]),
        Case(arguments: ["--listen=h:1", "serve"], flags: ["listen": "h:1"], rest: ["serve"]),
        Case(arguments: ["--base-url=https://h/?a=b"], flags: ["base.url": "https://h/?a=b"], rest: []),
        Case(arguments: ["--base-url="], flags: ["base.url": ""], rest: []),
        Case(arguments: ["--config", "f.yaml", "status"], flags: ["config": "f.yaml"], rest: ["status"]),
        Case(
            arguments: ["server", "--reads-max-age", "1s", "list", "--json"], flags: ["reads.maxAge": "1s"],
            rest: ["server", "list", "--json"]),
        Case(arguments: ["--listen", "a:1", "--listen", "b:2"], flags: ["listen": "b:2"], rest: []),
        // Behind `--` nothing is a flag.
        Case(
            arguments: ["--listen", "a:1", "sign", "--", "--listen", "b:2", "--"], flags: ["listen": "a:1"],
            rest: ["sign", "--", "--listen", "b:2", "--"]),
        // Flags of commands, near misses, and what must not be a flag.
        Case(
            arguments: ["server", "add", "--secret", "s", "--secret-file=f", "--name", "x", "-h"],
            rest: ["server", "add", "--secret", "s", "--secret-file=f", "--name", "x", "-h"]),
        Case(
            arguments: ["--listenx=1", "--LISTEN", "-listen", "listen", "--no-listen"],
            rest: ["--listenx=1", "--LISTEN", "-listen", "listen", "--no-listen"]),
    ])
    func `flags of settings are taken out of the command line, wherever they stand`(it: Case) throws {
        let (flags, rest) = try CommandLineSettings.split(it.arguments)
        #expect(flags == it.flags && rest == it.rest, "\(it.arguments)")
    }

    @Test(arguments: [["--listen"], ["serve", "--config"], ["--listen", "h:1", "--poll-interval"]])
    func `a flag without a value is a failure with a remedy`(arguments: [String]) throws {
        let failure = try #require(
            #expect(throws: CommandFailure.self) { _ = try CommandLineSettings.split(arguments) })
        #expect(failure.exitCode == 64 && !failure.remedy.isEmpty)
        #expect(failure.message.contains(arguments.last ?? "?"))
    }

    @Test func `every setting with a flag is taken`() throws {
        for setting in SettingsTable.all {
            guard let flag = setting.flag else { continue }
            let (flags, rest) = try CommandLineSettings.split([flag, "value", "\(flag)=other"])
            #expect(flags == [setting.key: "other"] && rest.isEmpty, "\(flag)")
        }
    }

    // MARK: tables

    @Test func `columns are as wide as their widest cell`() {
        var table = Table(["id", "name", "url"])
        table.add(["1", "bbb1", "https://bbb1.example"])
        table.add(["10", "", "x"])
        #expect(
            table.text == """
                ID  NAME  URL
                1   bbb1  https://bbb1.example
                10  -     x
                """)
    }

    @Test func `a table may be empty, and the last cell has no blanks behind it`() {
        #expect(Table(["id", "name"]).text == "ID  NAME")
        var table = Table(["a", "b"])
        table.add(["long cell", ""])
        table.add(["\u{00E4}\u{1F600}", "z"])
        #expect(table.text == "A          B\nlong cell  -\n\u{00E4}\u{1F600}         z")
        #expect(!table.text.split(separator: "\n").contains { $0.hasSuffix(" ") })
    }
}
