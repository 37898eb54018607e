/// A node near another node, with the heaviest edge that leads to it.
public struct NearbyNode: Hashable, Sendable {
    /// The node.
    public let node: NodeID
    /// The number of edges of a shortest path from the start; at least 1.
    public let depth: Int
    /// The heaviest edge from a node whose depth is one less.
    public let edge: Edge
    /// The weight of ``edge`` at the given time, at least 0.
    public let weight: Double
}

extension GraphView where Self: ~Copyable {
    /// Finds the nodes around a node, each with the heaviest edge that leads to it.
    ///
    /// ``Neighbourhood`` returns the first edge to each node. This function reads the edges of all
    /// nodes on the way again to find the heaviest. Of edges with equal weight it takes the first
    /// by type, source and target.
    ///
    /// - Parameters:
    ///   - start: The start, which is not in the result.
    ///   - pattern: The pattern of each edge, seen from the node nearer to the start.
    ///   - decay: The time at which weights are computed.
    ///   - limits: The depth, and the limits of the search.
    /// - Returns: The nodes by depth, then by weight in descending order, then by id.
    /// - Throws: What reading throws.
    /// - Complexity: O(*m* + *n* log *n*) in time and O(*n*) in memory for *n* nodes found and *m*
    ///   edges read.
    public func nearbyNodes(
        of start: NodeID, along pattern: EdgePattern = .both(), decay: Decay = .asStored,
        limits: TraversalLimits = TraversalLimits()
    ) throws -> BoundedResult<NearbyNode> {
        var walk = Neighbourhood(of: start, along: pattern, limits: limits)
        let steps = try walk.collect(.max, in: self)
        var depths = [start: 0]
        for step in steps.elements { depths[step.node] = step.depth }
        var best: [NodeID: (edge: Edge, weight: Double)] = [:]
        for (from, depth) in depths where depth < limits.depth {
            try expand(from, along: pattern, limit: limits.fanOut) { edge, other in
                guard depths[other] == depth + 1 else { return true }
                let weight = decay.weight(of: edge)
                if let known = best[other], !comesBefore((edge, weight), known) { return true }
                best[other] = (edge, weight)
                return true
            }
        }
        let nearby = steps.elements.map { step in
            let (edge, weight) = best[step.node] ?? (step.edge, decay.weight(of: step.edge))
            return NearbyNode(node: step.node, depth: step.depth, edge: edge, weight: weight)
        }
        let sorted = nearby.sorted {
            ($0.depth, $1.weight, $0.node) < ($1.depth, $0.weight, $1.node)
        }
        return BoundedResult(elements: sorted, isTruncated: steps.isTruncated)
    }
}

/// Whether the first edge ranks before the second; it does not depend on the order of reading.
private func comesBefore(
    _ left: (edge: Edge, weight: Double), _ right: (edge: Edge, weight: Double)
) -> Bool {
    if left.weight != right.weight { return left.weight > right.weight }
    let (a, b) = (left.edge, right.edge)
    return (a.type.rawValue, a.source, a.target) < (b.type.rawValue, b.source, b.target)
}
