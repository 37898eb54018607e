/// Samples from a fixed categorical distribution in constant time (Walker 1977, Vose 1991).
package struct AliasTable: Sendable {
    /// A column of the table.
    ///
    /// It has eight bytes, so that a sample reads one cache line.
    private struct Column {
        let threshold: Float
        let alias: Int32
    }

    private let columns: [Column]
    /// The probability of each outcome; the sum is 1.
    package let probabilities: [Double]

    /// The number of outcomes.
    package var count: Int { probabilities.count }

    /// A table in which outcome i has a probability proportional to `weights[i]`.
    ///
    /// Returns `nil` if there are no weights, if one is negative or not finite, or if all are 0.
    ///
    /// - Complexity: O(number of weights).
    package init?(weights: [Double]) {
        let total = weights.reduce(0, +)
        guard !weights.isEmpty, weights.count <= Int(Int32.max), total > 0, total.isFinite,
            weights.allSatisfy({ $0 >= 0 })
        else { return nil }
        let size = Double(weights.count)
        probabilities = weights.map { $0 / total }
        var scaled = probabilities.map { $0 * size }
        var aliases = (0..<weights.count).map { Int32($0) }
        var thresholds = [Double](repeating: 1, count: weights.count)
        var small = scaled.indices.filter { scaled[$0] < 1 }
        var large = scaled.indices.filter { scaled[$0] >= 1 }
        while let low = small.popLast() {
            guard let high = large.last else { break }
            thresholds[low] = scaled[low]
            aliases[low] = Int32(high)
            scaled[high] -= 1 - scaled[low]
            if scaled[high] < 1 {
                large.removeLast()
                small.append(high)
            }
        }
        // The remaining columns differ from 1 by rounding only. Weights of 0 must stay at 0.
        for index in weights.indices where weights[index] == 0 && aliases[index] == index {
            thresholds[index] = 0
            aliases[index] = Int32(weights.firstIndex { $0 > 0 } ?? index)
        }
        columns = zip(thresholds, aliases).map { Column(threshold: Float($0), alias: $1) }
    }

    /// The outcome for a uniform number in [0, 1); numbers outside are taken as the nearest end.
    package func sample(_ uniform: Double) -> Int {
        let position = max(0, min(uniform, 0x1.fffffffffffffp-1)) * Double(columns.count)
        let index = min(Int(position), columns.count - 1)
        let column = columns[index]
        return position - Double(index) < Double(column.threshold) ? index : Int(column.alias)
    }
}
