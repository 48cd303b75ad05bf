internal import Hummingbird
internal import NIOCore
internal import PlenaryCore

/// What is known of a request beside what it says: where it comes from.
struct WebContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }

    /// The other end of the connection.
    var peer: IPAddress? { remoteAddress?.ipAddress.flatMap { IPAddress($0) } }
}
