import LMDB
import PropertyGraph
import Shop
import TextFiles
import Time

/// An event that is prepared for the journal.
///
/// Preparing does all work that is possible outside the write transaction, while another batch is
/// written to the disk.
struct PreparedEvent: Sendable {
    var position: LogPosition
    var customer: KnownCustomer
    /// The record of the event for the log; empty while its item is unknown.
    var record: [UInt8]
    /// The names that the store has to add first; `nil` for most events.
    var unknown: UnknownNames?
}

/// The names of an event that the store lacks.
final class UnknownNames: Sendable {
    let event: Event
    let eventID: String
    /// The names of nodes other than items.
    let names: [(label: Label, name: String)]

    init(_ event: Event, eventID: String, names: [(Label, String)]) {
        self.event = event
        self.eventID = eventID
        self.names = names
    }
}

/// A batch that is prepared for the journal.
struct PreparedBatch: Sendable {
    var events: [PreparedEvent] = []
    /// The number of the state of the store in which it was prepared.
    var state: Int
    /// The events, to prepare them again if something was erased since.
    var source: [Event]
}

extension TwinStore {
    /// Prepares events to be appended, while other batches are written.
    func prepare(_ events: [Event]) throws -> PreparedBatch {
        try graph.read { transaction in
            var preparation = Preparation(store: self)
            var batch = PreparedBatch(state: transaction.id, source: events)
            batch.events.reserveCapacity(events.count)
            for event in events {
                batch.events.append(try preparation.prepare(event, in: transaction))
            }
            return batch
        }
    }

    /// The events of a batch without any node of the store.
    func unresolved(_ batch: PreparedBatch) -> [PreparedEvent] {
        batch.source.map { event in
            let pseudonym = pseudonymizer.pseudonym(of: event.userID)
            let eventID = event.eventID ?? EventRecord.contentID(event, pseudonym: pseudonym)
            let position = LogPosition(
                timestamp: event.timestamp, tieBreak: EventRecord.tieBreak(ofID: eventID))
            return PreparedEvent(
                position: position, customer: KnownCustomer(pseudonym: pseudonym), record: [],
                unknown: UnknownNames(event, eventID: eventID, names: Preparation.names(of: event)))
        }
    }
}

/// Prepares events one after the other, which often share a customer, a city and an hour.
private struct Preparation {
    let store: TwinStore
    private var last: (userID: BytewiseString, customer: KnownCustomer)?
    private var knownCity: BytewiseString?
    /// A bit for each hour of the day whose part of the day the store knows.
    private var knownHours: UInt32 = 0

    init(store: TwinStore) { self.store = store }

    mutating func prepare(
        _ event: Event, in transaction: borrowing ReadTransaction
    ) throws -> PreparedEvent {
        let customer = try customer(event.userID, in: transaction)
        let eventID =
            event.eventID ?? EventRecord.contentID(event, pseudonym: customer.pseudonym)
        let item = try event.itemID.flatMap { try store.names.learn(.item, $0, in: transaction) }
        let names = try unknownNames(of: event, in: transaction)
        let hasItem = item != nil || event.itemID == nil
        let position = LogPosition(
            timestamp: event.timestamp, tieBreak: EventRecord.tieBreak(ofID: eventID))
        return PreparedEvent(
            position: position, customer: customer,
            record: hasItem
                ? EventRecord.encode(event, item: item?.index, eventID: eventID) : [],
            unknown: hasItem && names.isEmpty
                ? nil : UnknownNames(event, eventID: eventID, names: names))
    }

    /// The names of the nodes, besides customer and item, that the fold of an event needs.
    static func names(of event: Event) -> [(Label, String)] {
        var names = [(Label.daypart, Daypart.name(hour: event.timestamp.hour))]
        // Names that no edge of a twin leads to would stay when the customer is erased.
        guard event.type.role != .operational else { return names }
        if let query = event.query.map(TwinFold.queryName), !query.isEmpty {
            names.append((.query, query))
        }
        if let city = event.city, !city.isEmpty { names.append((.city, city)) }
        return names
    }

    private mutating func unknownNames(
        of event: Event, in transaction: borrowing ReadTransaction
    ) throws -> [(Label, String)] {
        let hour = event.timestamp.hour
        let city = event.city.map { BytewiseString($0) }
        if event.query == nil, city == nil || city == knownCity, knownHours & 1 << hour != 0 {
            return []
        }
        var unknown: [(Label, String)] = []
        for (label, name) in Self.names(of: event) {
            if try store.names.learn(label, name, in: transaction) == nil {
                unknown.append((label, name))
            } else if label == .city {
                knownCity = city
            } else if label == .daypart {
                knownHours |= 1 << hour
            }
        }
        return unknown
    }

    private mutating func customer(
        _ userID: String, in transaction: borrowing ReadTransaction
    ) throws -> KnownCustomer {
        let userID = BytewiseString(userID)
        if let last, last.userID == userID { return last.customer }
        let customer = try store.names.customer(userID, at: transaction.id) {
            try store.knownCustomer(userID.text, in: transaction)
        }
        last = (userID, customer)
        return customer
    }
}

extension TwinStore {
    /// Looks a customer up.
    fileprivate func knownCustomer(
        _ userID: String, in transaction: borrowing ReadTransaction
    ) throws -> KnownCustomer {
        var customer = KnownCustomer(pseudonym: pseudonymizer.pseudonym(of: userID))
        customer.node = try graph.node(.customer, customer.pseudonym, in: transaction)
        if let node = customer.node {
            customer.isErased = try isErased(Self.graphID(node), in: transaction)
        }
        return customer
    }
}
