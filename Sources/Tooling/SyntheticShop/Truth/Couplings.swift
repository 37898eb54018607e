import Foundation

/// How the days around customers move what they do in the shop.
///
/// What they browse and put into the cart by chance moves, and how far ahead they buy; what they
/// need keeps its rhythm.
enum Couplings {
    /// Factors by department of what is looked at are `exp(coupling × strength)`.
    struct Coupling: Sendable {
        /// With the logarithm of 1 + millimetres of rain.
        var rain = 0.0
        /// For each ten degrees Celsius above twelve.
        var warmth = 0.0
        /// On the two days before a holiday.
        var beforeHoliday = 0.0
        /// On the two days before a concert in the city.
        var beforeConcert = 0.0
    }

    /// By department; those that are not named are not coupled.
    static let departments: [String: Coupling] = [
        "Coffee & tea": Coupling(rain: 0.45, warmth: -0.4),
        "Snacks & sweets": Coupling(rain: 0.5, beforeHoliday: 0.9),
        "Baking": Coupling(rain: 0.4, beforeHoliday: 1.1),
        "Fruit & vegetables": Coupling(rain: -0.4, warmth: 0.3),
        "Drinks": Coupling(warmth: 0.7, beforeHoliday: 0.9, beforeConcert: 0.7),
        "Frozen": Coupling(warmth: 0.6),
        "Personal care": Coupling(beforeConcert: 1.1),
    ]

    /// By department; those that are not named have no season of their own, but for the weather's.
    static let seasons: [String: ShopTruth.Season] = [
        "Baking": .init(peakDay: 345, peakChance: 0.2, widthDays: 20),
        "Snacks & sweets": .init(peakDay: 352, peakChance: 0.15, widthDays: 14),
        "Fruit & vegetables": .init(peakDay: 260, peakChance: 0.15, widthDays: 25),
        "Cleaning": .init(peakDay: 300, peakChance: 0.12, widthDays: 18),
    ]

    /// The same for visits on days on which nothing is needed.
    static let visits = Coupling(rain: 0.25, beforeHoliday: 0.5)

    /// How many days before a holiday or concert people prepare for it.
    static let eveDays = 2
    /// The weight of what is looked at is the price as a share of the usual one, to this power.
    static let priceAttention = -1.5
    /// The chance of going into the cart after a look, likewise.
    static let priceElasticity = -2.5
    /// How many days before the need a staple is bought already, likewise.
    static let priceLookahead = -3.0

    /// What a day is like in a city, as couplings count it.
    struct Strengths: Sendable {
        var rain = 0.0
        var warmth = 0.0
        var isBeforeHoliday = false
        var isBeforeConcert = false

        /// The factor of something that is coupled to it.
        func factor(_ coupling: Coupling) -> Double {
            exp(
                coupling.rain * rain + coupling.warmth * warmth
                    + (isBeforeHoliday ? coupling.beforeHoliday : 0)
                    + (isBeforeConcert ? coupling.beforeConcert : 0))
        }
    }

    /// What the truth says of them.
    static var truth: ShopTruth.Couplings {
        func values(_ value: (Coupling) -> Double) -> [String: Double] {
            departments.mapValues(value).filter { $0.value != 0 }
        }
        return ShopTruth.Couplings(
            rain: values(\.rain), warmth: values(\.warmth),
            beforeHoliday: values(\.beforeHoliday), beforeConcert: values(\.beforeConcert),
            visitsInRain: visits.rain, visitsBeforeHoliday: visits.beforeHoliday,
            priceAttention: priceAttention, priceElasticity: priceElasticity,
            priceLookahead: priceLookahead,
            seasons: seasons)
    }
}
