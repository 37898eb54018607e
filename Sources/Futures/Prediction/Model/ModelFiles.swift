package import Foundation
import Kernels
import Learning

/// Writes a model to a folder and reads it back.
///
/// `model.safetensors` holds all numbers, `config.json` the settings and shares, `catalogue.json`
/// the items, `response.json` how the days around customers move what they buy, `metrics.json` how
/// training went, `card.md` a summary for people. The same model
/// makes the same bytes.
package enum ModelFiles {
    /// The version of the layout; a reader refuses all others.
    package static let formatVersion = 6

    /// What every version's `config.json` says, however the rest of it looks.
    private struct Format: Codable {
        var formatVersion: Int
    }

    private struct Config: Codable {
        var formatVersion: Int
        var training: TrainingConfiguration
        var sequence: SequenceModel.Configuration
        var mixture: Shares
    }

    /// The part of a mixture that people may want to look at; its gates are among the tensors.
    struct Shares: Codable {
        var names: [EvidenceName]
        var shares: [[Double]]
    }

    /// Writes a model's files into an existing folder.
    static func write(
        _ model: PredictionModel, metrics: TrainingMetrics, to folder: URL
    ) throws {
        try SafeTensors.write(
            tensors(of: model), metadata: ["format": "foretwin", "version": "\(formatVersion)"],
            to: folder.appending(path: "model.safetensors").path)
        // Threads change nothing in a model, so they change nothing in its files.
        var training = model.configuration
        training.embeddings.threads = 1
        training.sequence.threads = 1
        let config = Config(
            formatVersion: formatVersion, training: training,
            sequence: model.sequence.model.configuration,
            mixture: Shares(names: model.mixture.names, shares: model.mixture.shares))
        try json(config).write(to: folder.appending(path: "config.json"))
        try json(metrics).write(to: folder.appending(path: "metrics.json"))
        try json(model.catalogue.itemIDs).write(to: folder.appending(path: "catalogue.json"))
        try json(model.response).write(to: folder.appending(path: "response.json"))
        try Data(ModelCard.text(model, metrics).utf8).write(to: folder.appending(path: "card.md"))
    }

    /// Reads a model from its folder.
    ///
    /// - Throws: ``PredictionError`` when a file is missing, damaged, or from a newer version.
    package static func read(from folder: URL) throws -> PredictionModel {
        let format: Format = try decode(folder.appending(path: "config.json"))
        guard format.formatVersion == formatVersion else {
            let advice =
                format.formatVersion > formatVersion ? "Use a newer foretwin, or train" : "Train"
            throw PredictionError(
                .model,
                "The model in \(folder.path) has format \(format.formatVersion), and this program "
                    + "reads format \(formatVersion). \(advice) again.")
        }
        let config: Config = try decode(folder.appending(path: "config.json"))
        let itemIDs: [String] = try decode(folder.appending(path: "catalogue.json"))
        let path = folder.appending(path: "model.safetensors").path
        do {
            let tensors = TensorReader(tensors: try SafeTensors.read(from: path).tensors)
            var model = try model(tensors, config: config, itemIDs: itemIDs)
            model.departure = try tensors.departure()
            model.response = try decode(folder.appending(path: "response.json"))
            guard model.response.fits(model.catalogue) else {
                throw LearningError(.invalidData, "response.json does not fit the catalogue")
            }
            return model
        } catch let error as LearningError {
            throw PredictionError(.model, "\(path) cannot be used: \(error.message)")
        }
    }

    /// Reads how the training of a model went.
    package static func metrics(in folder: URL) throws -> TrainingMetrics {
        try decode(folder.appending(path: "metrics.json"))
    }

    static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data("\n".utf8)
    }

    private static func decode<Value: Decodable>(_ file: URL) throws -> Value {
        guard let data = try? Data(contentsOf: file) else {
            throw PredictionError(
                .model, "\(file.path) is missing or unreadable. Train again, or restore the folder."
            )
        }
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            throw PredictionError(
                .model, "\(file.path) is damaged. Train again, or restore the folder.")
        }
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
        tensors["neighbours.moments"] = vector(neighbours.moments)
        tensors["neighbours.ends"] = Tensor(shape: [neighbours.count], .i64(neighbours.ends))
        let gates = model.mixture.gates
        tensors["mixture.gates"] = Tensor(
            shape: [gates.count, gates.first?.count ?? 0], .f32(Array(gates.joined())))
        tensors["departure"] = vector([model.departure.meanGap] + model.departure.probabilities)
        for (index, layer) in model.stacking.layers.enumerated() {
            tensors["stacking.\(index).weights"] = Tensor(
                shape: [layer.weights.rows, layer.weights.columns],
                .f32(layer.weights.elements))
            tensors["stacking.\(index).bias"] = vector(layer.bias)
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
        _ tensors: TensorReader, config: Config, itemIDs: [String]
    ) throws -> PredictionModel {
        let count = itemIDs.count
        let mixture = Mixture(
            names: config.mixture.names, shares: config.mixture.shares,
            gates: try tensors.gates("mixture.gates"))
        guard config.sequence.itemCount == count,
            mixture.isWellFormed(width: config.sequence.width),
            config.sequence.typeCount == RepetitionFeatures.typeCount
        else {
            throw LearningError(.invalidData, "its configuration and catalogue do not fit together")
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
        let counted = CountedEvidence(
            history: OwnHistory(
                weights: try tensors.floats("history", count: RepetitionFeatures.weightCount),
                habits: try tensors.habits("habits", count: count)),
            transitions: Transitions(
                following: try tensors.rows("transitions.following", count: count),
                together: try tensors.rows("transitions.together", count: count)),
            neighbours: try tensors.neighbours(itemCount: count),
            popularity: Popularity(probabilities: try tensors.floats("popularity", count: count)))
        return PredictionModel(
            catalogue: ModelCatalogue(itemIDs: itemIDs),
            embeddings: Embeddings(
                dimensions: vectors.count / count, count: count, vectors: vectors),
            sequence: SequenceEvidence(model: sequence), counted: counted, mixture: mixture,
            stacking: try tensors.stacking(), configuration: config.training)
    }
}

extension Mixture {
    /// Whether the shares are those of every source in every kind of context, and the gates of
    /// every source for an outlook of that length.
    func isWellFormed(width: Int) -> Bool {
        names == EvidenceName.allCases && shares.count == Self.kindCount
            && shares.allSatisfy { row in
                row.count == names.count && row.allSatisfy { $0.isFinite && $0 >= 0 }
            }
            && (gates.isEmpty || gates.count == names.count)
            && gates.allSatisfy { $0.count == width + 1 }
    }
}

/// Takes tensors out of a file and checks that they can be what they should be.
private struct TensorReader {
    let tensors: [String: Tensor]

    func floats(_ name: String, count: Int?) throws -> [Float] {
        guard let values = tensors[name]?.floats, count == nil || values.count == count,
            values.allSatisfy(\.isFinite)
        else { throw LearningError(.invalidData, "\(name) is missing or of the wrong shape") }
        return values
    }

    /// What everybody does with each item; the last row is that of all together.
    func habits(_ name: String, count: Int) throws -> ItemHabits {
        let values = try floats(name, count: nil)
        let rows = values.count / 4
        guard values.count.isMultiple(of: 4), (1...count + 1).contains(rows) else {
            throw LearningError(.invalidData, "\(name) does not fit the catalogue")
        }
        let habits = (0..<rows).map {
            ItemHabits.Habit(
                rate: values[4 * $0], returns: values[4 * $0 + 1], gap: values[4 * $0 + 2],
                popularity: values[4 * $0 + 3])
        }
        return ItemHabits(items: habits.dropLast(), common: habits[rows - 1])
    }

    /// How surely silent customers have left.
    func departure() throws -> Departure {
        let values = try floats("departure", count: 1 + Departure.bounds.count)
        let departure = Departure(probabilities: Array(values.dropFirst()), meanGap: values[0])
        guard departure.isWellFormed else {
            throw LearningError(.invalidData, "departure holds what is no probability")
        }
        return departure
    }

    /// The layers of a stacking, from features to one number; none if there are no tensors of it.
    func stacking() throws -> Stacking {
        var layers: [Stacking.Layer] = []
        var inputs = StackingList.featureCount
        while let shape = tensors["stacking.\(layers.count).weights"]?.shape {
            let name = "stacking.\(layers.count)"
            guard shape.count == 2, shape[0] == inputs, (1...1024).contains(shape[1]) else {
                throw LearningError(.invalidData, "\(name) is of the wrong shape")
            }
            let weights = try floats(name + ".weights", count: shape[0] * shape[1])
            layers.append(
                Stacking.Layer(
                    weights: Matrix(rows: shape[0], columns: shape[1], elements: weights),
                    bias: try floats(name + ".bias", count: shape[1])))
            inputs = shape[1]
        }
        guard layers.isEmpty || inputs == 1 else {
            throw LearningError(.invalidData, "stacking does not end with one number")
        }
        return Stacking(layers: layers)
    }

    /// The rows of a matrix.
    func gates(_ name: String) throws -> [[Float]] {
        let values = try floats(name, count: nil)
        guard let shape = tensors[name]?.shape, shape.count == 2 else {
            throw LearningError(.invalidData, "\(name) is missing or of the wrong shape")
        }
        return (0..<shape[0]).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
    }

    func integers(_ name: String) throws -> [Int32] {
        guard case .i32(let values)? = tensors[name]?.storage else {
            throw LearningError(.invalidData, "\(name) is missing or of the wrong type")
        }
        return values
    }

    func rows(_ name: String, count: Int) throws -> SparseRows {
        let (offsets, columns) = try lists(name, itemCount: count)
        let weights = try floats(name + ".weights", count: columns.count)
        guard offsets.count == count + 1 else {
            throw LearningError(.invalidData, "\(name) does not fit the catalogue")
        }
        return SparseRows(offsets: offsets, columns: columns, weights: weights)
    }

    func neighbours(itemCount: Int) throws -> Neighbours {
        let (offsets, items) = try lists("neighbours", itemCount: itemCount)
        let moments = try integers("neighbours.moments")
        // Far from where differences of times could overflow.
        let times = -(Int64(1) << 48)...(Int64(1) << 48)
        guard case .i64(let ends)? = tensors["neighbours.ends"]?.storage,
            ends.count == offsets.count - 1, ends.allSatisfy(times.contains),
            moments.count == items.count,
            moments.allSatisfy({ $0 >= 0 && Int($0) < Neighbours.lengthLimit })
        else { throw LearningError(.invalidData, "neighbours do not fit together") }
        return Neighbours(
            NeighbourEvents(offsets: offsets, items: items, moments: moments, ends: ends),
            itemCount: itemCount)
    }

    private func lists(
        _ name: String, itemCount: Int
    ) throws -> (offsets: [Int32], items: [Int32]) {
        let offsets = try integers(name + ".offsets")
        let items = try integers(name + ".items")
        guard offsets.first == 0, Int(offsets.last ?? -1) == items.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }),
            items.allSatisfy({ $0 >= 0 && Int($0) < itemCount })
        else { throw LearningError(.invalidData, "\(name) points outside the catalogue") }
        return (offsets, items)
    }
}
