import LMDB

extension GraphStore {
    /// Reads a whole graph into memory.
    ///
    /// - Parameter graph: The id of the graph. A graph without records is empty.
    /// - Returns: Its nodes and edges, without external ids.
    /// - Throws: `LMDBError`, or ``GraphError`` if a record is damaged.
    /// - Complexity: O(log *r* + *n* + *m*) for *n* nodes and *m* edges in a store of *r* records:
    ///   two sequential scans.
    public func loadGraph(_ graph: GraphID) throws -> InMemoryGraph {
        // With the concrete type of the transaction, so that the compiler can inline the cursor.
        try read { transaction in
            var nodes: [Node] = []
            try forEachNode(graph: graph, in: transaction) { nodes.append($0) }
            var edges: [Edge] = []
            // Enough for most graphs of one customer, so that the array does not grow.
            edges.reserveCapacity(512)
            let prefix = GraphRecords.prefix(graph, .edge)
            try transaction.scan(records, prefix: prefix) { key, value in
                edges.append(try GraphRecords.decodeEdge(key, value, vocabulary: vocabulary))
                return true
            }
            return InMemoryGraph(of: self, nodes: nodes, edges: edges)
        }
    }
}
