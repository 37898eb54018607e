import NIOCore
import NIOHTTPTypes

/// Ends requests that do not arrive whole in time.
///
/// The server's idle timeout does not see a body of which one byte comes now and then. After the
/// deadline, the reader of the body gets an error, and the connection ends soon after.
final class RequestDeadlineHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let deadline: TimeAmount
    private var alarm: Scheduled<Void>?

    init(deadline: TimeAmount) { self.deadline = deadline }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: start(context)
        case .body: break
        case .end: stop()
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func start(_ context: ChannelHandlerContext) {
        stop()
        let loop = context.eventLoop.assumeIsolated()
        alarm = loop.scheduleTask(in: deadline) {
            context.fireErrorCaught(RequestTooSlow())
            self.alarm = loop.scheduleTask(in: ServiceLimits.closingDelay) {
                context.close(promise: nil)
            }
        }
    }

    private func stop() {
        alarm?.cancel()
        alarm = nil
    }
}

/// A request did not arrive whole in time.
struct RequestTooSlow: Error {}
