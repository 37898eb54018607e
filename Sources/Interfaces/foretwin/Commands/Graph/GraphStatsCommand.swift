import ArgumentParser
import PropertyGraph
import TwinStorage

/// `foretwin graph stats`.
struct GraphStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count nodes and edges, and say what takes the space.",
        discussion: """
            Without --twin it also tells of the store: its size, the bytes of each table and of an \
            event, and how many events wait to be settled.
            """)

    @OptionGroup var options: GraphOptions

    func run() throws {
        let scene = try options.open()
        let figures = try scene.ask(FiguresQuestion(decay: scene.decay))
        let store = scene.customer == nil ? try StoreJSON(scene) : nil
        if options.json {
            try printJSON(
                StatsJSON(
                    scene: SceneJSON(scene), nodes: figures.nodes, edges: figures.edges,
                    nodeCount: figures.nodeCount, edgeCount: figures.edgeCount,
                    weight: figures.weight, degrees: figures.degrees, store: store))
            return
        }
        print(scene.heading)
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
                    grouped(Int(clamping: entry.times)))
            }
            printLines([""] + table.lines())
        }
    }

    private func show(_ store: StoreJSON) {
        print("")
        if let twins = store.twins, let events = store.events, let unsettled = store.unsettled {
            let waiting =
                unsettled == 0
                ? "all settled" : "at most \(grouped(unsettled)) wait to be settled"
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
        var times: UInt64
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
            Edges(type: $0.type.rawValue, count: $0.count, weight: $0.weight, times: $0.times)
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
    var unsettled: Int?
    var bytesPerEvent: Double?
    /// Of a plain store.
    var graphs: Int?

    init(_ scene: GraphSource) throws {
        let figures: StoreFigures
        if let store = scene.twins {
            figures = try StoreFigures(of: store)
            twins = try store.twinCount()
            unsettled = try store.pendingCount()
            let count = try store.eventCount()
            events = count
            if count > 0 { bytesPerEvent = Double(figures.usedBytes) / Double(count) }
        } else {
            figures = try StoreFigures(of: scene.store)
            graphs = try scene.store.read { transaction in
                var count = 0
                try scene.store.forEachGraph(in: transaction) { _ in
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
    var scene: SceneJSON
    var nodes: [GraphFigures.Nodes]
    var edges: [GraphFigures.Edges]
    var nodeCount: Int
    var edgeCount: Int
    var weight: Double
    var degrees: GraphFigures.Degrees?
    var store: StoreJSON?
}
