import Foundation
import Kernels

/// Corrects the mixture's probabilities of the most likely items.
///
/// A mixture adds. It cannot express that an item on which three experts agree deserves more than
/// the sum, and one that a single expert prefers deserves less. For each of the most likely items,
/// a small network reads features such as the experts' probabilities, and gives a correction c. The
/// probability m becomes m · eᶜ, and all probabilities are normalised (stacked generalisation,
/// Wolpert 1992). The network is learned on held-out customers, after the mixture.
///
/// The experts' parts of a probability are all multiplied by the same factor.
package struct Reranker: Sendable, Equatable {
    /// The number of most likely items that are corrected.
    package static let listLength = 128
    /// The greatest absolute value of a correction.
    static let correctionLimit: Float = 8

    /// A linear layer: weights (inputs × outputs) and biases (outputs).
    struct Layer: Sendable, Equatable {
        var weights: Matrix
        var bias: [Float]

        /// The outputs for each row of inputs.
        func callAsFunction(_ input: Matrix) -> Matrix {
            var sums = input.multiplied(by: weights).elements
            for row in 0..<input.rows {
                for column in 0..<bias.count { sums[row * bias.count + column] += bias[column] }
            }
            return Matrix(rows: input.rows, columns: bias.count, elements: sums)
        }
    }

    /// The layers from features to one number, with rectifiers between; empty for no corrections.
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

    /// The rectifier max(0, x) of each element.
    static func rectified(_ values: Matrix) -> Matrix {
        Matrix(
            rows: values.rows, columns: values.columns, elements: values.elements.map { max(0, $0) }
        )
    }

    /// Corrects a mixture's probabilities for one query.
    ///
    /// - Parameters:
    ///   - probabilities: The probability of each item by the mixture; corrected afterwards.
    ///   - outputs: The experts' predictions that the mixture is made of.
    /// - Returns: The factor of each corrected item, and the common factor of all others.
    /// - Complexity: O(n + listLength · weights) in the size n of the catalogue.
    func correct(
        _ probabilities: inout [Float], _ outputs: ExpertOutputs
    ) -> (factors: [Int32: Float], rest: Float) {
        guard !isEmpty else { return ([:], 1) }
        let list = RerankerList(probabilities, outputs)
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

/// The most likely items of one query, with the reranker's features of each.
struct RerankerList: Sendable {
    /// The number of features of an item.
    static let featureCount = ExpertID.allCases.count + 9
    /// Probabilities below this are raised to it.
    private static let floor: Float = 1e-6

    /// The items, most likely first.
    let items: [Int32]
    /// log of the mixture's probability of each item.
    let logs: [Float]
    /// The probability of all other items together, at least 10⁻⁶.
    let outside: Float
    /// The features, items × ``featureCount``.
    ///
    /// The log probabilities by each expert and by the mixture; log(1 + rank); log(1 + baskets);
    /// whether the query is about the same basket; whether the item was in the newest basket; log(1
    /// + contacts); log of the baskets since the last contact; the log probability of the first
    /// item, and of all items outside the list.
    let features: Matrix

    /// Makes the list from the mixture's probabilities and the experts' predictions.
    init(_ probabilities: [Float], _ outputs: ExpertOutputs) {
        let top = topIndices(probabilities, Reranker.listLength)
        let items = top.filter { probabilities[Int($0)] > 0 }
        let inside = items.reduce(Float(0)) { $0 + probabilities[Int($1)] }
        outside = max(Self.floor, 1 - inside)
        logs = items.map { log(probabilities[Int($0)]) }
        let history = outputs.query.history
        let contacts = Self.contacts(with: items, in: history)
        let lengths = log(1 + Float(history.basketCount))
        var rows: [Float] = []
        rows.reserveCapacity(items.count * Self.featureCount)
        for (rank, item) in items.enumerated() {
            for prediction in outputs.predictions {
                rows.append(log(max(Self.floor, prediction.probability(of: item))))
            }
            let (count, last) = contacts[item] ?? (0, 0)
            let since = Float(history.basketCount - last)
            rows += [
                max(log(Self.floor), logs[rank]), log(1 + Float(rank)), lengths,
                outputs.query.sameBasket ? 1 : 0, count > 0 && since == 1 ? 1 : 0,
                log(1 + Float(count)), count > 0 ? log(since) : 0, logs[0], log(outside),
            ]
        }
        self.items = items
        features = Matrix(rows: items.count, columns: Self.featureCount, elements: rows)
    }

    /// The number of baskets with each item, and the index of the last one.
    private static func contacts(
        with items: [Int32], in history: History
    ) -> [Int32: (count: Int, last: Int)] {
        let wanted = Set(items)
        var contacts: [Int32: (count: Int, last: Int)] = [:]
        for basket in 0..<history.basketCount {
            for event in history.basket(basket) where wanted.contains(history.items[event]) {
                let former = contacts[history.items[event]]
                let isNew = former?.last != basket
                contacts[history.items[event]] = ((former?.count ?? 0) + (isNew ? 1 : 0), basket)
            }
        }
        return contacts
    }
}
