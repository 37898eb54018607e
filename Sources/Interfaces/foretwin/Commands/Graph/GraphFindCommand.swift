import ArgumentParser
import PropertyGraph
import Time

/// `foretwin graph find`.
struct GraphFindCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Find nodes by the value of a property, or a range of it.",
        discussion: """
            A value is tried as text, number, truth value and time. \
            Nodes come in the order of their values. A twin's items bring what the catalogue says \
            of them.

            All nodes of the label are scanned, unless 'foretwin graph index' has made an index \
            of the property; the answer is the same.
            """)

    @Option(help: "The nodes' label, such as Item.")
    var label: String

    @Option(help: "The property's name, such as category.")
    var property: String

    // Unconditional, for numbers below 0.
    @Option(parsing: .unconditional, help: ArgumentHelp("What it is.", valueName: "value"))
    var equals: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("What it is at least.", valueName: "value"))
    var from: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("What it is at most.", valueName: "value"))
    var to: String?

    @Option(help: "How many nodes to show.")
    var limit = 20

    @OptionGroup var options: GraphOptions

    func validate() throws {
        guard (1...1_000_000).contains(limit) else {
            throw ValidationError("--limit is \(limit). Use a number from 1 to 1000000.")
        }
        guard (equals != nil) != (from != nil || to != nil) else {
            throw ValidationError("Give the value with --equals, or bounds with --from and --to.")
        }
    }

    func run() throws {
        let source = try options.open()
        let label = try source.store.label(named: label)
        let search = PropertySearch(
            label: label, property: property,
            ranges: propertyRanges(from: equals ?? from, through: equals ?? to), limit: limit)
        let answer =
            try source.memory.map { try search.ask(try source.withCatalogue($0)) }
            ?? source.ask(search)
        let hasIndex = source.store.indexes.contains(PropertyIndex(label, property))
        let method = hasIndex && source.memory == nil ? "index" : "scan"
        let names = try NodeNames(answer.elements.map(\.id), in: source)
        if options.json {
            try printJSON(
                FoundJSON(
                    source: GraphSourceJSON(source), label: label.rawValue, property: property,
                    method: method,
                    nodes: answer.elements.map { FoundNodeJSON($0, names, property) },
                    isComplete: !answer.isTruncated))
            return
        }
        guard !answer.elements.isEmpty else {
            print("There are no such nodes in \(source.title).")
            return
        }
        print("\(source.heading)\n")
        var table = Table("node", printable(property))
        for node in answer.elements {
            table.add(names.text(node.id), node.properties[property].map(text) ?? "")
        }
        printLines(table.lines())
        if answer.isTruncated { print("\nThere are more: raise --limit.") }
    }
}

/// The ranges of all kinds of property that two texts can be the bounds of.
private func propertyRanges(from lower: String?, through upper: String?) -> [PropertyRange] {
    func values(_ read: (String) -> Property?) -> PropertyRange? {
        let bounds = (lower.map(read), upper.map(read))
        if case .some(nil) = bounds.0 { return nil }
        if case .some(nil) = bounds.1 { return nil }
        return try? PropertyRange(from: bounds.0 ?? nil, through: bounds.1 ?? nil)
    }
    return [
        values { .string($0) },
        values { Int64($0).map(Property.int) },
        values { Double($0).map(Property.double) },
        values { Bool($0).map(Property.bool) },
        // A number is a number, though it could be seconds.
        values { Double($0) == nil ? Timestamp(text: $0).map(Property.timestamp) : nil },
    ].compactMap(\.self)
}

private struct PropertySearch: GraphQuestion {
    let label: Label
    let property: String
    let ranges: [PropertyRange]
    let limit: Int

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<Node> {
        var found: [Node] = []
        var isTruncated = false
        for range in ranges where !isTruncated {
            let answer = try graph.nodes(
                label, where: property, in: range, limit: limit - found.count)
            isTruncated = answer.isTruncated
            for node in answer.elements {
                found.append(Node(id: node, properties: try graph.properties(of: node) ?? [:]))
            }
        }
        return BoundedResult(elements: found, isTruncated: isTruncated)
    }
}

extension GraphStore {
    /// The label of a name, in whichever case it is written.
    func label(named name: String) throws -> Label {
        let wanted = name.uppercased()
        let exact = labels.first { $0.rawValue == name }
        guard let label = exact ?? labels.first(where: { $0.rawValue.uppercased() == wanted })
        else {
            let names = labels.map { printable($0.rawValue) }.joined(separator: ", ")
            throw ValidationError(
                "There is no label '\(printable(name))'. There are \(names).")
        }
        return label
    }
}

extension GraphSource {
    /// The nodes of a twin's graph with what the catalogue says of them, without edges.
    fileprivate func withCatalogue(_ graph: InMemoryGraph) throws -> InMemoryGraph {
        var merged = InMemoryGraph(namesOf: store)
        let nodes = try graph.nodeIDs(limit: .max).elements
        try store.read { transaction in
            for node in nodes {
                let common = try store.properties(of: node, graph: .shared, in: transaction)
                let own = graph.properties(of: node) ?? [:]
                merged.put([Node(id: node, properties: (common ?? [:]).merging(own) { $1 })])
            }
        }
        return merged
    }
}

private struct FoundJSON: Encodable {
    var source: GraphSourceJSON
    var label: String
    var property: String
    /// How they were found: by an `index`, or a `scan` of all nodes of the label.
    var method: String
    var nodes: [FoundNodeJSON]
    var isComplete: Bool
}

private struct FoundNodeJSON: Encodable {
    var node: NodeJSON
    var value: PropertyJSON?

    init(_ node: Node, _ names: NodeNames, _ property: String) {
        self.node = names.json(node.id)
        value = node.properties[property].map(PropertyJSON.init)
    }
}
