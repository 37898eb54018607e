/// The direction of edges, seen from a node.
public enum Direction: Hashable, Sendable, CaseIterable {
    /// Outgoing edges.
    case out
    /// Incoming edges.
    case `in`
    /// Outgoing and incoming edges.
    case both

    /// The direction of the same edges, seen from their other nodes.
    public var reversed: Direction {
        switch self {
        case .out: .in
        case .in: .out
        case .both: .both
        }
    }
}

/// A graph for reading: of a store (``StoredGraph``) or in memory (``InMemoryGraph``).
///
/// Write a function on graphs once, and call it with either kind:
///
/// ```swift
/// func isLonely(_ node: NodeID, in graph: borrowing some GraphView & ~Copyable) throws -> Bool {
///     try graph.degrees(of: node).total == 0
/// }
/// ```
///
/// Both kinds visit nodes and edges in the same order, so traversals give the same results on both.
///
/// A node can have edges without having a record. An unknown node is not an error: it has no edges,
/// no properties and no external id.
public protocol GraphView: ~Copyable {
    /// Visits the edges of a node until `body` returns false.
    ///
    /// Outgoing edges come first, by type and target, then incoming edges, by type and source.
    /// Types are in the order of their declaration. A self-loop is visited once, in any direction.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - direction: The direction of the edges.
    ///   - type: The type of the edges; nil for all types.
    ///   - body: Gets an edge; returns whether to continue.
    /// - Throws: ``GraphError`` if a record is damaged or if the type is not declared in the store,
    ///   or what `body` throws.
    /// - Complexity: O(log *m* + *k*) for *k* of *m* edges visited; O(*k* log *m*) for incoming
    ///   edges of a stored graph with a reverse index, and O(*m*) without one.
    func forEachEdge(
        at node: NodeID, _ direction: Direction, _ type: EdgeType?,
        _ body: (Edge) throws -> Bool
    ) throws

    /// Visits all edges, by source, type and target, until `body` returns false.
    func forEachEdge(_ body: (Edge) throws -> Bool) throws

    /// Visits the nodes that have a record in this graph, by id, until `body` returns false.
    ///
    /// For nodes that have only edges see ``nodeIDs(limit:)``.
    func forEachNode(_ body: (Node) throws -> Bool) throws

    /// The edge of a type between two nodes, or nil if there is none.
    func edge(from source: NodeID, _ type: EdgeType, to target: NodeID) throws -> Edge?

    /// The properties of a node in this graph, or nil if it has no record here.
    func properties(of node: NodeID) throws -> [String: Property]?

    /// The label of a node, or nil if its code is unknown.
    func label(of node: NodeID) -> Label?

    /// The external id of a node, or nil if it is unknown.
    func externalID(of node: NodeID) throws -> String?

    /// The node with an external id, or nil if it is unknown.
    func node(_ label: Label, _ externalID: String) throws -> NodeID?

    /// Finds the nodes of a label with a property in a range, by an index if there is one.
    ///
    /// - Parameters:
    ///   - label: The label of the nodes.
    ///   - property: The name of a property that they have in this graph.
    ///   - range: The range of the property.
    ///   - limit: The most nodes to return; at least 0.
    /// - Returns: The first nodes by the property, then by id. Strings are ordered by their first
    ///   200 bytes.
    /// - Throws: What reading throws; ``GraphError`` for a label that is not declared in the store.
    /// - Complexity: With an index O(log *n* + *k*) for *k* nodes found, otherwise O(*n* log *k*).
    func nodes(
        _ label: Label, where property: String, in range: PropertyRange, limit: Int
    ) throws -> BoundedResult<NodeID>
}

extension GraphView where Self: ~Copyable {
    /// Visits the edges of a node that match a pattern, with their other nodes.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - pattern: The pattern of the edges.
    ///   - limit: The most edges of the pattern's types and direction to read, also if its label or
    ///     predicate excludes them.
    ///   - body: Gets an edge and its other node; returns whether to continue.
    /// - Returns: Whether the limit was reached, so that there are edges that were not read.
    /// - Throws: What reading, the pattern's predicate or `body` throws.
    @discardableResult
    public func expand(
        _ node: NodeID, along pattern: EdgePattern, limit: Int = TraversalLimits.fanOutDefault,
        _ body: (Edge, NodeID) throws -> Bool
    ) throws -> Bool {
        var count = 0
        var isTruncated = false
        var continues = true
        func visit(_ edge: Edge) throws -> Bool {
            guard count < limit else {
                isTruncated = true
                return false
            }
            count += 1
            let other = edge.otherEnd(from: node)
            if let wanted = pattern.label, label(of: other) != wanted { return true }
            if let predicate = pattern.predicate, try !predicate(edge) { return true }
            continues = try body(edge, other)
            return continues
        }
        guard let types = pattern.types else {
            try forEachEdge(at: node, pattern.direction, nil, visit)
            return isTruncated
        }
        for type in types where continues && !isTruncated {
            try forEachEdge(at: node, pattern.direction, type, visit)
        }
        return isTruncated
    }

    /// The ids of all nodes that have a record or an edge, in order.
    ///
    /// - Parameter limit: The most ids to return.
    /// - Returns: The ids. If there are more than the limit, those that were read first.
    /// - Throws: What reading throws.
    /// - Complexity: O(*n* + *m*) for *n* nodes and *m* edges, and memory for the ids.
    public func nodeIDs(limit: Int = TraversalLimits.visitedDefault) throws -> BoundedResult<NodeID>
    {
        var found: Set<NodeID> = []
        var isTruncated = false
        func add(_ node: NodeID) -> Bool {
            if found.count < limit {
                found.insert(node)
            } else if !found.contains(node) {
                isTruncated = true
            }
            return !isTruncated
        }
        try forEachNode { add($0.id) }
        if !isTruncated { try forEachEdge { add($0.source) && add($0.target) } }
        return BoundedResult(elements: found.sorted(), isTruncated: isTruncated)
    }
}

extension Edge {
    /// The node of the edge that is not `node`; for a self-loop, `node` itself.
    public func otherEnd(from node: NodeID) -> NodeID { source == node ? target : source }

    /// Whether two edges have the same source, type and target.
    func hasSameKey(as other: Edge) -> Bool {
        source == other.source && target == other.target && type == other.type
    }
}
