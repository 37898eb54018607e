public import ArgumentParser
import Foundation
public import GraphInterchange
import PropertyGraph

extension Interchange.Format: ExpressibleByArgument {}

/// `foretwin graph export`.
struct GraphExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a graph to a file that other programs read.",
        discussion: """
            GraphML for Gephi and networkx, two CSV files, JSON Lines, or a Cypher script. Without \
            --twin it is the shared graph; of a plain store all graphs, unless --graph names one. \
            A twin's items bring what the catalogue says of them. Customers stand in the file by \
            their pseudonyms. It may be read by its owner only, and replaces one that was there.
            """)

    @Argument(help: "The file; for CSV, shop.csv stands for shop.nodes.csv and shop.edges.csv.")
    var file: String

    @Option(help: "How it is written; by the file's extension unless given.")
    var format: Interchange.Format?

    @OptionGroup var options: GraphOptions

    func run() throws {
        let format = try interchangeFormat(format, of: file)
        let source = try options.open()
        let progress = ProgressBar(quiet: options.json)
        let summary = try GraphExportCommand.export(source, options.graph, to: file, format) {
            progress.show("export", fraction: nil, detail: "\(grouped($0)) records")
        }
        progress.finish("\(grouped(summary.records)) records")
        if options.json {
            try printJSON(InterchangeJSON(file: file, format: format, summary))
        } else {
            let title =
                source.memory == nil && source.twins == nil && options.graph == nil
                ? "the store" : source.title
            print(
                "\(names(format)): \(title), \(grouped(summary.nodes)) nodes with properties and "
                    + "\(grouped(summary.edges)) edges")
        }
    }

    private func names(_ format: Interchange.Format) -> String {
        guard format == .csv else { return file }
        let stem = file.lowercased().hasSuffix(".csv") ? String(file.dropLast(4)) : file
        return "\(stem).nodes.csv and \(stem).edges.csv"
    }

    /// Writes the graph of a source to a file.
    static func export(
        _ source: GraphSource, _ graph: UInt64?, to file: String, _ format: Interchange.Format,
        progress: (Int) -> Void = { _ in }
    ) throws -> Interchange.Summary {
        guard let memory = source.memory else {
            let scope: Interchange.Scope =
                source.twins == nil && graph == nil ? .store : .graph(source.graph)
            return try Interchange.export(
                source.store, scope, to: file, as: format, progress: progress)
        }
        // A twin may have pending events, or be of a past time, so it is written from a temporary
        // store.
        return try TemporaryStore.with(source) { copy in
            try TemporaryStore.fill(copy, with: memory, of: source)
            return try Interchange.export(
                copy, .graph(.shared), to: file, as: format, progress: progress)
        }
    }
}

/// The format that was given, or that the file's name tells.
func interchangeFormat(
    _ format: Interchange.Format?, of file: String
) throws -> Interchange.Format {
    guard let format = format ?? Interchange.Format(path: file) else {
        let names = Interchange.Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError(
            "The name '\(printable(file))' does not tell the format. Give --format: \(names).")
    }
    return format
}

/// What was written or read, in JSON.
struct InterchangeJSON: Encodable {
    var file: String
    var format: String
    var store: String?
    var graphs: Int
    var nodes: Int
    var edges: Int
    var records: Int

    init(
        file: String, format: Interchange.Format, store: String? = nil,
        _ summary: Interchange.Summary
    ) {
        self.file = file
        self.format = format.rawValue
        self.store = store
        graphs = summary.graphs
        nodes = summary.nodes
        edges = summary.edges
        records = summary.records
    }
}

/// A store for a graph that has none, for as long as it takes to export it.
private enum TemporaryStore {
    static func with<T>(_ source: GraphSource, _ body: (GraphStore) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.path + "/foretwin-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // The store makes its folder, for its owner alone.
        return try body(
            GraphStore(
                path: folder, labels: source.store.labels, edgeTypes: source.store.edgeTypes))
    }

    /// Copies a twin's graph, with what the catalogue says of its items but for their vectors.
    static func fill(
        _ store: GraphStore, with graph: InMemoryGraph, of source: GraphSource
    ) throws {
        let original = source.store
        let nodes = try graph.nodeIDs(limit: .max).elements
        let known = try original.read { transaction in
            try nodes.map { node in
                let common = try original.properties(of: node, graph: .shared, in: transaction)
                let plain = (common ?? [:]).filter { $0.value.vector == nil }
                return (
                    node: node, label: original.label(of: node),
                    id: try original.externalID(of: node, in: transaction),
                    properties: plain.merging(graph.properties(of: node) ?? [:]) { $1 }
                )
            }
        }
        try store.write { transaction in
            var copies: [NodeID: NodeID] = [:]
            for entry in known {
                guard let label = entry.label, let id = entry.id else { continue }
                let copy = try store.addNode(label, id, in: transaction)
                copies[entry.node] = copy
                guard !entry.properties.isEmpty else { continue }
                try store.put(
                    Node(id: copy, properties: entry.properties), graph: .shared, in: transaction)
            }
            for edge in graph.edges {
                guard let from = copies[edge.source], let to = copies[edge.target] else { continue }
                var copy = edge
                copy.source = from
                copy.target = to
                try store.put(copy, graph: .shared, in: transaction)
            }
        }
    }
}
