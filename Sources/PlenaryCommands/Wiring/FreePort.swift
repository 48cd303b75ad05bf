internal import NIOCore
internal import NIOPosix

/// A port that is free at this moment.
enum FreePort {
    static func find(host: String) throws -> Int {
        let channel: any Channel
        do {
            channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: host, port: 0).wait()
        } catch {
            throw CommandFailure(
                message: "no port can be had at \(host)",
                remedy: "Check PLENARY_LISTEN: the address must be one of this machine.",
                exitCode: 78)
        }
        // Closed before the port is used; that it is closed already is as good.
        defer { try? channel.close().wait() }
        guard let port = channel.localAddress?.port else {
            throw CommandFailure(
                message: "no port can be had at \(host)", remedy: "Name one: PLENARY_LISTEN=\(host):8080", exitCode: 78)
        }
        return port
    }
}
