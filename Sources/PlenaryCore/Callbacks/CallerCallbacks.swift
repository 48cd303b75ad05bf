package import BigBlueButton

/// Where a caller of `create` wants to be told what becomes of the meeting (`balancer.md` 3, `bbb-api.md` 10).
///
/// Servers are given addresses of ours instead; the caller's are kept here, and in every answer to the caller theirs stand.
package struct CallerCallbacks: Sendable, Hashable {
    /// What is told.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// `meta_endCallbackUrl`: the meeting is over, and whether somebody pressed record.
        case end
        /// `meetingEndedURL`: the meeting is over. Participants never see it.
        case ended
        /// A recording is ready, three names for the same.
        case recording
        /// `meta_analytics-callback-url`: what happened in the meeting.
        case analytics
    }

    /// One address with the name under which servers know it: a metadata name, or `meetingEndedURL`.
    package struct Entry: Sendable, Hashable {
        package let name: String
        package let kind: Kind
        package let url: String
    }

    package private(set) var entries: [Entry] = []

    package static let none = CallerCallbacks()

    private init() {}

    /// Reads them from the parameters of a create.
    package init(_ parameters: Parameters) {
        for parameter in parameters.all where !parameter.value.isEmpty {
            guard let (name, kind) = Self.meaning(of: parameter.name), url(named: name) == nil else { continue }
            entries.append(Entry(name: name, kind: kind, url: parameter.value))
        }
    }

    /// Reads what ``stored`` wrote.
    package init(stored: String) {
        for parameter in Parameters(parsing: stored).all {
            guard let kind = Self.kinds[parameter.name] else { continue }
            entries.append(Entry(name: parameter.name, kind: kind, url: parameter.value))
        }
    }

    package var stored: String {
        Parameters(entries.map { .init(name: $0.name, value: $0.url) }).encoded()
    }

    package var isEmpty: Bool { entries.isEmpty }

    package func url(named name: String) -> String? { entries.first { $0.name == name }?.url }

    /// Where an event of that kind goes. Of the three names for recordings BigBlueButton takes the first that is there.
    package func url(for kind: Kind) -> String? {
        Self.order.lazy.compactMap { name in entries.first { $0.name == name && $0.kind == kind }?.url }.first
    }

    /// The parameters as a server gets them.
    ///
    /// - Parameter address: ours, for each kind.
    package func replacing(in parameters: Parameters, with address: (Kind) -> String) -> Parameters {
        guard !isEmpty else { return parameters }
        return Parameters(
            parameters.all.map { parameter in
                guard !parameter.value.isEmpty, let (_, kind) = Self.meaning(of: parameter.name) else {
                    return parameter
                }
                return .init(name: parameter.name, value: address(kind))
            })
    }

    private static let order = [
        "endcallbackurl", "meetingEndedURL", "bbb-recording-ready-url", "bn-recording-ready-url",
        "canvas-recording-ready-url", "analytics-callback-url",
    ]

    private static let kinds: [String: Kind] = [
        "endcallbackurl": .end, "meetingEndedURL": .ended, "bbb-recording-ready-url": .recording,
        "bn-recording-ready-url": .recording, "canvas-recording-ready-url": .recording,
        "analytics-callback-url": .analytics,
    ]

    /// Names of metadata that hold such an address, as answers spell them.
    package static let metadataNames = Set(kinds.keys).subtracting(["meetingEndedURL"])

    /// BigBlueButton lower-cases the names of metadata (`bbb-api.md` 5.1.2), and no others.
    private static func meaning(of parameter: String) -> (name: String, kind: Kind)? {
        let name =
            parameter.hasPrefix("meta_") ? parameter.dropFirst("meta_".count).lowercased() : parameter
        guard parameter.hasPrefix("meta_") != (name == "meetingEndedURL"), let kind = kinds[name] else { return nil }
        return (name, kind)
    }
}
