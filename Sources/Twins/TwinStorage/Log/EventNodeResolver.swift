import LMDB
import PropertyGraph
import Shop
import TextFiles
import Time

/// Finds the nodes of events one after the other, which often share a city and a part of the day.
struct EventNodeResolver {
    private let store: TwinStore
    /// The nodes of parts of the day, by hour.
    private var dayparts: [NodeID?] = Array(repeating: nil, count: 24)
    private var lastCity: (name: BytewiseString, node: NodeID)?

    init(_ store: TwinStore) { self.store = store }

    /// Makes the step of an event, whose nodes `append` has made.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - moment: Its place in the log.
    ///   - transaction: A state of the store that has the event.
    /// - Returns: The event with its nodes.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError`` when the store is damaged.
    mutating func step(
        _ event: EventOutline, at moment: LogPosition,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> TwinFold.Step {
        // The names in operational events have no nodes of their own.
        let isOperational = event.type.role == .operational
        return TwinFold.Step(
            event, at: moment,
            item: try event.item.map { try store.graph.nodeID(.item, index: $0) },
            query: isOperational ? nil : try query(event.query, in: transaction),
            city: isOperational ? nil : try city(event.city, in: transaction),
            daypart: try daypart(moment.timestamp.hour, in: transaction))
    }

    /// Makes the step of a twin's event in the journal; `nil` if it is not there.
    ///
    /// A sequence number of a transaction that did not commit is given again, perhaps to an event
    /// of another twin.
    mutating func step(
        _ sequence: UInt64, of graphID: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> TwinFold.Step? {
        let found = try store.readJournal(sequence, in: transaction) { graph, moment, record in
            graph == graphID ? (moment, try EventRecord.decodeOutline(record)) : nil
        }
        return try (found ?? nil).map { moment, event in
            try step(event, at: moment, in: transaction)
        }
    }

    private func query(
        _ query: String?, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> NodeID? {
        guard let query, !query.isEmpty else { return nil }
        return try store.names.node(.query, TwinFold.queryName(query), in: transaction)
    }

    private mutating func city(
        _ city: String?, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> NodeID? {
        guard let city, !city.isEmpty else { return nil }
        let name = BytewiseString(city)
        if let lastCity, lastCity.name == name { return lastCity.node }
        let node = try store.names.node(.city, city, in: transaction)
        if let node { lastCity = (name, node) }
        return node
    }

    private mutating func daypart(
        _ hour: Int, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> NodeID {
        if let node = dayparts[hour] { return node }
        guard let node = try store.names.node(.daypart, Daypart.name(hour: hour), in: transaction)
        else { throw TwinsError(.corrupt, "An event lacks its nodes. Restore a backup.") }
        dayparts[hour] = node
        return node
    }
}
