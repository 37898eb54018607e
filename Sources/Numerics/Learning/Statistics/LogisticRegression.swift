import Foundation

/// The probability of something by a weighted sum of numbers.
///
/// Fitted by maximum likelihood with a little weight decay (iteratively reweighted least squares;
/// Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 4.4.1).
package struct LogisticRegression: Sendable, Equatable, Codable {
    /// The weight of 1, and then of each number.
    package let weights: [Double]

    /// How much large weights cost: as much as this many cases that speak against them.
    private static let decay = 1.0
    private static let rounds = 50

    /// Fits the weights.
    ///
    /// - Parameters:
    ///   - cases: Finite numbers of each case, all equally many.
    ///   - happened: Whether it happened in each case.
    /// - Complexity: O(rounds · cases · n²) for n numbers a case; few rounds are needed.
    package init(_ cases: [[Double]], happened: [Bool]) {
        let count = 1 + (cases.first?.count ?? 0)
        var weights = [Double](repeating: 0, count: count)
        for _ in 0..<Self.rounds {
            var slope = weights.map { -Self.decay * $0 }
            var curvature = [Double](repeating: 0, count: count * count)
            for index in 0..<count { curvature[index * count + index] = Self.decay }
            for (numbers, isHit) in zip(cases, happened) {
                let row = [1] + numbers
                let p = Self.logistic(zip(weights, row).reduce(0) { $0 + $1.0 * $1.1 })
                let spread = p * (1 - p)
                for i in 0..<count {
                    slope[i] += ((isHit ? 1 : 0) - p) * row[i]
                    for j in 0...i { curvature[i * count + j] += spread * row[i] * row[j] }
                }
            }
            let step = SymmetricSystem(curvature, count: count).solve(slope)
            // Far from the best weights a whole step could overshoot.
            let length = step.map(abs).max() ?? 0
            let share = min(1, 2 / max(length, 1e-300))
            for index in weights.indices { weights[index] += share * step[index] }
            if length < 1e-9 { break }
        }
        self.weights = weights
    }

    /// The probability for some numbers, as many as in the cases of the fit.
    package func probability(_ numbers: [Double]) -> Double {
        Self.logistic(zip(weights, [1] + numbers).reduce(0) { $0 + $1.0 * $1.1 })
    }

    private static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
