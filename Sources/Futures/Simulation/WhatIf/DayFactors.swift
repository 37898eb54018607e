import Foundation
package import Prediction
package import Shop

/// The factors by which the days ahead multiply a customer's purchases, by day and item.
///
/// They follow from the model's demand response and seasons and from the feeds of the days. They
/// use the point estimate of the response, or samples from its posterior distribution.
package struct DayFactors: Sendable {
    /// The conditions of the days ahead for a customer.
    package struct DayConditions: Sendable {
        /// The features of the days, from feeds.
        package var features: ContextFeatures
        /// The customer's city.
        package var city: String?
        /// The purposes that the customer agrees to.
        package var purposes: Set<ContextPurpose>
        /// The days (since 1970) on which items are unavailable, by index in the catalogue.
        package var unavailable: [Int32: ClosedRange<Int>]
        /// Whether the factors are compared with those of another world.
        ///
        /// Then baselines cancel, so the mean replaces a baseline that is unknown for the time of
        /// the year.
        package var isCompared: Bool

        /// Creates conditions.
        package init(
            _ features: ContextFeatures, city: String?, purposes: Set<ContextPurpose>,
            unavailable: [Int32: ClosedRange<Int>] = [:], isCompared: Bool = false
        ) {
            self.features = features
            self.city = city
            self.purposes = purposes
            self.unavailable = unavailable
            self.isCompared = isCompared
        }
    }

    private let firstDay: Int
    /// Logarithms of feed factors by posterior sample, then by day and category.
    private let logarithms: [[Double]]
    /// Logarithms of seasonal factors, by day and category.
    private let seasons: [Double]
    /// The largest factor of each day, at least 1, under the first sample.
    ///
    /// Paths are simulated with the point estimate only.
    private let largest: [Double]
    /// Logarithms of price / usual price, by day and item.
    private let prices: [[Int32: Double]]
    /// Elasticities of the items on offer, by posterior sample.
    private let elasticities: [[Int32: Double]]
    private let categoryOfItem: [Int?]
    private let categoryCount: Int
    private let unavailable: [Int32: ClosedRange<Int>]

    /// Feed factors and seasonal factors are each clamped to 1/5 … 5, the range seen in training.
    ///
    /// Unavailable items have the factor 0.
    package static let limit = 5.0

    /// Computes the factors of some days; `nil` if all are 1.
    ///
    /// - Parameters:
    ///   - model: The model with the demand response.
    ///   - conditions: The conditions of the days.
    ///   - days: The days, since 1970.
    ///   - sampleCount: The number of posterior samples; 1 stands for the point estimate.
    ///   - seed: The seed of the posterior samples.
    package init?(
        _ model: PredictionModel, _ conditions: DayConditions, over days: ClosedRange<Int>,
        sampleCount: Int = 1, seed: UInt64 = 7
    ) {
        let response = model.response
        let prices = Self.prices(response, conditions, on: days, catalogue: model.catalogue)
        let features = Self.deviations(response, conditions, on: days)
        let seasons = response.seasons(on: days).joined().map(Self.bounded)
        guard
            !conditions.unavailable.isEmpty || prices.contains(where: { !$0.isEmpty })
                || features.contains(where: { day in day.joined().contains { $0 != 0 } })
                || seasons.contains(where: { $0 != 0 })
        else { return nil }
        let parameters = (0..<max(1, sampleCount)).map {
            sampleCount > 1 ? response.posteriorSample($0, seed: seed) : response.pointEstimate
        }
        let offered = Set(prices.flatMap(\.keys))
        let logarithms = parameters.map {
            Self.logarithms($0, features, categoryCount: response.categories.count)
        }
        let elasticities = parameters.map { parameters in
            Dictionary(
                uniqueKeysWithValues: offered.map { ($0, parameters.elasticities[Int($0)]) })
        }
        firstDay = days.lowerBound
        categoryOfItem = response.categoryOfItem
        categoryCount = response.categories.count
        unavailable = conditions.unavailable
        self.prices = prices
        self.logarithms = logarithms
        self.seasons = seasons
        self.elasticities = elasticities
        let categoryOfItem = response.categoryOfItem
        let categoryCount = response.categories.count
        largest = prices.indices.map { day in
            let cells = day * categoryCount..<(day + 1) * categoryCount
            let categories = cells.map { Self.bounded(logarithms[0][$0]) + seasons[$0] }
            let items = prices[day].map { item, ratio in
                let cell = categoryOfItem[Int(item)].map { cells.lowerBound + $0 }
                let base = cell.map { logarithms[0][$0] } ?? 0
                return Self.bounded(base + ratio * (elasticities[0][item] ?? 0))
                    + (cell.map { seasons[$0] } ?? 0)
            }
            return max(1, exp((categories + items).max() ?? 0))
        }
    }

    /// The factor of an item's purchases.
    ///
    /// - Parameters:
    ///   - item: The item's index in the catalogue.
    ///   - time: The time, in seconds since 1970.
    ///   - sample: The index of the posterior sample; 0 if there is only the point estimate.
    /// - Returns: The factor, from 0 to the square of ``limit``; 1 on days that were not computed.
    package func factor(of item: Int32, at time: Int64, sample: Int = 0) -> Double {
        let day = Self.day(time)
        if let days = unavailable[item], days.contains(day) { return 0 }
        let index = day - firstDay
        guard prices.indices.contains(index), logarithms.indices.contains(sample) else { return 1 }
        var logarithm = 0.0
        var season = 0.0
        if categoryOfItem.indices.contains(Int(item)), let category = categoryOfItem[Int(item)] {
            logarithm = logarithms[sample][index * categoryCount + category]
            season = seasons[index * categoryCount + category]
        }
        if let ratio = prices[index][item] {
            logarithm += ratio * (elasticities[sample][item] ?? 0)
        }
        return logarithm == 0 && season == 0 ? 1 : exp(Self.bounded(logarithm) + season)
    }

    /// Clamps the logarithm of a factor to the limit.
    private static func bounded(_ logarithm: Double) -> Double {
        min(log(limit), max(-log(limit), logarithm))
    }

    /// The largest factor of any item at a time, at least 1, under the first sample.
    func largest(at time: Int64) -> Double {
        let index = Self.day(time) - firstDay
        return largest.indices.contains(index) ? largest[index] : 1
    }

    private static func day(_ time: Int64) -> Int {
        Int((Double(time) / 86_400).rounded(.down))
    }

    /// The days that paths from an origin cover, since 1970.
    package static func days(from origin: Int64, horizonSeconds: Int64) -> ClosedRange<Int> {
        day(origin)...max(day(origin), day(origin + horizonSeconds))
    }

    /// The features minus their baselines, by day, feature and category; 0 where either is unknown.
    private static func deviations(
        _ response: DemandResponseModel, _ conditions: DayConditions, on days: ClosedRange<Int>
    ) -> [[[Double]]] {
        // Training treats all cities without feeds as one.
        let baselines = response.baselines[conditions.city ?? ""] ?? response.baselines[""] ?? []
        let count = response.categories.count
        let isSeasonal = response.categories.indices.map {
            response.seasons.indices.contains($0) && response.seasons[$0] != nil
        }
        return days.map { day in
            response.features.enumerated().map { index, feature in
                guard conditions.purposes.contains(feature.purpose),
                    baselines.indices.contains(index), let baseline = baselines[index]
                else { return [Double](repeating: 0, count: count) }
                func value(_ category: String?) -> Double? {
                    conditions.features.value(
                        of: feature, category: category, city: conditions.city, day: day
                    ).map { min(baseline.highest, max(baseline.lowest, $0)) }
                }
                let common = feature == .trend ? nil : value(nil)
                return (0..<count).map { category in
                    let isTrend = feature == .trend
                    let normal = isTrend ? response.trendBaselines[category] : baseline.baseline
                    guard let value = isTrend ? value(response.categories[category]) : common,
                        let expected = normal.value(on: day, isSeasonal: isSeasonal[category])
                            ?? (conditions.isCompared ? normal.mean : nil)
                    else { return 0 }
                    return value - expected
                }
            }
        }
    }

    /// The logarithms of feed factors, by day and category.
    private static func logarithms(
        _ parameters: DemandResponseModel.PosteriorSample, _ features: [[[Double]]],
        categoryCount: Int
    ) -> [Double] {
        features.flatMap { day in
            (0..<categoryCount).map { category in
                zip(parameters.coefficients, day).reduce(0) {
                    $0 + $1.0[category] * $1.1[category]
                }
            }
        }
    }

    /// The logarithms of offer price / usual price, by day and item.
    private static func prices(
        _ response: DemandResponseModel, _ conditions: DayConditions, on days: ClosedRange<Int>,
        catalogue: ModelCatalogue
    ) -> [[Int32: Double]] {
        guard !response.elasticities.isEmpty else { return days.map { _ in [:] } }
        let offered = conditions.features.offeredItems.compactMap { id in
            catalogue.index(of: id).flatMap { index in
                response.regularPrices[Int(index)].map { (id: id, index: index, usualPrice: $0) }
            }
        }
        return days.map { day in
            var prices: [Int32: Double] = [:]
            for item in offered where item.usualPrice > 0 {
                if let price = conditions.features.price(
                    of: item.id, city: conditions.city, day: day)
                {
                    prices[item.index] = log(price / item.usualPrice)
                }
            }
            return prices
        }
    }
}
