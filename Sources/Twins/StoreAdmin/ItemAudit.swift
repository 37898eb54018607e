import LMDB
import PropertyGraph
import TwinStorage

/// Looks whether the versions of items can be read, and belong to items.
struct ItemAudit {
    /// What does not fit; without ids of items.
    private(set) var findings: [String] = []
    private var unreadable = 0
    private var unknown = 0
    private var unfinished = 0

    private let graph: GraphStore

    init(_ graph: GraphStore) { self.graph = graph }

    /// Looks at all versions.
    ///
    /// - Throws: `LMDBError` when the table cannot be read.
    /// - Complexity: O(versions).
    mutating func run(in transaction: borrowing ReadTransaction) throws {
        // The item of the record before, and whether that record is of the newest version.
        var last: (node: NodeID, isNewest: Bool)?
        try transaction.scan(graph.records, prefix: ItemRecord.prefix) { key, value in
            guard key.byteCount == ItemRecord.keyByteCount else {
                unreadable += 1
                return true
            }
            let node = NodeID(rawValue: key.bigEndian(at: 9, as: UInt64.self))
            if last?.node != node {
                if last?.isNewest == false { unfinished += 1 }
                if try !isItem(node, in: transaction) { unknown += 1 }
            } else if last?.isNewest == true {
                // The newest version of an item is its last one.
                unfinished += 1
            }
            last = (node, value.byteCount == 0)
            guard value.byteCount > 0 else { return true }
            if (try? ItemRecord.decode(value, itemID: "")) == nil { unreadable += 1 }
            return true
        }
        if last?.isNewest == false { unfinished += 1 }
        if unreadable > 0 { findings.append("\(unreadable) versions of items cannot be read") }
        if unknown > 0 {
            findings.append("\(unknown) items with versions are not in the catalogue")
        }
        if unfinished > 0 {
            findings.append("\(unfinished) items do not end with their newest version")
        }
    }

    private func isItem(
        _ node: NodeID, in transaction: borrowing ReadTransaction
    ) throws -> Bool {
        try graph.label(of: node) == .item
            && graph.properties(of: node, graph: .shared, in: transaction)?["name"] != nil
    }
}
