internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore

/// Reads what people write on the command line about rooms, their tokens and their codes.
enum RoomInput {
    /// `max_participants=50`, `description=Weekly planning`; with nothing behind the sign the value is taken away.
    ///
    /// - Parameters:
    ///   - isText: whether the value of that key is a text, also where it looks like something else.
    /// - Returns: `null` for what is taken away.
    static func values(_ given: [String], _ option: String, isText: (String) -> Bool) throws
        -> [String: Metadata.Scalar]
    {
        var values: [String: Metadata.Scalar] = [:]
        for text in given {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CommerceInput.wrong(
                    option, text, "Write \(option) KEY=VALUE; nothing behind the sign takes it away.")
            }
            values[parts[0]] = scalar(parts[1], isText: isText(parts[0]))
        }
        return values
    }

    static func features(_ given: [String]) throws -> [String: Metadata.Scalar] {
        try values(given, "--feature") { _ in false }
    }

    static func settings(_ given: [String]) throws -> [String: Metadata.Scalar] {
        try values(given, "--setting") { key in
            switch RoomSettingKey(rawValue: key)?.setting.kind {
            case .text, .httpsURL, .oneOf, .time, .language, .colour, .layout: true
            case .bool, .integer, .anything, nil: false
            }
        }
    }

    /// `true`, `false`, a whole number, else a text such as `unlimited`.
    static func scalar(_ text: String, isText: Bool = false) -> Metadata.Scalar {
        if text.isEmpty { return .null }
        if isText { return .text(text) }
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default:
            if let number = Int64(text) { return .integer(number) }
            return .text(text)
        }
    }

    /// `30m`, `12h`, `90d`, `4w`.
    static func duration(_ given: String, _ option: String) throws -> Duration {
        let seconds: [Character: Int64] = ["m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        let digits = given.dropLast()
        let isNumber = !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber }
        guard isNumber, let last = given.last, let unit = seconds[last], let count = Int64(String(digits)),
            (1...100_000).contains(count)
        else {
            throw CommerceInput.wrong(
                option, given,
                "Write a number and m for minutes, h for hours, d for days or w for weeks: \(option) 90d.")
        }
        return .seconds(count * unit)
    }
}

/// Until when something is valid.
struct ExpiryOptions: ParsableArguments {
    @Option(help: "Valid until then: a day (00:00 UTC) or a time. Default: without an end.") var expires: String?
    @Option(help: "Valid for so long from now on: 30m, 12h, 90d, 4w.") var expiresIn: String?

    /// - Returns: `nil`: nothing was said.
    func time(at now: WireTime) throws -> WireTime? {
        if let expires {
            guard expiresIn == nil else {
                throw CommandFailure(
                    message: "--expires and --expires-in say the same", remedy: "Give one of them.", exitCode: 64)
            }
            return try CommerceInput.time(expires, "--expires")
        }
        return try expiresIn.map { now.advanced(by: try RoomInput.duration($0, "--expires-in")) }
    }
}

/// What can be said about a room.
struct RoomFields: ParsableArguments {
    @Option(help: "active, or inactive: nobody gets in.") var status: String?
    @Flag(
        name: .customLong("public"), inversion: .prefixedNo, help: "Anyone who has its address gets in, as a guest.")
    var isPublic: Bool?
    @Option(help: "The readable part of its address. Default: made from its name.") var slug: String?
    @Option(help: "A limit of its own, such as max_participants=50; once for each, without a value: as subscribed.")
    var feature: [String] = []
    @Option(help: "A setting, such as mute_on_start=true; once for each, without a value: its default.")
    var setting: [String] = []
    @Option(help: "JSON object of any data of yours; replaces what there is.") var metadata: String?

    func edits() throws -> [Edit<RoomDetails>] {
        var edits: [Edit<RoomDetails>] = []
        if let status {
            let status: RoomDetails.Status = try CommerceInput.word(status, "--status")
            edits.append { $0.status = status }
        }
        if let isPublic { edits.append { $0.isPublic = isPublic } }
        if let slug { edits.append { $0.slug = slug } }
        if !feature.isEmpty {
            let values = try RoomInput.features(feature)
            edits.append { $0.features = $0.features.merging(values) }
        }
        if !setting.isEmpty {
            let values = try RoomInput.settings(setting)
            edits.append { $0.settings = $0.settings.merging(values) }
        }
        if let metadata {
            let metadata = try CommerceInput.metadata(metadata)
            edits.append { $0.metadata = metadata }
        }
        return edits
    }
}
