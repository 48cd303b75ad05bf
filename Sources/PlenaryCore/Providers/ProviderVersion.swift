/// The version of a provider's software, as far as it tells it (`rooms-api.md` 6.4, D-12).
package struct ProviderVersion: Sendable, Comparable, CustomStringConvertible {
    /// One at least.
    package let components: [Int]

    init(_ components: [Int]) { self.components = components }

    /// - Parameter text: the first two or more numbers with dots between them count: `v1.5.1-rc1` is 1.5.1.
    /// - Returns: `nil` when there are none.
    package init?(in text: String) {
        let octets = Array(text.utf8)
        func isDigit(_ index: Int) -> Bool {
            octets.indices.contains(index) && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octets[index])
        }
        var index = 0
        while index < octets.count {
            var components: [Int] = []
            while isDigit(index) {
                var end = index
                while isDigit(end) { end += 1 }
                // What has more digits than a number can hold is newer than everything.
                components.append(Int(String(decoding: octets[index..<end], as: UTF8.self)) ?? .max)
                let isDotted = octets.indices.contains(end) && octets[end] == UInt8(ascii: ".") && isDigit(end + 1)
                index = isDotted ? end + 1 : end
                if !isDotted { break }
            }
            if components.count > 1 {
                self.components = components
                return
            }
            index += 1
        }
        return nil
    }

    package var description: String { components.map { String($0) }.joined(separator: ".") }

    /// Number by number, missing ones as 0: `10.0` is more than `9.9`, `1` is `1.0`.
    package static func < (left: ProviderVersion, right: ProviderVersion) -> Bool {
        for index in 0..<max(left.components.count, right.components.count) {
            let (one, other) = (left.component(index), right.component(index))
            if one != other { return one < other }
        }
        return false
    }

    package static func == (left: ProviderVersion, right: ProviderVersion) -> Bool {
        !(left < right) && !(right < left)
    }

    private func component(_ index: Int) -> Int { components.indices.contains(index) ? components[index] : 0 }

    package enum Check: String, Sendable, Hashable, CaseIterable {
        case ok
        /// Known, and too low.
        case unsupported
        /// It does not tell: a warning, never an error.
        case unverified
    }

    /// What the root of an API tells of the version. `<version>` is the version of the API, and never looked at.
    ///
    /// - Parameters:
    ///   - build: `<build>` of Scalelite.
    ///   - bbbVersion: `<bbbVersion>` of BigBlueButton.
    package static func judge(
        _ type: ProviderType, build: String?, bbbVersion: String?
    ) -> (version: ProviderVersion?, check: Check) {
        let told = type == .scalelite ? build : bbbVersion
        guard let version = told.flatMap({ ProviderVersion(in: $0) }) else { return (nil, .unverified) }
        guard let least = type.leastVersion else { return (version, .ok) }
        return (version, version < least ? .unsupported : .ok)
    }
}
