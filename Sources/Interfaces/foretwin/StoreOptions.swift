import ArgumentParser
import Foundation
import Prediction
import PropertyGraph
import TwinStorage

/// The store with the twins.
struct StoreOptions: ParsableArguments {
    @Option(help: "The folder of the store.")
    var store = "graph-data/store"

    @Option(
        help: ArgumentHelp(
            "The pseudonym key of the store. (default: beside the store's folder) The environment "
                + "variable FORETWIN_KEY overrides it.", valueName: "file"))
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
                "\(store) is a plain store of 'foretwin graph import' and has no twins. Give the "
                    + "--store of your shop.")
        }
        let pseudonymizer = try Pseudonymizer(
            keyFile: key ?? TwinStore.keyFile(forStore: store),
            environment: ProcessInfo.processInfo.environment, create: !exists)
        return try TwinStore(
            path: store, pseudonymizer: pseudonymizer, settings: settings, access: access)
    }
}

/// The folder with the versions of a model.
struct ModelFolder: ParsableArguments {
    @Option(help: "The folder with the versions of the model.")
    var models = "models/default"

    var registry: ModelRegistry { ModelRegistry(folder: models) }
}

/// The model to use.
struct ModelOptions: ParsableArguments {
    @OptionGroup var folder: ModelFolder

    @Option(
        name: .customLong("model-version"),
        help: "The version to use. (default: the version in use)")
    var modelVersion: String?

    var models: String { folder.models }

    var registry: ModelRegistry { folder.registry }
}
