/// What a package or a subscription says about one feature (`rooms-api.md` 5.1).
package enum FeatureValue: Sendable, Hashable, CustomStringConvertible {
    case integer(Int)
    /// Of an int feature: no limit. Written `"unlimited"`.
    case unlimited
    case bool(Bool)

    /// The greatest limit: what BigBlueButton reads as a number.
    package static let most = 2_147_483_647

    /// A value as somebody gave it, before it is known to fit.
    package enum Given: Sendable, Hashable {
        case integer(Int64)
        case bool(Bool)
        case text(String)
    }

    /// - Throws: ``FeatureValueFault`` when the feature is of the other kind, or the number is out of its bounds.
    package init(_ given: Given, for code: FeatureCode) throws(FeatureValueFault) {
        let feature = code.feature
        switch (feature.kind, given) {
        case (.int, .integer(let number)):
            guard number >= feature.least, number <= Self.most else {
                throw .outOfRange(code, least: feature.least, most: Self.most)
            }
            self = .integer(Int(number))
        // The recovered documents write unlimited as `true` (D-11).
        case (.int, .text("unlimited")), (.int, .bool(true)): self = .unlimited
        case (.bool, .bool(let bool)): self = .bool(bool)
        case (.int, .text), (.int, .bool), (.bool, .integer), (.bool, .text): throw .wrongKind(code, feature.kind)
        }
    }

    /// A value as it is written on a command line: digits, `unlimited`, `true` or `false`.
    package init(text: String, for code: FeatureCode) throws(FeatureValueFault) {
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        switch text {
        case "true": try self.init(.bool(true), for: code)
        case "false": try self.init(.bool(false), for: code)
        // More digits than a number has are out of bounds as well.
        case _ where isNumber: try self.init(.integer(Int64(text) ?? .max), for: code)
        default: try self.init(.text(text), for: code)
        }
    }

    /// The value as its owner would write it: to check one that was made without ``init(_:for:)``.
    package var given: Given {
        switch self {
        case .integer(let number): .integer(Int64(number))
        case .unlimited: .text("unlimited")
        case .bool(let bool): .bool(bool)
        }
    }

    package var description: String {
        switch self {
        case .integer(let number): String(number)
        case .unlimited: "unlimited"
        case .bool(let bool): bool ? "true" : "false"
        }
    }

    /// The limit of an int; `nil`: there is none.
    package var limit: Int? { if case .integer(let number) = self { number } else { nil } }
}

package enum FeatureValueFault: Error, Sendable, Hashable {
    case wrongKind(FeatureCode, Feature.Kind)
    case outOfRange(FeatureCode, least: Int, most: Int)
}

extension FeatureValue: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .integer(let number): try single.encode(number)
        case .unlimited: try single.encode("unlimited")
        case .bool(let bool): try single.encode(bool)
        }
    }
}
