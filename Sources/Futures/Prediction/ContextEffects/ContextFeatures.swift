import Foundation
package import Shop

/// Features of the feeds by city and day, from which demand responses are learned.
///
/// Events and offers are stored as intervals, so long ones need no more memory.
///
/// Days are days since 1970. Missing values are `nil`.
package struct ContextFeatures: Sendable {
    /// A feature of a day.
    package enum Feature: Hashable, Sendable, Codable {
        /// The logarithm of 1 + the day's millimetres of rain.
        case rain
        /// The day's mean temperature, in units of 10 °C.
        case warmth
        /// The logarithm of the level of a category's demand.
        case trend
        /// 1 on the days of an event of a kind, else 0.
        case during(String)
        /// 1 on the two days before an event of a kind, else 0.
        case before(String)

        /// The purpose to which a customer must consent for this feature.
        package var purpose: ContextPurpose {
            switch self {
            case .rain, .warmth: .weather
            case .trend: .trends
            case .during, .before: .events
            }
        }
    }

    private struct CityDay: Hashable {
        var city: String?
        var day: Int
    }

    /// The features for which the feeds have values.
    package let features: [Feature]
    private let weather: [String: [Int: Weather]]
    private let levels: [String: [CityDay: Double]]
    /// The days from the first to the last known trend.
    private let trendDays: ClosedRange<Int>?
    private let eventDays: [Feature: [String?: DayIntervals<Bool>]]
    private let prices: [String: [String?: DayIntervals<Double>]]

    /// The number of days before an event on which customers may prepare for it.
    private static let eveDays = 2
    /// Events of this many days or more are ignored.
    private static let lengthLimit = 400
    /// The greatest number of days of an offer after its first one.
    private static let offerLengthLimit = 366
    /// The greatest number of kinds of events: those with the most events are used.
    private static let kindLimit = 32

    /// Indexes feeds by city and day.
    package init(_ feeds: ContextFeeds) {
        weather = feeds.weather
        var levels: [String: [CityDay: Double]] = [:]
        for trend in feeds.trends where trend.level > 0 {
            levels[trend.category, default: [:]][CityDay(city: trend.city, day: trend.day)] =
                trend.level
        }
        self.levels = levels
        let known = levels.values.lazy.flatMap { $0.keys.map(\.day) }
        trendDays = known.min().flatMap { first in known.max().map { first...$0 } }
        var eventDays: [Feature: [String?: [DayInterval<Bool>]]] = [:]
        for event in feeds.events where event.lastDay - event.firstDay < Self.lengthLimit {
            eventDays[.during(event.kind), default: [:]][event.city, default: []].append(
                DayInterval(event.firstDay...event.lastDay, true))
            eventDays[.before(event.kind), default: [:]][event.city, default: []].append(
                DayInterval(event.firstDay - Self.eveDays...event.firstDay - 1, true))
        }
        self.eventDays = eventDays.mapValues { $0.mapValues { DayIntervals($0) } }
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
    ///   - category: The category of items; only trends depend on it.
    ///   - city: The city; `nil` for values that apply everywhere.
    ///   - day: The day.
    /// - Returns: The value; `nil` if it is missing.
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
            eventDays[feature].map { cities in
                let isNear =
                    cities[nil]?.value(on: day) == true
                    || city != nil && cities[city]?.value(on: day) == true
                return isNear ? 1 : 0
            }
        }
    }

    /// The offer price of an item on a day; `nil` without an offer.
    package func price(of itemID: String, city: String?, day: Int) -> Double? {
        guard let prices = prices[itemID] else { return nil }
        return city.flatMap { prices[$0]?.value(on: day) } ?? prices[nil]?.value(on: day)
    }

    /// Whether there are neither features nor offers.
    var isEmpty: Bool { features.isEmpty && prices.isEmpty }

    /// The items with an offer on any day.
    package var offeredItems: some Sequence<String> { prices.keys }

    /// The level of a category's demand.
    ///
    /// 1 for a category without a trend; `nil` outside the days from the first to the last trend.
    private func level(of category: String?, city: String?, day: Int) -> Double? {
        guard let category, let trendDays, trendDays.contains(day) else { return nil }
        guard let known = levels[category] else { return 1 }
        return city.flatMap { known[CityDay(city: $0, day: day)] }
            ?? known[CityDay(city: nil, day: day)] ?? 1
    }
}
