import LMDB
public import PropertyGraph
import TextFiles

/// A format on its way in.
protocol InterchangeReader {
    /// The next record, or nil at the end.
    mutating func next() throws(Fault) -> InterchangeRecord?
    /// Where the last record ended, or the error is.
    var place: (file: String, line: Int) { get }
}

extension Interchange {
    /// A file of a property graph that has been read once from end to end and found to be right.
    public struct File: Sendable, Hashable {
        /// The file; for CSV the name that stands for both.
        public let path: String
        /// How it is written.
        public let format: Format
        /// The labels that a store must declare to load it, in order.
        public let labels: [Label]
        /// The edge types that a store must declare to load it, in order.
        public let edgeTypes: [EdgeType]
        /// What the file holds.
        public let summary: Summary

        /// Reads a file from end to end and checks every record.
        ///
        /// - Parameters:
        ///   - path: The file; for CSV, `shop.csv` or either file of the pair.
        ///   - format: How it is written.
        ///   - progress: Called now and then with the number of records read so far.
        /// - Throws: ``InterchangeError``, which names the line.
        /// - Complexity: O(n) time; memory for the ids of the graphs and the labels and types.
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

    /// Adds what a file holds to a store.
    ///
    /// A node's record replaces the one it had in the same graph, an edge the one of the same type
    /// between the same nodes; all else stays. So loading a file twice is the same as once. Records
    /// are written in batches, each all or nothing: if loading is interrupted, do it again.
    ///
    /// - Parameters:
    ///   - file: The file, which was found to be right when it was named.
    ///   - store: A store that declares the file's labels and edge types.
    ///   - progress: Called after each batch with the number of records written so far.
    /// - Throws: ``InterchangeError`` if the file was changed since and is not right any more;
    ///   `GraphError` for a label or type that is not declared; `LMDBError`.
    /// - Complexity: O(n log m) for n records into a store of m; constant memory.
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
            let place = reader.place
            throw InterchangeError(
                fault, file: place.file, line: fault.hasLine ? place.line : nil)
        }
    }
}

/// Checks records one by one and keeps what must be known of all of them.
private struct FileCheck {
    /// Names in the order in which they first appear.
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
            if let graph { see(graph) }
            summary.nodes += graph == nil ? 0 : 1
        case .edge(let edge, let graph):
            try add(edge.source)
            try add(edge.target)
            try edgeTypes.add(edge.type)
            try Bounds.check(edge.properties)
            see(graph)
            summary.edges += 1
        }
        summary.records += 1
    }

    private mutating func add(_ name: NodeName) throws(Fault) {
        try Bounds.check(name)
        try labels.add(name.label)
    }

    private mutating func see(_ graph: GraphID) {
        guard graph != self.graph else { return }
        self.graph = graph
        graphs.insert(graph)
    }
}

/// Gathers records and writes them in batches.
private struct Loader {
    private static let nodeCountMax = 1 << 16

    private let store: GraphStore
    private var batch: [InterchangeRecord] = []
    private var batchByteCount = 0
    private var nodes: [NodeName: NodeID] = [:]

    init(store: GraphStore) { self.store = store }

    /// Takes a record.
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
    /// The bytes of the record in memory, roughly.
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
