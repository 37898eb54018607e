import Foundation
import Kernels
import Learning

/// Learns which categories have seasons: weeks of the year in which they are bought more, or less,
/// than in others.
struct SeasonTraining {
    private let weeks: SeasonCounts.Weeks
    private let categories: [String]
    private let series: [SeasonalModel.Series?]
    private let model: SeasonalModel
    private let threads: Int

    /// Categories with fewer purchases a week tell nothing of weeks.
    private static let purchasesMin = 3.0
    /// How many categories decide what seasons are like: those with the most purchases.
    private static let deciders = 32

    /// Prepares the training; `nil` if the purchases do not tell of seasons, which takes two years
    /// of them.
    init?(_ counts: SeasonCounts, threads: Int) {
        guard let weeks = counts.weeks(limit: SeasonalModel.timeLimit) else { return nil }
        let series = weeks.purchases.map { purchases -> SeasonalModel.Series? in
            guard purchases.reduce(0, +) >= Self.purchasesMin * Double(purchases.count) else {
                return nil
            }
            return SeasonalModel.Series(
                levels: zip(purchases, weeks.customers).map { log(($0 + 0.5) / $1) },
                variances: purchases.map { 1 / ($0 + 0.5) })
        }
        let totals = weeks.purchases.map { $0.reduce(0, +) }
        let largest = series.indices.filter { series[$0] != nil }
            .sorted { (totals[$1], $0) < (totals[$0], $1) }.prefix(Self.deciders)
        guard
            let model = SeasonalModel(
                times: weeks.numbers.map { Double($0 * 7) + 3.5 },
                series: largest.compactMap { series[$0] }, threads: threads)
        else { return nil }
        self.weeks = weeks
        self.series = series
        self.model = model
        self.threads = threads
        categories = counts.categories
    }

    /// The seasons of categories; `nil` for one without. Empty if none has any.
    func seasons(of asked: [String]) -> [SeasonalModel.Season?] {
        let places = Dictionary(
            uniqueKeysWithValues: categories.enumerated().map { ($0.element, $0.offset) })
        let found = parallelMap(asked.count, threads: threads) { place in
            places[asked[place]].flatMap { series[$0] }.flatMap { model.season(of: $0) }
        }
        return found.contains { $0 != nil } ? found : []
    }

    /// How much of a feature of days the seasons of categories hold already: what is usual of it in
    /// each part of the year, as seasons see it.
    ///
    /// - Parameters:
    ///   - feature: Its value on a day since 1970; `nil` where nobody has said.
    ///   - mean: What it is taken to be there.
    func usual(of feature: (Int) -> Double?, mean: Double) -> YearlyCurve {
        let variances = series.compactMap { $0?.variances }.joined().sorted()
        let levels = weeks.numbers.map { week in
            (0..<7).reduce(0) { $0 + (feature(week * 7 + $1) ?? mean) } / 7
        }
        return model.usual(
            of: SeasonalModel.Series(
                levels: levels,
                variances: levels.map { _ in variances[variances.count / 2] }))
    }
}
