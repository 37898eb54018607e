/// The size of a graph: nodes by label, edges by type, and the range of degrees.
public struct GraphSummary: Hashable, Sendable {
    /// The number of nodes of a label.
    public struct Nodes: Hashable, Sendable {
        /// The label; `nil` if its code is unknown.
        public let label: Label?
        /// The number of nodes.
        public let count: Int
    }

    /// Statistics of the edges of a type.
    public struct Edges: Hashable, Sendable {
        /// The type.
        public let type: EdgeType
        /// The number of edges.
        public let count: Int
        /// The sum of their weights at the given time, at most the greatest finite number.
        public let weight: Double
        /// The sum of their counts, at most `UInt64.max`.
        public let times: UInt64
    }

    /// The least, median and greatest number of edges of a node.
    public struct DegreeRange: Hashable, Sendable {
        /// The least degree.
        public let min: Int
        /// The median degree.
        public let median: Double
        /// The greatest degree.
        public let max: Int
    }

    /// The numbers of nodes by label, the greatest first; nodes that only have edges are included.
    public let nodes: [Nodes]
    /// The edges by type, the greatest number first.
    public let edges: [Edges]
    /// The degrees of all nodes, where a self-loop counts once; `nil` if there are no nodes.
    public let degrees: DegreeRange?

    /// The number of all nodes.
    public var nodeCount: Int { nodes.reduce(0) { $0 + $1.count } }
    /// The number of all edges.
    public var edgeCount: Int { edges.reduce(0) { $0 + $1.count } }
    /// The sum of all weights, at most the greatest finite number.
    public var weight: Double { edges.reduce(0) { min($0 + $1.weight, .greatestFiniteMagnitude) } }
}

extension GraphView where Self: ~Copyable {
    /// Counts the nodes and edges of the graph.
    ///
    /// - Parameter decay: The time at which weights are computed.
    /// - Returns: The counts.
    /// - Throws: What reading throws.
    /// - Complexity: O(*m* + *n* log *n*) in time and O(*n*) in memory for *n* nodes and *m* edges.
    public func summary(decay: Decay = .asStored) throws -> GraphSummary {
        var degrees: [NodeID: Int] = [:]
        var types: [EdgeType: GraphSummary.Edges] = [:]
        try forEachNode { node in
            degrees[node.id] = 0
            return true
        }
        try forEachEdge { edge in
            degrees[edge.source, default: 0] += 1
            if edge.target != edge.source { degrees[edge.target, default: 0] += 1 }
            let known = types[edge.type]
            // A count can be any number, so the sum may overflow.
            let (times, overflow) = (known?.times ?? 0).addingReportingOverflow(edge.count)
            types[edge.type] = GraphSummary.Edges(
                type: edge.type, count: (known?.count ?? 0) + 1,
                weight: min(
                    (known?.weight ?? 0) + decay.weight(of: edge), .greatestFiniteMagnitude),
                times: overflow ? .max : times)
            return true
        }
        var labels: [Label?: Int] = [:]
        for node in degrees.keys { labels[label(of: node), default: 0] += 1 }
        return GraphSummary(
            nodes: labels.map { GraphSummary.Nodes(label: $0.key, count: $0.value) }.sorted {
                ($1.count, $0.label?.rawValue ?? "?") < ($0.count, $1.label?.rawValue ?? "?")
            },
            edges: types.values.sorted {
                ($1.count, $0.type.rawValue) < ($0.count, $1.type.rawValue)
            },
            degrees: degreeRange(degrees.values.sorted()))
    }

    /// The types of all edges of the graph.
    ///
    /// - Returns: The types.
    /// - Throws: What reading throws.
    /// - Complexity: O(edges).
    public func usedEdgeTypes() throws -> Set<EdgeType> {
        var types: Set<EdgeType> = []
        try forEachEdge { edge in
            types.insert(edge.type)
            return true
        }
        return types
    }

    /// Whether a node has a record or an edge in the graph.
    ///
    /// - Parameter node: The node.
    /// - Returns: Whether it has one.
    /// - Throws: What reading throws.
    /// - Complexity: O(log *n*) for *n* records.
    public func contains(_ node: NodeID) throws -> Bool {
        if try properties(of: node) != nil { return true }
        var hasEdge = false
        try forEachEdge(at: node, .both, nil) { _ in
            hasEdge = true
            return false
        }
        return hasEdge
    }
}

private func degreeRange(_ sorted: [Int]) -> GraphSummary.DegreeRange? {
    guard let first = sorted.first, let last = sorted.last else { return nil }
    let middle = sorted.count / 2
    let median =
        sorted.count.isMultiple(of: 2)
        ? Double(sorted[middle - 1] + sorted[middle]) / 2 : Double(sorted[middle])
    return GraphSummary.DegreeRange(min: first, median: median, max: last)
}
