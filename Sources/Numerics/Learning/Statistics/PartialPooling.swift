import Foundation

/// Estimates of a quantity for several groups, which are pulled towards their common mean.
///
/// The true values of the groups vary around a common mean. Their variance is estimated
/// (DerSimonian and Laird, "Meta-analysis in clinical trials", 1986). Each group's estimate is
/// pulled towards the mean; the greater its error variance, the stronger the pull (Efron and Morris
/// 1973).
package struct PartialPooling: Sendable, Equatable {
    /// The estimate of one group's value: a mean, and the sizes of two independent errors.
    package struct Estimate: Sendable, Equatable, Codable {
        /// The mean of the posterior distribution.
        package var mean: Double
        /// The variance of the error of this group only.
        package var ownVariance: Double
        /// The signed standard deviation of the error that is common to all groups.
        package var sharedDeviation: Double

        /// Makes an estimate.
        package init(mean: Double, ownVariance: Double, sharedDeviation: Double) {
            self.mean = mean
            self.ownVariance = ownVariance
            self.sharedDeviation = sharedDeviation
        }

        /// The standard deviation of the total error.
        package var deviation: Double {
            (ownVariance + sharedDeviation * sharedDeviation).squareRoot()
        }
    }

    /// The common mean.
    package let mean: Double
    /// The variance of its error.
    package let variance: Double
    /// The variance of the groups' true values around the mean.
    package let spread: Double
    /// The mean variance of the groups' own errors.
    private let ownVariance: Double
    /// The number of groups with a finite error variance.
    private let count: Int

    /// Estimates the mean and the variance of the groups; `nil` if no group is left.
    ///
    /// - Parameter groups: Values with the variances of their errors. Groups without a finite value
    ///   and a finite positive variance are ignored.
    package init?(_ groups: [(value: Double, variance: Double)]) {
        let known = groups.filter { $0.variance.isFinite && $0.variance > 0 && $0.value.isFinite }
        guard !known.isEmpty else { return nil }
        let weights = known.map { 1 / $0.variance }
        let total = weights.reduce(0, +)
        let centre = zip(weights, known).reduce(0) { $0 + $1.0 * $1.1.value } / total
        let scatter = zip(weights, known).reduce(0) {
            $0 + $1.0 * ($1.1.value - centre) * ($1.1.value - centre)
        }
        let scale = total - weights.reduce(0) { $0 + $1 * $1 } / total
        let spread = scale > 0 ? max(0, (scatter - Double(known.count - 1)) / scale) : 0
        let pooled = known.map { 1 / ($0.variance + spread) }
        let sum = pooled.reduce(0, +)
        self.spread = spread
        self.count = known.count
        ownVariance = known.reduce(0) { $0 + $1.variance } / Double(known.count)
        mean = zip(pooled, known).reduce(0) { $0 + $1.0 * $1.1.value } / sum
        variance = 1 / sum
    }

    /// The estimate of a group from its own value and the other groups.
    ///
    /// The variance includes the error of the estimated spread (Morris, "Parametric empirical Bayes
    /// inference", 1983, 5.2).
    ///
    /// - Parameters:
    ///   - value: The group's own value.
    ///   - ownVariance: The variance of its error; infinite for a group without data.
    /// - Returns: The estimate.
    package func estimate(_ value: Double, variance ownVariance: Double) -> Estimate {
        guard ownVariance.isFinite else {
            return Estimate(
                mean: mean, ownVariance: spread, sharedDeviation: variance.squareRoot())
        }
        let total = max(1e-300, spread + ownVariance)
        let shrinkage = ownVariance / total
        let spreadError =
            count > 3
            ? 2 / Double(count - 3) * shrinkage * shrinkage * (self.ownVariance + spread) / total
                * (value - mean) * (value - mean) : 0
        return Estimate(
            mean: value + shrinkage * (mean - value),
            ownVariance: (1 - shrinkage) * ownVariance + spreadError,
            sharedDeviation: shrinkage * variance.squareRoot())
    }
}
