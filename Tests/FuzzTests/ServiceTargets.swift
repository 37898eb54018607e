import Foundation
import HTTPTypes
import Hummingbird

@testable import Service

/// What clients of the HTTP service send beside bodies.
///
/// `tools/fuzz` does not run these targets: its builds have no server.
extension FuzzTarget {
    static let serviceTargets = [
        FuzzTarget(
            name: "query",
            seeds: [
                "n=10&offset=0&horizon_days=28.5&seed=7&as_of=2026-03-01&surprise=never",
                "n=9223372036854775807", "flag=true&n=-1&seed=18446744073709551615",
            ].map { Array($0.utf8) }
        ) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let head = HTTPRequest(
                method: .get, scheme: "http", authority: "localhost", path: "/v1?\(text)")
            let request = Request(head: head, body: RequestBody(buffer: .init()))
            _ = try reading({ $0 is Problem }) {
                let allowed: Set = [
                    "n", "offset", "horizon_days", "seed", "as_of", "surprise", "flag",
                ]
                let query = try QueryParameters(request, allowed: allowed)
                let count = try query.integer("n", in: 1...200, default: 10)
                try promise((1...200).contains(count), "n is out of its range")
                let days = try query.number("horizon_days", in: 0.01...366, default: 28)
                try promise((0.01...366).contains(days), "horizon_days is out of its range")
                _ = try query.integer("offset", in: 0...10_000, default: 0)
                _ = try query.seed("seed", default: 7)
                _ = try query.flag("flag", default: false)
                _ = try query.time("as_of")
            }
        },
        FuzzTarget(
            name: "host",
            seeds: ["localhost:8080", "[::1]:80", "127.0.0.1"].map { Array($0.utf8) }
        ) { bytes in
            _ = RequestGuard.host(String(decoding: bytes, as: UTF8.self))
        },
    ]
}
