import LMDB
import PropertyGraph
package import Shop
import Time

/// What became of a batch of events.
package struct AppendResult: Hashable, Sendable {
    /// How many were new.
    package var added = 0
    /// How many had been there before, with the same content.
    package var duplicates = 0
    /// Events that were not accepted, by their place in the batch.
    package var rejections: [Rejection] = []
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
    package func append(_ events: [Event], createItems: Bool = true) throws -> AppendResult {
        try append(
            prepare(events), createItems: createItems,
            settling: prepareMerge(Self.mergeCount(for: events), from: nil))
    }

    /// Adds events to the log, sharing the wait for the disk with others that do.
    ///
    /// As the overload that is not async; for many callers with few events each.
    ///
    /// - Parameters:
    ///   - events: A batch.
    ///   - createItems: Whether an item that the catalogue lacks is added to it.
    ///   - newItemCountMax: Items that the batch may add; events of further ones are rejected.
    /// - Returns: What became of them; on disk when this returns.
    /// - Throws: As the overload that is not async.
    package func append(
        _ events: [Event], createItems: Bool = true, newItemCountMax: Int = .max
    ) async throws -> AppendResult {
        let prepared = try prepare(events)
        let part = try prepareMerge(Self.mergeCount(for: events), from: nil)
        return try await graph.write { [self] transaction in
            try append(
                prepared, newItemCountMax: createItems ? newItemCountMax : nil, settling: part,
                in: transaction)
        }
    }

    /// Adds events that were made ready.
    ///
    /// - Parameters:
    ///   - batch: The events.
    ///   - createItems: Whether an item that the catalogue lacks is added to it.
    ///   - part: The next part of the sweep under way, if that was made ready too.
    /// - Returns: What became of the events; on disk when this returns.
    /// - Throws: As for events that were not made ready.
    func append(
        _ batch: PreparedBatch, createItems: Bool, settling part: MergeBatch? = nil
    ) throws -> AppendResult {
        try graph.write { transaction in
            try append(
                batch, newItemCountMax: createItems ? .max : nil, settling: part, in: transaction)
        }
    }

    private func append(
        _ batch: PreparedBatch, newItemCountMax: Int?, settling part: MergeBatch?,
        in transaction: borrowing WriteTransaction
    ) throws -> AppendResult {
        let events = names.isCurrent(batch.state) ? batch.events : unresolved(batch)
        var state = try openJournal(in: transaction)
        // Before the batch, which the index does not know yet.
        try sweep(Self.mergeCount(for: events), part, &state, in: transaction)
        // A store with fewer events in all needs no counting.
        let counts = Int(clamping: state.eventCount) + events.count > eventsPerCustomerMax
        var appending = Appending(newItemCountMax: newItemCountMax, counts: counts, state: state)
        for (place, event) in events.enumerated() {
            try append(event, place, &appending, in: transaction)
        }
        try closeJournal(appending.state, added: appending.added, in: transaction)
        appending.result.added = appending.added.count
        return appending.result
    }

    /// What a batch has come to so far.
    private struct Appending {
        /// Items that may be added; `nil` if none are to be.
        let newItemCountMax: Int?
        /// Whether the events of each customer are counted.
        let counts: Bool
        var newItemCount = 0
        var state: JournalState
        var result = AppendResult()
        var added: [(GraphID, JournalEntry)] = []

        mutating func reject(_ place: Int, _ reason: Rejection.Reason, _ advice: String) {
            result.rejections.append(Rejection(line: place, reason, advice))
        }
    }

    private func append(
        _ event: PreparedEvent, _ place: Int, _ appending: inout Appending,
        in transaction: borrowing WriteTransaction
    ) throws {
        var record = event.record
        if record.isEmpty, let unknown = event.unknown, let itemID = unknown.event.itemID {
            if let item = try graph.node(.item, itemID, in: transaction) {
                record = EventRecord.encode(
                    unknown.event, item: item.index, eventID: unknown.eventID)
            } else if let limit = appending.newItemCountMax {
                guard appending.newItemCount < limit else {
                    appending.reject(
                        place, .tooManyItems,
                        "send it again in another batch, or load the catalogue first")
                    return
                }
            } else {
                appending.reject(place, .unknownItem, "add it to the catalogue first")
                return
            }
        }
        guard let graphID = try twinGraph(of: event.customer, in: transaction) else {
            appending.reject(place, .erased, "leave out this customer's events")
            return
        }
        let key = EventKey(graph: graphID, tieBreak: event.moment.tieBreak)
        let sequence = appending.state.next
        let isFull =
            try appending.counts && eventCount(of: graphID, in: transaction) >= eventsPerCustomerMax
        if let known = try find(key, orClaim: isFull ? nil : sequence, in: transaction) {
            if known.time == event.moment.timestamp, known.record == record {
                appending.result.duplicates += 1
            } else {
                appending.reject(place, .conflict, "give changed events an id of their own")
            }
            return
        }
        guard !isFull else {
            appending.reject(
                place, .tooManyEvents, "a customer has at most \(eventsPerCustomerMax)")
            return
        }
        if let unknown = event.unknown {
            if record.isEmpty { appending.newItemCount += 1 }
            record = try addNames(unknown, record, in: transaction)
        }
        let entry = JournalRecord(graph: graphID, moment: event.moment, record: record)
        try transaction.append(Self.encode(entry), for: Self.journalKey(sequence), in: journal)
        appending.state.next += 1
        appending.state.eventCount += 1
        let time = event.moment.timestamp
        appending.state.newest = max(appending.state.newest ?? time, time)
        // Also if this batch needs no counts: a later one may use those that are kept.
        index.countEvent(of: graphID)
        appending.added.append((graphID, JournalEntry(sequence: sequence, tieBreak: key.tieBreak)))
    }

    /// The graph of a customer's twin; `nil` if it was erased.
    private func twinGraph(
        of customer: KnownCustomer, in transaction: borrowing WriteTransaction
    ) throws -> GraphID? {
        if let node = customer.node { return customer.isErased ? nil : Self.graphID(node) }
        let graphID = Self.graphID(
            try graph.addNode(.customer, customer.pseudonym, in: transaction))
        return try isErased(graphID, in: transaction) ? nil : graphID
    }

    /// How many events a twin has.
    private func eventCount(
        of graphID: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Int {
        try index.eventCount(of: graphID) {
            let summary = try summary(of: graphID, in: transaction)
            return (summary?.eventCount ?? 0, summary?.mergedThrough ?? 0)
        }
    }

    /// Finds an event by its id, settled or in the journal; if it is in neither, gives it a
    /// sequence number there, unless that is `nil`.
    private func find(
        _ key: EventKey, orClaim sequence: UInt64?, in transaction: borrowing WriteTransaction
    ) throws -> (time: Timestamp, record: [UInt8])? {
        let idKey = Self.idKey(key.graph, key.tieBreak)
        let time = try transaction.value(for: idKey, in: graph.records) { value in
            Timestamp(rawValue: try ByteReader.reading(value) { try $0.readInt64() })
        }
        if let time {
            let moment = LogPosition(timestamp: time, tieBreak: key.tieBreak)
            let eventKey = Self.eventKey(key.graph, moment)
            return (time, try transaction.bytes(for: eventKey, in: graph.records) ?? [])
        }
        let place =
            if let sequence {
                index.claim(sequence, for: key)
            } else {
                index.sequence(of: key)
            }
        guard let known = place else { return nil }
        // An event may be in the index and not in the journal any more, but then it is settled.
        guard let entry = try journalRecord(known, in: transaction) else {
            throw TwinsError(.corrupt, "The journal lacks an event. Restore a backup.")
        }
        return (entry.moment.timestamp, entry.record)
    }

    /// Makes the nodes that an event and its fold will want, where the store lacks them.
    ///
    /// - Returns: The event as the log will hold it.
    private func addNames(
        _ unknown: UnknownNames, _ record: [UInt8], in transaction: borrowing WriteTransaction
    ) throws -> [UInt8] {
        for (label, name) in unknown.names {
            _ = try graph.addNode(label, name, in: transaction)
        }
        guard record.isEmpty else { return record }
        let item = try unknown.event.itemID.map {
            try graph.addNode(.item, $0, in: transaction).index
        }
        return EventRecord.encode(unknown.event, item: item, eventID: unknown.eventID)
    }

    /// Reads the state of the journal, and brings the index up to it.
    func openJournal(in transaction: borrowing WriteTransaction) throws -> JournalState {
        let state = try journalState(in: transaction)
        try index.open(at: state, transaction: transaction.id) {
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
        index.close(at: state, added: added, transaction: transaction.id)
    }
}
