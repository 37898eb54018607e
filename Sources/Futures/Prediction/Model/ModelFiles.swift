package import Foundation
import Kernels
import Learning
import Shop

/// Writes a model to a folder and reads it back.
///
/// | file | content |
/// |---|---|
/// | `model.safetensors` | all tensors |
/// | `config.json` | settings and mixture weights |
/// | `catalogue.json` | item ids |
/// | `response.json` | demand response model |
/// | `metrics.json` | training metrics |
/// | `card.md` | readable summary |
/// | `manifest.json` | lengths and SHA-256 digests of all other files |
///
/// Equal models give equal bytes.
package enum ModelFiles {
    /// The newest version of the layout; a reader refuses versions that are newer.
    ///
    /// A model has the oldest version that can hold it, so that older programs can use it too:
    /// ``originalFormat`` with the original event types, this one with others.
    package static let formatVersion = 8
    /// The oldest version that is read; it has the original event types and may not list them.
    static let originalFormat = 7

    /// The version of the layout that a model needs.
    static func formatVersion(for eventTypes: EventVocabulary) -> Int {
        eventTypes == .original ? originalFormat : formatVersion
    }

    /// The part of `config.json` that all versions of the layout have.
    private struct Format: Codable {
        var formatVersion: Int
    }

    private struct Config: Codable {
        var formatVersion: Int
        var training: TrainingConfiguration
        var sequence: SequenceModel.Configuration
        var mixture: MixtureWeights
        /// The names of the event types that the model knows; the original ones if `nil`.
        var eventTypes: [String]?

        /// The event types that the model knows.
        ///
        /// - Throws: `LearningError` when this program does not know all of them.
        func vocabulary() throws(LearningError) -> EventVocabulary {
            guard let eventTypes else { return .original }
            guard let vocabulary = EventVocabulary(names: eventTypes) else {
                throw LearningError(
                    .invalidData,
                    "it has event types that this program does not know, or one twice "
                        + "(\(eventTypes.joined(separator: ", "))). Use a newer foretwin, or train "
                        + "again.")
            }
            return vocabulary
        }
    }

    /// The readable part of a mixture; its gates are tensors.
    struct MixtureWeights: Codable {
        var names: [ExpertID]
        var weights: [[Double]]
    }

    /// The file of all tensors.
    static let tensorsName = "model.safetensors"
    /// The files of every model, without the manifest.
    private static let ownNames = [
        tensorsName, "config.json", "catalogue.json", "response.json", "metrics.json", "card.md",
    ]

    /// Writes a model's files into an existing folder, the manifest last.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - metrics: The metrics of its training.
    ///   - files: Other files of the version, by file name.
    ///   - folder: The folder.
    /// - Throws: What the file system throws, or ``PredictionError`` for an invalid file name.
    static func write(
        _ model: PredictionModel, metrics: TrainingMetrics, files: [String: Data] = [:],
        to folder: URL
    ) throws {
        let names = files.keys.sorted()
        guard names.allSatisfy({ ModelManifest.isPlain($0) && !ownNames.contains($0) }) else {
            throw PredictionError(
                .file,
                "\(names) cannot all be files of a model. Use plain file names that the model "
                    + "does not use itself.")
        }
        try write(tensorsOf: model, to: folder.appending(path: tensorsName))
        // The number of threads does not change a model, so it must not change its files.
        var training = model.configuration
        training.embeddings.threads = 1
        training.sequence.threads = 1
        let format = formatVersion(for: model.eventTypes)
        let config = Config(
            formatVersion: format, training: training,
            sequence: model.sequence.model.configuration,
            mixture: MixtureWeights(names: model.mixture.names, weights: model.mixture.weights),
            eventTypes: model.eventTypes.names)
        try json(config).write(to: folder.appending(path: "config.json"))
        try json(metrics).write(to: folder.appending(path: "metrics.json"))
        try json(model.catalogue.itemIDs).write(to: folder.appending(path: "catalogue.json"))
        try json(model.response).write(to: folder.appending(path: "response.json"))
        try Data(ModelCard.text(model, metrics).utf8).write(to: folder.appending(path: "card.md"))
        for name in names { try files[name]?.write(to: folder.appending(path: name)) }
        try ModelManifest(formatVersion: format, of: ownNames + names, in: folder)
            .write(to: folder)
    }

    /// Writes the tensors of a model atomically.
    static func write(tensorsOf model: PredictionModel, to file: URL) throws {
        try SafeTensors.write(
            tensors(of: model),
            metadata: [
                "format": "foretwin", "version": "\(formatVersion(for: model.eventTypes))",
            ], to: file.path)
    }

    /// Reads a version of a model from its folder, and checks all its files.
    ///
    /// - Throws: ``PredictionError`` if a file is missing, damaged, not as published, or of another
    ///   format.
    package static func read(from folder: URL) throws -> StoredModel {
        let configFile = folder.appending(path: "config.json")
        let bytes = try ModelManifest.contents(of: configFile)
        try check(try ModelManifest.decode(bytes, of: configFile), of: folder)
        let manifest = try ModelManifest(in: folder)
        try manifest.check(ModelManifest.Digest(bytes), of: configFile)
        func decode<Value: Decodable>(_ name: String) throws -> Value {
            try ModelManifest.decode(
                try manifest.contents(of: name, in: folder), of: folder.appending(path: name))
        }
        let config: Config = try ModelManifest.decode(bytes, of: configFile)
        let itemIDs: [String] = try decode("catalogue.json")
        let path = folder.appending(path: tensorsName)
        do {
            try check(config, itemCount: itemIDs.count)
            let tensors = try tensors(path, config, itemCount: itemIDs.count, manifest)
            var model = try model(tensors, config: config, itemIDs: itemIDs)
            model.churn = try tensors.churn()
            model.response = try decode("response.json")
            guard model.response.fits(model.catalogue) else {
                throw LearningError(.invalidData, "response.json does not fit the catalogue")
            }
            var files: [String: Data] = [:]
            for name in manifest.files.keys where !ownNames.contains(name) {
                files[name] = try manifest.contents(of: name, in: folder)
            }
            return StoredModel(
                version: folder.lastPathComponent, model: model,
                metrics: try decode("metrics.json"), files: files)
        } catch let error as LearningError {
            throw PredictionError(.model, "\(path.path) cannot be used: \(error.message)")
        }
    }

    /// Reads the training metrics of a model without its other files.
    ///
    /// - Throws: ``PredictionError`` if the file is missing or damaged.
    package static func metrics(in folder: URL) throws -> TrainingMetrics {
        let file = folder.appending(path: "metrics.json")
        return try ModelManifest.decode(try ModelManifest.contents(of: file), of: file)
    }

    static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data("\n".utf8)
    }

    private static func check(_ format: Format, of folder: URL) throws(PredictionError) {
        guard !(originalFormat...formatVersion).contains(format.formatVersion) else { return }
        let advice =
            format.formatVersion > formatVersion ? "Use a newer foretwin, or train" : "Train"
        throw PredictionError(
            .model,
            "The model in \(folder.path) has format \(format.formatVersion), and this program "
                + "reads formats \(originalFormat) to \(formatVersion). \(advice) again.")
    }

    /// Throws unless the settings are in their ranges and fit the catalogue.
    ///
    /// It must be called before anything is computed from them.
    private static func check(_ config: Config, itemCount: Int) throws(LearningError) {
        do {
            try config.training.validate()
        } catch {
            throw LearningError(.invalidData, error.description)
        }
        try config.sequence.validate()
        let eventTypeCount = try config.vocabulary().count
        guard config.sequence.itemCount == itemCount,
            config.sequence.typeCount == eventTypeCount
        else {
            throw LearningError(.invalidData, "its configuration and catalogue do not fit together")
        }
    }

    /// Reads the tensors after a check of their types and shapes.
    private static func tensors(
        _ file: URL, _ config: Config, itemCount: Int, _ manifest: ModelManifest
    ) throws -> ModelTensors {
        var sum = RunningDigest()
        let shapes = ModelShapes(
            sequence: config.sequence, dimensions: config.training.embeddings.dimensions,
            itemCount: itemCount, eventTypes: try config.vocabulary())
        let tensors = try SafeTensors.read(
            from: file.path,
            checking: { (entries) throws(LearningError) in try shapes.check(entries) },
            observing: { sum.add($0) }
        ).tensors
        try manifest.check(sum.digest, of: file)
        return ModelTensors(tensors: tensors)
    }

    private static func tensors(of model: PredictionModel) -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for (name, tensor) in model.sequence.model.tensors() {
            tensors["sequence." + name] = tensor
        }
        tensors["embeddings"] = Tensor(
            shape: [model.embeddings.count, model.embeddings.dimensions], model.embeddings.vectors)
        tensors["popularity"] = vector(model.popularity.probabilities)
        tensors["history"] = vector(model.history.weights)
        let habits = model.history.habits
        let rows = habits.items + [habits.common]
        tensors["habits"] = Tensor(shape: [rows.count, 4], .f32(rows.flatMap(\.numbers)))
        for (name, rows) in [
            ("following", model.transitions.following), ("together", model.transitions.together),
        ] {
            tensors["transitions.\(name).offsets"] = vector(rows.offsets)
            tensors["transitions.\(name).items"] = vector(rows.columns)
            tensors["transitions.\(name).weights"] = vector(rows.weights)
        }
        let neighbours = model.neighbours.events
        tensors["neighbours.offsets"] = vector(neighbours.offsets)
        tensors["neighbours.items"] = vector(neighbours.items)
        tensors["neighbours.baskets"] = vector(neighbours.baskets)
        tensors["neighbours.end_days"] = Tensor(
            shape: [neighbours.count], .i64(neighbours.endDays))
        tensors["neighbours.keys"] = Tensor(
            shape: [neighbours.keys.count, RowKey.byteCount],
            .u8(neighbours.keys.flatMap(\.bytes)))
        let gates = model.mixture.gates
        tensors["mixture.gates"] = Tensor(
            shape: [gates.count, gates.first?.count ?? 0], .f32(Array(gates.joined())))
        tensors["churn"] = vector([model.churn.meanGap] + model.churn.probabilities)
        for (index, layer) in model.reranker.layers.enumerated() {
            tensors["reranker.\(index).weights"] = Tensor(
                shape: [layer.weights.rows, layer.weights.columns],
                .f32(layer.weights.elements))
            tensors["reranker.\(index).bias"] = vector(layer.bias)
        }
        return tensors
    }

    private static func vector(_ values: [Float]) -> Tensor {
        Tensor(shape: [values.count], .f32(values))
    }

    private static func vector(_ values: [Int32]) -> Tensor {
        Tensor(shape: [values.count], .i32(values))
    }

    private static func model(
        _ tensors: ModelTensors, config: Config, itemIDs: [String]
    ) throws -> PredictionModel {
        let count = itemIDs.count
        let eventTypes = try config.vocabulary()
        let mixture = Mixture(
            names: config.mixture.names, weights: config.mixture.weights,
            gates: try tensors.gates("mixture.gates", count: config.mixture.names.count))
        guard mixture.isWellFormed(width: config.sequence.width) else {
            throw LearningError(.invalidData, "its mixture weights do not fit its experts")
        }
        let prefix = "sequence."
        let network = tensors.tensors.filter { $0.key.hasPrefix(prefix) }
        let sequence = try SequenceModel(
            configuration: config.sequence,
            tensors: Dictionary(
                network.map { (String($0.key.dropFirst(prefix.count)), $0.value) },
                uniquingKeysWith: { first, _ in first }))
        let vectors = try tensors.floats("embeddings", count: nil)
        guard count > 0, vectors.count.isMultiple(of: count), !vectors.isEmpty else {
            throw LearningError(.invalidData, "embeddings do not fit the catalogue")
        }
        let counted = CountedExperts(
            history: RepeatPurchaseModel(
                weights: try tensors.floats(
                    "history", count: RecurrenceFeatures.Layout(eventTypes).weightCount),
                habits: try tensors.habits("habits", count: count), eventTypes: eventTypes),
            transitions: Transitions(
                following: try tensors.rows("transitions.following", count: count),
                together: try tensors.rows("transitions.together", count: count)),
            neighbours: try tensors.neighbours(itemCount: count),
            popularity: Popularity(probabilities: try tensors.floats("popularity", count: count)))
        return PredictionModel(
            catalogue: ModelCatalogue(itemIDs: itemIDs),
            embeddings: Embeddings(
                dimensions: vectors.count / count, count: count, vectors: vectors),
            sequence: SequenceExpert(model: sequence, eventTypes: eventTypes), counted: counted,
            mixture: mixture,
            reranker: try tensors.reranker(), configuration: config.training)
    }
}

extension Mixture {
    /// Whether there are finite weights for each expert in each bucket, and gates for `width`
    /// features, or none.
    func isWellFormed(width: Int) -> Bool {
        names == ExpertID.allCases && weights.count == Self.bucketCount
            && weights.allSatisfy { row in
                row.count == names.count && row.allSatisfy { $0.isFinite && $0 >= 0 }
            }
            && (gates.isEmpty || gates.count == names.count)
            && gates.allSatisfy { $0.count - 1 == width }
    }
}
