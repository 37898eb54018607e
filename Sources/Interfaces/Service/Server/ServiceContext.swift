import Hummingbird
import NIOCore

/// What the service knows of a request beside the request itself.
struct ServiceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Ends the connection soon, however much of the request is still to come.
    func closeConnection() {
        let channel = channel
        channel.eventLoop.scheduleTask(in: ServiceLimits.closingDelay) {
            channel.close(promise: nil)
        }
    }
}
