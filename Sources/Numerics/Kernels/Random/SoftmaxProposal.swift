import Foundation

/// A table of item vectors.
///
/// A query and the table give a softmax over the items.
package struct SoftmaxTable: Sendable {
    /// One vector a row: items × d.
    let vectors: MatrixView
    /// The same vectors as columns, packed as the right side of a product: d × items.
    let columns: PackedMatrix
    /// A number for each item that is added to its logit.
    let bias: [Float]

    /// A table from its three parts, with at least one item.
    package init(vectors: MatrixView, columns: PackedMatrix, bias: [Float]) {
        precondition(
            vectors.rows == columns.columns && vectors.columns == columns.rows
                && bias.count == vectors.rows && vectors.rows > 0,
            "Vectors, columns and bias must have one shape.")
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

/// Samples from the softmaxes of many similar queries without a product with the whole table.
///
/// The proposal distribution is the mean of the softmaxes of a few of the queries. For each sample
/// some items are proposed, and one of them is chosen by its weight (sampling importance
/// resampling; Rubin 1987, "The calculation of posterior distributions by data augmentation:
/// Comment"). A uniform component makes every item possible (a defensive mixture; Hesterberg 1995).
///
/// The weight w of an item is its softmax probability divided by its proposal probability. With m
/// proposals, the relative bias of the item's probability is (E w − w) / m, plus terms of 1 / m²,
/// where E is the mean over the softmax. So the total variation distance between samples and
/// softmax is at most ½ · sd(w) / m. The number of proposals is chosen by that.
package final class SoftmaxProposal: Sendable {
    /// How many items are proposed for each sample.
    package let count: Int
    /// The estimated total variation distance between samples and softmax: the mean over the
    /// queries, each measured with the proposals of the other queries.
    package let error: Double
    private let table: SoftmaxTable
    /// 1 / proposal probability of each item.
    private let inverse: [Float]
    /// Running sums of the proposal probabilities.
    private let sums: [Double]
    /// [0, 1) is cut into as many equal parts as there are items.
    ///
    /// For each part this is the first item whose running sum exceeds the part's lower end.
    private let guide: [Int32]

    /// The weight of the uniform component.
    private static let uniformWeight: Float = 0.05
    /// The least number of proposals, as a multiple of the mean weight.
    private static let leastFactor = 8.0

    /// Prepares proposals; `nil` if more than `limit` are needed, or a query is not finite.
    ///
    /// - Parameters:
    ///   - queries: A part of the queries to be sampled for, n × d, at least two.
    ///   - table: The items.
    ///   - error: The greatest total variation distance between samples and softmaxes, estimated
    ///     from the weights of each query under the proposals of the others.
    ///   - limit: The greatest number of proposals.
    /// - Complexity: O(n · d · items).
    package convenience init?(
        _ queries: MatrixView, _ table: SoftmaxTable, error: Double, limit: Int
    ) {
        self.init(softmax: table.softmax(queries), table, error: error, limit: limit)
    }

    private init?(softmax: MatrixView, _ table: SoftmaxTable, error: Double, limit: Int) {
        let (rows, items) = (softmax.rows, softmax.columns)
        precondition(rows > 1, "Proposals need at least two queries.")
        var mean = [Float](repeating: Self.uniformWeight / Float(items), count: items)
        for row in 0..<rows {
            _ = mean.withFloats {
                axpy((1 - Self.uniformWeight) / Float(rows), softmax.row(row), $0, items)
            }
        }
        var spread = 0.0
        var least = 0.0
        for row in 0..<rows {
            // The proposal distribution without this query.
            let own = (1 - Self.uniformWeight) / Float(rows)
            let weights = Self.weights(
                softmax.row(row), mean, without: own, scale: 1 / (1 - own))
            guard weights.mean.isFinite, weights.square.isFinite else { return nil }
            spread += weights.deviation / Double(rows)
            least += weights.mean / Double(rows)
        }
        let needed = max(Self.leastFactor * least, spread / 2 / error).rounded(.up)
        guard needed >= 1, needed <= Double(limit) else { return nil }
        count = Int(needed)
        self.error = spread / 2 / needed
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
            let lowerEnd = Double(part) / Double(items) * total
            while item < items - 1, sums[item] <= lowerEnd { item += 1 }
            guide.append(Int32(item))
        }
        self.guide = guide
    }

    /// Prepares new proposals when the queries have changed.
    ///
    /// - Parameters: The same as for `init`.
    /// - Returns: The new proposals (see `init`), and the total variation error of the old ones
    ///   measured on these queries, which the old ones have not seen.
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
    /// q = (`proposed` − `ownWeight` · p) · `scale`.
    private static func weights(
        _ p: FloatPointer, _ proposed: [Float], without ownWeight: Float, scale: Float
    ) -> (mean: Double, square: Double, deviation: Double) {
        var first = Vector16(repeating: 0)
        var second = Vector16(repeating: 0)
        let count = proposed.count
        _ = proposed.reading { proposed in
            var index = 0
            while index < count {
                let rest = count - index
                let own = rest >= 16 ? p.vector(index) : p.vector(index, count: rest)
                let all =
                    rest >= 16
                    ? proposed.vector(index) : proposed.vector(index, count: rest, fill: 1)
                let weight = own / (fused(all, own, Vector16(repeating: -ownWeight)) * scale)
                first = fused(first, own, weight)
                second = fused(second, own * weight, weight)
                index += 16
            }
        }
        let (mean, square) = (Double(sum(first)), Double(sum(second)))
        return (mean, square, max(0, square - mean * mean).squareRoot())
    }

    /// Samples items from the softmaxes of some queries.
    ///
    /// - Parameters:
    ///   - queries: n × d, similar to the queries that the proposals were prepared with.
    ///   - offsets: A number in [0, 1) for each query, which selects its proposals.
    ///   - uniforms: Numbers in [0, 1), the same count for each query, query after query.
    /// - Returns: An item for each of the uniform numbers; -1 if all proposed items have
    ///   probability 0.
    /// - Complexity: O(n · d · proposals).
    package func draw(
        _ queries: MatrixView, offsets: [Double], at uniforms: [Double]
    ) -> [Int32] {
        precondition(
            queries.columns == table.vectors.columns, "Queries need the length of the item vectors."
        )
        precondition(offsets.count == queries.rows, "Each query needs one offset.")
        precondition(
            queries.rows > 0 && uniforms.count.isMultiple(of: queries.rows),
            "Each query needs the same count of numbers.")
        let perQuery = uniforms.count / queries.rows
        let weights = FloatStorage(count: count).view(rows: 1, columns: count)
        var items: [Int32] = []
        var counts: [Float] = []
        var result: [Int32] = []
        result.reserveCapacity(uniforms.count)
        for row in 0..<queries.rows {
            propose(offsets[row], &items, &counts)
            let total = weigh(queries.row(row), items, counts, into: weights.row(0))
            for uniform in uniforms[row * perQuery..<(row + 1) * perQuery] {
                result.append(Self.pick(items, weights.row(0), total, uniform))
            }
        }
        return result
    }

    /// Proposes items at equal steps of the running sums (systematic sampling).
    ///
    /// Each item appears once, with its count, in ascending order.
    private func propose(_ offset: Double, _ items: inout [Int32], _ counts: inout [Float]) {
        items.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        let total = sums[sums.count - 1]
        for step in 0..<count {
            let position = min((Double(step) + offset) / Double(count), 1.0.nextDown)
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

    /// The weights of proposals up to a common factor; returns their sum.
    private func weigh(
        _ query: FloatPointer, _ items: [Int32], _ counts: [Float], into weights: FloatPointer
    ) -> Float {
        for (index, item) in items.enumerated() {
            weights[index] =
                dot(query, table.vectors.row(Int(item)), table.vectors.columns)
                + table.bias[Int(item)]
        }
        let peak = rowMaximum(weights, items.count)
        guard peak > -.infinity else { return 0 }
        _ = exponentials(weights, items.count, minus: peak)
        var total: Float = 0
        for (index, item) in items.enumerated() {
            weights[index] *= counts[index] * inverse[Int(item)]
            total += weights[index]
        }
        return total
    }

    /// The item at which the running sum of the weights exceeds `uniform` · `total`.
    private static func pick(
        _ items: [Int32], _ weights: FloatPointer, _ total: Float, _ uniform: Double
    ) -> Int32 {
        guard total > 0, total.isFinite else { return -1 }
        var left = Float(uniform) * total
        var last: Int32 = -1
        for (index, item) in items.enumerated() where weights[index] > 0 {
            last = item
            left -= weights[index]
            if left < 0 { break }
        }
        return last
    }
}
