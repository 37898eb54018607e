import Foundation
import Kernels

/// The weights of the experts in a prediction.
///
/// Weights depend on the length of the history, on whether the query is about one more item of the
/// same basket, and on the LSTM's features of the next event. They are learned by maximum
/// likelihood on held-out customers: first the weights of each bucket (expectation maximisation,
/// Dempster, Laird and Rubin 1977), then gates that move them (mixture of experts, Jacobs, Jordan,
/// Nowlan and Hinton 1991). The weight of an expert without a prediction goes to the others.
package struct Mixture: Sendable {
    /// The experts, in the order of the weights.
    package let names: [ExpertID]
    /// The weights of the experts in each bucket; each row sums to 1.
    package let weights: [[Double]]
    /// Linear functions of the gating features that are added to the logarithms of the weights.
    ///
    /// One row for each expert: a constant, then one number for each feature. Empty without gates.
    package let gates: [[Float]]

    /// The lower bounds of the history lengths of buckets, in baskets; shorter ones are bucket 0.
    static let historyBounds = [1, 2, 3, 5, 9, 17, 41, 81, 161, 321]
    /// The number of buckets: each range of history lengths, for a later basket and for the same
    /// one.
    static var bucketCount: Int { 2 * (historyBounds.count + 1) }

    /// Makes a mixture from given weights and gates.
    init(names: [ExpertID], weights: [[Double]], gates: [[Float]] = []) {
        self.names = names
        self.weights = weights
        self.gates = gates
    }

    /// A mixture with equal weights.
    package init(even names: [ExpertID]) {
        let row = [Double](repeating: 1 / Double(max(1, names.count)), count: names.count)
        self.init(names: names, weights: [[Double]](repeating: row, count: Self.bucketCount))
    }

    /// The input of the gate, on which the weights depend.
    package struct GateInput: Sendable {
        /// The row of ``Mixture/weights``.
        var bucket: Int
        /// The LSTM's features of the next event; empty without a history.
        var gatingFeatures: ArraySlice<Float>

        /// The gate input of a history of `baskets` baskets.
        package init(baskets: Int, sameBasket: Bool, gatingFeatures: ArraySlice<Float>) {
            bucket = Mixture.bucket(baskets: baskets, sameBasket: sameBasket)
            self.gatingFeatures = gatingFeatures
        }

        /// The gate input of a query.
        init(_ query: PredictionQuery, gatingFeatures: ArraySlice<Float>) {
            self.init(
                baskets: query.history.basketCount, sameBasket: query.sameBasket,
                gatingFeatures: gatingFeatures)
        }
    }

    /// The probabilities that the experts gave to an item that came next.
    struct Case {
        var gateInput: GateInput
        /// The probability by each expert; `nil` without a prediction.
        var probabilities: [Float?]
    }

    /// Learns weights and gates from cases.
    ///
    /// - Parameters:
    ///   - names: The experts.
    ///   - cases: The cases; those of one customer side by side.
    ///   - iterations: The rounds of expectation maximisation.
    ///   - stage: Reports the progress of the gates.
    init(
        names: [ExpertID], cases: [Case], iterations: Int = 60,
        stage: TrainingStage = .silent
    ) {
        let even = Mixture(even: names)
        let common = Self.learn(
            cases, from: even.weights[0], prior: even.weights[0], priorWeight: 1,
            iterations: iterations)
        let byBucket = Dictionary(grouping: cases, by: \.gateInput.bucket)
        let weights = (0..<Self.bucketCount).map { bucket in
            Self.learn(
                byBucket[bucket] ?? [], from: common, prior: common, priorWeight: 100,
                iterations: iterations)
        }
        let gates = GateTraining(Mixture(names: names, weights: weights), cases: cases)
            .gates(stage)
        self.init(names: names, weights: weights, gates: gates)
    }

    /// The bucket of a history of `baskets` baskets.
    static func bucket(baskets: Int, sameBasket: Bool) -> Int {
        let amount = historyBounds.count { baskets >= $0 }
        return amount + (sameBasket ? historyBounds.count + 1 : 0)
    }

    /// The weights of the experts; those of unavailable experts go to the others.
    ///
    /// - Parameters:
    ///   - gateInput: The input of the gate.
    ///   - available: Whether each expert has a prediction and is wanted.
    /// - Returns: One weight for each expert; all 0 if none is available.
    /// - Complexity: O(experts × gating features).
    package func weights(_ gateInput: GateInput, available: [Bool]) -> [Float] {
        let row = weights[gateInput.bucket]
        // The greatest shift is subtracted, so that no exponential overflows.
        var shifts = [Float](repeating: 0, count: row.count)
        if !gateInput.gatingFeatures.isEmpty {
            for (index, gate) in gates.enumerated() {
                shifts[index] = Self.shift(gate, gateInput.gatingFeatures)
            }
        }
        var highest = -Float.infinity
        for index in row.indices where available[index] { highest = max(highest, shifts[index]) }
        var result = [Float](repeating: 0, count: row.count)
        var total: Float = 0
        for index in row.indices where available[index] {
            result[index] = Float(row[index]) * exp(shifts[index] - highest)
            total += result[index]
        }
        guard total > 0 else { return [Float](repeating: 0, count: row.count) }
        for index in result.indices { result[index] /= total }
        return result
    }

    /// What a gate adds to the logarithm of a weight.
    private static func shift(_ gate: [Float], _ gatingFeatures: ArraySlice<Float>) -> Float {
        (gate.first ?? 0) + VectorMath.dot(gate.dropFirst(), gatingFeatures)
    }

    /// Expectation maximisation from `start`, with `priorWeight` pseudo-cases of the prior.
    ///
    /// A case holds no information on an unavailable expert. It credits the expert with its weight
    /// relative to the available ones. Otherwise an expert that rarely answers would be taken for
    /// one that is rarely right.
    private static func learn(
        _ cases: [Case], from start: [Double], prior: [Double], priorWeight: Double,
        iterations: Int
    ) -> [Double] {
        var weights = start
        for _ in 0..<iterations {
            var sums = prior.map { $0 * priorWeight }
            for entry in cases {
                var responsibilities = [Double](repeating: 0, count: weights.count)
                var total = 0.0
                var availableWeight = 0.0
                for (index, probability) in entry.probabilities.enumerated() {
                    guard let probability else { continue }
                    responsibilities[index] = weights[index] * Double(probability)
                    total += responsibilities[index]
                    availableWeight += weights[index]
                }
                guard total > 0 else { continue }
                for (index, probability) in entry.probabilities.enumerated() {
                    sums[index] +=
                        probability == nil
                        ? weights[index] / availableWeight : responsibilities[index] / total
                }
            }
            let total = sums.reduce(0, +)
            weights = sums.map { $0 / total }
        }
        return weights
    }
}
