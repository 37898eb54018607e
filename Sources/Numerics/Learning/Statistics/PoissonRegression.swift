import Foundation

/// Poisson regression of counts on features, with fixed effects of groups.
///
/// The mean of a row's count is exposure · (the level of each of its groups) ·
/// exp(coefficients · features). Levels are profiled out, so features are compared within groups
/// only (iteratively reweighted least squares with absorbed effects; Correia, Guimarães and Zylkin,
/// "Fast Poisson estimation with high-dimensional fixed effects", Stata Journal 2020). Variances
/// include overdispersion (McCullagh and Nelder, "Generalized Linear Models", 9.2).
package struct PoissonRegression: Sendable, Equatable {
    /// The estimate of one feature's coefficient.
    package struct Coefficient: Sendable, Equatable {
        /// The logarithm of the factor of counts when the feature grows by 1.
        package let value: Double
        /// The variance of its error; infinite if the rows have no information about it.
        package let variance: Double

        /// The coefficient of a feature without data.
        package static let unknown = Coefficient(value: 0, variance: .infinity)
    }

    /// One for each feature.
    package let coefficients: [Coefficient]
    /// The variance of counts as a multiple of their mean, at least 1.
    package let dispersion: Double

    private static let roundLimit = 60
    /// The ridge penalty: a normal prior around 0 with standard deviation 10.
    private static let ridge = 0.01

    /// Fits the coefficients.
    ///
    /// - Parameters:
    ///   - counts: The count of each row, at least 0.
    ///   - exposure: The exposure of each row, at least 0; rows with exposure 0 are ignored.
    ///   - features: Columns with one finite number for each row.
    ///   - groups: Columns with one group number for each row, from 0.
    /// - Complexity: O(rounds · rows · (groups + features²)).
    package init(counts: [Double], exposure: [Double], features: [[Double]], groups: [[Int]]) {
        precondition(exposure.count == counts.count, "Each row needs one exposure.")
        precondition(
            features.allSatisfy { $0.count == counts.count }
                && groups.allSatisfy { $0.count == counts.count },
            "Each column needs one number for each row.")
        let rows = counts.indices.filter { exposure[$0] > 0 }
        var fit = Fit(
            counts: rows.map { counts[$0] }, means: rows.map { exposure[$0] },
            features: features.map { column in rows.map { column[$0] } },
            groups: ([[Int](repeating: 0, count: counts.count)] + groups).map { column in
                rows.map { column[$0] }
            })
        var beta = [Double](repeating: 0, count: features.count)
        var variances = [Double](repeating: .infinity, count: features.count)
        for _ in 0..<Self.roundLimit {
            fit.scaleGroups()
            let (step, inverse) = fit.step(beta, ridge: Self.ridge)
            let length = step.map(abs).max() ?? 0
            let factor = min(1, 1 / max(length, 1e-300))
            for index in beta.indices { beta[index] += factor * step[index] }
            fit.multiply(step.map { factor * $0 })
            variances = inverse
            if length < 1e-8 { break }
        }
        let dispersion = fit.dispersion(featureCount: features.count)
        self.dispersion = dispersion
        coefficients = zip(beta, variances).map { value, variance in
            // With about the information of the ridge alone, nothing is known.
            let isKnown = variance < 0.5 / Self.ridge
            return Coefficient(
                value: isKnown ? value : 0, variance: isKnown ? dispersion * variance : .infinity)
        }
    }
}

/// The state of a fit.
private struct Fit {
    let counts: [Double]
    /// The current expected counts.
    var means: [Double]
    let features: [[Double]]
    let groups: [[Int]]
    private let groupCounts: [Int]

    init(counts: [Double], means: [Double], features: [[Double]], groups: [[Int]]) {
        self.counts = counts
        self.means = means
        self.features = features
        self.groups = groups
        groupCounts = groups.map { ($0.max() ?? -1) + 1 }
    }

    /// Scales the means of each group so that their sum is the sum of its counts.
    mutating func scaleGroups() {
        for (column, size) in zip(groups, groupCounts) {
            var observed = [Double](repeating: 0, count: size)
            var expected = observed
            for (row, group) in column.enumerated() {
                observed[group] += counts[row]
                expected[group] += means[row]
            }
            for (row, group) in column.enumerated() where expected[group] > 0 {
                means[row] *= max(1e-12, observed[group]) / expected[group]
            }
        }
    }

    /// Multiplies each mean by exp(step · features).
    mutating func multiply(_ step: [Double]) {
        for row in means.indices {
            var sum = 0.0
            for (column, change) in zip(features, step) { sum += column[row] * change }
            means[row] *= exp(min(20, max(-20, sum)))
        }
    }

    /// Newton's step, and the diagonal of the inverse of the information matrix.
    func step(_ beta: [Double], ridge: Double) -> (step: [Double], inverse: [Double]) {
        let columns = features.map(withinGroups)
        let size = columns.count
        var information = [Double](repeating: 0, count: size * size)
        var slope = beta.map { -ridge * $0 }
        for i in 0..<size {
            for row in means.indices {
                let weighted = columns[i][row] * means[row]
                slope[i] += columns[i][row] * (counts[row] - means[row])
                for j in 0...i { information[i * size + j] += weighted * columns[j][row] }
            }
            information[i * size + i] += ridge
        }
        let system = SymmetricSystem(information, count: size)
        return (system.solve(slope), system.inverseDiagonal)
    }

    /// A feature minus its mean in each group, with expected counts as weights.
    private func withinGroups(_ column: [Double]) -> [Double] {
        var column = column
        // One pass is exact for one column of groups. With more columns, passes converge quickly.
        for _ in 0..<(groups.count > 2 ? 12 : 2) {
            for (groupOfRow, size) in zip(groups, groupCounts) {
                var sums = [Double](repeating: 0, count: size)
                var weights = sums
                for (row, group) in groupOfRow.enumerated() {
                    sums[group] += means[row] * column[row]
                    weights[group] += means[row]
                }
                for (row, group) in groupOfRow.enumerated() where weights[group] > 0 {
                    column[row] -= sums[group] / weights[group]
                }
            }
        }
        return column
    }

    /// Pearson's estimate of the dispersion, at least 1.
    func dispersion(featureCount: Int) -> Double {
        var sum = 0.0
        // Groups without counts have no information, so their rows and levels are left out.
        let informative = means.indices.filter { means[$0] > 1e-9 }
        for row in informative {
            sum += (counts[row] - means[row]) * (counts[row] - means[row]) / means[row]
        }
        let levels = groups.reduce(0) { sum, column in
            sum + Set(informative.lazy.map { column[$0] }).count
        }
        let degreesOfFreedom = informative.count - featureCount - levels
        return degreesOfFreedom > 0 ? max(1, sum / Double(degreesOfFreedom)) : 1
    }
}
