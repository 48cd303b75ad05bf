/// What a body says about one member (`rooms-api.md` 2.7): a PATCH leaves alone what it does not name.
package enum Patch<Value> {
    case absent
    case null
    case value(Value)

    /// What the member is afterwards.
    package func applied(to old: Value?) -> Value? {
        switch self {
        case .absent: old
        case .null: nil
        case .value(let value): value
        }
    }

    /// - Parameter reset: what `null` stands for.
    package func applied(to old: Value, null reset: Value) -> Value {
        switch self {
        case .absent: old
        case .null: reset
        case .value(let value): value
        }
    }

    package var isAbsent: Bool { if case .absent = self { true } else { false } }
}

extension Patch: Sendable where Value: Sendable {}
extension Patch: Equatable where Value: Equatable {}

/// Reads an object of a body member by member, and notes everything that is wrong (`rooms-api.md` 2.8): what it was not asked for
/// is `unknown_field` in the end.
package struct ObjectReader {
    private let members: [JSON.Member]
    private let place: JSONPointer
    private var known: Set<[UInt8]> = []
    package private(set) var faults: [RequestFault] = []

    /// - Parameter place: of the object in the body.
    package init(_ json: JSON, at place: JSONPointer = .root) {
        self.place = place
        members = json.members ?? []
        if json.members == nil { faults = [RequestFault(.pointer(place), .invalidType, "It is an object.")] }
    }

    /// - Throws: 400 `malformed_json`, 413 `body_too_large`, or 422 when it is no object.
    package init(body: [UInt8], limits: JSONReader.Limits = JSONReader.Limits()) throws(Problem) {
        let json: JSON
        do throws(JSONReader.Fault) {
            json = try JSONReader.read(body, limits: limits)
        } catch {
            throw Problem(of: error)
        }
        self.init(json)
        if !faults.isEmpty { throw .invalid(faults) }
    }

    package mutating func note(
        _ name: String, _ code: RequestFault.Code, _ detail: String, expected: JSON? = nil, actual: JSON? = nil
    ) {
        let pointer = RequestFault.Place.pointer(place.appending(name))
        faults.append(RequestFault(pointer, code, detail, expected: expected, actual: actual))
    }

    package mutating func note(_ more: [RequestFault]) { faults += more }

    /// A member that may be `null`.
    package mutating func patch<Value>(_ name: String, _ kind: JSONKind<Value>) -> Patch<Value> {
        guard let json = look(for: name) else { return .absent }
        if case .null = json { return .null }
        switch kind.read(json, place.appending(name)) {
        case .value(let value): return .value(value)
        case .faults(let more):
            faults += more
            return .absent
        }
    }

    /// A member that may be absent, but not `null`.
    ///
    /// - Returns: `nil` also when it is wrong, which is noted.
    package mutating func optional<Value>(_ name: String, _ kind: JSONKind<Value>) -> Value? {
        switch patch(name, kind) {
        case .value(let value): return value
        case .absent: return nil
        case .null:
            note(name, .invalidType, "It is not null.")
            return nil
        }
    }

    /// - Parameter rule: what is told when it is absent.
    /// - Returns: `nil` when it is absent, `null` or wrong, which is noted.
    package mutating func required<Value>(
        _ name: String, _ kind: JSONKind<Value>, rule: String = "It is required."
    ) -> Value? {
        let count = faults.count
        switch patch(name, kind) {
        case .value(let value): return value
        case .absent, .null:
            // What is wrong is there, and was noted.
            if faults.count == count { note(name, .required, rule) }
            return nil
        }
    }

    /// A member that nobody sets. The value that it has may be sent back, so that what was fetched can be sent as it is (7.1).
    ///
    /// - Parameter current: `nil`: it has none yet.
    package mutating func readOnly(_ name: String, is current: JSON?, _ code: RequestFault.Code = .readOnly) {
        guard let json = look(for: name) else { return }
        if let current, json.isSame(as: current) { return }
        note(name, code, "It cannot be set.", expected: current)
    }

    /// An object in the object, whose members are read one by one.
    ///
    /// - Returns: what `read` makes of it.
    package mutating func object<Value>(_ name: String, _ read: (inout ObjectReader) -> Value) -> Patch<Value> {
        guard let json = look(for: name) else { return .absent }
        if case .null = json { return .null }
        var inner = ObjectReader(json, at: place.appending(name))
        guard inner.faults.isEmpty else {
            faults += inner.faults
            return .absent
        }
        let value = read(&inner)
        inner.noteUnknown()
        faults += inner.faults
        return .value(value)
    }

    /// Takes in what the rules of the resource say, where a member was not wrong already: a member has one fault.
    package mutating func add(_ fault: ValidationFault) {
        for fault in fault.faults.map({ RequestFault($0, in: place) }) {
            let isNoted = faults.contains { noted in
                guard case .pointer(let one) = noted.place, case .pointer(let other) = fault.place else { return false }
                return "\(one)" == "\(other)" || "\(one)".hasPrefix("\(other)/")
            }
            if !isNoted { faults.append(fault) }
        }
    }

    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package mutating func finish() throws(Problem) {
        noteUnknown()
        if !faults.isEmpty { throw .invalid(faults) }
    }

    private mutating func noteUnknown() {
        for member in members where !known.contains(Array(member.name.utf8)) {
            known.insert(Array(member.name.utf8))
            note(member.name, .unknownField, "There is no such member.")
        }
    }

    private mutating func look(for name: String) -> JSON? {
        known.insert(Array(name.utf8))
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
}
