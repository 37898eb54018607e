import Foundation
import Kernels
import Learning

/// Learns which categories have seasons: weeks of the year in which they are bought more, or less,
/// than in others.
struct SeasonTraining {
    private let series: [String: SeasonalModel.Series]
    private let model: SeasonalModel?
    private let threads: Int

    /// Categories with fewer purchases a week tell nothing of weeks.
    private static let purchasesMin = 3.0
    /// How many categories decide what seasons are like: those with the most purchases.
    private static let deciders = 32

    /// Finds out what seasons are like, as far as the purchases tell; it takes two years of them.
    init(_ counts: SeasonCounts, threads: Int) {
        let weeks = counts.weeks(limit: SeasonalModel.timeLimit)
        var series: [String: SeasonalModel.Series] = [:]
        var totals: [(category: String, total: Double)] = []
        for (place, category) in counts.categories.enumerated() {
            let purchases = counts.purchases(of: place, in: weeks)
            let total = purchases.reduce(0, +)
            guard total >= Self.purchasesMin * Double(max(1, purchases.count)) else { continue }
            totals.append((category, total))
            series[category] = SeasonalModel.Series(
                levels: zip(purchases, weeks.customers).map { log(($0 + 0.5) / $1) },
                variances: purchases.map { 1 / ($0 + 0.5) })
        }
        let largest = totals.sorted { ($1.total, $0.category) < ($0.total, $1.category) }
            .prefix(Self.deciders)
        self.series = series
        self.threads = threads
        model = SeasonalModel(
            times: weeks.numbers.map { Double($0 * 7) + 3.5 },
            series: largest.compactMap { series[$0.category] }, threads: threads)
    }

    /// The seasons of categories.
    ///
    /// - Returns: `nil` for a category without; empty if none has any.
    func seasons(of categories: [String]) -> [SeasonalModel.Season?] {
        guard let model else { return [] }
        let found = parallelMap(categories.count, threads: threads) { place in
            series[categories[place]].flatMap { model.season(of: $0) }
        }
        return found.contains { $0 != nil } ? found : []
    }
}
