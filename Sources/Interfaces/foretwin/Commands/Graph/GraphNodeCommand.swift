import ArgumentParser
import PropertyGraph

/// `foretwin graph node`.
struct GraphNodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Show a node: its properties, its edges by type, and the heaviest of them.")

    @Argument(help: "The node: Label:id, the id of an item, or 'me' for a twin's customer.")
    var node: String

    @Option(name: [.customShort("n"), .customLong("count")], help: "How many edges to show.")
    var count = 10

    @OptionGroup var limits: GraphLimitOptions
    @OptionGroup var options: GraphOptions

    func validate() throws {
        guard (1...1_000_000).contains(count) else {
            throw ValidationError("--count is \(count). Use a number from 1 to 1000000.")
        }
    }

    func run() throws {
        let source = try options.open()
        let node = try source.node(node)
        let facts = try source.ask(
            NodeQuestion(
                node: node, count: count, decay: source.decay, limits: limits.limits()))
        let properties = try properties(facts, of: node, source)
        let edges = facts.edges
        let names = try NodeNames(
            [node] + edges.flatMap { [$0.edge.source, $0.edge.target] }, in: source)
        if options.json {
            try printJSON(
                NodeFactsJSON(
                    source: GraphSourceJSON(source), node: names.json(node),
                    properties: properties.mapValues(PropertyJSON.init),
                    degrees: facts.degrees,
                    edges: edges.map { names.json($0.edge, weight: $0.weight) },
                    isComplete: !facts.isTruncated))
            return
        }
        print("\(source.heading): \(names.phrase(node))")
        show(properties)
        show(facts)
        guard !edges.isEmpty else { return }
        let all = facts.degrees.reduce(0) { $0 + $1.out + $1.in }
        if edges.count < all {
            print("\nThe heaviest \(grouped(edges.count)) of \(grouped(all)) edges")
        }
        printLines([""] + edgeTable(edges, names))
        if facts.isTruncated {
            print("\nOnly \(grouped(limits.fanOut)) edges were read: raise --fan-out.")
        }
    }

    /// What is said of a node in this graph, and of an item in the catalogue.
    private func properties(
        _ facts: NodeFacts, of node: NodeID, _ source: GraphSource
    ) throws -> [String: Property] {
        let common = try source.store.read {
            try source.store.properties(of: node, graph: source.namingGraph, in: $0)
        }
        return (common ?? [:]).merging(facts.properties) { $1 }
    }

    private func show(_ properties: [String: Property]) {
        guard !properties.isEmpty else { return }
        var table = Table("property", "value")
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            table.add(printable(name), text(value))
        }
        printLines([""] + table.lines())
    }

    private func show(_ facts: NodeFacts) {
        guard !facts.degrees.isEmpty else {
            print("\nNo edges.")
            return
        }
        var table = Table("type", "#out", "#in")
        for entry in facts.degrees {
            table.add(
                printable(entry.type), entry.out == 0 ? "" : grouped(entry.out),
                entry.in == 0 ? "" : grouped(entry.in))
        }
        printLines([""] + table.lines())
    }
}

/// What is known of a node.
private struct NodeFacts {
    struct Degree: Encodable {
        var type: String
        var out = 0
        var `in` = 0
    }

    var properties: [String: Property]
    var degrees: [Degree]
    var edges: [HeavyEdge]
    var isTruncated: Bool
}

private struct NodeQuestion: GraphQuestion {
    let node: NodeID
    let count: Int
    let decay: Decay
    let limits: TraversalLimits

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> NodeFacts {
        let leaving = try graph.degrees(of: node, .out, limit: limits.fanOut)
        let entering = try graph.degrees(of: node, .in, limit: limits.fanOut)
        var degrees: [EdgeType: NodeFacts.Degree] = [:]
        for (type, count) in leaving.byType {
            degrees[type, default: .init(type: type.rawValue)].out = count
        }
        for (type, count) in entering.byType {
            degrees[type, default: .init(type: type.rawValue)].in = count
        }
        let edges = try graph.topEdges(
            count, at: node, along: .both(), decay: decay, limits: limits)
        return NodeFacts(
            properties: try graph.properties(of: node) ?? [:],
            degrees: degrees.values.sorted {
                ($1.out + $1.in, $0.type) < ($0.out + $0.in, $1.type)
            }, edges: edges.elements.map { HeavyEdge(edge: $0.edge, weight: $0.weight) },
            isTruncated: leaving.isTruncated || entering.isTruncated || edges.isTruncated)
    }
}

private struct NodeFactsJSON: Encodable {
    var source: GraphSourceJSON
    var node: NodeJSON
    var properties: [String: PropertyJSON]
    var degrees: [NodeFacts.Degree]
    var edges: [EdgeJSON]
    var isComplete: Bool
}
