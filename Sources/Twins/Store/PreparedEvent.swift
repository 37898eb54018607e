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
            try events.map { try prepare($0, in: transaction) }
        }
    }

    private func prepare(
        _ event: Event, in transaction: borrowing ReadTransaction
    ) throws -> PreparedEvent {
        let customer = try customer(event.userID, in: transaction)
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
    ) throws -> (pseudonym: String, node: NodeID?) {
        let pseudonym = pseudonyms.value(for: ExactText(userID)) {
            pseudonymizer.pseudonym(of: userID)
        }
        return (pseudonym, try names.learn(.customer, pseudonym, in: transaction))
    }
}
