import ArgumentParser
import PropertyGraph
import TwinStorage

/// `foretwin graph stats`.
struct GraphStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count nodes and edges, and measure the tables of the store.",
        discussion: """
            Without --twin it also prints the size of the store, the bytes of each table and per \
            event, and the number of pending events.
            """)

    @OptionGroup var options: GraphOptions

    func run() throws {
        let source = try options.open()
        let figures = try source.ask(FiguresQuestion(decay: source.decay))
        let store = source.customer == nil ? try StoreJSON(source) : nil
        if options.json {
            try printJSON(
                StatsJSON(
                    source: GraphSourceJSON(source), nodes: figures.nodes, edges: figures.edges,
                    nodeCount: figures.nodeCount, edgeCount: figures.edgeCount,
                    weight: figures.weight, degrees: figures.degrees, store: store))
            return
        }
        print(source.heading)
        show(figures)
        if let store { show(store) }
    }

    private func show(_ figures: GraphFigures) {
        print(
            "\(grouped(figures.nodeCount)) nodes, \(grouped(figures.edgeCount)) edges of total "
                + "weight \(figure(figures.weight))")
        if let degrees = figures.degrees {
            print(
                "edges at a node: \(grouped(degrees.min)) to \(grouped(degrees.max)), "
                    + "median \(figure(degrees.median))")
        }
        if !figures.nodes.isEmpty {
            var table = Table("label", "#nodes")
            for entry in figures.nodes { table.add(printable(entry.label), grouped(entry.count)) }
            printLines([""] + table.lines())
        }
        if !figures.edges.isEmpty {
            var table = Table("type", "#edges", "#weight", "#times")
            for entry in figures.edges {
                table.add(
                    printable(entry.type), grouped(entry.count), figure(entry.weight),
                    grouped(Int(clamping: entry.occurrences)))
            }
            printLines([""] + table.lines())
        }
    }

    private func show(_ store: StoreJSON) {
        print("")
        if let twins = store.twins, let events = store.events, let pending = store.pendingEvents {
            let waiting =
                pending == 0
                ? "all merged" : "at most \(grouped(pending)) pending"
            print(
                "The store: \(grouped(twins)) twins of \(grouped(events)) events, \(waiting)")
        } else if let graphs = store.graphs {
            print("The store: \(grouped(graphs)) \(graphs == 1 ? "graph" : "graphs")")
        }
        let each = store.bytesPerEvent.map { ", \(figure($0)) for each event" } ?? ""
        print(
            "\(grouped(store.fileBytes)) bytes, of which \(grouped(store.usedBytes)) in use\(each)")
        var table = Table("table", "#records", "#bytes")
        for entry in store.tables {
            table.add(entry.name, grouped(entry.records), grouped(entry.bytes))
        }
        printLines([""] + table.lines())
    }
}

/// How much of what there is in a graph.
private struct GraphFigures {
    struct Nodes: Encodable {
        var label: String
        var count: Int
    }
    struct Edges: Encodable {
        var type: String
        var count: Int
        var weight: Double
        /// The sum of the edges' counts.
        var occurrences: UInt64
    }
    struct Degrees: Encodable {
        var min: Int
        var median: Double
        var max: Int
    }

    var nodes: [Nodes]
    var edges: [Edges]
    /// Of all nodes; an edge from a node to itself counts once.
    var degrees: Degrees?
    var nodeCount: Int
    var edgeCount: Int
    var weight: Double

    init(_ summary: GraphSummary) {
        nodes = summary.nodes.map { Nodes(label: $0.label?.rawValue ?? "?", count: $0.count) }
        edges = summary.edges.map {
            Edges(type: $0.type.rawValue, count: $0.count, weight: $0.weight, occurrences: $0.times)
        }
        degrees = summary.degrees.map { Degrees(min: $0.min, median: $0.median, max: $0.max) }
        nodeCount = summary.nodeCount
        edgeCount = summary.edgeCount
        weight = summary.weight
    }
}

private struct FiguresQuestion: GraphQuestion {
    let decay: Decay

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> GraphFigures {
        GraphFigures(try graph.summary(decay: decay))
    }
}

/// What is to be said of a store as a whole.
private struct StoreJSON: Encodable {
    var fileBytes: Int
    var usedBytes: Int
    var tables: [StoreFigures.Table]
    /// Of a store of twins.
    var twins: Int?
    var events: Int?
    var pendingEvents: Int?
    var bytesPerEvent: Double?
    /// Of a plain store.
    var graphs: Int?

    init(_ source: GraphSource) throws {
        let figures: StoreFigures
        if let store = source.twins {
            figures = try StoreFigures(of: store)
            twins = try store.twinCount()
            pendingEvents = try store.pendingCount()
            let count = try store.eventCount()
            events = count
            if count > 0 { bytesPerEvent = Double(figures.usedBytes) / Double(count) }
        } else {
            figures = try StoreFigures(of: source.store)
            graphs = try source.store.read { transaction in
                var count = 0
                try source.store.forEachGraph(in: transaction) { _ in
                    count += 1
                    return true
                }
                return count
            }
        }
        fileBytes = figures.fileBytes
        usedBytes = figures.usedBytes
        tables = figures.tables
    }
}

private struct StatsJSON: Encodable {
    var source: GraphSourceJSON
    var nodes: [GraphFigures.Nodes]
    var edges: [GraphFigures.Edges]
    var nodeCount: Int
    var edgeCount: Int
    var weight: Double
    var degrees: GraphFigures.Degrees?
    var store: StoreJSON?
}
