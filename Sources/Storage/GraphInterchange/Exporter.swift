import LMDB
public import PropertyGraph
import TextFiles

/// Writes a format.
///
/// The exporter calls the methods in this order for the contents of a store.
protocol InterchangeWriter {
    /// Whether the file begins with a list of all properties, which needs a first pass.
    static var needsColumns: Bool { get }
    /// Whether each graph lists all its nodes; otherwise only the first graph does.
    static var namesNodesPerGraph: Bool { get }

    mutating func begin(_ heading: InterchangeHeading) throws(Fault)
    mutating func beginGraph(_ graph: GraphID) throws(Fault)
    /// Writes a node; `properties` are its record in the graph, or nil if it has only an external
    /// id.
    mutating func write(
        _ node: NodeName, graph: GraphID, properties: [String: Property]?) throws(Fault)
    mutating func write(_ edge: NamedEdge, graph: GraphID) throws(Fault)
    mutating func endGraph() throws(Fault)
    mutating func finish() throws(Fault)
}

/// The vocabulary at the start of a file.
struct InterchangeHeading {
    var labels: [String] = []
    var edgeTypes: [String] = []
    var nodeColumns: [PropertyColumn] = []
    var edgeColumns: [PropertyColumn] = []
}

extension Interchange {
    /// Writes a store, or one graph of it, to a file.
    ///
    /// The file is a snapshot of the store. Other transactions can write meanwhile, but the pages
    /// that they free are not reused until the export ends. The file appears under its name when it
    /// is complete, and replaces an existing file. It has mode 0600. A graph without records gives
    /// a file without nodes.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - scope: The whole store, or one graph.
    ///   - path: The file. For CSV, `shop.csv` means the pair `shop.nodes.csv` and
    ///     `shop.edges.csv`.
    ///   - format: The format.
    ///   - progress: Called every 10,000 records, and at the end, with the number of records
    ///     written.
    /// - Returns: The numbers of graphs, nodes, edges and records.
    /// - Throws: ``InterchangeError``; `GraphError` or `LMDBError` if the store cannot be read.
    /// - Complexity: O(*n*) in time and O(1) in memory for *n* records. GraphML and CSV also keep
    ///   the names of all properties in memory.
    @discardableResult
    public static func export(
        _ store: GraphStore, _ scope: Scope = .store, to path: String, as format: Format,
        progress: (Int) -> Void = { _ in }
    ) throws -> Summary {
        do {
            switch format {
            case .graphML:
                return try export(store, scope, GraphMLWriter(path: path), progress)
            case .csv:
                return try export(store, scope, CSVPairWriter(path: path), progress)
            case .jsonLines:
                return try export(store, scope, JSONLinesWriter(path: path), progress)
            case .cypher:
                return try export(store, scope, CypherWriter(path: path), progress)
            }
        } catch let fault as Fault {
            throw InterchangeError(fault, file: path, line: nil)
        }
    }

    private static func export<Writer: InterchangeWriter>(
        _ store: GraphStore, _ scope: Scope, _ writer: Writer, _ progress: (Int) -> Void
    ) throws -> Summary {
        var writer = writer
        let exporter = Exporter(
            store: store, scope: scope, namesPerGraph: Writer.namesNodesPerGraph)
        try store.read { transaction in
            var heading = InterchangeHeading(
                labels: store.labels.map(\.rawValue), edgeTypes: store.edgeTypes.map(\.rawValue))
            for names in [heading.labels, heading.edgeTypes] {
                for name in names {
                    try Bounds.checkVocabulary(names.count, byteCount: name.utf8.count)
                }
            }
            if Writer.needsColumns { try exporter.findColumns(in: transaction, &heading) }
            try writer.begin(heading)
            try exporter.write(to: &writer, in: transaction, progress)
        }
        try writer.finish()
        return exporter.summary
    }
}

/// Visits a store in the order of a file: graphs by id, and in each graph the nodes, then the
/// edges.
///
/// The first graph also has the nodes that have only an external id, by label and index.
private final class Exporter {
    private static let nameCountMax = 1 << 16

    private(set) var summary = Interchange.Summary()
    private let store: GraphStore
    private let scope: Interchange.Scope
    private let namesPerGraph: Bool
    private let labels: [Label]
    private var names: [NodeID: NodeName] = [:]

    init(store: GraphStore, scope: Interchange.Scope, namesPerGraph: Bool) {
        self.store = store
        self.scope = scope
        self.namesPerGraph = namesPerGraph
        labels = store.labels
    }

    /// Collects the names and kinds of all properties.
    func findColumns(
        in transaction: borrowing ReadTransaction, _ heading: inout InterchangeHeading
    ) throws {
        var nodeColumns: Set<PropertyColumn> = []
        var edgeColumns: Set<PropertyColumn> = []
        try forEachGraph(in: transaction) { graph in
            try store.forEachNode(graph: graph, in: transaction) { node in
                try Self.gather(node.properties, into: &nodeColumns)
            }
            try store.forEachEdge(graph: graph, in: transaction) { edge in
                try Self.gather(edge.properties, into: &edgeColumns)
                return true
            }
        }
        heading.nodeColumns = nodeColumns.sorted()
        heading.edgeColumns = edgeColumns.sorted()
    }

    func write(
        to writer: inout some InterchangeWriter, in transaction: borrowing ReadTransaction,
        _ progress: (Int) -> Void
    ) throws {
        var isFirst = true
        try forEachGraph(in: transaction) { graph in
            try writer.beginGraph(graph)
            let recordsBefore = summary.nodes + summary.edges
            try forEachNode(of: graph, isFirst: isFirst, in: transaction) { node, properties in
                if let properties { try Bounds.check(properties) }
                let name = try name(of: node, in: transaction)
                try writer.write(name, graph: graph, properties: properties)
                if properties != nil { summary.nodes += 1 }
                count(progress)
            }
            try store.forEachEdge(graph: graph, in: transaction) { edge in
                try Bounds.check(edge.properties)
                try writer.write(try named(edge, in: transaction), graph: graph)
                summary.edges += 1
                count(progress)
                return true
            }
            try writer.endGraph()
            if summary.nodes + summary.edges > recordsBefore { summary.graphs += 1 }
            isFirst = false
        }
        progress(summary.records)
    }

    /// Visits all graphs of the scope; the first one also if it is empty, because it lists the
    /// nodes.
    private func forEachGraph(
        in transaction: borrowing ReadTransaction, _ body: (GraphID) throws -> Void
    ) throws {
        if case .graph(let graph) = scope { return try body(graph) }
        try body(.shared)
        try store.forEachGraph(in: transaction) { graph in
            if graph != .shared { try body(graph) }
            return true
        }
    }

    /// Visits the nodes that a graph has in a file, each with its record if it has one.
    private func forEachNode(
        of graph: GraphID, isFirst: Bool, in transaction: borrowing ReadTransaction,
        _ body: (NodeID, [String: Property]?) throws -> Void
    ) throws {
        if isFirst, scope == .store {
            for label in labels {
                try store.forEachNode(label, in: transaction) { node, _ in
                    try body(node, store.properties(of: node, graph: graph, in: transaction))
                }
            }
        } else if isFirst || namesPerGraph {
            try store.forEachMember(of: graph, in: transaction) { node in
                try body(node, store.properties(of: node, graph: graph, in: transaction))
                return true
            }
        } else {
            try store.forEachNode(graph: graph, in: transaction) { node in
                try body(node.id, node.properties)
            }
        }
    }

    private func named(
        _ edge: Edge, in transaction: borrowing ReadTransaction
    ) throws -> NamedEdge {
        NamedEdge(
            source: try name(of: edge.source, in: transaction), type: edge.type.rawValue,
            target: try name(of: edge.target, in: transaction), weight: edge.weight,
            count: edge.count, first: edge.first, last: edge.last, properties: edge.properties)
    }

    private func name(
        of node: NodeID, in transaction: borrowing ReadTransaction
    ) throws -> NodeName {
        if let name = names[node] { return name }
        guard let id = try store.externalID(of: node, in: transaction),
            let label = store.label(of: node)
        else {
            throw Fault(
                .store, "a graph of the store has a node without a name; add the node first.")
        }
        if names.count >= Self.nameCountMax { names.removeAll(keepingCapacity: true) }
        let name = NodeName(label: label.rawValue, id: id)
        names[node] = name
        return name
    }

    private func count(_ progress: (Int) -> Void) {
        summary.records += 1
        if summary.records.isMultiple(of: Interchange.recordsPerBatch) { progress(summary.records) }
    }

    private static func gather(
        _ properties: [String: Property], into columns: inout Set<PropertyColumn>
    ) throws(Fault) {
        for (name, property) in properties {
            columns.insert(PropertyColumn(name: BytewiseString(name), kind: PropertyKind(property)))
        }
        try Bounds.checkColumns(columns.count)
    }
}
