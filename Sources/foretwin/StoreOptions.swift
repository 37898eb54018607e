import ArgumentParser
import Foundation
import Prediction
import PropertyGraph
import Twins

/// Where the twins are.
struct StoreOptions: ParsableArguments {
    @Option(help: "The folder of the store.")
    var store = "graph-data/store"

    @Option(
        help: ArgumentHelp(
            "The pseudonym key of the store; beside the store's folder unless given. The "
                + "environment variable FORETWIN_KEY goes before it.", valueName: "file"))
    var key: String?

    /// Opens the store.
    func open(
        _ access: GraphStore.Access = .read, settings: TwinSettings? = nil
    ) throws -> TwinStore {
        let exists = FileManager.default.fileExists(atPath: store + "/data.mdb")
        guard exists || access == .create else {
            throw ValidationError(
                "There is no store at \(store). Run 'foretwin ingest' first, or give --store.")
        }
        guard try !exists || !StoreKind.isPlain(store) else {
            throw ValidationError(
                "\(store) is a plain store, made by 'foretwin graph import': it has no twins. Give "
                    + "the --store of your shop.")
        }
        let pseudonymizer = try Pseudonymizer(
            keyFile: key ?? TwinStore.keyFile(forStore: store),
            environment: ProcessInfo.processInfo.environment, create: !exists)
        return try TwinStore(
            path: store, pseudonymizer: pseudonymizer, settings: settings, access: access)
    }
}

/// Where the models are.
struct ModelOptions: ParsableArguments {
    @Option(help: "The folder of the model's versions.")
    var models = "models/default"

    @Option(
        name: .customLong("model-version"),
        help: "The version to use; the current one unless given.")
    var modelVersion: String?

    var registry: ModelRegistry { ModelRegistry(folder: models) }
}

/// How training is done.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Decides every random choice; the same seed gives the same model.")
    var seed: UInt64 = 7

    @Option(help: "Numbers in an item's vector and in the LSTM's state; a multiple of 8.")
    var width = 64

    @Option(help: "Passes of the LSTM over the events at most; it stops early when it is done.")
    var epochs = 8

    @Option(help: "Threads; the result does not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(
        name: .customLong("minimum-item-count"),
        help: "Items with fewer events than this are not learned.")
    var minimumItemCount = 2

    @Option(
        help: ArgumentHelp(
            "Settings as JSON, as in a model's config.json under \"training\"; goes before the "
                + "other options.", valueName: "file"))
    var config: String?

    /// The settings that the options make.
    func configuration() throws -> TrainingConfiguration {
        guard let config else {
            var configuration = TrainingConfiguration(
                seed: seed, width: width, epochs: epochs, threads: threads)
            configuration.minimumItemCount = minimumItemCount
            return configuration
        }
        guard let data = FileManager.default.contents(atPath: config) else {
            throw ValidationError("The settings \(config) cannot be read. Check the path.")
        }
        do {
            return try JSONDecoder().decode(TrainingConfiguration.self, from: data)
        } catch {
            throw ValidationError("The settings \(config) are not right: \(describe(error))")
        }
    }

    private func describe(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "'\(key.stringValue)' is missing."
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.dataCorrupted(let context):
            context.debugDescription
        default: "\(error)"
        }
    }
}
