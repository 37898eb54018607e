/// The number of edges of a node.
public struct Degrees: Hashable, Sendable {
    /// The number of edges by type, without types that have none.
    public let byType: [EdgeType: Int]
    /// The number of all edges.
    public let total: Int
    /// Whether the limit was reached, so that there may be more edges.
    public let isTruncated: Bool
}

extension GraphView where Self: ~Copyable {
    /// Counts the edges of a node by type; a self-loop counts once.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - direction: The direction of the edges.
    ///   - limit: The most edges to count.
    /// - Returns: The counts.
    /// - Throws: What reading throws.
    /// - Complexity: O(edges counted).
    public func degrees(
        of node: NodeID, _ direction: Direction = .both, limit: Int = 1_000_000
    ) throws -> Degrees {
        var byType: [EdgeType: Int] = [:]
        var total = 0
        let pattern = EdgePattern(types: nil, direction: direction)
        let isTruncated = try expand(node, along: pattern, limit: limit) { edge, _ in
            byType[edge.type, default: 0] += 1
            total += 1
            return true
        }
        return Degrees(byType: byType, total: total, isTruncated: isTruncated)
    }
}
