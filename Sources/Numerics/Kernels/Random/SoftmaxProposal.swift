import Foundation

/// A table of vectors from whose softmax by a query columns are drawn.
package struct SoftmaxTable: Sendable {
    /// One vector a row: items × d.
    let vectors: MatrixView
    /// The same, ready to be the right side of a product: d × items.
    let columns: PackedMatrix
    /// What each logit begins with.
    let bias: [Float]

    /// Joins the forms of one table, of at least one item.
    package init(vectors: MatrixView, columns: PackedMatrix, bias: [Float]) {
        precondition(
            vectors.rows == columns.columns && vectors.columns == columns.rows
                && bias.count == vectors.rows && vectors.rows > 0, "Three forms of one table.")
        self.vectors = vectors
        self.columns = columns
        self.bias = bias
    }

    /// The softmax of each query over all items.
    fileprivate func softmax(_ queries: MatrixView) -> MatrixView {
        let result = FloatStorage(unfilled: queries.rows * vectors.rows)
            .view(rows: queries.rows, columns: vectors.rows)
        multiply(queries, columns, into: result)
        result.softmaxRows(adding: bias)
        return result
    }
}

/// Draws from the softmaxes of many similar queries without a product with the whole table.
///
/// Items are proposed by the mean of the softmaxes of a few of the queries; of the proposals, one is
/// drawn by its weight (sampling importance resampling, Rubin 1987, "The calculation of posterior
/// distributions by data augmentation: Comment"). No item is ruled out: a share of the proposals is
/// even over all (a defensive mixture, Hesterberg 1995).
///
/// With m proposals an item of weight w (its probability by its proposal's) is drawn too often by
/// the share (E w − w) / m, where the mean is over the softmax, and terms of 1 / m². So what is drawn
/// is at most ½ · sd(w) / m from the softmax in total variation: the share of draws that would have
/// to change. The number of proposals is chosen by that.
package final class SoftmaxProposal: Sendable {
    /// How many items are proposed for each draw.
    package let count: Int
    /// How far draws for each of the queries would be from its softmax in total variation, were they
    /// proposed by the others alone.
    package let error: Double
    private let table: SoftmaxTable
    /// 1 / probability of being proposed, of each item.
    private let inverse: [Float]
    /// Running sums of the probabilities.
    private let sums: [Double]
    /// For each of as many even parts of 0 to 1, the first item whose sum is above its beginning.
    private let guide: [Int32]

    /// The share of the proposals that is even.
    private static let even: Float = 0.05
    /// Proposals at least, for each that a perfect proposal would need.
    private static let fewest = 8.0

    /// Prepares proposals; `nil` if that takes too many, or a query is not finite.
    ///
    /// - Parameters:
    ///   - queries: Some of those that will be drawn for, n × d, at least two.
    ///   - table: The items.
    ///   - error: How far draws may be from the softmaxes in total variation, by the spread of the
    ///     weights of each of the queries among the proposals of the others.
    ///   - limit: Proposals at most.
    /// - Complexity: O(n · d · items).
    package convenience init?(
        _ queries: MatrixView, _ table: SoftmaxTable, error: Double, limit: Int
    ) {
        self.init(softmax: table.softmax(queries), table, error: error, limit: limit)
    }

    private init?(softmax: MatrixView, _ table: SoftmaxTable, error: Double, limit: Int) {
        let (rows, items) = (softmax.rows, softmax.columns)
        precondition(rows > 1, "Queries are judged by each other.")
        var mean = [Float](repeating: Self.even / Float(items), count: items)
        for row in 0..<rows {
            _ = mean.withFloats { axpy((1 - Self.even) / Float(rows), softmax.row(row), $0, items) }
        }
        var spread = 0.0
        var least = 0.0
        for row in 0..<rows {
            // What the proposals would be without this query.
            let share = (1 - Self.even) / Float(rows)
            let weights = Self.weights(
                softmax.row(row), mean, without: share, scale: 1 / (1 - share))
            guard weights.mean.isFinite, weights.square.isFinite else { return nil }
            spread += weights.deviation / Double(rows)
            least += weights.mean / Double(rows)
        }
        let wanted = max(Self.fewest * least, spread / 2 / error).rounded(.up)
        guard wanted >= 1, wanted <= Double(limit) else { return nil }
        count = Int(wanted)
        self.error = spread / 2 / wanted
        self.table = table
        var total = 0.0
        sums = mean.map {
            total += Double($0)
            return total
        }
        inverse = VectorMath.reciprocals(mean)
        var guide: [Int32] = []
        guide.reserveCapacity(items)
        var item = 0
        for part in 0..<items {
            let beginning = Double(part) / Double(items) * total
            while item < items - 1, sums[item] <= beginning { item += 1 }
            guide.append(Int32(item))
        }
        self.guide = guide
    }

    /// Prepares proposals for queries that have moved on since these were made.
    ///
    /// - Parameters: As for making the first.
    /// - Returns: New proposals as of `init`, and how far in total variation draws from the old ones
    ///   were from the softmaxes of these queries at last, which were not among those that the old
    ///   ones were made of.
    package func renewed(
        _ queries: MatrixView, error: Double, limit: Int
    ) -> (proposal: SoftmaxProposal?, formerError: Double) {
        let softmax = table.softmax(queries)
        let proposed = VectorMath.reciprocals(inverse)
        let deviations = (0..<softmax.rows).map {
            Self.weights(softmax.row($0), proposed, without: 0, scale: 1).deviation
        }
        return (
            SoftmaxProposal(softmax: softmax, table, error: error, limit: limit),
            min(1, deviations.reduce(0, +) / Double(softmax.rows) / 2 / Double(count))
        )
    }

    /// Mean, mean square and standard deviation of p / q over p, for
    /// q = (`proposed` − `share` · p) · `scale`.
    private static func weights(
        _ p: FloatPointer, _ proposed: [Float], without share: Float, scale: Float
    ) -> (mean: Double, square: Double, deviation: Double) {
        var first = Lanes(repeating: 0)
        var second = Lanes(repeating: 0)
        let count = proposed.count
        _ = proposed.reading { proposed in
            var index = 0
            while index < count {
                let rest = count - index
                let own = rest >= 16 ? p.lanes(index) : p.lanes(index, count: rest)
                let all =
                    rest >= 16
                    ? proposed.lanes(index) : proposed.lanes(index, count: rest, fill: 1)
                let weight = own / (fused(all, own, Lanes(repeating: -share)) * scale)
                first = fused(first, own, weight)
                second = fused(second, own * weight, weight)
                index += 16
            }
        }
        let (mean, square) = (Double(sum(first)), Double(sum(second)))
        return (mean, square, max(0, square - mean * mean).squareRoot())
    }

    /// Draws items from the softmaxes of some queries.
    ///
    /// - Parameters:
    ///   - queries: n × d, similar to those that the proposals were made of.
    ///   - offsets: A number from 0 up to 1 for each query, which decides what is proposed.
    ///   - uniforms: Numbers from 0 up to 1, equally many for each query, query after query.
    /// - Returns: An item for each of the uniform numbers; -1 where none of those proposed is
    ///   possible.
    /// - Complexity: O(n · d · proposals).
    package func draw(
        _ queries: MatrixView, offsets: [Double], at uniforms: [Double]
    ) -> [Int32] {
        precondition(queries.columns == table.vectors.columns, "Queries of another length.")
        precondition(offsets.count == queries.rows, "One offset a query.")
        precondition(
            queries.rows > 0 && uniforms.count.isMultiple(of: queries.rows),
            "Equally many numbers a query.")
        let draws = uniforms.count / queries.rows
        let weights = FloatStorage(count: count).view(rows: 1, columns: count)
        var items: [Int32] = []
        var counts: [Float] = []
        var result: [Int32] = []
        result.reserveCapacity(uniforms.count)
        for row in 0..<queries.rows {
            propose(offsets[row], &items, &counts)
            let total = weigh(queries.row(row), items, counts, into: weights.row(0))
            for uniform in uniforms[row * draws..<(row + 1) * draws] {
                result.append(Self.pick(items, weights.row(0), total, uniform))
            }
        }
        return result
    }

    /// Proposes items evenly over the running sums, each once with its count, in ascending order.
    private func propose(_ offset: Double, _ items: inout [Int32], _ counts: inout [Float]) {
        items.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        let total = sums[sums.count - 1]
        for place in 0..<count {
            let position = min((Double(place) + offset) / Double(count), 1.0.nextDown)
            var item = Int(guide[Int(position * Double(guide.count))])
            while item < sums.count - 1, sums[item] <= position * total { item += 1 }
            if items.last == Int32(item) {
                counts[counts.count - 1] += 1
            } else {
                items.append(Int32(item))
                counts.append(1)
            }
        }
    }

    /// The weights of proposals, up to a factor that they share; returns their sum.
    private func weigh(
        _ query: FloatPointer, _ items: [Int32], _ counts: [Float], into weights: FloatPointer
    ) -> Float {
        for (place, item) in items.enumerated() {
            weights[place] =
                dot(query, table.vectors.row(Int(item)), table.vectors.columns)
                + table.bias[Int(item)]
        }
        let peak = rowMaximum(weights, items.count)
        guard peak > -.infinity else { return 0 }
        _ = exponentials(weights, items.count, minus: peak)
        var total: Float = 0
        for (place, item) in items.enumerated() {
            weights[place] *= counts[place] * inverse[Int(item)]
            total += weights[place]
        }
        return total
    }

    /// The item at which the running sum of the weights passes a share of them.
    private static func pick(
        _ items: [Int32], _ weights: FloatPointer, _ total: Float, _ uniform: Double
    ) -> Int32 {
        guard total > 0, total.isFinite else { return -1 }
        var left = Float(uniform) * total
        var last: Int32 = -1
        for (place, item) in items.enumerated() where weights[place] > 0 {
            last = item
            left -= weights[place]
            if left < 0 { break }
        }
        return last
    }
}
