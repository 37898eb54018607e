import Kernels

/// The mean losses after one epoch, in nats per event.
package struct EpochLoss: Codable, Sendable, Equatable {
    /// The epoch, from 1.
    package let epoch: Int
    /// The loss on the training sequences during the epoch (with dropout).
    package let training: Double
    /// The loss on the held-out sequences after the epoch; `nil` if there are none.
    package let validation: Double?
    /// The learning rate of the epoch.
    package let learningRate: Double
}

/// Trains a `SequenceModel` by truncated back-propagation through time.
///
/// Sequences run in parallel batch rows, in chunks of `steps` events. The state is carried from
/// chunk to chunk; gradients are not. Training uses Adam, gradient clipping, dropout on the input,
/// a learning rate that is halved after each epoch without progress, and early stopping. The same
/// seed gives the same bytes at any number of threads.
package struct SequenceTrainer: Sendable {
    /// The settings of a training run.
    package struct Configuration: Codable, Sendable, Equatable {
        /// The length of item vectors and state.
        package var width = 64
        /// The number of LSTM layers.
        package var layers = 1
        /// The greatest number of passes over the training sequences.
        package var epochs = 20
        /// The number of parallel sequences.
        package var batch = 128
        /// The events of one chunk of a sequence.
        package var steps = 20
        /// The candidates of the sampled softmax; it is exact if there are no more items than that.
        package var negatives = 512
        /// The learning rate of Adam.
        package var learningRate: Float = 2e-3
        /// The fraction of input elements that is dropped in training.
        package var dropout: Float = 0.1
        /// The factor of the cosine of query and item vector in an item's logit.
        ///
        /// `nil` means that the logit is their scalar product.
        package var cosineScale: Float? = 16
        /// The greatest norm of the gradient; 0 for no limit.
        package var clip: Float = 1
        /// Training stops after this many epochs without a lower validation loss.
        package var patience = 3
        /// The seed of all random numbers.
        package var seed: UInt64 = 1
        /// The number of threads; it does not change the result.
        package var threads = 2

        /// The default settings.
        package init() {}

        func validate() throws(LearningError) {
            let counts = [
                ("epochs", epochs, 1...100_000), ("batch", batch, 1...65_536),
                ("steps", steps, 1...10_000), ("negatives", negatives, 1...1_000_000),
                ("patience", patience, 1...100_000), ("threads", threads, 1...1_024),
            ]
            for (name, value, range) in counts where !range.contains(value) {
                throw LearningError(
                    .invalidConfiguration,
                    "\(name) is \(value); it must be from \(range.lowerBound) "
                        + "to \(range.upperBound).")
            }
            guard learningRate > 0, learningRate.isFinite, dropout >= 0, dropout < 1, clip >= 0
            else {
                throw LearningError(
                    .invalidConfiguration,
                    "learningRate must be positive, dropout in 0 ..< 1, clip not negative.")
            }
        }
    }

    /// The settings of this trainer.
    package let configuration: Configuration

    /// A trainer with the given settings.
    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Trains a model.
    ///
    /// - Parameters:
    ///   - training: The training sequences; those with fewer than two events have no effect.
    ///   - validation: Held-out sequences for early stopping; may be empty.
    ///   - itemCount: The number of items.
    ///   - typeCount: The number of event types.
    ///   - embeddings: Initial vectors of the items, of length `width`; `nil` for random vectors.
    ///   - resuming: The checkpoint of an earlier run with the same settings and sequences, or
    ///     `nil`.
    ///   - checkpoint: Called after each epoch with a checkpoint, for example to write it to a
    ///     file.
    ///     An error that it throws ends the run.
    ///   - progress: Called several times an epoch, on the calling thread.
    /// - Returns: The model with the lowest validation loss (the last one without validation), and
    ///   the losses of all epochs.
    /// - Throws: `LearningError` if the configuration or the data is not usable, or the loss
    ///   diverges.
    package func train(
        _ training: EventSequences, validation: EventSequences, itemCount: Int, typeCount: Int,
        embeddings: Embeddings?, resuming: TrainingCheckpoint? = nil,
        checkpoint: ((TrainingCheckpoint) throws(LearningError) -> Void)? = nil,
        progress: (TrainingProgress) -> Void
    ) throws(LearningError) -> (model: SequenceModel, curve: [EpochLoss]) {
        try configuration.validate()
        let sizes = sizes(itemCount: itemCount, typeCount: typeCount)
        try sizes.validate()
        try training.validate(itemCount: itemCount, typeCount: typeCount)
        try validation.validate(itemCount: itemCount, typeCount: typeCount)
        let examples = Self.exampleCount(training)
        guard examples > 0 else {
            throw LearningError(
                .noData, "There is no sequence with two or more events to learn from.")
        }
        if let resuming {
            try resuming.check(
                configuration, sizes, data: Self.fingerprint(training, validation))
        }
        let weights =
            resuming == nil
            ? SequenceWeights.random(sizes, seed: configuration.seed) : SequenceWeights(sizes)
        if let embeddings { try Self.warmStart(weights, embeddings) }
        let run = TrainingRun(
            configuration, weights: weights, training: training, validation: validation)
        let best = weights.copy()
        if let resuming { run.resume(resuming, best: best) }
        let curve = try run.train(
            best: best, examples: examples, progress: progress, checkpoint: checkpoint)
        return (SequenceModel(best), curve)
    }

    /// Whether a run with these settings and sequences can continue from a checkpoint.
    ///
    /// Epochs, patience and threads may differ from those of the run that made the checkpoint.
    package func canResume(
        _ checkpoint: TrainingCheckpoint, _ training: EventSequences, validation: EventSequences,
        itemCount: Int, typeCount: Int
    ) -> Bool {
        let sizes = sizes(itemCount: itemCount, typeCount: typeCount)
        let data = Self.fingerprint(training, validation)
        return (try? checkpoint.check(configuration, sizes, data: data)) != nil
    }

    /// The sizes of the model that this trainer trains.
    private func sizes(itemCount: Int, typeCount: Int) -> SequenceModel.Configuration {
        SequenceModel.Configuration(
            itemCount: itemCount, typeCount: typeCount, width: configuration.width,
            layers: configuration.layers, cosineScale: configuration.cosineScale)
    }

    /// A hash of the data of a run.
    static func fingerprint(_ training: EventSequences, _ validation: EventSequences) -> UInt64 {
        training.fingerprint &* 31 ^ validation.fingerprint
    }

    /// The number of events that have a successor.
    static func exampleCount(_ sequences: EventSequences) -> Int {
        (0..<sequences.count).reduce(0) { $0 + max(0, sequences.range(of: $1).count - 1) }
    }

    /// Sets the item vectors to the embeddings, scaled to the mean size of random ones.
    private static func warmStart(
        _ weights: SequenceWeights, _ embeddings: Embeddings
    ) throws(LearningError) {
        let sizes = weights.configuration
        guard embeddings.dimensions == sizes.width, embeddings.count == sizes.itemCount else {
            throw LearningError(
                .invalidData,
                "The embeddings are \(embeddings.count) vectors of length "
                    + "\(embeddings.dimensions); \(sizes.itemCount) of length \(sizes.width) "
                    + "are needed.")
        }
        guard embeddings.vectors.allSatisfy(\.isFinite) else {
            throw LearningError(
                .invalidData, "The embeddings hold a number that is not finite. Train them again.")
        }
        let squares = embeddings.vectors.reduce(0.0) { $0 + Double($1) * Double($1) }
        let size = (squares / Double(max(1, embeddings.vectors.count))).squareRoot()
        guard size > 0, size.isFinite else { return }
        let factor = SequenceWeights.itemScale / Float(size)
        weights.items.write(embeddings.vectors.map { $0 * factor }, at: 0)
    }
}
