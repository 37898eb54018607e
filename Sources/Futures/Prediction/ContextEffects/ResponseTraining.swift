import Foundation
import Kernels
import Learning
import Shop

/// Learns how the days around customers multiply what they buy.
///
/// A category's purchases in a city on a day are compared with those of the same category on other
/// days of the same four weeks, of the same day of the week, and in the same city. An item's at a
/// special price are compared with those at the usual one in the same four weeks, as shares of all
/// that was bought on the day.
struct ResponseTraining {
    private let counts: ResponseCounts
    private let days: ContextFeatures
    private let seasonCounts: SeasonCounts
    /// What is said of each item of the catalogue.
    private let items: [Item?]
    /// The place in the catalogue of each item, by its running number in the store.
    private let places: [Int?]
    /// The running number of each item of the catalogue that the store has.
    private let numbers: [Int: Int]
    private let threads: Int

    /// Categories and items with fewer purchases tell nothing themselves.
    private static let purchaseMin = 20.0
    /// Days that are compared with each other.
    private static let blockDays = 28

    /// Prepares the training.
    ///
    /// - Parameters:
    ///   - surroundings: What was bought, and what the days were like.
    ///   - catalogue: The items of the model.
    ///   - threads: How many may work on it; the result does not depend on it.
    init(
        _ surroundings: TrainingData.Surroundings, catalogue: ModelCatalogue, threads: Int
    ) {
        counts = surroundings.counts
        days = surroundings.days
        seasonCounts = surroundings.seasons
        let known = Dictionary(
            surroundings.items.map { ($0.itemID, $0) }, uniquingKeysWith: { first, _ in first })
        items = catalogue.itemIDs.map { known[$0] }
        places = surroundings.itemIDs.map { catalogue.place(of: $0).map(Int.init) }
        numbers = Dictionary(
            places.enumerated().compactMap { number, place in place.map { ($0, number) } },
            uniquingKeysWith: { first, _ in first })
        self.threads = threads
    }

    /// What was learned; neutral where the feeds or the purchases tell nothing.
    func response() -> DemandResponseModel {
        let categories = Set(items.compactMap { $0?.category }).sorted()
        let seasons = SeasonTraining(seasonCounts, threads: threads).seasons(of: categories)
        guard !days.isEmpty || !seasons.isEmpty else { return .none }
        let places = Dictionary(
            uniqueKeysWithValues: categories.enumerated().map { ($0.element, $0.offset) })
        let categoryOfItem = items.map { $0?.category.flatMap { places[$0] } }
        let rows = rows(categories.count, categoryOfItem)
        let usual = usual(rows, categories)
        var response = DemandResponseModel(
            features: [], usual: [:], trendBaselines: trendBaselines(rows, categories),
            categories: categories, coefficients: [],
            categoryOfItem: categoryOfItem, regularPrices: items.map { $0?.price },
            elasticities: elasticities(), seasons: seasons)
        let fits = parallelMap(categories.count, threads: threads) { category in
            fit(category, categories[category], rows, usual)
        }
        var kept: [Int] = []
        for (place, feature) in days.features.enumerated() {
            let found = fits.map { $0[place] }
            guard
                let pool = PartialPooling(
                    found.map { (value: $0.value, variance: $0.variance) })
            else { continue }
            kept.append(place)
            response.features.append(feature)
            response.coefficients.append(
                found.map { pool.estimate($0.value, variance: $0.variance) })
        }
        response.usual = usual.mapValues { values in kept.map { values[$0] } }
        return response
    }

    /// Customers of one city who agree to the same, on a day.
    private struct Row: Sendable {
        /// The group, as a place in the groups of the counts.
        var group: Int
        var day: Int
        var customers: Double
        /// Purchases by category.
        var purchases: [Double]
    }

    private func rows(_ categoryCount: Int, _ categoryOfItem: [Int?]) -> [Row] {
        counts.groups.indices.flatMap { group in
            counts.customers(group: group).sorted { $0.key < $1.key }.compactMap { day, customers in
                guard customers > 0 else { return nil }
                var purchases = [Double](repeating: 0, count: categoryCount)
                let bought = counts.groupItems[.init(group: group, day: day)] ?? [:]
                for (item, count) in bought {
                    guard places.indices.contains(item), let place = places[item],
                        let category = categoryOfItem[place]
                    else { continue }
                    purchases[category] += count
                }
                return Row(group: group, day: day, customers: customers, purchases: purchases)
            }
        }
    }

    /// What the context says of a feature; `nil` also where it may not be read for these customers.
    private func value(
        of feature: ContextFeatures.Feature, category: String, _ row: Row
    ) -> Double? {
        let group = counts.groups[row.group]
        guard group.consent.contains(feature.purpose) else { return nil }
        return days.value(
            of: feature, category: category, city: group.city.isEmpty ? nil : group.city,
            day: row.day)
    }

    /// What is usual of each feature in each city; of trends, over all categories.
    private func usual(_ rows: [Row], _ categories: [String]) -> [String: [DemandResponseModel
        .BaselineRange?]]
    {
        var usual: [String: [DemandResponseModel.BaselineRange?]] = [:]
        for (city, rows) in Dictionary(grouping: rows, by: { counts.groups[$0.group].city }) {
            usual[city] = days.features.map { feature -> DemandResponseModel.BaselineRange? in
                let asked = feature == .trend ? categories : [""]
                let known = asked.flatMap { self.known(feature, category: $0, rows) }
                guard let least = known.map(\.value).min(), let most = known.map(\.value).max()
                else { return nil }
                // Occasions are too short for the waves of a year.
                let isWave = feature == .rain || feature == .warmth
                return DemandResponseModel.BaselineRange(
                    normal: normal(known, isWave: isWave), least: least, most: most)
            }
        }
        return usual
    }

    /// What is usual of each category's trend.
    private func trendBaselines(_ rows: [Row], _ categories: [String]) -> [DemandResponseModel
        .Baseline]
    {
        categories.map { normal(known(.trend, category: $0, rows), isWave: true) }
    }

    /// A feature where somebody has told it; who has not told of a trend takes it to be as usual.
    private func known(
        _ feature: ContextFeatures.Feature, category: String, _ rows: [Row]
    ) -> [(day: Int, value: Double)] {
        rows.compactMap { row in
            guard counts.groups[row.group].consent.contains(feature.purpose) else { return nil }
            let value = value(of: feature, category: category, row)
            return (value ?? (feature == .trend ? 0 : nil)).map { (row.day, $0) }
        }
    }

    private func normal(
        _ known: [(day: Int, value: Double)], isWave: Bool
    ) -> DemandResponseModel.Baseline {
        let mean = known.reduce(0) { $0 + $1.value } / Double(max(1, known.count))
        return DemandResponseModel.Baseline(
            mean: mean,
            year: isWave
                ? YearlyCurve(days: known.map { Double($0.day) + 0.5 }, values: known.map(\.value))
                : YearlyCurve(constant: mean))
    }

    private func fit(
        _ category: Int, _ categoryName: String, _ rows: [Row],
        _ usual: [String: [DemandResponseModel.BaselineRange?]]
    ) -> [PoissonRegression.Coefficient] {
        let counted = rows.map { $0.purchases[category] }
        guard !days.features.isEmpty, counted.reduce(0, +) >= Self.purchaseMin else {
            return days.features.map { _ in .unknown }
        }
        let features = days.features.enumerated().map { place, feature in
            rows.map { row -> Double in
                let group = counts.groups[row.group]
                // What may not be read is the same on all days, so nothing is learned of it.
                guard group.consent.contains(feature.purpose) else { return 0 }
                if let told = value(of: feature, category: categoryName, row) { return told }
                // What is not known is taken to be as usual.
                guard feature != .trend, let normal = usual[group.city]?[place]?.normal
                else { return 0 }
                return normal.value(on: row.day, isSeasonal: true) ?? normal.mean
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

    /// The elasticity of each item; empty if no price tells anything.
    private func elasticities() -> [DemandResponseModel.Estimate] {
        let offered = Set(days.offeredItems)
        var totals: [Int: Double] = [:]
        for days in counts.items.values {
            for (day, count) in days { totals[day, default: 0] += count }
        }
        let perDay = totals
        let found = parallelMap(items.count, threads: threads) { place in
            guard let item = items[place], offered.contains(item.itemID),
                let price = item.price, price > 0
            else { return PoissonRegression.Coefficient.unknown }
            return elasticity(place, item.itemID, usualPrice: price, totals: perDay)
        }
        guard
            let pool = PartialPooling(found.map { (value: $0.value, variance: $0.variance) })
        else { return [] }
        return found.map { pool.estimate($0.value, variance: $0.variance) }
    }

    private func elasticity(
        _ place: Int, _ itemID: String, usualPrice: Double, totals: [Int: Double]
    ) -> PoissonRegression.Coefficient {
        let sold = numbers[place].flatMap { counts.items[$0] } ?? [:]
        guard sold.values.reduce(0, +) >= Self.purchaseMin, let first = sold.keys.min() else {
            return .unknown
        }
        let rows = totals.keys.filter { $0 >= first }.sorted()
        return PoissonRegression(
            counts: rows.map { sold[$0] ?? 0 },
            exposure: rows.map { (totals[$0] ?? 0) - (sold[$0] ?? 0) },
            features: [
                rows.map { day in
                    days.price(of: itemID, city: nil, day: day).map { log($0 / usualPrice) } ?? 0
                }
            ],
            groups: [rows.map { ($0 - first) / Self.blockDays }]
        ).coefficients[0]
    }
}
