package import Foundation
import Kernels
package import Learning
import Shop

/// Trains a model from sequences of events.
///
/// The order of work: hold some sequences out; train item vectors, then the LSTM that starts from
/// them and stops when the held-out loss does; count the other evidence without the held-out
/// sequences; give new items vectors by what is said of them; learn the shares and the corrections
/// on the held-out sequences; count again with everybody.
package struct Trainer: Sendable {
    /// The settings.
    package let configuration: TrainingConfiguration
    private let checkpoints: URL?

    /// Makes a trainer.
    ///
    /// - Parameters:
    ///   - configuration: The settings.
    ///   - checkpoints: A folder that keeps after each epoch of the LSTM where the run stands. A
    ///     run that finds there one of the same settings and data goes on from it, with the same
    ///     result to the last bit. A run goes on without them where they cannot be written.
    /// - Throws: ``PredictionError`` when a setting is out of its range.
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
    ///   - progress: Told of the work as it goes.
    /// - Returns: The model, how well it did on the sequences held out, and these themselves, for
    ///   asking other models the same.
    /// - Throws: ``PredictionError`` when there is too little data, `LearningError`, or
    ///   `CancellationError` when the task is cancelled: after the item vectors, after an epoch of
    ///   the LSTM that was kept, or after the LSTM.
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
        let lessons = HeldOutExamples(heldOut, seed: configuration.seed).replayed(
            by: expert, threads: threads, stage: stage("replay held out"))
        let newItems = NewItems(data)
        let catalogue = newItems.catalogue
        let embeddings = newItems.joined(to: learned)
        let sequence = newItems.joined(to: expert, contexts: lessons.contexts)
        var counted = CountedExperts(
            training, itemCount: catalogue.count, eventTypes: data.eventTypes)
        func model(_ mixture: Mixture, _ reranker: Reranker) -> PredictionModel {
            PredictionModel(
                catalogue: catalogue, embeddings: embeddings, sequence: sequence,
                counted: counted, mixture: mixture, reranker: reranker,
                configuration: configuration)
        }
        let even = model(Mixture(even: ExpertID.allCases), .none)
        let cases = lessons.cases(even, threads: threads, stage: stage("ask the evidence"))
        let mixture = Mixture(
            names: ExpertID.allCases, cases: cases, stage: stage("shares"))
        let lists = lessons.rerankerLessons(
            model(mixture, .none), threads: threads, stage: stage("list candidates"))
        let reranker = RerankerTraining(lists).reranker(stage("corrections"))
        let bits = lessons.bits(
            model(mixture, reranker), threads: threads, stage: stage("check"))
        let metrics = TrainingMetrics(
            data: data, heldOut: heldOut.count, curve: trained.curve, mixture: mixture,
            cases: cases, bits: bits)
        counted = CountedExperts(
            data.sequences, itemCount: catalogue.count, keys: data.keys,
            eventTypes: data.eventTypes)
        let heldOutSet = HeldOut(lessons, catalogue: catalogue)
        var whole = model(mixture, reranker)
        whole.churn = ChurnModel(data.sequences)
        if let surroundings = data.surroundings {
            whole.response = ResponseTraining(
                surroundings, catalogue: catalogue, threads: threads
            ).response()
        }
        return (whole, metrics, heldOutSet)
    }

    /// Trains the LSTM, from the checkpoint on if there is one of this run.
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
            TrainingStage("resume", progress).tell(
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

    /// Keeps a checkpoint, and ends the training if its task was cancelled.
    private func keepUnlessCancelled(_ point: TrainingCheckpoint) throws(LearningError) {
        keep(point)
        guard Task.isCancelled else { return }
        throw LearningError(.cancelled, "The training was cancelled after an epoch.")
    }

    /// Where the LSTM's training keeps how far it is.
    private var checkpoint: URL? { checkpoints?.appending(path: "sequence.safetensors") }

    /// Keeps a checkpoint, if it can be written.
    private func keep(_ point: TrainingCheckpoint) {
        guard let checkpoints, let checkpoint else { return }
        try? FileManager.default.createDirectory(
            at: checkpoints, withIntermediateDirectories: true)
        try? point.write(to: checkpoint.path)
    }

    /// Splits sequences into those that are learned from and those that are held out.
    ///
    /// Who is held out depends on the sequence's number and the seed: when a shop retrains, nearly
    /// all who were held out are so again, and old and new model can be compared on them.
    func split(_ data: TrainingData) -> (training: EventSequences, heldOut: EventSequences) {
        let random = Philox(seed: configuration.seed, stream: 0x5EED)
        let order = data.numbers.enumerated()
            .map { (random.uniform(at: UInt64($0.element)), $0.offset) }.sorted { $0 < $1 }
            .map(\.1)
        let share = Int((Double(order.count) * configuration.heldOutShare).rounded())
        let count = min(max(1, share), order.count - 1, HeldOutExamples.sequenceLimit)
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
