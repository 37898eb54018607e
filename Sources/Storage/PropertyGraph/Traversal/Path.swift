/// A walk along edges, in or against their direction.
public struct Path: Hashable, Sendable {
    /// The node at which the path begins.
    public let start: NodeID
    /// The edges, each with one end in common with the one before.
    public let edges: [Edge]

    /// Makes a path.
    public init(start: NodeID, edges: [Edge] = []) {
        self.start = start
        self.edges = edges
    }

    /// The nodes from start to end, one more than there are edges.
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

    /// The node at which the path ends.
    public var end: NodeID { edges.reduce(start) { $1.otherEnd(from: $0) } }
}
