public import LMDB

extension GraphStore {
    /// Makes the changes ready that set a node and edges of one graph, in the order of their keys.
    ///
    /// - Parameters:
    ///   - node: A node to set, in place of what it had.
    ///   - edges: Edges to set, each with whether it is certain that the graph has it already.
    ///   - graph: The graph's id.
    ///   - batch: Where the changes go.
    /// - Throws: ``GraphError`` when an edge type is not declared, or the node's label is indexed.
    /// - Complexity: O(*m* log *m*) for *m* edges.
    public func put(
        _ node: Node, _ edges: [(edge: Edge, isKnown: Bool)], graph: GraphID,
        into batch: inout WriteBatch
    ) throws {
        try checkNotIndexed(node.id)
        let key = GraphRecords.nodeKey(graph, node.id)
        let value = GraphRecords.encode(node.properties)
        batch.put(in: records, key: { $0.appendRaw(key) }, value: { $0.appendRaw(value) })
        let there = try edges.indices.map { place in
            let edge = edges[place].edge
            return EdgeOrder(
                from: edge.source, type: try vocabulary.code(of: edge.type), to: edge.target,
                place: place)
        }
        for order in there.sorted() {
            batch.put(
                in: records, key: { order.writeKey(graph, .edge, to: &$0) },
                value: { GraphRecords.write(edges[order.place].edge, to: &$0) })
        }
        guard keepsWaysBack(graph) else { return }
        let back = there.filter { !edges[$0.place].isKnown }.map { order in
            EdgeOrder(from: order.to, type: order.type, to: order.from, place: order.place)
        }
        for order in back.sorted() {
            batch.put(
                in: records, key: { order.writeKey(graph, .reverse, to: &$0) }, value: { _ in })
        }
    }
}

/// What decides where an edge's record lies, small enough to sort quickly.
private struct EdgeOrder: Comparable {
    var from: NodeID
    var type: UInt16
    var to: NodeID
    var place: Int

    func writeKey(_ graph: GraphID, _ kind: GraphRecords.Kind, to writer: inout ByteWriter) {
        GraphRecords.writeKey(graph, kind, from: from, type: type, to: to, to: &writer)
    }

    static func < (left: EdgeOrder, right: EdgeOrder) -> Bool {
        if left.from != right.from { return left.from < right.from }
        if left.type != right.type { return left.type < right.type }
        return left.to < right.to
    }
}
