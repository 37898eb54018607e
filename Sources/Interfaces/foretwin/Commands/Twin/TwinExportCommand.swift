import ArgumentParser
import Foundation
import GraphInterchange
import PropertyGraph
import Shop
import ShopFormats
import TextFiles
import TwinStorage

/// `foretwin twin export`.
struct TwinExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write everything that is stored of a customer into a folder.",
        discussion: """
            events.jsonl has every event, as an event file: 'foretwin ingest' of it into an empty \
            store makes the same twin. twin.json is what 'foretwin twin show --json' prints, and \
            graph.graphml the twin's graph. Folder and files are for their owner alone; the events \
            bear the customer's id as you give it here.
            """)

    @Argument(help: "The customer's id as the shop knows it.")
    var customer: String

    @Option(help: ArgumentHelp("A folder that is new or empty.", valueName: "folder"))
    var to: String

    @OptionGroup var storeOptions: StoreOptions

    func run() throws {
        let store = try storeOptions.open()
        guard let graphID = try store.twinGraph(userID: customer),
            let (node, memory) = try store.graph(ofTwin: customer)
        else {
            let isErased = try store.isErased(customer)
            throw CommandFailure(
                isErased
                    ? "The twin of '\(customer)' was erased: nothing is left of it."
                    : "Nothing is known of '\(customer)'.")
        }
        try makeFolder()
        let events = try events(of: graphID, in: store)
        try write(events.map { $0.jsonLine + "\n" }.joined(), to: "events.jsonl")
        let twin = TwinJSON(
            try store.twin(customer), try store.contextConsent(of: customer))
        try write(try jsonText([twin]) + "\n", to: "twin.json")
        let source = GraphSource(
            store: store.graph, twins: store, title: "the twin of \(customer)",
            customer: customer, customerNode: node, memory: memory)
        let summary = try GraphExportCommand.export(
            source, nil, to: "\(to)/graph.graphml", .graphML)
        print(
            "\(to): \(grouped(events.count)) events, \(grouped(summary.nodes)) nodes with "
                + "properties and \(grouped(summary.edges)) edges")
        print("It holds what is stored of \(customer): keep it safe, or remove it.")
    }

    private func events(of graphID: GraphID, in store: TwinStore) throws -> [Event] {
        let graph = store.graph
        let logged = try store.events(of: graphID)
        return try graph.read { transaction in
            try logged.map { event in
                let item = try event.item.flatMap { index in
                    try graph.externalID(
                        of: graph.nodeID(Label(rawValue: "Item"), index: index), in: transaction)
                }
                return Event(event, userID: customer, itemID: item)
            }
        }
    }

    private func makeFolder() throws {
        let manager = FileManager.default
        if manager.fileExists(atPath: to) {
            guard (try? manager.contentsOfDirectory(atPath: to))?.isEmpty == true else {
                throw CommandFailure("\(to) is there already, and not empty. Name a new folder.")
            }
        }
        try Folders.make(to)
        // A folder that was there may be open to others.
        guard chmod(to, 0o700) == 0 else {
            throw CommandFailure("The folder \(to) cannot be closed to others. Name a new one.")
        }
    }

    private func write(_ text: String, to name: String) throws {
        try AtomicFile.write(text.utf8, to: "\(to)/\(name)")
    }
}
