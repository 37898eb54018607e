/// A node that has neighbours in common with another one.
public struct SimilarNode: Hashable, Sendable {
    /// The node.
    public let node: NodeID
    /// The neighbours that both have.
    public let common: CommonNeighbours
}

extension GraphView where Self: ~Copyable {
    /// Finds the nodes of the same label that have neighbours in common with a node.
    ///
    /// - Parameters:
    ///   - node: The node.
    ///   - pattern: What the edges to its neighbours are like.
    ///   - limits: Of these count the fan-out, the most edges that are read at a node, and the
    ///     number of nodes, the most candidates that are compared.
    /// - Returns: The nodes by the score of Adamic and Adar, the most similar first, then by
    ///   Jaccard's, then by id.
    /// - Throws: What reading throws.
    /// - Complexity: O(*c* · *m*) in time and O(*c*) in memory for *c* candidates, where *m* is the
    ///   edges that a comparison reads; see ``commonNeighbours(of:_:along:limits:)``.
    public func similarNodes(
        to node: NodeID, along pattern: EdgePattern = .both(),
        limits: TraversalLimits = TraversalLimits()
    ) throws -> Answer<SimilarNode> {
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
        return Answer(elements: similar, isTruncated: isTruncated)
    }

    /// The nodes of the same label that share a neighbour with a node, by id, and whether a limit
    /// left some out.
    private func candidates(
        _ node: NodeID, _ pattern: EdgePattern, _ limits: TraversalLimits
    ) throws -> (nodes: [NodeID], isTruncated: Bool) {
        let back = EdgePattern(types: pattern.types, direction: pattern.direction.reversed)
        let label = label(of: node)
        var candidates: Set<NodeID> = []
        var isTruncated = false
        var neighbours: Set<NodeID> = []
        let isCut = try expand(node, along: pattern, limit: limits.fanOut) { _, other in
            neighbours.insert(other)
            return true
        }
        if isCut { isTruncated = true }
        for neighbour in neighbours.sorted() {
            let isCut = try expand(neighbour, along: back, limit: limits.fanOut) { _, other in
                guard other != node, self.label(of: other) == label else { return true }
                if candidates.count >= limits.visited, !candidates.contains(other) {
                    isTruncated = true
                    return false
                }
                candidates.insert(other)
                return true
            }
            if isCut { isTruncated = true }
        }
        return (candidates.sorted(), isTruncated)
    }
}
