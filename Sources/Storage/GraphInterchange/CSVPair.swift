import PropertyGraph
import TextFiles
import Time

/// The two files of a property graph in CSV, and their columns.
///
/// ```
/// shop.nodes.csv   id,graph,name:string,price:double
///                  Item:tea,,,                          a node without a record in a graph
///                  Item:coffee,0,Coffee,3.5
/// shop.edges.csv   source,type,target,graph,weight,count,first,last,since:timestamp
///                  Item:coffee,LIKES,Item:tea,0,1.0,1,0,0,
/// ```
///
/// The header of a property's column is its name, a colon and its kind (``PropertyKind``). An empty
/// cell means that the property is absent. Times are milliseconds since 1970. Strings are
/// ``GuardedText``. A node is written as its label, a colon and its external id; control characters
/// in them, and colons in labels, are written as `_xHHHH_`.
enum CSVPair {
    static let nodeColumns = ["id", "graph"]
    static let edgeColumns = [
        "source", "type", "target", "graph", "weight", "count", "first", "last",
    ]

    /// The paths of both files, from the path of either of them or of the pair.
    static func paths(of path: String) -> (nodes: String, edges: String) {
        var stem = path[...]
        for ending in [".nodes.csv", ".edges.csv", ".csv"] where stem.hasSuffix(ending) {
            stem = stem.dropLast(ending.count)
            break
        }
        return (stem + ".nodes.csv", stem + ".edges.csv")
    }
}

/// Writes a property graph as two CSV files; see ``CSVPair``.
struct CSVPairWriter: InterchangeWriter {
    static let needsColumns = true
    static let namesNodesPerGraph = false

    private let nodes: OutputFile
    private let edges: OutputFile
    private var nodeColumns: [PropertyColumn] = []
    private var edgeColumns: [PropertyColumn] = []

    init(path: String) throws(Fault) {
        let paths = CSVPair.paths(of: path)
        nodes = try OutputFile(path: paths.nodes)
        edges = try OutputFile(path: paths.edges)
    }

    mutating func begin(_ heading: InterchangeHeading) throws(Fault) {
        nodeColumns = heading.nodeColumns
        edgeColumns = heading.edgeColumns
        try writeHeader(CSVPair.nodeColumns, nodeColumns, to: nodes)
        try writeHeader(CSVPair.edgeColumns, edgeColumns, to: edges)
    }

    mutating func beginGraph(_ graph: GraphID) throws(Fault) {}

    mutating func write(
        _ node: NodeName, graph: GraphID, properties: [String: Property]?
    ) throws(Fault) {
        writeText(node.text, to: nodes)
        nodes.write(",")
        if properties != nil { nodes.write(String(graph.rawValue)) }
        try endRow(properties ?? [:], nodeColumns, nodes)
    }

    mutating func write(_ edge: NamedEdge, graph: GraphID) throws(Fault) {
        for text in [edge.source.text, edge.type, edge.target.text] {
            writeText(text, to: edges)
            edges.write(",")
        }
        edges.write("\(graph.rawValue),\(NumberText.text(edge.weight)),\(edge.count),")
        edges.write("\(edge.first.rawValue),\(edge.last.rawValue)")
        try endRow(edge.properties, edgeColumns, edges)
    }

    mutating func endGraph() throws(Fault) {}

    mutating func finish() throws(Fault) {
        try nodes.finish()
        try edges.finish()
    }

    private func writeHeader(
        _ names: [String], _ columns: [PropertyColumn], to file: OutputFile
    ) throws(Fault) {
        file.write(names.joined(separator: ","))
        for column in columns {
            file.write(",")
            writeText(column.name.text + ":" + column.kind.rawValue, to: file)
        }
        file.write("\n")
        try file.endRecord()
    }

    private func endRow(
        _ properties: [String: Property], _ columns: [PropertyColumn], _ file: OutputFile
    ) throws(Fault) {
        let values = properties.inFileOrder
        var next = values.startIndex
        for column in columns {
            file.write(",")
            guard next < values.endIndex, BytewiseString(values[next].key) == column.name,
                PropertyKind(values[next].value) == column.kind
            else { continue }
            if case .string(let text) = values[next].value {
                writeText(text, to: file)
            } else {
                CSVRecords.append(PropertyText.text(values[next].value), to: &file.bytes)
            }
            next += 1
        }
        file.write("\n")
        try file.endRecord()
    }

    private func writeText(_ text: String, to file: OutputFile) {
        CSVRecords.append(GuardedText.encoded(text), to: &file.bytes)
    }
}

/// Reads the files of ``CSVPairWriter``, with the columns in any order.
struct CSVPairReader: InterchangeReader {
    private var nodes: CSVTable
    private var edges: CSVTable
    private var isInEdges = false

    var location: (file: String, line: Int) { (isInEdges ? edges : nodes).location }

    init(path: String) throws(Fault) {
        let paths = CSVPair.paths(of: path)
        nodes = try CSVTable(path: paths.nodes, names: CSVPair.nodeColumns)
        edges = try CSVTable(path: paths.edges, names: CSVPair.edgeColumns)
    }

    mutating func next() throws(Fault) -> InterchangeRecord? {
        if !isInEdges {
            if let row = try nodes.next() { return try Self.node(row) }
            isInEdges = true
        }
        return try edges.next().map { row throws(Fault) in try Self.edge(row) }
    }

    private static func node(_ row: CSVTable.Row) throws(Fault) -> InterchangeRecord {
        let name = try NodeName(text: GuardedText.decoded(row.fixed[0]))
        guard row.fixed[1].isEmpty else {
            return .node(name, graph: try graph(row.fixed[1]), row.properties)
        }
        guard row.properties.isEmpty else {
            throw Fault(.value, "a node has properties and no graph; name their graph, or 0.")
        }
        return .node(name, graph: nil, [:])
    }

    private static func edge(_ row: CSVTable.Row) throws(Fault) -> InterchangeRecord {
        let cells = row.fixed
        guard let weight = NumberText.double(cells[4]), let count = UInt64(cells[5]),
            let first = Int64(cells[6]), let last = Int64(cells[7])
        else {
            throw Fault(
                .value, "an edge's weight, count, first or last is not a number; correct it.")
        }
        return .edge(
            NamedEdge(
                source: try NodeName(text: GuardedText.decoded(cells[0])),
                type: GuardedText.decoded(cells[1]),
                target: try NodeName(text: GuardedText.decoded(cells[2])), weight: weight,
                count: count, first: Timestamp(rawValue: first), last: Timestamp(rawValue: last),
                properties: row.properties), graph: try graph(cells[3]))
    }

    private static func graph(_ cell: String) throws(Fault) -> GraphID {
        guard let number = UInt64(cell) else {
            throw Fault(.value, "a graph is not a whole number of 0 or more; correct it.")
        }
        return GraphID(rawValue: number)
    }
}
