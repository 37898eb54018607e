import ArgumentParser
import Foundation
import Kernels
import PropertyGraph

/// The command line.
@main
struct Foretwin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foretwin",
        abstract: "Digital twins of customers that predict what they will do next.",
        discussion: """
            Events go in, each customer's twin grows from them in a property graph, a model learns \
            how twins evolve, and from any twin many futures are simulated.

            A first look, with a made-up shop:
              foretwin demo

            With your own data:
              foretwin ingest events.csv --items items.csv
              foretwin train
              foretwin recommend CUSTOMER

            The store is in ./graph-data and the models in ./models unless you say otherwise.

            Exit codes: 0 done; 1 something went wrong; 64 wrong usage; 65 the store is damaged; \
            66 there is no such store or file; 74 the disk failed; 75 another process has the \
            store open, trains into the same folder, or writes the same file.
            """,
        version: version,
        subcommands: [
            DemoCommand.self, GenerateShopCommand.self, IngestCommand.self, TrainCommand.self,
            RecommendCommand.self, SimulateCommand.self, WhatIfCommand.self, ReportCommand.self,
            EvaluateCommand.self, BacktestCommand.self, TwinCommand.self, ContextCommand.self,
            GraphCommand.self, ModelsCommand.self, ServeCommand.self,
            BackupCommand.self, RestoreCommand.self, VerifyCommand.self, CompactCommand.self,
            MigrateCommand.self,
        ])

    /// Runs the command that the arguments name.
    static func main() async {
        // What it writes is about customers: for its owner alone, whatever the shell allows.
        umask(0o077)
        keepKeyOutOfCoreFiles()
        CommandFailure.exitOnCorruption()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            CommandFailure.exit(because: error)
        }
    }

    /// The system writes no core file when the process fails: the key would be in it.
    private static func keepKeyOutOfCoreFiles() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        #if os(Linux)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        #else
            setrlimit(RLIMIT_CORE, &limit)
        #endif
    }

    /// The version, the processor it was built for, and the database library in use.
    private static var version: String {
        var text =
            "foretwin 0.1.0, built for \(BuildTarget.cpu), LMDB \(GraphStore.databaseVersion)"
        if let more = BuildTarget.machineCanDoMore() { text += "\n\(more)" }
        return text
    }
}
