public import LMDB

/// The contents of a store, for programs that do not know its vocabulary.
extension GraphStore {
    /// All labels that were ever declared, in the order of their codes.
    public var labels: [Label] {
        vocabulary.labelCodes.sorted { $0.value < $1.value }.map(\.key)
    }

    /// All edge types that were ever declared, in the order of their codes.
    public var edgeTypes: [EdgeType] {
        vocabulary.typeCodes.sorted { $0.value < $1.value }.map(\.key)
    }

    /// Checks that labels and edge types are declared.
    ///
    /// - Throws: ``GraphError`` that names the first one that is not.
    public func requireDeclared(
        labels: some Sequence<Label>, edgeTypes: some Sequence<EdgeType>
    ) throws(GraphError) {
        for label in labels { _ = try vocabulary.code(of: label) }
        for type in edgeTypes { _ = try vocabulary.code(of: type) }
    }

    /// Visits the ids of all graphs that have a record, in order, until `body` returns false.
    ///
    /// - Complexity: O(*g* log *n*) for *g* graphs and *n* records: one seek per graph.
    public func forEachGraph(
        in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (GraphID) throws -> Bool
    ) throws {
        var lower: UInt64? = 0
        while let from = lower {
            var found: GraphID?
            try transaction.scan(records, from: bigEndian(from), to: nil) { key, _ in
                let raw = try ByteReader.reading(key) { try $0.readUInt64() }
                found = GraphID(rawValue: raw)
                return false
            }
            guard let found, try body(found) else { return }
            lower = found.rawValue == .max ? nil : found.rawValue + 1
        }
    }

    /// Visits every node of a graph once, by id, until `body` returns false.
    ///
    /// A graph has the nodes with a record in it, and the source and target nodes of its edges.
    /// Without a reverse index, nodes that are targets only are not visited.
    ///
    /// - Complexity: O(*k* log *n*) for *k* nodes, in constant memory: it merges three sorted
    ///   sequences of keys by seeks.
    package func forEachMember(
        of graph: GraphID, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (NodeID) throws -> Bool
    ) throws {
        let kinds: [GraphRecords.Kind] = [.node, .edge, .reverse]
        var heads: [NodeID?] = []
        for kind in kinds {
            heads.append(
                try firstNode(of: graph, kind, from: NodeID(rawValue: 0), in: transaction))
        }
        while let node = heads.compactMap({ $0 }).min() {
            guard try body(node), node.rawValue < .max else { return }
            let next = NodeID(rawValue: node.rawValue + 1)
            for (index, kind) in kinds.enumerated() where heads[index] == node {
                heads[index] = try firstNode(of: graph, kind, from: next, in: transaction)
            }
        }
    }

    /// The least node from `node` on that is the first node in a key of one kind.
    private func firstNode(
        of graph: GraphID, _ kind: GraphRecords.Kind, from node: NodeID,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> NodeID? {
        let lower = GraphRecords.prefix(graph, kind, from: node, nil)
        let upper = keyAfter(prefix: GraphRecords.prefix(graph, kind))
        var found: NodeID?
        try transaction.scan(records, from: lower, to: upper) { key, _ in
            found = try ByteReader.reading(key) { reader in
                _ = try reader.readUInt64()
                _ = try reader.readUInt8()
                return NodeID(rawValue: try reader.readUInt64())
            }
            return false
        }
        return found
    }

    private func bigEndian(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.appendUInt64(value)
        return writer.bytes
    }
}
