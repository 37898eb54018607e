public import PropertyGraph

/// Exports property graphs to files that other programs can read, and loads them.
///
/// ```swift
/// try Interchange.export(store, to: "shop.graphml", as: .graphML)
///
/// let file = try Interchange.File(path: "shop.graphml", format: .graphML)
/// let copy = try GraphStore(path: "copy", labels: file.labels, edgeTypes: file.edgeTypes)
/// try Interchange.load(file, into: copy)
/// ```
///
/// A round trip is exact. After an export and a load into an empty store, all graphs, external ids,
/// the order of node indexes, labels, edge types, weights, counts, times and properties are the
/// same, bit for bit.
public enum Interchange {
    /// The most bytes of a line, or of a text in XML.
    public static let lineByteCountMax = 16 << 20
    /// The most properties of a node or an edge.
    public static let propertyCountMax = 4096
    /// The most elements of a vector.
    public static let vectorCountMax = 1 << 20
    /// The most different properties of all nodes, and of all edges, in formats that list them
    /// first.
    public static let columnCountMax = 4096
    /// The most labels, and the most edge types; their codes in a store have 16 bits.
    public static let vocabularyCountMax = 10_000
    /// The most bytes of the name of a label or an edge type, which is part of a key.
    public static let vocabularyByteCountMax = 400

    /// A file format for property graphs.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// GraphML, an XML format that Gephi and networkx read.
        case graphML = "graphml"
        /// A pair of CSV files: `shop.csv` means `shop.nodes.csv` and `shop.edges.csv`.
        case csv
        /// JSON Lines: one JSON object per line.
        case jsonLines = "jsonl"
        /// A script of `MERGE` statements for openCypher databases, such as Neo4j.
        case cypher

        /// The format of a path's extension, or `nil` if it is unknown.
        public init?(path: String) {
            let name = path.split(separator: "/").last ?? ""
            guard let dot = name.lastIndex(of: ".") else { return nil }
            switch name[name.index(after: dot)...].lowercased() {
            case "graphml", "xml": self = .graphML
            case "csv": self = .csv
            case "jsonl", "ndjson": self = .jsonLines
            case "cypher", "cql": self = .cypher
            default: return nil
            }
        }
    }

    /// The part of a store to export.
    public enum Scope: Sendable, Hashable {
        /// All graphs, and the external ids of all nodes.
        case store
        /// One graph, and the external ids of its nodes.
        case graph(GraphID)
    }

    /// The numbers of graphs, nodes, edges and records of a file.
    public struct Summary: Sendable, Hashable {
        /// The number of graphs with records.
        public internal(set) var graphs = 0
        /// The number of nodes with a record, summed over all graphs.
        public internal(set) var nodes = 0
        /// The number of edges of all graphs.
        public internal(set) var edges = 0
        /// The number of records of all kinds, nodes without a record in a graph included.
        public internal(set) var records = 0
    }

    /// The number of records between two reports of progress, and the most in a write transaction.
    static let recordsPerBatch = 10_000
    /// The most bytes of a batch in memory, by estimate.
    static let batchByteCountMax = 32 << 20
}
