import LMDB
import PropertyGraph
import Shop
import Time

/// Reads the items of a store as of a time, in one transaction.
struct CatalogueReader {
    private let store: TwinStore
    /// The time; `nil` if all items are read as they are in the store's newest state.
    private let time: Timestamp?
    private let readsVectors: Bool

    /// Prepares for reading.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - time: As of when. The store's present unless given; only then do items have vectors,
    ///     because nothing says from when a vector counts.
    ///   - transaction: The state of the store.
    /// - Throws: `LMDBError`, or ``TwinsError`` when the store is damaged.
    init(
        _ store: TwinStore, asOf time: Timestamp?,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws {
        self.store = store
        readsVectors = time == nil
        // Most stores have no versions, and their items are looked up once.
        var hasVersions = false
        try transaction.scan(store.graph.records, prefix: ItemRecord.prefix) { _, _ in
            hasVersions = true
            return false
        }
        self.time =
            hasVersions ? try time ?? store.journalState(in: transaction).newest : nil
    }

    /// An item that the store knows; without a description if nothing had been said about it.
    ///
    /// - Throws: `LMDBError` or `GraphError`.
    /// - Complexity: O(log n) for n records of the store.
    func item(
        _ node: NodeID, _ itemID: String,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Item {
        let properties =
            try store.graph.properties(of: node, graph: .shared, in: transaction) ?? [:]
        let newest = Item(itemID: itemID, properties: properties)
        var item = try past(node, itemID, in: transaction) ?? newest
        item.embeddingVector = readsVectors ? newest.embeddingVector : nil
        return item
    }

    /// The item as it was at the time; `nil` if that is how it is in the newest version.
    private func past(
        _ node: NodeID, _ itemID: String,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Item? {
        guard let time else { return nil }
        let records = store.graph.records
        let prefix = ItemRecord.prefix(of: node)
        let end = ItemRecord.key(of: node, since: time) + [0]
        var isKnown = false
        var item: Item?
        try transaction.scan(records, from: prefix, to: end, reversed: true) { _, value in
            isKnown = true
            if value.byteCount > 0 { item = try ItemRecord.decode(value, itemID: itemID) }
            return false
        }
        if isKnown { return item }
        var isLater = false
        try transaction.scan(records, prefix: prefix) { _, _ in
            isLater = true
            return false
        }
        return isLater ? Item(itemID: itemID) : nil
    }
}
