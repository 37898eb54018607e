import Foundation

/// The probability of an outcome as the logistic function of a weighted sum of numbers.
///
/// The weights are fitted by maximum likelihood with a small ridge penalty (iteratively reweighted
/// least squares; Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 4.4.1).
package struct LogisticRegression: Sendable, Equatable, Codable {
    /// The intercept, then the weight of each number.
    package let weights: [Double]

    /// The ridge penalty: decay / 2 times the sum of squared weights.
    private static let decay = 1.0
    private static let rounds = 50

    /// Fits the weights.
    ///
    /// - Parameters:
    ///   - cases: The finite numbers of each case, with the same count in all cases.
    ///   - happened: The outcome of each case.
    /// - Complexity: O(rounds · cases · n²) for n numbers a case, with few rounds.
    package init(_ cases: [[Double]], happened: [Bool]) {
        precondition(cases.count == happened.count, "Each case needs one outcome.")
        let count = 1 + (cases.first?.count ?? 0)
        precondition(
            cases.allSatisfy { $0.count == count - 1 }, "All cases need the same count of numbers.")
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
            // Far from the optimum a full step could overshoot.
            let length = step.map(abs).max() ?? 0
            let factor = min(1, 2 / max(length, 1e-300))
            for index in weights.indices { weights[index] += factor * step[index] }
            if length < 1e-9 { break }
        }
        self.weights = weights
    }

    /// The probability for a case with the same count of numbers as in the fit.
    package func probability(_ numbers: [Double]) -> Double {
        Self.logistic(zip(weights, [1] + numbers).reduce(0) { $0 + $1.0 * $1.1 })
    }

    private static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
