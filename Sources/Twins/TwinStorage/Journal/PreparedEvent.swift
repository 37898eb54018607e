import LMDB
import PropertyGraph
import Shop
import Time

/// An event made ready for the journal: all that can be done outside the one write transaction,
/// while another batch waits for the disk.
struct PreparedEvent: Sendable {
    var moment: LogPosition
    var customer: KnownCustomer
    /// The event as the log will hold it; empty while its item is unknown.
    var record: [UInt8]
    /// What the store has to learn first; `nil` for most events.
    var unknown: UnknownNames?
}

/// The names of an event that a store did not know.
final class UnknownNames: Sendable {
    let event: Event
    let eventID: String
    /// Names of other things than items.
    let names: [(label: Label, name: String)]

    init(_ event: Event, eventID: String, names: [(Label, String)]) {
        self.event = event
        self.eventID = eventID
        self.names = names
    }
}

/// A batch made ready for the journal.
struct PreparedBatch: Sendable {
    var events: [PreparedEvent] = []
    /// The number of the state of the store that it was made ready in.
    var state: Int
    /// What it was made from, to begin again if something was erased since.
    var source: [Event]
}

extension TwinStore {
    /// Makes events ready to be appended; runs beside writes.
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

    /// A batch as it is without anything that the store knows.
    func unresolved(_ batch: PreparedBatch) -> [PreparedEvent] {
        batch.source.map { event in
            let pseudonym = pseudonymizer.pseudonym(of: event.userID)
            let eventID = event.eventID ?? EventRecord.contentID(event, pseudonym: pseudonym)
            let moment = LogPosition(
                timestamp: event.timestamp, tieBreak: EventRecord.tieBreak(ofID: eventID))
            return PreparedEvent(
                moment: moment, customer: KnownCustomer(pseudonym: pseudonym), record: [],
                unknown: UnknownNames(event, eventID: eventID, names: Preparation.names(of: event)))
        }
    }
}

/// Makes events ready one after the other, which often share a customer, a city and an hour.
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
        let moment = LogPosition(
            timestamp: event.timestamp, tieBreak: EventRecord.tieBreak(ofID: eventID))
        return PreparedEvent(
            moment: moment, customer: customer,
            record: hasItem
                ? EventRecord.encode(event, item: item?.index, eventID: eventID) : [],
            unknown: hasItem && names.isEmpty
                ? nil : UnknownNames(event, eventID: eventID, names: names))
    }

    /// The names, besides customer and item, that the fold of an event wants nodes for.
    static func names(of event: Event) -> [(Label, String)] {
        var names = [(Label.daypart, Daypart.name(hour: event.timestamp.hour))]
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
