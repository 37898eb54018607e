/// The parameters of a personalised PageRank.
public struct PageRankSettings: Hashable, Sendable {
    /// The probability of returning to the seeds at each step, greater than 0 and at most 1.
    public var restart: Double
    /// The residual per neighbour of a node up to which the node is not pushed; at least 0.
    ///
    /// A smaller tolerance is more exact and reads more edges, up to `1 / (restart · tolerance)`.
    public var tolerance: Double
    /// The most pushes.
    public var pushes: Int

    /// Creates settings.
    public init(restart: Double = 0.15, tolerance: Double = 1e-6, pushes: Int = 100_000) {
        self.restart = restart
        self.tolerance = tolerance
        self.pushes = pushes
    }
}

/// A node with its score.
public struct NodeScore: Hashable, Sendable {
    /// The node.
    public let node: NodeID
    /// The score; greater than 0.
    public let score: Double

    /// Creates a score.
    public init(node: NodeID, score: Double) {
        self.node = node
        self.score = score
    }
}

/// A personalised PageRank: the stationary probability of each node in a random walk with restart.
public struct PageRank: Hashable, Sendable {
    /// The scores in descending order, then by id; the seeds are included.
    ///
    /// Each score is at most the exact one. The sum of all differences is ``residual``.
    public let scores: [NodeScore]
    /// The probability that is not assigned to any node, 0 to 1.
    public let residual: Double
    /// The number of pushes.
    public let pushes: Int
    /// Whether a limit was reached before the tolerance.
    ///
    /// If that limit was the fan-out, ``residual`` does not include the edges that were not read.
    public let isTruncated: Bool
}

extension GraphView where Self: ~Copyable {
    /// Scores the nodes near some seeds by a random walk with restart.
    ///
    /// At each step, the walk returns to a seed with the probability `restart`. Otherwise it
    /// follows an edge, with a probability in proportion to its weight. From a node without edges
    /// it returns to a seed too.
    ///
    /// The algorithm is forward push (Andersen, Chung and Lang, "Local graph partitioning using
    /// PageRank vectors", FOCS 2006, here for walks that are not lazy). Each node has a score and a
    /// residual, and the seeds start with a residual of 1 in total. While some node has a residual
    /// greater than the tolerance per neighbour, a push adds the fraction `restart` of its residual
    /// to its score, and distributes the rest over its neighbours. So only nodes near the seeds are
    /// read, each of them once.
    ///
    /// - Parameters:
    ///   - seeds: The seeds with their weights; only positive, finite weights are used.
    ///   - pattern: The pattern of each edge, seen from the node of the walk.
    ///   - settings: The parameters.
    ///   - decay: The time at which weights are computed.
    ///   - limits: The fan-out, and the number of visited nodes, seeds included. The depth is not
    ///     used.
    /// - Returns: The scores; none if there are no seeds.
    /// - Throws: ``GraphError`` with code `argument` if the settings are out of range, or what
    ///   reading throws.
    /// - Complexity: O(pushes · fan-out) in time, and O(edges of the nodes pushed) in memory.
    public func personalisedPageRank(
        from seeds: [NodeID: Double], along pattern: EdgePattern = .out(),
        settings: PageRankSettings = PageRankSettings(), decay: Decay = .asStored,
        limits: TraversalLimits = TraversalLimits()
    ) throws -> PageRank {
        guard settings.restart > 0, settings.restart <= 1, settings.tolerance >= 0 else {
            throw GraphError(
                .argument,
                "A PageRank has restart \(settings.restart) and tolerance \(settings.tolerance). "
                    + "Give a restart over 0 and up to 1, and a tolerance from 0.")
        }
        var push = ForwardPush(
            seeds: seeds, pattern: pattern, settings: settings, decay: decay, limits: limits)
        try push.run(in: self)
        return push.result
    }
}

/// The state of a forward push.
private struct ForwardPush {
    /// The transition probabilities from a node.
    private struct Row {
        var transitions: [(target: Int, probability: Double)] = []
        /// The probability of nodes beyond the limit of visited nodes.
        var lost = 0.0
    }

    private let pattern: EdgePattern
    private let settings: PageRankSettings
    private let decay: Decay
    private let limits: TraversalLimits

    /// The nodes met so far.
    ///
    /// A node has the same index in the next four arrays.
    private var nodes: [NodeID] = []
    private var scores: [Double] = []
    private var residuals: [Double] = []
    private var rows: [Row?] = []
    private var isQueued: [Bool] = []

    private var indexes: [NodeID: Int] = [:]
    private var seeds: [(target: Int, probability: Double)] = []
    /// The probability of seeds beyond the limit of visited nodes.
    private var lostSeeds = 0.0
    /// The indexes of the nodes to push in the next round.
    private var queue: [Int] = []
    /// The residual that went to nodes beyond the limit of visited nodes.
    private var lost = 0.0
    private var pushes = 0
    private var isTruncated = false

    init(
        seeds: [NodeID: Double], pattern: EdgePattern, settings: PageRankSettings, decay: Decay,
        limits: TraversalLimits
    ) {
        self.pattern = pattern
        self.settings = settings
        self.decay = decay
        self.limits = limits
        for (node, probability) in probabilities(seeds.sorted { $0.key < $1.key }) {
            guard let index = index(of: node) else {
                lostSeeds += probability
                continue
            }
            self.seeds.append((index, probability))
            add(probability, at: index)
        }
        lost = lostSeeds
    }

    /// Pushes until all residuals are within the tolerance, or a limit is reached.
    mutating func run(in graph: borrowing some GraphView & ~Copyable) throws {
        while !queue.isEmpty {
            let round = queue
            queue = []
            for index in round {
                isQueued[index] = false
                let row = try row(at: index, in: graph)
                guard exceedsTolerance(index) else { continue }
                guard pushes < settings.pushes else {
                    isTruncated = true
                    return
                }
                push(row, from: index)
            }
        }
        precondition(scores.count == nodes.count && residuals.count == nodes.count)
        precondition(rows.count == nodes.count && indexes.count == nodes.count)
    }

    var result: PageRank {
        let scored = zip(nodes, scores).filter { $0.1 > 0 }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
        return PageRank(
            scores: scored.map { NodeScore(node: $0.0, score: $0.1) },
            residual: min(1, residuals.reduce(lost, +)), pushes: pushes, isTruncated: isTruncated)
    }

    private mutating func push(_ row: Row, from index: Int) {
        pushes += 1
        let residual = residuals[index]
        residuals[index] = 0
        scores[index] += settings.restart * residual
        let rest = (1 - settings.restart) * residual
        lost += rest * row.lost
        for (target, probability) in row.transitions { add(rest * probability, at: target) }
    }

    private mutating func add(_ residual: Double, at index: Int) {
        residuals[index] += residual
        guard !isQueued[index], exceedsTolerance(index) else { return }
        isQueued[index] = true
        queue.append(index)
    }

    /// Whether a node must be pushed; until its edges are read, it counts as having one neighbour.
    private func exceedsTolerance(_ index: Int) -> Bool {
        let neighbours = max(1, rows[index]?.transitions.count ?? 1)
        return residuals[index] > settings.tolerance * Double(neighbours)
    }

    /// The transition probabilities from a node, which are read the first time.
    private mutating func row(
        at index: Int, in graph: borrowing some GraphView & ~Copyable
    ) throws -> Row {
        if let row = rows[index] { return row }
        var weights: [(key: NodeID, value: Double)] = []
        let wasTruncated = try graph.expand(nodes[index], along: pattern, limit: limits.fanOut) {
            weights.append(($1, decay.weight(of: $0)))
            return true
        }
        if wasTruncated { isTruncated = true }
        var row = Row()
        var positions: [Int: Int] = [:]
        for (node, probability) in probabilities(weights) {
            guard let target = self.index(of: node) else {
                row.lost += probability
                continue
            }
            if let position = positions[target] {
                row.transitions[position].probability += probability
            } else {
                positions[target] = row.transitions.count
                row.transitions.append((target, probability))
            }
        }
        if row.transitions.isEmpty, row.lost == 0 {
            // From a node without edges, the walk returns to the seeds.
            row = Row(transitions: seeds, lost: lostSeeds)
        }
        rows[index] = row
        return row
    }

    /// The index of a node, which is added if it is new; nil beyond the limit of visited nodes.
    private mutating func index(of node: NodeID) -> Int? {
        if let index = indexes[node] { return index }
        guard nodes.count < limits.visited else {
            isTruncated = true
            return nil
        }
        indexes[node] = nodes.count
        nodes.append(node)
        scores.append(0)
        residuals.append(0)
        rows.append(nil)
        isQueued.append(false)
        return nodes.count - 1
    }

    /// Weights divided by their sum; weights that are not positive and finite are left out.
    private func probabilities(_ weights: [(key: NodeID, value: Double)]) -> [(NodeID, Double)] {
        let usable = weights.filter { $0.value > 0 && $0.value.isFinite }
        // Divided by the greatest first, so that the sum of very large weights is finite.
        let greatest = usable.reduce(0) { max($0, $1.value) }
        let sum = usable.reduce(0) { $0 + $1.value / greatest }
        return usable.map { ($0.key, $0.value / greatest / sum) }
    }
}
