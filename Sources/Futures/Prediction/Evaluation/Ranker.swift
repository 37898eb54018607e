import Learning
import Shop

/// Scores every item of the catalogue by one method.
struct Ranker: Sendable {
    private let method: EvaluationMethod
    private let model: PredictionModel?
    private let expert: (any Expert)?
    private let counts: [Float]

    /// Trains only what the method needs.
    init(
        _ method: EvaluationMethod, data: TrainingData, configuration: TrainingConfiguration,
        progress: @escaping (TrainingProgress) -> Void
    ) throws {
        self.method = method
        let itemCount = data.catalogue.count
        var counts = [Float](repeating: 0, count: itemCount)
        for item in data.sequences.items { counts[Int(item)] += 1 }
        self.counts = counts
        var expert: (any Expert)?
        switch method {
        case .full, .mixture, .lstm: break
        case .history: expert = RepeatPurchaseModel(data.sequences)
        case .personalTransitions: expert = PersonalTransitions()
        case .transitions: expert = Transitions(data.sequences, itemCount: itemCount)
        case .sessionKNN: expert = Neighbours(data.sequences, itemCount: itemCount)
        case .popularity: expert = Popularity(data.sequences, itemCount: itemCount)
        case .itemKNN: expert = ItemNeighbours(data.sequences, itemCount: itemCount)
        case .personalTop: break
        }
        self.expert = expert
        model =
            method.needsNetwork
            ? try Trainer(configuration).train(data, progress: progress).model : nil
    }

    /// The scores of all items for each history; higher is better.
    ///
    /// Callers break ties by item index.
    func scores(_ histories: [History], types: [EventType]?) -> [[Float]] {
        guard let model else { return histories.map { scores($0, types: types) } }
        let queries = histories.map { model.nextQueries(after: $0, types: types) }
        var predictions = model.predictions(
            for: queries.joined().map(\.query), using: method.experts ?? [],
            corrected: method == .full
        )[...]
        return queries.map { queries in
            var scores = [Float](repeating: 0, count: model.catalogue.count)
            for (entry, prediction) in zip(queries, predictions) {
                for item in scores.indices {
                    scores[item] += entry.probability * prediction.probabilities[item]
                }
            }
            predictions = predictions.dropFirst(queries.count)
            return scores
        }
    }

    private func scores(_ history: History, types: [EventType]?) -> [Float] {
        if method == .personalTop { return personalTop(history) }
        var scores = [Float](repeating: 0, count: counts.count)
        let query = PredictionQuery(
            history: history, time: (history.lastTime ?? 0) + Self.typicalGap(history),
            type: types?.first ?? history.types.last ?? .view, sameBasket: false)
        expert?.prediction(for: query).add(to: &scores, weight: 1)
        // Popularity ranks the items to which the expert gives no probability.
        let total = counts.reduce(0, +)
        for item in scores.indices { scores[item] += 1e-6 * counts[item] / total }
        return scores
    }

    private func personalTop(_ history: History) -> [Float] {
        let most = (counts.max() ?? 0) + 1
        var scores = counts.map { $0 / most }
        for item in history.items { scores[Int(item)] += 1 }
        return scores
    }

    /// The median time between baskets, in seconds; a day without two baskets.
    private static func typicalGap(_ history: History) -> Int64 {
        let times = history.basketStarts.map { history.times[$0] }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
        return gaps.isEmpty ? 86_400 : gaps[gaps.count / 2]
    }
}
