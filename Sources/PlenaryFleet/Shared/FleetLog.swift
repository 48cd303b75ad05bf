internal import Logging
internal import PlenaryCore

/// What the fleet tells its operator. Never a URL, a checksum, a password or a participant's name.
enum FleetLog {
    static func announce(
        _ changes: [FleetHealth.Change], faults: [ServerID: HealthFault?] = [:], name: (ServerID) -> Slug?
    ) {
        let logger = Logger.current
        for change in changes {
            switch change {
            case .moved(let server, let from, let to):
                var metadata: Logger.Metadata = [
                    "server.name": "\(name(server)?.text ?? server.description)", "health.from": "\(from.word)",
                    "health.to": "\(to.word)",
                ]
                if let fault = faults[server] ?? nil { metadata["health.fault"] = "\(fault.word)" }
                logger.notice("server health changed", metadata: metadata)
            case .panicBegan: logger.warning("panic: too many servers fail at once; nothing is forgotten or ended")
            case .panicEnded: logger.notice("panic is over; servers are judged from zero")
            }
        }
    }

    static func meeting(_ message: Logger.Message, _ meeting: Meeting, server: Server?, level: Logger.Level = .info) {
        Logger.current.log(
            level: level, message,
            metadata: [
                "meeting.number": "\(meeting.number)", "account.id": "\(meeting.key.account)",
                "server.name": "\(server?.name.text ?? meeting.server.description)",
            ])
    }

    static func failure(_ message: Logger.Message, _ error: any Error) {
        Logger.current.error(message, metadata: ["error.chain": "\(error)"])
    }
}
