import Foundation
import Kernels

/// Corrects the mixture's probabilities of the likeliest items by all that is known of each.
///
/// A mixture adds what its sources say. That an item on which three sources agree deserves more
/// than the sum, and one that a single source shouts for less, it cannot express. So a small
/// network reads, for each of the likeliest items, what every source gives to it, and yields c:
/// the probability m becomes m · eᶜ, and all are brought to sum to 1 again (stacked generalisation,
/// Wolpert 1992). It is learned on people that no source has seen, after the shares of the mixture.
///
/// The parts of a probability stay what they are: each is multiplied by the same factor.
package struct Reranker: Sendable, Equatable {
    /// The likeliest items by the mixture that are corrected.
    package static let listLength = 128
    /// The greatest correction, up or down.
    static let correctionLimit: Float = 8

    /// One layer: inputs × outputs, and what is added.
    struct Layer: Sendable, Equatable {
        var weights: Matrix
        var bias: [Float]

        /// The layer's sums for each row of input.
        func callAsFunction(_ input: Matrix) -> Matrix {
            var sums = input.multiplied(by: weights).elements
            for row in 0..<input.rows {
                for column in 0..<bias.count { sums[row * bias.count + column] += bias[column] }
            }
            return Matrix(rows: input.rows, columns: bias.count, elements: sums)
        }
    }

    /// From features to a single number, with rectifiers between; none if nothing is corrected.
    let layers: [Layer]

    /// A reranker that corrects nothing.
    static let none = Reranker(layers: [])

    init(layers: [Layer]) { self.layers = layers }

    /// Whether nothing is corrected.
    var isEmpty: Bool { layers.isEmpty }

    /// The correction c of each row of features.
    func corrections(_ features: Matrix) -> [Float] {
        var values = features
        for (index, layer) in layers.enumerated() {
            values = layer(values)
            if index + 1 < layers.count { values = Self.rectified(values) }
        }
        return values.elements.map { min(Self.correctionLimit, max(-Self.correctionLimit, $0)) }
    }

    /// Negative elements as 0.
    static func rectified(_ values: Matrix) -> Matrix {
        Matrix(
            rows: values.rows, columns: values.columns, elements: values.elements.map { max(0, $0) }
        )
    }

    /// Corrects a mixture's probabilities in one context.
    ///
    /// - Returns: The factor of each corrected item, and that of all others.
    /// - Complexity: O(n + listLength · weights) in the size of the catalogue.
    func correct(
        _ probabilities: inout [Float], _ reading: ExpertOutputs
    ) -> (factors: [Int32: Float], rest: Float) {
        guard !isEmpty else { return ([:], 1) }
        let list = RerankerList(probabilities, reading)
        guard !list.items.isEmpty else { return ([:], 1) }
        let corrections = corrections(list.features)
        var total = list.outside
        for (item, correction) in zip(list.items, corrections) {
            total += probabilities[Int(item)] * exp(correction)
        }
        guard total > 0, total.isFinite else { return ([:], 1) }
        let rest = 1 / total
        for item in probabilities.indices { probabilities[item] *= rest }
        var factors: [Int32: Float] = [:]
        for (item, correction) in zip(list.items, corrections) {
            let factor = exp(correction)
            probabilities[Int(item)] *= factor
            factors[item] = factor * rest
        }
        return (factors, rest)
    }
}

/// The likeliest items in one context, and what is known of each of them.
struct RerankerList: Sendable {
    /// Numbers for each item.
    static let featureCount = ExpertID.allCases.count + 9
    /// What is no less than this is told apart.
    private static let floor: Float = 1e-6

    /// The items, likeliest first.
    let items: [Int32]
    /// log of the mixture's probability of each.
    let logs: [Float]
    /// The probability of all other items together.
    let outside: Float
    /// A row of numbers for each item: the logarithm of what each source gives to it and of the
    /// mixture; its rank; how often and how lately it was met; how much is known in all.
    let features: Matrix

    init(_ probabilities: [Float], _ reading: ExpertOutputs) {
        let top = topIndices(probabilities, Reranker.listLength)
        let items = top.filter { probabilities[Int($0)] > 0 }
        let inside = items.reduce(Float(0)) { $0 + probabilities[Int($1)] }
        outside = max(Self.floor, 1 - inside)
        logs = items.map { log(probabilities[Int($0)]) }
        let history = reading.context.history
        let met = Self.meetings(of: items, in: history)
        let lengths = log(1 + Float(history.basketCount))
        var rows: [Float] = []
        rows.reserveCapacity(items.count * Self.featureCount)
        for (rank, item) in items.enumerated() {
            for evidence in reading.evidence {
                rows.append(log(max(Self.floor, evidence.probability(of: item))))
            }
            let (count, last) = met[item] ?? (0, 0)
            let since = Float(history.basketCount - last)
            rows += [
                max(log(Self.floor), logs[rank]), log(1 + Float(rank)), lengths,
                reading.context.sameBasket ? 1 : 0, count > 0 && since == 1 ? 1 : 0,
                log(1 + Float(count)), count > 0 ? log(since) : 0, logs[0], log(outside),
            ]
        }
        self.items = items
        features = Matrix(rows: items.count, columns: Self.featureCount, elements: rows)
    }

    /// In how many moments each item was met, and in which one last.
    private static func meetings(
        of items: [Int32], in history: History
    ) -> [Int32: (count: Int, last: Int)] {
        let wanted = Set(items)
        var met: [Int32: (count: Int, last: Int)] = [:]
        for moment in 0..<history.basketCount {
            for event in history.moment(moment) where wanted.contains(history.items[event]) {
                let former = met[history.items[event]]
                let isNew = former?.last != moment
                met[history.items[event]] = ((former?.count ?? 0) + (isNew ? 1 : 0), moment)
            }
        }
        return met
    }
}
