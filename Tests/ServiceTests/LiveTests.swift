import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import ServiceLifecycle
import TestSupport
import Testing
import TwinStorage

@testable import Service

/// A service on a real socket.
@Suite(.timeLimit(.minutes(2))) struct LiveTests {
    @Test func eventsAndTwinsOverTheNetwork() async throws {
        let service = try TestService(hasModel: true)
        try await Self.serving(service) { port in
            let event = eventJSON("ann", "milk")
            let posted = try await Self.talk(
                "POST /v1/events", "Content-Type: application/json",
                "Content-Length: \(event.utf8.count)", body: event, port: port)
            #expect(posted.hasPrefix("HTTP/1.1 200 "), "\(posted)")
            let twin = try await Self.talk("GET /v1/twins/ann", port: port)
            #expect(twin.contains(#""event_count":1"#), "\(twin)")
            let recommended = try await Self.talk(
                "GET /v1/twins/ann/recommendations?paths=20", port: port)
            #expect(recommended.hasPrefix("HTTP/1.1 200 "), "\(recommended)")
        }
    }

    @Test func headersHaveALimit() async throws {
        let service = try TestService()
        try await Self.serving(service) { port in
            func answer(_ length: Int) async throws -> String {
                let name = "X-Large: " + String(repeating: "a", count: length)
                return try await Self.talk("GET /healthz", name, port: port)
            }
            let small = try await answer(12 << 10)
            #expect(small.hasPrefix("HTTP/1.1 200 "), "\(small)")
            // The connection may also be ended without a word.
            let large = (try? await answer(17 << 10)) ?? ""
            #expect(large.isEmpty || large.hasPrefix("HTTP/1.1 400 "), "\(large)")
            // The service lives on.
            let after = try await answer(1)
            #expect(after.hasPrefix("HTTP/1.1 200 "), "\(after)")
        }
    }

    @Test func aBodyThatDoesNotEndIsCutOff() async throws {
        let service = try TestService()
        try await Self.serving(service, requestDeadline: .milliseconds(200)) { port in
            let answer = try await Self.talk(
                "POST /v1/events", "Content-Type: application/json", "Content-Length: 1000",
                body: "{\"a\":", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            #expect(answer.contains("urn:foretwin:problem:too-slow"))
        }
        #expect(try service.store.eventCount() == 0)
    }

    @Test func anotherHostIsRefused() async throws {
        let service = try TestService()
        try await Self.serving(service) { port in
            let answer = try await Self.talk("GET /healthz", host: "evil.example", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 421 "), "\(answer)")
        }
    }

    /// Requests after which the server ends the connection, with the answer's status.
    static let lastRequests: [([String], Int)] = [
        (["GET /healthz HTTP/1.0", "Host: localhost"], 200),
        (["GET /healthz HTTP/1.0", "Host: localhost", "Connection: keep-alive"], 200),
        (["GET /healthz HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: h2c"], 200),
        (["CONNECT localhost:80 HTTP/1.1", "Host: localhost"], 404),
        (["GET /healthz HTTP/1.1", "Host: localhost", "Host: evil.example"], 400),
        (["GET /healthz HTTP/1.1", "Host: localhost", "Host: localhost"], 400),
        (["GET http://evil.example/healthz HTTP/1.0", "Host: localhost"], 421),
        (["GET http://localhost/healthz HTTP/1.0", "Host: evil.example"], 200),
    ]

    @Test(arguments: lastRequests)
    func theServerEndsTheConnection(lines: [String], status: Int) async throws {
        let service = try TestService()
        try await Self.serving(service) { port in
            let answer = try await Self.exchange(lines, port: port)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.lowercased().contains("connection: close"), "\(answer)")
        }
    }

    @Test func aClientThatAsksFirstIsToldToGoOn() async throws {
        let service = try TestService()
        try await Self.serving(service) { port in
            let event = eventJSON("ann", "milk")
            let answer = try await Self.talk(
                "POST /v1/events", "Content-Type: application/json", "Expect: 100-continue",
                "Content-Length: \(event.utf8.count)", body: event, port: port)
            #expect(
                answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "), "\(answer)")
        }
        #expect(try service.store.eventCount() == 1)
    }

    @Test func whoLeavesGivesUpTheSimulation() async throws {
        // Nothing ever runs, so that the request waits until it is given up.
        let simulations = SimulationQueue(runningMax: 0, waitingMax: 5, deadline: .seconds(600))
        let service = try TestService(hasModel: true, simulations: simulations)
        try await Self.serving(service) { port in
            let request = "GET /v1/twins/ann/recommendations HTTP/1.1\r\nHost: localhost\r\n\r\n"
            try await Self.connection(to: port).executeThenClose { _, outbound in
                try await outbound.write(ByteBuffer(string: request))
                while simulations.waitingCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
            while simulations.waitingCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func aTakenPortIsNamed() async throws {
        let service = try TestService()
        let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(taken.localAddress?.port)
        let other = try ForetwinService(
            configuration: ServiceConfiguration(
                port: port, storePath: service.folder.path, modelFolder: service.folder.path),
            store: service.store, models: service.models, logger: service.log.logger)
        let error = await #expect(throws: ServiceError.self) { try await other.run() }
        #expect(error?.code == .address)
        #expect(error?.description.contains("127.0.0.1:\(port)") == true)
        try await taken.close()
    }

    /// Serves on a port of its own while `use` runs.
    private static func serving(
        _ service: TestService, requestDeadline: TimeAmount = ServiceLimits.requestDeadline,
        _ use: (Int) async throws -> Void
    ) async throws {
        let (ports, running) = AsyncStream.makeStream(of: Int?.self)
        let application = service.service.application(requestDeadline: requestDeadline) {
            running.yield($0.localAddress?.port)
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [application], logger: service.log.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { running.finish() }
                try await group.run()
            }
            let port = await ports.first { _ in true } ?? nil
            let result: Result<Void, any Error>
            do {
                result = .success(try await use(try #require(port)))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    /// Sends a request and collects the answer until the server ends the connection.
    private static func talk(
        _ request: String, _ fields: String..., host: String = "localhost", body: String = "",
        port: Int
    ) async throws -> String {
        let lines = ["\(request) HTTP/1.1", "Host: \(host)", "Connection: close"] + fields
        return try await exchange(lines, body: body, port: port)
    }

    /// Sends lines and a body, and collects what comes until the server ends the connection.
    private static func exchange(
        _ lines: [String], body: String = "", port: Int
    ) async throws -> String {
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + body
        return try await connection(to: port).executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ""
            for try await part in inbound { answer += String(buffer: part) }
            return answer
        }
    }

    private static func connection(
        to port: Int
    ) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
    }
}
