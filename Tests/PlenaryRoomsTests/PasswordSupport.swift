import PlenaryFleet
import PlenarySimulator

@testable import PlenaryRooms

extension PasswordThreads {
    /// Where whoever asks is: tests are quick.
    static let here = PasswordThreads { work in work() }
}

extension PasswordCost {
    /// As little as there is.
    static func small(_ logarithm: Int = 4) -> PasswordCost {
        guard let cost = PasswordCost(logarithm: logarithm) else { preconditionFailure("a small cost is one") }
        return cost
    }
}

extension Passwords {
    static func sample(
        _ time: FleetTime, cost: PasswordCost = .small(), threads: PasswordThreads = .here,
        _ change: (inout Passwords.Settings) -> Void = { _ in }
    ) -> Passwords {
        var settings = Passwords.Settings()
        settings.cost = cost
        change(&settings)
        return Passwords(settings: settings, time: time, threads: threads)
    }
}
