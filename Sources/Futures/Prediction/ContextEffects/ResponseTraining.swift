import Foundation
import Kernels
import Learning
import Shop

/// Learns the demand response model.
///
/// A category's purchases are a Poisson regression on the features of the days, with fixed effects
/// of the group of customers, the day of the week and the block of four weeks. An item's purchases,
/// relative to all purchases of the day, are a Poisson regression on the logarithm of its price,
/// with fixed effects of the block of four weeks. See <doc:DemandResponse>.
struct ResponseTraining {
    private let counts: ResponseCounts
    private let days: ContextFeatures
    private let seasonCounts: SeasonCounts
    /// The description of each item of the catalogue.
    private let items: [Item?]
    /// The catalogue index of each item, by its number in the store.
    private let catalogueIndices: [Int?]
    /// The number in the store of each item, by its catalogue index.
    private let numbers: [Int: Int]
    private let threads: Int

    /// Categories and items with fewer purchases get no estimate of their own.
    private static let purchaseMin = 20.0
    /// The number of days in a block, whose days are compared with each other.
    private static let blockDays = 28

    /// Prepares the training.
    ///
    /// - Parameters:
    ///   - demandData: The purchases, and the features of the days.
    ///   - catalogue: The items of the model.
    ///   - threads: The number of threads; the result does not depend on it.
    init(
        _ demandData: TrainingData.DemandData, catalogue: ModelCatalogue, threads: Int
    ) {
        counts = demandData.counts
        days = demandData.days
        seasonCounts = demandData.seasons
        let known = Dictionary(
            demandData.items.map { ($0.itemID, $0) }, uniquingKeysWith: { first, _ in first })
        items = catalogue.itemIDs.map { known[$0] }
        catalogueIndices = demandData.itemIDs.map { catalogue.index(of: $0).map(Int.init) }
        numbers = Dictionary(
            catalogueIndices.enumerated().compactMap { number, index in
                index.map { ($0, number) }
            }, uniquingKeysWith: { first, _ in first })
        self.threads = threads
    }

    /// The learned model; factors without enough data are 1.
    func response() -> DemandResponseModel {
        let categories = Set(items.compactMap { $0?.category }).sorted()
        let seasons = SeasonTraining(seasonCounts, threads: threads).seasons(of: categories)
        guard !days.isEmpty || !seasons.isEmpty else { return .none }
        let categoryIndices = Dictionary(
            uniqueKeysWithValues: categories.enumerated().map { ($0.element, $0.offset) })
        let categoryOfItem = items.map { $0?.category.flatMap { categoryIndices[$0] } }
        let rows = rows(categories.count, categoryOfItem)
        let baselines = baselines(rows, categories)
        var response = DemandResponseModel(
            features: [], baselines: [:], trendBaselines: trendBaselines(rows, categories),
            categories: categories, coefficients: [],
            categoryOfItem: categoryOfItem, regularPrices: items.map { $0?.price },
            elasticities: elasticities(), seasons: seasons)
        let fits = parallelMap(categories.count, threads: threads) { category in
            fit(category, categories[category], rows, baselines)
        }
        var kept: [Int] = []
        for (index, feature) in days.features.enumerated() {
            let found = fits.map { $0[index] }
            guard
                let pool = PartialPooling(
                    found.map { (value: $0.value, variance: $0.variance) })
            else { continue }
            kept.append(index)
            response.features.append(feature)
            response.coefficients.append(
                found.map { pool.estimate($0.value, variance: $0.variance) })
        }
        response.baselines = baselines.mapValues { values in kept.map { values[$0] } }
        return response
    }

    /// A group of customers on a day.
    private struct Row: Sendable {
        /// The index of the group in the counts.
        var group: Int
        var day: Int
        var customers: Double
        /// Purchases by category.
        var purchases: [Double]
    }

    /// The purchases of each group on each day with active customers.
    private func rows(_ categoryCount: Int, _ categoryOfItem: [Int?]) -> [Row] {
        counts.groups.indices.flatMap { group in
            counts.customers(group: group).sorted { $0.key < $1.key }.compactMap { day, customers in
                guard customers > 0 else { return nil }
                var purchases = [Double](repeating: 0, count: categoryCount)
                let bought = counts.groupItems[.init(group: group, day: day)] ?? [:]
                for (item, count) in bought {
                    guard catalogueIndices.indices.contains(item),
                        let index = catalogueIndices[item],
                        let category = categoryOfItem[index]
                    else { continue }
                    purchases[category] += count
                }
                return Row(group: group, day: day, customers: customers, purchases: purchases)
            }
        }
    }

    /// The value of a feature; `nil` if it is missing, or if the customers do not consent to its
    /// use.
    private func value(
        of feature: ContextFeatures.Feature, category: String, _ row: Row
    ) -> Double? {
        let group = counts.groups[row.group]
        guard group.consent.contains(feature.purpose) else { return nil }
        return days.value(
            of: feature, category: category, city: group.city.isEmpty ? nil : group.city,
            day: row.day)
    }

    /// The baseline of each feature in each city; that of trends is over all categories.
    private func baselines(_ rows: [Row], _ categories: [String]) -> [String: [DemandResponseModel
        .BaselineRange?]]
    {
        var baselines: [String: [DemandResponseModel.BaselineRange?]] = [:]
        for (city, rows) in Dictionary(grouping: rows, by: { counts.groups[$0.group].city }) {
            baselines[city] = days.features.map { feature -> DemandResponseModel.BaselineRange? in
                let queried = feature == .trend ? categories : [""]
                let known = queried.flatMap { values(of: feature, category: $0, rows) }
                guard let lowest = known.map(\.value).min(), let highest = known.map(\.value).max()
                else { return nil }
                // Public events are too short for a yearly curve.
                let isYearly = feature == .rain || feature == .warmth
                return DemandResponseModel.BaselineRange(
                    baseline: baseline(known, isYearly: isYearly), lowest: lowest,
                    highest: highest)
            }
        }
        return baselines
    }

    /// The baseline of each category's trend.
    private func trendBaselines(_ rows: [Row], _ categories: [String]) -> [DemandResponseModel
        .Baseline]
    {
        categories.map { baseline(values(of: .trend, category: $0, rows), isYearly: true) }
    }

    /// The known values of a feature; missing trends are 0, the logarithm of a mean level.
    private func values(
        of feature: ContextFeatures.Feature, category: String, _ rows: [Row]
    ) -> [(day: Int, value: Double)] {
        rows.compactMap { row in
            guard counts.groups[row.group].consent.contains(feature.purpose) else { return nil }
            let value = value(of: feature, category: category, row)
            return (value ?? (feature == .trend ? 0 : nil)).map { (row.day, $0) }
        }
    }

    private func baseline(
        _ known: [(day: Int, value: Double)], isYearly: Bool
    ) -> DemandResponseModel.Baseline {
        let mean = known.reduce(0) { $0 + $1.value } / Double(max(1, known.count))
        return DemandResponseModel.Baseline(
            mean: mean,
            year: isYearly
                ? YearlyCurve(days: known.map { Double($0.day) + 0.5 }, values: known.map(\.value))
                : YearlyCurve(constant: mean))
    }

    /// The coefficients of one category, by feature.
    private func fit(
        _ category: Int, _ categoryName: String, _ rows: [Row],
        _ baselines: [String: [DemandResponseModel.BaselineRange?]]
    ) -> [PoissonRegression.Coefficient] {
        let counted = rows.map { $0.purchases[category] }
        guard !days.features.isEmpty, counted.reduce(0, +) >= Self.purchaseMin else {
            return days.features.map { _ in .unknown }
        }
        let features = days.features.enumerated().map { index, feature in
            rows.map { row -> Double in
                let group = counts.groups[row.group]
                // Without consent the feature is constant, so nothing is learned from the group.
                guard group.consent.contains(feature.purpose) else { return 0 }
                if let known = value(of: feature, category: categoryName, row) { return known }
                // A missing value counts as the baseline.
                guard feature != .trend, let baseline = baselines[group.city]?[index]?.baseline
                else { return 0 }
                return baseline.value(on: row.day, isSeasonal: true) ?? baseline.mean
            }
        }
        let first = rows.map(\.day).min() ?? 0
        return PoissonRegression(
            counts: counted, exposure: rows.map(\.customers), features: features,
            groups: [
                rows.map(\.group), rows.map { ($0.day % 7 + 7) % 7 },
                rows.map { ($0.day - first) / Self.blockDays },
            ]
        ).coefficients
    }

    /// The elasticity of each item; empty if no item has an estimate of its own.
    private func elasticities() -> [DemandResponseModel.Estimate] {
        let offered = Set(days.offeredItems)
        var totals: [Int: Double] = [:]
        for days in counts.items.values {
            for (day, count) in days { totals[day, default: 0] += count }
        }
        let perDay = totals
        let found = parallelMap(items.count, threads: threads) { index in
            guard let item = items[index], offered.contains(item.itemID),
                let price = item.price, price > 0
            else { return PoissonRegression.Coefficient.unknown }
            return elasticity(index, item.itemID, regularPrice: price, totals: perDay)
        }
        guard
            let pool = PartialPooling(found.map { (value: $0.value, variance: $0.variance) })
        else { return [] }
        return found.map { pool.estimate($0.value, variance: $0.variance) }
    }

    /// The elasticity of one item, given the purchases of all items by day.
    private func elasticity(
        _ index: Int, _ itemID: String, regularPrice: Double, totals: [Int: Double]
    ) -> PoissonRegression.Coefficient {
        let sold = numbers[index].flatMap { counts.items[$0] } ?? [:]
        guard sold.values.reduce(0, +) >= Self.purchaseMin, let first = sold.keys.min() else {
            return .unknown
        }
        let rows = totals.keys.filter { $0 >= first }.sorted()
        return PoissonRegression(
            counts: rows.map { sold[$0] ?? 0 },
            exposure: rows.map { (totals[$0] ?? 0) - (sold[$0] ?? 0) },
            features: [
                rows.map { day in
                    days.price(of: itemID, city: nil, day: day).map { log($0 / regularPrice) } ?? 0
                }
            ],
            groups: [rows.map { ($0 - first) / Self.blockDays }]
        ).coefficients[0]
    }
}
