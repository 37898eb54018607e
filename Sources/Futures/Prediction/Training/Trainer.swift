package import Foundation
import Kernels
package import Learning
import Shop

/// Trains a model from sequences of events.
///
/// 1. Hold out some sequences.
/// 2. Train item vectors, then the LSTM, which starts with them and stops early by the held-out
///    loss.
/// 3. Count the other experts without the held-out sequences.
/// 4. Add new items by their descriptions.
/// 5. Learn mixture and reranker on the held-out sequences.
/// 6. Count the other experts again with all sequences.
package struct Trainer: Sendable {
    /// The settings.
    package let configuration: TrainingConfiguration
    private let checkpoints: URL?

    /// Makes a trainer.
    ///
    /// - Parameters:
    ///   - configuration: The settings.
    ///   - checkpoints: The folder of checkpoints, written after each epoch of the LSTM. A run with
    ///     the same settings and data resumes from a checkpoint, with the same result to the last
    ///     bit. A checkpoint that cannot be written is skipped.
    /// - Throws: ``PredictionError`` if a setting is out of its range.
    package init(
        _ configuration: TrainingConfiguration, checkpoints: URL? = nil
    ) throws(PredictionError) {
        try configuration.validate()
        self.configuration = configuration
        self.checkpoints = checkpoints
    }

    /// Trains a model.
    ///
    /// - Parameters:
    ///   - data: The catalogue and the sequences.
    ///   - progress: Receives reports of progress.
    /// - Returns: The model, its metrics, and the held-out sequences, with which other models can
    ///   be measured.
    /// - Throws: ``PredictionError`` if there is too little data, `LearningError`, or
    ///   `CancellationError` if the task is cancelled: after the item vectors, after an epoch of
    ///   the LSTM with a checkpoint, or after the LSTM.
    package func train(
        _ data: TrainingData, progress: @escaping (TrainingProgress) -> Void
    ) throws -> (model: PredictionModel, metrics: TrainingMetrics, heldOut: HeldOut) {
        let itemCount = data.catalogue.count
        guard data.sequences.count >= 2, data.sequences.items.count >= 10 else {
            throw PredictionError(
                .data,
                "There are \(data.sequences.items.count) events of \(data.sequences.count) "
                    + "customers to learn from. Ingest at least 10 events of 2 customers.")
        }
        let (training, heldOut) = split(data)
        let learned = try SkipGram(configuration.embeddings)
            .train(training, itemCount: itemCount, progress: progress)
        try Task.checkCancellation()
        let trained = try trainSequence(
            training, heldOut, itemCount: itemCount, data.eventTypes, embeddings: learned, progress)
        try Task.checkCancellation()
        let threads = configuration.sequence.threads
        func stage(_ name: String) -> TrainingStage { TrainingStage(name, progress) }
        let expert = SequenceExpert(model: trained.model, eventTypes: data.eventTypes)
        let examples = HeldOutExamples(heldOut, seed: configuration.seed).replayed(
            by: expert, threads: threads, stage: stage("replay held out"))
        let newItems = NewItems(data)
        let catalogue = newItems.catalogue
        let embeddings = newItems.joined(to: learned)
        let sequence = newItems.joined(to: expert, queries: examples.queries)
        let even = PredictionModel(
            catalogue: catalogue, embeddings: embeddings, sequence: sequence,
            counted: CountedExperts(
                training, itemCount: catalogue.count, eventTypes: data.eventTypes),
            mixture: Mixture(even: ExpertID.allCases), configuration: configuration)
        let cases = examples.cases(even, threads: threads, stage: stage("expert predictions"))
        let mixture = Mixture(
            names: ExpertID.allCases, cases: cases, stage: stage("mixture weights"))
        let mixed = even.replacing(mixture: mixture)
        let lists = examples.rerankerExamples(
            mixed, threads: threads, stage: stage("list candidates"))
        let reranker = RerankerTraining(lists).reranker(stage("reranker"))
        let reranked = mixed.replacing(reranker: reranker)
        let bits = examples.bits(reranked, threads: threads, stage: stage("check"))
        let metrics = TrainingMetrics(
            data: data, heldOut: heldOut.count, curve: trained.curve, mixture: mixture,
            cases: cases, bits: bits)
        let heldOutSet = HeldOut(examples, catalogue: catalogue)
        var whole = reranked.replacing(
            counted: CountedExperts(
                data.sequences, itemCount: catalogue.count, keys: data.keys,
                eventTypes: data.eventTypes))
        whole.churn = ChurnModel(data.sequences)
        if let demandData = data.demandData {
            whole.response = ResponseTraining(
                demandData, catalogue: catalogue, threads: threads
            ).response()
        }
        return (whole, metrics, heldOutSet)
    }

    /// Trains the LSTM, from a checkpoint if there is one of this run.
    private func trainSequence(
        _ training: EventSequences, _ heldOut: EventSequences, itemCount: Int,
        _ eventTypes: EventVocabulary, embeddings: Embeddings,
        _ progress: @escaping (TrainingProgress) -> Void
    ) throws -> (model: SequenceModel, curve: [EpochLoss]) {
        let trainer = SequenceTrainer(configuration.sequence)
        let typeCount = eventTypes.count
        let training = training.numbered(by: eventTypes)
        let heldOut = heldOut.numbered(by: eventTypes)
        let found = checkpoint.flatMap { try? TrainingCheckpoint(path: $0.path) }
            .flatMap { point in
                trainer.canResume(
                    point, training, validation: heldOut, itemCount: itemCount,
                    typeCount: typeCount) ? point : nil
            }
        if let found {
            TrainingStage("resume", progress).report(
                epoch: found.epochs, of: configuration.sequence.epochs,
                examples: training.items.count, loss: found.loss ?? 0)
        }
        var afterEpoch: ((TrainingCheckpoint) throws(LearningError) -> Void)?
        if checkpoint != nil { afterEpoch = keepUnlessCancelled }
        do {
            return try trainer.train(
                training, validation: heldOut, itemCount: itemCount, typeCount: typeCount,
                embeddings: embeddings, resuming: found, checkpoint: afterEpoch,
                progress: progress)
        } catch {
            guard error.code == .cancelled else { throw error }
            throw CancellationError()
        }
    }

    /// Writes a checkpoint, and ends the training if its task was cancelled.
    private func keepUnlessCancelled(_ point: TrainingCheckpoint) throws(LearningError) {
        keep(point)
        guard Task.isCancelled else { return }
        throw LearningError(.cancelled, "The training was cancelled after an epoch.")
    }

    /// The file of the LSTM's checkpoint.
    private var checkpoint: URL? { checkpoints?.appending(path: "sequence.safetensors") }

    /// Writes a checkpoint if possible.
    private func keep(_ point: TrainingCheckpoint) {
        guard let checkpoints, let checkpoint else { return }
        try? FileManager.default.createDirectory(
            at: checkpoints, withIntermediateDirectories: true)
        try? point.write(to: checkpoint.path)
    }

    /// Splits sequences into training sequences and held-out ones.
    ///
    /// The choice depends on the sequence's number and the seed. When a shop retrains, nearly all
    /// held-out sequences are held out again, so old and new model can be compared on them.
    func split(_ data: TrainingData) -> (training: EventSequences, heldOut: EventSequences) {
        let random = Philox(seed: configuration.seed, stream: 0x5EED)
        let order = data.numbers.enumerated()
            .map { (random.uniform(at: UInt64($0.element)), $0.offset) }.sorted { $0 < $1 }
            .map(\.1)
        let wanted = Int((Double(order.count) * configuration.heldOutShare).rounded())
        let count = min(max(1, wanted), order.count - 1, HeldOutExamples.sequenceLimit)
        return (
            data.sequences.subset(order.dropFirst(count).sorted()),
            data.sequences.subset(order.prefix(count).sorted())
        )
    }
}

extension EventSequences {
    /// The same events with the indices that a vocabulary gives their types.
    ///
    /// - Precondition: All types are in the vocabulary.
    func numbered(by eventTypes: EventVocabulary) -> EventSequences {
        var sequences = self
        sequences.types = types.map { raw in
            EventType(rawValue: raw).map(eventTypes.index) ?? EventVocabulary.unknownIndex
        }
        return sequences
    }
}
