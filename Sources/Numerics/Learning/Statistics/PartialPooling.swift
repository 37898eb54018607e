import Foundation

/// What several groups tell of a quantity, each for itself and all for each other.
///
/// Groups have true values that lie around a common one. How far apart they lie is estimated
/// (DerSimonian and Laird, "Meta-analysis in clinical trials", 1986), and each group's estimate is
/// drawn to the common one the more, the less it tells itself (Efron and Morris 1973).
package struct PartialPooling: Sendable, Equatable {
    /// What is known of one group's value: a mean, and variances of two errors that are
    /// independent of each other.
    package struct Estimate: Sendable, Equatable, Codable {
        /// The likeliest value.
        package var mean: Double
        /// The variance of the error that this group alone has.
        package var ownVariance: Double
        /// The standard deviation, with its sign, of the error that all groups share.
        package var sharedDeviation: Double

        /// Makes an estimate.
        package init(mean: Double, ownVariance: Double, sharedDeviation: Double) {
            self.mean = mean
            self.ownVariance = ownVariance
            self.sharedDeviation = sharedDeviation
        }

        /// The standard deviation of the whole error.
        package var deviation: Double {
            (ownVariance + sharedDeviation * sharedDeviation).squareRoot()
        }
    }

    /// The common value.
    package let mean: Double
    /// The variance of its error.
    package let variance: Double
    /// The variance of groups' true values around it.
    package let spread: Double
    /// The mean variance of the groups' own errors.
    private let ownVariance: Double
    /// How many groups tell anything.
    private let count: Int

    /// Sums up what groups tell; `nil` if none tells anything.
    ///
    /// - Parameter groups: Values with variances of their errors; infinite ones tell nothing.
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

    /// What is known of a group by itself and by the others.
    ///
    /// The variance allows for the spread being an estimate itself (Morris, "Parametric empirical
    /// Bayes inference", 1983, 5.2).
    ///
    /// - Parameters:
    ///   - value: What the group tells itself.
    ///   - ownVariance: The variance of its error; infinite for a group that tells nothing.
    /// - Returns: The estimate.
    package func estimate(_ value: Double, variance ownVariance: Double) -> Estimate {
        guard ownVariance.isFinite else {
            return Estimate(
                mean: mean, ownVariance: spread, sharedDeviation: variance.squareRoot())
        }
        let total = max(1e-300, spread + ownVariance)
        let drawn = ownVariance / total
        let doubt =
            count > 3
            ? 2 / Double(count - 3) * drawn * drawn * (self.ownVariance + spread) / total
                * (value - mean) * (value - mean) : 0
        return Estimate(
            mean: value + drawn * (mean - value), ownVariance: (1 - drawn) * ownVariance + doubt,
            sharedDeviation: drawn * variance.squareRoot())
    }
}
