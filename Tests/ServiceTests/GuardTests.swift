import Foundation
import HTTPTypes
import Hummingbird
import LMDB
import NIOConcurrencyHelpers
import PropertyGraph
import ServiceLifecycle
import TestSupport
import Testing
import TwinStorage

@testable import Service

/// What every request and answer has: headers, log lines, problems without secrets.
@Suite struct GuardTests {
    @Test func everyAnswerHasTheSecurityHeaders() async throws {
        let service = try TestService()
        let referrer = try #require(HTTPField.Name("Referrer-Policy"))
        for uri in ["/healthz", "/readyz", "/nowhere", "/v1/twins/ann", "/v1/events"] {
            let answer = try await service.get(uri)
            #expect(answer.headers[.xContentTypeOptions] == "nosniff", "\(uri)")
            #expect(answer.headers[.cacheControl] == "no-store", "\(uri)")
            #expect(
                answer.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
            #expect(answer.headers[referrer] == "no-referrer", "\(uri)")
        }
    }

    @Test(arguments: [
        "/", "", "/v1", "/v1/event", "/v1/twins", "/v1/twins/a/b", "/v1/twins/a/recommendations/x",
        "/V1/events", "/../../etc/passwd", "/%2e%2e/", "/v2/events", "*", "//",
    ])
    func thereIsNothingElsewhere(uri: String) async throws {
        let service = try TestService()
        let answer = try await service.get(uri)
        #expect(answer.status == 404)
        #expect(answer.isProblem)
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/v1/events", "POST"), (.put, "/v1/events", "POST"),
        (.delete, "/v1/twins/ann", "GET, HEAD"), (.post, "/v1/twins/ann", "GET, HEAD"),
        (.post, "/v1/twins/ann/recommendations", "GET, HEAD"), (.patch, "/readyz", "GET, HEAD"),
        (.post, "/healthz", "GET, HEAD"), (.options, "/healthz", "GET, HEAD"),
        (.trace, "/readyz", "GET, HEAD"), (.options, "/v1/events", "POST"),
        (.trace, "/v1/twins/ann", "GET, HEAD"),
        (.connect, "/v1/twins/ann/recommendations", "GET, HEAD"),
    ])
    func otherMethodsAreNamedAsSuch(
        method: HTTPRequest.Method, uri: String, allowed: String
    ) async throws {
        let service = try TestService()
        let answer = try await service.send(method, uri)
        #expect(answer.status == 405)
        #expect(answer.headers[.allow] == allowed)
        #expect(answer.isProblem)
    }

    @Test func pagesOfOtherSitesAreRefused() async throws {
        let service = try TestService()
        let field = try #require(HTTPField.Name("Sec-Fetch-Site"))
        for (site, status) in [("cross-site", 403), ("same-origin", 200), ("none", 200)] {
            let answer = try await service.send(
                .get, "/healthz", headers: [field: site], bytes: nil)
            #expect(answer.status == status, "\(site)")
        }
    }

    @Test func ambiguousRequestsAreRefused() async throws {
        let service = try TestService()
        let host = try #require(HTTPField.Name("Host"))
        // The first line is the authority, so this is a second one.
        let twice = try await service.send(
            .get, "/healthz", headers: [host: "localhost"], bytes: nil)
        #expect(twice.status == 400)
        #expect(twice.headers[.connection] == "close")
        for coding in ["gzip, chunked", "gzip", "identity", "chunked, chunked"] {
            let answer = try await service.send(
                .post, "/v1/events",
                headers: [.transferEncoding: coding, .contentType: "application/json"],
                bytes: Array(eventJSON("ann", "milk").utf8))
            #expect(answer.status == 501, "\(coding)")
            #expect(answer.headers[.connection] == "close")
        }
        #expect(try service.store.eventCount() == 0)
    }

    /// Asks when the service has been told to end.
    private struct LateQuestion: Service {
        let begun: AsyncStream<Void>.Continuation
        let ask: @Sendable () async throws -> Void

        func run() async throws {
            begun.finish()
            try await gracefulShutdown()
            try await ask()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aServiceThatEndsIsNotReadyAndClosesConnections() async throws {
        let service = try TestService(hasModel: true)
        let answers = NIOLockedValueBox<[Answer]>([])
        let (beginning, begun) = AsyncStream.makeStream(of: Void.self)
        let question = LateQuestion(begun: begun) {
            for uri in ["/readyz", "/healthz"] {
                let answer = try await service.get(uri)
                answers.withLockedValue { $0.append(answer) }
            }
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [question], logger: service.log.logger))
        async let running: Void = group.run()
        for await _ in beginning {}
        await group.triggerGracefulShutdown()
        try await running
        let found = answers.withLockedValue { $0 }
        #expect(found.map(\.status) == [503, 200])
        #expect(found.allSatisfy { $0.headers[.connection] == "close" })
    }

    @Test(.timeLimit(.minutes(1)))
    func anEndThatTakesTooLongIsNoticed() async throws {
        let (overtime, over) = AsyncStream.makeStream(of: Void.self)
        let (beginning, begun) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    LateQuestion(begun: begun) { for await _ in overtime {} },
                    // The last one is the first to be told of the end.
                    Overtime(action: { over.finish() }, seconds: 0.01),
                ], logger: LogRecorder().logger))
        async let running: Void = group.run()
        for await _ in beginning {}
        await group.triggerGracefulShutdown()
        try await running
    }

    @Test func headIsGetWithoutTheBody() async throws {
        let service = try TestService()
        let get = try await service.get("/healthz")
        #expect(get.text == #"{"status":"ok"}"#)
        let head = try await service.send(.head, "/healthz")
        #expect(head.status == 200)
        #expect(head.text.isEmpty)
        #expect(try await service.send(.head, "/readyz").text.isEmpty)
    }

    @Test func theURIHasALimit() async throws {
        let service = try TestService.shared.get()
        let limit = ServiceLimits.uriByteCountMax
        let path = "/healthz?"
        let full = path + String(repeating: "a", count: limit - path.utf8.count)
        #expect(try await service.get(full).status == 200)
        #expect(try await service.get(full + "a").status == 414)
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST:8080", true), ("127.0.0.1", true), ("127.0.0.1:80", true),
        ("[::1]", true), ("[::1]:8080", true), ("evil.example", false), ("", false), (nil, false),
        ("127.0.0.1.evil.example", false), ("localhost.evil.example:8080", false), ("[::2]", false),
        ("[", false), (":80", false), ("10.0.0.1", false), ("[127.0.0.1]evil.com", false),
        ("[127.0.0.1]", false), ("[::1]evil.com", false), ("[::1]:80.evil.com", false),
        ("localhost:80.evil.com", false), ("localhost:evil", false), ("[::1", false),
        ("user@localhost", false), ("localhost:", true),
    ])
    func onlyThisMachineIsServedUnlessAllowed(host: String?, isServed: Bool) throws {
        let hosts: Set = ["localhost", "127.0.0.1", "::1"]
        let name = RequestGuard.host(host)
        #expect(name.map(hosts.contains) ?? false == isServed)
    }

    @Test func theLogTellsRoutesAndNeverPaths() async throws {
        let service = try TestService()
        let canary = "canary-4711@example.com"
        _ = try await service.post(eventJSON(canary, canary, id: canary))
        _ = try await service.post("{\"user_id\":\"\(canary)\"}")
        _ = try await service.post("{\"user_id\":\"\(canary)")
        for uri in [
            "/v1/twins/\(canary)", "/v1/twins/\(canary)?email=\(canary)", "/\(canary)",
            "/v1/twins/\(canary)/recommendations",
            "/v1/twins/\(canary)/recommendations?n=\(canary)",
            "/v1/twins/\(canary)%00", "/v1/twins/\(canary)/recommendations?\(canary)=1",
        ] {
            let answer = try await service.get(uri)
            #expect(!answer.text.contains("canary-4711") || answer.status == 200, "\(uri)")
            if answer.status != 200 { #expect(answer.isProblem, "\(uri)") }
        }
        let odd = try #require(HTTPRequest.Method("CANARY-4711"))
        #expect(try await service.send(odd, "/healthz").status == 405)
        let log = service.log.lines
        #expect(log.count { $0.contains(" request ") || $0.hasPrefix("info request") } == 11)
        #expect(!log.contains { $0.lowercased().contains("canary-4711") }, "\(log)")
        #expect(log.contains { $0.contains("route=/v1/twins/{id} ") && $0.contains("status=200") })
        #expect(log.allSatisfy { !$0.hasPrefix("info request") || $0.contains("request_id=") })
        #expect(log.contains { $0.contains("method=POST") && $0.contains("ms=") })
    }

    @Test func whatIsUnforeseenIsLoggedAndNotTold() async throws {
        let service = try TestService()
        #expect(try await service.post(eventJSON("ann", "milk")).status == 200)
        service.store.graph.environment.close()
        for answer in [
            try await service.get("/v1/twins/ann"),
            try await service.post(eventJSON("ann", "milk", id: "2")),
        ] {
            #expect(answer.status == 500)
            #expect(answer.isProblem)
            #expect(!answer.text.contains("LMDB"))
            #expect(!answer.text.contains(service.folder.path))
            let id = try #require(answer.string("request_id"))
            #expect(
                service.log.lines.contains {
                    $0.hasPrefix("error request failed") && $0.contains(id)
                })
        }
    }
}

@Suite struct ServiceConfigurationTests {
    private func configuration(_ host: String, remote: Bool = false) -> ServiceConfiguration {
        ServiceConfiguration(host: host, storePath: "s", modelFolder: "m", allowRemote: remote)
    }

    @Test(arguments: ["127.0.0.1", "localhost", "::1", "127.255.0.9"])
    func thisMachineMayBeServed(host: String) throws {
        try configuration(host).validate()
    }

    @Test(arguments: [
        "0.0.0.0", "::", "10.0.0.1", "example.com", "127.0.0.1.evil.example", "127.0.0", "127.1",
        "127.0.0.256", "127.0.0.+1", "128.0.0.1", "localhost.example", "127.0.0.",
    ])
    func otherMachinesNeedConsent(host: String) throws {
        let error = #expect(throws: ServiceError.self) { try configuration(host).validate() }
        #expect(error?.code == .remoteAddress)
        #expect(error?.description.contains("no API keys") == true)
        try configuration(host, remote: true).validate()
    }

    @Test func settingsHaveRanges() throws {
        #expect(throws: ServiceError.self) { try configuration("").validate() }
        for (port, isGood) in [(-1, false), (0, true), (65_535, true), (65_536, false)] {
            var settings = configuration("localhost")
            settings.port = port
            #expect(((try? settings.validate()) != nil) == isGood)
        }
        for (rate, isGood) in [(-0.01, false), (0, true), (1, true), (1.01, false), (.nan, false)] {
            var settings = configuration("localhost")
            settings.surpriseRate = rate
            #expect(((try? settings.validate()) != nil) == isGood)
        }
    }
}
