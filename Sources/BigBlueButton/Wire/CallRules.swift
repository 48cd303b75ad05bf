/// What a call takes: with which methods, and which bodies (`bbb-api.md` 1.1 and 2.7).
///
/// Versions differ: BigBlueButton up to 2.7 takes any method for most calls, 3.0 fewer. What any of them takes is taken.
public struct CallRules: Sendable, Hashable {
    public enum Bodies: Sendable, Hashable {
        /// Forms that add parameters.
        case forms
        /// Forms, or slides and other modules.
        case formsOrDocuments
        case documents
        /// Whatever comes: it is not looked at, or not by its type.
        case any
    }

    /// HEAD is a GET whose answer has no body, so it is not told apart here.
    public let methods: Set<Call.Method>
    public let bodies: Bodies
    /// Whether the call changes something; such a call is read from what its checksum covers, and nothing beside it.
    public let isRead: Bool

    private init(_ methods: Set<Call.Method> = [.get, .post], _ bodies: Bodies = .forms, isRead: Bool = false) {
        self.methods = methods
        self.bodies = bodies
        self.isRead = isRead
    }

    /// BigBlueButton's calls and those of its web hooks, by name.
    public static let bigBlueButton: [CallName: CallRules] = [
        .index: CallRules([.get, .post], .any, isRead: true),
        .create: CallRules([.get, .post], .formsOrDocuments),
        .join: CallRules(),
        .end: CallRules(),
        .isMeetingRunning: CallRules(isRead: true),
        .getMeetingInfo: CallRules(isRead: true),
        .getMeetings: CallRules(isRead: true),
        .getSessions: CallRules(isRead: true),
        .insertDocument: CallRules([.get, .post], .documents),
        .sendChatMessage: CallRules(),
        .getRecordings: CallRules([.get, .post], .any, isRead: true),
        .publishRecordings: CallRules([.get, .post], .any),
        .deleteRecordings: CallRules([.get, .post], .any),
        .updateRecordings: CallRules([.get, .post], .any),
        .getRecordingTextTracks: CallRules([.get, .post], .any, isRead: true),
        .putRecordingTextTrack: CallRules([.post], .any),
        .hooksCreate: CallRules([.get]),
        .hooksList: CallRules([.get], isRead: true),
        .hooksDestroy: CallRules([.get]),
        .hooksPing: CallRules([.get], .any, isRead: true),
        .getDefaultConfigXML: CallRules(isRead: true),
        .setConfigXML: CallRules([.post], .any),
    ]

    /// For calls that are made up beside BigBlueButton's: forms by GET or POST.
    public static let plain = CallRules()

    /// Whether a body of that kind is taken.
    public func takes(_ body: Call.Body) -> Bool {
        switch (bodies, body) {
        case (.any, _), (_, .none): true
        case (.forms, .form), (.formsOrDocuments, .form), (.formsOrDocuments, .document), (.documents, .document): true
        case (.forms, _), (.formsOrDocuments, _), (.documents, _): false
        }
    }
}

extension Call {
    /// What this call takes; those that BigBlueButton does not have take what most do.
    public var rules: CallRules { CallRules.bigBlueButton[name] ?? .plain }

    /// Whether the content type is one that BigBlueButton takes for this call (`bbb-api.md` 2.7).
    public var hasSupportedContentType: Bool { rules.takes(body) }

    /// Refuses a method or a body that the call does not take; HEAD counts as GET.
    public func checkForm() throws(Refusal) {
        guard rules.methods.contains(method == .head ? .get : method) else { throw .unsupportedRequest }
        guard hasSupportedContentType else { throw .contentType }
    }
}
