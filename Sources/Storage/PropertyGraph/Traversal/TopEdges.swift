import HeapModule

/// An edge with its weight at a time, seen from one of its nodes.
public struct WeightedEdge: Hashable, Sendable {
    /// The edge.
    public let edge: Edge
    /// The other node.
    public let node: NodeID
    /// The weight at the given time, at least 0.
    public let weight: Double
}

extension GraphView where Self: ~Copyable {
    /// The heaviest edges of a node.
    ///
    /// - Parameters:
    ///   - count: The most edges to return; less than 1 returns none.
    ///   - node: The node.
    ///   - pattern: The pattern of the edges.
    ///   - decay: The time at which weights are computed.
    ///   - limits: Only the fan-out applies: the most edges that are read.
    /// - Returns: The edges by weight in descending order, then by the id of the other node, then
    ///   in the order of reading.
    /// - Throws: What reading throws.
    /// - Complexity: O(*m* log *k*) in time and O(*k*) in memory for *k* of *m* edges.
    @specialized(where Self == InMemoryGraph)
    public func topEdges(
        _ count: Int, at node: NodeID, along pattern: EdgePattern, decay: Decay = .asStored,
        limits: TraversalLimits = TraversalLimits()
    ) throws -> BoundedResult<WeightedEdge> {
        guard count > 0 else { return BoundedResult(elements: [], isTruncated: false) }
        var best = Heap<RankedEdge>()
        var number = 0
        let isTruncated = try expand(node, along: pattern, limit: limits.fanOut) { edge, other in
            let weighted = WeightedEdge(edge: edge, node: other, weight: decay.weight(of: edge))
            let ranked = RankedEdge(weighted: weighted, number: number)
            number += 1
            if best.count < count {
                best.insert(ranked)
            } else if let worst = best.min, worst < ranked {
                best.replaceMin(with: ranked)
            }
            return true
        }
        var elements: [WeightedEdge] = []
        while let ranked = best.popMax() { elements.append(ranked.weighted) }
        return BoundedResult(elements: elements, isTruncated: isTruncated)
    }

    /// The heaviest edges of the whole graph.
    ///
    /// - Parameters:
    ///   - count: The most edges to return; less than 1 returns none.
    ///   - types: The types of the edges; nil for any type.
    ///   - decay: The time at which weights are computed.
    /// - Returns: The edges, each seen from its source, by weight in descending order, then in the
    ///   order of reading.
    /// - Throws: What reading throws.
    /// - Complexity: O(*m* log *k*) in time and O(*k*) in memory for *k* of *m* edges.
    public func topEdges(
        _ count: Int, types: [EdgeType]? = nil, decay: Decay = .asStored
    ) throws -> [WeightedEdge] {
        guard count > 0 else { return [] }
        let types = types.map { Set($0) }
        var best = Heap<NumberedEdge>()
        var number = 0
        try forEachEdge { edge in
            if let types, !types.contains(edge.type) { return true }
            let ranked = NumberedEdge(
                weighted: WeightedEdge(
                    edge: edge, node: edge.target, weight: decay.weight(of: edge)),
                number: number)
            number += 1
            if best.count < count {
                best.insert(ranked)
            } else if let worst = best.min, worst < ranked {
                best.replaceMin(with: ranked)
            }
            return true
        }
        var elements: [WeightedEdge] = []
        while let ranked = best.popMax() { elements.append(ranked.weighted) }
        return elements
    }
}

/// An edge, ordered by weight, and of equal weights the one that was read later first.
private struct NumberedEdge: Comparable {
    let weighted: WeightedEdge
    let number: Int

    static func < (left: NumberedEdge, right: NumberedEdge) -> Bool {
        let (a, b) = (left.weighted.weight, right.weighted.weight)
        return a != b ? a < b : left.number > right.number
    }

    static func == (left: NumberedEdge, right: NumberedEdge) -> Bool { left.number == right.number }
}

/// An edge, ordered by weight, other node and number; the greatest ranks first.
private struct RankedEdge: Comparable {
    let weighted: WeightedEdge
    let number: Int

    static func < (left: RankedEdge, right: RankedEdge) -> Bool {
        let (a, b) = (left.weighted, right.weighted)
        if a.weight != b.weight { return a.weight < b.weight }
        if a.node != b.node { return a.node > b.node }
        return left.number > right.number
    }

    static func == (left: RankedEdge, right: RankedEdge) -> Bool { left.number == right.number }
}
