package import PlenaryCore

/// The catalogue of features as the API shows it, and how features are written and read (`rooms-api.md` 5.1).
package enum FeatureResource {
    package static let schema = ResourceSchema(
        "Feature",
        fields: [
            .init("object"), .init("code", filter: .choice(codes), sorts: true, searched: true),
            .init("name", sorts: true, searched: true), .init("description", searched: true),
            .init("kind", filter: .choice(["int", "bool"])), .init("field_suffix"), .init("aggregation_type"),
            .init("quota", filter: .bool), .init("consumable", filter: .bool), .init("room", filter: .bool),
            .init("periodicity_type"), .init("periodicity"), .init("feature_settings"), .init("feature_metadata"),
        ])

    /// The features of one package.
    package static let ofPackage = ResourceSchema(
        "PackageFeature",
        fields: [
            .init("object"), .init("code", filter: .choice(codes), sorts: true, searched: true),
            .init("name", sorts: true, searched: true), .init("value"),
        ])

    private static let codes = FeatureCode.allCases.map(\.rawValue)

    /// A row of the catalogue.
    package static func json(_ feature: Feature) -> JSON {
        .object([
            .init("object", .text(schema.object)), .init("code", .text(feature.code.rawValue)),
            .init("name", .text(feature.name)), .init("description", .text(feature.code.meaning)),
            .init("kind", .text(feature.kind.rawValue)),
            .init("field_suffix", JSON(feature.unit.isEmpty ? nil : feature.unit)),
            .init("aggregation_type", JSON(feature.code.aggregation)), .init("quota", .bool(feature.isQuota)),
            .init("consumable", .bool(feature.isConsumable)), .init("room", .bool(feature.isForRooms)),
            // No counter is set back: 0 is never (5.1).
            .init("periodicity_type", .null), .init("periodicity", .integer(0)),
            .init("feature_settings", .object([])), .init("feature_metadata", .object([])),
        ])
    }

    /// A feature of a package.
    package static func json(_ code: FeatureCode, _ value: FeatureValue) -> JSON {
        .object([
            .init("object", .text(ofPackage.object)), .init("code", .text(code.rawValue)),
            .init("name", .text(code.feature.name)), .init("value", json(value)),
        ])
    }

    /// As it is written everywhere: a number, `"unlimited"`, `true` or `false`.
    package static func json(_ value: FeatureValue) -> JSON {
        switch value {
        case .integer(let number): .integer(number)
        case .unlimited: .text("unlimited")
        case .bool(let bool): .bool(bool)
        }
    }

    /// How a list of features looks at them. Unless it is sorted otherwise, it has the order of the catalogue.
    package static func view<Item>(
        code: @escaping (Item) -> FeatureCode, written: @escaping (Item) -> JSON
    ) -> ShortList<Item>.View {
        ShortList<Item>.View(
            ulid: { place(of: code($0)) },
            value: { item, field, key in ResourceValues.value(in: written(item), field, key) },
            text: { item, field in written(item)[field]?.text })
    }

    /// Features have no ULID. This stands for one where a list breaks ties: of a list that is not sorted otherwise the last comes
    /// first, so the first feature has the greatest.
    private static func place(of code: FeatureCode) -> String {
        let digits = String(9_999 - code.rank)
        return String(repeating: "0", count: 26 - digits.count) + digits
    }

    // MARK: reading

    /// A feature and its value, as a body gives them.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func given(from body: ObjectReader) throws(Problem) -> GivenFeature {
        var reader = body
        let code = reader.required("code", JSONKind<FeatureCode>.choice)
        var value: FeatureValue?
        if let code {
            value = reader.required("value", JSONKind<FeatureValue>.value(of: code))
        } else {
            // Which values there are depends on the code.
            _ = reader.required("value", JSONKind<JSON>.anything)
        }
        try reader.finish()
        guard let code, let value else { throw Problem(.validationFailed) }
        return GivenFeature(code: code, value: value)
    }

    /// The new value of a feature that is there.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func value(from body: ObjectReader, for code: FeatureCode) throws(Problem) -> FeatureValue {
        var reader = body
        reader.readOnly("code", is: .text(code.rawValue))
        let value = reader.required("value", JSONKind<FeatureValue>.value(of: code))
        try reader.finish()
        guard let value else { throw Problem(.validationFailed) }
        return value
    }
}

/// What somebody wants a package or a subscription to have.
package struct GivenFeature: Sendable, Hashable {
    package let code: FeatureCode
    package let value: FeatureValue

    package init(code: FeatureCode, value: FeatureValue) {
        self.code = code
        self.value = value
    }
}

extension JSONKind where Value == FeatureValue {
    /// A value of that feature (5.1). `true` is taken for unlimited where a number belongs; 0 never is (D-11).
    package static func value(of code: FeatureCode) -> JSONKind {
        JSONKind { json, place in
            let given: FeatureValue.Given
            switch json {
            case .bool(let bool): given = .bool(bool)
            case .text(let text): given = .text(text)
            case .number(let number):
                let isFraction = number.integer == nil && (number.double.map { $0.rounded() != $0 } ?? false)
                // More digits than a number has are out of bounds as well.
                given = isFraction ? .text(number.text) : .integer(number.integer ?? .max)
            case .null, .list, .object: given = .text("")
            }
            do throws(FeatureValueFault) {
                return .value(try FeatureValue(given, for: code))
            } catch {
                return .faults([RequestFault(error, at: place)])
            }
        }
    }
}

extension JSONKind where Value == GivenFeature {
    /// An element of a list of features.
    static var feature: JSONKind {
        JSONKind { json, place in
            guard json.members != nil else {
                return .faults([RequestFault(.pointer(place), .invalidType, "It is an object.")])
            }
            do throws(Problem) {
                return .value(try FeatureResource.given(from: ObjectReader(json, at: place)))
            } catch {
                return .faults(error.faults)
            }
        }
    }
}

extension RequestFault {
    /// A value that does not fit its feature.
    fileprivate init(_ fault: FeatureValueFault, at place: JSONPointer) {
        switch fault {
        case .wrongKind(_, .bool): self.init(.pointer(place), .invalidType, "It is true or false.")
        case .wrongKind(_, .int):
            self.init(.pointer(place), .invalidType, "It is a whole number, or \"unlimited\".")
        case .outOfRange(_, let least, let most):
            self.init(
                .pointer(place), .outOfRange,
                "It is \(least) to \(most), or \"unlimited\"; 0 never means unlimited.")
        }
    }
}
