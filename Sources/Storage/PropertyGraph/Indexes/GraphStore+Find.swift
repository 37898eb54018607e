import HeapModule
public import LMDB

extension GraphStore {
    /// The indexes that were ever declared, by label and name.
    public var indexes: [PropertyIndex] {
        vocabulary.indexes.byLabel.sorted { $0.key < $1.key }.flatMap { code, indexes in
            indexes.compactMap { index in
                vocabulary.label(code: code).map { PropertyIndex($0, index.property) }
            }
        }
    }

    /// Visits the nodes of a graph whose property lies in a range until `body` returns false.
    ///
    /// They come by the property, texts by their first 200 bytes, and then by id.
    ///
    /// - Parameters:
    ///   - index: An index of the store.
    ///   - range: What the property is like.
    ///   - graph: The graph's id.
    ///   - transaction: A transaction of this store.
    ///   - body: Gets a node, returns whether to go on.
    /// - Throws: ``GraphError`` when the store has no such index, `LMDBError`, or what `body` throws.
    /// - Complexity: O(log *n* + *k*) for *k* nodes visited; a look at the node more for each whose
    ///   text is longer than 200 bytes.
    public func forEachNode(
        by index: PropertyIndex, in range: PropertyRange, graph: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (NodeID) throws -> Bool
    ) throws {
        let label = try vocabulary.code(of: index.label)
        guard let number = vocabulary.indexes.number(label, index.property) else {
            throw GraphError(
                .undeclared,
                "There is no index of \(index.property) of \(index.label). Name it at opening.")
        }
        let bounds = Indexes.bounds(graph, number, range)
        try transaction.scan(records, from: bounds.from, to: bounds.to) { key, _ in
            let (node, isCut) = try Indexes.readKey(key)
            if isCut {
                let properties = try properties(of: node, graph: graph, in: transaction)
                guard let value = properties?[index.property], range.contains(value) else {
                    return true
                }
            }
            return try body(node)
        }
    }

    /// Finds the nodes of a label in a graph whose property lies in a range.
    ///
    /// The answer is the same with an index as without one.
    ///
    /// - Parameters:
    ///   - label: The nodes' label.
    ///   - property: The property's name.
    ///   - range: What it is like.
    ///   - graph: The graph's id.
    ///   - limit: The most nodes wanted, 0 or more.
    ///   - transaction: A transaction of this store.
    /// - Returns: The nodes by the property, texts by their first 200 bytes, and then by id; when
    ///   there are more than the limit, the first ones.
    /// - Throws: ``GraphError`` for an undeclared label, or `LMDBError`.
    /// - Complexity: O(log *n* + *k*) for *k* nodes found with an index, otherwise O(*n* log *k*) for
    ///   *n* nodes of the label.
    public func nodes(
        _ label: Label, where property: String, in range: PropertyRange, graph: GraphID,
        limit: Int, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Answer<NodeID> {
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
            return Answer(elements: found, isTruncated: isTruncated)
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
        return least.answer
    }

    /// Brings the indexes up to date with what a node is about to be.
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

    /// Refuses to set a node without a look at what it was, which indexes need.
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
    /// Finds nodes by a look at all of them.
    public func nodes(
        _ label: Label, where property: String, in range: PropertyRange, limit: Int
    ) throws -> Answer<NodeID> {
        var least = LeastNodes(property, range, limit: limit)
        try forEachNode { node in
            if self.label(of: node.id) == label { least.add(node) }
            return true
        }
        return least.answer
    }
}

/// Of the nodes whose property lies in a range, those that an index would name first.
private struct LeastNodes {
    private struct Place: Comparable {
        var value: [UInt8]
        var node: NodeID

        static func < (left: Place, right: Place) -> Bool {
            if left.value != right.value {
                return left.value.lexicographicallyPrecedes(right.value)
            }
            return left.node < right.node
        }
    }

    private let property: String
    private let range: PropertyRange
    private let limit: Int
    private var places = Heap<Place>()
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
        places.insert(Place(value: bytes, node: node.id))
        guard places.count > limit else { return }
        isTruncated = true
        places.removeMax()
    }

    var answer: Answer<NodeID> {
        Answer(elements: places.unordered.sorted().map(\.node), isTruncated: isTruncated)
    }
}
