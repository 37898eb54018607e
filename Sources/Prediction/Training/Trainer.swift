import Kernels
public import Learning

/// Trains a model from sequences of events.
///
/// The order of work: hold some sequences out; train item vectors, then the LSTM that starts from
/// them and stops when the held-out loss does; count the other evidence without the held-out
/// sequences; learn the shares and the corrections on them; count again with everybody.
public struct Trainer: Sendable {
    /// The settings.
    public let configuration: TrainingConfiguration

    /// Makes a trainer.
    ///
    /// - Throws: ``PredictionError`` when a setting is out of its range.
    public init(_ configuration: TrainingConfiguration) throws(PredictionError) {
        try configuration.validate()
        self.configuration = configuration
    }

    /// Trains a model.
    ///
    /// - Parameters:
    ///   - data: The catalogue and the sequences.
    ///   - progress: Told of the work as it goes.
    /// - Returns: The model, how well it did on the sequences held out, and these themselves, for
    ///   asking other models the same.
    /// - Throws: ``PredictionError`` when there is too little data, or `LearningError`.
    public func train(
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
        let embeddings = try SkipGram(configuration.embeddings)
            .train(training, itemCount: itemCount, progress: progress)
        let trained = try SequenceTrainer(configuration.sequence).train(
            training, validation: heldOut, itemCount: itemCount,
            typeCount: RepetitionFeatures.typeCount, embeddings: embeddings, progress: progress)
        let sequence = SequenceEvidence(model: trained.model)
        let threads = configuration.sequence.threads
        func stage(_ name: String) -> TrainingStage { TrainingStage(name, progress) }
        let lessons = MixtureLessons(heldOut, seed: configuration.seed)
            .replayed(by: sequence, threads: threads, stage: stage("replay held out"))
        var counted = CountedEvidence(training, itemCount: itemCount)
        func model(_ mixture: Mixture, _ stacking: Stacking) -> PredictionModel {
            PredictionModel(
                catalogue: data.catalogue, embeddings: embeddings, sequence: sequence,
                counted: counted, mixture: mixture, stacking: stacking,
                configuration: configuration)
        }
        let even = model(Mixture(even: EvidenceName.allCases), .none)
        let cases = lessons.cases(even, threads: threads, stage: stage("ask the evidence"))
        let mixture = Mixture(
            names: EvidenceName.allCases, cases: cases, stage: stage("shares"))
        let lists = lessons.stackingLessons(
            model(mixture, .none), threads: threads, stage: stage("list candidates"))
        let stacking = StackingTraining(lists).stacking(stage("corrections"))
        let bits = lessons.bits(
            model(mixture, stacking), threads: threads, stage: stage("check"))
        let metrics = TrainingMetrics(
            data: data, heldOut: heldOut.count, curve: trained.curve, mixture: mixture,
            cases: cases, bits: bits)
        counted = CountedEvidence(data.sequences, itemCount: itemCount)
        let heldOutSet = HeldOut(lessons, catalogue: data.catalogue)
        return (model(mixture, stacking), metrics, heldOutSet)
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
        let count = min(max(1, share), order.count - 1, MixtureLessons.sequenceLimit)
        return (
            data.sequences.subset(order.dropFirst(count).sorted()),
            data.sequences.subset(order.prefix(count).sorted())
        )
    }
}
