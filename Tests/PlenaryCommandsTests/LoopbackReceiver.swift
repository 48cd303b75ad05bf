import Foundation
import Synchronization
import Testing

/// A web server of this machine that says the same to every request, octet by octet, whether it is right or not.
final class LoopbackReceiver: Sendable {
    private let descriptor: Int32
    private let answer: String
    private let counts = Mutex((connections: 0, requests: 0))
    let port: Int

    /// - Parameters:
    ///   - answer: to requests without a body; empty: the connection is closed instead.
    ///   - host: the last octet of an address of loopback.
    ///   - port: 0 is any free one.
    init(_ answer: String, host: UInt32 = 1, port: Int = 0) throws {
        self.answer = answer
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | host).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(descriptor, address, size) == 0, listen(descriptor, 16) == 0 else { return false }
                return getsockname(descriptor, address, &size) == 0
            }
        }
        try #require(bound)
        self.port = Int(in_port_t(bigEndian: address.sin_port))
        Thread.detachNewThread { self.accept() }
    }

    var connections: Int { counts.withLock { $0.connections } }
    var requests: Int { counts.withLock { $0.requests } }

    func close() {
        // The thread that accepts is woken by this.
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let connection = Foundation.accept(descriptor, nil, nil)
            guard connection >= 0 else { break }
            counts.withLock { $0.connections += 1 }
            Thread.detachNewThread { self.talk(connection) }
        }
        _ = Foundation.close(descriptor)
    }

    private func talk(_ connection: Int32) {
        defer { _ = Foundation.close(connection) }
        var read: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            read += buffer[..<count]
            while let end = read.firstRange(of: Array("\r\n\r\n".utf8)) {
                read.removeSubrange(..<end.upperBound)
                counts.withLock { $0.requests += 1 }
                guard !answer.isEmpty else { return }
                let octets = Array(answer.utf8)
                guard send(connection, octets, octets.count, 0) == octets.count else { return }
            }
        }
    }
}
