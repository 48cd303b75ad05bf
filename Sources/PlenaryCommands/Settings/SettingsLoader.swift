internal import Configuration
internal import Foundation
internal import SystemPackage

/// The values of all settings, each from the strongest source that has it.
struct SettingsValues: Sendable {
    /// What is wrong with the configuration: every problem, not the first.
    struct Problems: Error {
        let list: [String]
    }

    private let reader: ConfigReader
    let warnings: [String]

    /// - Parameters:
    ///   - flags: by key, from the command line.
    ///   - file: the YAML file, if one was named.
    init(flags: [String: String], environment: [String: String], file: String?) async throws {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, value) in flags {
            values[AbsoluteConfigKey(key.split(separator: ".").map(String.init))] = ConfigValue(
                .string(value), isSecret: false)
        }
        var providers: [any ConfigProvider] = [InMemoryProvider(name: "flags", values: values)]
        // By our own names, so that the reference and the reader cannot disagree.
        var fromEnvironment: [AbsoluteConfigKey: ConfigValue] = [:]
        for setting in SettingsTable.all {
            guard let value = environment[setting.variable], !value.isEmpty else { continue }
            fromEnvironment[AbsoluteConfigKey(setting.key.split(separator: ".").map(String.init))] =
                ConfigValue(.string(value), isSecret: setting.kind == .secret)
        }
        providers.append(InMemoryProvider(name: "environment", values: fromEnvironment))
        if let file {
            do { providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file))) } catch {
                // The parser's words may quote a line, and the line may hold a secret.
                let isThere = FileManager.default.isReadableFile(atPath: file)
                throw Problems(list: [
                    isThere ? "the file \(file) is not valid YAML" : "the file \(file) does not exist or cannot be read"
                ])
            }
        }
        reader = ConfigReader(providers: providers)
        let known = Set(SettingsTable.all.map(\.variable) + ["PLENARY_CONFIG"])
        warnings = environment.keys.filter { $0.hasPrefix("PLENARY_") && !known.contains($0) }.sorted().map {
            "\($0) is not a setting and is ignored"
        }
    }

    /// The text of a setting, or its default. YAML may hold it as a number or a truth value too.
    func text(_ key: String) -> String {
        let setting = SettingsTable.all.first { $0.key == key }
        guard let setting else { preconditionFailure("no such setting: \(key)") }
        let configKey = ConfigKey(key)
        let isSecret = setting.kind == .secret
        if let text = reader.string(forKey: configKey, isSecret: isSecret) { return text }
        if let number = reader.int(forKey: configKey) { return String(number) }
        if let number = reader.double(forKey: configKey) { return String(number) }
        if let flag = reader.bool(forKey: configKey) { return String(flag) }
        return setting.fallback
    }
}

/// Reads values into types and collects what does not fit.
struct SettingsParser {
    let values: SettingsValues
    private(set) var problems: [String] = []

    init(_ values: SettingsValues) { self.values = values }

    private mutating func problem<Value>(_ key: String, _ wanted: String, _ fallback: Value) -> Value {
        let setting = SettingsTable.all.first { $0.key == key }
        problems.append("\(setting?.variable ?? key) is `\(values.text(key))`: \(wanted)")
        return fallback
    }

    mutating func duration(_ key: String) -> Duration {
        let text = values.text(key)
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600)]
        let unit = units.first { text.hasSuffix($0.0) && Double(text.dropLast($0.0.count)) != nil }
        let number = unit.map { Double(text.dropLast($0.0.count)) ?? -1 } ?? Double(text) ?? -1
        guard number >= 0, number <= 10_000_000 else {
            return problem(key, "write a duration such as 500ms, 5s or 2m", .zero)
        }
        return .milliseconds(Int64((number * (unit?.1 ?? 1) * 1_000).rounded()))
    }

    mutating func positiveDuration(_ key: String) -> Duration {
        let known = problems.count
        let duration = duration(key)
        return duration > .zero || problems.count > known
            ? duration : problem(key, "it must be longer than nothing", .seconds(1))
    }

    mutating func count(_ key: String, from least: Int = 0) -> Int {
        guard let number = Int(values.text(key)), number >= least, number <= 1_000_000_000 else {
            return problem(key, "write a whole number, \(least) or more", least)
        }
        return number
    }

    mutating func size(_ key: String) -> Int {
        let text = values.text(key).uppercased()
        let units: [(String, Int)] = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30)]
        let unit = units.first { text.hasSuffix($0.0) }
        guard let number = Int(unit.map { String(text.dropLast($0.0.count)) } ?? text), number > 0,
            number <= (1 << 30) / (unit?.1 ?? 1)
        else {
            return problem(key, "write a size such as 64KB, 2MB or a number of octets", 1)
        }
        return number * (unit?.1 ?? 1)
    }

    mutating func flag(_ key: String) -> Bool {
        switch values.text(key).lowercased() {
        case "true", "yes", "1", "on": return true
        case "false", "no", "0", "off": return false
        default: return problem(key, "write true or false", false)
        }
    }

    mutating func choice(_ key: String) -> String {
        let text = values.text(key)
        let choices = SettingsTable.all.first { $0.key == key }?.choices ?? []
        return choices.contains(text)
            ? text : problem(key, "choose one of \(choices.joined(separator: ", "))", choices.first ?? "")
    }

    mutating func reject(_ key: String, _ wanted: String) { problem(key, wanted, ()) }

    /// Like ``reject(_:_:)``, for a value that must not be printed.
    mutating func rejectUnseen(_ key: String, _ wanted: String) {
        let setting = SettingsTable.all.first { $0.key == key }
        problems.append("\(setting?.variable ?? key) is wrong: \(wanted)")
    }

    func check() throws {
        if !problems.isEmpty { throw SettingsValues.Problems(list: problems) }
    }
}
