/// A price of an item that differs from the usual one on some days.
public struct Offer: Hashable, Sendable, Codable {
    /// The item.
    public var itemID: String
    /// Where the price is asked; everywhere if `nil`.
    public var city: String?
    /// The first day, in days since 1970.
    public var firstDay: Int
    /// The last day, in days since 1970; not before ``firstDay``.
    public var lastDay: Int
    /// The price of one, above 0.
    public var price: Double

    /// Makes an offer.
    public init(
        itemID: String, city: String? = nil, firstDay: Int, lastDay: Int, price: Double
    ) {
        self.itemID = itemID
        self.city = city
        self.firstDay = firstDay
        self.lastDay = max(firstDay, lastDay)
        self.price = price
    }
}
