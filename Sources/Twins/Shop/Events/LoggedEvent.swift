package import Time

/// An event as the log of a twin keeps it: without the customer, and with its item by node.
package struct LoggedEvent: Hashable, Sendable {
    /// The event's id, given or made from its content.
    package var eventID: String
    /// The item's running number in the store; `nil` for a search without one.
    package var item: Int?
    /// What was done.
    package var type: EventType
    /// When.
    package var timestamp: Timestamp
    /// The visit, if the source said.
    package var sessionID: String?
    /// The city, if the source said.
    package var city: String?
    /// How many, if the source said.
    package var quantity: Double?
    /// The price of one, if the source said.
    package var price: Double?
    /// How long a view lasted, in seconds.
    package var dwellSeconds: Double?
    /// The words of a search.
    package var query: String?
    /// The basket or order.
    package var basketID: String?
    /// Whatever else the source said.
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
