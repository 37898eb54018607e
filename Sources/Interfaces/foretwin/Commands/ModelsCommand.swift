import ArgumentParser
import Foundation
import Learning
import Operations
import Prediction
import PropertyGraph
import TextFiles

/// `foretwin models`.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the versions of the model, and choose the one in use.",
        subcommands: [
            List.self, Promote.self, RollBack.self, Prune.self, Vectors.self, Seasons.self,
        ],
        defaultSubcommand: List.self)

    /// `foretwin models list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the versions and how well they predict.",
            discussion: """
                Log-likelihood is the mean log2 probability of the next event of held-out \
                customers, in bits: nearer to 0 is better. Each version has its own held-out \
                customers.
                """)

        @OptionGroup var folder: ModelFolder

        @Flag(help: "Print the versions as JSON.")
        var json = false

        private struct Version: Encodable {
            var version: String
            var isInUse: Bool
            var metrics: MetricsJSON?
        }

        func run() throws {
            let registry = folder.registry
            let current = registry.current
            let versions = registry.versions.map { version in
                Version(
                    version: version, isInUse: version == current,
                    metrics: (try? ModelFiles.metrics(
                        in: registry.folder.appending(path: version))).map(MetricsJSON.init))
            }
            guard !json else { return try printJSON(versions) }
            guard !versions.isEmpty else {
                print("There is no model in \(folder.models). Run 'foretwin train' first.")
                return
            }
            var table = Table("version", "", "#events", "#items", "#log-likelihood, bits")
            for entry in versions {
                let metrics = entry.metrics
                table.add(
                    entry.version, entry.isInUse ? "in use" : "",
                    metrics.map { grouped($0.eventCount) } ?? "?",
                    metrics.map { grouped($0.itemCount) } ?? "?",
                    metrics?.heldOutLogLikelihoodBits["mixture"].map { TrainCommand.bitsText($0) }
                        ?? "?")
            }
            printLines(table.lines())
        }
    }

    /// `foretwin models promote`.
    struct Promote: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "promote", abstract: "Put a version into use.",
            discussion: "A running server loads it within seconds.")

        @Argument(help: "The version, such as v0002.")
        var version: String

        @OptionGroup var folder: ModelFolder
        @OptionGroup var storeOptions: StoreOptions

        func run() throws {
            try folder.registry.promote(version)
            try ModelsCommand.report(version, folder, storeOptions)
        }
    }

    /// `foretwin models rollback`.
    struct RollBack: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback",
            abstract: "Put the previous version into use again.",
            discussion: """
                May be repeated, as far back as versions are kept. A running server loads it \
                within seconds.
                """)

        @OptionGroup var folder: ModelFolder
        @OptionGroup var storeOptions: StoreOptions

        func run() throws {
            let version = try folder.registry.rollBack()
            try ModelsCommand.report(version, folder, storeOptions)
        }
    }

    /// `foretwin models prune`.
    struct Prune: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prune", abstract: "Remove old versions.",
            discussion: "The version in use and the target of a rollback are never removed."
        )

        @Option(help: "The number of newest versions to keep.")
        var keep = 10

        @OptionGroup var folder: ModelFolder

        func validate() throws {
            guard keep >= 1 else { throw ValidationError("--keep must be 1 or more.") }
        }

        func run() throws {
            let removed = try folder.registry.prune(keeping: keep)
            print(
                removed.isEmpty
                    ? "There is nothing to remove." : "Removed \(removed.joined(separator: ", ")).")
        }
    }

    /// `foretwin models vectors`.
    struct Vectors: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "vectors", abstract: "Write the item vectors for other tools.",
            discussion: """
                word2vec is text that gensim's KeyedVectors.load_word2vec_format reads: white \
                space and '%' in item ids are percent-encoded. npy is an array for numpy.load, a \
                row for each item in the order of the model's catalogue.json.
                """)

        /// A format of vectors.
        enum Format: String, CaseIterable, ExpressibleByArgument {
            case word2vec, npy
        }

        @Option(help: "The format.")
        var format = Format.word2vec

        @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
        var output: String

        @OptionGroup var modelOptions: ModelOptions

        func run() throws {
            let version = modelOptions.modelVersion
            let stored = try modelOptions.registry.read(version: version)
            let (model, name) = (stored.model, stored.version)
            let vectors = model.embeddings
            let data =
                switch format {
                case .word2vec: vectors.word2vecText(names: model.catalogue.itemIDs)
                case .npy: vectors.npy()
                }
            try AtomicFile.write(data, to: output)
            print(
                "Wrote \(grouped(vectors.count)) vectors of \(vectors.dimensions) numbers from "
                    + "\(name) to \(output).")
        }
    }

    /// Puts what the version learned of items into the shared graph if it can, and says so.
    private static func report(
        _ version: String, _ folder: ModelFolder, _ storeOptions: StoreOptions
    ) throws {
        print("Model \(version) in \(folder.models) is now in use.")
        guard GraphStore.exists(at: storeOptions.store) else { return }
        do {
            let store = try storeOptions.open(.write)
            try TrainingWorkflow.publish(
                folder.registry.read(version: version).model, to: store)
            print("Its item vectors are in the shared graph of \(storeOptions.store).")
        } catch  where GraphStore.failure(error) == .inUse {
            print(
                "The shared graph keeps the old item vectors, because a server has the store open.")
        }
    }
}
