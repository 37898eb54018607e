/// A path along edges, in or against their direction.
public struct Path: Hashable, Sendable {
    /// The first node.
    public let start: NodeID
    /// The edges in order; consecutive edges have a node in common.
    public let edges: [Edge]

    /// Creates a path.
    public init(start: NodeID, edges: [Edge] = []) {
        self.start = start
        self.edges = edges
    }

    /// All nodes from start to end, one more than there are edges.
    public var nodes: [NodeID] {
        var nodes = [start]
        nodes.reserveCapacity(edges.count + 1)
        var node = start
        for edge in edges {
            node = edge.otherEnd(from: node)
            nodes.append(node)
        }
        return nodes
    }

    /// The last node.
    public var end: NodeID { edges.reduce(start) { $1.otherEnd(from: $0) } }
}
