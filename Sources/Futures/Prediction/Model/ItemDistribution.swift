/// A distribution of the next event's item, with the parts of the experts.
package struct ItemDistribution: Sendable {
    /// The experts, in the order of ``weights``.
    package let names: [ExpertID]
    /// The weight of each expert; they sum to 1, or are all 0 if no expert is available.
    package let weights: [Float]
    /// The prediction of each expert.
    package let predictions: [ExpertPrediction]
    /// The probability of each item of the catalogue.
    package let probabilities: [Float]
    /// The correction factor of each reranked item, and the common factor of all others.
    private let factors: (of: [Int32: Float], rest: Float)

    /// Mixes the experts' predictions and reranks the mixture.
    init(_ outputs: ExpertOutputs, _ mixture: Mixture, _ reranker: Reranker, itemCount: Int) {
        names = mixture.names
        predictions = outputs.predictions
        weights = mixture.weights(outputs.gateInput, available: predictions.map { !$0.isEmpty })
        var total = [Float](repeating: 0, count: itemCount)
        for (weight, prediction) in zip(weights, predictions) where weight > 0 {
            prediction.add(to: &total, weight: weight)
        }
        let (factors, rest) = reranker.correct(&total, outputs)
        self.factors = (factors, rest)
        probabilities = total
    }

    /// The experts' parts of an item's probability, greatest first; they sum to the probability.
    package func parts(of item: Int32) -> [(name: ExpertID, probability: Float)] {
        let factor = factors.of[item] ?? factors.rest
        return names.indices
            .map { (names[$0], factor * weights[$0] * predictions[$0].probability(of: item)) }
            .filter { $0.1 > 0 }
            .sorted { $0.1 > $1.1 }
            .map { (name: $0.0, probability: $0.1) }
    }
}

/// The indices of the greatest values, greatest first; equal ones in ascending order.
///
/// - Complexity: O(n log k) comparisons for k of n values.
package func topIndices(_ values: [Float], _ count: Int) -> [Int32] {
    guard count > 0 else { return [] }
    var best: [(value: Float, index: Int32)] = []
    best.reserveCapacity(count + 1)
    for (index, value) in values.enumerated() {
        if best.count == count, let last = best.last, value <= last.value { continue }
        var low = 0
        var high = best.count
        while low < high {
            let middle = (low + high) / 2
            if best[middle].value >= value { low = middle + 1 } else { high = middle }
        }
        best.insert((value, Int32(index)), at: low)
        if best.count > count { best.removeLast() }
    }
    return best.map(\.index)
}
