import Foundation
import Kernels

/// What comes back each year in levels that were measured at several times, and what does not.
///
/// A series is a Gaussian process: its mean, a season that is the same each year (a periodic
/// kernel; MacKay, "Introduction to Gaussian processes", 1998), a drift that does not come back (an
/// Ornstein-Uhlenbeck process), and errors of measurement (Rasmussen and Williams, "Gaussian
/// Processes for Machine Learning", 2006, 2.2 and 5.4). Each part's size and pace are looked for by
/// climbing from two starts to where the series are likeliest; all series share them, but for the
/// size of the season. Years are told apart from drift by comparing them, so there is no season in
/// less than two.
package struct SeasonalModel: Sendable {
    /// The sizes and paces of the parts of a series.
    package struct Shape: Sendable, Equatable {
        /// The variance of the season around its mean; 0 if nothing comes back.
        package var season = 0.0
        /// How many days apart the season of two days is alike.
        package var seasonDays = 20.0
        /// The variance of the drift.
        package var drift = 0.01
        /// After how many days drift is forgotten.
        package var driftDays = 60.0
        /// The variance of what is true of one time only.
        package var error = 0.003
    }

    /// A season: how far each part of the year lies from the year's mean.
    package struct Season: Sendable, Equatable, Codable {
        /// The likeliest differences.
        package var curve: YearlyCurve
        /// The standard deviations of their errors.
        package var deviations: [Double]

        /// Makes a season.
        package init(curve: YearlyCurve, deviations: [Double]) {
            self.curve = curve
            self.deviations = deviations
        }
    }

    /// One series: levels such as logarithms of rates, with variances of their errors.
    package struct Series: Sendable {
        /// The levels, one for each time.
        package var levels: [Double]
        /// The variances of their errors, above 0.
        package var variances: [Double]

        /// Makes a series.
        package init(levels: [Double], variances: [Double]) {
            self.levels = levels
            self.variances = variances
        }
    }

    /// Into how many parts a season divides the year.
    package static let parts = 52
    /// The fewest times that have another one about a year later: what is there only once cannot be
    /// seen to come back.
    package static let repeatedMin = 51
    /// Times beyond so many are not looked at: the newest six years of weeks.
    package static let timeLimit = 312

    /// What all series have in common.
    package let shape: Shape
    /// The shape with each size of season, none first.
    private let processes: [Process]

    private static let seasons = [0, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
    private static let seasonDays = [8, 14, 24, 40, 70.0]
    private static let drifts = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
    private static let driftDays = [15, 40, 100, 300.0]
    private static let errors = [0, 0.001, 0.003, 0.01, 0.03, 0.1]
    /// By how much a season has to make the logarithm of a series' probability greater: seven times
    /// as likely (substantial evidence; Kass and Raftery, "Bayes factors", 1995).
    private static let gainMin = 2.0
    /// How often each size and pace is looked at again at most.
    private static let rounds = 4

    /// Looks for the shape under which series are likeliest; `nil` if too few times are there again
    /// a year later, or there are no series.
    ///
    /// - Parameters:
    ///   - times: The middle of each time, in days since 1970, ascending; at most ``timeLimit``.
    ///   - series: Each with a level for each time.
    ///   - threads: How many may work on it; the result does not depend on it.
    /// - Complexity: O(series · times³).
    package init?(times: [Double], series: [Series], threads: Int) {
        guard !series.isEmpty, Self.repeated(times) >= Self.repeatedMin else { return nil }
        precondition(times.count <= Self.timeLimit, "Give the newest times only.")
        // What drift explains first is no season, and the other way round; so both may be first.
        let found = [0, 0.1].map { season in
            var start = Shape()
            start.season = season
            return Self.climb(from: start) { shape in
                let process = Process(times, shape)
                return parallelMap(series.count, threads: threads) {
                    process.evidence(of: series[$0])
                }.reduce(0, +)
            }
        }
        let best = found[1].evidence > found[0].evidence ? found[1].shape : found[0].shape
        shape = best
        processes = Self.seasons.map { size in
            var sized = best
            sized.season = size
            return Process(times, sized)
        }
    }

    /// Chooses one size or pace after the other.
    private static func climb(
        from start: Shape, evidence: (Shape) -> Double
    ) -> (shape: Shape, evidence: Double) {
        var best = (shape: start, evidence: evidence(start))
        func choose(_ path: WritableKeyPath<Shape, Double>, _ values: [Double]) {
            for value in values where value != best.shape[keyPath: path] {
                var shape = best.shape
                shape[keyPath: path] = value
                let found = evidence(shape)
                if found > best.evidence { best = (shape, found) }
            }
        }
        for _ in 0..<rounds {
            let before = best.shape
            choose(\.drift, drifts)
            // What is not there has no pace.
            if best.shape.drift > 0 { choose(\.driftDays, driftDays) }
            choose(\.error, errors)
            choose(\.season, seasons)
            if best.shape.season > 0 { choose(\.seasonDays, seasonDays) }
            if best.shape == before { break }
        }
        return best
    }

    /// How many times have another one a year later, give or take half a week.
    private static func repeated(_ times: [Double]) -> Int {
        var later = 0
        return times.count { time in
            while later < times.count, times[later] < time + YearlyCurve.yearDays - 3.6 {
                later += 1
            }
            return later < times.count && times[later] < time + YearlyCurve.yearDays + 3.6
        }
    }

    /// The season of one series, its size being the one under which the series is likeliest.
    ///
    /// - Parameter series: With a level for each time.
    /// - Returns: The season; `nil` unless the series is clearly likelier with one.
    /// - Complexity: O(times³).
    package func season(of series: Series) -> Season? {
        let found = processes.map { (process: $0, evidence: $0.evidence(of: series)) }
        guard let best = found.max(by: { $0.evidence < $1.evidence }),
            best.evidence > found[0].evidence + Self.gainMin
        else { return nil }
        return best.process.season(of: series)
    }
}

/// Times under a shape.
private struct Process: Sendable {
    private let shape: SeasonalModel.Shape
    /// The part of the year of each time.
    private let phases: [Double]
    /// The covariance of what is true at the times, row by row, of which the lower half counts.
    private let kernel: [Double]
    /// The variance of a series' mean: it may be any.
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
                    Self.levelVariance + Self.likeness(phases[i] - phases[j], shape) + drift
            }
        }
        self.kernel = kernel
    }

    /// How alike the season is of two places in the year, 1 being the whole year.
    private static func likeness(_ distance: Double, _ shape: SeasonalModel.Shape) -> Double {
        let pace = YearlyCurve.yearDays / (Double.pi * shape.seasonDays)
        let sine = sin(Double.pi * distance)
        return shape.season * exp(-0.5 * pace * pace * sine * sine)
    }

    /// The factorised covariance of a series' levels, and what it makes of them.
    private func solved(
        _ series: SeasonalModel.Series
    ) -> (system: SymmetricSystem, levels: [Double], weights: [Double]) {
        let count = phases.count
        var matrix = kernel
        for i in 0..<count { matrix[i * count + i] += series.variances[i] + shape.error }
        let system = SymmetricSystem(matrix, count: count)
        let mean = series.levels.reduce(0, +) / Double(max(1, count))
        let levels = series.levels.map { $0 - mean }
        return (system, levels, system.solve(levels))
    }

    /// The logarithm of a series' probability density, but for what all shapes have in common.
    func evidence(of series: SeasonalModel.Series) -> Double {
        let (system, levels, weights) = solved(series)
        return -0.5
            * (zip(levels, weights).reduce(0) { $0 + $1.0 * $1.1 }
                + system.logarithmOfDeterminant)
    }

    /// The season, as differences from its mean over the year.
    func season(of series: SeasonalModel.Series) -> SeasonalModel.Season {
        let (system, _, weights) = solved(series)
        let parts = SeasonalModel.parts
        // How alike the season is of each part of the year and each time.
        var rows = (0..<parts).map { part in
            phases.map { Self.likeness((Double(part) + 0.5) / Double(parts) - $0, shape) }
        }
        for time in phases.indices {
            let centre = rows.reduce(0) { $0 + $1[time] } / Double(parts)
            for part in 0..<parts { rows[part][time] -= centre }
        }
        let around = (0..<parts).reduce(0) { $0 + Self.likeness(Double($1) / Double(parts), shape) }
        let prior = Self.likeness(0, shape) - around / Double(parts)
        return SeasonalModel.Season(
            curve: YearlyCurve(
                rows.map { row in zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 } }),
            deviations: rows.map { row in
                let told = zip(row, system.solve(row)).reduce(0) { $0 + $1.0 * $1.1 }
                return max(0, prior - told).squareRoot()
            })
    }
}
