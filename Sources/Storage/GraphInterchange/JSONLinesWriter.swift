import PropertyGraph
import Time

/// Writes a property graph as JSON Lines: one object per line.
///
/// ```
/// {"foretwin":"property graph","version":1,"labels":["Item"],"edgeTypes":["LIKES"]}
/// {"node":["Item","coffee"]}
/// {"node":["Item","coffee"],"graph":0,"properties":{"name":"Coffee","price":{"double":3.5}}}
/// {"edge":"LIKES","from":["Item","a"],"to":["Item","b"],"graph":0,"weight":1.0,"count":1,
///  "first":0,"last":0,"properties":{}}     (on one line)
/// ```
///
/// A node without a graph has only an external id. Times are milliseconds since 1970. Strings,
/// integers and Booleans are JSON values; other properties are an object with their kind: `double`,
/// `timestamp` or `vector`. Numbers that JSON does not have are strings: `"INF"`, `"-INF"`,
/// `"NaN"`.
struct JSONLinesWriter: InterchangeWriter {
    static let needsColumns = false
    static let namesNodesPerGraph = false

    private let file: OutputFile

    init(path: String) throws(Fault) { file = try OutputFile(path: path) }

    mutating func begin(_ heading: InterchangeHeading) throws(Fault) {
        file.write("{\"foretwin\":\"property graph\",\"version\":1,\"labels\":")
        write(heading.labels)
        file.write(",\"edgeTypes\":")
        write(heading.edgeTypes)
        try endLine()
    }

    mutating func beginGraph(_ graph: GraphID) throws(Fault) {}

    mutating func write(
        _ node: NodeName, graph: GraphID, properties: [String: Property]?
    ) throws(Fault) {
        file.write("{\"node\":")
        write(node)
        if let properties {
            file.write(",\"graph\":\(graph.rawValue),\"properties\":")
            write(properties)
        }
        try endLine()
    }

    mutating func write(_ edge: NamedEdge, graph: GraphID) throws(Fault) {
        file.write("{\"edge\":")
        write(edge.type)
        file.write(",\"from\":")
        write(edge.source)
        file.write(",\"to\":")
        write(edge.target)
        file.write(",\"graph\":\(graph.rawValue),\"weight\":")
        writeNumber(NumberText.text(edge.weight), isFinite: edge.weight.isFinite)
        file.write(",\"count\":\(edge.count),\"first\":\(edge.first.rawValue)")
        file.write(",\"last\":\(edge.last.rawValue),\"properties\":")
        write(edge.properties)
        try endLine()
    }

    mutating func endGraph() throws(Fault) {}

    mutating func finish() throws(Fault) { try file.finish() }

    private func endLine() throws(Fault) {
        file.write("}\n")
        try file.endRecord()
    }

    private func write(_ names: [String]) {
        file.write("[")
        for (index, name) in names.enumerated() {
            if index > 0 { file.write(",") }
            write(name)
        }
        file.write("]")
    }

    private func write(_ node: NodeName) { write([node.label, node.id]) }

    private func write(_ properties: [String: Property]) {
        file.write("{")
        var isFirst = true
        for (name, property) in properties.inFileOrder {
            if !isFirst { file.write(",") }
            isFirst = false
            write(name)
            file.write(":")
            write(property)
        }
        file.write("}")
    }

    private func write(_ property: Property) {
        switch property {
        case .string(let value): write(value)
        case .int(let value): file.write(String(value))
        case .bool(let value): file.write(value ? "true" : "false")
        case .double(let value):
            file.write("{\"double\":")
            writeNumber(NumberText.text(value), isFinite: value.isFinite)
            file.write("}")
        case .timestamp(let value):
            file.write("{\"timestamp\":\(value.rawValue)}")
        case .vector(let values):
            file.write("{\"vector\":[")
            for (index, value) in values.enumerated() {
                if index > 0 { file.write(",") }
                writeNumber(NumberText.text(value), isFinite: value.isFinite)
            }
            file.write("]}")
        }
    }

    private func writeNumber(_ text: String, isFinite: Bool) {
        if isFinite { file.write(text) } else { write(text) }
    }

    private func write(_ text: String) {
        file.write(text, quotedBy: UInt8(ascii: "\""))
    }
}
