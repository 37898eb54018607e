import ArgumentParser
import Foundation
import PropertyGraph
import Shop
import Time
import TwinStorage

/// Durable ingest of events into twins, in batches of a thousand.
struct BenchIngest {
    let store: TwinStore
    let stream: BenchEvents
    let places: Range<Int>

    private static let batch = 1000

    private func batches() -> [[Event]] { batches(of: places) }

    private func batches(of places: Range<Int>) -> [[Event]] {
        stride(from: places.lowerBound, to: places.upperBound, by: Self.batch).map { start in
            (start..<min(places.upperBound, start + Self.batch)).map { stream[$0] }
        }
    }

    /// Takes the events in and settles them, and prints how long that took.
    func measure() throws {
        let batches = batches()
        let before = try store.graph.lastTransactionID
        let clock = ContinuousClock()
        let start = clock.now
        var pipeline = AppendPipeline(into: store)
        for batch in batches { try pipeline.append(batch) }
        try pipeline.finish()
        let appended = clock.now
        try store.settle()
        let end = clock.now
        let after = try store.graph.lastTransactionID
        try BenchCommand.print([
            "phase": "ingest", "events": places.count, "seconds": (end - start) / .seconds(1),
            "append_seconds": (appended - start) / .seconds(1), "batches": after - before,
            "half_life_ms": BenchEvents.halfLifeSeconds * 1000,
        ])
    }

    /// Takes the events in without a break, and prints how long each million took, and then how
    /// long it took to settle what waited.
    func grow() throws {
        let clock = ContinuousClock()
        var pipeline = AppendPipeline(into: store)
        func report(_ phase: String, _ done: Int, since start: ContinuousClock.Instant) throws {
            try BenchCommand.print([
                "phase": phase, "events": done, "seconds": (clock.now - start) / .seconds(1),
            ])
        }
        for first in stride(from: places.lowerBound, to: places.upperBound, by: Self.million) {
            let part = first..<min(places.upperBound, first + Self.million)
            let batches = batches(of: part)
            let start = clock.now
            for batch in batches { try pipeline.append(batch) }
            if part.upperBound == places.upperBound { try pipeline.finish() }
            try report("grow", part.count, since: start)
        }
        let start = clock.now
        let waiting = try store.pendingCount()
        try store.settle()
        try report("settle", waiting, since: start)
    }

    private static let million = 1_000_000

    /// Writes the events as a file that `foretwin ingest` reads.
    func write(eventsTo path: String) throws {
        var text = "event_id,user_id,item_id,type,timestamp,session_id,city,quantity,price\n"
        for place in places {
            let event = stream[place]
            let fields = [
                event.eventID ?? "", event.userID, event.itemID ?? "", event.type.name,
                "\(event.timestamp.rawValue)", event.sessionID ?? "", event.city ?? "",
                event.quantity.map { "\($0)" } ?? "", event.price.map { "\($0)" } ?? "",
            ]
            text += fields.joined(separator: ",") + "\n"
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Takes the events in and writes, batch by batch, what changed in the store.
    func write(upsertsTo path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw ValidationError("\(path) cannot be written.")
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        var known: [GraphID: [EdgeKey: Edge]] = [:]
        for batch in batches() {
            _ = try store.append(batch)
            try store.settle()
            var upserts = Upserts()
            for user in Set(batch.map(\.userID)).sorted() {
                guard let graph = try store.twinGraph(userID: user) else { continue }
                try add(graph, batch, &known, &upserts)
            }
            try file.write(contentsOf: try upserts.json() + Data("\n".utf8))
        }
        try file.close()
        try BenchCommand.print([
            "phase": "ingest", "events": places.count, "seconds": 0, "batches": 0,
            "half_life_ms": BenchEvents.halfLifeSeconds * 1000,
        ])
    }

    private struct EdgeKey: Hashable {
        var source: NodeID
        var type: EdgeType
        var target: NodeID
    }

    private struct Upserts {
        var log: [[Any]] = []
        var ids: [[Any]] = []
        var nodes: [[Any]] = []
        var twins: [[Any]] = []
        var edges: [[Any]] = []

        func json() throws -> Data {
            try JSONSerialization.data(withJSONObject: [
                "log": log, "ids": ids, "nodes": nodes, "twins": twins, "edges": edges,
            ])
        }
    }

    /// Adds what a batch changed in one twin.
    private func add(
        _ graph: GraphID, _ batch: [Event], _ known: inout [GraphID: [EdgeKey: Edge]],
        _ upserts: inout Upserts
    ) throws {
        let twin = try store.graph.loadGraph(graph)
        let number = Int64(bitPattern: graph.rawValue)
        let oldest = batch.map(\.timestamp).min() ?? Timestamp(rawValue: .min)
        try addEvents(graph, from: oldest, &upserts)
        var nodes: Set<NodeID> = []
        var before = known[graph] ?? [:]
        for edge in twin.edges {
            let key = EdgeKey(source: edge.source, type: edge.type, target: edge.target)
            let old = before[key]
            guard old != edge else { continue }
            let faded =
                old?.weight(at: edge.last, halfLifeSeconds: BenchEvents.halfLifeSeconds) ?? 0
            upserts.edges.append([
                number, Int64(bitPattern: edge.source.rawValue),
                BenchReads.number(of: edge.type), Int64(bitPattern: edge.target.rawValue),
                edge.weight - faded, Int64(edge.count) - Int64(old?.count ?? 0),
                old == nil ? edge.first.rawValue : oldest.rawValue, edge.last.rawValue,
            ])
            nodes.formUnion([edge.source, edge.target])
            before[key] = edge
        }
        known[graph] = before
        try store.graph.read { transaction in
            for node in nodes.sorted() {
                upserts.nodes.append([
                    number, Int64(bitPattern: node.rawValue),
                    store.graph.label(of: node)?.rawValue ?? "",
                    try store.graph.externalID(of: node, in: transaction) ?? "",
                ])
            }
        }
    }

    private func addEvents(
        _ graph: GraphID, from oldest: Timestamp, _ upserts: inout Upserts
    ) throws {
        let number = Int64(bitPattern: graph.rawValue)
        var count = 0
        var last = oldest
        for (time, tieBreak, record) in try store.storedEvents(of: graph, since: oldest) {
            let hex = record.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            upserts.log.append([number, time.rawValue, Int64(bitPattern: tieBreak), hex])
            upserts.ids.append([number, Int64(bitPattern: tieBreak), time.rawValue])
            last = max(last, time)
            count += 1
        }
        upserts.twins.append([number, last.rawValue, count])
    }
}
