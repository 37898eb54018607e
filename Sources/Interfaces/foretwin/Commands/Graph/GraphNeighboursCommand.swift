import ArgumentParser
import PropertyGraph
import Time

/// `foretwin graph neighbours`.
struct GraphNeighboursCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "neighbours",
        abstract: "List the nodes around a node, those alike, or those that matter most to it.",
        discussion: """
            The nodes within --hops edges, nearest first, then by the weight of the heaviest edge \
            that leads there.

            --similar lists nodes of the same label that have neighbours in common with the node: \
            the share of common ones among all (Jaccard), and the sum of 1 / ln(neighbours) over \
            the common ones, by which they are sorted (Adamic-Adar: rare things count more).

            --rank lists the nodes where a random walk from the node is most often (personalised \
            PageRank, which goes back to the node with a chance of 15 % at each step).
            """,
        aliases: ["neighbors"])

    @Argument(help: "The node: Label:id, the id of an item, or 'me' for a twin's customer.")
    var node: String

    @Option(help: "The most edges from the node; 1 unless given.")
    var hops: Int?

    @Option(help: "How many nodes to show.")
    var limit = 20

    @Flag(help: "List the nodes that have most in common with the node.")
    var similar = false

    @Flag(help: "List the nodes by personalised PageRank.")
    var rank = false

    @OptionGroup var edges: GraphEdgeOptions
    @OptionGroup var limits: GraphLimitOptions
    @OptionGroup var options: GraphOptions

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit must be 1 or more.") }
        guard !similar || !rank else {
            throw ValidationError("--similar and --rank are two questions. Ask one at a time.")
        }
        guard let hops else { return }
        guard !similar, !rank else {
            throw ValidationError("--hops goes with neither --similar nor --rank.")
        }
        guard (1...20).contains(hops) else {
            throw ValidationError("--hops is \(hops). Use a number from 1 to 20.")
        }
    }

    func run() throws {
        let source = try options.open()
        let node = try source.node(node)
        let pattern = try edges.pattern(in: source)
        let limits = limits.limits(depth: hops ?? 1)
        if similar {
            let question = SimilarQuestion(node: node, pattern: pattern, limits: limits)
            try show(try source.ask(question), around: node, source)
        } else if rank {
            let question = RankQuestion(
                node: node, pattern: pattern, decay: source.decay, limits: limits)
            try show(try source.ask(question), around: node, source)
        } else {
            let question = AroundQuestion(
                node: node, pattern: pattern, decay: source.decay, limits: limits)
            try show(try source.ask(question), around: node, source)
        }
    }

    private func show(
        _ answer: BoundedResult<NearbyNode>, around node: NodeID, _ source: GraphSource
    ) throws {
        let shown = answer.elements.prefix(limit)
        let names = try NodeNames(
            [node] + shown.flatMap { [$0.edge.source, $0.edge.target] }, in: source)
        if options.json {
            try printJSON(
                NeighboursJSON(
                    source, names.json(node),
                    shown.map {
                        NeighbourJSON(
                            node: names.json($0.node), hops: $0.depth,
                            edge: names.json($0.edge, weight: $0.weight))
                    }, answer))
            return
        }
        var table = Table("#hops", "node", "by", "from", "#weight", "#times", "last")
        for near in shown {
            let isForward = near.edge.target == near.node
            let type = printable(near.edge.type.rawValue)
            table.add(
                "\(near.depth)", names.text(near.node), isForward ? "→ \(type)" : "← \(type)",
                names.text(near.edge.otherEnd(from: near.node)), figure(near.weight),
                grouped(Int(clamping: near.edge.count)), near.edge.last.date)
        }
        show(table, names.phrase(node), "has no such neighbours", answer, source)
    }

    private func show(
        _ answer: BoundedResult<SimilarNode>, around node: NodeID, _ source: GraphSource
    ) throws {
        let shown = answer.elements.prefix(limit)
        let names = try NodeNames([node] + shown.map(\.node), in: source)
        if options.json {
            try printJSON(
                NeighboursJSON(
                    source, names.json(node),
                    shown.map {
                        NeighbourJSON(
                            node: names.json($0.node), commonNeighbours: $0.common.nodes.count,
                            jaccard: $0.common.jaccard, adamicAdar: $0.common.adamicAdar)
                    }, answer))
            return
        }
        var table = Table("node", "#common", "#Jaccard", "#Adamic-Adar")
        for similar in shown {
            table.add(
                names.text(similar.node), grouped(similar.common.nodes.count),
                figure(similar.common.jaccard), figure(similar.common.adamicAdar))
        }
        show(table, names.phrase(node), "has nothing in common with another", answer, source)
    }

    private func show(
        _ answer: BoundedResult<NodeScore>, around node: NodeID, _ source: GraphSource
    ) throws {
        let shown = answer.elements.prefix(limit)
        let names = try NodeNames([node] + shown.map(\.node), in: source)
        if options.json {
            try printJSON(
                NeighboursJSON(
                    source, names.json(node),
                    shown.map { NeighbourJSON(node: names.json($0.node), pageRank: $0.score) },
                    answer))
            return
        }
        var table = Table("node", "#PageRank")
        for scored in shown { table.add(names.text(scored.node), percent(scored.score)) }
        show(table, names.phrase(node), "leads nowhere", answer, source)
    }

    private func show<Element>(
        _ table: Table, _ node: String, _ nothing: String, _ answer: BoundedResult<Element>,
        _ source: GraphSource
    ) {
        guard !answer.elements.isEmpty else {
            print("\(node) \(nothing) in \(source.title).")
            return
        }
        print("\(source.heading): around \(node)\n")
        printLines(table.lines())
        let more = answer.elements.count - limit
        if more > 0 { print("\n\(grouped(more)) more were found: raise --limit to see them.") }
        if answer.isTruncated {
            print("\nNot all was read: raise --fan-out or --visit for more.")
        }
    }
}

private struct AroundQuestion: GraphQuestion {
    let node: NodeID
    let pattern: EdgePattern
    let decay: Decay
    let limits: TraversalLimits

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<NearbyNode> {
        try graph.nearbyNodes(of: node, along: pattern, decay: decay, limits: limits)
    }
}

private struct SimilarQuestion: GraphQuestion {
    let node: NodeID
    let pattern: EdgePattern
    let limits: TraversalLimits

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<SimilarNode> {
        try graph.similarNodes(to: node, along: pattern, limits: limits)
    }
}

private struct RankQuestion: GraphQuestion {
    let node: NodeID
    let pattern: EdgePattern
    let decay: Decay
    let limits: TraversalLimits

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<NodeScore> {
        let rank = try graph.personalisedPageRank(
            from: [node: 1], along: pattern, decay: decay, limits: limits)
        return BoundedResult(
            elements: rank.scores.filter { $0.node != node }, isTruncated: rank.isTruncated)
    }
}

private struct NeighbourJSON: Encodable {
    var node: NodeJSON
    var hops: Int?
    var edge: EdgeJSON?
    var commonNeighbours: Int?
    var jaccard: Double?
    var adamicAdar: Double?
    var pageRank: Double?
}

private struct NeighboursJSON: Encodable {
    var source: GraphSourceJSON
    var node: NodeJSON
    var neighbours: [NeighbourJSON]
    /// How many were found; more than are shown if the limit left some out.
    var found: Int
    /// Whether all was read that the question asks for.
    var isComplete: Bool

    init<Element>(
        _ source: GraphSource, _ node: NodeJSON, _ neighbours: [NeighbourJSON],
        _ answer: BoundedResult<Element>
    ) {
        self.source = GraphSourceJSON(source)
        self.node = node
        self.neighbours = neighbours
        found = answer.elements.count
        isComplete = !answer.isTruncated
    }
}
