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
    let indices: Range<Int>

    private static let batch = 1000

    private func batches() -> [[Event]] { batches(of: indices) }

    private func batches(of indices: Range<Int>) -> [[Event]] {
        stride(from: indices.lowerBound, to: indices.upperBound, by: Self.batch).map { start in
            (start..<min(indices.upperBound, start + Self.batch)).map { stream[$0] }
        }
    }

    /// Ingests and merges the events, and prints the time.
    func measure() throws {
        let batches = batches()
        let before = try store.graph.lastTransactionID
        let clock = ContinuousClock()
        let start = clock.now
        var pipeline = AppendPipeline(into: store)
        for batch in batches { try pipeline.append(batch) }
        try pipeline.finish()
        let appended = clock.now
        try store.mergeAll()
        let end = clock.now
        let after = try store.graph.lastTransactionID
        try BenchCommand.print([
            "phase": "ingest", "events": indices.count, "seconds": (end - start) / .seconds(1),
            "append_seconds": (appended - start) / .seconds(1), "batches": after - before,
            "half_life_ms": BenchEvents.halfLifeSeconds * 1000,
        ])
    }

    /// Ingests the events without a pause.
    ///
    /// Prints the time of each million events, and then the time to merge all pending events.
    func grow() throws {
        let clock = ContinuousClock()
        var pipeline = AppendPipeline(into: store)
        func report(_ phase: String, _ done: Int, since start: ContinuousClock.Instant) throws {
            try BenchCommand.print([
                "phase": phase, "events": done, "seconds": (clock.now - start) / .seconds(1),
            ])
        }
        for first in stride(from: indices.lowerBound, to: indices.upperBound, by: Self.million) {
            let part = first..<min(indices.upperBound, first + Self.million)
            let batches = batches(of: part)
            let start = clock.now
            for batch in batches { try pipeline.append(batch) }
            if part.upperBound == indices.upperBound { try pipeline.finish() }
            try report("grow", part.count, since: start)
        }
        let start = clock.now
        let waiting = try store.pendingCount()
        try store.mergeAll()
        try report("settle", waiting, since: start)
    }

    private static let million = 1_000_000

    /// Writes the events as a file for `foretwin ingest`.
    func write(eventsTo path: String) throws {
        var text = "event_id,user_id,item_id,type,timestamp,session_id,city,quantity,price\n"
        for index in indices {
            let event = stream[index]
            let fields = [
                event.eventID ?? "", event.userID, event.itemID ?? "", event.type.name,
                "\(event.timestamp.rawValue)", event.sessionID ?? "", event.city ?? "",
                event.quantity.map { "\($0)" } ?? "", event.price.map { "\($0)" } ?? "",
            ]
            text += fields.joined(separator: ",") + "\n"
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Ingests the events, and writes the changes of the store batch by batch.
    func write(upsertsTo path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw ValidationError("\(path) cannot be written.")
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        var known: [GraphID: [EdgeKey: Edge]] = [:]
        for batch in batches() {
            _ = try store.append(batch)
            try store.mergeAll()
            var upserts = Upserts()
            for user in Set(batch.map(\.userID)).sorted() {
                guard let graph = try store.twinGraph(userID: user) else { continue }
                try add(graph, batch, &known, &upserts)
            }
            try file.write(contentsOf: try upserts.json() + Data("\n".utf8))
        }
        try file.close()
        try BenchCommand.print([
            "phase": "ingest", "events": indices.count, "seconds": 0, "batches": 0,
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

    /// Adds the changes of a batch in one twin.
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
