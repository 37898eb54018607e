import Foundation
import Kernels

/// The complete state of a training run between two epochs.
///
/// A run that continues from it gives the same bytes as a run without interruption, at any number
/// of threads.
package struct TrainingCheckpoint: Sendable, Equatable {
    /// The state without the tables of floats.
    struct Progress: Codable, Sendable, Equatable {
        var configuration: SequenceTrainer.Configuration
        var sizes: SequenceModel.Configuration
        /// The hash of the training data.
        var data: UInt64
        var epochs = 0
        var chunks: UInt64 = 0
        var optimizerSteps = 0
        var learningRate: Float
        var epochsWithoutGain = 0
    }

    /// The prefixes of tensor names: weights, best weights, and the moments of Adam.
    private static let parts = ["weights", "best", "first", "second"]
    private static let curveName = "curve"
    private static let progressName = "progress"

    let progress: Progress
    /// The tables in the order of `parts`.
    let tables: [SequenceWeights]
    let curve: [EpochLoss]

    /// The number of finished epochs.
    package var epochs: Int { progress.epochs }

    /// The training loss of the last epoch in nats per event; `nil` before the first epoch.
    package var loss: Double? { curve.last?.training }

    init(progress: Progress, tables: [SequenceWeights], curve: [EpochLoss]) {
        self.progress = progress
        self.tables = tables
        self.curve = curve
    }

    /// Whether both hold the same bytes.
    package static func == (left: TrainingCheckpoint, right: TrainingCheckpoint) -> Bool {
        left.progress == right.progress && left.curve == right.curve
            && zip(left.tables, right.tables).allSatisfy { $0.tensors() == $1.tensors() }
    }

    /// Writes the checkpoint to a safetensors file atomically.
    ///
    /// - Throws: `LearningError` with `fileAccess` if the file cannot be written.
    package func write(to path: String) throws(LearningError) {
        var tensors: [String: Tensor] = [:]
        for (part, table) in zip(Self.parts, tables) {
            for (name, tensor) in table.tensors() { tensors["\(part).\(name)"] = tensor }
        }
        // Four numbers for each epoch. A loss is not negative, so -1 can mean none.
        var numbers: [Double] = []
        for loss in curve {
            let validation: Double = loss.validation ?? -1
            numbers += [Double(loss.epoch), loss.training, validation, loss.learningRate]
        }
        tensors[Self.curveName] = Tensor(shape: [curve.count, 4], .f64(numbers))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let text = try? encoder.encode(progress) else {
            throw LearningError(.invalidData, "The progress of a training run is not finite.")
        }
        try SafeTensors.write(
            tensors, metadata: [Self.progressName: String(decoding: text, as: UTF8.self)],
            to: path)
    }

    /// Reads a checkpoint.
    ///
    /// - Parameter path: A file that `write(to:)` wrote.
    /// - Throws: `LearningError` if the file cannot be read, is damaged, or is not a checkpoint.
    package init(path: String) throws(LearningError) {
        let (tensors, metadata) = try SafeTensors.read(from: path)
        guard let text = metadata[Self.progressName],
            let progress = try? JSONDecoder().decode(Progress.self, from: Data(text.utf8))
        else {
            throw LearningError(.malformedFile, "\(path) is not a checkpoint of a training run.")
        }
        try progress.configuration.validate()
        try progress.sizes.validate()
        var rest = tensors
        var parts = Self.parts.map { _ in [String: Tensor]() }
        for (index, part) in Self.parts.enumerated() {
            for (name, tensor) in tensors where name.hasPrefix(part + ".") {
                parts[index][String(name.dropFirst(part.count + 1))] = tensor
                rest[name] = nil
            }
        }
        guard case .f64(let numbers)? = rest[Self.curveName]?.storage, rest.count == 1,
            progress.epochs >= 0, numbers.count / 4 == progress.epochs,
            numbers.count % 4 == 0, numbers.allSatisfy(\.isFinite),
            progress.optimizerSteps >= 0, progress.epochsWithoutGain >= 0,
            progress.learningRate > 0
        else {
            throw LearningError(
                .malformedFile, "The parts of the checkpoint \(path) do not fit each other.")
        }
        var tables: [SequenceWeights] = []
        for part in parts { tables.append(try SequenceWeights(progress.sizes, tensors: part)) }
        var curve: [EpochLoss] = []
        for epoch in 0..<progress.epochs {
            let first = 4 * epoch
            let validation = numbers[first + 2]
            curve.append(
                EpochLoss(
                    epoch: epoch + 1, training: numbers[first + 1],
                    validation: validation < 0 ? nil : validation,
                    learningRate: numbers[first + 3]))
        }
        self.init(progress: progress, tables: tables, curve: curve)
    }

    /// Checks that a run with these settings and data can continue from this checkpoint.
    ///
    /// Epochs, patience and threads may differ.
    func check(
        _ configuration: SequenceTrainer.Configuration, _ sizes: SequenceModel.Configuration,
        data: UInt64
    ) throws(LearningError) {
        var own = progress.configuration
        own.epochs = configuration.epochs
        own.patience = configuration.patience
        own.threads = configuration.threads
        guard own == configuration, progress.sizes == sizes else {
            throw LearningError(
                .invalidConfiguration,
                "The checkpoint is of a run with other settings. Only epochs, patience and "
                    + "threads may change. Start a new run for other settings.")
        }
        guard data == progress.data else {
            throw LearningError(
                .invalidData,
                "The checkpoint is of a run with other sequences. Start a new run with these.")
        }
    }
}

extension EventSequences {
    /// A hash of all arrays (FNV-1a on words).
    var fingerprint: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ value: UInt64) {
            hash = (hash ^ value) &* 0x100_0000_01B3
            hash ^= hash >> 29  // mixes high bits into low bits: values are words, not bytes
        }
        for offset in offsets { add(UInt64(truncatingIfNeeded: offset)) }
        for index in items.indices {
            add(UInt64(truncatingIfNeeded: items[index]) << 8 | UInt64(types[index]))
            add(UInt64(truncatingIfNeeded: times[index]))
        }
        return hash
    }
}
