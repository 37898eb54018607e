import LMDB
import PropertyGraph

/// An event made ready for the journal: all that can be done outside the one write transaction,
/// while another batch waits for the disk.
struct PreparedEvent: Sendable {
    /// The event; its item is missing if the store did not know it.
    var logged: LoggedEvent
    /// The item as the shop knows it.
    var itemID: String?
    /// The customer's pseudonym.
    var pseudonym: String
    /// The customer's node, if the store knew it.
    var customer: NodeID?
    /// The first half of the hash of the event's id.
    var tieBreak: UInt64
    /// The event as the log will hold it, if its item was known.
    var record: [UInt8]?
    /// Names that the store did not know.
    var newNames: [(Label, String)]
}

extension TwinStore {
    /// Makes events ready to be appended; runs beside writes.
    func prepare(_ events: [Event]) throws -> [PreparedEvent] {
        try graph.read { transaction in
            // Events of one visit come one after the other.
            var last: Customer?
            return try events.map { event in
                let customer: Customer
                if let last, last.userID == ExactText(event.userID) {
                    customer = last
                } else {
                    customer = try self.customer(event.userID, in: transaction)
                }
                last = customer
                return try prepare(event, of: customer, in: transaction)
            }
        }
    }

    private struct Customer {
        var userID: ExactText
        var pseudonym: String
        var node: NodeID?
    }

    private func prepare(
        _ event: Event, of customer: Customer, in transaction: borrowing ReadTransaction
    ) throws -> PreparedEvent {
        let eventID =
            event.eventID ?? EventRecord.contentID(event, pseudonym: customer.pseudonym)
        let item = try event.itemID.flatMap { try names.learn(.item, $0, in: transaction) }
        let logged = LoggedEvent(event, item: item?.index, eventID: eventID)
        let isComplete = item != nil || event.itemID == nil
        var newNames: [(Label, String)] = []
        for (label, name) in TwinFold.names(of: logged)
        where try names.learn(label, name, in: transaction) == nil {
            newNames.append((label, name))
        }
        return PreparedEvent(
            logged: logged, itemID: event.itemID, pseudonym: customer.pseudonym,
            customer: customer.node, tieBreak: logged.tieBreak,
            record: isComplete ? EventRecord.encode(logged) : nil, newNames: newNames)
    }

    private func customer(
        _ userID: String, in transaction: borrowing ReadTransaction
    ) throws -> Customer {
        let exact = ExactText(userID)
        let pseudonym = pseudonyms.value(for: exact) { pseudonymizer.pseudonym(of: userID) }
        return Customer(
            userID: exact, pseudonym: pseudonym,
            node: try names.learn(.customer, pseudonym, in: transaction))
    }
}
