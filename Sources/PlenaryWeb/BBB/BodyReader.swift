internal import BigBlueButton
internal import Hummingbird
internal import NIOCore
internal import PlenaryFleet

/// Reads bodies of requests, each within its length, its time, and what its sender may hold.
struct BodyReader: Sendable {
    enum Fault: Error {
        case tooLong
        /// Too much is held already.
        case full
        /// What comes now and then keeps nothing for ever. Who is silent is cut off by the server.
        case slow
        /// Whoever sent it went away, which is nothing that failed here.
        case ended
    }

    let budget: BodyBudget
    let time: FleetTime

    /// How long a body may take, however short it is, and how many octets of it come in a second at least.
    private static let patience = Duration.seconds(20)
    private static let leastPerSecond = 32 << 10

    /// - Returns: the body, which the sender holds until it is given back to the budget.
    func read(_ request: Request, atMost longest: Int, from sender: BodyBudget.Sender) async throws(Fault) -> [UInt8] {
        let length = request.headers[.contentLength].flatMap(Int.init)
        if let length, length > longest { throw .tooLong }
        let allowed = Self.patience + .seconds((length ?? longest) / Self.leastPerSecond)
        let began = time.uptime()
        var octets: [UInt8] = []
        do {
            for try await chunk in request.body {
                guard octets.count + chunk.readableBytes <= longest else { throw Fault.tooLong }
                guard time.uptime() - began <= allowed else { throw Fault.slow }
                guard budget.take(chunk.readableBytes, for: sender) else { throw Fault.full }
                octets += chunk.readableBytesView
            }
            return octets
        } catch {
            budget.giveBack(octets.count, of: sender)
            throw error as? Fault ?? .ended
        }
    }
}
