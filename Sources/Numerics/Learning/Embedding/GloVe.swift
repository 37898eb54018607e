import Foundation
import Kernels

/// GloVe (Pennington, Socher, Manning 2014): vectors whose scalar products approximate the
/// logarithm of how often two items occur together, fitted by AdaGrad.
///
/// The vector of an item is the sum of its two vectors, as in the paper. The same seed gives the
/// same vectors at any number of threads: items are split into eight parts, and blocks of
/// co-occurrences without a common row or column are fitted in parallel (Gemulla et al. 2011).
package struct GloVe: EmbeddingTrainer {
    /// The settings.
    package struct Configuration: Codable, Sendable, Equatable {
        /// The length of the vectors.
        package var dimensions = 64
        /// The greatest distance of two items that count as a co-occurrence, with weight 1 /
        /// distance.
        package var window = 5
        /// The number of passes over the co-occurrences.
        package var epochs = 25
        /// Co-occurrences with this count or more have weight 1.
        package var countLimit = 100.0
        /// The exponent of the weight (count / `countLimit`) below that.
        package var exponent = 0.75
        /// The learning rate of AdaGrad.
        package var learningRate: Float = 0.05
        /// The seed of all random numbers.
        package var seed: UInt64 = 1
        /// The number of threads; it does not change the result.
        package var threads = 2

        /// The default settings.
        package init() {}

        func validate() throws(LearningError) {
            let counts = [
                ("dimensions", dimensions, 1...4_096), ("window", window, 1...255),
                ("epochs", epochs, 1...100_000), ("threads", threads, 1...1_024),
            ]
            for (name, value, range) in counts where !range.contains(value) {
                throw LearningError(
                    .invalidConfiguration,
                    "\(name) is \(value); it must be from \(range.lowerBound) "
                        + "to \(range.upperBound).")
            }
            guard countLimit > 0, countLimit.isFinite, exponent > 0, exponent <= 1,
                learningRate > 0, learningRate.isFinite
            else {
                throw LearningError(
                    .invalidConfiguration,
                    "countLimit and learningRate must be positive, exponent in (0, 1].")
            }
        }
    }

    /// The settings of this trainer.
    package let configuration: Configuration

    /// A trainer with the given settings.
    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Learns vectors from the sequences.
    ///
    /// - Complexity: O(events · window) memory in the worst case, for the co-occurrences.
    /// - Throws: `LearningError` if the configuration or the data is not usable, or the loss
    ///   diverges.
    package func train(
        _ sequences: EventSequences, itemCount: Int, progress: (TrainingProgress) -> Void
    ) throws(LearningError) -> Embeddings {
        try configuration.validate()
        try validateEmbeddingData(sequences, itemCount: itemCount)
        let run = GloVeRun(configuration, sequences, itemCount: itemCount)
        let watch = Stopwatch()
        for epoch in 0..<configuration.epochs {
            let loss = run.trainEpoch()
            guard loss.isFinite else {
                throw LearningError(
                    .diverged, "The GloVe loss is no longer finite. Lower the learning rate.")
            }
            progress(
                TrainingProgress(
                    stage: "GloVe", epoch: epoch + 1, epochs: configuration.epochs,
                    eventsDone: (epoch + 1) * sequences.items.count,
                    eventsTotal: configuration.epochs * sequences.items.count, loss: loss,
                    secondsElapsed: watch.seconds))
        }
        return Embeddings(
            dimensions: configuration.dimensions, count: itemCount, vectors: run.vectors)
    }
}

/// The tables and the loop of one GloVe training.
private final class GloVeRun {
    /// The number of parts of the items.
    ///
    /// It is fixed, so that threads do not change the result.
    private static let parts = 8

    private let configuration: GloVe.Configuration
    private let itemCount: Int
    private let words: FactorTable
    private let contexts: FactorTable
    /// Block p · parts + q holds the co-occurrences of rows in part p and columns in part q.
    private let blocks: [[CoOccurrence]]
    private let total: Int

    init(_ configuration: GloVe.Configuration, _ sequences: EventSequences, itemCount: Int) {
        self.configuration = configuration
        self.itemCount = itemCount
        words = FactorTable(
            count: itemCount, dimensions: configuration.dimensions,
            numbers: PhiloxGenerator(seed: configuration.seed, stream: 1))
        contexts = FactorTable(
            count: itemCount, dimensions: configuration.dimensions,
            numbers: PhiloxGenerator(seed: configuration.seed, stream: 2))
        let counts = Self.count(sequences, window: configuration.window)
        var blocks = [[CoOccurrence]](repeating: [], count: Self.parts * Self.parts)
        for (pair, count) in counts.sorted(by: { $0.key < $1.key }) {
            let row = Int32(truncatingIfNeeded: pair >> 32)
            let column = Int32(truncatingIfNeeded: pair)
            let weight = min(
                1,
                pow(
                    Double(count) / configuration.countLimit,
                    configuration.exponent))
            let target = Float(log(Double(count)))
            blocks[Int(row) % Self.parts * Self.parts + Int(column) % Self.parts].append(
                CoOccurrence(row: row, column: column, target: target, weight: Float(weight)))
        }
        var generator = PhiloxGenerator(seed: configuration.seed, stream: 3)
        for index in blocks.indices { generator.shuffle(&blocks[index]) }
        self.blocks = blocks
        total = counts.count
    }

    /// Weighted counts of ordered pairs, keyed by row · 2³² + column.
    ///
    /// Pairs of an item with itself do not count.
    private static func count(
        _ sequences: EventSequences, window: Int
    ) -> [UInt64: Float] {
        var counts: [UInt64: Float] = [:]
        for sequence in 0..<sequences.count {
            let range = sequences.range(of: sequence)
            for index in range {
                let item = UInt64(sequences.items[index])
                for distance in 1...window where index - distance >= range.lowerBound {
                    let other = UInt64(sequences.items[index - distance])
                    guard other != item else { continue }
                    counts[item << 32 | other, default: 0] += 1 / Float(distance)
                    counts[other << 32 | item, default: 0] += 1 / Float(distance)
                }
            }
        }
        return counts
    }

    /// One pass over all co-occurrences; returns the mean weighted squared error.
    func trainEpoch() -> Double {
        let (words, contexts, blocks) = (words, contexts, blocks)
        let rate = configuration.learningRate
        var loss = 0.0
        for round in 0..<Self.parts {
            let losses = parallelMap(Self.parts, threads: configuration.threads) { part in
                let block = part * Self.parts + (part + round) % Self.parts
                return fitCoOccurrences(blocks[block], words, contexts, rate: rate)
            }
            loss += losses.reduce(0, +)
        }
        return total == 0 ? 0 : loss / Double(total)
    }

    var vectors: [Float] {
        zip(words.elements, contexts.elements).map { $0 + $1 }
    }
}
