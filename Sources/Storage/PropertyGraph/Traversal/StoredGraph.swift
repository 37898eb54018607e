public import LMDB

/// One named graph of a store, as it is in one transaction.
///
/// It exists only inside the closure that was given it, and can be neither copied nor kept:
///
/// ```swift
/// let friends = try store.read(graph: .shared) { graph in
///     var walk = Neighbourhood(of: ann, along: .out(likes))
///     return try walk.collect(10, in: graph).elements
/// }
/// ```
///
/// Use it on the thread of that closure. While a body is visiting edges or nodes of a graph that is
/// being changed, nothing may be changed: collect first.
public struct StoredGraph: ~Copyable, GraphView {
    let store: GraphStore
    /// The graph's id.
    public let graph: GraphID
    private let transaction: ErasedTransaction

    init(_ graph: GraphID, of store: GraphStore, in transaction: consuming ErasedTransaction) {
        self.store = store
        self.graph = graph
        self.transaction = transaction
    }

    /// Visits the edges at a node until `body` returns false; see the protocol.
    public func forEachEdge(
        at node: NodeID, _ direction: Direction, _ type: EdgeType?,
        _ body: (Edge) throws -> Bool
    ) throws {
        var goesOn = true
        if direction != .in {
            try store.forEachEdge(from: node, type, graph: graph, in: transaction) { edge in
                goesOn = try body(edge)
                return goesOn
            }
        }
        guard direction != .out, goesOn else { return }
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
            // The store's own visit goes on until an error ends it.
        }
    }

    /// The edge of a type between two nodes, or nil if there is none.
    public func edge(
        from source: NodeID, _ type: EdgeType, to target: NodeID
    ) throws -> Edge? {
        try store.edge(from: source, type, to: target, graph: graph, in: transaction)
    }

    /// A node's properties in this graph, or nil if it has no record here.
    public func properties(of node: NodeID) throws -> [String: Property]? {
        try store.properties(of: node, graph: graph, in: transaction)
    }

    /// The label of a node, or nil if the store does not know the label's code.
    public func label(of node: NodeID) -> Label? { store.label(of: node) }

    /// The external id of a node, or nil if the store has none.
    public func externalID(of node: NodeID) throws -> String? {
        try store.externalID(of: node, in: transaction)
    }

    /// The node of an external id, or nil if the store has none.
    public func node(_ label: Label, _ externalID: String) throws -> NodeID? {
        try store.node(label, externalID, in: transaction)
    }

    /// Finds the nodes of a label whose property lies in a range, by an index if there is one.
    public func nodes(
        _ label: Label, where property: String, in range: PropertyRange, limit: Int
    ) throws -> Answer<NodeID> {
        try store.nodes(
            label, where: property, in: range, graph: graph, limit: limit, in: transaction)
    }
}

extension GraphStore {
    /// Looks at one graph in one state of the store.
    ///
    /// - Parameters:
    ///   - graph: The graph's id; of a graph without records there is nothing to see.
    ///   - body: Gets the graph.
    /// - Returns: What `body` returned.
    /// - Throws: `LMDBError` when no transaction can begin, or what `body` throws.
    public func read<T>(
        graph: GraphID, _ body: (borrowing StoredGraph) throws -> T
    ) throws -> T {
        try read { try view(graph: graph, in: $0, body) }
    }

    /// Looks at one graph in a transaction, of which it sees the changes so far.
    ///
    /// - Parameters:
    ///   - graph: The graph's id.
    ///   - transaction: A transaction of this store.
    ///   - body: Gets the graph.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws.
    public func view<T>(
        graph: GraphID, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (borrowing StoredGraph) throws -> T
    ) throws -> T {
        try ErasedTransaction.lend(transaction) { lent in
            let stored = StoredGraph(graph, of: self, in: lent)
            return try body(stored)
        }
    }
}
