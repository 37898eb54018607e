import ArgumentParser
import Foundation
import PropertyGraph
import Shop
import Time
import TwinStorage

/// Reads of one twin with a given number of edges.
struct BenchReads {
    private let store: TwinStore
    private let graph: GraphID
    private let customer: NodeID
    private let edgeCount: Int
    private let iterations: Int
    private let decay: Decay

    private static let user = "bench-reader"

    /// Makes the twin, unless the store has it: one event a day, each with a new item.
    init(store: TwinStore, edges: Int, iterations: Int) throws {
        self.store = store
        self.iterations = max(1, iterations)
        var day = 0
        while true {
            let graph = try store.twinGraph(userID: Self.user)
            let count = try graph.map { try store.graph.loadGraph($0).edges.count } ?? 0
            if let graph, count >= edges {
                self.graph = graph
                edgeCount = count
                break
            }
            // The first event also makes edges to a part of the day and a city. Near the end,
            // events are added one by one.
            let visits = (0..<max(1, min(100, edges - count - 2))).map { visit in
                Event(
                    userID: Self.user, itemID: "reader-item-\(day + visit)", type: .view,
                    timestamp: Timestamp(seconds: 1_700_000_000 + Int64(day + visit) * 86_400),
                    city: "Wien")
            }
            day += visits.count
            _ = try store.append(visits)
            try store.mergeAll()
        }
        let twin = try store.graph.loadGraph(graph)
        guard let source = twin.edges.first?.source else {
            throw ValidationError("The twin to read has no edges.")
        }
        customer = source
        let newest = twin.edges.map(\.last).max() ?? Timestamp(rawValue: 0)
        decay = Decay(at: newest, halfLifeSeconds: BenchEvents.halfLifeSeconds)
    }

    /// The number of an edge type in the other databases.
    static func number(of type: EdgeType) -> Int {
        // A stable hash of the name; the other databases only compare the numbers.
        type.rawValue.utf8.reduce(17) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
    }

    func load() throws {
        var sum = 0
        let times = try measure { sum &+= try store.graph.loadGraph(graph).edges.count }
        let hex = String(graph.rawValue, radix: 16)
        let prefix = String(repeating: "0", count: 16 - hex.count) + hex
        try BenchCommand.print(
            times.merging([
                "phase": "load", "edges": edgeCount, "table": "graph",
                "key_prefix_hex": [prefix + "01", prefix + "02"], "sum": sum % 10,
            ]) { $1 })
    }

    func twoHop() throws {
        var count = 0
        let twin = try store.graph.loadGraph(graph)
        let times = try measure {
            var walk = Neighbourhood(
                of: customer, along: .out(), limits: TraversalLimits(depth: 2, visited: 100_000))
            count = try walk.collect(.max, in: twin).elements.count
        }
        try BenchCommand.print(times.merging(["phase": "two-hop", "nodes": count]) { $1 })
    }

    func top() throws {
        var answer: [WeightedEdge] = []
        let twin = try store.graph.loadGraph(graph)
        let times = try measure {
            answer = try twin.topEdges(10, at: customer, along: .out(), decay: decay).elements
        }
        try BenchCommand.print(
            times.merging([
                "phase": "top", "customer": Int64(bitPattern: customer.rawValue),
                "at": decay.time.rawValue, "half_life_ms": BenchEvents.halfLifeSeconds * 1000,
                "top": answer.map {
                    [
                        Int64(bitPattern: $0.edge.source.rawValue), Self.number(of: $0.edge.type),
                        Int64(bitPattern: $0.edge.target.rawValue), $0.weight,
                    ] as [Any]
                },
            ]) { $1 })
    }

    /// Writes the twin's edges for the other databases.
    func write(twinTo path: String) throws {
        var text = ""
        for edge in try store.graph.loadGraph(graph).edges {
            text +=
                "{\"source\":\(Int64(bitPattern: edge.source.rawValue)),"
                + "\"type\":\(Self.number(of: edge.type)),"
                + "\"target\":\(Int64(bitPattern: edge.target.rawValue)),"
                + "\"weight\":\(edge.weight),\"last\":\(edge.last.rawValue)}\n"
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Measures a read after a warm-up.
    private func measure(_ work: () throws -> Void) throws -> [String: Any] {
        for _ in 0..<max(1, iterations / 10) { try work() }
        let clock = ContinuousClock()
        var times: [Double] = []
        times.reserveCapacity(iterations)
        for _ in 0..<iterations {
            let start = clock.now
            try work()
            times.append((clock.now - start) / .microseconds(1))
        }
        times.sort()
        return [
            "p50_us": times[times.count / 2], "p99_us": times[times.count * 99 / 100],
        ]
    }
}
