/// How many edges a node has.
public struct Degrees: Hashable, Sendable {
    /// The number of edges of each type that there are any of.
    public let byType: [EdgeType: Int]
    /// The number of all edges.
    public let total: Int
    /// Whether a limit left edges uncounted.
    public let isTruncated: Bool
}

extension GraphView where Self: ~Copyable {
    /// Counts the edges at a node by type; an edge from the node to itself counts once.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - direction: Which way the edges go.
    ///   - limit: The most edges that are counted.
    /// - Returns: The counts.
    /// - Throws: What reading throws.
    /// - Complexity: O(edges counted).
    public func degrees(
        of node: NodeID, _ direction: Direction = .both, limit: Int = 1_000_000
    ) throws -> Degrees {
        var byType: [EdgeType: Int] = [:]
        var total = 0
        let pattern = EdgePattern(types: nil, direction: direction)
        let isCut = try expand(node, along: pattern, limit: limit) { edge, _ in
            byType[edge.type, default: 0] += 1
            total += 1
            return true
        }
        return Degrees(byType: byType, total: total, isTruncated: isCut)
    }
}
