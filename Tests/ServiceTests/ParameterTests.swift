import Foundation
import HTTPTypes
import Testing
import TwinStorage

@testable import Service

/// The parameters of recommendations at and beyond their bounds, and other paths' lack of any.
@Suite struct ParameterTests {
    private static let path = "/v1/twins/nobody/recommendations"

    @Test(arguments: [
        "n=1", "n=200", "n=%31%30", "n=+7", "offset=0", "offset=9800", "n=200&offset=9800",
        "horizon_days=0.01", "horizon_days=366", "horizon_days=1e1", "paths=1", "seed=0",
        "seed=18446744073709551615", "embeddings=true", "embeddings=false", "preferences=true",
        "preferences=false", "surprise=auto", "surprise=always", "surprise=never",
        "as_of=1900-01-01", "as_of=2200-01-01", "as_of=2026-03-01T12:00:00+01:00",
        "horizon_days=%2B5", "paths=3&horizon_days=366", "as_of=1771581600",
        "as_of=2026-03-01T12:00:00%2B01:00", "", "&",
    ])
    func valuesWithinTheBoundsAreTaken(query: String) async throws {
        let paths = query.contains("paths") ? "" : "&paths=2"
        let service = try TestService.shared.get()
        let answer = try await service.get("\(Self.path)?\(query)\(paths)")
        #expect(answer.status == 200, "\(query): \(answer.text.prefix(300))")
    }

    /// Values out of range for a parameter, with part of what the answer says.
    static let outOfRange: [(String, String)] = [
        ("n=0", "1 to 200"), ("n=201", "1 to 200"), ("n=-1", "1 to 200"),
        ("n=9223372036854775807", "1 to 200"), ("n=9223372036854775808", "1 to 200"),
        ("n=-9223372036854775808", "1 to 200"), ("n=-99999999999999999999", "1 to 200"),
        ("offset=-1", "0 to 9800"), ("offset=9801", "0 to 9800"),
        ("offset=9223372036854775807", "0 to 9800"), ("paths=0", "1 to 10000"),
        ("paths=10001", "1 to 10000"), ("paths=9223372036854775807", "1 to 10000"),
        ("horizon_days=0", "0.01 to 366"), ("horizon_days=-1", "0.01 to 366"),
        ("horizon_days=366.001", "0.01 to 366"), ("horizon_days=1e308", "0.01 to 366"),
        ("horizon_days=nan", "0.01 to 366"), ("horizon_days=inf", "0.01 to 366"),
        ("horizon_days=-inf", "0.01 to 366"), ("horizon_days=1e-300", "0.01 to 366"),
        ("seed=-1", "0 to 18446744073709551615"),
        ("seed=18446744073709551616", "0 to 18446744073709551615"),
        ("as_of=1899-12-31", "1900 to 2199"), ("as_of=2200-01-02", "1900 to 2199"),
        ("as_of=9999-12-31T23:59:59Z", "1900 to 2199"),
    ]

    @Test(arguments: outOfRange)
    func valuesBeyondTheBoundsAreRefused(query: String, range: String) async throws {
        let service = try TestService.shared.get()
        let answer = try await service.get("\(Self.path)?\(query)")
        #expect(answer.status == 422, "\(query): \(answer.text)")
        try Self.check(answer, names: query, range)
    }

    static let unreadable: [(String, String)] = [
        ("n=", "1 to 200"), ("n", "1 to 200"), ("n=ten", "1 to 200"), ("n=1.5", "1 to 200"),
        ("n=1e2", "1 to 200"), ("n=0x10", "1 to 200"), ("n=%00", "1 to 200"),
        ("n=%ff", "1 to 200"), ("n=%", "1 to 200"), ("n=1%202", "1 to 200"), ("n=٣", "1 to 200"),
        ("n=\(String(repeating: "x", count: 4000))", "1 to 200"), ("offset=-", "0 to 9800"),
        ("paths=many", "1 to 10000"), ("horizon_days=", "0.01 to 366"),
        ("horizon_days=0x1F", "0.01 to 366"), ("horizon_days=5%00abc", "0.01 to 366"),
        ("horizon_days=%2B5%00", "0.01 to 366"), ("horizon_days=5%20", "0.01 to 366"),
        ("horizon_days=0x1p3", "0.01 to 366"), ("horizon_days=nan(1)", "0.01 to 366"),
        ("horizon_days=week", "0.01 to 366"), ("horizon_days=1,5", "0.01 to 366"),
        ("seed=x", "0 to 18446744073709551615"), ("seed=1.0", "0 to 18446744073709551615"),
        ("embeddings=1", "true or false"), ("embeddings=TRUE", "true or false"),
        ("preferences=", "true or false"), ("surprise=maybe", "auto, always, never"),
        ("surprise=", "auto, always, never"), ("as_of=", "2026-03-01T12:00:00Z"),
        ("as_of=now", "2026-03-01T12:00:00Z"), ("as_of=2026-02-30", "2026-03-01T12:00:00Z"),
        ("as_of=nan", "2026-03-01T12:00:00Z"),
    ]

    @Test(arguments: unreadable)
    func whatCannotBeReadIsRefused(query: String, wanted: String) async throws {
        let service = try TestService.shared.get()
        let answer = try await service.get("\(Self.path)?\(query)")
        #expect(answer.status == 400, "\(query): \(answer.text)")
        try Self.check(answer, names: query, wanted)
    }

    @Test(arguments: ["paths=10000&horizon_days=40.1", "horizon_days=366&paths=1093"])
    func pathsTimesDaysHaveALimit(query: String) async throws {
        let service = try TestService.shared.get()
        let answer = try await service.get("\(Self.path)?\(query)")
        #expect(answer.status == 422)
        #expect(answer.isProblem)
        let detail = try #require(answer.string("detail"))
        #expect(detail.contains("paths times horizon_days"))
        #expect(detail.contains("400000"))
    }

    private static func check(_ answer: Answer, names query: String, _ wanted: String) throws {
        #expect(answer.isProblem)
        let name = String(try #require(query.split(separator: "=").first))
        let detail = try #require(answer.string("detail"))
        #expect(detail.hasPrefix(name + " "), "\(detail)")
        #expect(detail.contains(wanted), "\(detail)")
        #expect(!answer.text.contains("nobody"))
        #expect(answer.text.utf8.count < 600)
    }

    @Test(arguments: ["n=5&n=5", "seed=1&n=5&seed=2", "n=5&n=", "horizon=7", "N=5", "=1", "?"])
    func repeatedAndUnknownParametersAreRefused(query: String) async throws {
        let service = try TestService.shared.get()
        let answer = try await service.get("\(Self.path)?paths=2&\(query)")
        #expect(answer.status == 400, "\(query): \(answer.text)")
        #expect(answer.isProblem)
    }

    @Test func otherPathsTakeNoParameters() async throws {
        let service = try TestService()
        #expect(try await service.get("/v1/twins/ann?n=5").status == 400)
        let post = try await service.send(
            .post, "/v1/events?x=1", type: "application/json", "[]")
        #expect(post.status == 400)
    }

    @Test func idsInPathsAreDecoded() async throws {
        let service = try TestService()
        let ids: [(String, String)] = [
            ("ann@example.com", "ann@example.com"), ("a/b", "a%2Fb"), ("a b", "a%20b"),
            ("Zoë", "Zo%C3%AB"), ("100%", "100%25"), ("..", "%2e%2e"), ("a?b", "a%3Fb"),
            ("recommendations", "recommendations"), ("{id}", "%7Bid%7D"), (":id", ":id"),
        ]
        for (id, path) in ids {
            #expect(try await service.post(eventJSON(id, "milk")).integer("added") == 1)
            let twin = try await service.get("/v1/twins/\(path)")
            #expect(twin.integer("event_count") == 1, "\(id)")
        }
        #expect(try service.store.twinCount() == ids.count)
    }

    @Test(arguments: [
        ("%ff", 400), ("%c3%28", 400), ("%", 400), ("%zz", 400), ("%00", 400), ("a%0ab", 400),
        ("%7f", 400), ("%ed%a0%80", 400), (String(repeating: "a", count: 257), 422),
        (String(repeating: "%C3%AB", count: 129), 422),
    ])
    func badIdsAreRefused(id: String, status: Int) async throws {
        let service = try TestService.shared.get()
        for path in ["/v1/twins/\(id)", "/v1/twins/\(id)/recommendations"] {
            let answer = try await service.get(path)
            #expect(answer.status == status, "\(id)")
            #expect(answer.isProblem)
            #expect(!answer.text.contains(id))
        }
    }

    @Test func randomQueriesNeverDoHarm() async throws {
        let service = try TestService.shared.get()
        let names = [
            "n", "offset", "horizon_days", "paths", "seed", "embeddings", "surprise", "as_of", "x",
        ]
        let values = [
            "", "0", "-1", "1", "5", "1e308", "nan", "inf", "-9223372036854775808",
            "9223372036854775807", "18446744073709551615", "%00", "%ff", "true", "auto",
            "%2e%2e%2f", "2026-01-01", "1e-5", "0x7f", "💥", "'\"<>",
        ]
        let seed: UInt64 = 20_260_301
        var state = seed
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for round in 0..<300 {
            let query = (0...draw(3)).map { _ in
                "\(names[draw(names.count)])=\(values[draw(values.count)])"
            }.joined(separator: "&")
            let answer = try await service.get("\(Self.path)?\(query)")
            #expect(
                [200, 400, 422].contains(answer.status),
                "seed \(seed), round \(round): \(query) gave \(answer.status)")
        }
    }
}
