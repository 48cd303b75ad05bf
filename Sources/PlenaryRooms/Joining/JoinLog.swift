internal import Logging

/// What is told about joining to whoever reads the log. No name of a visitor, no token, no address.
enum JoinLog {
    static func endFailed(_ provider: String) {
        Logger.current.warning(
            "a provider that may have made a meeting could not be told to end it",
            metadata: ["provider.id": "\(provider)"])
    }
}
