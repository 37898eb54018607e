import LMDB
import PropertyGraph

/// What became of a batch of events.
public struct AppendResult: Hashable, Sendable {
    /// How many were new.
    public var added = 0
    /// How many had been there before, with the same content.
    public var duplicates = 0
    /// Events that were not accepted, by their place in the batch.
    public var rejections: [Rejection] = []
}

extension TwinStore {
    /// Adds events to the log and moves the twins they belong to, all or nothing.
    ///
    /// An event that is there already is passed over, so a batch may be sent again after a crash.
    /// Late events are welcome: the twin becomes what it would be had they come in time.
    ///
    /// - Parameters:
    ///   - events: A batch; a thousand to ten thousand is a good size.
    ///   - createItems: Whether an item that the catalogue lacks is added to it.
    /// - Returns: What became of them; on disk when this returns.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``; then nothing of the batch is stored.
    public func append(_ events: [Event], createItems: Bool = true) throws -> AppendResult {
        try append(
            prepare(events), createItems: createItems,
            settling: prepareSweep(events.count * 2, from: nil))
    }

    /// Adds events to the log, sharing the wait for the disk with others that do.
    ///
    /// As the overload that is not async; for many callers with few events each.
    public func append(_ events: [Event], createItems: Bool = true) async throws -> AppendResult {
        let prepared = try prepare(events)
        let part = try prepareSweep(events.count * 2, from: nil)
        return try await graph.write { [self] transaction in
            try append(prepared, createItems: createItems, settling: part, in: transaction)
        }
    }

    /// Adds events that were made ready.
    ///
    /// - Parameters:
    ///   - events: The events.
    ///   - createItems: Whether an item that the catalogue lacks is added to it.
    ///   - part: The next part of the sweep under way, if that was made ready too.
    /// - Returns: What became of the events; on disk when this returns.
    /// - Throws: As for events that were not made ready.
    func append(
        _ events: [PreparedEvent], createItems: Bool, settling part: SweepPart? = nil
    ) throws -> AppendResult {
        try graph.write { transaction in
            try append(events, createItems: createItems, settling: part, in: transaction)
        }
    }

    private func append(
        _ events: [PreparedEvent], createItems: Bool, settling part: SweepPart? = nil,
        in transaction: borrowing WriteTransaction
    ) throws -> AppendResult {
        var state = try openJournal(in: transaction)
        // Before the batch, which the index does not know yet. Twice as much is settled as comes
        // in, so the journal cannot grow without end.
        try sweep(events.count * 2, part, &state, in: transaction)
        var batch = Batch()
        for (place, event) in events.enumerated() {
            try append(event, place, createItems, &state, &batch, in: transaction)
        }
        try closeJournal(state, added: batch.added, in: transaction)
        batch.result.added = batch.added.count
        return batch.result
    }

    /// What a batch has added so far.
    private struct Batch {
        var result = AppendResult()
        var added: [(GraphID, JournalEntry)] = []
        /// The same by id, to find events that are in a batch twice.
        var sequences: [EventKey: UInt64] = [:]
        private var lastChecked: (graph: GraphID, isErased: Bool)?

        /// Whether a twin was erased; asked once for events of one customer in a row.
        mutating func isErased(_ graph: GraphID, _ look: () throws -> Bool) rethrows -> Bool {
            if let lastChecked, lastChecked.graph == graph { return lastChecked.isErased }
            let isErased = try look()
            lastChecked = (graph, isErased)
            return isErased
        }
    }

    private func append(
        _ event: PreparedEvent, _ place: Int, _ createItems: Bool, _ state: inout JournalState,
        _ batch: inout Batch, in transaction: borrowing WriteTransaction
    ) throws {
        var logged = event.logged
        if logged.item == nil, let itemID = event.itemID {
            logged.item = try graph.node(.item, itemID, in: transaction)?.index
            if logged.item == nil, !createItems {
                batch.result.rejections.append(
                    Rejection(line: place, .unknownItem, "add it to the catalogue first"))
                return
            }
        }
        let customer =
            try event.customer ?? graph.addNode(.customer, event.pseudonym, in: transaction)
        let graphID = Self.graphID(customer)
        if try batch.isErased(graphID, { try isErased(graphID, in: transaction) }) {
            batch.result.rejections.append(
                Rejection(line: place, .erased, "leave out this customer's events"))
            return
        }
        let key = EventKey(graph: graphID, tieBreak: event.tieBreak)
        if let known = try find(key, batch, in: transaction) {
            let isComplete = logged.item != nil || event.itemID == nil
            let record = event.record ?? EventRecord.encode(logged)
            if known.time == logged.timestamp, known.record == record, isComplete {
                batch.result.duplicates += 1
            } else {
                batch.result.rejections.append(
                    Rejection(line: place, .conflict, "give changed events an id of their own"))
            }
            return
        }
        if logged.item == nil, let itemID = event.itemID {
            logged.item = try graph.addNode(.item, itemID, in: transaction).index
        }
        try addNames(of: event, in: transaction)
        let record = event.record ?? EventRecord.encode(logged)
        let entry = JournalRecord(
            graph: graphID, timestamp: logged.timestamp, tieBreak: event.tieBreak, record: record)
        let sequence = state.next
        try transaction.append(Self.encode(entry), for: Self.journalKey(sequence), in: journal)
        state.next += 1
        state.eventCount += 1
        state.newest = max(state.newest ?? logged.timestamp, logged.timestamp)
        batch.added.append(
            (graphID, JournalEntry(sequence: sequence, tieBreak: event.tieBreak)))
        batch.sequences[key] = sequence
    }

    /// Finds an event by its id: in this batch, in the journal, or settled.
    private func find(
        _ key: EventKey, _ batch: Batch, in transaction: borrowing WriteTransaction
    ) throws -> (time: Timestamp, record: [UInt8])? {
        if let sequence = batch.sequences[key] ?? index.sequence(of: key),
            let entry = try journalRecord(sequence, in: transaction)
        {
            return (entry.timestamp, entry.record)
        }
        let idKey = Self.idKey(key.graph, key.tieBreak)
        let time = try transaction.value(for: idKey, in: graph.records) { value in
            Timestamp(rawValue: try ByteReader.reading(value) { try $0.readInt64() })
        }
        guard let time else { return nil }
        let eventKey = Self.eventKey(key.graph, time, key.tieBreak)
        return (time, try transaction.bytes(for: eventKey, in: graph.records) ?? [])
    }

    /// Makes the nodes that the fold of an event will want, where the store lacks them.
    private func addNames(
        of event: PreparedEvent, in transaction: borrowing WriteTransaction
    ) throws {
        for (label, name) in event.newNames {
            _ = try graph.addNode(label, name, in: transaction)
        }
    }

    /// Reads the state of the journal, and brings the index up to it.
    func openJournal(in transaction: borrowing WriteTransaction) throws -> JournalState {
        let state = try journalState(in: transaction)
        try index.synchronise(with: state, transaction: transaction.number) {
            try journalEntries(after: $0, in: transaction)
        }
        return state
    }

    /// Writes the state of the journal, as the last thing that a transaction does.
    func closeJournal(
        _ state: JournalState, added: [(GraphID, JournalEntry)],
        in transaction: borrowing WriteTransaction
    ) throws {
        var state = state
        state.revision += 1
        try put(state, in: transaction)
        index.record(added, state: state, transaction: transaction.number)
    }
}
