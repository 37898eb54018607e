import LMDB
import PropertyGraph
import Shop
import Time

/// Writes versions of items in one transaction.
struct CatalogueWriter {
    /// The name of the setting that says at which present the shop's catalogue came first.
    private static let startSetting = "catalogue-start"

    private let graph: GraphStore
    /// The store's present: from when a change counts.
    private let present: Timestamp
    /// From when an item counts that comes for the first time.
    private let first: Timestamp

    /// Prepares for writing, and notes when the catalogue came first.
    ///
    /// - Throws: `LMDBError`, `GraphError`, or ``TwinsError`` when the store is damaged.
    /// - Complexity: O(log n), but O(items) the first time.
    init(_ store: TwinStore, in transaction: borrowing WriteTransaction) throws {
        graph = store.graph
        let present =
            try store.journalState(in: transaction).newest ?? ItemRecord.beginning
        self.present = present
        let known = try graph.setting(Self.startSetting, in: transaction)?.timestamp
        // A catalogue that is older than the setting came at a time that is not known.
        let start =
            try known
            ?? (Self.hasCatalogue(graph, in: transaction) ? ItemRecord.beginning : present)
        if known == nil {
            try graph.set(Self.startSetting, to: .timestamp(start), in: transaction)
        }
        first = present == start ? ItemRecord.beginning : present
    }

    /// Whether a catalogue says anything about an item; events and vectors do not count.
    private static func hasCatalogue(
        _ graph: GraphStore, in transaction: borrowing WriteTransaction
    ) throws -> Bool {
        for index in 0..<(try graph.nodeCount(.item, in: transaction)) {
            let node = try graph.nodeID(.item, index: index)
            let properties = try graph.properties(of: node, graph: .shared, in: transaction)
            if properties?["name"] != nil { return true }
        }
        return false
    }

    /// Adds an item, or what is said about it from a time.
    ///
    /// - Throws: `LMDBError` or `GraphError`.
    /// - Complexity: O(log n); O(versions of the item) if it changes.
    func put(_ version: ItemVersion, in transaction: borrowing WriteTransaction) throws {
        let node = try graph.addNode(.item, version.item.itemID, in: transaction)
        let known = try graph.properties(of: node, graph: .shared, in: transaction)
        var item = version.item
        item.embeddingVector = item.embeddingVector ?? known?["embedding"]?.vector
        let former = known.flatMap { properties in
            properties["name"].map { _ in
                Item(itemID: item.itemID, properties: properties)
            }
        }
        let time = version.validFrom ?? (former == nil ? first : present)
        var newest = try timelineEnd(of: node, in: transaction)
        if newest == nil, former != nil { newest = ItemRecord.beginning }
        let isNewest = newest.map { $0 <= time } ?? true
        if !isNewest || former.map(ItemRecord.encode) != ItemRecord.encode(item) {
            let before = try timeline(of: node, newest: former, in: transaction)
            var timeline = before
            timeline.set(ItemRecord.encode(item), from: time)
            try replace(before.records, by: timeline.records, of: node, in: transaction)
        }
        if !isNewest, var former {
            former.embeddingVector = item.embeddingVector
            item = former
        }
        let properties = item.properties
        guard properties != known else { return }
        try graph.put(Node(id: node, properties: properties), graph: .shared, in: transaction)
    }

    /// The time of the newest version that has a record.
    private func timelineEnd(
        of node: NodeID, in transaction: borrowing WriteTransaction
    ) throws -> Timestamp? {
        var time: Timestamp?
        try transaction.scan(
            graph.records, prefix: ItemRecord.prefix(of: node), reversed: true
        ) { key, _ in
            time = try ItemRecord.time(ofKey: key)
            return false
        }
        return time
    }

    private func timeline(
        of node: NodeID, newest: Item?, in transaction: borrowing WriteTransaction
    ) throws -> ItemTimeline {
        guard let newest else { return ItemTimeline() }
        let content = ItemRecord.encode(newest)
        var versions: [ItemTimeline.Version] = []
        try transaction.scan(graph.records, prefix: ItemRecord.prefix(of: node)) { key, value in
            versions.append(
                ItemTimeline.Version(
                    since: try ItemRecord.time(ofKey: key),
                    content: value.byteCount > 0 ? Array(copying: value) : content))
            return true
        }
        guard versions.isEmpty else { return ItemTimeline(versions) }
        return ItemTimeline([.init(since: ItemRecord.beginning, content: content)])
    }

    private func replace(
        _ before: [Timestamp: [UInt8]], by after: [Timestamp: [UInt8]], of node: NodeID,
        in transaction: borrowing WriteTransaction
    ) throws {
        for time in before.keys.sorted() where after[time] == nil {
            try transaction.remove(ItemRecord.key(of: node, since: time), in: graph.records)
        }
        for (time, value) in after.sorted(by: { $0.key < $1.key }) where before[time] != value {
            try transaction.put(
                value, for: ItemRecord.key(of: node, since: time), in: graph.records)
        }
    }
}
