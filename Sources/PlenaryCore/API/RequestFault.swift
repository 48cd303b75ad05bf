/// What is wrong with one part of a request: an element of `errors` (`rooms-api.md` 2.8).
package struct RequestFault: Error, Sendable, Hashable {
    /// `errors[].code` of the catalogue (`rooms-api.md` 17).
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case required
        case invalidType = "invalid_type"
        case invalidEnum = "invalid_enum"
        case invalidFormat = "invalid_format"
        case tooLong = "too_long"
        case outOfRange = "out_of_range"
        case readOnly = "read_only"
        case immutableBySubscription = "immutable_by_subscription"
        case unknownField = "unknown_field"
        case metadataTooDeep = "metadata_too_deep"
        case metadataTooLarge = "metadata_too_large"
        case invalidSetting = "invalid_setting"
        case invalidHostURL = "invalid_host_url"
        case providerTLSRequired = "provider_tls_required"
        // Of a problem of the same name, which has one fault (6.4).
        case providerUnreachable = "provider_unreachable"
        case providerTLSInvalid = "provider_tls_invalid"
        case providerSecretInvalid = "provider_secret_invalid"
        case providerVersionUnsupported = "provider_version_unsupported"
        // With `Prefer: handling=strict` only (7.3).
        case ignoredNotInSubscription = "ignored_not_in_subscription"
        case ignoredExceedsSubscription = "ignored_exceeds_subscription"
        case ignoredDifferentValue = "ignored_different_value"
        case ignoredNotCustomisable = "ignored_not_customisable"
        // In `join_incomplete` (11.5).
        case nameRequired = "name_required"
        case accessCodeRequired = "access_code_required"
        case accessCodeInvalid = "access_code_invalid"
        case accessCodeExpired = "access_code_expired"
        case consentRequired = "consent_required"
        // Not in the catalogue, which has no word for them.
        /// Another resource has this value.
        case notUnique = "not_unique"
        /// What it refers to does not exist, or may not be seen.
        case notFound = "not_found"
    }

    package enum Place: Sendable, Hashable {
        /// Of the body.
        case pointer(JSONPointer)
        /// Of the query.
        case parameter(String)
        case header(String)
    }

    package let place: Place
    package let code: Code
    /// A sentence for people, without secrets.
    package let detail: String
    package let expected: JSON?
    package let actual: JSON?

    package init(_ place: Place, _ code: Code, _ detail: String, expected: JSON? = nil, actual: JSON? = nil) {
        self.place = place
        self.code = code
        self.detail = detail
        self.expected = expected
        self.actual = actual
    }

    /// - Parameter field: a member of the whole body.
    package init(_ field: String, _ code: Code, _ detail: String, expected: JSON? = nil, actual: JSON? = nil) {
        self.init(.pointer(JSONPointer(field)), code, detail, expected: expected, actual: actual)
    }

    /// - Parameter base: where the resource stands in the body.
    package init(_ fault: FieldFault, in base: JSONPointer = .root) {
        let code: Code =
            switch fault.code {
            case .required: .required
            case .invalidFormat: .invalidFormat
            case .tooLong: .tooLong
            case .outOfRange: .outOfRange
            case .metadataTooDeep: .metadataTooDeep
            case .metadataTooLarge: .metadataTooLarge
            }
        self.init(.pointer(base.appending(fault.field)), code, "\(fault.field) \(fault.rule).")
    }

    package var json: JSON {
        var members: [JSON.Member] = []
        switch place {
        case .pointer(let pointer): members.append(JSON.Member("pointer", .text("\(pointer)")))
        case .parameter(let name): members.append(JSON.Member("parameter", .text(name)))
        case .header(let name): members.append(JSON.Member("header", .text(name)))
        }
        members.append(JSON.Member("code", .text(code.rawValue)))
        members.append(JSON.Member("detail", .text(detail)))
        if let expected { members.append(JSON.Member("expected", expected)) }
        if let actual { members.append(JSON.Member("actual", actual)) }
        return .object(members)
    }

    /// Parameters and headers by their names, then the body in the order of its pointers; codes break ties.
    static func isBefore(_ left: RequestFault, _ right: RequestFault) -> Bool {
        switch (left.place, right.place) {
        case (.header(let one), .header(let other)) where one != other: one < other
        case (.parameter(let one), .parameter(let other)) where one != other: one < other
        case (.pointer(let one), .pointer(let other)) where one != other: one < other
        default: (left.place.rank, left.code.rawValue) < (right.place.rank, right.code.rawValue)
        }
    }
}

extension RequestFault.Place {
    fileprivate var rank: Int {
        switch self {
        case .header: 0
        case .parameter: 1
        case .pointer: 2
        }
    }
}
