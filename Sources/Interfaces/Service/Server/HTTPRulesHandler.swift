import NIOCore
import NIOHTTP1

/// Keeps the rules of HTTP/1 that are lost when a request is made into the version-free form.
///
/// - A connection ends after a request that asks for its end, comes with HTTP/1.0, offers an
///   upgrade, or is a CONNECT: the parser takes what follows the last two for another protocol.
/// - The host in an absolute target goes before the one in the `Host` field (RFC 9112, 3.2.2).
/// - A client that waits for `100 Continue` before it sends a body gets it.
final class HTTPRulesHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var requestCount = 0
    private var answerCount = 0
    /// The number of the request after whose answer the connection ends.
    private var last: Int?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        requestCount += 1
        if Self.endsConnection(head) {
            // The server ends the connection by this field, in this spelling alone.
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            last = last ?? requestCount
        }
        if let authority = Self.authority(inTarget: head.uri), head.headers["Host"].count <= 1 {
            head.headers.replaceOrAdd(name: "Host", value: authority)
        }
        if requestCount == answerCount + 1, Self.wantsContinue(head) {
            let go = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where last == answerCount + 1:
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            answerCount += 1
            context.write(data, promise: promise)
        default: context.write(data, promise: promise)
        }
    }

    private static func endsConnection(_ head: HTTPRequestHead) -> Bool {
        !head.isKeepAlive || head.version.minor == 0 || head.method == .CONNECT
            || head.headers.contains(name: "Upgrade")
    }

    /// The host and port in a target such as `http://host:port/path`; `nil` for other targets.
    static func authority(inTarget target: String) -> String? {
        guard let slashes = target.utf8.firstIndex(of: UInt8(ascii: "/")),
            slashes > target.startIndex,
            target[..<slashes].hasSuffix(":"), target[slashes...].hasPrefix("//")
        else { return nil }
        return String(target[slashes...].dropFirst(2).prefix { !"/?#".contains($0) })
    }

    /// Whether the client waits before it sends a body that the service would read.
    private static func wantsContinue(_ head: HTTPRequestHead) -> Bool {
        guard head.version.minor > 0,
            head.headers["Expect"].contains(where: { $0.lowercased() == "100-continue" })
        else { return false }
        guard let length = head.headers.first(name: "Content-Length") else { return true }
        return Int(length).map { $0 <= ServiceLimits.linesByteCountMax } ?? false
    }
}
