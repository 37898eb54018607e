package import Time

/// One thing that a customer did at a time.
///
/// Events are appended and never edited. Two events of a customer with the same ``eventID`` are the
/// same event.
package struct Event: Hashable, Sendable {
    /// The event's id, unique for the customer; `nil` for an id that is made from the content.
    package var eventID: String?
    /// The shop's id of the customer.
    ///
    /// A store keeps a pseudonym instead.
    package var userID: String
    /// The item; `nil` only for types that may be without one, such as a search.
    package var itemID: String?
    /// What the customer did.
    package var type: EventType
    /// The time.
    package var timestamp: Timestamp
    /// The visit; without one, idle time separates visits.
    package var sessionID: String?
    /// The city; a finer location is never kept.
    package var city: String?
    /// The number of pieces; 1 if it is missing.
    package var quantity: Double?
    /// The price of one piece.
    package var price: Double?
    /// How long a view lasted, in seconds.
    package var dwellSeconds: Double?
    /// The words of a search, or of what a page is about.
    package var query: String?
    /// The basket or order that the event belongs to.
    package var basketID: String?
    /// Further values of the source, by name.
    package var properties: [String: String]

    /// Creates an event; only customer, type and time are always known.
    package init(
        eventID: String? = nil, userID: String, itemID: String?, type: EventType,
        timestamp: Timestamp, sessionID: String? = nil, city: String? = nil,
        quantity: Double? = nil, price: Double? = nil, dwellSeconds: Double? = nil,
        query: String? = nil, basketID: String? = nil, properties: [String: String] = [:]
    ) {
        self.eventID = eventID
        self.userID = userID
        self.itemID = itemID
        self.type = type
        self.timestamp = timestamp
        self.sessionID = sessionID
        self.city = city
        self.quantity = quantity
        self.price = price
        self.dwellSeconds = dwellSeconds
        self.query = query
        self.basketID = basketID
        self.properties = properties
    }
}
