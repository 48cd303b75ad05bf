internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// Web hooks as callers see them (`bbb-api.md` 11, `balancer.md` 11): registered with us, once, whatever servers there are.
extension Fleet {
    func createHook(_ call: Call, of caller: Caller) async throws(Refusal) -> [UInt8] {
        let parameters = call.signedParameters
        guard let url = parameters["callbackURL"]?.nonEmpty else {
            throw Refusal("missingParamCallbackURL", "You must specify a callbackURL in the parameters.")
        }
        // What must not be called would fail at every event, and nobody would tell the caller.
        do throws(OutboundRefusal) {
            _ = try OutboundURL(
                url, allowPrivate: settings.allowsPrivateCallbacks, allowHTTP: settings.allowsHTTPCallbacks)
        } catch {
            throw Refusal("createHookError", "An error happened while creating your hook: \(error.words).")
        }
        let registered: Store.Registered
        do {
            registered = try await store.registerHook(
                id: newHookID(), account: caller.account.id, callbackURL: url,
                meetingID: parameters["meetingID"].flatMap(MeetingID.init(rawValue:)),
                eventID: parameters["eventID"]?.nonEmpty, isRaw: parameters["getRaw"]?.lowercased() == "true",
                secret: caller.secret, now: time.now())
        } catch {
            FleetLog.failure("registering a hook", error)
            throw Refusal("createHookError", "An error happened while creating your hook. Check the logs.")
        }
        switch registered {
        case .known(let hook):
            return XMLWriter.response(.success) {
                $0.element("hookID", hook.id)
                $0.element("messageKey", MessageKey.duplicateWarning.rawValue)
                $0.element("message", "There is already a hook for this callback URL.")
            }
        case .new(let hook):
            // What happens from now on is told: servers have our hook before the caller has his answer.
            await lookAfterHooks()
            return XMLWriter.response(.success) {
                $0.element("hookID", hook.id)
                $0.element("permanentHook", false)
                $0.element("rawData", hook.isRaw)
            }
        }
    }

    func listHooks(_ call: Call, of account: Account) -> [UInt8] {
        let meetingID = call.signedParameters["meetingID"].flatMap(MeetingID.init(rawValue:))
        let hooks = store.roster {
            $0.hooks.values.filter { $0.account == account.id }.sorted { $0.number < $1.number }
        }
        return XMLWriter.response(.success) { writer in
            writer.element("hooks") { writer in
                for hook in hooks where meetingID == nil || hook.meetingID == nil || hook.meetingID == meetingID {
                    writer.element("hook") { writer in
                        writer.element("hookID", hook.id)
                        writer.characterData("callbackURL", hook.callbackURL)
                        if let meetingID = hook.meetingID { writer.characterData("meetingID", meetingID.rawValue) }
                        if let eventID = hook.eventID { writer.element("eventID", eventID) }
                        writer.element("permanentHook", false)
                        writer.element("rawData", hook.isRaw)
                    }
                }
            }
        }
    }

    func destroyHook(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        guard let id = call.signedParameters["hookID"]?.nonEmpty else {
            throw Refusal("missingParamHookID", "You must specify a hookID in the parameters.")
        }
        let removed: Bool
        do { removed = try await store.removeHook(id, of: account.id) } catch {
            FleetLog.failure("removing a hook", error)
            throw Refusal("destroyHookError", "An error happened while removing your hook. Check the logs.")
        }
        guard removed else { throw Refusal("destroyMissingHook", "The hook informed was not found.") }
        if store.roster({ $0.hooks.isEmpty }) { await lookAfterHooks() }
        return XMLWriter.response(.success) { $0.element("removed", true) }
    }

    /// In the form of a UUID, as web hooks of BigBlueButton have since 2.0.
    private func newHookID() -> String {
        let digits = Array("0123456789abcdef")
        var random = FleetRandom(time)
        func word(_ length: Int) -> String {
            String((0..<length).map { _ in digits[Int.random(in: 0..<16, using: &random)] })
        }
        return
            "\(word(8))-\(word(4))-4\(word(3))-\(digits[Int.random(in: 8..<12, using: &random)])\(word(3))-\(word(12))"
    }
}
