package import Time

/// An event in the log of a twin: without its customer, and with the number of its item.
package struct LoggedEvent: Hashable, Sendable {
    /// The event's id, given or made from its content.
    package var eventID: String
    /// The item's running number in the store; `nil` for an event without one.
    package var item: Int?
    /// What the customer did.
    package var type: EventType
    /// The time.
    package var timestamp: Timestamp
    /// The visit, if known.
    package var sessionID: String?
    /// The city, if known.
    package var city: String?
    /// The number of pieces, if known.
    package var quantity: Double?
    /// The price of one piece, if known.
    package var price: Double?
    /// How long a view lasted, in seconds.
    package var dwellSeconds: Double?
    /// The words of a search.
    package var query: String?
    /// The basket or order.
    package var basketID: String?
    /// Further values of the source, by name.
    package var properties: [String: String]

    /// Creates an event; what is not given is unknown.
    package init(
        eventID: String, item: Int?, type: EventType, timestamp: Timestamp,
        sessionID: String? = nil, city: String? = nil, quantity: Double? = nil,
        price: Double? = nil, dwellSeconds: Double? = nil, query: String? = nil,
        basketID: String? = nil, properties: [String: String] = [:]
    ) {
        self.eventID = eventID
        self.item = item
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

    /// Takes an event over without its customer.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - item: The number of its item in the store.
    ///   - eventID: The event's id, given or made from its content.
    package init(_ event: Event, item: Int?, eventID: String) {
        self.init(
            eventID: eventID, item: item, type: event.type, timestamp: event.timestamp,
            sessionID: event.sessionID, city: event.city, quantity: event.quantity,
            price: event.price, dwellSeconds: event.dwellSeconds, query: event.query,
            basketID: event.basketID, properties: event.properties)
    }
}
