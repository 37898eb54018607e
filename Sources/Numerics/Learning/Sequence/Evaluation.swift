import Kernels

/// Measures the losses of weights on sequences, without changing the weights.
struct Evaluation {
    let weights: SequenceWeights
    let packed: PackedWeights
    let candidates: Candidates
    let softmax: SoftmaxPool
    let batchRows: Int
    let steps: Int
    let threads: Int

    /// The sums over all events that have a predecessor, without dropout.
    func losses(_ sequences: EventSequences) -> LossSums {
        let batchRows = max(1, min(batchRows, sequences.count))
        let blocks = SequenceChunker.blockSizes(batchRows: batchRows).map {
            SequenceBlock(
                weights.configuration, batchRows: $0, steps: steps,
                candidates: 0)
        }
        let context = ChunkContext(
            weights: weights, packed: packed, candidates: candidates, softmax: softmax,
            gradientScale: 1, dropout: 0, dropoutSeed: Philox(seed: 0), learns: false)
        var chunker = SequenceChunker(
            sequences, order: Array(0..<sequences.count), batchRows: batchRows, steps: steps)
        var sums = LossSums()
        while let batches = chunker.nextChunk() {
            parallelFor(blocks.count, threads: threads) { index in
                blocks[index].run(batches[index], context)
            }
            for block in blocks { sums += block.losses }
        }
        return sums
    }
}

/// The mean losses of a model, in nats per event.
package struct SequenceLoss: Sendable, Equatable {
    /// −log p(gap) of the next event.
    package let gap: Double
    /// −log p(type | gap) of the next event.
    package let type: Double
    /// −log p(item | gap, type) of the next event.
    package let item: Double
    /// The number of events that were predicted.
    package let count: Int

    /// −log p of the next event.
    package var total: Double { gap + type + item }
}

extension SequenceModel {
    /// The mean loss on sequences, over the whole catalogue.
    ///
    /// The result does not depend on the number of threads.
    ///
    /// - Complexity: O(events · (itemCount · d + layers · d²)).
    /// - Throws: `LearningError` if the sequences do not fit the model or predict nothing.
    package func meanLoss(
        of sequences: EventSequences, threads: Int = 1
    ) throws(LearningError) -> SequenceLoss {
        try sequences.validate(
            itemCount: configuration.itemCount, typeCount: configuration.typeCount)
        let candidates = Candidates(all: configuration.itemCount, width: configuration.width)
        candidates.gather(weights)
        let evaluation = Evaluation(
            weights: weights, packed: packed, candidates: candidates,
            softmax: SoftmaxPool(), batchRows: 64, steps: 20, threads: threads)
        let sums = evaluation.losses(sequences)
        guard sums.count > 0 else {
            throw LearningError(
                .noData, "There is no sequence with two or more events to predict.")
        }
        let count = Double(sums.count)
        return SequenceLoss(
            gap: sums.gap / count, type: sums.type / count, item: sums.item / count,
            count: sums.count)
    }
}
