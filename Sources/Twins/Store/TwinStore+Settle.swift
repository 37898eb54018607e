import LMDB
import PropertyGraph

/// Settling: moving events from the journal to the twins they belong to.
///
/// A sweep goes through the twins by id, in as many transactions as it takes, and settles for each
/// all of its events up to the sequence number at which the sweep began. How far it has come is in
/// the journal's state, so a sweep that was cut off goes on where it was. When it has ended, the
/// journal up to that number is done with; the next sweep removes it bit by bit.
extension TwinStore {
    /// Settles all events, so that twins are read fastest and the journal is empty.
    ///
    /// Nothing depends on it: unsettled events count as settled ones do. Worth its time after much
    /// was ingested.
    ///
    /// - Parameter progress: Told the number of events left, now and then.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``; what was settled stays so.
    public func settle(progress: (Int) -> Void = { _ in }) throws {
        while try unsettledCount() > 0 {
            try graph.write { transaction in
                var state = try openJournal(in: transaction)
                try sweep(Self.settleBatch, &state, in: transaction)
                if state.settledThrough + 1 == state.next {
                    // All at once: the state is written anew right after.
                    try transaction.removeAll(prefix: [], in: journal)
                }
                try closeJournal(state, added: [], in: transaction)
            }
            progress(try unsettledCount())
        }
    }

    /// How many events are in the journal, at most.
    public func unsettledCount() throws -> Int {
        let state = try graph.read { try journalState(in: $0) }
        return Int(clamping: state.next - 1 - state.settledThrough)
    }

    /// Events that one transaction settles when nothing else is to be done.
    private static let settleBatch = 10_000

    /// Goes on with the sweep under way, or begins one.
    ///
    /// - Parameters:
    ///   - count: How many events to settle before it stops, about.
    ///   - state: The journal's; moved on.
    ///   - transaction: To settle in.
    func sweep(
        _ count: Int, _ state: inout JournalState, in transaction: borrowing WriteTransaction
    ) throws {
        if state.sweepThrough == 0 {
            state.sweepThrough = state.next - 1
            state.sweepPosition = GraphID(rawValue: 0)
        }
        try transaction.removeRange(
            from: Self.journalKey(0), to: Self.journalKey(state.settledThrough + 1),
            limit: count, in: journal)
        var settled = 0
        let through = state.sweepThrough
        for graphID in index.graphs(after: state.sweepPosition, sweepThrough: through) {
            guard settled < count else { return }
            settled += try settle(graphID, through: through, in: transaction)
            state.sweepPosition = graphID
        }
        state.settledThrough = through
        state.sweepThrough = 0
    }

    /// Settles the events of one twin.
    ///
    /// - Returns: How many there were.
    private func settle(
        _ graphID: GraphID, through: UInt64, in transaction: borrowing WriteTransaction
    ) throws -> Int {
        let customer = try self.customer(of: graphID)
        let summary = try TwinSummary(
            graph.properties(of: customer, graph: graphID, in: transaction))
        let entries = index.entries(of: graphID).filter {
            $0.sequence <= through && $0.sequence > summary?.settledThrough ?? 0
        }
        var steps: [TwinFold.Step] = []
        steps.reserveCapacity(entries.count)
        for entry in entries {
            guard let record = try journalRecord(entry.sequence, in: transaction) else {
                throw TwinsError(.corrupt, "The journal lacks an event. Restore a backup.")
            }
            let eventKey = Self.eventKey(graphID, record.timestamp, record.tieBreak)
            try transaction.put(record.record, for: eventKey, in: graph.records)
            var time = ByteWriter(capacity: 8)
            time.appendInt64(record.timestamp.rawValue)
            try transaction.put(
                time.bytes, for: Self.idKey(graphID, record.tieBreak), in: graph.records)
            let event = try EventRecord.decode(
                record.record.span.bytes, timestamp: record.timestamp)
            steps.append(try step(event, record.tieBreak, in: transaction))
        }
        guard !steps.isEmpty else { return 0 }
        steps.sort { $0.precedes($1.moment) }
        try fold(
            steps, into: summary, customer: customer, settledThrough: through, in: transaction)
        return steps.count
    }

    /// Moves the stored graph of a twin by events that its log already holds.
    private func fold(
        _ steps: [TwinFold.Step], into summary: TwinSummary?, customer: NodeID,
        settledThrough: UInt64, in transaction: borrowing WriteTransaction
    ) throws {
        let graphID = Self.graphID(customer)
        var fold: TwinFold
        var total: TwinSummary?
        if let summary, steps[0].precedes(summary.moment) {
            // Cheaper ways exist for a few late events; none is as surely right as starting over.
            try graph.clearGraph(graphID, in: transaction)
            fold = TwinFold(customer: customer, settings: settings)
            let all = try settledSteps(graphID, in: transaction)
            for step in all { try fold.apply(step) { _ in nil } }
            total = TwinSummary(all)
        } else {
            let tail = summary == nil ? [] : try tail(graphID, before: steps[0], in: transaction)
            fold = TwinFold(customer: customer, settings: settings, tail: tail)
            for step in steps {
                try fold.apply(step) { ends in
                    // A twin without a summary has no edges yet: no need to look.
                    guard summary != nil else { return nil }
                    return try graph.edge(
                        from: ends.source, ends.type, to: ends.target, graph: graphID,
                        in: transaction)
                }
            }
            total = TwinSummary(steps, after: summary)
        }
        for edge in fold.edges.values { try graph.put(edge, graph: graphID, in: transaction) }
        guard var total else { return }
        total.settledThrough = settledThrough
        try graph.put(
            Node(id: customer, properties: total.properties), graph: graphID, in: transaction)
    }
}
