import Kernels
package import Learning
package import Shop

/// A trained model: catalogue, item vectors, experts, mixture, reranker, churn and demand response.
package struct PredictionModel: Sendable {
    /// The items that the model knows.
    package let catalogue: ModelCatalogue
    /// The vector of each item; similar items have similar vectors.
    package let embeddings: Embeddings
    /// The LSTM.
    package let sequence: SequenceExpert
    /// The repeat purchase model.
    package let history: RepeatPurchaseModel
    /// The transitions of all customers.
    package let transitions: Transitions
    /// The nearest customers or sessions.
    package private(set) var neighbours: Neighbours
    /// The popularity of items.
    package let popularity: Popularity
    /// The weights of the experts.
    package let mixture: Mixture
    /// The corrections of the most likely items.
    package let reranker: Reranker
    /// The churn probabilities of silent customers.
    package var churn = ChurnModel.never
    /// The settings of the training.
    package let configuration: TrainingConfiguration
    /// The effects of weather, events, trends, prices and seasons on demand.
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

    /// A copy without the sequences of some customers; `nil` if it has none of them.
    func forgetting(_ erased: Set<RowKey>) -> PredictionModel? {
        guard let neighbours = neighbours.forgetting(erased) else { return nil }
        var model = self
        model.neighbours = neighbours
        return model
    }

    /// A copy with other parts; those that are `nil` stay.
    func replacing(
        counted: CountedExperts? = nil, mixture: Mixture? = nil, reranker: Reranker? = nil
    ) -> PredictionModel {
        var model = PredictionModel(
            catalogue: catalogue, embeddings: embeddings, sequence: sequence,
            counted: counted
                ?? CountedExperts(
                    history: history, transitions: transitions, neighbours: neighbours,
                    popularity: popularity),
            mixture: mixture ?? self.mixture, reranker: reranker ?? self.reranker,
            configuration: configuration)
        (model.churn, model.response) = (churn, response)
        return model
    }

    /// The event types that the model was trained with; it ignores events of other types.
    package var eventTypes: EventVocabulary { sequence.eventTypes }

    /// The experts, in the order of ``ExpertID``'s cases and of the mixture.
    package var experts: [any Expert] {
        [sequence, history, PersonalTransitions(), transitions, neighbours, popularity]
    }

    /// The distribution of the next event's item.
    ///
    /// - Parameters:
    ///   - query: The history, and the time and type of the next event.
    ///   - wanted: The experts to use. Only the mixture of all of them is reranked.
    /// - Returns: A probability for each item, with the experts' parts.
    package func prediction(
        for query: PredictionQuery, using wanted: Set<ExpertID> = Set(ExpertID.allCases)
    ) -> ItemDistribution {
        predictions(for: [query], using: wanted)[0]
    }

    /// The distributions of the next events' items of several queries.
    ///
    /// Equal to ``prediction(for:using:)`` of each, but faster: the LSTM's item layer is one matrix
    /// product.
    ///
    /// - Parameters:
    ///   - queries: The queries.
    ///   - wanted: The experts to use. Only the mixture of all of them is reranked.
    ///   - corrected: Whether to rerank.
    /// - Returns: One distribution for each query.
    /// - Complexity: O(queries × items) memory.
    package func predictions(
        for queries: [PredictionQuery], using wanted: Set<ExpertID> = Set(ExpertID.allCases),
        corrected: Bool = true
    ) -> [ItemDistribution] {
        let isWhole = wanted.count == ExpertID.allCases.count
        let reranker = corrected && isWhole ? reranker : .none
        return expertOutputs(for: queries, using: wanted).map {
            ItemDistribution($0, mixture, reranker, itemCount: catalogue.count)
        }
    }

    /// The experts' predictions and the gate inputs of some queries.
    func expertOutputs(
        for queries: [PredictionQuery], using wanted: Set<ExpertID> = Set(ExpertID.allCases)
    ) -> [ExpertOutputs] {
        let states = queries.map { sequence.state(for: $0) }
        let known = queries.indices.filter { states[$0] != nil }
        let joined = sequence.model.state(joining: known.compactMap { states[$0] })
        let gaps = known.map { queries[$0].gap }
        let weekParts = known.map { queries[$0].weekPart }
        let types = known.map { eventTypes.index(of: queries[$0].type) }
        let gatingFeatures = sequence.model.gatingFeatures(
            joined, gaps: gaps, weekParts: weekParts, types: types)
        let items =
            wanted.contains(.sequence)
            ? sequence.model.itemProbabilities(
                joined, gaps: gaps, weekParts: weekParts, types: types) : nil
        var network = [(ExpertPrediction, ArraySlice<Float>)](
            repeating: (.none, []), count: queries.count)
        for (row, index) in known.enumerated() {
            network[index] = (
                items.map { .dense(Array($0.row(row))) } ?? .none,
                Array(gatingFeatures.row(row))[...]
            )
        }
        return zip(queries, network).map { query, network in
            ExpertOutputs(
                query: query,
                gateInput: Mixture.GateInput(query, gatingFeatures: network.1),
                predictions: experts.map { expert in
                    guard wanted.contains(expert.name) else { return .none }
                    return expert.name == .sequence ? network.0 : expert.prediction(for: query)
                })
        }
    }

    /// The gate input of a query.
    package func gateInput(for query: PredictionQuery) -> Mixture.GateInput {
        expertOutputs(for: [query], using: [])[0].gateInput
    }

    /// The query for a customer's next basket, at the time and of the type that the LSTM finds most
    /// likely.
    ///
    /// - Parameters:
    ///   - history: The events so far.
    ///   - types: The allowed types; all if `nil`.
    /// - Returns: A query for ``prediction(for:using:)``.
    package func nextQuery(
        after history: History, types: [EventType]? = nil
    ) -> PredictionQuery {
        expectedQueries(after: history, types: types, coverage: 0)[0].query
    }

    /// The probability that the times of ``nextQueries(after:types:)`` have together.
    private static let queryCoverage: Float = 0.9

    /// The queries for a customer's next basket at its most likely times, with their probabilities.
    ///
    /// The items of a basket depend on how long after the last one it comes. The sum of the
    /// predictions, weighted by the probabilities, is the prediction for a basket at an unknown
    /// time.
    ///
    /// - Parameters:
    ///   - history: The events so far.
    ///   - types: The allowed types; all if `nil`.
    /// - Returns: At least one query, the most likely first; the probabilities sum to 1.
    package func nextQueries(
        after history: History, types: [EventType]? = nil
    ) -> [(query: PredictionQuery, probability: Float)] {
        expectedQueries(after: history, types: types, coverage: Self.queryCoverage)
    }

    /// As ``nextQueries(after:types:)``, with times that have the probability `coverage` together.
    private func expectedQueries(
        after history: History, types: [EventType]?, coverage: Float
    ) -> [(query: PredictionQuery, probability: Float)] {
        let last = history.lastTime ?? 0
        guard let state = sequence.state(after: history) else {
            let query = PredictionQuery(
                history: history, time: last + 86_400,
                type: types?.first ?? eventTypes.types.first ?? .view, sameBasket: false)
            return [(query, 1)]
        }
        return sequence.expectations(
            state, types: types, coverage: coverage
        ).map { expected in
            let bounds = TimeGap.bounds(expected.gap)
            let time = history.likeliestTime(
                in: last + bounds.lowerBound...last + bounds.upperBound)
            let query = PredictionQuery(
                history: history, time: time, type: expected.type,
                sameBasket: false, state: state)
            return (query, expected.probability)
        }
    }
}

/// The experts' predictions for one query, before they are mixed.
struct ExpertOutputs: Sendable {
    /// The query.
    var query: PredictionQuery
    /// The input of the gate.
    var gateInput: Mixture.GateInput
    /// The prediction of each expert, in the order of the mixture.
    var predictions: [ExpertPrediction]
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

    /// Counts all experts on some sequences.
    ///
    /// - Parameters:
    ///   - sequences: The sequences.
    ///   - itemCount: The number of items.
    ///   - keys: The customer of each sequence; empty if unknown.
    ///   - eventTypes: The event types that the model knows.
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
