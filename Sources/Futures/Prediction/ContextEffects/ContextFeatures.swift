import Foundation
package import Shop

/// Feeds by city and day, as the features that responses are learned of.
///
/// Events and offers are kept as intervals of days, so their length costs no memory.
///
/// Days are days since 1970. What nobody has said is `nil`.
package struct ContextFeatures: Sendable {
    /// What a feature is about.
    package enum Feature: Hashable, Sendable, Codable {
        /// The logarithm of 1 + the day's millimetres of rain.
        case rain
        /// The day's mean temperature in tens of degrees Celsius.
        case warmth
        /// The logarithm of the level of a category's demand.
        case trend
        /// 1 on the days of an event of a kind, else 0.
        case during(String)
        /// 1 on the two days before an event of a kind, else 0.
        case before(String)

        /// What a customer has to agree to for it.
        package var purpose: ContextPurpose {
            switch self {
            case .rain, .warmth: .weather
            case .trend: .trends
            case .during, .before: .events
            }
        }
    }

    private struct Place: Hashable {
        var city: String?
        var day: Int
    }

    /// The features that the feeds tell anything of.
    package let features: [Feature]
    private let weather: [String: [Int: Weather]]
    private let levels: [String: [Place: Double]]
    /// The days that trends are told of.
    private let trendDays: ClosedRange<Int>?
    private let happening: [Feature: [String?: DayIntervals<Bool>]]
    private let prices: [String: [String?: DayIntervals<Double>]]

    /// How many days before an event people may prepare for it.
    private static let eveDays = 2
    /// Longer events are taken to be of no special day.
    private static let lengthLimit = 400
    /// The days after its first one that an offer lasts at most.
    private static let offerLengthLimit = 366
    /// Kinds of events that are told apart at most: those of the most events.
    private static let kindLimit = 32

    /// Sorts feeds by city and day.
    package init(_ feeds: ContextFeeds) {
        weather = feeds.weather
        var levels: [String: [Place: Double]] = [:]
        for trend in feeds.trends where trend.level > 0 {
            levels[trend.category, default: [:]][Place(city: trend.city, day: trend.day)] =
                trend.level
        }
        self.levels = levels
        let told = levels.values.lazy.flatMap { $0.keys.map(\.day) }
        trendDays = told.min().flatMap { first in told.max().map { first...$0 } }
        var happening: [Feature: [String?: [DayInterval<Bool>]]] = [:]
        for event in feeds.events where event.lastDay - event.firstDay < Self.lengthLimit {
            happening[.during(event.kind), default: [:]][event.city, default: []].append(
                DayInterval(event.firstDay...event.lastDay, true))
            happening[.before(event.kind), default: [:]][event.city, default: []].append(
                DayInterval(event.firstDay - Self.eveDays...event.firstDay - 1, true))
        }
        self.happening = happening.mapValues { $0.mapValues { DayIntervals($0) } }
        var prices: [String: [String?: [DayInterval<Double>]]] = [:]
        for offer in feeds.offers where offer.price > 0 {
            let last = min(offer.lastDay, offer.firstDay + Self.offerLengthLimit)
            prices[offer.itemID, default: [:]][offer.city, default: []].append(
                DayInterval(offer.firstDay...last, offer.price))
        }
        self.prices = prices.mapValues { $0.mapValues { DayIntervals($0) } }
        let counts = feeds.events.reduce(into: [String: Int]()) { $0[$1.kind, default: 0] += 1 }
        let kinds = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .prefix(Self.kindLimit).map(\.key).sorted()
        features =
            (weather.isEmpty ? [] : [.rain, .warmth]) + (trendDays == nil ? [] : [.trend])
            + kinds.flatMap { [.before($0), .during($0)] }
    }

    /// The value of a feature in a city on a day.
    ///
    /// - Parameters:
    ///   - feature: The feature.
    ///   - category: The category of items, which only trends differ by.
    ///   - city: The city; `nil` knows only what is everywhere.
    ///   - day: The day.
    /// - Returns: The value, or `nil` if nobody has said.
    package func value(
        of feature: Feature, category: String?, city: String?, day: Int
    ) -> Double? {
        switch feature {
        case .rain:
            city.flatMap { weather[$0]?[day]?.precipitation }
                .flatMap { $0.isFinite ? log1p(max(0, $0)) : nil }
        case .warmth:
            city.flatMap { weather[$0]?[day]?.temperature }
                .flatMap { $0.isFinite ? $0 / 10 : nil }
        case .trend: level(of: category, city: city, day: day).map { log($0) }
        case .during, .before:
            happening[feature].map { cities in
                let isNear =
                    cities[nil]?.value(on: day) == true
                    || city != nil && cities[city]?.value(on: day) == true
                return isNear ? 1 : 0
            }
        }
    }

    /// What an item costs on a day other than usual; `nil` if it costs what it usually does.
    package func price(of itemID: String, city: String?, day: Int) -> Double? {
        guard let prices = prices[itemID] else { return nil }
        return city.flatMap { prices[$0]?.value(on: day) } ?? prices[nil]?.value(on: day)
    }

    /// Whether feeds tell nothing that purchases could follow.
    var isEmpty: Bool { features.isEmpty && prices.isEmpty }

    /// The items that are sold at another price than usual at some time.
    package var offeredItems: some Sequence<String> { prices.keys }

    /// The level of a category's demand: 1 where others are told of and it is not; `nil` before the
    /// first day and after the last one of which anything is told.
    private func level(of category: String?, city: String?, day: Int) -> Double? {
        guard let category, let trendDays, trendDays.contains(day) else { return nil }
        guard let known = levels[category] else { return 1 }
        return city.flatMap { known[Place(city: $0, day: day)] }
            ?? known[Place(city: nil, day: day)] ?? 1
    }
}
