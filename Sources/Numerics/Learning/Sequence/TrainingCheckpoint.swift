import Foundation
import Kernels

/// A training run between two epochs, complete: going on from it gives the bytes that the run
/// would have given without a stop, at any number of threads.
package struct TrainingCheckpoint: Sendable, Equatable {
    /// What is not a table of floats.
    struct Progress: Codable, Sendable, Equatable {
        var configuration: SequenceTrainer.Configuration
        var sizes: SequenceModel.Configuration
        /// Tells other training data from these.
        var data: UInt64
        var epochs = 0
        var chunks: UInt64 = 0
        var optimizerSteps = 0
        var learningRate: Float
        var epochsWithoutGain = 0
    }

    /// The parts of the tables' names: the weights, the best weights, the moments of Adam.
    private static let parts = ["weights", "best", "first", "second"]
    private static let curveName = "curve"
    private static let progressName = "progress"

    let progress: Progress
    /// In the order of `parts`.
    let tables: [SequenceWeights]
    let curve: [EpochLoss]

    /// The epochs that are done.
    package var epochs: Int { progress.epochs }

    /// The loss of the newest of them, in nats an event; `nil` if none is done.
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

    /// Writes the checkpoint to a safetensors file, whole or not at all.
    ///
    /// - Throws: `LearningError` with `fileAccess` if the file cannot be written.
    package func write(to path: String) throws(LearningError) {
        var tensors: [String: Tensor] = [:]
        for (part, table) in zip(Self.parts, tables) {
            for (name, tensor) in table.tensors() { tensors["\(part).\(name)"] = tensor }
        }
        // Four numbers an epoch; a loss is not negative, so -1 can stand for none.
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
    /// - Throws: `LearningError` if the file cannot be read, is damaged, or is no checkpoint.
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
                .malformedFile, "The progress in the checkpoint \(path) contradicts itself.")
        }
        var tables: [SequenceWeights] = []
        for part in parts { tables.append(try SequenceWeights(progress.sizes, tensors: part)) }
        var curve: [EpochLoss] = []
        for epoch in 0..<progress.epochs {
            let place = 4 * epoch
            let validation = numbers[place + 2]
            curve.append(
                EpochLoss(
                    epoch: epoch + 1, training: numbers[place + 1],
                    validation: validation < 0 ? nil : validation,
                    learningRate: numbers[place + 3]))
        }
        self.init(progress: progress, tables: tables, curve: curve)
    }

    /// Checks that a run with other choices would go on as this one.
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
                "The checkpoint is of a run with other choices. Only epochs, patience and "
                    + "threads may change; start anew for the rest.")
        }
        guard data == progress.data else {
            throw LearningError(
                .invalidData,
                "The checkpoint is of a run on other sequences. Start anew with these.")
        }
    }
}

extension EventSequences {
    /// A number that tells these sequences from others (FNV-1a over all arrays).
    var fingerprint: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ value: UInt64) {
            hash = (hash ^ value) &* 0x100_0000_01B3
            hash ^= hash >> 29  // so that high bits count too: values are words, not bytes
        }
        for offset in offsets { add(UInt64(truncatingIfNeeded: offset)) }
        for index in items.indices {
            add(UInt64(truncatingIfNeeded: items[index]) << 8 | UInt64(types[index]))
            add(UInt64(truncatingIfNeeded: times[index]))
        }
        return hash
    }
}
