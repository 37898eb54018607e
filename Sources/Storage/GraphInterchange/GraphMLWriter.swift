import PropertyGraph
import TextFiles
import Time

/// Writes a property graph as GraphML (Brandes et al., "GraphML Progress Report", GD 2001).
///
/// ```xml
/// <graphml …>
///   <key id="weight" for="edge" attr.name="weight" attr.type="double"/> …
///   <key id="n0" for="node" attr.name="price" attr.type="double" foretwin:kind="double"/> …
///   <graph id="0" edgedefault="directed">
///     <data key="labels">Item</data><data key="edge_types">LIKES</data>
///     <node id="Item:coffee"><data key="label">Item</data><data key="n0">3.5</data></node>
///     <edge source="Item:coffee" target="Item:tea"><data key="type">LIKES</data> … </edge>
///   </graph>
/// </graphml>
/// ```
///
/// Each graph is a `graph` element with its id; `networkx.read_graphml` reads the first one. A
/// node's id is its label, a colon and its external id. Times are milliseconds since 1970, and
/// vectors are strings such as `[0.5,1.0]`; `foretwin:kind` distinguishes them from integers and
/// strings. Characters that XML does not allow, and colons in labels, are written as `_xHHHH_`. A
/// weight that is a NaN with a payload has its bits in `weight_bits`. A node has a record in the
/// graph if it has properties or is `recorded`. A property with a name of ``nodeNames`` or
/// ``edgeNames`` gets an underscore.
struct GraphMLWriter: InterchangeWriter {
    static let needsColumns = true
    static let namesNodesPerGraph = true
    /// The names that the format uses for itself in nodes.
    static let nodeNames: Set<String> = ["label", "recorded"]
    /// The names that the format uses for itself in edges.
    static let edgeNames: Set<String> = [
        "type", "weight", "weight_bits", "count", "first", "last",
    ]

    private let file: OutputFile
    private var nodeKeys: [PropertyColumn: String] = [:]
    private var edgeKeys: [PropertyColumn: String] = [:]
    /// The heading, until it is written in the first graph.
    private var heading: InterchangeHeading?

    init(path: String) throws(Fault) { file = try OutputFile(path: path) }

    mutating func begin(_ heading: InterchangeHeading) throws(Fault) {
        self.heading = heading
        file.write(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <graphml xmlns="http://graphml.graphdrawing.org/xmlns" \
            xmlns:foretwin="urn:foretwin:graphml:1">

            """)
        writeKey("labels", "graph", "string")
        writeKey("edge_types", "graph", "string")
        writeKey("label", "node", "string")
        writeKey("recorded", "node", "boolean")
        writeKey("type", "edge", "string")
        writeKey("weight", "edge", "double")
        writeKey("weight_bits", "edge", "string")
        for name in ["count", "first", "last"] { writeKey(name, "edge", "long") }
        nodeKeys = try writeKeys(heading.nodeColumns, "node", "n", Self.nodeNames)
        edgeKeys = try writeKeys(heading.edgeColumns, "edge", "e", Self.edgeNames)
    }

    mutating func beginGraph(_ graph: GraphID) throws(Fault) {
        file.write("  <graph id=\"\(graph.rawValue)\" edgedefault=\"directed\">\n")
        if let heading {
            file.write("    ")
            writeData("labels", heading.labels.map(Self.listed).joined(separator: " "))
            writeData("edge_types", heading.edgeTypes.map(Self.listed).joined(separator: " "))
            file.write("\n")
        }
        heading = nil
        try file.endRecord()
    }

    mutating func write(
        _ node: NodeName, graph: GraphID, properties: [String: Property]?
    ) throws(Fault) {
        file.write("    <node id=\"")
        writeEscaped(node.text)
        file.write("\">")
        writeData("label", TextEscape.encoded(node.label))
        if let properties {
            if properties.isEmpty { writeData("recorded", "true") }
            write(properties, nodeKeys)
        }
        file.write("</node>\n")
        try file.endRecord()
    }

    mutating func write(_ edge: NamedEdge, graph: GraphID) throws(Fault) {
        file.write("    <edge source=\"")
        writeEscaped(edge.source.text)
        file.write("\" target=\"")
        writeEscaped(edge.target.text)
        file.write("\">")
        writeData("type", TextEscape.encoded(edge.type))
        if NumberText.isPlain(edge.weight) {
            writeData("weight", NumberText.text(edge.weight))
        } else {
            writeData("weight", "NaN")
            writeData("weight_bits", NumberText.bits(edge.weight))
        }
        writeData("count", String(edge.count))
        writeData("first", String(edge.first.rawValue))
        writeData("last", String(edge.last.rawValue))
        write(edge.properties, edgeKeys)
        file.write("</edge>\n")
        try file.endRecord()
    }

    mutating func endGraph() throws(Fault) { file.write("  </graph>\n") }

    mutating func finish() throws(Fault) {
        file.write("</graphml>\n")
        try file.finish()
    }

    /// A name as an element of a list that is separated by spaces.
    private static func listed(_ name: String) -> String {
        TextEscape.encoded(name, also: [UInt8(ascii: " ")])
    }

    private func writeKey(
        _ id: String, _ domain: String, _ type: String, name: String? = nil,
        kind: PropertyKind? = nil
    ) {
        file.write("  <key id=\"\(id)\" for=\"\(domain)\" attr.name=\"")
        writeEscaped(name ?? id)
        file.write("\" attr.type=\"\(type)\"")
        if let kind { file.write(" foretwin:kind=\"\(kind.rawValue)\"") }
        file.write("/>\n")
    }

    private func writeKeys(
        _ columns: [PropertyColumn], _ domain: String, _ idStart: String, _ reserved: Set<String>
    ) throws(Fault) -> [PropertyColumn: String] {
        var keys: [PropertyColumn: String] = [:]
        for (index, column) in columns.enumerated() {
            let id = idStart + String(index)
            keys[column] = id
            let name = TextEscape.encoded(ReservedName.encoded(column.name.text, reserved))
            writeKey(id, domain, column.kind.graphMLType, name: name, kind: column.kind)
            try file.endRecord()
        }
        return keys
    }

    private func write(_ properties: [String: Property], _ keys: [PropertyColumn: String]) {
        for (name, property) in properties.inFileOrder {
            let column = PropertyColumn(name: BytewiseString(name), kind: PropertyKind(property))
            guard let key = keys[column] else {
                preconditionFailure("The first pass over the store found every property.")
            }
            let text = PropertyText.text(property)
            writeData(key, text.isEmpty ? "" : TextEscape.encoded(text))
        }
    }

    private func writeData(_ key: String, _ text: String) {
        file.write("<data key=\"\(key)\">")
        writeEscaped(text)
        file.write("</data>")
    }

    private func writeEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): file.write("&amp;")
            case UInt8(ascii: "<"): file.write("&lt;")
            case UInt8(ascii: ">"): file.write("&gt;")
            case UInt8(ascii: "\""): file.write("&quot;")
            case 0x09, 0x0A, 0x0D: file.write("&#\(byte);")
            default: file.bytes.append(byte)
            }
        }
    }
}

extension PropertyKind {
    /// The GraphML type of values of this kind, for other programs.
    fileprivate var graphMLType: String {
        switch self {
        case .string, .vector, .doubleBits: "string"
        case .int, .timestamp: "long"
        case .double: "double"
        case .bool: "boolean"
        }
    }
}
