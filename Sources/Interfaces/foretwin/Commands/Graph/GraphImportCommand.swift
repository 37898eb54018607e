import ArgumentParser
import Foundation
import GraphInterchange
import PropertyGraph
import TextFiles

/// `foretwin graph import`.
struct GraphImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a plain store of graphs from a file.",
        discussion: """
            The file is read once from end to end and checked before the store is made. The store \
            holds graphs and no twins, which are made from events alone ('foretwin ingest'); all \
            'foretwin graph' commands look at it with --store FOLDER.
            """)

    @Argument(help: "A file as 'foretwin graph export' writes it, or of another program.")
    var file: String

    @Option(help: ArgumentHelp("The folder of the new store.", valueName: "folder"))
    var into: String

    @Option(help: "How it is written; by the file's extension unless given.")
    var format: Interchange.Format?

    @Flag(help: "Print the counts as JSON.")
    var json = false

    func run() throws {
        let format = try interchangeFormat(format, of: file)
        try checkFolder()
        let progress = ProgressBar(quiet: json)
        let source = try Interchange.File(path: file, format: format) {
            progress.show("check", fraction: nil, detail: "\(grouped($0)) records")
        }
        progress.finish("\(grouped(source.summary.records)) records")
        try load(source, progress)
        if json {
            try printJSON(InterchangeJSON(file: file, format: format, store: into, source.summary))
            return
        }
        let summary = source.summary
        print(
            "\(into): \(grouped(summary.graphs)) \(summary.graphs == 1 ? "graph" : "graphs"), "
                + "\(grouped(summary.nodes)) nodes with properties and "
                + "\(grouped(summary.edges)) edges")
        print("It is a plain store, without twins. Next: foretwin graph stats --store \(into)")
    }

    /// The folder in which the store is made before it gets its name.
    ///
    /// Nobody else gives a folder this name, so one that is there was left by a run that was cut
    /// off.
    private var staging: String {
        let name = URL(fileURLWithPath: target).lastPathComponent
        return "\(Folders.parent(of: target))/.foretwin-import-\(name)"
    }

    /// The path of the new store, without a slash at its end.
    private var target: String { URL(fileURLWithPath: into).standardizedFileURL.path }

    private func checkFolder() throws {
        if GraphStore.exists(at: into) {
            let isOfTwins = try StoreKind(of: into) == .twins
            throw CommandFailure(
                isOfTwins
                    ? "\(into) is a store of twins, and those are made from events: see 'foretwin "
                        + "ingest'. Name a new folder."
                    : "\(into) is a store already. Name a new folder.")
        }
        guard FileManager.default.fileExists(atPath: into) else { return }
        let names = try? FileManager.default.contentsOfDirectory(atPath: into)
        guard names?.isEmpty == true else {
            throw CommandFailure("\(into) is there already. Remove it, or name a new folder.")
        }
    }

    /// Makes the store; whenever it is cut off, there is none under its name.
    private func load(_ source: Interchange.File, _ progress: ProgressBar) throws {
        let staging = staging
        let manager = FileManager.default
        try? manager.removeItem(atPath: staging)
        do {
            try Folders.make(Folders.parent(of: target))
            try fill(staging, from: source, progress)
            // Whatever was put there meanwhile stays: only an empty folder is replaced.
            try Folders.move(staging, to: target)
        } catch {
            try? manager.removeItem(atPath: staging)
            throw error
        }
    }

    private func fill(
        _ folder: String, from source: Interchange.File, _ progress: ProgressBar
    ) throws {
        let store = try GraphStore(
            path: folder, labels: source.labels, edgeTypes: source.edgeTypes)
        try store.write { try store.set(StoreKind.plainMark, to: .bool(true), in: $0) }
        let total = max(1, source.summary.records)
        try Interchange.load(source, into: store) { count in
            progress.show(
                "import", fraction: Double(count) / Double(total),
                detail: "\(grouped(count)) records")
        }
        progress.finish("\(grouped(source.summary.records)) records")
    }
}
