public import PropertyGraph

/// Property graphs as files that other programs read, and back.
///
/// ```swift
/// try Interchange.export(store, to: "shop.graphml", as: .graphML)
///
/// let file = try Interchange.File(path: "shop.graphml", format: .graphML)
/// let copy = try GraphStore(path: "copy", labels: file.labels, edgeTypes: file.edgeTypes)
/// try Interchange.load(file, into: copy)
/// ```
///
/// What is exported and loaded into an empty store is the same again, bit for bit: graphs, names of
/// nodes and the order of their numbers, labels, edge types, weights, counts, times, properties.
public enum Interchange {
    /// The most bytes of one line, or of one text in XML: larger is no record, but a wrong file.
    public static let lineByteCountMax = 16 << 20
    /// The most properties of one node or edge.
    public static let propertyCountMax = 4096
    /// The most numbers in a vector.
    public static let vectorCountMax = 1 << 20
    /// The most different properties of all nodes, or of all edges, in formats that name them first.
    public static let columnCountMax = 4096
    /// The most labels, and the most edge types: a store numbers them with 16 bits.
    public static let vocabularyCountMax = 10_000
    /// The most bytes in the name of a label or an edge type: it becomes part of a key.
    public static let vocabularyByteCountMax = 400

    /// How a property graph is written.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// GraphML, one XML file, as read by Gephi and networkx; see `GraphMLWriter`.
        case graphML = "graphml"
        /// Two CSV files: `shop.csv` stands for `shop.nodes.csv` and `shop.edges.csv`.
        case csv
        /// One JSON object a line.
        case jsonLines = "jsonl"
        /// A script of `MERGE` statements for openCypher databases such as Neo4j.
        case cypher

        /// The format that a path's extension names, or `nil`.
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

    /// Which part of a store is exported.
    public enum Scope: Sendable, Hashable {
        /// All graphs, and the names of all nodes.
        case store
        /// One graph, and the names of its nodes.
        case graph(GraphID)
    }

    /// What a file holds.
    public struct Summary: Sendable, Hashable {
        /// How many named graphs have records.
        public internal(set) var graphs = 0
        /// How many nodes have a record in a graph, added up over the graphs.
        public internal(set) var nodes = 0
        /// How many edges there are in all graphs.
        public internal(set) var edges = 0
        /// How many records there are of any kind, names included.
        public internal(set) var records = 0
    }

    /// How many records pass between two reports of progress, and into one write transaction.
    static let recordsPerBatch = 10_000
    /// The bytes that a batch may have in memory, more or less.
    static let batchByteCountMax = 32 << 20
}
