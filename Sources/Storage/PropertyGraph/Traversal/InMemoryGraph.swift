/// A graph in memory.
///
/// Use it for graphs that are in no store, such as a graph as of a past time:
///
/// ```swift
/// var graph = InMemoryGraph(labels: [person], edgeTypes: [knows], edges: edges)
/// graph.put(edge)
/// let copy = try store.read(graph: .shared) { try InMemoryGraph($0) }
/// ```
///
/// Nodes and edges are in two sorted arrays. A third array, computed on first use, has the indexes
/// of the edges sorted by target. Copies share the arrays until one of them is changed.
///
/// Two graphs are equal if they have equal nodes and edges; names of nodes are not compared. An
/// edge whose weight is NaN is equal to no edge.
public struct InMemoryGraph: GraphView, Sendable {
    private(set) var names: GraphNames
    /// The nodes that have a record, by id.
    public internal(set) var nodes: [Node] = []
    /// The edges, by source, type and target.
    public internal(set) var edges: [Edge] = []
    /// The cache of ``incoming``.
    var incomingOrder = IncomingEdgeOrder()

    /// Creates a graph.
    ///
    /// - Parameters:
    ///   - labels: The labels, in the order in which a new store would declare them.
    ///   - edgeTypes: The types of edges, in the order in which edges are visited. Edges of other
    ///     types are visited after those, by the name of the type.
    ///   - nodes: The nodes with a record; the last of several with the same id counts.
    ///   - edges: The edges; the last of several with the same source, type and target counts.
    ///   - externalIDs: The external ids of nodes.
    /// - Complexity: O(*n* log *n* + *m* log *m*) for *n* nodes and *m* edges.
    public init(
        labels: [Label] = [], edgeTypes: [EdgeType] = [], nodes: [Node] = [], edges: [Edge] = [],
        externalIDs: [NodeID: String] = [:]
    ) {
        names = GraphNames(labels: labels, edgeTypes: edgeTypes)
        for (node, name) in externalIDs { names.set(name, for: node) }
        put(nodes)
        put(edges)
    }

    /// Creates an empty graph with the labels and edge types of a store.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - externalIDs: The external ids of nodes.
    public init(namesOf store: GraphStore, externalIDs: [NodeID: String] = [:]) {
        names = GraphNames(of: store)
        for (node, name) in externalIDs { names.set(name, for: node) }
    }

    /// Copies a graph of a store.
    ///
    /// - Parameters:
    ///   - stored: The graph.
    ///   - externalIDs: Whether external ids are copied too, with one lookup per node.
    /// - Throws: ``GraphError`` if a record is damaged.
    /// - Complexity: O(*n* + *m*) for *n* nodes and *m* edges.
    public init(_ stored: borrowing StoredGraph, externalIDs: Bool = false) throws {
        var nodes: [Node] = []
        var edges: [Edge] = []
        try stored.forEachNode { node in
            nodes.append(node)
            return true
        }
        try stored.forEachEdge { edge in
            edges.append(edge)
            return true
        }
        self.init(of: stored.store, nodes: nodes, edges: edges)
        guard externalIDs else { return }
        for node in try nodeIDs(limit: .max).elements {
            if let name = try stored.externalID(of: node) { names.set(name, for: node) }
        }
    }

    /// Creates a graph of nodes and edges in the order in which a store visits them.
    init(of store: GraphStore, nodes: [Node], edges: [Edge]) {
        names = GraphNames(of: store)
        self.nodes = nodes
        self.edges = edges
    }

    /// Visits the edges of a node until `body` returns false; see ``GraphView``.
    public func forEachEdge(
        at node: NodeID, _ direction: Direction, _ type: EdgeType?,
        _ body: (Edge) throws -> Bool
    ) rethrows {
        if direction != .in {
            for edge in edges[firstEdge(from: node, type)...] {
                guard edge.source == node, type == nil || edge.type == type else { break }
                guard try body(edge) else { return }
            }
        }
        guard direction != .out else { return }
        let incoming = incoming
        for index in incoming[firstIncoming(to: node, type, in: incoming)...] {
            let edge = edges[Int(index)]
            guard edge.target == node, type == nil || edge.type == type else { break }
            if direction == .both, edge.source == node { continue }
            guard try body(edge) else { return }
        }
    }

    /// Visits all edges, by source, type and target, until `body` returns false.
    public func forEachEdge(_ body: (Edge) throws -> Bool) rethrows {
        for edge in edges { guard try body(edge) else { return } }
    }

    /// Visits the nodes that have a record, by id, until `body` returns false.
    public func forEachNode(_ body: (Node) throws -> Bool) rethrows {
        for node in nodes { guard try body(node) else { return } }
    }

    /// The edge of a type between two nodes, or nil if there is none.
    ///
    /// - Complexity: O(log *m*) for *m* edges.
    public func edge(from source: NodeID, _ type: EdgeType, to target: NodeID) -> Edge? {
        let index = firstEdge(from: source, type, to: target)
        guard index < edges.count else { return nil }
        let edge = edges[index]
        let isFound = edge.source == source && edge.type == type && edge.target == target
        return isFound ? edge : nil
    }

    /// The properties of a node, or nil if it has no record.
    ///
    /// - Complexity: O(log *n*) for *n* nodes.
    public func properties(of node: NodeID) -> [String: Property]? {
        let index = firstNode(from: node)
        return index < nodes.count && nodes[index].id == node ? nodes[index].properties : nil
    }

    /// The label of a node, or nil if its code is unknown.
    public func label(of node: NodeID) -> Label? { names.label(of: node) }

    /// The external id of a node, or nil if it was neither given nor read.
    public func externalID(of node: NodeID) -> String? { names.externalID(of: node) }

    /// The node with an external id, or nil if it was neither given nor read.
    public func node(_ label: Label, _ externalID: String) -> NodeID? {
        names.node(label, externalID)
    }
}

extension InMemoryGraph: Equatable {
    /// Whether both have equal nodes and edges.
    public static func == (left: InMemoryGraph, right: InMemoryGraph) -> Bool {
        guard left.nodes == right.nodes, left.edges.count == right.edges.count else {
            return false
        }
        // The order of the edges depends on the order in which the types were declared.
        return left.edges == right.edges || Set(left.edges) == Set(right.edges)
    }
}
