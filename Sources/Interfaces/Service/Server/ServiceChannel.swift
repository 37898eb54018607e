import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A connection of HTTP/1 with all the limits of the service.
///
/// As Hummingbird's `HTTP1Channel`, with one handler more before requests lose their version.
struct ServiceChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    let connections: Connections
    let held: HeldBytes
    let requestDeadline: TimeAmount
    let writeDeadline: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = ServiceLimits.headerByteCountMax
            limits.maxHeaderListSize = ServiceLimits.headerByteCountMax
            limits.maxHeaderFieldCount = ServiceLimits.headerFieldCountMax
            // The server keeps pipelined requests apart and answers errors itself, and the types of
            // its header fields hold nothing that would have to be checked.
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false,
                withOutboundHeaderValidation: false, withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: limits)
            try pipeline.addHandler(HTTPRulesHandler())
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(RequestDeadlineHandler(deadline: requestDeadline))
            try pipeline.addHandler(SlowReaderHandler(deadline: writeDeadline))
            try pipeline.addHandler(ConnectionHandler(connections: connections, held: held))
            try pipeline.addHandler(
                HTTPConnectionStateHandler(
                    idleTimeout: Duration(ServiceLimits.idleTimeout), logger: logger))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value, logger: logger)
    }
}
