internal import Logging

/// What is told about joining to whoever reads the log. No name of a visitor, no token, no address.
enum JoinLog {
    /// - Parameter key: the provider's word for why.
    static func refused(by provider: String, _ key: String) {
        Logger.current.warning(
            "a provider refused to create the meeting of a room",
            metadata: ["provider.id": "\(provider)", "bbb.message_key": "\(key.prefix(100))"])
    }

    /// - Parameter provider: that was to create a meeting with files.
    static func slidesFailed(at provider: String) {
        Logger.current.warning(
            "a provider did not take the presentations of a room: it is asked without",
            metadata: ["provider.id": "\(provider)"])
    }

    /// - Parameters:
    ///   - room: that has a session now which is not recorded.
    ///   - subscription: whose recordings are as many, or as large, as was sold.
    static func recordingUsedUp(_ room: String, _ subscription: String) {
        Logger.current.warning(
            "a session is not recorded: the recordings of its subscription are used up",
            metadata: ["room.id": "\(room)", "subscription.id": "\(subscription)"])
    }

    /// What a provider told of recordings could not be written down; it is asked again.
    static func catalogue(_ error: any Error) {
        Logger.current.error("writing recordings of rooms down", metadata: ["error.chain": "\(error)"])
    }

    /// The create would be too long with a body beside it.
    static func slidesLeftOut() {
        Logger.current.warning("a room has too long settings for its presentations: its session begins without")
    }

    static func endFailed(_ provider: String) {
        Logger.current.warning(
            "a provider that may have made a meeting could not be told to end it",
            metadata: ["provider.id": "\(provider)"])
    }
}
