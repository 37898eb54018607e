import LMDB

extension GraphStore {
    /// Reads a whole graph into memory.
    ///
    /// - Parameter graph: The graph's id; one without records gives an empty graph.
    /// - Returns: Its nodes and edges, without external ids.
    /// - Throws: `LMDBError`, or ``GraphError`` when a record is damaged.
    /// - Complexity: O(log *r* + *n* + *m*) for *n* nodes and *m* edges, in a store of *r* records:
    ///   two sequential reads.
    public func loadGraph(_ graph: GraphID) throws -> MemoryGraph {
        // On the concrete transaction, so that the compiler sees through to the cursor.
        try read { transaction in
            var nodes: [Node] = []
            try forEachNode(graph: graph, in: transaction) { nodes.append($0) }
            var edges: [Edge] = []
            // Enough for most twins without moving.
            edges.reserveCapacity(512)
            let prefix = GraphRecords.prefix(graph, .edge)
            try transaction.scan(records, prefix: prefix) { key, value in
                edges.append(try GraphRecords.decodeEdge(key, value, vocabulary: vocabulary))
                return true
            }
            return MemoryGraph(of: self, nodes: nodes, edges: edges)
        }
    }
}
