import Kernels

/// The candidates of the validation loss; it is exact if there are no more items than that.
private let validationCandidates = 8_192

/// The random streams of a training run; stream 1 is for the initial weights.
private enum Stream {
    static let order: UInt64 = 2
    static let validation: UInt64 = 3
    /// Plus 2 · the number of the chunk.
    static let candidates: UInt64 = 1 << 32
    /// Plus 2 · (the number of the chunk · 4,096 + the index of the block).
    static let dropout: UInt64 = 1 << 60
}

/// One training run: the blocks, the optimiser, and the loop over epochs.
final class TrainingRun {
    private let configuration: SequenceTrainer.Configuration
    let weights: SequenceWeights
    private let packed: PackedWeights
    private let training: EventSequences
    private let validation: EventSequences
    private let sampler: CandidateSampler
    private let softmax = SoftmaxPool()
    let optimizer: SequenceOptimizer
    let blocks: [SequenceBlock]
    private let batchRows: Int
    private let validationExamples: Int
    private var chunk: UInt64 = 0
    private var learningRate: Float
    private var epochsWithoutGain = 0
    private var curve: [EpochLoss] = []

    init(
        _ configuration: SequenceTrainer.Configuration, weights: SequenceWeights,
        training: EventSequences, validation: EventSequences
    ) {
        self.configuration = configuration
        self.weights = weights
        self.training = training
        self.validation = validation
        learningRate = configuration.learningRate
        packed = PackedWeights(weights)
        let sizes = weights.configuration
        sampler = CandidateSampler(training, itemCount: sizes.itemCount, width: sizes.width)
        optimizer = SequenceOptimizer(
            weights, clip: configuration.clip, threads: configuration.threads)
        let useful = (0..<training.count).count { training.range(of: $0).count >= 2 }
        batchRows = max(1, min(configuration.batch, useful))
        let candidates = min(configuration.negatives, sizes.itemCount)
        blocks = SequenceChunker.blockSizes(batchRows: batchRows).map {
            SequenceBlock(
                sizes, batchRows: $0, steps: configuration.steps, candidates: candidates)
        }
        validationExamples = SequenceTrainer.exampleCount(validation)
    }

    /// Continues from a checkpoint, which the caller has checked.
    func resume(_ checkpoint: TrainingCheckpoint, best: SequenceWeights) {
        weights.copy(from: checkpoint.tables[0])
        best.copy(from: checkpoint.tables[1])
        optimizer.resume(
            first: checkpoint.tables[2], second: checkpoint.tables[3],
            step: checkpoint.progress.optimizerSteps)
        chunk = checkpoint.progress.chunks
        learningRate = checkpoint.progress.learningRate
        epochsWithoutGain = checkpoint.progress.epochsWithoutGain
        curve = checkpoint.curve
    }

    /// The state of the run between two epochs.
    private func checkpoint(best: SequenceWeights, data: UInt64) -> TrainingCheckpoint {
        var settings = configuration
        settings.threads = 1  // does not change the result
        return TrainingCheckpoint(
            progress: TrainingCheckpoint.Progress(
                configuration: settings, sizes: weights.configuration, data: data,
                epochs: curve.count, chunks: chunk, optimizerSteps: optimizer.step,
                learningRate: learningRate, epochsWithoutGain: epochsWithoutGain),
            tables: [weights, best, optimizer.first, optimizer.second].map { $0.copy() },
            curve: curve)
    }

    /// Runs the remaining epochs, and copies the best weights to `best`.
    func train(
        best: SequenceWeights, examples: Int, progress: (TrainingProgress) -> Void,
        checkpoint save: ((TrainingCheckpoint) throws(LearningError) -> Void)? = nil
    ) throws(LearningError) -> [EpochLoss] {
        let watch = Stopwatch()
        let data = save == nil ? 0 : SequenceTrainer.fingerprint(training, validation)
        while curve.count < configuration.epochs, epochsWithoutGain < configuration.patience {
            let epoch = curve.count + 1
            let loss = try trainEpoch(epoch, learningRate: learningRate) { sums in
                progress(
                    TrainingProgress(
                        stage: "sequence model", epoch: epoch, epochs: configuration.epochs,
                        eventsDone: (epoch - 1) * examples + sums.count,
                        eventsTotal: configuration.epochs * examples, loss: sums.mean,
                        secondsElapsed: watch.seconds))
            }
            try finish(epoch, training: loss, best: best)
            if let save { try save(checkpoint(best: best, data: data)) }
        }
        return curve
    }

    /// Measures an epoch, and updates the best weights and the learning rate.
    private func finish(
        _ epoch: Int, training loss: Double, best: SequenceWeights
    ) throws(LearningError) {
        let validationLoss = validationExamples > 0 ? evaluate(validation) : nil
        guard validationLoss?.isFinite ?? true else { throw Self.divergence(epoch) }
        let lowest = curve.compactMap(\.validation).min() ?? .infinity
        curve.append(
            EpochLoss(
                epoch: epoch, training: loss, validation: validationLoss,
                learningRate: Double(learningRate)))
        guard let validationLoss, validationLoss >= lowest else {
            epochsWithoutGain = 0
            best.copy(from: weights)
            return
        }
        epochsWithoutGain += 1
        learningRate /= 2
    }

    private static func divergence(_ epoch: Int) -> LearningError {
        LearningError(
            .diverged,
            "The loss is no longer a finite number in epoch \(epoch). Lower the learning rate.")
    }

    private func trainEpoch(
        _ epoch: Int, learningRate: Float, report: (LossSums) -> Void
    ) throws(LearningError) -> Double {
        var order = Array(0..<training.count)
        var generator = PhiloxGenerator(
            seed: configuration.seed, stream: Stream.order + UInt64(epoch) << 40)
        generator.shuffle(&order)
        var chunker = SequenceChunker(
            training, order: order, batchRows: batchRows, steps: configuration.steps)
        for block in blocks { block.reset() }
        var sums = LossSums()
        var chunksSinceReport = 0
        while let batches = chunker.nextChunk() {
            sums += learn(batches, learningRate: learningRate)
            guard sums.mean.isFinite else { throw Self.divergence(epoch) }
            chunksSinceReport += 1
            if chunksSinceReport == 16 {
                chunksSinceReport = 0
                report(sums)
            }
        }
        report(sums)
        return sums.mean
    }

    /// Makes one step of the optimiser with one chunk.
    func learn(_ batches: [BlockBatch], learningRate: Float) -> LossSums {
        chunk += 1
        let active = batches.reduce(0) { $0 + $1.activeCount }
        // A chunk with few examples, at the end of an epoch, gets a smaller weight than a full one.
        let capacity = batches.reduce(0) { $0 + $1.rows }
        let candidates = sampler.sample(
            configuration.negatives,
            from: Philox(seed: configuration.seed, stream: Stream.candidates + 2 * chunk))
        candidates.gather(weights)
        packed.pack(weights)
        let (weights, packed, blocks, softmax) = (weights, packed, blocks, softmax)
        let (seed, dropout, chunk) = (configuration.seed, configuration.dropout, chunk)
        parallelFor(blocks.count, threads: configuration.threads) { index in
            let stream = Stream.dropout + 2 * (chunk * 4_096 + UInt64(index))
            blocks[index].run(
                batches[index],
                ChunkContext(
                    weights: weights, packed: packed, candidates: candidates,
                    softmax: softmax, gradientScale: 1 / Float(max(active, capacity / 4)),
                    dropout: dropout,
                    dropoutSeed: Philox(seed: seed, stream: stream), learns: true))
        }
        optimizer.apply(blocks, batches, candidates, learningRate: learningRate)
        return blocks.reduce(into: LossSums()) { $0 += $1.losses }
    }

    /// The mean loss on held-out sequences, without dropout, with the same candidates every time.
    func evaluate(_ sequences: EventSequences) -> Double {
        let candidates = sampler.sample(
            validationCandidates,
            from: Philox(seed: configuration.seed, stream: Stream.validation))
        candidates.gather(weights)
        packed.pack(weights)
        let evaluation = Evaluation(
            weights: weights, packed: packed, candidates: candidates, softmax: softmax,
            batchRows: configuration.batch, steps: configuration.steps,
            threads: configuration.threads)
        return evaluation.losses(sequences).mean
    }
}
