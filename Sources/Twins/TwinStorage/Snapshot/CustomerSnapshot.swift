package import Shop
package import Time

/// What the store knows of one customer as of one moment, read in one transaction.
///
/// Nothing in it is younger than the moment: a snapshot as of the past is the same today and after
/// any number of later events.
package struct CustomerSnapshot: Sendable {
    /// The customer's pseudonym.
    package let key: CustomerKey
    /// The twin's number; `nil` if the store has never heard of the customer.
    package let id: TwinID?
    /// The moment.
    package let asOf: Timestamp
    /// The events until the moment, oldest first.
    package var entries: [LogEntry] = []
    /// Where the customer is: the city of most events, newer ones counting more, as in the twin;
    /// `nil` if no event names one.
    package var city: String?
    /// What the context of the customer's days may be read for.
    package var consent: Set<ContextPurpose> = ContextPurpose.usual
    /// The twin; cold if nothing is known, and if it was not asked for.
    package var twin: UserTwin

    init(key: CustomerKey, id: TwinID?, asOf: Timestamp) {
        self.key = key
        self.id = id
        self.asOf = asOf
        twin = UserTwin(coldUserID: key.rawValue)
    }
}
