import Learning
import Shop

/// Scores every item of the catalogue by one method.
struct Ranker: Sendable {
    private let method: EvaluationMethod
    private let model: PredictionModel?
    private let source: (any Expert)?
    private let counts: [Float]

    /// Trains what the method needs, and no more.
    init(
        _ method: EvaluationMethod, data: TrainingData, configuration: TrainingConfiguration,
        progress: @escaping (TrainingProgress) -> Void
    ) throws {
        self.method = method
        let itemCount = data.catalogue.count
        var counts = [Float](repeating: 0, count: itemCount)
        for item in data.sequences.items { counts[Int(item)] += 1 }
        self.counts = counts
        var source: (any Expert)?
        switch method {
        case .full, .mixture, .lstm: break
        case .history: source = RepeatPurchaseModel(data.sequences)
        case .ownTransitions: source = PersonalTransitions()
        case .transitions: source = Transitions(data.sequences, itemCount: itemCount)
        case .sessionKNN: source = Neighbours(data.sequences, itemCount: itemCount)
        case .popularity: source = Popularity(data.sequences, itemCount: itemCount)
        case .itemKNN: source = ItemNeighbours(data.sequences, itemCount: itemCount)
        case .personalTop: break
        }
        self.source = source
        model =
            method.needsNetwork
            ? try Trainer(configuration).train(data, progress: progress).model : nil
    }

    /// For each history a score for each item, higher is better; ties are for the caller to break
    /// by place.
    func scores(_ histories: [History], types: [EventType]?) -> [[Float]] {
        guard let model else { return histories.map { scores($0, types: types) } }
        let visits = histories.map { model.nextQueries(after: $0, types: types) }
        var predictions = model.predictions(
            for: visits.joined().map(\.context), using: method.evidence ?? [],
            corrected: method == .full
        )[...]
        return visits.map { visits in
            var scores = [Float](repeating: 0, count: model.catalogue.count)
            for (visit, prediction) in zip(visits, predictions) {
                for item in scores.indices {
                    scores[item] += visit.share * prediction.probabilities[item]
                }
            }
            predictions = predictions.dropFirst(visits.count)
            return scores
        }
    }

    private func scores(_ history: History, types: [EventType]?) -> [Float] {
        if method == .personalTop { return personalTop(history) }
        var scores = [Float](repeating: 0, count: counts.count)
        let context = PredictionQuery(
            history: history, time: (history.lastTime ?? 0) + Self.typicalGap(history),
            type: types?.first ?? history.types.last ?? .view, sameBasket: false)
        source?.prediction(for: context).add(to: &scores, share: 1)
        // Behind what the source knows, popularity decides.
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

    /// The median time between a history's moments, in seconds.
    private static func typicalGap(_ history: History) -> Int64 {
        let times = history.basketStarts.map { history.times[$0] }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
        return gaps.isEmpty ? 86_400 : gaps[gaps.count / 2]
    }
}
