package import Learning

/// The settings of a training run.
///
/// The defaults suit shops of a few hundred to a few hundred thousand customers.
package struct TrainingConfiguration: Codable, Sendable {
    /// The seed of all random choices.
    package var seed: UInt64
    /// Items with fewer events are not learned.
    package var minimumItemCount: Int
    /// The fraction of sequences that is held out for early stopping, mixture and reranker.
    package var heldOutShare: Double
    /// The settings of the item vectors.
    package var embeddings: SkipGram.Configuration
    /// The settings of the LSTM.
    package var sequence: SequenceTrainer.Configuration

    /// Makes settings with the defaults and a seed.
    ///
    /// - Parameters:
    ///   - seed: The seed of all random choices.
    ///   - width: The length of an item's vector and of the LSTM's state.
    ///   - epochs: The greatest number of the LSTM's passes over the events.
    ///   - threads: The number of threads; the result does not depend on it.
    package init(seed: UInt64 = 7, width: Int = 64, epochs: Int = 30, threads: Int = 2) {
        self.seed = seed
        minimumItemCount = 2
        heldOutShare = 0.1
        embeddings = SkipGram.Configuration()
        embeddings.dimensions = width
        embeddings.seed = seed
        embeddings.threads = threads
        sequence = SequenceTrainer.Configuration()
        sequence.width = width
        sequence.epochs = epochs
        sequence.seed = seed
        sequence.threads = threads
    }

    /// Sets the seed of all random choices.
    package mutating func seed(with seed: UInt64) {
        self.seed = seed
        embeddings.seed = seed
        sequence.seed = seed
    }

    /// Throws if a setting is out of its range.
    func validate() throws(PredictionError) {
        guard (8...1024).contains(sequence.width), sequence.width.isMultiple(of: 8) else {
            throw PredictionError(
                .setting, "width is \(sequence.width). Use a multiple of 8 from 8 to 1024.")
        }
        guard embeddings.dimensions == sequence.width else {
            throw PredictionError(
                .setting,
                "embeddings.dimensions is \(embeddings.dimensions), and sequence.width is "
                    + "\(sequence.width). The LSTM starts with the item vectors: make them equal.")
        }
        guard (1...1000).contains(sequence.epochs) else {
            throw PredictionError(
                .setting, "epochs is \(sequence.epochs). Use a number from 1 to 1000.")
        }
        guard heldOutShare > 0, heldOutShare < 0.9 else {
            throw PredictionError(
                .setting, "heldOutShare is \(heldOutShare). Use a number above 0 and below 0.9.")
        }
        guard minimumItemCount >= 1 else {
            throw PredictionError(.setting, "minimumItemCount is below 1. Use 1 or more.")
        }
    }
}
