/// How a personalised PageRank is computed.
public struct PageRankSettings: Hashable, Sendable {
    /// The probability with which the walker goes back to the seeds at each step: over 0, up to 1.
    public var restart: Double
    /// The walkers per neighbour of a node below which they are not followed further; from 0.
    ///
    /// Smaller is more exact and takes longer, up to `1 / (restart · tolerance)` edges.
    public var tolerance: Double
    /// The most nodes from which walkers are followed, each time counted.
    public var pushes: Int

    /// Makes settings.
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
    /// The score; over 0.
    public let score: Double

    /// Makes a score.
    public init(node: NodeID, score: Double) {
        self.node = node
        self.score = score
    }
}

/// How often a walker who keeps going back to the seeds is at each node.
public struct PageRank: Hashable, Sendable {
    /// The scores by size, the greatest first, of equal ones by id; the seeds are among them.
    ///
    /// Each is at most the exact one, and all are short of the exact ones by ``residual`` together.
    public let scores: [NodeScore]
    /// The share of walkers who were not followed to their end, 0 to 1.
    public let residual: Double
    /// From how many nodes walkers were followed, each time counted.
    public let pushes: Int
    /// Whether a limit kept walkers from being followed further than the tolerance asks for.
    ///
    /// If it was the fan-out, ``residual`` does not tell of the edges that were left unread.
    public let isTruncated: Bool
}

extension GraphView where Self: ~Copyable {
    /// Scores the nodes around some seeds by how often a random walk from them is there.
    ///
    /// A walker goes back to the seeds with the probability `restart`, else along an edge that it
    /// picks in proportion to the weights; where none leads on it goes back to the seeds, too.
    ///
    /// Computed by forward push (Andersen, Chung and Lang, "Local graph partitioning using PageRank
    /// vectors", FOCS 2006, for walks that are not lazy): walkers wait at nodes; where there are
    /// more than the tolerance for each neighbour, the share `restart` of them ends and is scored,
    /// and the others go on. So only the surroundings of the seeds are read, each node once.
    ///
    /// - Parameters:
    ///   - seeds: Where the walker begins, with any positive weights; others are left out.
    ///   - pattern: What each edge is like, seen from where the walker is.
    ///   - settings: How exact the scores are.
    ///   - decay: When to weigh the edges.
    ///   - limits: Of these the fan-out and the visited nodes, seeds included, count; how deep
    ///     walkers go follows from the tolerance.
    /// - Returns: The scores; none if there are no seeds.
    /// - Throws: ``GraphError`` with code `argument` for settings out of range, or what reading
    ///   throws.
    /// - Complexity: O(pushes · fan-out) in time; in memory O(edges of the nodes pushed).
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

/// Scores and waiting walkers while they are pushed forward.
private struct ForwardPush {
    /// Where walkers go on to from a node, and in which shares.
    private struct Row {
        var ways: [(place: Int, share: Double)] = []
        /// The share that would go to nodes that do not fit any more.
        var lost = 0.0
    }

    private let pattern: EdgePattern
    private let settings: PageRankSettings
    private let decay: Decay
    private let limits: TraversalLimits

    /// The nodes met so far; a node's place here is its index in the next four.
    private var nodes: [NodeID] = []
    private var scores: [Double] = []
    private var waiting: [Double] = []
    private var rows: [Row?] = []
    private var isQueued: [Bool] = []

    private var places: [NodeID: Int] = [:]
    private var seeds: [(place: Int, share: Double)] = []
    /// The share of the seeds that did not fit among the nodes.
    private var lostSeeds = 0.0
    /// The places to push from in the next round.
    private var queue: [Int] = []
    /// The walkers who left the nodes that fit.
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
        for (node, share) in shares(seeds.sorted { $0.key < $1.key }) {
            guard let place = place(of: node) else {
                lostSeeds += share
                continue
            }
            self.seeds.append((place, share))
            add(share, at: place)
        }
        lost = lostSeeds
    }

    /// Follows walkers until few enough wait everywhere, or a limit is reached.
    mutating func run(in graph: borrowing some GraphView & ~Copyable) throws {
        while !queue.isEmpty {
            let round = queue
            queue = []
            for place in round {
                isQueued[place] = false
                let row = try row(at: place, in: graph)
                guard isOver(place) else { continue }
                guard pushes < settings.pushes else {
                    isTruncated = true
                    return
                }
                push(row, from: place)
            }
        }
    }

    var result: PageRank {
        let scored = zip(nodes, scores).filter { $0.1 > 0 }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
        return PageRank(
            scores: scored.map { NodeScore(node: $0.0, score: $0.1) },
            residual: min(1, waiting.reduce(lost, +)), pushes: pushes, isTruncated: isTruncated)
    }

    private mutating func push(_ row: Row, from place: Int) {
        pushes += 1
        let walkers = waiting[place]
        waiting[place] = 0
        scores[place] += settings.restart * walkers
        let others = (1 - settings.restart) * walkers
        lost += others * row.lost
        for (target, share) in row.ways { add(others * share, at: target) }
    }

    private mutating func add(_ walkers: Double, at place: Int) {
        waiting[place] += walkers
        guard !isQueued[place], isOver(place) else { return }
        isQueued[place] = true
        queue.append(place)
    }

    /// Whether more walkers wait than may stay; before its edges are read a node has one neighbour.
    private func isOver(_ place: Int) -> Bool {
        let neighbours = max(1, rows[place]?.ways.count ?? 1)
        return waiting[place] > settings.tolerance * Double(neighbours)
    }

    private mutating func row(
        at place: Int, in graph: borrowing some GraphView & ~Copyable
    ) throws -> Row {
        if let row = rows[place] { return row }
        var weights: [(key: NodeID, value: Double)] = []
        let isCut = try graph.expand(nodes[place], along: pattern, limit: limits.fanOut) {
            weights.append(($1, decay.weight(of: $0)))
            return true
        }
        if isCut { isTruncated = true }
        var row = Row()
        var ways: [Int: Int] = [:]
        for (node, share) in shares(weights) {
            guard let target = self.place(of: node) else {
                row.lost += share
                continue
            }
            if let way = ways[target] {
                row.ways[way].share += share
            } else {
                ways[target] = row.ways.count
                row.ways.append((target, share))
            }
        }
        if row.ways.isEmpty, row.lost == 0 {
            // Walkers who cannot go on begin anew.
            row = Row(ways: seeds, lost: lostSeeds)
        }
        rows[place] = row
        return row
    }

    /// The place of a node, or nil if there are too many nodes already.
    private mutating func place(of node: NodeID) -> Int? {
        if let place = places[node] { return place }
        guard nodes.count < limits.visited else {
            isTruncated = true
            return nil
        }
        places[node] = nodes.count
        nodes.append(node)
        scores.append(0)
        waiting.append(0)
        rows.append(nil)
        isQueued.append(false)
        return nodes.count - 1
    }

    /// Weights divided by their sum; those that are not above 0 and finite are left out.
    private func shares(_ weights: [(key: NodeID, value: Double)]) -> [(NodeID, Double)] {
        let usable = weights.filter { $0.value > 0 && $0.value.isFinite }
        // By the greatest first, so that the sum of huge weights stays finite.
        let greatest = usable.reduce(0) { max($0, $1.value) }
        let sum = usable.reduce(0) { $0 + $1.value / greatest }
        return usable.map { ($0.key, $0.value / greatest / sum) }
    }
}
