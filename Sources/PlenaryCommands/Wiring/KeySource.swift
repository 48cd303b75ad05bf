internal import Foundation
internal import PlenaryStore

/// Where the keys come from that stored secrets are sealed with.
enum KeySource: Sendable {
    /// The setting `encryption.key`: stays as it is while the process runs.
    case setting(KeyRing)
    /// A credential of systemd, which nobody but systemd writes.
    case credential(path: String)
    /// A file of ours: made when it is missing, changed by `plenary secrets`.
    case file(path: String)

    /// For the log.
    var name: String {
        switch self {
        case .setting: "encryption.key"
        case .credential(let path), .file(let path): path
        }
    }

    /// Whether there are keys, so that none is made.
    var isThere: Bool {
        if case .file(let path) = self { access(path, F_OK) == 0 } else { true }
    }

    func chain() -> KeyChain { KeyChain { mayMake in try read(mayMake: mayMake) } }

    private func read(mayMake: Bool) throws -> KeyRing {
        switch self {
        case .setting(let ring): return ring
        case .credential(let path): return try KeyFile(path: path).read()
        case .file(let path):
            let file = KeyFile(path: path)
            if mayMake { try file.makeIfMissing() }
            return try file.read()
        }
    }
}

/// A file of keys, one a line, the newest first.
struct KeyFile: Sendable {
    let path: String

    private static let heading = "# Keys of stored secrets, the newest first. Without them the secrets are lost.\n"

    /// Whether people who are neither its owner nor of its group have any right to it.
    var isOpenToAll: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o007 != 0
    }

    func read() throws -> KeyRing {
        let keys = try text()
        do throws(KeyFault) { return try KeyRing(text: keys) } catch {
            throw CommandFailure(
                message: "the key file \(path) is wrong: \(error.words)", remedy: "Restore it from its backup.",
                exitCode: 78)
        }
    }

    /// Writes a new key, and makes the file for it. Of several programs that start at once one makes it, whole and on disk
    /// before it has its name, and all read that one.
    func makeIfMissing() throws {
        guard access(path, F_OK) != 0 else { return }
        let temporary = try write(Self.heading + Self.newKey() + "\n", for: path)
        defer { unlink(temporary) }
        if link(temporary, path) != 0, errno != EEXIST { throw cannotBeWritten(path) }
        syncDirectory(of: path)
    }

    /// Puts a new key in front of the others.
    func addKey() throws {
        _ = try read()
        let before = try text()
        let keys = before.hasPrefix(Self.heading) ? String(before.dropFirst(Self.heading.count)) : before
        try replace(with: Self.heading + Self.newKey() + "\n" + keys)
    }

    /// Leaves the newest key only.
    func dropOldKeys() throws {
        _ = try read()
        guard let newest = KeyRing.newest(in: try text()) else { return }
        try replace(with: Self.heading + newest + "\n")
    }

    /// 256 bits of the system's random source.
    private static func newKey() -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: (0..<64).map { _ in digits[Int.random(in: 0..<digits.count)] }, as: UTF8.self)
    }

    private func text() throws -> String {
        do { return try String(contentsOfFile: path, encoding: .utf8) } catch {
            guard access(path, F_OK) == 0 else {
                throw CommandFailure(
                    message:
                        "the key file \(path) is missing, and the database has secrets that were encrypted with it",
                    remedy: "Restore it from its backup. Without it the secrets cannot be read, and no new key helps.",
                    exitCode: 78)
            }
            throw CommandFailure(
                message: "the key file \(path) cannot be read",
                remedy: "Let this user read it, or name another one: PLENARY_ENCRYPTION_KEY_FILE.", exitCode: 78)
        }
    }

    /// Either the old file or the new one is there, whenever the machine fails. It stays its owner's.
    private func replace(with text: String) throws {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        var status = stat()
        guard stat(target, &status) == 0 else { throw cannotBeWritten(target) }
        let temporary = try write(text, for: target)
        guard chown(temporary, status.st_uid, status.st_gid) == 0,
            chmod(temporary, status.st_mode & 0o777) == 0, rename(temporary, target) == 0
        else {
            unlink(temporary)
            throw cannotBeWritten(target)
        }
        syncDirectory(of: target)
    }

    /// - Returns: the path of a new file beside `target`, which is on disk, and which nobody else can read.
    private func write(_ text: String, for target: String) throws -> String {
        let temporary = "\(target).\(getpid()).new"
        // Of a process of the same number that was killed.
        unlink(temporary)
        let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotBeWritten(target) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
            try file.close()
        } catch {
            unlink(temporary)
            throw cannotBeWritten(target)
        }
        return temporary
    }

    private func syncDirectory(of target: String) {
        let directory = URL(fileURLWithPath: target).deletingLastPathComponent().path
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func cannotBeWritten(_ target: String) -> CommandFailure {
        CommandFailure(
            message: "the key file \(target) cannot be written",
            remedy:
                "Run this as the file's owner, and let him write to its directory; or name another file: PLENARY_ENCRYPTION_KEY_FILE.",
            exitCode: 78)
    }
}
