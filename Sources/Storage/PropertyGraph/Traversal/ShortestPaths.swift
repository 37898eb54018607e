import HeapModule

/// A path with its cost.
public struct CostedPath: Hashable, Sendable {
    /// The path.
    public let path: Path
    /// The sum of the costs of its edges.
    public let cost: Double
}

/// A search for the cheapest paths from a node to all others, in the order of their cost.
///
/// ```swift
/// var search = ShortestPaths(from: ann, along: .both(knows))
/// let route = try search.path(to: bob, in: graph)
/// ```
///
/// Dijkstra's algorithm ("A note on two problems in connexion with graphs", Numerische Mathematik
/// 1, 1959) with a limit on the number of edges. It returns the cheapest path of at most
/// `limits.depth` edges. For that it also follows paths to a node that cost more and have fewer
/// edges than the cheapest, because they can reach nodes for which the cheapest is too long.
///
/// Nodes of equal cost are ordered by id. Of paths of equal cost to a node, it takes the one with
/// fewer edges, then the one that was found first. Edges of cost 0 can lead to further nodes of a
/// cost that was already returned; these follow later. The start is not in the result.
///
/// A weight is the strength of an edge, so the default cost is `1 / weight`. An edge of weight 0
/// has an infinite cost, and edges of infinite cost are not followed.
///
/// - Complexity: O(*k* log *k*) for *k* edges read; for each node they are read at most as many
///   times as there are depths.
public struct ShortestPaths: Traversal, Sendable {
    /// The cost of an edge, at least 0; infinite for an edge that is not followed.
    public typealias Cost = @Sendable (Edge) throws -> Double

    /// A node that was reached.
    public struct Step: Hashable, Sendable {
        /// The node.
        public let node: NodeID
        /// The cost of the path.
        public let cost: Double
        /// The number of edges of the path.
        public let depth: Int
        /// The last edge of the path.
        public let edge: Edge
    }

    /// A path to a node that may be the cheapest.
    private struct Candidate: Comparable {
        let step: Step
        /// The index in `followed` of the path to the previous node; nil for the start.
        let parent: Int?
        /// The number of candidates that were found before.
        let number: Int

        static func < (left: Candidate, right: Candidate) -> Bool {
            let (a, b) = (left.step, right.step)
            if a.cost != b.cost { return a.cost < b.cost }
            if a.node != b.node { return a.node < b.node }
            if a.depth != b.depth { return a.depth < b.depth }
            return left.number < right.number
        }

        static func == (left: Candidate, right: Candidate) -> Bool { left.number == right.number }
    }

    /// Whether a limit was reached, so that there may be more nodes, and cheaper paths with more
    /// edges.
    public private(set) var isTruncated = false

    private let start: NodeID
    private let pattern: EdgePattern
    private let limits: TraversalLimits
    private let cost: Cost
    /// The paths that were found and not followed yet.
    private var candidates = Heap<Candidate>()
    private var candidateCount = 0
    /// The paths that were followed, in order; the next call expands the last one.
    private var followed: [Candidate] = []
    /// The number of `followed` paths whose last nodes were expanded.
    private var expandedCount = 0
    private var isStartExpanded = false
    /// The index in `followed` of the cheapest path to each node reached.
    private var cheapest: [NodeID: Int] = [:]
    /// The least number of edges of a followed path to each node.
    private var fewestEdges: [NodeID: Int]
    /// The cheapest candidate found so far for each node.
    private var cheapestCandidates: [NodeID: (cost: Double, depth: Int)] = [:]

    /// Creates a search.
    ///
    /// - Parameters:
    ///   - start: The first node of all paths.
    ///   - pattern: The pattern of each edge, seen from the node nearer to the start.
    ///   - limits: The limits of the search.
    ///   - cost: The cost of an edge.
    public init(
        from start: NodeID, along pattern: EdgePattern,
        limits: TraversalLimits = TraversalLimits(), cost: @escaping Cost
    ) {
        self.start = start
        self.pattern = pattern
        self.limits = limits
        self.cost = cost
        fewestEdges = [start: 0]
    }

    /// Creates a search in which an edge costs `1 / weight`.
    ///
    /// - Parameters:
    ///   - start: The first node of all paths.
    ///   - pattern: The pattern of each edge, seen from the node nearer to the start.
    ///   - limits: The limits of the search.
    ///   - decay: The time at which weights are computed.
    public init(
        from start: NodeID, along pattern: EdgePattern = .out(),
        limits: TraversalLimits = TraversalLimits(), decay: Decay = .asStored
    ) {
        self.init(from: start, along: pattern, limits: limits) { 1 / decay.weight(of: $0) }
    }

    /// The next cheapest node, or nil if there is none left or a limit was reached.
    ///
    /// - Parameter graph: The graph to search.
    /// - Returns: The node, and the cost, length and last edge of the path.
    /// - Throws: ``GraphError`` with code `argument` for a cost that is negative or NaN, or what
    ///   reading or the cost function throws.
    public mutating func next(in graph: borrowing some GraphView & ~Copyable) throws -> Step? {
        try expandLast(in: graph)
        while let candidate = candidates.popMin() {
            let step = candidate.step
            if let fewest = fewestEdges[step.node], fewest <= step.depth { continue }
            let isNew = cheapest[step.node] == nil
            guard !isNew || cheapest.count < limits.visited else {
                isTruncated = true
                candidates = Heap()
                return nil
            }
            fewestEdges[step.node] = step.depth
            followed.append(candidate)
            if isNew {
                cheapest[step.node] = followed.count - 1
                return step
            }
            try expandLast(in: graph)
        }
        return nil
    }

    /// The cheapest path to a node, or nil if there is none or a limit was reached first.
    ///
    /// It continues the search until the node is reached. The path to the start has no edges.
    ///
    /// - Parameters:
    ///   - node: The last node of the path.
    ///   - graph: The graph to search.
    /// - Returns: The path and its cost.
    /// - Throws: As ``next(in:)``.
    public mutating func path(
        to node: NodeID, in graph: borrowing some GraphView & ~Copyable
    ) throws -> CostedPath? {
        if node == start { return CostedPath(path: Path(start: start), cost: 0) }
        while cheapest[node] == nil {
            guard try next(in: graph) != nil else { return nil }
        }
        guard let last = cheapest[node] else { return nil }
        var edges: [Edge] = []
        var index: Int? = last
        while let current = index {
            edges.append(followed[current].step.edge)
            index = followed[current].parent
        }
        return CostedPath(
            path: Path(start: start, edges: edges.reversed()), cost: followed[last].step.cost)
    }

    /// Expands the last node of the path that was followed last, unless that is done.
    private mutating func expandLast(in graph: borrowing some GraphView & ~Copyable) throws {
        if !isStartExpanded {
            isStartExpanded = true
            try expand(start, cost: 0, depth: 0, parent: nil, in: graph)
        } else if expandedCount < followed.count {
            expandedCount = followed.count
            let step = followed[expandedCount - 1].step
            try expand(
                step.node, cost: step.cost, depth: step.depth, parent: expandedCount - 1,
                in: graph)
        }
    }

    private mutating func expand(
        _ node: NodeID, cost base: Double, depth: Int, parent: Int?,
        in graph: borrowing some GraphView & ~Copyable
    ) throws {
        guard depth < limits.depth else {
            isTruncated = true
            return
        }
        let wasTruncated = try graph.expand(node, along: pattern, limit: limits.fanOut) {
            edge, other in
            let total = base + (try checkedCost(of: edge))
            guard total.isFinite else { return true }
            if let fewest = fewestEdges[other], fewest <= depth + 1 { return true }
            if let best = cheapestCandidates[other] {
                if best.cost <= total, best.depth <= depth + 1 { return true }
                if total < best.cost { cheapestCandidates[other] = (total, depth + 1) }
            } else {
                cheapestCandidates[other] = (total, depth + 1)
            }
            let step = Step(node: other, cost: total, depth: depth + 1, edge: edge)
            candidates.insert(Candidate(step: step, parent: parent, number: candidateCount))
            candidateCount += 1
            return true
        }
        if wasTruncated { isTruncated = true }
    }

    /// Checks that followed paths form a tree from the start, and are ordered by cost.
    ///
    /// - Complexity: O(paths followed).
    package func checkInvariants() {
        precondition(expandedCount <= followed.count)
        for (index, candidate) in followed.enumerated() {
            let step = candidate.step
            if index > 0 {
                precondition(
                    followed[index - 1].step.cost <= step.cost, "A path is not the cheapest.")
            }
            guard let parent = candidate.parent else {
                precondition(step.depth == 1, "A path does not begin at the start.")
                continue
            }
            precondition(parent < index, "A path was followed before its beginning.")
            precondition(followed[parent].step.depth == step.depth - 1, "A path lacks an edge.")
        }
        for (node, index) in cheapest {
            precondition(followed[index].step.node == node, "A node has another node's path.")
        }
    }

    private func checkedCost(of edge: Edge) throws -> Double {
        let cost = try cost(edge)
        // False for NaN too.
        guard cost >= 0 else {
            throw GraphError(
                .argument,
                "An edge of type \(edge.type.rawValue) costs \(cost). Give costs from 0.")
        }
        return cost
    }
}
