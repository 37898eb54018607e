import ArgumentParser
import StoreAdmin

/// `foretwin compact`.
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Make the store's file as small as it can be.",
        discussion: """
            A store's file never shrinks by itself, and what was deleted stays in it until its \
            place is used again. Afterwards it is gone. Stop the server before; there must be space \
            for a second file beside the first one. Whenever it is cut off, the store is whole.
            """)

    @Option(help: "The folder of the store.")
    var store = "graph-data/store"

    func run() throws {
        let size = try StoreCompaction.compact(store) { try Verifier.check($0) }
        print("\(store): \(grouped(size.before)) bytes before, \(grouped(size.after)) after")
    }
}
