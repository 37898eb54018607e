import ArgumentParser
import Foundation
import PropertyGraph
import Time
import TwinStorage

/// The graph to query, and the time.
struct GraphOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The twin of this customer. (default: the shared graph)",
            valueName: "customer"))
    var twin: String?

    @Option(
        name: .customLong("as-of"),
        help: ArgumentHelp(
            "The time of the twin, such as 2026-03-01 (its start, in UTC) or 2026-03-01T12:00. "
                + "(default: the newest event of the store)", valueName: "time"))
    var asOf: String?

    @Option(
        help: ArgumentHelp(
            "The number of the graph, in a plain store that has several.", valueName: "number"))
    var graph: UInt64?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var storeOptions: StoreOptions

    func validate() throws {
        guard let asOf else { return }
        _ = try parsedTime(asOf, "--as-of")
        guard twin != nil else {
            throw ValidationError(
                "The shared graph has no past: it is what the last training made of all twins. "
                    + "Leave out --as-of, or name a --twin.")
        }
    }

    /// Opens the store and finds the graph.
    func open() throws -> GraphSource {
        guard GraphStore.exists(at: storeOptions.store) else {
            throw ValidationError(
                "There is no store at \(storeOptions.store). Run 'foretwin ingest' first, or give "
                    + "--store.")
        }
        guard try StoreKind(of: storeOptions.store) == .twins else { return try openPlain() }
        guard graph == nil else {
            throw ValidationError(
                "In a store of twins, graphs have no numbers. Name a --twin instead of --graph.")
        }
        let twins = try storeOptions.open()
        let newest = try twins.newestEvent()
        guard let customer = twin else {
            return GraphSource(
                store: twins.graph, twins: twins, title: "the shared graph", asOf: newest)
        }
        let asOf = try asOf.map { try parsedTime($0, "--as-of") }
        guard let (node, memory) = try twins.graph(ofTwin: customer, asOf: asOf) else {
            let isErased = try twins.isErased(customer)
            let time = asOf.map { " on \($0.iso8601)" } ?? ""
            throw CommandFailure(
                isErased
                    ? "The twin of '\(customer)' was erased."
                    : "Nothing \(time.isEmpty ? "is" : "was") known of '\(customer)'\(time).")
        }
        return GraphSource(
            store: twins.graph, twins: twins, title: "the twin of \(customer)",
            asOf: asOf ?? newest, customer: customer, customerNode: node, memory: memory)
    }

    private func openPlain() throws -> GraphSource {
        guard twin == nil else {
            throw ValidationError(
                "\(storeOptions.store) is a plain store of graphs: it has no twins. Leave out "
                    + "--twin, or give the --store of your shop.")
        }
        let store = try GraphStore(
            path: storeOptions.store, labels: [], edgeTypes: [], access: .read)
        let id = GraphID(rawValue: graph ?? 0)
        return GraphSource(
            store: store, title: id == .shared ? "the graph" : "graph \(id.rawValue)", graph: id)
    }
}

/// What a store holds.
enum StoreKind {
    /// Twins, which are made from events.
    case twins
    /// Graphs that were imported or made by another program.
    case plain

    /// The name of the setting that only a store of twins has.
    private static let twinsMark = "key"

    /// The name of a setting of stores that 'foretwin graph import' made.
    static let plainMark = "plainGraph"

    /// Looks into the store at a path, and closes it again.
    init(of path: String) throws {
        self = try Self.has(Self.twinsMark, path) ? .twins : .plain
    }

    /// Whether the store at a path was made by 'foretwin graph import'.
    ///
    /// A store whose making was cut off has no mark at all, and may still become one of twins.
    static func isPlain(_ path: String) throws -> Bool { try has(plainMark, path) }

    private static func has(_ mark: String, _ path: String) throws -> Bool {
        do {
            let store = try GraphStore(path: path, labels: [], edgeTypes: [], access: .read)
            return try store.read { try store.setting(mark, in: $0) != nil }
        } catch let error as GraphError where error.code == .notAStore {
            return false
        }
    }
}

/// Reads the time of an option.
func parsedTime(_ text: String, _ option: String) throws -> Timestamp {
    guard let time = Timestamp(text: text) else {
        throw ValidationError(
            "\(option) is '\(text)'. Write it as 2026-03-01 or 2026-03-01T12:00:00Z.")
    }
    return time
}

/// The limits of a query.
struct GraphLimitOptions: ParsableArguments {
    @Option(
        name: .customLong("fan-out"), help: "The maximum number of edges that are read at one node."
    )
    var fanOut = 100_000

    @Option(help: "The maximum number of visited nodes.")
    var visit = 100_000

    func validate() throws {
        guard fanOut >= 1, visit >= 1 else {
            throw ValidationError("--fan-out and --visit must be 1 or more.")
        }
    }

    /// The same as limits of a traversal.
    func limits(depth: Int = 1) -> TraversalLimits {
        TraversalLimits(depth: depth, fanOut: fanOut, visited: visit)
    }
}

/// Which edges are gone along.
struct GraphEdgeOptions: ParsableArguments {
    /// Which way edges go.
    enum Way: String, CaseIterable, ExpressibleByArgument {
        case out
        case `in`
        case both

        var direction: Direction {
            switch self {
            case .out: .out
            case .in: .in
            case .both: .both
            }
        }
    }

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Only edges of these types, such as PURCHASED; of all types unless given. To be "
                + "given after the node.",
            valueName: "type"))
    var type: [String] = []

    @Option(help: "Only edges that leave the node, or enter it.")
    var direction = Way.both

    /// The pattern of these edges in a graph.
    func pattern(in source: GraphSource) throws -> EdgePattern {
        EdgePattern(types: try source.types(type), direction: direction.direction)
    }
}
