package import Time

/// An event as the log of a twin keeps it: without the customer, and with its item by node.
package struct LoggedEvent: Hashable, Sendable {
    /// The event's id, given or made from its content.
    package var eventID: String
    /// The item's running number in the store; `nil` for an event without one.
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

    package init(_ event: Event, item: Int?, eventID: String) {
        self.eventID = eventID
        self.item = item
        type = event.type
        timestamp = event.timestamp
        sessionID = event.sessionID
        city = event.city
        quantity = event.quantity
        price = event.price
        dwellSeconds = event.dwellSeconds
        query = event.query
        basketID = event.basketID
        properties = event.properties
    }
}
