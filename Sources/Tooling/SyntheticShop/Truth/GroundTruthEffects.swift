import Foundation

/// The true effects of weather, calendar events and prices on customers.
///
/// They change what customers browse, what they put into the cart, and how far ahead they buy. The
/// rhythm of needs does not change.
enum GroundTruthEffects {
    /// The exponents of a factor, which is exp(Σ exponent × condition of the day).
    struct Exponents: Sendable {
        /// For each 1 of log(1 + millimetres of rain).
        var rain = 0.0
        /// For each ten degrees Celsius above 12 °C.
        var warmth = 0.0
        /// On the two days before a holiday.
        var beforeHoliday = 0.0
        /// On the two days before a concert in the city.
        var beforeConcert = 0.0
    }

    /// The effects on views by department; other departments have none.
    static let departments: [String: Exponents] = [
        "Coffee & tea": Exponents(rain: 0.45, warmth: -0.4),
        "Snacks & sweets": Exponents(rain: 0.5, beforeHoliday: 0.9),
        "Baking": Exponents(rain: 0.4, beforeHoliday: 1.1),
        "Fruit & vegetables": Exponents(rain: -0.4, warmth: 0.3),
        "Drinks": Exponents(warmth: 0.7, beforeHoliday: 0.9, beforeConcert: 0.7),
        "Frozen": Exponents(warmth: 0.6),
        "Personal care": Exponents(beforeConcert: 1.1),
    ]

    /// The seasons by department; other departments vary over the year with the weather only.
    static let seasons: [String: ShopTruth.Season] = [
        "Baking": .init(peakDay: 345, peakChance: 0.2, widthDays: 20),
        "Snacks & sweets": .init(peakDay: 352, peakChance: 0.15, widthDays: 14),
        "Fruit & vegetables": .init(peakDay: 260, peakChance: 0.15, widthDays: 25),
        "Cleaning": .init(peakDay: 300, peakChance: 0.12, widthDays: 18),
    ]

    /// The effects on the probability of a visit without a need.
    static let visits = Exponents(rain: 0.25, beforeHoliday: 0.5)

    /// How many days before a holiday or concert its effect begins.
    static let eveDays = 2
    /// The exponent of the price ratio (price / regular price) in the weight of a view.
    static let priceAttention = -1.5
    /// The exponent of the price ratio in the probability of cart additions after a view.
    static let priceElasticity = -2.5
    /// The exponent of the price ratio in the number of days that recurring items are bought ahead.
    static let priceLookahead = -3.0

    /// The conditions of a day in a city.
    struct Conditions: Sendable {
        var rain = 0.0
        var warmth = 0.0
        var isBeforeHoliday = false
        var isBeforeConcert = false

        /// The factor under these conditions.
        func factor(_ exponents: Exponents) -> Double {
            exp(
                exponents.rain * rain + exponents.warmth * warmth
                    + (isBeforeHoliday ? exponents.beforeHoliday : 0)
                    + (isBeforeConcert ? exponents.beforeConcert : 0))
        }
    }

    /// The effects as a part of the ground truth.
    static var truth: ShopTruth.Effects {
        func values(_ value: (Exponents) -> Double) -> [String: Double] {
            departments.mapValues(value).filter { $0.value != 0 }
        }
        return ShopTruth.Effects(
            rain: values(\.rain), warmth: values(\.warmth),
            beforeHoliday: values(\.beforeHoliday), beforeConcert: values(\.beforeConcert),
            visitsInRain: visits.rain, visitsBeforeHoliday: visits.beforeHoliday,
            priceAttention: priceAttention, priceElasticity: priceElasticity,
            priceLookahead: priceLookahead,
            seasons: seasons)
    }
}
