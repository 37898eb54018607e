import ArgumentParser
import PropertyGraph
import StoreAdmin

/// `foretwin migrate`.
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring a store of an older version of foretwin up to date.",
        discussion: """
            A new store is made beside the old one and verified, then both are exchanged in one \
            atomic step. The old one stays as STORE.format-1. If it is interrupted, the store is \
            either the old one or the new one; run it again to finish. Stop the server before. \
            There must be space for a second store.
            """)

    @Option(help: "The folder of the store.")
    var store = "graph-data/store"

    func run() throws {
        let bar = ProgressBar()
        let kept = try StoreMigration.migrate(
            store,
            progress: { stage, done, total in
                let rate = Double(done) / max(0.001, bar.seconds)
                bar.show(
                    stage, fraction: Double(done) / Double(max(1, total)),
                    detail: "\(grouped(done)) of \(grouped(total)), \(grouped(Int(rate)))/s")
            },
            verify: { folder in
                bar.finish("done")
                try Verifier.check(folder)
            })
        guard let kept else {
            print("\(store) has format \(GraphStore.formatVersion) already: nothing to do.")
            return
        }
        print("\(store) has format \(GraphStore.formatVersion) now.")
        print("The old store is \(kept); remove it when all is well.")
    }
}
