/// The names of the evidence that a prediction is a mixture of.
package enum ExpertID: String, CaseIterable, Sendable, Codable {
    /// The LSTM over the order and rhythm of all events.
    case sequence
    /// What this twin does again: frequency, recency and re-purchase rhythm.
    case history
    /// What follows what in this twin.
    case ownTransitions
    /// What follows what for everybody.
    case transitions
    /// What twins like this one did.
    case neighbours
    /// What is being bought now.
    case popularity
}

/// What one source says of the next event's item: a probability for each item of the catalogue.
package enum ExpertPrediction: Sendable {
    /// The source has nothing to say here.
    case none
    /// A few items, each at most once; all others have probability 0. Sums to 1.
    case sparse([(item: Int32, probability: Float)])
    /// One probability for each item of the catalogue. Sums to 1.
    case dense([Float])

    /// The distribution in proportion to some weights; ``none`` if they are all 0.
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

    /// Whether the source has anything to say.
    package var isEmpty: Bool { if case .none = self { true } else { false } }

    /// The probability of one item.
    ///
    /// - Complexity: O(log n) in the number of items named.
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

    /// Adds `share` times this distribution to a dense one.
    func add(to total: inout [Float], share: Float) {
        switch self {
        case .none: break
        case .dense(let values):
            for item in 0..<min(values.count, total.count) { total[item] += share * values[item] }
        case .sparse(let entries):
            for entry in entries { total[Int(entry.item)] += share * entry.probability }
        }
    }
}

/// One expert about what comes next.
///
/// A source is trained once, never changes afterwards, and may be asked from any thread.
package protocol Expert: Sendable {
    /// Which evidence this is.
    var name: ExpertID { get }

    /// The distribution of the next event's item, as far as this source can tell.
    func prediction(for context: PredictionQuery) -> ExpertPrediction
}
