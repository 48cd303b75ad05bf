internal import BigBlueButton

/// The calls of bbb-webhooks, a service beside the server that nginx leads to, and the events it tells (`bbb-api.md`
/// 11).
extension SimulatedBBB {
    /// GET only: everything else is an address that does not exist, as without the service.
    mutating func answerHookCall(_ call: Call) throws(Refusal) -> SimulatedResponse {
        guard hasHooks, call.method == .get else { return .noSuchCall }
        if call.name == .hooksPing { return .text("bbb-webhooks API up!") }
        guard call.signer(among: [secret], policy: policy) != nil else { throw Self.wrongChecksum(of: call.name) }
        switch call.name {
        case .hooksCreate: return try createHook(call.parameters)
        case .hooksList: return try listHooks(call.parameters)
        default: return try destroyHook(call.parameters)
        }
    }

    private mutating func createHook(_ given: Parameters) throws(Refusal) -> SimulatedResponse {
        guard let url = given.nonEmpty("callbackURL") else {
            throw Refusal("missingParamCallbackURL", "You must specify a callbackURL in the parameters.")
        }
        let raw = given["getRaw"] ?? "false"
        guard raw == "true" || raw == "false" else { return .crash }
        if let known = hooks.first(where: { $0.callbackURL == url }) {
            return .xml(
                XMLWriter.response(.success) {
                    $0.element("hookID", known.id)
                    $0.element("messageKey", MessageKey.duplicateWarning.rawValue)
                    $0.element("message", "There is already a hook for this callback URL.")
                })
        }
        let hook = SimulatedHook(
            id: newHookID(), callbackURL: url, meetingID: given.nonEmpty("meetingID"),
            eventID: given.nonEmpty("eventID"), isRaw: raw == "true")
        hooks.append(hook)
        return .xml(
            XMLWriter.response(.success) {
                $0.element("hookID", hook.id)
                $0.element("permanentHook", false)
                $0.element("rawData", hook.isRaw)
            })
    }

    /// Of a meeting that no hook is limited to, a real service fails to list even the others.
    private func listHooks(_ given: Parameters) throws(Refusal) -> SimulatedResponse {
        var listed = hooks.sorted { $0.id < $1.id }
        if let meetingID = given.nonEmpty("meetingID") {
            guard let scoped = listed.first(where: { $0.meetingID == meetingID }) else {
                throw Refusal(
                    "listHookError", "An error happened while listing registered hooks. Check the logs.")
            }
            listed = listed.filter { $0.meetingID == nil || $0.id == scoped.id }
        }
        return .xml(
            XMLWriter.response(.success) {
                $0.element("hooks") { for hook in listed { hook.describe(into: &$0) } }
            })
    }

    private mutating func destroyHook(_ given: Parameters) throws(Refusal) -> SimulatedResponse {
        guard let id = given.nonEmpty("hookID") else {
            throw Refusal("missingParamHookID", "You must specify a hookID in the parameters.")
        }
        guard let position = hooks.firstIndex(where: { $0.id == id }) else {
            throw Refusal("destroyMissingHook", "The hook informed was not found.")
        }
        hooks.remove(at: position)
        return .xml(XMLWriter.response(.success) { $0.element("removed", true) })
    }

    /// In the form of a random UUID.
    private mutating func newHookID() -> String {
        let parts = [8, 4, 3, 3, 12].map { random.word($0, from: .hexadecimal) }
        return "\(parts[0])-\(parts[1])-4\(parts[2])-a\(parts[3])-\(parts[4])"
    }

    /// Tells every hook that wants it.
    mutating func emit(_ event: SimulatedEvent, at now: WireTime) {
        guard hasHooks else { return }
        for hook in hooks where hook.wants(event) {
            fire(hook.delivery(of: event, domain: url.host, secret: secret, at: now))
        }
    }
}
