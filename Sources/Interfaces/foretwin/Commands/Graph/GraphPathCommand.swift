import ArgumentParser
import PropertyGraph
import Time

/// `foretwin graph path`.
struct GraphPathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path",
        abstract: "Find the strongest way from one node to another.",
        discussion: """
            An edge costs 1 / weight, so heavy edges are short; the way is the cheapest of all \
            with at most --max-hops edges. Edges are gone along either way unless --direction says \
            otherwise.
            """)

    @Argument(help: "Where the way begins: Label:id, the id of an item, or 'me'.")
    var from: String

    @Argument(help: "Where it ends.")
    var to: String

    @Option(name: .customLong("max-hops"), help: "The most edges of the way.")
    var maxHops = 6

    @OptionGroup var edges: GraphEdgeOptions
    @OptionGroup var limits: GraphLimitOptions
    @OptionGroup var options: GraphOptions

    func validate() throws {
        guard (1...100).contains(maxHops) else {
            throw ValidationError("--max-hops is \(maxHops). Use a number from 1 to 100.")
        }
    }

    func run() throws {
        let source = try options.open()
        let (start, end) = (try source.node(from), try source.node(to))
        let question = PathQuestion(
            start: start, end: end, pattern: try edges.pattern(in: source), decay: source.decay,
            limits: limits.limits(depth: maxHops))
        let (found, isTruncated) = try source.ask(question)
        let nodes = found?.path.nodes ?? []
        let names = try NodeNames([start, end] + nodes, in: source)
        if options.json {
            try printJSON(
                PathJSON(
                    source: GraphSourceJSON(source), from: names.json(start), to: names.json(end),
                    cost: found?.cost,
                    edges: found?.path.edges.map {
                        names.json($0, weight: source.decay.weight(of: $0))
                    }, isComplete: !isTruncated))
            return
        }
        let ends = "from \(names.phrase(start)) to \(names.phrase(end))"
        guard let found else {
            let hops = maxHops == 1 ? "1 edge" : "\(maxHops) edges"
            print("There is no way \(ends) of at most \(hops) in \(source.title).")
            if isTruncated { print("Not all was read: raise --max-hops, --fan-out or --visit.") }
            return
        }
        guard !found.path.edges.isEmpty else {
            print("Both are \(names.phrase(start)).")
            return
        }
        print("\(source.heading): \(ends), cost \(figure(found.cost))\n")
        var table = Table("#step", "from", "by", "to", "#weight", "#cost", "last")
        for (index, edge) in found.path.edges.enumerated() {
            let weight = source.decay.weight(of: edge)
            let type = printable(edge.type.rawValue)
            table.add(
                "\(index + 1)", names.text(nodes[index]),
                edge.source == nodes[index] ? "→ \(type)" : "← \(type)",
                names.text(nodes[index + 1]), figure(weight), figure(1 / weight), edge.last.date)
        }
        printLines(table.lines())
        if isTruncated {
            print(
                "\nNot all was read: with --max-hops, --fan-out or --visit raised, there may be a "
                    + "stronger way.")
        }
    }
}

private struct PathQuestion: GraphQuestion {
    let start: NodeID
    let end: NodeID
    let pattern: EdgePattern
    let decay: Decay
    let limits: TraversalLimits

    func ask(
        _ graph: borrowing some GraphView & ~Copyable
    ) throws -> (path: CostedPath?, isTruncated: Bool) {
        var search = ShortestPaths(from: start, along: pattern, limits: limits, decay: decay)
        let path = try search.path(to: end, in: graph)
        return (path, search.isTruncated)
    }
}

private struct PathJSON: Encodable {
    var source: GraphSourceJSON
    var from: NodeJSON
    var to: NodeJSON
    /// The sum of the edges' costs; nothing if there is no way.
    var cost: Double?
    var edges: [EdgeJSON]?
    var isComplete: Bool
}
