import Kernels
package import Learning
package import Shop

/// Everything that training learned, as one thing: items, vectors, experts and the
/// shares with which they enter a prediction.
package struct PredictionModel: Sendable {
    /// The items that the model knows.
    package let catalogue: ModelCatalogue
    /// A vector for each item; similar items have similar vectors.
    package let embeddings: Embeddings
    /// The LSTM.
    package let sequence: SequenceExpert
    /// Frequency, recency and rhythm of a twin's own items.
    package let history: RepeatPurchaseModel
    /// What follows what for everybody.
    package let transitions: Transitions
    /// Nearest twins or sessions.
    package private(set) var neighbours: Neighbours
    /// What is being bought now.
    package let popularity: Popularity
    /// Shares of the sources.
    package let mixture: Mixture
    /// Corrections of what the mixture says of the likeliest items.
    package let reranker: Reranker
    /// How surely silent customers have left.
    package var churn = ChurnModel.never
    /// The settings it was trained with.
    package let configuration: TrainingConfiguration
    /// How the days around customers move what they buy.
    package var response = DemandResponseModel.none

    init(
        catalogue: ModelCatalogue, embeddings: Embeddings, sequence: SequenceExpert,
        counted: CountedExperts, mixture: Mixture, reranker: Reranker = .none,
        configuration: TrainingConfiguration
    ) {
        self.catalogue = catalogue
        self.embeddings = embeddings
        self.sequence = sequence
        self.history = counted.history
        self.transitions = counted.transitions
        self.neighbours = counted.neighbours
        self.popularity = counted.popularity
        self.mixture = mixture
        self.reranker = reranker
        self.configuration = configuration
    }

    /// The same model without the sequences of some customers; `nil` if it has none of them.
    func forgetting(_ erased: Set<RowKey>) -> PredictionModel? {
        guard let neighbours = neighbours.forgetting(erased) else { return nil }
        var model = self
        model.neighbours = neighbours
        return model
    }

    /// The event types that it was trained with; events of others are no evidence to it.
    package var eventTypes: EventVocabulary { sequence.eventTypes }

    /// The sources in the order of ``ExpertID``'s cases, as the mixture has them.
    package var sources: [any Expert] {
        [sequence, history, PersonalTransitions(), transitions, neighbours, popularity]
    }

    /// The distribution of the next event's item.
    ///
    /// - Parameters:
    ///   - context: What has happened, and what is asked.
    ///   - wanted: The sources that may speak; all unless given. Only what all of them say is
    ///     corrected.
    /// - Returns: A probability for each item, and what it is made of.
    package func prediction(
        for context: PredictionQuery, using wanted: Set<ExpertID> = Set(ExpertID.allCases)
    ) -> ItemDistribution {
        predictions(for: [context], using: wanted)[0]
    }

    /// The distributions of the next events' items in several contexts.
    ///
    /// As ``prediction(for:using:)`` of each, at a fraction of the time: the LSTM's item head is
    /// one matrix product.
    ///
    /// - Complexity: O(contexts × items) memory.
    package func predictions(
        for contexts: [PredictionQuery], using wanted: Set<ExpertID> = Set(ExpertID.allCases),
        corrected: Bool = true
    ) -> [ItemDistribution] {
        let isWhole = wanted.count == ExpertID.allCases.count
        let reranker = corrected && isWhole ? reranker : .none
        return readings(of: contexts, using: wanted).map {
            ItemDistribution($0, mixture, reranker, itemCount: catalogue.count)
        }
    }

    /// What the sources say in some contexts, and what their shares depend on there.
    func readings(
        of contexts: [PredictionQuery], using wanted: Set<ExpertID> = Set(ExpertID.allCases)
    ) -> [ExpertOutputs] {
        let states = contexts.map { sequence.state(in: $0) }
        let known = contexts.indices.filter { states[$0] != nil }
        let joined = sequence.model.state(joining: known.compactMap { states[$0] })
        let gaps = known.map { contexts[$0].gap }
        let weekParts = known.map { contexts[$0].weekPart }
        let types = known.map { eventTypes.index(of: contexts[$0].type) }
        let outlooks = sequence.model.gatingFeatures(
            joined, gaps: gaps, weekParts: weekParts, types: types)
        let items =
            wanted.contains(.sequence)
            ? sequence.model.itemProbabilities(
                joined, gaps: gaps, weekParts: weekParts, types: types) : nil
        var network = [(ExpertPrediction, ArraySlice<Float>)](
            repeating: (.none, []), count: contexts.count)
        for (row, place) in known.enumerated() {
            network[place] = (
                items.map { .dense(Array($0.row(row))) } ?? .none, Array(outlooks.row(row))[...]
            )
        }
        return zip(contexts, network).map { context, network in
            ExpertOutputs(
                context: context,
                situation: Mixture.GateInput(context, outlook: network.1),
                evidence: sources.map { source in
                    guard wanted.contains(source.name) else { return .none }
                    return source.name == .sequence ? network.0 : source.prediction(for: context)
                })
        }
    }

    /// What the shares depend on in a context.
    package func situation(in context: PredictionQuery) -> Mixture.GateInput {
        readings(of: [context], using: [])[0].situation
    }

    /// The context of a twin's next visit: when and of which type the LSTM expects it.
    ///
    /// - Parameters:
    ///   - history: What has happened so far.
    ///   - types: The types that the question is about; all unless given.
    ///   - laterOnly: Whether one more item for the newest moment is no answer.
    /// - Returns: The context to ask ``prediction(for:using:)`` about.
    package func nextQuery(
        after history: History, types: [EventType]? = nil, laterOnly: Bool = true
    ) -> PredictionQuery {
        expected(after: history, types: types, laterOnly: laterOnly, covering: 0)[0].context
    }

    /// How much of the probability of all times the contexts of ``nextQueries(after:types:)`` hold.
    private static let visitShare: Float = 0.9

    /// The contexts of a twin's next visit whenever it comes: those of the likeliest times, each
    /// with its probability among them.
    ///
    /// What a visit holds depends on how long after the last one it comes, so what the next visit
    /// holds, whenever it is, is the sum over these.
    ///
    /// - Parameters:
    ///   - history: What has happened so far.
    ///   - types: The types that the question is about; all unless given.
    /// - Returns: At least one context, the likeliest first; the shares sum to 1.
    package func nextQueries(
        after history: History, types: [EventType]? = nil
    ) -> [(context: PredictionQuery, share: Float)] {
        expected(after: history, types: types, laterOnly: true, covering: Self.visitShare)
    }

    private func expected(
        after history: History, types: [EventType]?, laterOnly: Bool, covering share: Float
    ) -> [(context: PredictionQuery, share: Float)] {
        let last = history.lastTime ?? 0
        guard let state = sequence.state(after: history) else {
            let context = PredictionQuery(
                history: history, time: last + 86_400,
                type: types?.first ?? eventTypes.types.first ?? .view, sameBasket: false)
            return [(context, 1)]
        }
        return sequence.expectations(
            state, laterOnly: laterOnly, types: types, covering: share
        ).map { expected in
            let bounds = TimeGap.bounds(expected.gap)
            let time = history.usualTime(in: last + bounds.lowerBound...last + bounds.upperBound)
            let context = PredictionQuery(
                history: history, time: time, type: expected.type,
                sameBasket: !laterOnly && expected.gap == 0, state: state)
            return (context, expected.share)
        }
    }
}

/// What the sources say in one context, before they are mixed.
struct ExpertOutputs: Sendable {
    /// What is asked.
    var context: PredictionQuery
    /// What the shares depend on.
    var situation: Mixture.GateInput
    /// What each source says, in the order of the mixture.
    var evidence: [ExpertPrediction]
}

/// The experts that are counted, not trained by gradient.
struct CountedExperts: Sendable {
    var history: RepeatPurchaseModel
    var transitions: Transitions
    var neighbours: Neighbours
    var popularity: Popularity

    init(
        history: RepeatPurchaseModel, transitions: Transitions, neighbours: Neighbours,
        popularity: Popularity
    ) {
        self.history = history
        self.transitions = transitions
        self.neighbours = neighbours
        self.popularity = popularity
    }

    /// Counts them all on some sequences; the keys tell whose they are, if anybody needs to know.
    init(
        _ sequences: EventSequences, itemCount: Int, keys: [RowKey] = [],
        eventTypes: EventVocabulary = .original
    ) {
        history = RepeatPurchaseModel(sequences, eventTypes: eventTypes)
        transitions = Transitions(sequences, itemCount: itemCount)
        neighbours = Neighbours(sequences, itemCount: itemCount, keys: keys)
        popularity = Popularity(sequences, itemCount: itemCount)
    }
}
