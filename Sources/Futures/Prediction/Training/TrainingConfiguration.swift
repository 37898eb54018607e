package import Learning

/// Settings of a training run; the defaults serve shops of a few hundred to a few hundred
/// thousand customers.
package struct TrainingConfiguration: Codable, Sendable {
    /// Decides every random choice.
    package var seed: UInt64
    /// Items with fewer events are not learned.
    package var minimumItemCount: Int
    /// The share of sequences that only steer training: early stopping and shares of evidence.
    package var heldOutShare: Double
    /// Settings of the item vectors.
    package var embeddings: SkipGram.Configuration
    /// Settings of the LSTM.
    package var sequence: SequenceTrainer.Configuration

    /// Makes settings with the defaults and a seed.
    ///
    /// - Parameters:
    ///   - seed: Decides every random choice.
    ///   - width: Numbers in an item's vector and in the LSTM's state.
    ///   - epochs: Passes of the LSTM over the events at most.
    ///   - threads: Threads to train with; the result does not depend on it.
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

    /// Lets another seed decide every random choice.
    package mutating func seed(with seed: UInt64) {
        self.seed = seed
        embeddings.seed = seed
        sequence.seed = seed
    }

    func validate() throws(PredictionError) {
        guard (8...1024).contains(sequence.width), sequence.width.isMultiple(of: 8) else {
            throw PredictionError(
                .setting, "width is \(sequence.width). Use a multiple of 8 from 8 to 1024.")
        }
        guard embeddings.dimensions == sequence.width else {
            throw PredictionError(
                .setting,
                "embeddings.dimensions is \(embeddings.dimensions), and sequence.width "
                    + "\(sequence.width). The LSTM begins with the item vectors: make them equal.")
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
