import LMDB
import PropertyGraph
package import Shop
import Time

/// The result of appending a batch of events.
package struct AppendResult: Hashable, Sendable {
    /// The number of new events.
    package var added = 0
    /// The number of events that the store had already, with the same content.
    package var duplicates = 0
    /// The events that were not accepted, at their index in the batch.
    package var rejections: [Rejection] = []
}

extension TwinStore {
    /// Adds events to the logs of their twins, all or nothing.
    ///
    /// Events that the store has are skipped, so a batch may be sent again after a crash. Late
    /// events give the same twin as events in time.
    ///
    /// - Parameters:
    ///   - events: A batch; a thousand to ten thousand events are a good size.
    ///   - createItems: Whether an item that the catalogue lacks is added to it.
    /// - Returns: The result; the events are on disk.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``; then nothing of the batch is stored.
    package func append(_ events: [Event], createItems: Bool = true) throws -> AppendResult {
        try append(
            prepare(events), createItems: createItems,
            merging: prepareMerge(Self.mergeCount(for: events), from: nil))
    }

    /// Adds events to the logs of their twins; concurrent calls share one sync of the disk.
    ///
    /// It is like the synchronous overload, and for many callers with few events each.
    ///
    /// - Parameters:
    ///   - events: A batch.
    ///   - createItems: Whether an item that the catalogue lacks is added to it.
    ///   - newItemCountMax: The number of items that the batch may add; events of further new items
    ///     are rejected.
    /// - Returns: The result; the events are on disk.
    /// - Throws: As the synchronous overload.
    package func append(
        _ events: [Event], createItems: Bool = true, newItemCountMax: Int = .max
    ) async throws -> AppendResult {
        let prepared = try prepare(events)
        let merge = try prepareMerge(Self.mergeCount(for: events), from: nil)
        return try await graph.write { [self] transaction in
            try append(
                prepared, newItemCountMax: createItems ? newItemCountMax : nil, merging: merge,
                in: transaction)
        }
    }

    /// Adds prepared events.
    ///
    /// - Parameters:
    ///   - batch: The events.
    ///   - createItems: Whether an item that the catalogue lacks is added to it.
    ///   - merge: The next batch of the merge pass under way, if it was prepared.
    /// - Returns: The result; the events are on disk.
    /// - Throws: As for events that were not prepared.
    func append(
        _ batch: PreparedBatch, createItems: Bool, merging merge: MergeBatch? = nil
    ) throws -> AppendResult {
        try graph.write { transaction in
            try append(
                batch, newItemCountMax: createItems ? .max : nil, merging: merge, in: transaction)
        }
    }

    private func append(
        _ batch: PreparedBatch, newItemCountMax: Int?, merging merge: MergeBatch?,
        in transaction: borrowing WriteTransaction
    ) throws -> AppendResult {
        let events = names.isCurrent(batch.state) ? batch.events : unresolved(batch)
        var state = try openJournal(in: transaction)
        // Before the batch, which the index does not know yet.
        try advanceMerge(
            by: Self.mergeCount(for: events), prepared: merge, &state, in: transaction)
        // Below the limit in total, no customer can have too many.
        let counts = Int(clamping: state.eventCount) + events.count > eventsPerCustomerMax
        var appending = Appending(newItemCountMax: newItemCountMax, counts: counts, state: state)
        for (index, event) in events.enumerated() {
            try append(event, at: index, &appending, in: transaction)
        }
        try closeJournal(appending.state, added: appending.added, in: transaction)
        appending.result.added = appending.added.count
        return appending.result
    }

    /// The progress of appending a batch.
    private struct Appending {
        /// Items that may be added; `nil` if none are to be.
        let newItemCountMax: Int?
        /// Whether the events of each customer are counted.
        let counts: Bool
        var newItemCount = 0
        var state: JournalState
        var result = AppendResult()
        var added: [(GraphID, JournalEntry)] = []

        mutating func reject(_ index: Int, _ reason: Rejection.Reason, _ advice: String) {
            result.rejections.append(Rejection(reason, advice, at: .batchIndex(index)))
        }
    }

    private func append(
        _ event: PreparedEvent, at batchIndex: Int, _ appending: inout Appending,
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
                        batchIndex, .tooManyItems,
                        "send it again in another batch, or load the catalogue first")
                    return
                }
            } else {
                appending.reject(batchIndex, .unknownItem, "add it to the catalogue first")
                return
            }
        }
        guard let graphID = try twinGraph(of: event.customer, in: transaction) else {
            appending.reject(batchIndex, .erased, "leave out this customer's events")
            return
        }
        let key = EventKey(graph: graphID, tieBreak: event.position.tieBreak)
        let sequence = appending.state.next
        let isFull =
            try appending.counts && eventCount(of: graphID, in: transaction) >= eventsPerCustomerMax
        if let known = try find(key, orClaim: isFull ? nil : sequence, in: transaction) {
            if known.time == event.position.timestamp, known.record == record {
                appending.result.duplicates += 1
            } else {
                appending.reject(batchIndex, .conflict, "give changed events an id of their own")
            }
            return
        }
        guard !isFull else {
            appending.reject(
                batchIndex, .tooManyEvents, "a customer has at most \(eventsPerCustomerMax)")
            return
        }
        if let unknown = event.unknown {
            if record.isEmpty { appending.newItemCount += 1 }
            record = try addNames(unknown, record, in: transaction)
        }
        let entry = JournalRecord(graph: graphID, position: event.position, record: record)
        try transaction.append(Self.encode(entry), for: Self.journalKey(sequence), in: journal)
        appending.state.next += 1
        appending.state.eventCount += 1
        let time = event.position.timestamp
        appending.state.newest = max(appending.state.newest ?? time, time)
        // Also if this batch needs no counts: a later batch may use the kept counts.
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

    /// The number of events of a twin.
    private func eventCount(
        of graphID: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Int {
        try index.eventCount(of: graphID) {
            let summary = try summary(of: graphID, in: transaction)
            return (summary?.eventCount ?? 0, summary?.mergedThrough ?? 0)
        }
    }

    /// Finds an event by its id, merged or pending.
    ///
    /// If there is none, reserves `sequence` for it, unless that is `nil`.
    private func find(
        _ key: EventKey, orClaim sequence: UInt64?, in transaction: borrowing WriteTransaction
    ) throws -> (time: Timestamp, record: [UInt8])? {
        let idKey = Self.idKey(key.graph, key.tieBreak)
        let time = try transaction.value(for: idKey, in: graph.records) { value in
            Timestamp(rawValue: try ByteReader.reading(value) { try $0.readInt64() })
        }
        if let time {
            let position = LogPosition(timestamp: time, tieBreak: key.tieBreak)
            let eventKey = Self.eventKey(key.graph, position)
            return (time, try transaction.bytes(for: eventKey, in: graph.records) ?? [])
        }
        let found =
            if let sequence {
                index.claim(sequence, for: key)
            } else {
                index.sequence(of: key)
            }
        guard let known = found else { return nil }
        // An event that has left the journal but not the index is merged, and was found above.
        guard let entry = try journalRecord(known, in: transaction) else {
            throw TwinsError(.corrupt, "The journal lacks an event. Restore a backup.")
        }
        return (entry.position.timestamp, entry.record)
    }

    /// Adds the nodes of an event and its fold that the store lacks.
    ///
    /// - Returns: The record of the event for the log.
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

    /// Reads the state of the journal, and updates the index.
    func openJournal(in transaction: borrowing WriteTransaction) throws -> JournalState {
        let state = try journalState(in: transaction)
        try index.open(at: state, transaction: transaction.id) {
            try journalEntries(after: $0, in: transaction)
        }
        return state
    }

    /// Writes the state of the journal, as the last step of a transaction.
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
