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
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + body
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ""
            for try await part in inbound { answer += String(buffer: part) }
            return answer
        }
    }
}
