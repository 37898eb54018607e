import Foundation

/// How features multiply counts, apart from what groups of rows have in common.
///
/// A row's count is Poisson distributed with mean exposure · level of each of its groups ·
/// exp(coefficients · features). Levels are profiled out: features are compared within groups only
/// (iteratively reweighted least squares with absorbed effects; Correia, Guimarães and Zylkin, "Fast
/// Poisson estimation with high-dimensional fixed effects", Stata Journal 2020). Standard errors
/// allow for counts that vary more than Poisson's (McCullagh and Nelder, "Generalized Linear
/// Models", 9.2).
package struct PoissonRegression: Sendable, Equatable {
    /// What is found of one feature.
    package struct Coefficient: Sendable, Equatable {
        /// The logarithm of the factor of counts, for each 1 of the feature.
        package let value: Double
        /// Its variance; infinite if the rows tell nothing of it.
        package let variance: Double

        /// Nothing is known.
        package static let unknown = Coefficient(value: 0, variance: .infinity)
    }

    /// One for each feature.
    package let coefficients: [Coefficient]
    /// The variance of counts as a multiple of their mean, at least 1.
    package let dispersion: Double

    private static let roundLimit = 60
    /// As much information as speaks for 0: a standard deviation of ten.
    private static let ridge = 0.01

    /// Fits the coefficients.
    ///
    /// - Parameters:
    ///   - counts: Of each row, at least 0.
    ///   - exposure: What each row's count would be a multiple of, at least 0; rows without any are
    ///     passed over.
    ///   - features: Columns of one finite number for each row.
    ///   - groups: Columns of one group for each row, numbered from 0 on.
    /// - Complexity: O(rounds · rows · (groups + features²)).
    package init(counts: [Double], exposure: [Double], features: [[Double]], groups: [[Int]]) {
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
            let share = min(1, 1 / max(length, 1e-300))
            for place in beta.indices { beta[place] += share * step[place] }
            fit.multiply(step.map { share * $0 })
            variances = inverse
            if length < 1e-8 { break }
        }
        let dispersion = fit.dispersion(featureCount: features.count)
        self.dispersion = dispersion
        coefficients = zip(beta, variances).map { value, variance in
            // As little as the ridge itself brings is nothing.
            let isTold = variance < 0.5 / Self.ridge
            return Coefficient(
                value: isTold ? value : 0, variance: isTold ? dispersion * variance : .infinity)
        }
    }
}

/// A fit under way.
private struct Fit {
    let counts: [Double]
    /// The expected counts by all that is known so far.
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

    /// Makes the means of each group add up to its counts.
    mutating func scaleGroups() {
        for (column, size) in zip(groups, groupCounts) {
            var found = [Double](repeating: 0, count: size)
            var expected = found
            for (row, group) in column.enumerated() {
                found[group] += counts[row]
                expected[group] += means[row]
            }
            for (row, group) in column.enumerated() where expected[group] > 0 {
                means[row] *= max(1e-12, found[group]) / expected[group]
            }
        }
    }

    mutating func multiply(_ step: [Double]) {
        for row in means.indices {
            var sum = 0.0
            for (column, change) in zip(features, step) { sum += column[row] * change }
            means[row] *= exp(min(20, max(-20, sum)))
        }
    }

    /// Newton's step, and the diagonal of the inverse information.
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

    /// A feature without its mean in each group, rows counting by their expected counts.
    private func withinGroups(_ column: [Double]) -> [Double] {
        var column = column
        // One sweep is exact for one column of groups; the others converge to that quickly.
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

    /// Pearson's estimate.
    func dispersion(featureCount: Int) -> Double {
        var sum = 0.0
        // Rows of groups in which nothing was counted tell nothing, nor do the groups.
        let told = means.indices.filter { means[$0] > 1e-9 }
        for row in told {
            sum += (counts[row] - means[row]) * (counts[row] - means[row]) / means[row]
        }
        let levels = groups.reduce(0) { sum, column in
            sum + Set(told.lazy.map { column[$0] }).count
        }
        let free = told.count - featureCount - levels
        return free > 0 ? max(1, sum / Double(free)) : 1
    }
}
