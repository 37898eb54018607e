import Foundation
import Kernels

/// Separates the yearly season of measured levels from drift and errors.
///
/// A series is a Gaussian process with four parts: its mean, a season that is the same each year (a
/// periodic kernel; MacKay, "Introduction to Gaussian processes", 1998), a drift (an
/// Ornstein-Uhlenbeck process), and measurement errors (Rasmussen and Williams, "Gaussian Processes
/// for Machine Learning", 2006, 2.2 and 5.4). The variance and time scale of each part maximise the
/// marginal likelihood of all series (coordinate ascent from two starts). They are the same for all
/// series, except the variance of the season. A season is what repeats from year to year, so it
/// takes two years of levels.
package struct SeasonalModel: Sendable {
    /// The hyperparameters: variances and time scales of the parts of a series.
    package struct Shape: Sendable, Equatable {
        /// The variance of the season; 0 for no season.
        package var season = 0.0
        /// The time scale of the season in days.
        package var seasonDays = 20.0
        /// The variance of the drift.
        package var drift = 0.01
        /// The time scale of the drift in days.
        package var driftDays = 60.0
        /// The variance of deviations of a single time, besides the errors of the levels.
        package var error = 0.003
    }

    /// A season: the difference of each part of the year from the mean of the year.
    package struct Season: Sendable, Equatable, Codable {
        /// The posterior means of the differences.
        package var curve: YearlyCurve
        /// The posterior standard deviations of the differences.
        package var deviations: [Double]

        /// A season.
        package init(curve: YearlyCurve, deviations: [Double]) {
            self.curve = curve
            self.deviations = deviations
        }
    }

    /// One series of levels, such as logarithms of rates, with the variances of their errors.
    package struct Series: Sendable {
        /// The level of each time.
        package var levels: [Double]
        /// The variance of each level's error, above 0.
        package var variances: [Double]

        /// A series.
        package init(levels: [Double], variances: [Double]) {
            self.levels = levels
            self.variances = variances
        }
    }

    /// The number of parts of a year.
    package static let parts = 52
    /// The least number of times with another time a year later; with fewer, season and
    /// drift cannot be separated.
    package static let repeatedMin = 51
    /// The greatest number of times: six years of weeks.
    package static let timeLimit = 312

    /// The hyperparameters of all series.
    package let shape: Shape
    /// The process with each variance of the season, beginning with 0.
    private let processes: [SeasonalProcess]

    private static let seasons = [0, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
    private static let seasonDays = [8, 14, 24, 40, 70.0]
    private static let drifts = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
    private static let driftDays = [15, 40, 100, 300.0]
    private static let errors = [0, 0.001, 0.003, 0.01, 0.03, 0.1]
    /// The least gain in log marginal likelihood of a series with a season: a Bayes factor of seven
    /// (substantial; Kass and Raftery, "Bayes factors", 1995).
    private static let gainMin = 2.0
    /// The greatest number of rounds over all hyperparameters.
    private static let rounds = 4

    /// Fits the hyperparameters.
    ///
    /// Returns `nil` if there are no series, or if too few times have another time a year later.
    ///
    /// - Parameters:
    ///   - times: The times in days since 1970, ascending; at most ``timeLimit``.
    ///   - series: The series, each with one level for each time.
    ///   - threads: The number of threads; it does not change the result.
    /// - Complexity: O(series · times³).
    package init?(times: [Double], series: [Series], threads: Int) {
        guard !series.isEmpty, Self.repeated(times) >= Self.repeatedMin else { return nil }
        precondition(times.count <= Self.timeLimit, "There must be at most timeLimit times.")
        // Drift and season can explain the same levels, so the fit starts once without a season and
        // once with one.
        let found = [0, 0.1].map { season in
            var start = Shape()
            start.season = season
            return Self.climb(from: start) { shape in
                let process = SeasonalProcess(times, shape)
                return parallelMap(series.count, threads: threads) {
                    process.logLikelihood(of: series[$0])
                }.reduce(0, +)
            }
        }
        let best = found[1].logLikelihood > found[0].logLikelihood ? found[1].shape : found[0].shape
        shape = best
        processes = Self.seasons.map { size in
            var sized = best
            sized.season = size
            return SeasonalProcess(times, sized)
        }
    }

    /// Maximises the log marginal likelihood over one hyperparameter after the other.
    private static func climb(
        from start: Shape, logLikelihood: (Shape) -> Double
    ) -> (shape: Shape, logLikelihood: Double) {
        var best = (shape: start, logLikelihood: logLikelihood(start))
        func choose(_ path: WritableKeyPath<Shape, Double>, _ values: [Double]) {
            for value in values where value != best.shape[keyPath: path] {
                var shape = best.shape
                shape[keyPath: path] = value
                let found = logLikelihood(shape)
                if found > best.logLikelihood { best = (shape, found) }
            }
        }
        for _ in 0..<rounds {
            let before = best.shape
            choose(\.drift, drifts)
            // Without drift, its time scale has no effect; the same holds for the season.
            if best.shape.drift > 0 { choose(\.driftDays, driftDays) }
            choose(\.error, errors)
            choose(\.season, seasons)
            if best.shape.season > 0 { choose(\.seasonDays, seasonDays) }
            if best.shape == before { break }
        }
        return best
    }

    /// The number of times with another time a year later, within 3.6 days.
    private static func repeated(_ times: [Double]) -> Int {
        var later = 0
        return times.count { time in
            while later < times.count, times[later] < time + YearlyCurve.yearDays - 3.6 {
                later += 1
            }
            return later < times.count && times[later] < time + YearlyCurve.yearDays + 3.6
        }
    }

    /// The season of one series, with the variance that maximises the series' marginal likelihood.
    ///
    /// - Parameter series: A series with one level for each time.
    /// - Returns: The season; `nil` unless the series is clearly more likely with a season.
    /// - Complexity: O(times³).
    package func season(of series: Series) -> Season? {
        let found = processes.map { (process: $0, logLikelihood: $0.logLikelihood(of: series)) }
        guard let best = found.max(by: { $0.logLikelihood < $1.logLikelihood }),
            best.logLikelihood > found[0].logLikelihood + Self.gainMin
        else { return nil }
        return best.process.season(of: series)
    }
}

/// The Gaussian process of a series at the given times, with given hyperparameters.
private struct SeasonalProcess: Sendable {
    private let shape: SeasonalModel.Shape
    /// The fraction of the year of each time.
    private let phases: [Double]
    /// The covariance of the true levels, row by row; only the lower half is used.
    private let kernel: [Double]
    /// The prior variance of a series' mean: large, so that any mean is possible.
    private static let levelVariance = 100.0

    init(_ times: [Double], _ shape: SeasonalModel.Shape) {
        self.shape = shape
        let phases = times.map(YearlyCurve.part)
        self.phases = phases
        let count = times.count
        var kernel = [Double](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in 0...i {
                let drift = shape.drift * exp((times[j] - times[i]) / shape.driftDays)
                kernel[i * count + j] =
                    Self.levelVariance + Self.seasonalCovariance(phases[i] - phases[j], shape)
                    + drift
            }
        }
        self.kernel = kernel
    }

    /// The covariance of the season at two times whose fractions of the year differ by `distance`.
    private static func seasonalCovariance(_ distance: Double, _ shape: SeasonalModel.Shape)
        -> Double
    {
        let inverseScale = YearlyCurve.yearDays / (Double.pi * shape.seasonDays)
        let sine = sin(Double.pi * distance)
        return shape.season * exp(-0.5 * inverseScale * inverseScale * sine * sine)
    }

    /// The factorised covariance of a series' levels, the centred levels, and covariance⁻¹ ·
    /// levels.
    private func solved(
        _ series: SeasonalModel.Series
    ) -> (system: SymmetricSystem, levels: [Double], weights: [Double]) {
        let count = phases.count
        precondition(
            series.levels.count == count && series.variances.count == count,
            "A series needs one level and one variance for each time.")
        var matrix = kernel
        for i in 0..<count { matrix[i * count + i] += series.variances[i] + shape.error }
        let system = SymmetricSystem(matrix, count: count)
        let mean = series.levels.reduce(0, +) / Double(max(1, count))
        let levels = series.levels.map { $0 - mean }
        return (system, levels, system.solve(levels))
    }

    /// The log marginal likelihood of a series, without its constant term.
    func logLikelihood(of series: SeasonalModel.Series) -> Double {
        let (system, levels, weights) = solved(series)
        return -0.5
            * (zip(levels, weights).reduce(0) { $0 + $1.0 * $1.1 }
                + system.logarithmOfDeterminant)
    }

    /// The season, as differences from its mean over the year.
    func season(of series: SeasonalModel.Series) -> SeasonalModel.Season {
        let (system, _, weights) = solved(series)
        let parts = SeasonalModel.parts
        // The covariance of the season in each part of the year with the season at each time.
        var rows = (0..<parts).map { part in
            phases.map { Self.seasonalCovariance((Double(part) + 0.5) / Double(parts) - $0, shape) }
        }
        for time in phases.indices {
            let centre = rows.reduce(0) { $0 + $1[time] } / Double(parts)
            for part in 0..<parts { rows[part][time] -= centre }
        }
        let around = (0..<parts).reduce(0) {
            $0 + Self.seasonalCovariance(Double($1) / Double(parts), shape)
        }
        let prior = Self.seasonalCovariance(0, shape) - around / Double(parts)
        return SeasonalModel.Season(
            curve: YearlyCurve(
                rows.map { row in zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 } }),
            deviations: rows.map { row in
                let explained = zip(row, system.solve(row)).reduce(0) { $0 + $1.0 * $1.1 }
                return max(0, prior - explained).squareRoot()
            })
    }
}
