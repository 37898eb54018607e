import ArgumentParser
import StoreAdmin

/// `foretwin restore`.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Replace the store with a backup.",
        discussion: """
            The backup is copied beside the store and verified, then both are exchanged in one \
            atomic step. If it is interrupted, the store is either the old one or the restored \
            one; run it again to finish. Stop the server before.

            The pseudonym key is not in a backup: put the file (the store's name with .key) back \
            beside the store yourself.
            """)

    @Argument(help: "The file of a backup.")
    var backup: String

    @Option(help: "The folder of the store.")
    var store = "graph-data/store"

    @Flag(help: "Replace the store that is there, and keep it as STORE.before-restore.")
    var replace = false

    func run() throws {
        let kept = try StoreRestore.restore(backup, to: store, isReplacing: replace) {
            try Verifier.check($0)
        }
        print("\(store) is restored from \(backup).")
        if let kept { print("The old store is now \(kept); remove it when all is well.") }
    }
}
