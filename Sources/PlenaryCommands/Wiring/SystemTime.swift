internal import BigBlueButton
internal import Foundation
internal import PlenaryFleet

extension FleetTime {
    /// The real clocks and the system's random source: the only place where they are named.
    static func system() -> FleetTime {
        let start = ContinuousClock.now
        return FleetTime(
            uptime: { ContinuousClock.now - start },
            now: { WireTime(milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded())) },
            sleep: { try await Task.sleep(for: $0) },
            random: { SystemRandomNumberGenerator.draw() })
    }
}

extension SystemRandomNumberGenerator {
    fileprivate static func draw() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

extension Secret {
    /// 40 letters and digits, about 238 bits.
    static func generate() -> Secret {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let text = String(decoding: (0..<40).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] }, as: UTF8.self)
        guard let secret = Secret(text) else { preconditionFailure("letters and digits are a secret") }
        return secret
    }
}

extension WireTime {
    /// For people: in UTC, to the second.
    var text: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601)
    }
}
