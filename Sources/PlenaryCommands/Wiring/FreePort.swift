internal import Foundation
internal import NIOCore

/// Whether a listener can be had, before anything else is started.
enum FreePort {
    /// The port is bound and given back, never listened at: whoever connects before the listener is there is refused, and
    /// not taken in by a socket that goes away.
    ///
    /// - Parameter port: 0 is any free one.
    /// - Returns: the port, free at this moment.
    static func find(host: String, port: Int) throws -> Int {
        let wrongHost = CommandFailure(
            message: "\(host) is no address of this machine", remedy: "Check the setting PLENARY_LISTEN.", exitCode: 78)
        let address: SocketAddress
        do { address = try SocketAddress.makeAddressResolvingHost(host, port: port) } catch { throw wrongHost }
        let descriptor = socket(address.protocol.rawValue, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw wrongHost }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        let fault = address.withSockAddr { pointer, size in bind(descriptor, pointer, socklen_t(size)) == 0 ? 0 : errno
        }
        switch fault {
        case 0: return boundPort(of: descriptor) ?? port
        case EADDRINUSE:
            throw CommandFailure(
                message: "another program listens at \(host):\(port)",
                remedy: "See which: ss -ltnp 'sport = :\(port)'. Stop it, or choose another port (PLENARY_LISTEN).")
        case EACCES:
            throw CommandFailure(
                message: "this user may not listen at port \(port)",
                remedy:
                    "Ports below 1024 need CAP_NET_BIND_SERVICE; a reverse proxy in front of a higher port is the usual way."
            )
        default: throw wrongHost
        }
    }

    private static func boundPort(of descriptor: Int32) -> Int? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutableBytes(of: &storage) { octets in
            octets.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &size) == 0 }
        }
        guard isKnown else { return nil }
        // Both families keep the port at the same place, in the order of the network.
        return withUnsafeBytes(of: &storage) { octets in
            Int(UInt16(bigEndian: octets.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        }
    }
}
