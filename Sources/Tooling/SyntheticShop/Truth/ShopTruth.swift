import Foundation

/// The ground truth of a synthetic shop, to compare with models that learn from its events.
///
/// It is written as `truth.json`; the keys of that file do not change.
package struct ShopTruth: Codable, Hashable, Sendable {
    /// A group of customers with one taste.
    package struct Cluster: Codable, Hashable, Sendable {
        /// The name of the group.
        package var name: String
        /// The preferred categories.
        package var categories: [String]
        /// The preferred brands within these categories.
        package var brands: [String]
        /// The ids of the items of its categories, in catalogue order.
        package var itemIDs: [String]
    }

    /// A sequence of two items: customers who buy the first item often buy the second soon after.
    package struct PlantedSequence: Codable, Hashable, Sendable {
        /// The first item.
        package var firstItemID: String
        /// The second item; it is not a recurring item of any customer.
        package var secondItemID: String
        /// The probability that a basket with the first item leads to a purchase of the second.
        ///
        /// The second is bought in the same basket or in the customer's next one. It is also bought
        /// at random, so the frequency in events is a little higher. It is lower if the events end
        /// before the next basket.
        package var probability: Double
    }

    /// An item that a customer needs regularly.
    ///
    /// The gaps between needs are independent samples of the gamma distribution with this mean and
    /// shape. A need is met on the first visit that is at most the customer's `lookaheadDays` (and
    /// at most a quarter of `meanDays`) before it. So the gaps between purchases have the same
    /// mean.
    package struct RecurringItem: Codable, Hashable, Sendable {
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
        /// The index of the customer's taste in ``ShopTruth/clusters``.
        package var cluster: Int
        /// The city of all the customer's events.
        package var city: String
        /// The preferred price level: 0 low, 1 middle, 2 high.
        package var priceLevel: Int
        /// The greatest number of days before a need that the customer buys an item.
        package var lookaheadDays: Double
        /// The day of the shop (from 0) on which the customer leaves, if ever.
        package var leavesOnDay: Int?
        /// 8 to 25 recurring items; fewer if the catalogue is too small.
        package var recurringItems: [RecurringItem]

        private enum CodingKeys: String, CodingKey {
            case userID, cluster, city, priceLevel, lookaheadDays, leavesOnDay
            case recurringItems = "staples"
        }
    }

    /// A season of a category: a time of the year with additional purchases of the category.
    package struct Season: Codable, Hashable, Sendable {
        /// The day of the peak; 1 is 1 January.
        package var peakDay: Int
        /// The probability of an additional purchase on a visit on that day.
        package var peakChance: Double
        /// The standard deviation in days of the bell curve around the peak.
        package var widthDays: Double

        /// The probability on a visit on a day since 1970; years have 365.25 days.
        package func chance(on day: Int) -> Double {
            let away = remainder(Double(day - peakDay) + 1, 365.25)
            return peakChance * exp(-0.5 * away * away / (widthDays * widthDays))
        }
    }

    /// The effects of weather, calendar events and prices on what customers view and buy.
    ///
    /// Numbers by category are exponents: the weight of a category's views is multiplied by
    /// exp(number × condition) and by the level of the category's trend. Needs keep their rhythm;
    /// prices change only how far ahead they are met.
    package struct Effects: Codable, Hashable, Sendable {
        /// By category, for each 1 of log(1 + the day's millimetres of rain).
        package var rain: [String: Double]
        /// By category, for each ten degrees Celsius of the day above 12 °C.
        package var warmth: [String: Double]
        /// By category, on the two days before a holiday.
        package var beforeHoliday: [String: Double]
        /// By category, on the two days before a concert in the customer's city.
        package var beforeConcert: [String: Double]
        /// The effect of rain on visits without a need.
        package var visitsInRain: Double
        /// The effect of the two days before a holiday on visits without a need.
        package var visitsBeforeHoliday: Double
        /// The exponent of the price ratio (price / regular price) in the weight of views.
        package var priceAttention: Double
        /// The exponent of the price ratio in the probability of cart additions after a view.
        package var priceElasticity: Double
        /// The exponent of the price ratio in the days that recurring items are bought ahead.
        package var priceLookahead: Double
        /// The seasons by category; other categories vary with the weather only.
        package var seasons: [String: Season]
    }

    /// The configuration of the shop.
    package var configuration: ShopGenerator.Configuration
    /// The fraction of recurring items and browsed items that come from the customer's cluster.
    ///
    /// The others come from the whole catalogue by popularity.
    package var tasteShare: Double
    /// 3 to 8 clusters.
    package var clusters: [Cluster]
    /// The planted sequences; no item is first in one sequence and second in another.
    package var sequences: [PlantedSequence]
    /// The effects of context on customers.
    package var effects: Effects
    /// The day of the shop (from 0) on which each later item comes on sale.
    package var launchDays: [String: Int]
    /// The customers by index.
    package var customers: [Customer]

    private enum CodingKeys: String, CodingKey {
        case configuration, tasteShare, clusters, sequences
        case effects = "couplings"
        case launchDays, customers
    }
}
