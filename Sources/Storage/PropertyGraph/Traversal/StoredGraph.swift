public import LMDB

/// A graph of a store, as it is in one transaction.
///
/// It exists only inside the closure that gets it, and can be neither copied nor stored:
///
/// ```swift
/// let friends = try store.read(graph: .shared) { graph in
///     var walk = Neighbourhood(of: ann, along: .out(likes))
///     return try walk.collect(10, in: graph).elements
/// }
/// ```
///
/// Use it on the thread of that closure. In a write transaction, do not change the store inside the
/// body of a visit: collect first, then change.
public struct StoredGraph: ~Copyable, GraphView {
    let store: GraphStore
    /// The id of the graph.
    public let graph: GraphID
    private let transaction: ErasedTransaction

    init(_ graph: GraphID, of store: GraphStore, in transaction: consuming ErasedTransaction) {
        self.store = store
        self.graph = graph
        self.transaction = transaction
    }

    /// Visits the edges of a node until `body` returns false; see ``GraphView``.
    public func forEachEdge(
        at node: NodeID, _ direction: Direction, _ type: EdgeType?,
        _ body: (Edge) throws -> Bool
    ) throws {
        var continues = true
        if direction != .in {
            try store.forEachEdge(from: node, type, graph: graph, in: transaction) { edge in
                continues = try body(edge)
                return continues
            }
        }
        guard direction != .out, continues else { return }
        try store.forEachEdge(to: node, type, graph: graph, in: transaction) { edge in
            if direction == .both, edge.source == node { return true }
            return try body(edge)
        }
    }

    /// Visits all edges, by source, type and target, until `body` returns false.
    public func forEachEdge(_ body: (Edge) throws -> Bool) throws {
        try store.forEachEdge(graph: graph, in: transaction, body)
    }

    /// Visits the nodes that have a record in this graph, by id, until `body` returns false.
    public func forEachNode(_ body: (Node) throws -> Bool) throws {
        struct Stop: Error {}
        do {
            try store.forEachNode(graph: graph, in: transaction) { node in
                guard try body(node) else { throw Stop() }
            }
        } catch is Stop {
            // The visit of the store has no other way to end early.
        }
    }

    /// The edge of a type between two nodes, or nil if there is none.
    public func edge(
        from source: NodeID, _ type: EdgeType, to target: NodeID
    ) throws -> Edge? {
        try store.edge(from: source, type, to: target, graph: graph, in: transaction)
    }

    /// The properties of a node in this graph, or nil if it has no record here.
    public func properties(of node: NodeID) throws -> [String: Property]? {
        try store.properties(of: node, graph: graph, in: transaction)
    }

    /// The label of a node, or nil if its code is unknown.
    public func label(of node: NodeID) -> Label? { store.label(of: node) }

    /// The external id of a node, or nil if the store has none.
    public func externalID(of node: NodeID) throws -> String? {
        try store.externalID(of: node, in: transaction)
    }

    /// The node with an external id, or nil if there is none.
    public func node(_ label: Label, _ externalID: String) throws -> NodeID? {
        try store.node(label, externalID, in: transaction)
    }

    /// Finds the nodes of a label with a property in a range, by an index if there is one.
    public func nodes(
        _ label: Label, where property: String, in range: PropertyRange, limit: Int
    ) throws -> BoundedResult<NodeID> {
        try store.nodes(
            label, where: property, in: range, graph: graph, limit: limit, in: transaction)
    }
}

extension GraphStore {
    /// Calls `body` with a graph in a snapshot of the store.
    ///
    /// - Parameters:
    ///   - graph: The id of the graph. A graph without records is empty.
    ///   - body: Gets the graph.
    /// - Returns: What `body` returned.
    /// - Throws: `LMDBError` if no transaction can begin, or what `body` throws.
    public func read<T>(
        graph: GraphID, _ body: (borrowing StoredGraph) throws -> T
    ) throws -> T {
        try read { try view(graph: graph, in: $0, body) }
    }

    /// Calls `body` with a graph in a transaction, whose changes it includes.
    ///
    /// - Parameters:
    ///   - graph: The id of the graph.
    ///   - transaction: A transaction of this store.
    ///   - body: Gets the graph.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws.
    public func view<T>(
        graph: GraphID, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (borrowing StoredGraph) throws -> T
    ) throws -> T {
        try ErasedTransaction.withErased(transaction) { erased in
            let stored = StoredGraph(graph, of: self, in: erased)
            return try body(stored)
        }
    }
}
