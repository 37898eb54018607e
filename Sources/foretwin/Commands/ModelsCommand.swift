import ArgumentParser
import Foundation
import Prediction

/// `foretwin models`.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the versions of the model.",
        subcommands: [List.self], defaultSubcommand: List.self)

    /// `foretwin models list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the versions and how well they predict.")

        @OptionGroup var modelOptions: ModelOptions

        func run() throws {
            let registry = modelOptions.registry
            guard !registry.versions.isEmpty else {
                print("There is no model in \(modelOptions.models). Run 'foretwin train' first.")
                return
            }
            var table = Table("version", "", "#events", "#items", "#bits of the mixture")
            for version in registry.versions {
                let metrics = try? ModelFiles.metrics(in: registry.folder.appending(path: version))
                let bits = metrics?.heldOutBits["mixture"]
                table.add(
                    version, version == registry.current ? "in use" : "",
                    metrics.map { grouped($0.eventCount) } ?? "?",
                    metrics.map { grouped($0.itemCount) } ?? "?",
                    bits.map { String(format: "%.3f", $0) } ?? "?")
            }
            printLines(table.lines())
        }
    }
}
