/// A curve that never falls, fitted to pairs of numbers by least squares.
///
/// Pool adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman 1955). With forecast
/// probabilities as x and what happened as y, 0 or 1, its values are calibrated probabilities
/// (Zadrozny and Elkan 2002).
package struct IsotonicRegression: Sendable, Equatable, Codable {
    /// Neighbouring pairs that share one value.
    package struct Block: Sendable, Equatable, Codable {
        /// The mean of their x.
        package let x: Double
        /// The mean of their y.
        package let y: Double
        /// How many there are.
        package let count: Int
    }

    /// The blocks, both x and y ascending.
    package let blocks: [Block]

    /// Fits the curve.
    ///
    /// - Parameters:
    ///   - pairs: Finite numbers in any order; pairs of one x count as one.
    ///   - blockSize: Blocks of fewer pairs are joined with the next ones: few outcomes of one kind
    ///     prove no certainty.
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
        // The last may be small, too.
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

    /// The curve at a place: straight between the middles of blocks, level beyond the outer ones;
    /// `nil` if it was fitted to nothing.
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
