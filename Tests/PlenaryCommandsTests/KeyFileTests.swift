import Foundation
import PlenaryStore
import Testing

@testable import PlenaryCommands

@Suite struct KeyFileTests {
    /// Gives the path of a file that is not there, in a directory that is gone when `work` is over.
    private func withPath(_ work: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("plenary-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // What is left in the temporary directory is no failure of a test.
        defer { try? FileManager.default.removeItem(at: directory) }
        try await work(directory.appendingPathComponent("store.key").path)
        // Nothing half-made is left, whatever happened.
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(!left.contains { $0.hasSuffix(".new") }, "\(left)")
    }

    /// Who may do what with a file; -1 when it is not there.
    private func mode(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_mode & 0o777) : -1
    }

    @Test func `a file is made once, for its owner only`() async throws {
        try await withPath { path in
            let file = KeyFile(path: path)
            try file.makeIfMissing()
            let ids = try file.read().ids
            #expect(ids.count == 1 && mode(path) == 0o600 && !file.isOpenToAll)
            try file.makeIfMissing()
            #expect(try file.read().ids == ids)
        }
    }

    @Test func `no two files have the same key`() async throws {
        var ids: Set<String> = []
        for _ in 0..<3 {
            try await withPath { path in
                try KeyFile(path: path).makeIfMissing()
                ids.formUnion(try KeyFile(path: path).read().ids)
            }
        }
        #expect(ids.count == 3)
    }

    @Test func `a key is added in front, and the older ones go when they are dropped`() async throws {
        try await withPath { path in
            let file = KeyFile(path: path)
            try "# mine\n\(String(repeating: "0a", count: 32))\n".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(chmod(path, 0o640) == 0)
            let old = try file.read().ids
            try file.addKey()
            try file.addKey()
            let all = try file.read().ids
            #expect(all.count == 3 && all.last == old.first && Set(all).count == 3)
            #expect(mode(path) == 0o640)
            #expect(try String(contentsOfFile: path, encoding: .utf8).contains("# mine"))
            try file.dropOldKeys()
            #expect(try file.read().ids == [all[0]])
            #expect(mode(path) == 0o640)
            let link = path + ".link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            try KeyFile(path: link).addKey()
            #expect(try file.read().ids.count == 2)
        }
    }

    @Test func `a file that is missing, or is none, is told by its path and not quoted`() async throws {
        try await withPath { path in
            let file = KeyFile(path: path)
            let missing = #expect(throws: CommandFailure.self) { _ = try file.read() }
            #expect(missing?.message.contains("\(path) is missing") == true && missing?.exitCode == 78)
            #expect(throws: CommandFailure.self) { try file.addKey() }
            #expect(!FileManager.default.fileExists(atPath: path))
            try "hunter2".write(toFile: path, atomically: true, encoding: .utf8)
            let wrong = #expect(throws: CommandFailure.self) { _ = try file.read() }
            #expect(wrong?.message.contains(path) == true && wrong?.message.contains("line 1") == true)
            #expect(wrong?.message.contains("hunter2") == false)
            #expect(throws: CommandFailure.self) { try file.addKey() }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "hunter2")
        }
    }

    @Test func `where it cannot be written it is told so`() {
        let failure = #expect(throws: CommandFailure.self) { try KeyFile(path: "/proc/none/key").makeIfMissing() }
        #expect(failure?.message.contains("/proc/none/key cannot be written") == true)
    }
}
