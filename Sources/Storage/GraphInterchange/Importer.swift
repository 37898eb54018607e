import LMDB
public import PropertyGraph
import TextFiles

/// Reads a format.
protocol InterchangeReader {
    /// The next record, or nil at the end.
    mutating func next() throws(Fault) -> InterchangeRecord?
    /// The location of the last record or of the error.
    var location: (file: String, line: Int) { get }
}

extension Interchange {
    /// A file of a property graph, of which every record was checked.
    public struct File: Sendable, Hashable {
        /// The path of the file; for CSV, the path of either file or of the pair.
        public let path: String
        /// The format.
        public let format: Format
        /// The labels of the file in order; a store must declare them to load it.
        public let labels: [Label]
        /// The edge types of the file in order; a store must declare them to load it.
        public let edgeTypes: [EdgeType]
        /// The numbers of graphs, nodes, edges and records.
        public let summary: Summary

        /// Reads a file, and checks every record.
        ///
        /// - Parameters:
        ///   - path: The file; for CSV, `shop.csv` or either file of the pair.
        ///   - format: The format.
        ///   - progress: Called every 10,000 records, and at the end, with the number of records
        ///     read.
        /// - Throws: ``InterchangeError`` with the line.
        /// - Complexity: O(*n*) in time for *n* records, and memory for the ids of the graphs, the
        ///   labels and the edge types.
        public init(path: String, format: Format, progress: (Int) -> Void = { _ in }) throws {
            var check = FileCheck()
            var reported = 0
            try forEachRecord(of: path, format) { record in
                try check.add(record)
                if check.summary.records >= reported + recordsPerBatch {
                    reported = check.summary.records
                    progress(reported)
                }
            }
            self.path = path
            self.format = format
            labels = check.labels.names.map { Label(rawValue: $0.text) }
            edgeTypes = check.edgeTypes.names.map { EdgeType(rawValue: $0.text) }
            summary = check.completeSummary
            progress(summary.records)
        }
    }

    /// Adds the contents of a file to a store.
    ///
    /// A node replaces the node's record in the same graph. An edge replaces the edge of the same
    /// type between the same nodes. Everything else stays. So loading a file is idempotent. Records
    /// are written in batches, each in one transaction: if loading ends early, load the file again.
    ///
    /// - Parameters:
    ///   - file: The file, which was checked when the value was created.
    ///   - store: A store that declares the labels and edge types of the file.
    ///   - progress: Called after each batch with the number of records written.
    /// - Throws: ``InterchangeError`` if the file was changed meanwhile and has an error;
    ///   `GraphError` for a label or edge type that is not declared; `LMDBError`.
    /// - Complexity: O(*n* log *m*) in time for *n* records into a store of *m*, and O(1) in
    ///   memory.
    public static func load(
        _ file: File, into store: GraphStore, progress: (Int) -> Void = { _ in }
    ) throws {
        try store.requireDeclared(labels: file.labels, edgeTypes: file.edgeTypes)
        var check = FileCheck()
        var loader = Loader(store: store)
        try forEachRecord(of: file.path, file.format) { record in
            try check.add(record)
            if try loader.add(record) { progress(check.summary.records) }
        }
        try loader.flush()
        progress(check.summary.records)
    }

    private static func forEachRecord(
        of path: String, _ format: Format, _ body: (InterchangeRecord) throws -> Void
    ) throws {
        do {
            switch format {
            case .graphML: try forEachRecord(GraphMLReader(path: path), body)
            case .csv: try forEachRecord(CSVPairReader(path: path), body)
            case .jsonLines: try forEachRecord(JSONLinesReader(path: path), body)
            case .cypher: try forEachRecord(CypherReader(path: path), body)
            }
        } catch let fault as Fault {
            throw InterchangeError(fault, file: path, line: nil)
        }
    }

    private static func forEachRecord(
        _ reader: some InterchangeReader, _ body: (InterchangeRecord) throws -> Void
    ) throws {
        var reader = reader
        do {
            while let record = try reader.next() { try body(record) }
        } catch let fault as Fault {
            let location = reader.location
            throw InterchangeError(
                fault, file: location.file, line: fault.hasLine ? location.line : nil)
        }
    }
}

/// Checks records one by one, and collects the vocabulary and the numbers of records.
private struct FileCheck {
    /// Names in the order of their first occurrence.
    struct Names {
        private(set) var names: [BytewiseString] = []
        private var known: Set<BytewiseString> = []

        mutating func add(_ text: String) throws(Fault) {
            let name = BytewiseString(text)
            guard known.insert(name).inserted else { return }
            names.append(name)
            try Bounds.checkVocabulary(names.count, byteCount: text.utf8.count)
        }
    }

    private(set) var labels = Names()
    private(set) var edgeTypes = Names()
    private(set) var summary = Interchange.Summary()
    private var graph: GraphID?
    private var graphs: Set<GraphID> = []

    var completeSummary: Interchange.Summary {
        var complete = summary
        complete.graphs = graphs.count
        return complete
    }

    mutating func add(_ record: InterchangeRecord) throws(Fault) {
        switch record {
        case .label(let name): return try labels.add(name)
        case .edgeType(let name): return try edgeTypes.add(name)
        case .node(let name, let graph, let properties):
            try add(name)
            try Bounds.check(properties)
            if let graph { note(graph) }
            summary.nodes += graph == nil ? 0 : 1
        case .edge(let edge, let graph):
            try add(edge.source)
            try add(edge.target)
            try edgeTypes.add(edge.type)
            try Bounds.check(edge.properties)
            note(graph)
            summary.edges += 1
        }
        summary.records += 1
    }

    private mutating func add(_ name: NodeName) throws(Fault) {
        try Bounds.check(name)
        try labels.add(name.label)
    }

    private mutating func note(_ graph: GraphID) {
        guard graph != self.graph else { return }
        self.graph = graph
        graphs.insert(graph)
    }
}

/// Collects records, and writes them in batches.
private struct Loader {
    private static let nodeCountMax = 1 << 16

    private let store: GraphStore
    private var batch: [InterchangeRecord] = []
    private var batchByteCount = 0
    private var nodes: [NodeName: NodeID] = [:]

    init(store: GraphStore) { self.store = store }

    /// Adds a record to the batch, and writes the batch if it is full.
    ///
    /// - Returns: Whether a batch was written.
    mutating func add(_ record: InterchangeRecord) throws -> Bool {
        batch.append(record)
        batchByteCount += record.byteCount
        guard
            batch.count >= Interchange.recordsPerBatch
                || batchByteCount >= Interchange.batchByteCountMax
        else { return false }
        try flush()
        return true
    }

    mutating func flush() throws {
        let records = batch
        batch.removeAll(keepingCapacity: true)
        batchByteCount = 0
        guard !records.isEmpty else { return }
        var nodes = nodes
        self.nodes = [:]
        try store.write { transaction in
            for record in records { try put(record, &nodes, in: transaction) }
        }
        self.nodes = nodes
    }

    private func put(
        _ record: InterchangeRecord, _ nodes: inout [NodeName: NodeID],
        in transaction: borrowing WriteTransaction
    ) throws {
        switch record {
        case .label, .edgeType:
            return
        case .node(let name, let graph, let properties):
            let id = try node(name, &nodes, in: transaction)
            guard let graph else { return }
            try store.put(Node(id: id, properties: properties), graph: graph, in: transaction)
        case .edge(let named, let graph):
            let edge = Edge(
                source: try node(named.source, &nodes, in: transaction),
                type: EdgeType(rawValue: named.type),
                target: try node(named.target, &nodes, in: transaction), weight: named.weight,
                count: named.count, first: named.first, last: named.last,
                properties: named.properties)
            try store.put(edge, graph: graph, in: transaction)
        }
    }

    private func node(
        _ name: NodeName, _ nodes: inout [NodeName: NodeID],
        in transaction: borrowing WriteTransaction
    ) throws -> NodeID {
        if let known = nodes[name] { return known }
        let id = try store.addNode(
            Label(rawValue: name.label), name.id, in: transaction)
        if nodes.count >= Self.nodeCountMax { nodes.removeAll(keepingCapacity: true) }
        nodes[name] = id
        return id
    }
}

extension InterchangeRecord {
    /// An estimate of the record's size in memory, in bytes.
    fileprivate var byteCount: Int {
        switch self {
        case .label, .edgeType: 100
        case .node(let name, _, let properties): name.id.utf8.count + Self.size(properties) + 100
        case .edge(let edge, _): Self.size(edge.properties) + 300
        }
    }

    private static func size(_ properties: [String: Property]) -> Int {
        properties.reduce(0) { sum, entry in
            let valueSize =
                switch entry.value {
                case .string(let text): text.utf8.count
                case .vector(let values): values.count * 4
                default: 8
                }
            return sum + entry.key.utf8.count + valueSize + 50
        }
    }
}
