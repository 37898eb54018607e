import NIOCore

/// Ends connections whose clients do not read what they are sent.
///
/// The server's idle timeout does not run while an answer waits to be sent, so such a connection
/// would stay for ever.
final class SlowReaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let deadline: TimeAmount
    private var alarm: Scheduled<Void>?

    init(deadline: TimeAmount = ServiceLimits.writeDeadline) { self.deadline = deadline }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { stop() } else { start(context) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func start(_ context: ChannelHandlerContext) {
        stop()
        alarm = context.eventLoop.assumeIsolated().scheduleTask(in: deadline) {
            context.close(promise: nil)
        }
    }

    private func stop() {
        alarm?.cancel()
        alarm = nil
    }
}
