import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import Testing
import Twins

@testable import Service

/// A service on a real socket.
@Suite(.timeLimit(.minutes(2))) struct LiveTests {
    @Test func eventsAndTwinsOverTheNetwork() async throws {
        let service = try TestService(hasModel: true)
        try await service.service.application().test(.live) { client in
            let posted = try await client.execute(
                uri: "/v1/events", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(string: eventJSON("ann", "milk")))
            #expect(posted.status == .ok)
            let twin = Answer(
                try await client.executeRequest(
                    uri: "/v1/twins/ann", method: .get, headers: [:], body: nil))
            #expect(twin.integer("event_count") == 1)
            let recommended = try await client.execute(
                uri: "/v1/twins/ann/recommendations?paths=20", method: .get)
            #expect(recommended.status == .ok)
        }
    }

    @Test func headersHaveALimit() async throws {
        let service = try TestService()
        let name = try #require(HTTPField.Name("X-Large"))
        try await service.service.application().test(.live) { client in
            let small = try await client.execute(
                uri: "/healthz", method: .get,
                headers: [name: String(repeating: "a", count: 12 << 10)])
            #expect(small.status == .ok)
            let large = try? await client.execute(
                uri: "/healthz", method: .get,
                headers: [name: String(repeating: "a", count: 17 << 10)])
            #expect(large.map { $0.status == .badRequest } ?? true)
        }
        // The service lives on.
        #expect(try await service.get("/healthz").status == 200)
    }

    @Test func aBodyThatDoesNotEndIsCutOff() async throws {
        let service = try TestService()
        let application = service.service.application(requestDeadline: .milliseconds(200))
        try await application.test(.live) { client in
            let port = try #require(client.port)
            let head =
                "POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"a\":"
            let answer = try await Self.talk(head, port: port)
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            #expect(answer.contains("urn:foretwin:problem:too-slow"))
        }
        #expect(try service.store.eventCount() == 0)
    }

    @Test func anotherHostIsRefused() async throws {
        let service = try TestService()
        try await service.service.application().test(.live) { client in
            let port = try #require(client.port)
            let answer = try await Self.talk(
                "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
                port: port)
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

    /// Sends bytes and collects the answer until the server ends the connection.
    private static func talk(_ request: String, port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var answer = ""
            for try await part in inbound { answer += String(buffer: part) }
            return answer
        }
    }
}
