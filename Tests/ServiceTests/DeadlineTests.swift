import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import Service

/// How long requests may take to arrive, on a channel whose time the tests move.
@Suite struct DeadlineTests {
    private let head = HTTPRequestPart.head(
        HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/v1/events"))
    private let drop = HTTPRequestPart.body(ByteBuffer(string: "x"))
    private let end = HTTPRequestPart.end(nil)

    private func channel() throws -> EmbeddedChannel {
        let handler = RequestDeadlineHandler(deadline: .seconds(30))
        let channel = EmbeddedChannel(handler: handler)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return channel
    }

    @Test func aBodyThatDripsIsCutOffWhenTimeIsUp() throws {
        let channel = try channel()
        try channel.writeInbound(head)
        for _ in 0..<29 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try channel.writeInbound(drop)
        }
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(999))
        try channel.throwIfErrorCaught()
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(throws: RequestTooSlow.self) { try channel.throwIfErrorCaught() }
        // The answer gets a moment to be read, then the connection ends.
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: ServiceLimits.closingDelay)
        #expect(!channel.isActive)
    }

    @Test func aRequestThatArrivedWholeHasAllTheTimeItNeeds() throws {
        let channel = try channel()
        for part in [head, drop, end] { try channel.writeInbound(part) }
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        try channel.throwIfErrorCaught()
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    @Test func theRestOfALateRequestDoesNotSaveIt() throws {
        let channel = try channel()
        try channel.writeInbound(head)
        channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        #expect(throws: RequestTooSlow.self) { try channel.throwIfErrorCaught() }
        try channel.writeInbound(drop)
        channel.embeddedEventLoop.advanceTime(by: ServiceLimits.closingDelay)
        #expect(!channel.isActive)
    }

    @Test func eachRequestOfAConnectionHasItsOwnTime() throws {
        let channel = try channel()
        for _ in 0..<5 {
            try channel.writeInbound(head)
            channel.embeddedEventLoop.advanceTime(by: .seconds(29))
            try channel.writeInbound(end)
        }
        try channel.throwIfErrorCaught()
        try channel.writeInbound(head)
        channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        #expect(throws: RequestTooSlow.self) { try channel.throwIfErrorCaught() }
    }

    @Test func whatIsPassedOnIsWhatCame() throws {
        let channel = try channel()
        for part in [head, drop, drop, end] {
            try channel.writeInbound(part)
            #expect(try channel.readInbound(as: HTTPRequestPart.self) == part)
        }
        _ = try channel.finish()
    }

    @Test func aClientThatDoesNotReadIsCutOff() throws {
        let channel = EmbeddedChannel(handler: SlowReaderHandler(deadline: .seconds(30)))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        func setWritable(_ isWritable: Bool) {
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
        }
        // Each time that it reads on, it has all the time again.
        for _ in 0..<3 {
            setWritable(false)
            channel.embeddedEventLoop.advanceTime(by: .seconds(29))
            setWritable(true)
        }
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        setWritable(false)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(29_999))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
    }

    @Test func simulationsHaveADeadlineAndAQueue() async throws {
        let late = try TestService(
            hasModel: true, simulations: SimulationQueue(deadline: .zero))
        let uri = "/v1/twins/ann/recommendations?paths=10000&horizon_days=40"
        let answer = try await late.get(uri)
        // The machine may be quicker than the alarm.
        #expect([200, 503].contains(answer.status))
        if answer.status == 503 {
            #expect(answer.isProblem)
            #expect(answer.headers[.retryAfter] == "2")
        }
        let full = try TestService(
            hasModel: true, simulations: SimulationQueue(runningMax: 0, waitingMax: 0))
        let refused = try await full.get(uri)
        #expect(refused.status == 503)
        #expect(refused.headers[.retryAfter] == "2")
        #expect(refused.string("type") == "urn:foretwin:problem:busy")
        // Other routes do not wait for simulations.
        #expect(try await full.get("/readyz").status == 200)
        #expect(try await full.get("/v1/twins/ann").status == 200)
        #expect(try await full.post(eventJSON("ann", "milk")).status == 200)
    }
}
