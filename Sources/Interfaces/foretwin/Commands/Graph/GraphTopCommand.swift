import ArgumentParser
import PropertyGraph

/// `foretwin graph top`.
struct GraphTopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "List the heaviest edges, of a node or of the whole graph.")

    @Argument(
        help: "The node: Label:id, the id of an item, or 'me'; the whole graph unless given.")
    var node: String?

    @Option(name: [.customShort("n"), .customLong("count")], help: "How many edges.")
    var count = 20

    @OptionGroup var edges: GraphEdgeOptions
    @OptionGroup var limits: GraphLimitOptions
    @OptionGroup var options: GraphOptions

    func validate() throws {
        guard (1...1_000_000).contains(count) else {
            throw ValidationError("--count is \(count). Use a number from 1 to 1000000.")
        }
        guard node != nil || edges.direction == .both else {
            throw ValidationError("--direction says how edges lie to a node. Name a node.")
        }
    }

    func run() throws {
        let source = try options.open()
        let node = try node.map { try source.node($0) }
        let answer = try source.ask(
            TopQuestion(
                node: node, count: count, pattern: try edges.pattern(in: source),
                decay: source.decay, limits: limits.limits()))
        let names = try NodeNames(
            ofEnds: answer.elements.map(\.edge), in: source)
        if options.json {
            try printJSON(
                TopJSON(
                    source: GraphSourceJSON(source),
                    edges: answer.elements.map { names.json($0.edge, weight: $0.weight) },
                    isComplete: !answer.isTruncated))
            return
        }
        guard !answer.elements.isEmpty else {
            print("There are no such edges in \(source.title).")
            return
        }
        print("\(source.heading)\n")
        printLines(edgeTable(answer.elements, names))
        if answer.isTruncated {
            print("\nOnly \(grouped(limits.fanOut)) edges were read: raise --fan-out.")
        }
    }
}

private struct TopQuestion: GraphQuestion {
    let node: NodeID?
    let count: Int
    let pattern: EdgePattern
    let decay: Decay
    let limits: TraversalLimits

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<HeavyEdge> {
        if let node {
            let top = try graph.topEdges(
                count, at: node, along: pattern, decay: decay, limits: limits)
            return BoundedResult(
                elements: top.elements.map { HeavyEdge(edge: $0.edge, weight: $0.weight) },
                isTruncated: top.isTruncated)
        }
        let top = try graph.topEdges(count, types: pattern.types, decay: decay)
        return BoundedResult(
            elements: top.map { HeavyEdge(edge: $0.edge, weight: $0.weight) }, isTruncated: false)
    }
}

private struct TopJSON: Encodable {
    var source: GraphSourceJSON
    var edges: [EdgeJSON]
    var isComplete: Bool
}
