import HeapModule
public import LMDB

extension GraphStore {
    /// All indexes that were ever declared, by label and property name.
    public var indexes: [PropertyIndex] {
        vocabulary.indexes.byLabel.sorted { $0.key < $1.key }.flatMap { code, indexes in
            indexes.compactMap { index in
                vocabulary.label(code: code).map { PropertyIndex($0, index.property) }
            }
        }
    }

    /// Visits the nodes of a graph with a property in a range, by an index, until `body` returns
    /// false.
    ///
    /// Nodes are ordered by the property, then by id. Strings are ordered by their first 200 bytes.
    ///
    /// - Parameters:
    ///   - index: An index of the store.
    ///   - range: The range of the property.
    ///   - graph: The id of the graph.
    ///   - transaction: A transaction of this store.
    ///   - body: Gets a node; returns whether to continue.
    /// - Throws: ``GraphError`` if the store has no such index, `LMDBError`, or what `body` throws.
    /// - Complexity: O(log *n* + *k*) for *k* nodes visited, and O(log *n*) more for each node
    ///   whose string is longer than 200 bytes.
    public func forEachNode(
        by index: PropertyIndex, in range: PropertyRange, graph: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (NodeID) throws -> Bool
    ) throws {
        let label = try vocabulary.code(of: index.label)
        guard let number = vocabulary.indexes.number(label, index.property) else {
            throw GraphError(
                .undeclared,
                "There is no index of \(index.property) of \(index.label). "
                    + "Declare it when the store is opened.")
        }
        let bounds = Indexes.bounds(graph, number, range)
        try transaction.scan(records, from: bounds.from, to: bounds.to) { key, _ in
            let (node, mayBeTruncated) = try Indexes.readKey(key)
            if mayBeTruncated {
                let properties = try properties(of: node, graph: graph, in: transaction)
                guard let value = properties?[index.property], range.contains(value) else {
                    return true
                }
            }
            return try body(node)
        }
    }

    /// Finds the nodes of a label in a graph with a property in a range.
    ///
    /// It uses an index if there is one. The result is the same without an index.
    ///
    /// - Parameters:
    ///   - label: The label of the nodes.
    ///   - property: The name of the property.
    ///   - range: The range of the property.
    ///   - graph: The id of the graph.
    ///   - limit: The most nodes to return; at least 0.
    ///   - transaction: A transaction of this store.
    /// - Returns: The first nodes by the property, then by id. Strings are ordered by their first
    ///   200 bytes.
    /// - Throws: ``GraphError`` for an undeclared label, or `LMDBError`.
    /// - Complexity: With an index O(log *n* + *k*) for *k* nodes found, otherwise O(*n* log *k*)
    ///   for *n* nodes of the label.
    public func nodes(
        _ label: Label, where property: String, in range: PropertyRange, graph: GraphID,
        limit: Int, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> BoundedResult<NodeID> {
        let code = try vocabulary.code(of: label)
        var isTruncated = false
        guard vocabulary.indexes.number(code, property) == nil else {
            var found: [NodeID] = []
            let index = PropertyIndex(label, property)
            try forEachNode(by: index, in: range, graph: graph, in: transaction) { node in
                isTruncated = found.count >= limit
                if !isTruncated { found.append(node) }
                return !isTruncated
            }
            return BoundedResult(elements: found, isTruncated: isTruncated)
        }
        var least = LeastNodes(property, range, limit: limit)
        var prefix = ByteWriter(capacity: 11)
        prefix.appendRaw(GraphRecords.prefix(graph, .node))
        prefix.appendUInt16(code)
        try transaction.scan(records, prefix: prefix.bytes) { key, value in
            guard key.byteCount == 17 else {
                throw GraphError(.corrupt, "A node has no id. Restore a backup.")
            }
            let node = NodeID(rawValue: key.bigEndian(at: 9, as: UInt64.self))
            least.add(Node(id: node, properties: try GraphRecords.decodeProperties(value)))
            return true
        }
        return least.result
    }

    /// Updates the indexes for the new properties of a node.
    func reindex(
        _ node: Node, graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws {
        guard vocabulary.indexes.cover(node.id) else { return }
        let old = try properties(of: node.id, graph: graph, in: transaction) ?? [:]
        let before = vocabulary.indexes.keys(of: node.id, old, graph)
        let after = vocabulary.indexes.keys(of: node.id, node.properties, graph)
        for key in before where !after.contains(key) { try transaction.remove(key, in: records) }
        for key in after where !before.contains(key) {
            try transaction.put([], for: key, in: records)
        }
    }

    /// Refuses to set a node of an indexed label without reading its old properties.
    func checkNotIndexed(_ node: NodeID) throws(GraphError) {
        guard !vocabulary.indexes.cover(node) else {
            throw GraphError(
                .argument,
                "A property of the node's label is indexed: put the node in a transaction, not "
                    + "into a batch.")
        }
    }
}

extension GraphView where Self: ~Copyable {
    /// Finds nodes by reading all nodes of the graph.
    public func nodes(
        _ label: Label, where property: String, in range: PropertyRange, limit: Int
    ) throws -> BoundedResult<NodeID> {
        var least = LeastNodes(property, range, limit: limit)
        try forEachNode { node in
            if self.label(of: node.id) == label { least.add(node) }
            return true
        }
        return least.result
    }
}

/// Collects the nodes with a property in a range that are first in the order of an index.
private struct LeastNodes {
    private struct Entry: Comparable {
        var value: [UInt8]
        var node: NodeID

        static func < (left: Entry, right: Entry) -> Bool {
            if left.value != right.value {
                return left.value.lexicographicallyPrecedes(right.value)
            }
            return left.node < right.node
        }
    }

    private let property: String
    private let range: PropertyRange
    private let limit: Int
    private var entries = Heap<Entry>()
    private var isTruncated = false

    init(_ property: String, _ range: PropertyRange, limit: Int) {
        self.property = property
        self.range = range
        self.limit = max(0, limit)
    }

    mutating func add(_ node: Node) {
        guard let value = node.properties[property], range.contains(value) else { return }
        let bytes = OrderedProperty.bytes(
            of: value, textByteCount: OrderedProperty.textByteCountMax)
        entries.insert(Entry(value: bytes, node: node.id))
        guard entries.count > limit else { return }
        isTruncated = true
        entries.removeMax()
    }

    var result: BoundedResult<NodeID> {
        BoundedResult(elements: entries.unordered.sorted().map(\.node), isTruncated: isTruncated)
    }
}
