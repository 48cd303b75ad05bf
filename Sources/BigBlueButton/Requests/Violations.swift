/// Collects what is wrong with the parameters of a call and tells what BigBlueButton would tell (`bbb-api.md` 3.1, 3.2).
///
/// Keys are those that BigBlueButton 3.0 answers with; where the specification's table and the recorded answers of
/// servers differ, the answers win (docs/decisions/0003).
struct Violations {
    private var found: [MessageKey: String] = [:]

    mutating func add(_ key: MessageKey, _ message: String) { found[key] = message }

    mutating func checkMeetingID(_ value: String?) {
        guard let value, !value.isEmpty else {
            return add(.missingParamMeetingID, "You must provide a meeting ID")
        }
        if !(2...256).contains(value.utf16.count) {
            add(.validationError, "Meeting ID must be between 2 and 256 characters")
        }
        if value.utf8.contains(UInt8(ascii: ",")) { add(.validationError, "Meeting ID cannot contain ','") }
    }

    mutating func checkName(_ value: String?) {
        guard let value, !value.isEmpty else {
            return add(.validationError, "You must provide a meeting name")
        }
        if !(2...256).contains(value.utf16.count) {
            add(.validationError, "Meeting name must be between 2 and 256 characters")
        }
    }

    mutating func checkPassword(_ value: String?) {
        guard let value, !value.isEmpty, !(2...64).contains(value.utf16.count) else { return }
        add(.validationError, "Password must be between 2 and 64 characters")
    }

    mutating func checkBoolean(_ value: String?, _ message: String) {
        guard let value, !value.isEmpty, !["true", "false", "0", "1"].contains(value.lowercased())
        else { return }
        add(.validationError, message)
    }

    mutating func checkInteger(_ value: String?, _ message: String) {
        guard let value, !value.isEmpty, Int64(value) == nil else { return }
        add(.validationError, message)
    }

    /// Throws the violation that BigBlueButton would tell first: the one whose key comes first in a Java hash map.
    func check() throws(Refusal) {
        guard
            let (key, message) = found.min(by: {
                ($0.key.javaBucket, $0.key.rawValue) < ($1.key.javaBucket, $1.key.rawValue)
            })
        else { return }
        throw Refusal(key, message)
    }
}

extension Parameters {
    /// The first value of `name` as BigBlueButton validates it: without control characters, trimmed.
    func cleaned(_ name: String) -> String? { self[name]?.strippingControls }
}
