import Foundation

/// What is true of a synthetic shop by construction, to compare with what was learned from events.
package struct ShopTruth: Codable, Hashable, Sendable {
    /// A group of customers of one taste.
    package struct Cluster: Codable, Hashable, Sendable {
        /// What the group is called.
        package var name: String
        /// The categories that it prefers.
        package var categories: [String]
        /// The brands that it prefers within these categories.
        package var brands: [String]
        /// The items of its categories, by id, in catalogue order.
        package var itemIDs: [String]
    }

    /// A habit of all customers: who buys the first item often buys the second soon.
    package struct PlantedSequence: Codable, Hashable, Sendable {
        /// The item that starts it.
        package var firstItemID: String
        /// The item that follows; nobody has it as a staple.
        package var secondItemID: String
        /// How often a basket with the first makes the customer buy the second, 0 to 1.
        ///
        /// It is bought in the same basket or in the customer's next one. It is also bought by
        /// chance, so the frequency in events is a little higher; it is lower where the events end
        /// before the next basket.
        package var probability: Double
    }

    /// An item that a customer needs again and again.
    ///
    /// The gaps between needs are independent draws of the gamma distribution with this mean and
    /// shape. Each need is met on the first visit not more than the customer's `lookaheadDays` (and
    /// a quarter of `meanDays`) before it, so the gaps between purchases have the same mean.
    package struct Staple: Codable, Hashable, Sendable {
        /// The item.
        package var itemID: String
        /// The mean gap in days.
        package var meanDays: Double
        /// The shape of the gamma distribution; the standard deviation of the gap is
        /// `meanDays / shape.squareRoot()`.
        package var shape: Double
    }

    /// A customer.
    package struct Customer: Codable, Hashable, Sendable {
        /// The id in the events.
        package var userID: String
        /// The position in ``ShopTruth/clusters`` of the customer's taste.
        package var cluster: Int
        /// The city of all the customer's events.
        package var city: String
        /// The price level that the customer likes: 0 low, 1 middle, 2 high.
        package var priceLevel: Int
        /// How many days before a need the customer already buys when visiting.
        package var lookaheadDays: Double
        /// The first day (0 is the first of the shop) without the customer, if the customer leaves.
        package var leavesOnDay: Int?
        /// 8 to 25 staples, fewer when the catalogue has not enough.
        package var staples: [Staple]
    }

    /// A time of the year that calls for a category: a customer in the shop buys something of it,
    /// beside all else.
    package struct Season: Codable, Hashable, Sendable {
        /// The day of the peak; 1 is the first of January.
        package var peakDay: Int
        /// The chance on each visit of that day.
        package var peakChance: Double
        /// The chance falls as a bell does on both sides of the peak, with this standard deviation
        /// in days.
        package var widthDays: Double

        /// The chance on each visit of a day since 1970; years have 365 days and a quarter.
        package func chance(on day: Int) -> Double {
            let away = remainder(Double(day - peakDay) + 1, 365.25)
            return peakChance * exp(-0.5 * away * away / (widthDays * widthDays))
        }
    }

    /// How the days around customers move what they look at and take by chance.
    ///
    /// Numbers by category are exponents: what is looked at has the weight `exp(number ×
    /// strength)` of the usual one, times the level of the category's trend. What customers need
    /// keeps its rhythm; only how far ahead it is bought moves with prices.
    package struct Couplings: Codable, Hashable, Sendable {
        /// By category, with the logarithm of 1 + the day's millimetres of rain.
        package var rain: [String: Double]
        /// By category, for each ten degrees Celsius that the day is above twelve.
        package var warmth: [String: Double]
        /// By category, on the two days before a holiday.
        package var beforeHoliday: [String: Double]
        /// By category, on the two days before a concert in the customer's city.
        package var beforeConcert: [String: Double]
        /// Of visits on which nothing is needed, with the rain as above.
        package var visitsInRain: Double
        /// Of the same visits, on the two days before a holiday.
        package var visitsBeforeHoliday: Double
        /// The power of the price, as a share of the usual one, in the weight of what is looked at.
        package var priceAttention: Double
        /// The same in the chance of going into the cart after a look.
        package var priceElasticity: Double
        /// The same in the number of days ahead that a staple is bought.
        package var priceLookahead: Double
        /// By category; those without follow the year by its weather alone.
        package var seasons: [String: Season]
    }

    /// What the shop was made from.
    package var configuration: ShopGenerator.Configuration
    /// The share of picks (of staples and of browsed items) that come from the customer's cluster;
    /// the others come from the whole catalogue by popularity.
    package var tasteShare: Double
    /// 3 to 8 clusters.
    package var clusters: [Cluster]
    /// The planted sequences; no item is first in one and second in another.
    package var sequences: [PlantedSequence]
    /// How the days around customers move them.
    package var couplings: Couplings
    /// The first day (0 is the first of the shop) of each item that is sold later than others.
    package var launchDays: [String: Int]
    /// The customers by index.
    package var customers: [Customer]
}
