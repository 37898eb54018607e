import HeapModule

/// An edge with its weight at a moment, seen from one of its ends.
public struct WeightedEdge: Hashable, Sendable {
    /// The edge.
    public let edge: Edge
    /// The other end.
    public let node: NodeID
    /// The weight at the moment asked for, from 0.
    public let weight: Double
}

extension GraphView where Self: ~Copyable {
    /// The heaviest edges at a node at a moment.
    ///
    /// - Parameters:
    ///   - count: The most edges wanted; less than 1 gives none.
    ///   - node: The node.
    ///   - pattern: What the edges are like.
    ///   - decay: When to weigh them.
    ///   - limits: Of these the fan-out counts: the most edges that are read.
    /// - Returns: The edges by weight, the heaviest first; of equal ones by the id of the other end,
    ///   then in the order of reading.
    /// - Throws: What reading throws.
    /// - Complexity: O(*m* log *k*) in time and O(*k*) in memory for *k* of *m* edges.
    @specialized(where Self == MemoryGraph)
    public func topEdges(
        _ count: Int, at node: NodeID, along pattern: EdgePattern, decay: Decay = .asStored,
        limits: TraversalLimits = TraversalLimits()
    ) throws -> Answer<WeightedEdge> {
        guard count > 0 else { return Answer(elements: [], isTruncated: false) }
        var best = Heap<RankedEdge>()
        var number = 0
        let isCut = try expand(node, along: pattern, limit: limits.fanOut) { edge, other in
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
        return Answer(elements: elements, isTruncated: isCut)
    }

    /// The heaviest edges of the whole graph at a moment.
    ///
    /// - Parameters:
    ///   - count: The most edges wanted; less than 1 gives none.
    ///   - types: The types of the edges; nil for any type.
    ///   - decay: When to weigh them.
    /// - Returns: The edges by weight, the heaviest first, each seen from its source; of equal ones
    ///   in the order of reading.
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

/// An edge that is less than heavier ones, and than equal ones that were read before it.
private struct NumberedEdge: Comparable {
    let weighted: WeightedEdge
    let number: Int

    static func < (left: NumberedEdge, right: NumberedEdge) -> Bool {
        let (a, b) = (left.weighted.weight, right.weighted.weight)
        return a != b ? a < b : left.number > right.number
    }

    static func == (left: NumberedEdge, right: NumberedEdge) -> Bool { left.number == right.number }
}

/// An edge that is less than those that rank before it.
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
