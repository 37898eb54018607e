import Prediction

/// A distribution over items, ready to draw from.
struct CumulativeTable: Sendable {
    private let items: [Int32]
    private let sums: [Float]

    /// Prepares a distribution; ``isEmpty`` if there is nothing in it.
    init(_ evidence: ExpertPrediction) {
        var items: [Int32] = []
        var sums: [Float] = []
        var total: Float = 0
        func add(_ item: Int32, _ probability: Float) {
            guard probability > 0 else { return }
            total += probability
            items.append(item)
            sums.append(total)
        }
        switch evidence {
        case .none: break
        case .sparse(let entries): for entry in entries { add(entry.item, entry.probability) }
        case .dense(let values):
            for (item, value) in values.enumerated() { add(Int32(item), value) }
        }
        self.items = items
        self.sums = sums
    }

    var isEmpty: Bool { items.isEmpty }

    /// The item at a uniform number from 0 up to 1; `nil` if the table is empty.
    ///
    /// - Complexity: O(log n).
    func draw(_ uniform: Double) -> Int32? {
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

/// The index at which a running sum of weights passes `uniform` of their total; `nil` if all are 0.
func drawIndex(_ weights: some RandomAccessCollection<Float>, _ uniform: Double) -> Int? {
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
