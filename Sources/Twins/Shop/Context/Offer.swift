/// A price of an item that differs from the usual one on some days.
package struct Offer: Hashable, Sendable, Codable {
    /// The item.
    package var itemID: String
    /// Where the price is asked; everywhere if `nil`.
    package var city: String?
    /// The first day, in days since 1970.
    package var firstDay: Int
    /// The last day, in days since 1970; not before ``firstDay``.
    package var lastDay: Int
    /// The price of one, above 0.
    package var price: Double

    /// Makes an offer.
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
