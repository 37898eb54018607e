import Prediction

/// A distribution over items, prepared for sampling.
struct CumulativeTable: Sendable {
    private let items: [Int32]
    private let sums: [Float]

    /// Prepares a distribution; ``isEmpty`` if no item has a probability above 0.
    init(_ prediction: ExpertPrediction) {
        var items: [Int32] = []
        var sums: [Float] = []
        var total: Float = 0
        func add(_ item: Int32, _ probability: Float) {
            guard probability > 0 else { return }
            total += probability
            items.append(item)
            sums.append(total)
        }
        switch prediction {
        case .none: break
        case .sparse(let entries): for entry in entries { add(entry.item, entry.probability) }
        case .dense(let values):
            for (item, value) in values.enumerated() { add(Int32(item), value) }
        }
        self.items = items
        self.sums = sums
    }

    var isEmpty: Bool { items.isEmpty }

    /// Samples an item by inverting the cumulative distribution.
    ///
    /// - Parameter uniform: A random number from 0 up to 1.
    /// - Returns: The item; `nil` if the table is empty.
    /// - Complexity: O(log n).
    func sample(at uniform: Double) -> Int32? {
        guard let total = sums.last else { return nil }
        let target = Float(uniform) * total
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] <= target { low = middle + 1 } else { high = middle }
        }
        return items[low]
    }
}

/// Samples an index in proportion to weights; `nil` if all are 0.
///
/// - Parameters:
///   - weights: The weights, from 0 up.
///   - uniform: A random number from 0 up to 1.
/// - Returns: The first index at which the running sum exceeds `uniform` times the total.
func sampleIndex(_ weights: some RandomAccessCollection<Float>, at uniform: Double) -> Int? {
    var total: Float = 0
    for weight in weights { total += weight }
    guard total > 0 else { return nil }
    let target = Float(uniform) * total
    var sum: Float = 0
    var last: Int?
    for (index, weight) in weights.enumerated() where weight > 0 {
        sum += weight
        last = index
        if sum > target { return index }
    }
    return last
}
