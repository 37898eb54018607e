/// A non-decreasing curve, fitted to pairs of numbers by least squares.
///
/// The algorithm is pool adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman 1955). With
/// forecast probabilities as x, and outcomes 0 or 1 as y, its values are calibrated probabilities
/// (Zadrozny and Elkan 2002).
package struct IsotonicRegression: Sendable, Equatable, Codable {
    /// Neighbouring pairs with one common value.
    package struct Block: Sendable, Equatable, Codable {
        /// The mean of their x.
        package let x: Double
        /// The mean of their y.
        package let y: Double
        /// The number of pairs.
        package let count: Int
    }

    /// The blocks, in ascending order of x and y.
    package let blocks: [Block]

    /// Fits the curve.
    ///
    /// - Parameters:
    ///   - pairs: Finite numbers in any order; pairs with equal x are merged.
    ///   - blockSize: The least number of pairs of a block. Smaller blocks are merged with the next
    ///     one, because a few equal outcomes do not justify a probability of 0 or 1.
    /// - Complexity: O(n log n).
    package init(_ pairs: [(x: Double, y: Double)], blockSize: Int = 1) {
        var pooled: [(x: Double, y: Double, count: Int)] = []
        for pair in pairs.sorted(by: { $0.x < $1.x }) {
            var block = (x: pair.x, y: pair.y, count: 1)
            while let last = pooled.last,
                last.y / Double(last.count) >= block.y / Double(block.count)
                    || last.x / Double(last.count) == block.x / Double(block.count)
            {
                pooled.removeLast()
                block = (last.x + block.x, last.y + block.y, last.count + block.count)
            }
            pooled.append(block)
        }
        var joined: [(x: Double, y: Double, count: Int)] = []
        for block in pooled {
            if let last = joined.last, last.count < blockSize {
                joined[joined.count - 1] = (
                    last.x + block.x, last.y + block.y, last.count + block.count
                )
            } else {
                joined.append(block)
            }
        }
        // The last block may be too small as well.
        if let last = joined.last, last.count < blockSize, joined.count > 1 {
            joined.removeLast()
            let before = joined[joined.count - 1]
            joined[joined.count - 1] = (
                before.x + last.x, before.y + last.y, before.count + last.count
            )
        }
        blocks = joined.map {
            Block(x: $0.x / Double($0.count), y: $0.y / Double($0.count), count: $0.count)
        }
    }

    /// The value of the curve at x; `nil` if it was fitted to no pairs.
    ///
    /// It is linear between the means of blocks, and constant beyond the first and the last.
    ///
    /// - Complexity: O(log n).
    package func value(at x: Double) -> Double? {
        guard let first = blocks.first, let last = blocks.last else { return nil }
        if x <= first.x { return first.y }
        if x >= last.x { return last.y }
        var low = 0
        var high = blocks.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if blocks[middle].x <= x { low = middle } else { high = middle }
        }
        let (left, right) = (blocks[low], blocks[high])
        return left.y + (right.y - left.y) * (x - left.x) / (right.x - left.x)
    }
}
