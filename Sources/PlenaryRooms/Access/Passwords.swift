package import PlenaryCore
package import PlenaryFleet

/// Why a password was neither hashed nor looked at.
package enum PasswordFault: Error, Sendable, Hashable {
    /// Too many wait for it: 429 `rate_limited`.
    case overloaded
    /// There was no memory for it, or nobody to do it: 500.
    case failed
}

/// Where hashing is done. It takes a tenth of a second of a core, so never on a thread that serves requests.
package struct PasswordThreads: Sendable {
    package typealias Work = @Sendable () -> [UInt8]?

    /// Does the work somewhere else and gives what it gave; `nil` when it could not.
    package let run: @Sendable (@escaping Work) async -> [UInt8]?

    package init(run: @escaping @Sendable (@escaping Work) async -> [UInt8]?) { self.run = run }

    /// Among the tasks of the process, off the event loops. With as many at once as there are cores they would take all of
    /// them: whoever serves gives threads of its own.
    package static let concurrent = PasswordThreads { work in await PasswordThreads.somewhere(work) }

    @concurrent private static func somewhere(_ work: @escaping Work) async -> [UInt8]? { work() }
}

/// Makes and checks hashes of passwords, only so many at once.
package final class Passwords: Sendable {
    package struct Settings: Sendable {
        package var cost = PasswordCost.standard
        /// Hashes at once: the number of cores, or fewer.
        package var atOnce = 1
        /// How many may wait. At ten a second and core the last of them waits for a few seconds.
        package var waiting = 64

        package init() {}
    }

    package enum Verdict: Sendable, Hashable {
        case wrong
        /// - Parameter isStale: it was hashed for less than today's cost, and should be hashed anew.
        case right(isStale: Bool)
    }

    private let settings: Settings
    private let time: FleetTime
    private let threads: PasswordThreads
    private let gate: PasswordGate
    /// What passwords of unknown names are compared with. No password has it, since it is no hash of any.
    private let nobodys: PasswordHash

    package init(settings: Settings = Settings(), time: FleetTime, threads: PasswordThreads = .concurrent) {
        self.settings = settings
        self.time = time
        self.threads = threads
        gate = PasswordGate(places: settings.atOnce, limit: settings.waiting)
        nobodys = PasswordHash(
            cost: settings.cost, salt: Self.octets(PasswordHash.saltOctets, time),
            hash: Self.octets(PasswordHash.hashOctets, time))
    }

    /// Hashes a password that ``PasswordRules`` accept.
    ///
    /// - Returns: what is stored.
    /// - Throws: ``PasswordFault``; `CancellationError`.
    package func hash(_ password: String) async throws -> String {
        let (octets, _) = Self.octets(of: password)
        let salt = Self.octets(PasswordHash.saltOctets, time)
        let cost = settings.cost
        let made = try await work { PasswordHash(of: octets, salt: salt, cost).map { Array($0.text.utf8) } }
        return String(decoding: made, as: UTF8.self)
    }

    /// Compares a password with what is stored. It takes as long for a name that nobody has, or one without a password.
    ///
    /// - Parameter stored: `nil`: there is none, and no password is right.
    /// - Throws: ``PasswordFault``; `CancellationError`.
    package func verify(_ password: String, against stored: String?) async throws -> Verdict {
        // What cannot be read was never written by us; it opens nothing, and takes its time like the others.
        let known = stored.flatMap { PasswordHash($0) }
        let hash = known ?? nobodys
        let (octets, mayBeOne) = Self.octets(of: password)
        let result = try await work { hash.matches(octets).map { [$0 ? 1 : 0] } }
        guard let known, mayBeOne, result == [1] else { return .wrong }
        return .right(isStale: known.cost.isBelow(settings.cost))
    }

    private func work(_ work: @escaping PasswordThreads.Work) async throws -> [UInt8] {
        try await gate.enter()
        defer { gate.leave() }
        guard let result = await threads.run(work) else { throw PasswordFault.failed }
        return result
    }

    /// A password's octets, and whether it can be one: what is empty or longer than any is not hashed as it is.
    private static func octets(of password: String) -> ([UInt8], Bool) {
        let octets = Array(password.utf8.prefix(PasswordRules.mostOctets + 1))
        guard !octets.isEmpty, octets.count <= PasswordRules.mostOctets else { return ([0], false) }
        return (octets, true)
    }

    private static func octets(_ count: Int, _ time: FleetTime) -> [UInt8] {
        var random = FleetRandom(time)
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}

/// Which passwords are taken. As they are typed: the octets count, without a normal form, which every keyboard of one person
/// makes the same.
package enum PasswordRules {
    /// In Unicode scalars.
    package static let length = 8...128
    /// Four octets each.
    static let mostOctets = 512

    /// - Parameters:
    ///   - email: of whose it is: neither that nor what stands before its `@` is a password.
    ///   - field: the member's name in the API.
    /// - Throws: everything that is wrong.
    package static func check(_ password: String, email: String, field: String = "password") throws(ValidationFault) {
        var faults: [FieldFault] = []
        let count = password.unicodeScalars.count
        if password.isEmpty {
            faults.append(FieldFault(field, .required, "must not be empty"))
        } else if count < length.lowerBound {
            faults.append(FieldFault(field, .outOfRange, "has at least \(length.lowerBound) characters"))
        } else if count > length.upperBound {
            faults.append(FieldFault(field, .tooLong, "has at most \(length.upperBound) characters"))
        }
        let plain = password.lowercased()
        let address = email.lowercased()
        if !plain.isEmpty, plain == address || plain == String(address.prefix { $0 != "@" }) {
            faults.append(FieldFault(field, .invalidFormat, "is not the e-mail address"))
        }
        if password.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            faults.append(FieldFault(field, .invalidFormat, "has no control characters"))
        }
        if let fault = ValidationFault(faults) { throw fault }
    }
}
