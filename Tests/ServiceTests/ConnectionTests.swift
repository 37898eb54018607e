import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import Testing

@testable import Service

/// What the service does on connections, on channels without a network.
@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    /// Ends channels that may have ended already.
    private func finish(_ channels: EmbeddedChannel...) {
        for channel in channels { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    // MARK: Rules of HTTP/1

    private func head(
        _ method: HTTPMethod = .GET, _ target: String = "/healthz",
        version: HTTPVersion = .http1_1, _ fields: (String, String)...
    ) -> HTTPServerRequestPart {
        .head(
            HTTPRequestHead(
                version: version, method: method, uri: target,
                headers: HTTPHeaders([("Host", "localhost")] + fields)))
    }

    /// The request as the server gets it, and the answer as the client does.
    private func exchange(
        _ request: HTTPServerRequestPart
    ) throws -> (request: HTTPHeaders, answer: HTTPHeaders) {
        let channel = EmbeddedChannel(handler: HTTPRulesHandler())
        defer { finish(channel) }
        try channel.writeInbound(request)
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
        guard case .head(let seen)? = try channel.readInbound(as: HTTPServerRequestPart.self) else {
            Issue.record("The request did not arrive.")
            return ([:], [:])
        }
        _ = try channel.readInbound(as: HTTPServerRequestPart.self)
        try channel.writeOutbound(
            HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok)))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
        guard case .head(let sent)? = try channel.readOutbound(as: HTTPServerResponsePart.self)
        else {
            Issue.record("There is no answer.")
            return (seen.headers, [:])
        }
        _ = try channel.readOutbound(as: HTTPServerResponsePart.self)
        return (seen.headers, sent.headers)
    }

    @Test func someRequestsAreTheLastOfTheirConnection() throws {
        let last: [HTTPServerRequestPart] = [
            head(.CONNECT, "localhost:80"), head(version: .http1_0),
            head(version: .http1_0, ("Connection", "keep-alive")),
            head(.GET, "/healthz", ("Connection", "Upgrade"), ("Upgrade", "h2c")),
            head(.GET, "/healthz", ("connection", "Close")),
        ]
        for request in last {
            let (seen, sent) = try exchange(request)
            #expect(seen["Connection"] == ["close"])
            #expect(sent["Connection"] == ["close"])
        }
        let (seen, sent) = try exchange(head())
        #expect(seen["Connection"].isEmpty)
        #expect(sent["Connection"].isEmpty)
    }

    @Test func onlyTheLastOfSeveralAnswersEndsTheConnection() throws {
        let channel = EmbeddedChannel(handler: HTTPRulesHandler())
        defer { finish(channel) }
        for request in [head(), head(), head(.GET, "/", ("Connection", "close"))] {
            try channel.writeInbound(request)
            try channel.writeInbound(HTTPServerRequestPart.end(nil))
        }
        var closing: [Bool] = []
        for _ in 0..<3 {
            try channel.writeOutbound(
                HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok)))
            try channel.writeOutbound(HTTPServerResponsePart.end(nil))
            guard case .head(let sent)? = try channel.readOutbound(as: HTTPServerResponsePart.self)
            else { continue }
            closing.append(sent.headers["Connection"] == ["close"])
            _ = try channel.readOutbound(as: HTTPServerResponsePart.self)
        }
        #expect(closing == [false, false, true])
    }

    @Test(arguments: [
        ("http://evil.example/healthz", "evil.example"), ("HTTP://evil.example", "evil.example"),
        ("http://evil.example:80?x=/", "evil.example:80"), ("ftp://a@evil/x", "a@evil"),
        ("/healthz", nil), ("/a?b=http://evil.example/", nil), ("*", nil), ("localhost:80", nil),
        ("http:/healthz", nil), ("//evil.example/", nil), ("", nil), ("http:///healthz", ""),
    ])
    func theHostOfAnAbsoluteTargetCounts(target: String, authority: String?) throws {
        #expect(HTTPRulesHandler.authority(inTarget: target) == authority)
        let (seen, _) = try exchange(head(.GET, target))
        #expect(seen["Host"] == [authority ?? "localhost"])
    }

    @Test func aClientThatAsksFirstIsToldToGoOn() throws {
        func told(_ request: HTTPServerRequestPart) throws -> Bool {
            let channel = EmbeddedChannel(handler: HTTPRulesHandler())
            defer { finish(channel) }
            try channel.writeInbound(request)
            guard case .head(let head)? = try channel.readOutbound(as: HTTPServerResponsePart.self)
            else { return false }
            return head.status == .continue
        }
        let expect = ("Expect", "100-Continue")
        #expect(try told(head(.POST, "/v1/events", expect, ("Content-Length", "2000000"))))
        #expect(try told(head(.POST, "/v1/events", expect, ("Transfer-Encoding", "chunked"))))
        #expect(try !told(head(.POST, "/v1/events", expect, ("Content-Length", "20000000"))))
        #expect(try !told(head(.POST, "/v1/events", version: .http1_0, expect)))
        #expect(try !told(head(.POST, "/v1/events", ("Content-Length", "5"))))
    }

    // MARK: Quiet connections and clients that leave

    private let request = HTTPRequestPart.head(
        HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/"))

    private func connect(_ connections: Connections, _ held: HeldBytes) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(
            handler: ConnectionHandler(connections: connections, held: held))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return channel
    }

    @Test func theConnectionThatIsQuietLongestMakesRoom() throws {
        let connections = Connections(quietCountMax: 3)
        let held = HeldBytes()
        let first = try connect(connections, held)
        let second = try connect(connections, held)
        let third = try connect(connections, held)
        // The first one has something to do.
        try first.writeInbound(request)
        #expect(connections.count == 3)
        let fourth = try connect(connections, held)
        #expect(first.isActive && !second.isActive && third.isActive && fourth.isActive)
        // Now it is the one that became quiet last.
        try first.writeOutbound(HTTPResponsePart.end(nil))
        let fifth = try connect(connections, held)
        #expect(first.isActive && !third.isActive && fourth.isActive && fifth.isActive)
        #expect(connections.count == 3)
        finish(first, second, third, fourth, fifth)
        #expect(connections.count == 0)
    }

    @Test func whenAllHaveSomethingToDoNoneIsEnded() throws {
        let connections = Connections(quietCountMax: 2)
        let held = HeldBytes()
        let channels = try (0..<4).map { _ in
            let channel = try connect(connections, held)
            try channel.writeInbound(request)
            return channel
        }
        #expect(channels.allSatisfy { $0.isActive })
        #expect(connections.count == 4)
        // One that got a request after it was chosen stays, and is counted on.
        channels[0].pipeline.triggerUserOutboundEvent(CloseIfQuiet(), promise: nil)
        #expect(channels[0].isActive)
        #expect(connections[channels[0]] != nil)
        for channel in channels { finish(channel) }
        #expect(connections.count == 0)
    }

    @Test func bytesOfAnswersAreHeldUntilTheyAreSent() throws {
        let held = HeldBytes()
        let channel = try connect(Connections(), held)
        channel.write(HTTPResponsePart.body(ByteBuffer(string: "12345")), promise: nil)
        #expect(held.current == 5)
        channel.flush()
        #expect(held.current == 0)
        finish(channel)
    }

    @Test func workEndsWhenTheClientLeaves() async throws {
        let connection = Connection(NIOAsyncTestingChannel())
        let hasBegun = NIOLockedValueBox(false)
        let work = Task {
            try await connection.whileClientStays {
                hasBegun.withLockedValue { $0 = true }
                try await Task.sleep(for: .seconds(1_000_000))
            }
        }
        while !hasBegun.withLockedValue({ $0 }) { await Task.yield() }
        connection.leave()
        await #expect(throws: CancellationError.self) { try await work.value }
        // Later work is not begun for nothing.
        await #expect(throws: CancellationError.self) {
            try await connection.whileClientStays { try await Task.sleep(for: .seconds(1_000_000)) }
        }
        let other = Connection(NIOAsyncTestingChannel())
        #expect(try await other.whileClientStays { 5 } == 5)
    }

    @Test func theEndOfTheClientsSideIsItsLeaving() throws {
        for event in [true, false] {
            let connections = Connections()
            let channel = try connect(connections, HeldBytes())
            let connection = try #require(connections[channel])
            let hasLeft = NIOLockedValueBox(false)
            connection.onDeparture { hasLeft.withLockedValue { $0 = true } }
            defer { finish(channel) }
            if event {
                channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            } else {
                _ = try channel.finish()
            }
            #expect(hasLeft.withLockedValue { $0 })
        }
    }
}
