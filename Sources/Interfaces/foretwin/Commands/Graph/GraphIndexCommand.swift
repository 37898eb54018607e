import ArgumentParser
import PropertyGraph

/// `foretwin graph index`.
struct GraphIndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "List the store's indexes, or make one.",
        discussion: """
            With an index of a property, 'foretwin graph find' goes straight to the nodes. It is \
            made from all nodes of the label that there are and stays right from then on; each \
            change of such a node writes a little more. In a store of twins only items can have one.
            """)

    @Option(help: "The nodes' label, such as Item; to be given with --property.")
    var label: String?

    @Option(help: "The property's name, such as category.")
    var property: String?

    @Option(help: "The folder of the store.")
    var store = "graph-data/store"

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (label == nil) == (property == nil) else {
            throw ValidationError("--label and --property go together.")
        }
    }

    func run() throws {
        guard GraphStore.exists(at: store) else {
            throw ValidationError(
                "There is no store at \(store). Run 'foretwin ingest' first, or give --store.")
        }
        if let label, let property { try make(label, property) }
        let indexes = try open(.read).indexes
        if json {
            try printJSON(
                IndexesJSON(
                    indexes: indexes.map { .init(label: $0.label.rawValue, property: $0.property) }
                ))
            return
        }
        guard !indexes.isEmpty else {
            print("\(store) has no indexes. Make one with --label and --property.")
            return
        }
        var table = Table("label", "property")
        for index in indexes {
            table.add(printable(index.label.rawValue), printable(index.property))
        }
        printLines(table.lines())
    }

    private func make(_ name: String, _ property: String) throws {
        let label = try open(.read).label(named: name)
        // Twins are written by another way, which keeps no indexes.
        guard try label == Label(rawValue: "Item") || StoreKind(of: store) == .plain else {
            throw ValidationError("In a store of twins only items can have an index.")
        }
        _ = try open(.write, [PropertyIndex(label, property)])
    }

    private func open(
        _ access: GraphStore.Access, _ indexes: [PropertyIndex] = []
    ) throws -> GraphStore {
        try GraphStore(
            path: store, labels: [], edgeTypes: [], indexes: indexes, access: access)
    }
}

private struct IndexesJSON: Encodable {
    struct Index: Encodable {
        var label: String
        var property: String
    }

    var indexes: [Index]
}
