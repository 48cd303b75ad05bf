package import BigBlueButton
internal import Synchronization

/// A simulated server that several tasks talk to: ``SimulatedBBB`` and the faults in force, behind a lock.
package final class SimulatedServer: Sendable {
    package let name: String
    private let state: Mutex<State>

    private struct State: Sendable {
        var bbb: SimulatedBBB
        var rules: [SimulatedFaultRule] = []

        /// The first rule that meets a request; one of its uses is spent.
        mutating func takeRule(for destination: SimulatedBBB.Destination) -> SimulatedFaultRule? {
            let call: CallName? = if case .call(let name) = destination { name } else { nil }
            // What an open page keeps asking uses no rule up that was meant for something else.
            let isAsking = destination == .clientState
            guard
                let index = rules.firstIndex(where: { rule in
                    rule.call == nil ? !isAsking || rule.remaining == nil : rule.call == call
                })
            else { return nil }
            let rule = rules[index]
            if let remaining = rule.remaining {
                rules[index].remaining = remaining - 1
                if remaining <= 1 { rules.remove(at: index) }
            }
            return rule
        }
    }

    package init(_ bbb: SimulatedBBB) {
        name = bbb.name
        state = Mutex(State(bbb: bbb))
    }

    package convenience init(name: String, url: APIURL, secret: Secret, seed: UInt64 = 1) {
        self.init(SimulatedBBB(name: name, url: url, secret: secret, seed: seed))
    }

    /// Looks at the server or changes it. Nothing else happens on it meanwhile.
    @discardableResult
    package func withBBB<Value: Sendable>(_ body: (inout SimulatedBBB) -> Value) -> Value {
        state.withLock { body(&$0.bbb) }
    }

    /// Where it believes to be.
    package var url: APIURL { withBBB { $0.url } }
    /// What calls to it must be signed with.
    package var secret: Secret { withBBB { $0.secret } }
    /// Both, for signing calls to it.
    package var endpoint: Endpoint { withBBB { Endpoint(url: $0.url, secret: $0.secret) } }
    /// Live meetings, the oldest first.
    package var meetings: [SimulatedMeeting] { withBBB { $0.meetings } }
    /// The latest requests, the oldest first.
    package var recentRequests: [SimulatedRequest] { withBBB { $0.recentRequests } }

    /// The live meeting of that id.
    package func meeting(_ id: MeetingID) -> SimulatedMeeting? { withBBB { $0.meeting(id) } }

    /// How often a call was received, whatever became of it.
    package func count(of call: CallName) -> Int { withBBB { $0.callCounts[call] ?? 0 } }

    /// Tells the server where it is: a port is known only when it is bound.
    package func move(to url: APIURL) { withBBB { $0.url = url } }

    /// The operator gives it another secret.
    package func changeSecret(to secret: Secret) { withBBB { $0.secret = secret } }

    // MARK: Faults

    /// Puts a fault in force, behind those that are.
    package func set(_ rule: SimulatedFaultRule) { state.withLock { $0.rules.append(rule) } }

    /// Puts a fault in force, behind those that are.
    package func set(
        _ fault: SimulatedFault, call: CallName? = nil, when: SimulatedFaultRule.When = .before, remaining: Int? = nil
    ) {
        set(SimulatedFaultRule(fault, call: call, when: when, remaining: remaining))
    }

    /// Faults in force.
    package var faults: [SimulatedFaultRule] { state.withLock { $0.rules } }

    /// Ends all faults.
    package func heal() { state.withLock { $0.rules = [] } }

    /// All meetings are lost; faults stay in force.
    package func reboot() { withBBB { $0.reboot() } }

    // MARK: People

    /// Brings somebody into a meeting; see ``SimulatedBBB/joinParticipant(meetingID:fullName:role:userID:at:)``.
    @discardableResult
    package func joinParticipant(
        meetingID: MeetingID, fullName: String, role: SimulatedRole = .viewer, userID: String? = nil, at now: WireTime
    ) -> String? {
        withBBB { $0.joinParticipant(meetingID: meetingID, fullName: fullName, role: role, userID: userID, at: now) }
    }

    /// Microphone on or off.
    package func setVoice(_ isOn: Bool, of participant: String) { withBBB { $0.setVoice(isOn, of: participant) } }
    /// Speaking or silent.
    package func setTalking(_ isTalking: Bool, of participant: String) {
        withBBB { $0.setTalking(isTalking, of: participant) }
    }
    /// Camera on or off.
    package func setVideo(_ isOn: Bool, of participant: String) { withBBB { $0.setVideo(isOn, of: participant) } }
    /// Listening without a microphone, or not.
    package func setListenOnly(_ isOn: Bool, of participant: String) {
        withBBB { $0.setListenOnly(isOn, of: participant) }
    }

    /// Somebody leaves; says whether they were there.
    @discardableResult
    package func leave(_ participant: String, at now: WireTime) -> Bool { withBBB { $0.leave(participant, at: now) } }

    /// Everybody leaves a meeting; it stays.
    package func leaveAll(_ id: MeetingID, at now: WireTime) { withBBB { $0.leaveAll(id, at: now) } }

    /// A moderator ends a meeting from inside; says whether it was there.
    ///
    /// - Parameter now: `nil`: the latest time that the server was told of.
    @discardableResult
    package func endMeeting(_ id: MeetingID, at now: WireTime? = nil) -> Bool {
        withBBB { $0.endMeeting(id, at: now) }
    }

    // MARK: Recordings and callbacks

    /// What it recorded, the oldest first.
    package var recordings: [SimulatedRecording] { withBBB { $0.recordings } }

    /// Gives it a recording; one of the same id is replaced.
    package func addRecording(_ recording: SimulatedRecording) { withBBB { $0.addRecording(recording) } }

    /// A recording is ready; see ``SimulatedBBB/publishRecording(_:formats:at:)``.
    @discardableResult
    package func publishRecording(_ recordID: String, formats: [String]? = nil, at now: WireTime) -> Bool {
        withBBB { $0.publishRecording(recordID, formats: formats, at: now) }
    }

    /// Somebody pressed record in a meeting; says whether it is there.
    @discardableResult
    package func setRecordingMarks(_ isMarked: Bool = true, of id: MeetingID) -> Bool {
        withBBB { $0.setRecordingMarks(isMarked, of: id) }
    }

    /// Empties the outbox: whoever takes the callbacks sends them.
    package func takeCallbacks() -> [SimulatedCallback] { withBBB { $0.takeCallbacks() } }

    // MARK: Requests

    /// Takes a request: what becomes of it is for a network to show.
    package func receive(_ request: SimulatedRequest, at now: WireTime) -> SimulatedOutcome {
        state.withLock { state in
            let destination = state.bbb.destination(of: request.path)
            guard let rule = state.takeRule(for: destination) else {
                return .answered(state.bbb.handle(request, at: now))
            }
            if case .wrongSecret = rule.fault {
                // The version requests and pages need no secret.
                if case .call(let call) = destination, call != .index, call != .hooksPing {
                    state.bbb.note(request)
                    return .answered(.xml(SimulatedBBB.wrongChecksum(of: call).xml))
                }
                return .answered(state.bbb.handle(request, at: now))
            }
            switch rule.when {
            case .before: return Self.beforeWork(rule.fault, &state.bbb, request)
            case .after: return Self.afterWork(rule.fault, state.bbb.handle(request, at: now))
            }
        }
    }

    /// Does the work that a slow server put off, whatever faults are in force by now.
    package func carryOut(_ request: SimulatedRequest, at now: WireTime) -> SimulatedResponse {
        withBBB { $0.handle(request, at: now) }
    }

    private static func beforeWork(_ fault: SimulatedFault, _ bbb: inout SimulatedBBB, _ request: SimulatedRequest)
        -> SimulatedOutcome
    {
        // What is refused never arrives, and slow work is noted when it is done.
        switch fault {
        case .refuse: return .dropped(workDone: false)
        case .slow(let delay): return .worksLate(after: delay)
        default: bbb.note(request)
        }
        return afterWork(
            fault, .xml(Array("<response><returncode>SUCCESS</returncode><messageKey></messageKey></response>".utf8)))
    }

    private static func afterWork(_ fault: SimulatedFault, _ response: SimulatedResponse) -> SimulatedOutcome {
        switch fault {
        case .slow(let delay): return .answeredLate(response, after: delay)
        case .hang: return .silent
        case .refuse: return .dropped(workDone: true)
        case .status(let status):
            return .answered(.page(status, title: "Error \(status)", text: "The server could not answer."))
        case .garbage: return .answered(broken(response, Array("\u{0}\u{1}<<not XML at all & never was".utf8)))
        case .truncated: return .answered(broken(response, Array(response.body.prefix(response.body.count / 2))))
        case .emptyBody: return .answered(broken(response, []))
        case .failed(let key, let message): return .answered(.xml(Refusal(key, message).xml))
        case .wrongSecret: return .answered(response)
        }
    }

    private static func broken(_ response: SimulatedResponse, _ body: [UInt8]) -> SimulatedResponse {
        SimulatedResponse(status: 200, headers: response.headers, body: body)
    }
}
