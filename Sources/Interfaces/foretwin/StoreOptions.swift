import ArgumentParser
import Foundation
import Prediction
import PropertyGraph
import TwinStorage

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

/// Where the versions of a model are.
struct ModelFolder: ParsableArguments {
    @Option(help: "The folder of the model's versions.")
    var models = "models/default"

    var registry: ModelRegistry { ModelRegistry(folder: models) }
}

/// Which model is used.
struct ModelOptions: ParsableArguments {
    @OptionGroup var folder: ModelFolder

    @Option(
        name: .customLong("model-version"),
        help: "The version to use; the current one unless given.")
    var modelVersion: String?

    var models: String { folder.models }

    var registry: ModelRegistry { folder.registry }
}
