internal import NIOCore
internal import NIOPosix

/// Whether a listener can be had, before anything else is started.
enum FreePort {
    /// - Parameter port: 0 is any free one.
    /// - Returns: the port, free at this moment.
    static func find(host: String, port: Int) throws -> Int {
        let channel: any Channel
        do {
            channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port).wait()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw CommandFailure(
                message: "another program listens at \(host):\(port)",
                remedy: "See which: ss -ltnp 'sport = :\(port)'. Stop it, or choose another port (PLENARY_LISTEN).")
        } catch let error as IOError where error.errnoCode == EACCES {
            throw CommandFailure(
                message: "this user may not listen at port \(port)",
                remedy:
                    "Ports below 1024 need CAP_NET_BIND_SERVICE; a reverse proxy in front of a higher port is the usual way."
            )
        } catch {
            throw CommandFailure(
                message: "\(host) is no address of this machine", remedy: "Check the setting PLENARY_LISTEN.",
                exitCode: 78)
        }
        // Closed before the port is used; that it is closed already is as good.
        defer { try? channel.close().wait() }
        return channel.localAddress?.port ?? port
    }
}
