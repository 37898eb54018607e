/// A node near another one, with the heaviest edge that leads to it.
public struct NearbyNode: Hashable, Sendable {
    /// The node.
    public let node: NodeID
    /// The fewest edges from the start to the node; from 1.
    public let depth: Int
    /// The heaviest edge from a node that is one less deep.
    public let edge: Edge
    /// The weight of ``edge`` at the moment asked for, from 0.
    public let weight: Double
}

extension GraphView where Self: ~Copyable {
    /// Finds the nodes around a node, each with the heaviest edge that leads to it.
    ///
    /// ``Neighbourhood`` gives the first edge to each node; this function reads the edges of the
    /// nodes on the way a second time to find the heaviest. Of edges of equal weight it takes the
    /// first by type, source and target.
    ///
    /// - Parameters:
    ///   - start: The node in the middle; it is not among the answers.
    ///   - pattern: What each edge on the way is like, seen from the node nearer to the start.
    ///   - decay: When to weigh edges.
    ///   - limits: The depth wanted, and how far to go at most.
    /// - Returns: The nodes by depth, then by weight, the heaviest first, then by id.
    /// - Throws: What reading throws.
    /// - Complexity: O(*m* + *n* log *n*) in time and O(*n*) in memory for *n* nodes found and *m*
    ///   edges read.
    public func nearbyNodes(
        of start: NodeID, along pattern: EdgePattern = .both(), decay: Decay = .asStored,
        limits: TraversalLimits = TraversalLimits()
    ) throws -> Answer<NearbyNode> {
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
        return Answer(elements: sorted, isTruncated: steps.isTruncated)
    }
}

/// Whether the first edge ranks before the second, whatever the order in which they are read.
private func comesBefore(
    _ left: (edge: Edge, weight: Double), _ right: (edge: Edge, weight: Double)
) -> Bool {
    if left.weight != right.weight { return left.weight > right.weight }
    let (a, b) = (left.edge, right.edge)
    return (a.type.rawValue, a.source, a.target) < (b.type.rawValue, b.source, b.target)
}
