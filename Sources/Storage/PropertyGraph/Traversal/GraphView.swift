/// Which of a node's edges are meant.
public enum Direction: Hashable, Sendable, CaseIterable {
    /// Edges that leave the node.
    case out
    /// Edges that enter the node.
    case `in`
    /// Edges that leave or enter the node.
    case both

    /// The direction in which the same edges are seen from their other ends.
    public var reversed: Direction {
        switch self {
        case .out: .in
        case .in: .out
        case .both: .both
        }
    }
}

/// One named graph as it is at one moment, to be read.
///
/// A function on graphs is written once and serves the graph of a store (``StoredGraph``) and a
/// graph in memory (``MemoryGraph``) alike:
///
/// ```swift
/// func isLonely(_ node: NodeID, in graph: borrowing some GraphView & ~Copyable) throws -> Bool {
///     try graph.degrees(of: node).total == 0
/// }
/// ```
///
/// Both visit nodes and edges in the same order, so every traversal gives the same answer on both.
/// A node needs no record to have edges, and a node that nothing is known of has no edges, no
/// properties and no name: it is not an error to ask.
public protocol GraphView: ~Copyable {
    /// Visits the edges at a node until `body` returns false.
    ///
    /// Edges that leave come first, by type and target, then those that enter, by type and source.
    /// Types come in the order in which they were declared. An edge from the node to itself is
    /// visited once in every direction.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - direction: Which way the edges go.
    ///   - type: The type of the edges; nil for all types.
    ///   - body: Gets an edge, returns whether to go on.
    /// - Throws: ``GraphError`` when a record is damaged or a store does not know the type, or what
    ///   `body` throws.
    /// - Complexity: O(log *m* + *k*) for *k* of *m* edges visited, times O(log *m*) for edges that
    ///   enter a stored node.
    func forEachEdge(
        at node: NodeID, _ direction: Direction, _ type: EdgeType?,
        _ body: (Edge) throws -> Bool
    ) throws

    /// Visits all edges, by source, type and target, until `body` returns false.
    func forEachEdge(_ body: (Edge) throws -> Bool) throws

    /// Visits the nodes that have a record in this graph, by id, until `body` returns false.
    ///
    /// For nodes that only have edges see ``nodeIDs(limit:)``.
    func forEachNode(_ body: (Node) throws -> Bool) throws

    /// The edge of a type between two nodes, or nil if there is none.
    func edge(from source: NodeID, _ type: EdgeType, to target: NodeID) throws -> Edge?

    /// A node's properties in this graph, or nil if it has no record here.
    func properties(of node: NodeID) throws -> [String: Property]?

    /// The label of a node, or nil if the label's code is not known.
    func label(of node: NodeID) -> Label?

    /// The external id of a node, or nil if none is known.
    func externalID(of node: NodeID) throws -> String?

    /// The node of an external id, or nil if none is known.
    func node(_ label: Label, _ externalID: String) throws -> NodeID?

    /// Finds the nodes of a label whose property lies in a range, by an index if there is one.
    ///
    /// - Parameters:
    ///   - label: The nodes' label.
    ///   - property: The name of a property that they have in this graph.
    ///   - range: What it is like.
    ///   - limit: The most nodes wanted, 0 or more.
    /// - Returns: The nodes by the property, texts by their first 200 bytes, and then by id; when
    ///   there are more than the limit, the first ones.
    /// - Throws: What reading throws; ``GraphError`` for a label that a store does not know.
    /// - Complexity: O(log *n* + *k*) for *k* nodes found with an index, otherwise O(*n* log *k*).
    func nodes(
        _ label: Label, where property: String, in range: PropertyRange, limit: Int
    ) throws -> Answer<NodeID>
}

extension GraphView where Self: ~Copyable {
    /// Visits the edges at a node that match a pattern, with the nodes at their other ends.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - pattern: What the edges are like.
    ///   - limit: The most edges of the pattern's types and direction that are read, whether or
    ///     not its label and predicate let them pass.
    ///   - body: Gets an edge and its other end, returns whether to go on.
    /// - Returns: Whether the limit left edges unread.
    /// - Throws: What reading, the pattern's predicate or `body` throws.
    @discardableResult
    public func expand(
        _ node: NodeID, along pattern: EdgePattern, limit: Int = TraversalLimits.fanOutDefault,
        _ body: (Edge, NodeID) throws -> Bool
    ) throws -> Bool {
        var count = 0
        var isTruncated = false
        var goesOn = true
        func visit(_ edge: Edge) throws -> Bool {
            guard count < limit else {
                isTruncated = true
                return false
            }
            count += 1
            let other = edge.otherEnd(from: node)
            if let wanted = pattern.label, label(of: other) != wanted { return true }
            if let predicate = pattern.predicate, try !predicate(edge) { return true }
            goesOn = try body(edge, other)
            return goesOn
        }
        guard let types = pattern.types else {
            try forEachEdge(at: node, pattern.direction, nil, visit)
            return isTruncated
        }
        for type in types where goesOn && !isTruncated {
            try forEachEdge(at: node, pattern.direction, type, visit)
        }
        return isTruncated
    }

    /// The ids of all nodes that have a record or an edge, in order.
    ///
    /// - Parameter limit: The most ids wanted.
    /// - Returns: The ids; when there are more than the limit, those that were met first.
    /// - Throws: What reading throws.
    /// - Complexity: O(*n* + *m*) for *n* nodes and *m* edges, and memory for the ids.
    public func nodeIDs(limit: Int = TraversalLimits.visitedDefault) throws -> Answer<NodeID> {
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
        return Answer(elements: found.sorted(), isTruncated: isTruncated)
    }
}

extension Edge {
    /// The end of the edge that is not `node`; for an edge from a node to itself, that node.
    public func otherEnd(from node: NodeID) -> NodeID { source == node ? target : source }

    /// Whether both are the edge of one type between the same two nodes, whatever they carry.
    func hasSameKey(as other: Edge) -> Bool {
        source == other.source && target == other.target && type == other.type
    }
}
