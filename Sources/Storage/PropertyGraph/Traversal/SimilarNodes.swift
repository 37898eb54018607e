/// A node that has neighbours in common with another node.
public struct SimilarNode: Hashable, Sendable {
    /// The node.
    public let node: NodeID
    /// The common neighbours.
    public let common: CommonNeighbours
}

extension GraphView where Self: ~Copyable {
    /// Finds the nodes of the same label that have neighbours in common with a node.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - pattern: The pattern of the edges to its neighbours.
    ///   - limits: The fan-out is the most edges that are read per node. The number of visited
    ///     nodes is the most candidates that are compared. The depth is not used.
    /// - Returns: The nodes by the Adamic–Adar index in descending order, then by the Jaccard index
    ///   in descending order, then by id.
    /// - Throws: What reading throws.
    /// - Complexity: O(*c* · *m*) in time and O(*c*) in memory for *c* candidates, if a comparison
    ///   reads *m* edges; see ``commonNeighbours(of:_:along:limits:)``.
    public func similarNodes(
        to node: NodeID, along pattern: EdgePattern = .both(),
        limits: TraversalLimits = TraversalLimits()
    ) throws -> BoundedResult<SimilarNode> {
        var (candidates, isTruncated) = try candidates(node, pattern, limits)
        var similar: [SimilarNode] = []
        for candidate in candidates {
            let common = try commonNeighbours(of: node, candidate, along: pattern, limits: limits)
            if common.isTruncated { isTruncated = true }
            if !common.nodes.isEmpty {
                similar.append(SimilarNode(node: candidate, common: common))
            }
        }
        similar.sort {
            ($1.common.adamicAdar, $1.common.jaccard, $0.node)
                < ($0.common.adamicAdar, $0.common.jaccard, $1.node)
        }
        return BoundedResult(elements: similar, isTruncated: isTruncated)
    }

    /// The nodes of the same label with a common neighbour, by id, and whether a limit was reached.
    private func candidates(
        _ node: NodeID, _ pattern: EdgePattern, _ limits: TraversalLimits
    ) throws -> (nodes: [NodeID], isTruncated: Bool) {
        let reversed = EdgePattern(types: pattern.types, direction: pattern.direction.reversed)
        let label = label(of: node)
        var candidates: Set<NodeID> = []
        var isTruncated = false
        var neighbours: Set<NodeID> = []
        let wasTruncated = try expand(node, along: pattern, limit: limits.fanOut) { _, other in
            neighbours.insert(other)
            return true
        }
        if wasTruncated { isTruncated = true }
        for neighbour in neighbours.sorted() {
            let wasTruncated = try expand(neighbour, along: reversed, limit: limits.fanOut) {
                _, other in
                guard other != node, self.label(of: other) == label else { return true }
                if candidates.count >= limits.visited, !candidates.contains(other) {
                    isTruncated = true
                    return false
                }
                candidates.insert(other)
                return true
            }
            if wasTruncated { isTruncated = true }
        }
        return (candidates.sorted(), isTruncated)
    }
}
