/// A distribution of the next event's item, and what it is made of.
package struct ItemDistribution: Sendable {
    /// The evidence, in the order of ``shares``.
    package let names: [ExpertID]
    /// The share of each source; they sum to 1, or are all 0 when nothing is known.
    package let shares: [Float]
    /// What each source says.
    package let evidence: [ExpertPrediction]
    /// Probability of each item of the catalogue.
    package let probabilities: [Float]
    /// By what the mixture's probabilities of the likeliest items were multiplied, and all others.
    private let factors: (of: [Int32: Float], rest: Float)

    /// Mixes what the sources say, and corrects the mixture.
    init(_ reading: ExpertOutputs, _ mixture: Mixture, _ reranker: Reranker, itemCount: Int) {
        names = mixture.names
        evidence = reading.evidence
        shares = mixture.shares(reading.situation, speaking: evidence.map { !$0.isEmpty })
        var total = [Float](repeating: 0, count: itemCount)
        for (share, part) in zip(shares, evidence) where share > 0 {
            part.add(to: &total, share: share)
        }
        let (factors, rest) = reranker.correct(&total, reading)
        self.factors = (factors, rest)
        probabilities = total
    }

    /// The parts that an item's probability is the sum of, greatest first.
    package func parts(of item: Int32) -> [(name: ExpertID, probability: Float)] {
        let factor = factors.of[item] ?? factors.rest
        return names.indices
            .map { (names[$0], factor * shares[$0] * evidence[$0].probability(of: item)) }
            .filter { $0.1 > 0 }
            .sorted { $0.1 > $1.1 }
            .map { (name: $0.0, probability: $0.1) }
    }

    /// The items of highest probability, best first; equal ones in catalogue order.
    ///
    /// - Complexity: O(n log k) in the size of the catalogue.
    package func top(_ count: Int) -> [Int32] { topIndices(probabilities, count) }
}

/// The places of the greatest values, greatest first; equal ones in order of place.
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
