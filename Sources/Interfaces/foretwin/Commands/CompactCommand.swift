import ArgumentParser
import StoreAdmin

/// `foretwin compact`.
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Make the store's file as small as it can be.",
        discussion: """
            The file of a store never shrinks by itself, and deleted data stays in it until its \
            pages are used again. Compacting removes it. Stop the server before. There must be \
            space for a second file. If it is interrupted, the store is unchanged.
            """)

    @Option(help: "The folder of the store.")
    var store = "graph-data/store"

    func run() throws {
        let size = try StoreCompaction.compact(store) { try Verifier.check($0) }
        print("\(store): \(grouped(size.before)) bytes before, \(grouped(size.after)) after")
    }
}
