public import LMDB

extension GraphStore {
    /// Encodes changes that set a node and edges of one graph, in the order of their keys.
    ///
    /// - Parameters:
    ///   - node: The node to set.
    ///   - edges: The edges to set. `isKnown` says that the graph has the edge already, so that its
    ///     entry in the reverse index is not written again.
    ///   - graph: The id of the graph.
    ///   - batch: Gets the changes.
    /// - Throws: ``GraphError`` if an edge type is not declared, or if the node's label is indexed.
    /// - Complexity: O(*m* log *m*) for *m* edges.
    public func put(
        _ node: Node, _ edges: [(edge: Edge, isKnown: Bool)], graph: GraphID,
        into batch: inout WriteBatch
    ) throws {
        try checkNotIndexed(node.id)
        let key = GraphRecords.nodeKey(graph, node.id)
        let value = GraphRecords.encode(node.properties)
        batch.put(in: records, key: { $0.appendRaw(key) }, value: { $0.appendRaw(value) })
        let forward = try edges.indices.map { index in
            let edge = edges[index].edge
            return EdgeOrder(
                from: edge.source, type: try vocabulary.code(of: edge.type), to: edge.target,
                index: index)
        }
        for order in forward.sorted() {
            batch.put(
                in: records, key: { order.writeKey(graph, .edge, to: &$0) },
                value: { GraphRecords.write(edges[order.index].edge, to: &$0) })
        }
        guard hasReverseIndex(graph) else { return }
        let reverse = forward.filter { !edges[$0.index].isKnown }.map { order in
            EdgeOrder(from: order.to, type: order.type, to: order.from, index: order.index)
        }
        for order in reverse.sorted() {
            batch.put(
                in: records, key: { order.writeKey(graph, .reverse, to: &$0) }, value: { _ in })
        }
    }
}

/// The parts of an edge's key, small enough to sort quickly.
private struct EdgeOrder: Comparable {
    var from: NodeID
    var type: UInt16
    var to: NodeID
    /// The index of the edge in the caller's array.
    var index: Int

    func writeKey(_ graph: GraphID, _ kind: GraphRecords.Kind, to writer: inout ByteWriter) {
        GraphRecords.writeKey(graph, kind, from: from, type: type, to: to, to: &writer)
    }

    static func < (left: EdgeOrder, right: EdgeOrder) -> Bool {
        if left.from != right.from { return left.from < right.from }
        if left.type != right.type { return left.type < right.type }
        return left.to < right.to
    }
}
