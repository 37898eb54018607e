/// One graph in memory, with the way back along its edges.
///
/// It serves for graphs that no store holds, such as a graph as of a past moment:
///
/// ```swift
/// var graph = MemoryGraph(labels: [person], edgeTypes: [knows], edges: edges)
/// graph.put(edge)
/// let copy = try store.read(graph: .shared) { try MemoryGraph($0) }
/// ```
///
/// Nodes and edges lie sorted in two arrays, and a third, made when it is first needed, holds the
/// numbers of the edges sorted by target. A copy shares them until one of both is changed. Two graphs are equal when they have
/// equal nodes and edges, whatever names they know; an edge whose weight is not a number is equal
/// to none.
public struct MemoryGraph: GraphView, Sendable {
    private(set) var names: GraphNames
    /// The nodes that have a record, by id.
    public internal(set) var nodes: [Node] = []
    /// The edges, by source, type and target.
    public internal(set) var edges: [Edge] = []
    /// The numbers of the edges, by target, type and source.
    var reverseEdge = ReverseEdge()

    /// Makes a graph.
    ///
    /// - Parameters:
    ///   - labels: The labels, in the order in which a new store would be given them.
    ///   - edgeTypes: Types of edges in the order in which edges are visited; of types that are not
    ///     named here edges come afterwards, by name.
    ///   - nodes: Nodes with a record; of nodes with one id the last counts.
    ///   - edges: Edges; of edges of one type between the same two nodes the last counts.
    ///   - externalIDs: Names of nodes.
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

    /// Makes a graph without nodes and edges that knows the labels and edge types of a store.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - externalIDs: Names of nodes.
    public init(namesOf store: GraphStore, externalIDs: [NodeID: String] = [:]) {
        names = GraphNames(of: store)
        for (node, name) in externalIDs { names.set(name, for: node) }
    }

    /// Copies a graph out of a store.
    ///
    /// - Parameters:
    ///   - stored: The graph.
    ///   - externalIDs: Whether the names of its nodes are read too, one by one.
    /// - Throws: ``GraphError`` when a record is damaged.
    /// - Complexity: O(*n* + *m* log *m*) for *n* nodes and *m* edges, in one sequential read.
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

    /// Makes a graph of what a store has visited, in just its order.
    init(of store: GraphStore, nodes: [Node], edges: [Edge]) {
        names = GraphNames(of: store)
        self.nodes = nodes
        self.edges = edges
    }

    /// Visits the edges at a node until `body` returns false; see the protocol.
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
        let back = back
        for index in back[firstWayBack(to: node, type, in: back)...] {
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
        let isIt = edge.source == source && edge.type == type && edge.target == target
        return isIt ? edge : nil
    }

    /// A node's properties, or nil if it has no record.
    ///
    /// - Complexity: O(log *n*) for *n* nodes.
    public func properties(of node: NodeID) -> [String: Property]? {
        let index = firstNode(from: node)
        return index < nodes.count && nodes[index].id == node ? nodes[index].properties : nil
    }

    /// The label of a node, or nil if its code is not known.
    public func label(of node: NodeID) -> Label? { names.label(of: node) }

    /// The external id of a node, or nil if none was given or read.
    public func externalID(of node: NodeID) -> String? { names.externalID(of: node) }

    /// The node of an external id, or nil if none was given or read.
    public func node(_ label: Label, _ externalID: String) -> NodeID? {
        names.node(label, externalID)
    }
}

extension MemoryGraph: Equatable {
    /// Whether both have equal nodes and edges.
    public static func == (left: MemoryGraph, right: MemoryGraph) -> Bool {
        guard left.nodes == right.nodes, left.edges.count == right.edges.count else {
            return false
        }
        // Graphs that were told of types in another order have their edges in another order.
        return left.edges == right.edges || Set(left.edges) == Set(right.edges)
    }
}
