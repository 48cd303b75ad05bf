internal import NIOPosix
internal import PlenaryRooms

extension PasswordThreads {
    /// Threads that wait for disks and names otherwise: no event loop, and none of the few that run the tasks of the process. How
    /// many hash at once is a setting of ``Passwords``.
    static let pool = PasswordThreads { work in
        // The pool of the process is never shut down; whatever it throws, nothing was hashed.
        do { return try await NIOThreadPool.singleton.runIfActive(work) } catch { return nil }
    }
}
