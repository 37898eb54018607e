import Kernels

/// Skip-gram with negative sampling, with items as words and sequences as sentences.
///
/// Source: Mikolov, Sutskever, Chen, Corrado, Dean 2013, "Distributed Representations of Words and
/// Phrases and their Compositionality". Groups of sixteen tokens are computed as small matrix
/// products, see `NegativeSamplingGroup`. The same seed gives the same vectors at any number of
/// threads.
package struct SkipGram: EmbeddingTrainer {
    /// The settings.
    package struct Configuration: Codable, Sendable, Equatable {
        /// The length of the vectors.
        package var dimensions = 64
        /// The greatest distance of two items that count as neighbours.
        package var window = 5
        /// The number of negatives for each pair of neighbours.
        package var negatives = 5
        /// The number of passes over the sequences.
        package var epochs = 5
        /// Events of items with a greater frequency than this are dropped at random; 0 keeps all.
        package var subsampling = 1e-3
        /// The learning rate at the start; it falls linearly.
        package var learningRate: Float = 0.025
        /// The learning rate at the end.
        package var minimumLearningRate: Float = 1e-4
        /// The seed of all random numbers.
        package var seed: UInt64 = 1
        /// The number of threads; it does not change the result.
        package var threads = 2

        /// The default settings.
        package init() {}

        func validate() throws(LearningError) {
            let counts = [
                ("dimensions", dimensions, 1...4_096), ("window", window, 1...255),
                ("negatives", negatives, 1...1_000), ("epochs", epochs, 1...100_000),
                ("threads", threads, 1...1_024),
            ]
            for (name, value, range) in counts where !range.contains(value) {
                throw LearningError(
                    .invalidConfiguration,
                    "\(name) is \(value); it must be from \(range.lowerBound) "
                        + "to \(range.upperBound).")
            }
            guard subsampling >= 0, learningRate > 0, learningRate.isFinite,
                minimumLearningRate >= 0, minimumLearningRate <= learningRate
            else {
                throw LearningError(
                    .invalidConfiguration,
                    "subsampling must not be negative, learningRate must be positive, "
                        + "minimumLearningRate between 0 and learningRate.")
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
    /// - Throws: `LearningError` if the configuration or the data is not usable, or the vectors
    ///   diverge.
    package func train(
        _ sequences: EventSequences, itemCount: Int, progress: (TrainingProgress) -> Void
    ) throws(LearningError) -> Embeddings {
        try configuration.validate()
        try validateEmbeddingData(sequences, itemCount: itemCount)
        let run = SkipGramRun(configuration, sequences, itemCount: itemCount)
        let watch = Stopwatch()
        for epoch in 0..<configuration.epochs {
            run.trainEpoch(epoch) { done, loss in
                progress(
                    TrainingProgress(
                        stage: "skip-gram", epoch: epoch + 1, epochs: configuration.epochs,
                        eventsDone: epoch * sequences.items.count + done,
                        eventsTotal: configuration.epochs * sequences.items.count, loss: loss,
                        secondsElapsed: watch.seconds))
            }
        }
        let vectors = run.vectors
        guard vectors.allSatisfy(\.isFinite) else {
            throw LearningError(
                .diverged, "Skip-gram vectors are no longer finite. Lower the learning rate.")
        }
        return Embeddings(
            dimensions: configuration.dimensions, count: itemCount, vectors: vectors)
    }
}

/// Checks the data of an embedding trainer.
func validateEmbeddingData(
    _ sequences: EventSequences, itemCount: Int
) throws(LearningError) {
    guard itemCount > 0, itemCount <= 50_000_000 else {
        throw LearningError(
            .invalidConfiguration, "itemCount is \(itemCount); it must be from 1 to 50000000.")
    }
    try sequences.validate(itemCount: itemCount, typeCount: nil)
    guard SequenceTrainer.exampleCount(sequences) > 0 else {
        throw LearningError(
            .noData, "There is no sequence with two or more events to learn from.")
    }
}

/// The tables and the loop of one skip-gram training.
private final class SkipGramRun {
    /// The mean number of updates of the most frequent row between two reads of the tables, in
    /// pairs.
    private static let massTarget = 64.0
    /// The greatest number of updates of a row between two reads, in pairs; more are scaled down.
    ///
    /// It is above the mean, because an item's events come in bursts, for example within a visit.
    private static let massLimit: Float = 192
    /// The greatest number of groups computed from the same tables.
    private static let groupLimit = 64

    private let configuration: SkipGram.Configuration
    private let sequences: EventSequences
    private let input: MatrixView  // I × D
    private let output: MatrixView  // I × D
    private let masses: FloatStorage
    private let keep: [Double]
    private let noise: AliasTable?
    private let groups: [NegativeSamplingGroup]

    init(_ configuration: SkipGram.Configuration, _ sequences: EventSequences, itemCount: Int) {
        self.configuration = configuration
        self.sequences = sequences
        let width = configuration.dimensions
        input = FloatStorage(count: itemCount * width).view(rows: itemCount, columns: width)
        output = FloatStorage(count: itemCount * width).view(rows: itemCount, columns: width)
        masses = FloatStorage(count: 2 * itemCount)
        var generator = PhiloxGenerator(seed: configuration.seed, stream: 1)
        for row in 0..<itemCount {
            for column in 0..<width {
                input[row, column] = Float(generator.uniform() * 2 - 1) / Float(width)
            }
        }
        var counts = [Double](repeating: 0, count: itemCount)
        for item in sequences.items { counts[Int(item)] += 1 }
        let total = Double(max(1, sequences.items.count))
        let limit = configuration.subsampling
        keep = counts.map { count in
            let frequency = count / total
            guard limit > 0, frequency > limit else { return 1 }
            return min(1, (limit / frequency).squareRoot() + limit / frequency)
        }
        noise = AliasTable(weights: counts.map { $0.squareRoot() * $0.squareRoot().squareRoot() })
        // So few groups that the updates of the most frequent item stay near the target.
        let most = zip(counts, keep).map { $0 * $1 }.max() ?? 1
        let kept = zip(counts, keep).reduce(0) { $0 + $1.0 * $1.1 }
        let massPerToken = Double(configuration.window + 1) * Double(1 + configuration.negatives)
        let tokens = Self.massTarget * max(1, kept) / (max(1, most) * massPerToken)
        let count = min(Self.groupLimit, max(1, Int(tokens) / NegativeSamplingGroup.centres))
        groups = (0..<count).map { _ in
            NegativeSamplingGroup(dimensions: width, window: configuration.window)
        }
    }

    var vectors: [Float] { input.storage.elements }

    /// The tokens of an epoch: events of frequent items dropped, and a random reach for each token.
    private func tokens(_ epoch: Int) -> TokenStream {
        let numbers = Philox(
            seed: configuration.seed, stream: 2 + UInt64(epoch) << 8)
        var tokens = TokenStream()
        tokens.items.reserveCapacity(sequences.items.count)
        tokens.sequences.reserveCapacity(sequences.items.count)
        tokens.reaches.reserveCapacity(sequences.items.count)
        for sequence in 0..<sequences.count {
            for index in sequences.range(of: sequence) {
                let random = numbers.block(at: UInt64(index))
                let item = sequences.items[index]
                guard Double(random.x) * 0x1p-32 < keep[Int(item)] else { continue }
                tokens.items.append(item)
                tokens.sequences.append(Int32(truncatingIfNeeded: sequence))
                let reach = (UInt64(random.y) * UInt64(configuration.window)) >> 32
                tokens.reaches.append(UInt8(reach + 1))
            }
        }
        return tokens
    }

    /// The batches of groups between two reports of progress.
    private static let batchesPerReport = 64

    func trainEpoch(_ epoch: Int, report: (Int, Double) -> Void) {
        guard let noise else { return }
        let plan = EpochPlan(
            epoch: epoch, tokens: tokens(epoch), noise: noise,
            numbers: Philox(seed: configuration.seed, stream: 3 + UInt64(epoch) << 8))
        let perBatch = groups.count
        let batches = (plan.groupCount + perBatch - 1) / perBatch
        var first = 0
        var lossSum = 0.0
        var lossCount = 0
        while first < batches {
            let range = first..<min(batches, first + Self.batchesPerReport)
            train(plan, batches: range)
            // The loss is for progress reports only, so one group is enough.
            lossSum += groups[0].loss()
            lossCount += 1
            let done = Double(range.upperBound) / Double(batches)
            report(Int(done * Double(sequences.items.count)), lossSum / Double(lossCount))
            first = range.upperBound
        }
    }

    /// The input of an epoch, read by all threads.
    private struct EpochPlan: Sendable {
        let epoch: Int
        let tokens: TokenStream
        let noise: AliasTable
        let numbers: Philox

        var groupCount: Int {
            (tokens.items.count + NegativeSamplingGroup.centres - 1)
                / NegativeSamplingGroup.centres
        }

        func negatives(_ group: Int) -> [Int32] {
            let size = NegativeSamplingGroup.centres
            return (0..<size).map { index in
                Int32(noise.sample(numbers.uniform(at: UInt64(group * size + index))))
            }
        }
    }

    /// Trains on some batches: computes all groups of a batch from the tables, then adds them.
    private func train(_ plan: EpochPlan, batches: Range<Int>) {
        let (input, output, masses, groups) = (input, output, masses, groups)
        let perPair = Float(configuration.negatives)
        let rates = batches.map { batch in
            learningRate(
                plan.epoch, Double(batch * groups.count) / Double(max(1, plan.groupCount)))
        }
        // With fewer than four groups a thread, the barriers would cost more than they save.
        let threads = max(1, min(configuration.threads, groups.count / 4))
        ThreadTeam.run(threads: threads) { member, team in
            for batch in batches {
                let start = batch * groups.count
                let length = min(groups.count, plan.groupCount - start)
                for index in stride(from: member, to: length, by: team.count) {
                    groups[index].compute(
                        plan.tokens, first: (start + index) * NegativeSamplingGroup.centres,
                        negatives: plan.negatives(start + index), negativesPerPair: perPair,
                        inputTable: input, outputTable: output)
                }
                team.barrier()
                NegativeSamplingGroup.apply(
                    groups[0..<length], task: member, tasks: team.count,
                    rate: rates[batch - batches.lowerBound], massLimit: Self.massLimit,
                    masses: masses, inputTable: input, outputTable: output)
                team.barrier()
            }
        }
    }

    private func learningRate(_ epoch: Int, _ done: Double) -> Float {
        let progress = Float((Double(epoch) + done) / Double(configuration.epochs))
        return configuration.learningRate
            - (configuration.learningRate - configuration.minimumLearningRate) * progress
    }
}
