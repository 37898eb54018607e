import Foundation
import Kernels
import Learning

/// Learns the seasons of categories: how much is bought in each week of the year.
struct SeasonTraining {
    private let series: [String: SeasonalModel.Series]
    private let model: SeasonalModel?
    private let threads: Int

    /// Categories with fewer purchases in the mean week are left out.
    private static let purchasesMin = 3.0
    /// The number of categories that the shape of seasons is fitted to: those with the most
    /// purchases.
    private static let shapeCategoryCount = 32

    /// Fits the shape of seasons; there are none with less than about two years of purchases.
    init(_ counts: SeasonCounts, threads: Int) {
        let weeks = counts.weeks(limit: SeasonalModel.timeLimit)
        var series: [String: SeasonalModel.Series] = [:]
        var totals: [(category: String, total: Double)] = []
        for (index, category) in counts.categories.enumerated() {
            let purchases = counts.purchases(of: index, in: weeks)
            let total = purchases.reduce(0, +)
            guard total >= Self.purchasesMin * Double(max(1, purchases.count)) else { continue }
            totals.append((category, total))
            series[category] = SeasonalModel.Series(
                levels: zip(purchases, weeks.customers).map { log(($0 + 0.5) / $1) },
                variances: purchases.map { 1 / ($0 + 0.5) })
        }
        let largest = totals.sorted { ($1.total, $0.category) < ($0.total, $1.category) }
            .prefix(Self.shapeCategoryCount)
        self.series = series
        self.threads = threads
        model = SeasonalModel(
            times: weeks.numbers.map { Double($0 * 7) + 3.5 },
            series: largest.compactMap { series[$0.category] }, threads: threads)
    }

    /// The seasons of categories.
    ///
    /// - Returns: `nil` for a category without a season; empty if no category has one.
    func seasons(of categories: [String]) -> [SeasonalModel.Season?] {
        guard let model else { return [] }
        let found = parallelMap(categories.count, threads: threads) { index in
            series[categories[index]].flatMap { model.season(of: $0) }
        }
        return found.contains { $0 != nil } ? found : []
    }
}
