import HeapModule

/// A path with the sum of the costs of its edges.
public struct CostedPath: Hashable, Sendable {
    /// The path.
    public let path: Path
    /// The sum of the costs of its edges.
    public let cost: Double
}

/// The nodes that can be reached from a node, cheapest first, and the cheapest paths to them.
///
/// ```swift
/// var search = ShortestPaths(from: ann, along: .both(knows))
/// let route = try search.path(to: bob, in: graph)
/// ```
///
/// Dijkstra's algorithm ("A note on two problems in connexion with graphs", Numerische Mathematik
/// 1, 1959) with a limit on the number of edges: besides the cheapest way to a node, dearer ones of
/// fewer edges are followed, since they may lead where the cheapest is too long to lead. So a path
/// is the cheapest among all of at most `limits.depth` edges. Raise the depth for long ways.
///
/// Nodes of equal cost come by id. Of paths of equal cost to a node that of fewer edges is taken,
/// then that which was found first. Edges that cost nothing may lead to more of equal cost when
/// others were answered already; these come afterwards. The start is not an answer.
///
/// Weights say how strong an edge is, so that its cost is `1 / weight` unless something else is
/// given, and an edge without weight leads nowhere. An infinite cost means that there is no way.
///
/// - Complexity: O(*k* log *k*) for *k* edges read; for each node they are read at most as many
///   times as there are depths.
public struct ShortestPaths: Traversal, Sendable {
    /// What it costs to go along an edge, from 0; infinite for an edge that cannot be used.
    public typealias Cost = @Sendable (Edge) throws -> Double

    /// A node that was reached.
    public struct Step: Hashable, Sendable {
        /// The node.
        public let node: NodeID
        /// The sum of the costs on the way there.
        public let cost: Double
        /// The number of edges on the way there.
        public let depth: Int
        /// The last edge on the way there.
        public let edge: Edge
    }

    /// A way to a node that may turn out to be the cheapest.
    private struct Offer: Comparable {
        let step: Step
        /// The place of the way to the node before, among `ways`; nil for the start.
        let parent: Int?
        let number: Int

        static func < (left: Offer, right: Offer) -> Bool {
            let (a, b) = (left.step, right.step)
            if a.cost != b.cost { return a.cost < b.cost }
            if a.node != b.node { return a.node < b.node }
            if a.depth != b.depth { return a.depth < b.depth }
            return left.number < right.number
        }

        static func == (left: Offer, right: Offer) -> Bool { left.number == right.number }
    }

    /// Whether a limit has kept the search from looking further.
    ///
    /// Then there may be more nodes, and cheaper ways of more edges.
    public private(set) var isTruncated = false

    private let start: NodeID
    private let pattern: EdgePattern
    private let limits: TraversalLimits
    private let cost: Cost
    private var offers = Heap<Offer>()
    private var offerCount = 0
    /// The ways that were followed, or will be by the next call.
    private var ways: [Offer] = []
    /// The number of ways whose ends were expanded.
    private var expandedCount = 0
    private var isStartExpanded = false
    /// The place in `ways` of the cheapest way to each node reached.
    private var cheapest: [NodeID: Int] = [:]
    /// The fewest edges of a way to a node that was followed.
    private var fewestEdges: [NodeID: Int]
    /// The cheapest offer so far to each node.
    private var cheapestOffers: [NodeID: (cost: Double, depth: Int)] = [:]

    /// Makes a search.
    ///
    /// - Parameters:
    ///   - start: The node at which paths begin.
    ///   - pattern: What each edge is like, seen from the node nearer to the start.
    ///   - limits: How far to go at most.
    ///   - cost: What it costs to go along an edge.
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

    /// Makes a search in which an edge costs `1 / weight`.
    ///
    /// - Parameters:
    ///   - start: The node at which paths begin.
    ///   - pattern: What each edge is like, seen from the node nearer to the start.
    ///   - limits: How far to go at most.
    ///   - decay: When to weigh the edges.
    public init(
        from start: NodeID, along pattern: EdgePattern = .out(),
        limits: TraversalLimits = TraversalLimits(), decay: Decay = .asStored
    ) {
        self.init(from: start, along: pattern, limits: limits) { 1 / decay.weight(of: $0) }
    }

    /// The next cheapest node, or nil when there is none left or a limit was reached.
    ///
    /// - Parameter graph: The graph to search.
    /// - Returns: The node, its cost and how it was reached.
    /// - Throws: ``GraphError`` with code `argument` for a cost that is negative or not a number, or
    ///   what reading or the cost function throws.
    public mutating func next(in graph: borrowing some GraphView & ~Copyable) throws -> Step? {
        try expandLast(in: graph)
        while let offer = offers.popMin() {
            let step = offer.step
            if let fewest = fewestEdges[step.node], fewest <= step.depth { continue }
            let isNew = cheapest[step.node] == nil
            guard !isNew || cheapest.count < limits.visited else {
                isTruncated = true
                offers = Heap()
                return nil
            }
            fewestEdges[step.node] = step.depth
            ways.append(offer)
            if isNew {
                cheapest[step.node] = ways.count - 1
                return step
            }
            try expandLast(in: graph)
        }
        return nil
    }

    /// The cheapest path to a node, or nil if it cannot be reached or a limit was reached before.
    ///
    /// It goes on with the search until the node is reached. The path to the start has no edges.
    ///
    /// - Parameters:
    ///   - node: The node at which the path ends.
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
        var place: Int? = last
        while let current = place {
            edges.append(ways[current].step.edge)
            place = ways[current].parent
        }
        return CostedPath(
            path: Path(start: start, edges: edges.reversed()), cost: ways[last].step.cost)
    }

    /// Expands the way that was followed last, unless that is done.
    private mutating func expandLast(in graph: borrowing some GraphView & ~Copyable) throws {
        if !isStartExpanded {
            isStartExpanded = true
            try expand(start, cost: 0, depth: 0, parent: nil, in: graph)
        } else if expandedCount < ways.count {
            expandedCount = ways.count
            let step = ways[expandedCount - 1].step
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
        let isCut = try graph.expand(node, along: pattern, limit: limits.fanOut) { edge, other in
            let total = base + (try checkedCost(of: edge))
            guard total.isFinite else { return true }
            if let fewest = fewestEdges[other], fewest <= depth + 1 { return true }
            if let best = cheapestOffers[other] {
                if best.cost <= total, best.depth <= depth + 1 { return true }
                if total < best.cost { cheapestOffers[other] = (total, depth + 1) }
            } else {
                cheapestOffers[other] = (total, depth + 1)
            }
            let step = Step(node: other, cost: total, depth: depth + 1, edge: edge)
            offers.insert(Offer(step: step, parent: parent, number: offerCount))
            offerCount += 1
            return true
        }
        if isCut { isTruncated = true }
    }

    private func checkedCost(of edge: Edge) throws -> Double {
        let cost = try cost(edge)
        // Also false for what is not a number.
        guard cost >= 0 else {
            throw GraphError(
                .argument,
                "An edge of type \(edge.type.rawValue) costs \(cost). Give costs from 0.")
        }
        return cost
    }
}
