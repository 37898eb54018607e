package import Time

/// One thing that a customer did, at a moment (`Event` of document 004, with the session added).
///
/// Events are appended and never edited. Two events of a customer with one ``eventID`` are the
/// same event.
package struct Event: Hashable, Sendable {
    /// The event's id, unique for the customer; `nil` lets the content stand for it.
    package var eventID: String?
    /// The customer's id as the shop knows it; it is replaced by a pseudonym before it is stored.
    package var userID: String
    /// The item; `nil` only for types that may be without one, such as a search.
    package var itemID: String?
    /// What was done (`eventType` of the document).
    package var type: EventType
    /// When it was done.
    package var timestamp: Timestamp
    /// The visit in which it was done; without one, visits are told apart by idle time.
    package var sessionID: String?
    /// Where it was done (`location` of the document), never finer than a city.
    package var city: String?
    /// How many; 1 when not said.
    package var quantity: Double?
    /// The price of one.
    package var price: Double?
    /// How long a view lasted, in seconds.
    package var dwellSeconds: Double?
    /// The words of a search, or of what a page is about.
    package var query: String?
    /// The basket or order that the event belongs to.
    package var basketID: String?
    /// Whatever else the source said, by name.
    package var properties: [String: String]

    /// Makes an event; only customer, type and time are always known.
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
