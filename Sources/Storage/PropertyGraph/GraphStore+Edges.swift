public import LMDB

extension GraphStore {
    /// The edge of a type between two nodes, or `nil` if there is none.
    ///
    /// - Complexity: O(log *n*) for *n* records.
    public func edge(
        from source: NodeID, _ type: EdgeType, to target: NodeID, graph: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Edge? {
        let code = try vocabulary.code(of: type)
        let key = GraphRecords.key(graph, .edge, from: source, type: code, to: target)
        return try transaction.value(for: key, in: records) { value in
            try GraphRecords.decodeEdge(source: source, type: type, target: target, value: value)
        }
    }

    /// Visits all edges of a graph, by source, type and target, until `body` returns false.
    ///
    /// - Complexity: O(log *n* + *k*) for *k* edges visited: they are contiguous.
    public func forEachEdge(
        graph: GraphID, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (Edge) throws -> Bool
    ) throws {
        try forEachEdge(prefix: GraphRecords.prefix(graph, .edge), in: transaction, body)
    }

    /// Visits the target of every edge of all graphs, until `body` returns false.
    ///
    /// A node is visited once per edge.
    ///
    /// - Complexity: O(*n*) for *n* records of all graphs.
    public func forEachTarget(
        in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (NodeID) throws -> Bool
    ) throws {
        try transaction.scan(records, from: [], to: nil) { key, _ in
            guard key.byteCount == 27,
                key.bigEndian(at: 8, as: UInt8.self) == GraphRecords.Kind.edge.rawValue
            else { return true }
            return try body(NodeID(rawValue: key.bigEndian(at: 19, as: UInt64.self)))
        }
    }

    /// Visits the outgoing edges of a node, by type and target, until `body` returns false.
    ///
    /// - Complexity: O(log *n* + *k*) for *k* edges visited.
    public func forEachEdge(
        from source: NodeID, _ type: EdgeType? = nil, graph: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (Edge) throws -> Bool
    ) throws {
        let code = try type.map { try vocabulary.code(of: $0) }
        let prefix = GraphRecords.prefix(graph, .edge, from: source, code)
        try forEachEdge(prefix: prefix, in: transaction, body)
    }

    /// Visits the incoming edges of a node, by type and source, until `body` returns false.
    ///
    /// - Complexity: O((*k* + 1) log *n*) for *k* edges visited with a reverse index, otherwise
    ///   O(edges of the graph).
    public func forEachEdge(
        to target: NodeID, _ type: EdgeType? = nil, graph: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (Edge) throws -> Bool
    ) throws {
        let code = try type.map { try vocabulary.code(of: $0) }
        guard hasReverseIndex(graph) else {
            for edge in try edges(to: target, type, graph: graph, in: transaction) {
                guard try body(edge) else { return }
            }
            return
        }
        let prefix = GraphRecords.prefix(graph, .reverse, from: target, code)
        try transaction.scan(records, prefix: prefix) { key, _ in
            let entry = try GraphRecords.readEdgeKey(key, vocabulary: vocabulary)
            let edge = try edge(
                from: entry.to, entry.type, to: entry.from, graph: graph, in: transaction)
            guard let edge else {
                throw GraphError(
                    .corrupt,
                    "The reverse index names an edge that does not exist. Restore a backup.")
            }
            return try body(edge)
        }
    }

    /// Stores an edge, in place of the edge of the same type between the same nodes, if any.
    ///
    /// - Complexity: O(log *n*) for *n* records.
    public func put(
        _ edge: Edge, graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws {
        let type = try vocabulary.code(of: edge.type)
        let forward = GraphRecords.key(
            graph, .edge, from: edge.source, type: type, to: edge.target)
        let reverse = GraphRecords.key(
            graph, .reverse, from: edge.target, type: type, to: edge.source)
        try transaction.put(GraphRecords.encode(edge), for: forward, in: records)
        guard hasReverseIndex(graph) else { return }
        _ = try transaction.putIfAbsent([], for: reverse, in: records)
    }

    /// Removes an edge.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    public func removeEdge(
        from source: NodeID, _ type: EdgeType, to target: NodeID, graph: GraphID,
        in transaction: borrowing WriteTransaction
    ) throws -> Bool {
        let code = try vocabulary.code(of: type)
        let forward = GraphRecords.key(graph, .edge, from: source, type: code, to: target)
        let reverse = GraphRecords.key(graph, .reverse, from: target, type: code, to: source)
        try transaction.remove(reverse, in: records)
        return try transaction.remove(forward, in: records)
    }

    /// The incoming edges of a node of a graph without a reverse index, by type and source.
    private func edges(
        to target: NodeID, _ type: EdgeType?, graph: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> [Edge] {
        var found: [(code: UInt16, edge: Edge)] = []
        try forEachEdge(graph: graph, in: transaction) { edge in
            if edge.target == target, type == nil || edge.type == type {
                found.append((try vocabulary.code(of: edge.type), edge))
            }
            return true
        }
        // The edges were visited by source, and the sort is stable.
        return found.sorted { $0.code < $1.code }.map(\.edge)
    }

    private func forEachEdge(
        prefix: [UInt8], in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (Edge) throws -> Bool
    ) throws {
        try transaction.scan(records, prefix: prefix) { key, value in
            try body(GraphRecords.decodeEdge(key, value, vocabulary: vocabulary))
        }
    }
}
