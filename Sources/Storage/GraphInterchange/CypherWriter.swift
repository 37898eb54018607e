import PropertyGraph
import Time

/// Writes a property graph as a script of openCypher statements, one a line.
///
/// ```
/// // foretwin property graph 1
/// // label `Item`
/// // edge type `LIKES`
/// MERGE (n:`Item` {graph: 0, id: 'tea'});
/// MERGE (n:`Item` {graph: 0, id: 'coffee'}) SET n += {`price`: 3.5};
/// MATCH (a:`Item` {graph: 0, id: 'coffee'}), (b:`Item` {graph: 0, id: 'tea'})
///   MERGE (a)-[e:`LIKES`]->(b) SET e += {weight: 1.0, count: 1,
///   first: datetime({epochMillis: 0}), last: datetime({epochMillis: 0})};     (on one line)
/// ```
///
/// Each graph has nodes of its own in the database, told apart by the property `graph`. A node that
/// is set has a record in its graph, even an empty one; the others are only named. The properties
/// that the script itself uses (`graph` and `id` of nodes; `weight`, `count`, `first` and `last` of
/// edges) push a property of the same name aside: `id` becomes `id_`, `id_` becomes `id__`. Names
/// are in backticks, their control characters and backslashes as `_xHHHH_`.
///
/// Values are texts in `'`, whole numbers, numbers with a point, `true`, `false`,
/// `datetime({epochMillis: …})` and lists of numbers with a point. What has no literal is computed:
/// `(1.0/0.0)`, `(-1.0/0.0)`, `(0.0/0.0)`; a NaN with further bits has them in a comment behind it.
/// A script for Neo4j wants an index on `id` for each label before it is run.
struct CypherWriter: InterchangeWriter {
    static let needsColumns = false
    static let namesNodesPerGraph = true
    /// Names of properties that the script uses for itself.
    static let nodeNames: Set<String> = ["graph", "id"]
    /// Names of properties that the script uses for itself.
    static let edgeNames: Set<String> = ["weight", "count", "first", "last"]

    /// A backslash, which some databases read in names too, a tab, and ends of lines.
    private static let escapedInNames: [UInt8] = [0x5C, 0x09, 0x0A, 0x0D]

    private let file: OutputFile

    init(path: String) throws(Fault) { file = try OutputFile(path: path) }

    mutating func begin(_ heading: InterchangeHeading) throws(Fault) {
        file.write("// foretwin property graph 1\n")
        for label in heading.labels { file.write("// label \(name(label))\n") }
        for type in heading.edgeTypes { file.write("// edge type \(name(type))\n") }
        try file.endRecord()
    }

    mutating func beginGraph(_ graph: GraphID) throws(Fault) {}

    mutating func write(
        _ node: NodeName, graph: GraphID, properties: [String: Property]?
    ) throws(Fault) {
        file.write("MERGE ")
        write(node, as: "n", graph)
        if let properties {
            file.write(" SET n += {")
            write(properties, Self.nodeNames, isFirst: true)
            file.write("}")
        }
        try endStatement()
    }

    mutating func write(_ edge: NamedEdge, graph: GraphID) throws(Fault) {
        file.write("MATCH ")
        write(edge.source, as: "a", graph)
        file.write(", ")
        write(edge.target, as: "b", graph)
        file.write(" MERGE (a)-[e:\(name(edge.type))]->(b) SET e += {weight: ")
        write(edge.weight)
        file.write(", count: \(edge.count), first: ")
        write(.timestamp(edge.first))
        file.write(", last: ")
        write(.timestamp(edge.last))
        write(edge.properties, Self.edgeNames, isFirst: false)
        file.write("}")
        try endStatement()
    }

    mutating func endGraph() throws(Fault) {}

    mutating func finish() throws(Fault) { try file.finish() }

    private func endStatement() throws(Fault) {
        file.write(";\n")
        try file.endRecord()
    }

    private func name(_ text: String) -> String {
        let tick: Unicode.Scalar = "`"
        var name = String.UnicodeScalarView([tick])
        for scalar in TextEscape.encoded(text, also: Self.escapedInNames).unicodeScalars {
            if scalar == tick { name.append(tick) }
            name.append(scalar)
        }
        name.append(tick)
        return String(name)
    }

    private func write(_ node: NodeName, as variable: String, _ graph: GraphID) {
        file.write("(\(variable):\(name(node.label)) {graph: \(graph.rawValue), id: ")
        write(node.id)
        file.write("})")
    }

    private func write(_ properties: [String: Property], _ taken: Set<String>, isFirst: Bool) {
        var isFirst = isFirst
        for (key, property) in properties.inFileOrder {
            if !isFirst { file.write(", ") }
            isFirst = false
            file.write(name(PushedName.encoded(key, taken)))
            file.write(": ")
            write(property)
        }
    }

    private func write(_ property: Property) {
        switch property {
        case .string(let value): write(value)
        case .int(let value): file.write(String(value))
        case .double(let value): write(value)
        case .bool(let value): file.write(value ? "true" : "false")
        case .timestamp(let value):
            file.write("datetime({epochMillis: \(value.rawValue)})")
        case .vector(let values):
            file.write("[")
            for (index, value) in values.enumerated() {
                if index > 0 { file.write(", ") }
                write(number: NumberText.text(value))
            }
            file.write("]")
        }
    }

    private func write(_ value: Double) { write(number: NumberText.text(value)) }

    private func write(number text: String) {
        switch text {
        case "INF": file.write("(1.0/0.0)")
        case "-INF": file.write("(-1.0/0.0)")
        case "NaN": file.write("(0.0/0.0)")
        case let text where text.hasPrefix("NaN:"): file.write("(0.0/0.0)/*\(text.dropFirst(4))*/")
        default: file.write(text)
        }
    }

    private func write(_ text: String) {
        file.write(text, quotedBy: UInt8(ascii: "'"))
    }
}

/// Names of properties beside names that a format uses for itself.
enum PushedName {
    /// The name, with one more underscore if without those at its end it is taken.
    static func encoded(_ name: String, _ taken: Set<String>) -> String {
        isPushed(name, taken) ? name + "_" : name
    }

    /// The name that was encoded; nil for one that is taken.
    static func decoded(_ name: String, _ taken: Set<String>) -> String? {
        guard isPushed(name, taken) else { return name }
        return name.hasSuffix("_") ? String(name.dropLast()) : nil
    }

    private static func isPushed(_ name: String, _ taken: Set<String>) -> Bool {
        var stem = name[...]
        while stem.last == "_" { stem.removeLast() }
        return taken.contains(String(stem))
    }
}
