import PropertyGraph
import Time

/// Writes a property graph as a script of openCypher statements, one per line.
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
/// Each graph gets nodes of its own in the database, which differ in the property `graph`. A node
/// with `SET` has a record in its graph, which may be empty; a node without it has only an external
/// id.
///
/// The script uses some names for itself: `graph` and `id` of nodes, and `weight`, `count`, `first`
/// and `last` of edges. A property with such a name gets an underscore: `id` becomes `id_`, and
/// `id_` becomes `id__`. Names are in backticks, with control characters and backslashes as
/// `_xHHHH_`.
///
/// Values are strings in `'`, integers, numbers with a decimal point, `true`, `false`,
/// `datetime({epochMillis: …})` and lists of numbers with a decimal point. Numbers without a
/// literal are expressions: `(1.0/0.0)`, `(-1.0/0.0)`, `(0.0/0.0)`. A NaN with a payload has its
/// bits in a comment after it. For Neo4j, create an index on `id` for each label before you run the
/// script.
struct CypherWriter: InterchangeWriter {
    static let needsColumns = false
    static let namesNodesPerGraph = true
    /// The names that the script uses for itself in nodes.
    static let nodeNames: Set<String> = ["graph", "id"]
    /// The names that the script uses for itself in edges.
    static let edgeNames: Set<String> = ["weight", "count", "first", "last"]

    /// A backslash, which some databases interpret in names too, a tab, and line breaks.
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

    private func write(_ properties: [String: Property], _ reserved: Set<String>, isFirst: Bool) {
        var isFirst = isFirst
        for (key, property) in properties.inFileOrder {
            if !isFirst { file.write(", ") }
            isFirst = false
            file.write(name(ReservedName.encoded(key, reserved)))
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

/// Renames properties whose names a format uses for itself.
///
/// A name collides if it is a reserved name followed by any number of underscores. It gets one
/// more.
enum ReservedName {
    /// The name in a file of a property.
    static func encoded(_ name: String, _ reserved: Set<String>) -> String {
        collides(name, reserved) ? name + "_" : name
    }

    /// The property of a name in a file; nil for a reserved name.
    static func decoded(_ name: String, _ reserved: Set<String>) -> String? {
        guard collides(name, reserved) else { return name }
        return name.hasSuffix("_") ? String(name.dropLast()) : nil
    }

    private static func collides(_ name: String, _ reserved: Set<String>) -> Bool {
        var stem = name[...]
        while stem.last == "_" { stem.removeLast() }
        return reserved.contains(String(stem))
    }
}
