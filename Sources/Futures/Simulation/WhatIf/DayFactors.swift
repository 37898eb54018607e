import Foundation
package import Prediction
package import Shop

/// By what factors the days ahead multiply what a customer buys.
///
/// They follow from what the model knows of responses and seasons and from what feeds say of the
/// days: under the likeliest truth about the responses, or under several possible ones, *draws*,
/// which differ by what is not known for sure of them.
package struct DayFactors: Sendable {
    /// What the days ahead are like for a customer.
    package struct DayConditions: Sendable {
        /// What feeds say.
        package var days: ContextFeatures
        /// The customer's city.
        package var city: String?
        /// What the customer agrees to.
        package var purposes: Set<ContextPurpose>
        /// On which days (since 1970) items cannot be had, by place in the catalogue.
        package var unavailable: [Int32: ClosedRange<Int>]
        /// Whether it is compared with another one: then what is usual does not matter, and may be
        /// taken to be the mean where nobody knows it for the time of the year.
        package var isCompared: Bool

        /// Makes an outlook.
        package init(
            _ days: ContextFeatures, city: String?, purposes: Set<ContextPurpose>,
            unavailable: [Int32: ClosedRange<Int>] = [:], isCompared: Bool = false
        ) {
            self.days = days
            self.city = city
            self.purposes = purposes
            self.unavailable = unavailable
            self.isCompared = isCompared
        }
    }

    private let firstDay: Int
    /// Logarithms of what feeds do by draw, then by day and category.
    private let logarithms: [[Double]]
    /// Logarithms of what the time of the year does, by day and category.
    private let seasons: [Double]
    /// The greatest factor of each day, at least 1, under the first draw: paths live under the
    /// likeliest truth alone.
    private let most: [Double]
    /// Logarithms of prices as shares of the usual ones, by day and item.
    private let prices: [[Int32: Double]]
    private let elasticities: [[Int32: Double]]
    private let categoryOfItem: [Int?]
    private let categoryCount: Int
    private let unavailable: [Int32: ClosedRange<Int>]

    /// Neither what feeds nor what the time of the year does has a greater factor, and none but that
    /// of what cannot be had has a lesser one than its inverse: beyond that nothing was ever seen.
    package static let limit = 5.0

    /// Works out the factors of some days; `nil` if all are 1.
    ///
    /// - Parameters:
    ///   - model: What is known of responses.
    ///   - outlook: What the days are like.
    ///   - days: The days, since 1970.
    ///   - draws: How many possible truths; one is the likeliest alone.
    ///   - seed: Decides the draws.
    package init?(
        _ model: PredictionModel, _ outlook: DayConditions, over days: ClosedRange<Int>,
        draws: Int = 1, seed: UInt64 = 7
    ) {
        let response = model.response
        let prices = Self.prices(response, outlook, days, model.catalogue)
        let known = Self.features(response, outlook, days)
        let seasons = response.seasons(on: days).joined().map(Self.bounded)
        guard
            !outlook.unavailable.isEmpty || prices.contains(where: { !$0.isEmpty })
                || known.contains(where: { day in day.joined().contains { $0 != 0 } })
                || seasons.contains(where: { $0 != 0 })
        else { return nil }
        let truths = (0..<max(1, draws)).map {
            draws > 1 ? response.posteriorSample($0, seed: seed) : response.pointEstimate
        }
        let offered = Set(prices.flatMap(\.keys))
        let logarithms = truths.map { Self.logarithms($0, known, response.categories.count) }
        let elasticities = truths.map { truth in
            Dictionary(uniqueKeysWithValues: offered.map { ($0, truth.elasticities[Int($0)]) })
        }
        firstDay = days.lowerBound
        categoryOfItem = response.categoryOfItem
        categoryCount = response.categories.count
        unavailable = outlook.unavailable
        self.prices = prices
        self.logarithms = logarithms
        self.seasons = seasons
        self.elasticities = elasticities
        let categoryOfItem = response.categoryOfItem
        let categoryCount = response.categories.count
        most = prices.indices.map { day in
            let places = day * categoryCount..<(day + 1) * categoryCount
            let categories = places.map { Self.bounded(logarithms[0][$0]) + seasons[$0] }
            let items = prices[day].map { item, ratio in
                let place = categoryOfItem[Int(item)].map { places.lowerBound + $0 }
                let base = place.map { logarithms[0][$0] } ?? 0
                return Self.bounded(base + ratio * (elasticities[0][item] ?? 0))
                    + (place.map { seasons[$0] } ?? 0)
            }
            return max(1, exp((categories + items).max() ?? 0))
        }
    }

    /// The factor of an item's purchases.
    ///
    /// - Parameters:
    ///   - item: The item's place in the catalogue.
    ///   - time: When, in seconds since 1970.
    ///   - draw: Which of the possible truths; the likeliest if there is only that.
    /// - Returns: The factor, from 0 to the square of ``limit``; 1 outside of the days that were
    ///   worked out.
    package func factor(of item: Int32, at time: Int64, draw: Int = 0) -> Double {
        let day = Self.day(time)
        if let days = unavailable[item], days.contains(day) { return 0 }
        let place = day - firstDay
        guard prices.indices.contains(place), logarithms.indices.contains(draw) else { return 1 }
        var logarithm = 0.0
        var season = 0.0
        if categoryOfItem.indices.contains(Int(item)), let category = categoryOfItem[Int(item)] {
            logarithm = logarithms[draw][place * categoryCount + category]
            season = seasons[place * categoryCount + category]
        }
        if let ratio = prices[place][item] {
            logarithm += ratio * (elasticities[draw][item] ?? 0)
        }
        return logarithm == 0 && season == 0 ? 1 : exp(Self.bounded(logarithm) + season)
    }

    /// The logarithm of a factor within the limit.
    private static func bounded(_ logarithm: Double) -> Double {
        min(log(limit), max(-log(limit), logarithm))
    }

    /// The greatest factor of any item, at least 1; under the first draw.
    func most(at time: Int64) -> Double {
        let place = Self.day(time) - firstDay
        return most.indices.contains(place) ? most[place] : 1
    }

    private static func day(_ time: Int64) -> Int {
        Int((Double(time) / 86_400).rounded(.down))
    }

    /// The days that paths from a moment reach, since 1970.
    package static func days(from origin: Int64, horizonSeconds: Int64) -> ClosedRange<Int> {
        day(origin)...max(day(origin), day(origin + horizonSeconds))
    }

    /// How far each day is from what is usual, by day, feature and category; 0 where nobody says.
    private static func features(
        _ response: DemandResponseModel, _ outlook: DayConditions, _ days: ClosedRange<Int>
    ) -> [[[Double]]] {
        // Cities that feeds do not name were learned from as one.
        let usual = response.baselines[outlook.city ?? ""] ?? response.baselines[""] ?? []
        let count = response.categories.count
        let isSeasonal = response.categories.indices.map {
            response.seasons.indices.contains($0) && response.seasons[$0] != nil
        }
        return days.map { day in
            response.features.enumerated().map { place, feature in
                guard outlook.purposes.contains(feature.purpose),
                    usual.indices.contains(place), let usual = usual[place]
                else { return [Double](repeating: 0, count: count) }
                func value(_ category: String?) -> Double? {
                    outlook.days.value(
                        of: feature, category: category, city: outlook.city, day: day
                    ).map { min(usual.highest, max(usual.lowest, $0)) }
                }
                let common = feature == .trend ? nil : value(nil)
                return (0..<count).map { category in
                    let isTrend = feature == .trend
                    let normal = isTrend ? response.trendBaselines[category] : usual.baseline
                    guard let value = isTrend ? value(response.categories[category]) : common,
                        let expected = normal.value(on: day, isSeasonal: isSeasonal[category])
                            ?? (outlook.isCompared ? normal.mean : nil)
                    else { return 0 }
                    return value - expected
                }
            }
        }
    }

    /// The logarithms of what feeds do, by day and category.
    private static func logarithms(
        _ truth: DemandResponseModel.PosteriorSample, _ features: [[[Double]]], _ categoryCount: Int
    ) -> [Double] {
        features.flatMap { day in
            (0..<categoryCount).map { category in
                zip(truth.coefficients, day).reduce(0) {
                    $0 + $1.0[category] * $1.1[category]
                }
            }
        }
    }

    /// The logarithms of special prices as shares of the usual ones, by day and item.
    private static func prices(
        _ response: DemandResponseModel, _ outlook: DayConditions, _ days: ClosedRange<Int>,
        _ catalogue: ModelCatalogue
    ) -> [[Int32: Double]] {
        guard !response.elasticities.isEmpty else { return days.map { _ in [:] } }
        let offered = outlook.days.offeredItems.compactMap { id in
            catalogue.index(of: id).flatMap { place in
                response.regularPrices[Int(place)].map { (id: id, place: place, usual: $0) }
            }
        }
        return days.map { day in
            var prices: [Int32: Double] = [:]
            for item in offered where item.usual > 0 {
                if let price = outlook.days.price(of: item.id, city: outlook.city, day: day) {
                    prices[item.place] = log(price / item.usual)
                }
            }
            return prices
        }
    }
}
