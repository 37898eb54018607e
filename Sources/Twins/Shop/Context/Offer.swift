/// A temporary price of an item.
package struct Offer: Hashable, Sendable, Codable {
    /// The item.
    package var itemID: String
    /// The city in which the price holds; everywhere if `nil`.
    package var city: String?
    /// The first day, in days since 1970.
    package var firstDay: Int
    /// The last day, in days since 1970; not before ``firstDay``.
    package var lastDay: Int
    /// The price of one piece, above 0.
    package var price: Double

    /// Creates an offer.
    package init(
        itemID: String, city: String? = nil, firstDay: Int, lastDay: Int, price: Double
    ) {
        self.itemID = itemID
        self.city = city
        self.firstDay = firstDay
        self.lastDay = max(firstDay, lastDay)
        self.price = price
    }
}
