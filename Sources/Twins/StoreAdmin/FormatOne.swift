import Foundation
import LMDB
import PropertyGraph
import Shop
import Time
import TwinStorage

/// Format 1, and how format 2 is made from it.
///
/// Tables: `meta`, `names`, `ids` and `graph` with the keys of format 2, `log` (graph ‖ time ‖
/// tie-break → event) and `eventids` (graph ‖ tie-break → time). Values end with the CRC-32C of the
/// value alone, except those of `eventids` and of ways back. There is no journal: the number of
/// events is that of the log, and the time of the newest is a setting. Twins do not say up to where
/// they are settled.
enum FormatOne {
    private static let tables = ["meta", "names", "ids", "graph", "log", "eventids"]
    private static let eventTag: UInt8 = 16
    private static let idTag: UInt8 = 17
    private static let reverseEdge: UInt8 = 3

    /// Writes a store of format 2 into a folder.
    static func convert(
        _ store: String, into target: String, _ progress: StoreVerification.Progress
    ) throws {
        let old = try StoreFiles.openForReading(store, tables: tables, isChecksummed: false)
        defer { old.close() }
        // Made by the store itself, so that it has whatever new stores have; but without names for
        // labels and edge types, which have numbers already.
        try GraphStore(
            path: target, labels: [], edgeTypes: [], tables: ["journal"], reverseIndex: .sharedGraph
        ).environment.close()
        let new = try Environment(path: target, tables: StoreFiles.tables)
        do {
            defer { new.close() }
            for name in ["names", "ids"] {
                progress(name, 0, 1)
                try StoreFiles.copy(
                    from: old.table(name), of: old, to: new.table(name), of: new
                ) { ($0, try value($1)) }
            }
            try copyMeta(old, new)
            try copyGraphs(old, new, progress)
            try writeJournal(old, new)
        }
        try markMerged(target, progress)
    }

    /// A value without its checksum, which must fit.
    private static func value(_ stored: RawSpan) throws -> [UInt8] {
        try ByteReader.reading(stored) { reader in
            guard reader.remaining >= 4 else { throw damaged }
            let value = try reader.readRaw(reader.remaining - 4)
            guard CRC32C.checksum(value) == (try reader.readUInt32()) else { throw damaged }
            return value
        }
    }

    private static var damaged: TwinsError {
        TwinsError(
            .corrupt,
            "A record of the old store fails its checksum: the file was damaged. "
                + "Restore a backup, and migrate that.")
    }

    private static let newestKey = Array("setting/newestEvent".utf8)
    private static let formatKey = Array("format".utf8)

    private static func copyMeta(_ old: Environment, _ new: Environment) throws {
        try old.read { source in
            try new.write { target in
                try source.scan(old.table("meta"), from: [], to: nil) { key, stored in
                    let key = Array(copying: key)
                    let value = try value(stored)
                    guard key != newestKey, key != formatKey else { return true }
                    try target.put(value, for: key, in: new.table("meta"))
                    return true
                }
            }
        }
    }

    // MARK: Graphs and logs

    /// Puts each graph's log and ids behind its nodes and edges.
    private static func copyGraphs(
        _ old: Environment, _ new: Environment, _ progress: StoreVerification.Progress
    ) throws {
        let total = try ["graph", "log", "eventids"].reduce(0) { sum, name in
            try sum + old.statistics(of: old.table(name)).entries
        }
        var done = 0
        var graph: UInt64? = 0
        while let first = graph {
            // A few thousand graphs at most in each transaction, and as many records.
            graph = try old.read { source in
                try new.write { target in
                    var next: UInt64? = first
                    var count = 0
                    while let graph = next, count < 20_000 {
                        count += try copyGraph(graph, old, source, new, target)
                        next = try nextGraph(after: graph, old, source)
                    }
                    done += count
                    return next
                }
            }
            progress("graphs", done, total)
        }
    }

    /// The least graph after one that has any records.
    private static func nextGraph(
        after graph: UInt64, _ old: Environment, _ source: borrowing ReadTransaction
    ) throws -> UInt64? {
        guard let start = keyAfter(prefix: key(graph)) else { return nil }
        var next: UInt64?
        for name in ["graph", "log", "eventids"] {
            try source.scan(old.table(name), from: start, to: nil) { key, _ in
                let found = try ByteReader.reading(key) { try $0.readUInt64() }
                next = min(next ?? found, found)
                return false
            }
        }
        return next
    }

    private static func copyGraph(
        _ graph: UInt64, _ old: Environment, _ source: borrowing ReadTransaction,
        _ new: Environment, _ target: borrowing WriteTransaction
    ) throws -> Int {
        let prefix = key(graph)
        let records = new.table("graph")
        var count = 0
        try source.scan(old.table("graph"), prefix: prefix) { key, stored in
            let key = Array(copying: key)
            guard key.count > 8 else { throw damaged }
            count += 1
            guard key[8] == reverseEdge else {
                try target.append(try value(stored), for: key, in: records)
                return true
            }
            // Twins are read whole, and keep no ways back any more.
            if graph == GraphID.shared.rawValue { try target.append([], for: key, in: records) }
            return true
        }
        try source.scan(old.table("log"), prefix: prefix) { key, stored in
            let rest = Array(copying: key).dropFirst(8)
            let value = try value(stored)
            try target.append(value, for: prefix + [eventTag] + rest, in: records)
            count += 1
            return true
        }
        try source.scan(old.table("eventids"), prefix: prefix) { key, stored in
            let rest = Array(copying: key).dropFirst(8)
            try target.append(
                Array(copying: stored), for: prefix + [idTag] + rest, in: records)
            count += 1
            return true
        }
        return count
    }

    private static func key(_ graph: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.appendUInt64(graph)
        return writer.bytes
    }

    // MARK: The journal

    private static func writeJournal(_ old: Environment, _ new: Environment) throws {
        let count = try old.statistics(of: old.table("log")).entries
        let newest: Timestamp? = try old.read { transaction in
            var newest: Timestamp?
            try transaction.scan(old.table("log"), from: [], to: nil) { key, _ in
                let time = try ByteReader.reading(key) { reader in
                    _ = try reader.readUInt64()
                    return Timestamp(rawValue: try reader.readInt64())
                }
                newest = max(newest ?? time, time)
                return true
            }
            return newest
        }
        var writer = ByteWriter(capacity: 24)
        // Revision, next sequence number, merged through, merge through, merge position.
        for number: UInt64 in [1, 1, 0, 0, 0] { writer.appendVarint(number) }
        writer.appendVarint(UInt64(count))
        if let newest { writer.appendInt64(newest.rawValue) }
        let bytes = writer.bytes
        try new.write { try $0.put(bytes, for: [0], in: new.table("journal")) }
    }

    /// Notes in each twin that all of its events are merged.
    private static func markMerged(
        _ target: String, _ progress: StoreVerification.Progress
    ) throws {
        let graph = try GraphStore(
            path: target, labels: Label.all, edgeTypes: EdgeType.all, tables: ["journal"],
            access: .write)
        defer { graph.environment.close() }
        let twins = try graph.read { try graph.nodeCount(.customer, in: $0) }
        let batch = 2000
        for start in stride(from: 0, to: twins, by: batch) {
            progress("twins", start, twins)
            try graph.write { transaction in
                for index in start..<min(twins, start + batch) {
                    let customer = try graph.nodeID(.customer, index: index)
                    let graphID = TwinStore.graphID(customer)
                    let known = try graph.properties(
                        of: customer, graph: graphID, in: transaction)
                    guard var properties = known else { continue }
                    properties["settledThrough"] = .int(0)
                    try graph.put(
                        Node(id: customer, properties: properties), graph: graphID,
                        in: transaction)
                }
            }
        }
    }
}
