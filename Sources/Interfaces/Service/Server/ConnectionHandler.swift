import NIOCore
import NIOHTTPTypes

/// Tells the rest of the service what happens on a connection: requests and answers, the client's
/// leaving, and the bytes of answers that are not sent yet.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: Connections
    private let held: HeldBytes
    private var connection: Connection?

    init(connections: Connections, held: HeldBytes) {
        self.connections = connections
        self.held = held
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connection = connections.open(context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        guard let connection else { return }
        connection.leave()
        connections.close(connection)
        self.connection = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { connection?.begin() }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that ends its side before the answer does not differ from one that went away.
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { connection?.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection?.leave()
        context.fireChannelInactive()
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        switch unwrapOutboundIn(data) {
        case .head: context.write(data, promise: promise)
        case .body(let buffer):
            let count = buffer.readableBytes
            let held = held
            let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
            held.add(count)
            promise.futureResult.whenComplete { _ in held.giveBack(count) }
            context.write(data, promise: promise)
        case .end:
            connection?.end()
            context.write(data, promise: promise)
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is CloseIfQuiet else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        if let connection, connection.quietSince == nil {
            connections.keep(connection)
        } else {
            context.close(promise: nil)
        }
        promise?.succeed()
    }
}
