package import LMDB
package import PropertyGraph
package import Time

/// Remembers in a store that data was erased whose bytes are still in the store's file.
///
/// Erasing sets the mark in the same transaction, and compacting removes it from the file that
/// takes the store's place. So it is there for as long as the bytes are, whenever a process ends.
package enum CompactionMark {
    private static let setting = "compaction-due"

    /// Since when erased data waits for compaction; `nil` if none does.
    ///
    /// - Throws: `LMDBError`.
    package static func time(
        in transaction: borrowing some ReadingTransaction & ~Copyable, of graph: GraphStore
    ) throws -> Timestamp? {
        try graph.setting(setting, in: transaction)?.timestamp
    }

    /// Sets the mark, unless it is there from an earlier time.
    static func set(
        at time: Timestamp, in transaction: borrowing WriteTransaction, of graph: GraphStore
    ) throws {
        guard try Self.time(in: transaction, of: graph) == nil else { return }
        try graph.set(setting, to: .timestamp(time), in: transaction)
    }

    /// Removes the mark.
    package static func remove(
        in transaction: borrowing WriteTransaction, of graph: GraphStore
    ) throws {
        try graph.removeSetting(setting, in: transaction)
    }
}

extension TwinStore {
    /// Since when erased data waits in the store's file for compaction; `nil` if none does.
    ///
    /// - Throws: `LMDBError`.
    package func compactionDue() throws -> Timestamp? {
        try graph.read { try CompactionMark.time(in: $0, of: graph) }
    }
}
