/// The names of the experts in a mixture.
package enum ExpertID: String, CaseIterable, Sendable, Codable {
    /// The LSTM over the order and rhythm of all events.
    case sequence
    /// Repeat purchases of this customer: frequency, recency and rhythm.
    case history
    /// What followed what in this customer's history.
    case personalTransitions = "ownTransitions"
    /// What follows what for all customers.
    case transitions
    /// What similar customers did.
    case neighbours
    /// What is popular now.
    case popularity
}

/// One expert's distribution of the next event's item over the catalogue.
package enum ExpertPrediction: Sendable {
    /// The expert returns no prediction here.
    case none
    /// A few items, each at most once; all others have probability 0. Sums to 1.
    case sparse([(item: Int32, probability: Float)])
    /// One probability for each item of the catalogue. Sums to 1.
    case dense([Float])

    /// The distribution in proportion to weights; ``none`` if no weight is above 0.
    init(weights: [Int32: Float]) {
        // Sorted, so that sums do not depend on the order of a hash table.
        let sorted = weights.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        var total: Float = 0
        for entry in sorted { total += entry.value }
        guard total > 0, total.isFinite else {
            self = .none
            return
        }
        self = .sparse(sorted.map { (item: $0.key, probability: $0.value / total) })
    }

    /// Whether there is no prediction.
    package var isEmpty: Bool { if case .none = self { true } else { false } }

    /// The probability of one item.
    ///
    /// - Complexity: O(log n) in the number of entries, O(1) if dense.
    package func probability(of item: Int32) -> Float {
        switch self {
        case .none: return 0
        case .dense(let values):
            return values.indices.contains(Int(item)) ? values[Int(item)] : 0
        case .sparse(let entries):
            var low = 0
            var high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].item < item { low = middle + 1 } else { high = middle }
            }
            return low < entries.count && entries[low].item == item
                ? entries[low].probability : 0
        }
    }

    /// Adds `weight` times this distribution to a dense one.
    func add(to total: inout [Float], weight: Float) {
        switch self {
        case .none: break
        case .dense(let values):
            for item in 0..<min(values.count, total.count) { total[item] += weight * values[item] }
        case .sparse(let entries):
            for entry in entries { total[Int(entry.item)] += weight * entry.probability }
        }
    }
}

/// One predictor of the mixture.
///
/// An expert is trained once and immutable afterwards. All threads may use it.
package protocol Expert: Sendable {
    /// Which expert this is.
    var name: ExpertID { get }

    /// The distribution of the next event's item, or ``ExpertPrediction/none``.
    func prediction(for query: PredictionQuery) -> ExpertPrediction
}
