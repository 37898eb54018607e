import LMDB
import PropertyGraph

/// A place in a sweep: it settles events up to `through`, and has come as far as one twin.
struct SweepPlace: Hashable, Sendable {
    var through: UInt64
    var position: GraphID

    init(through: UInt64, position: GraphID) {
        self.through = through
        self.position = position
    }

    /// The place of the sweep under way; `nil` if there is none.
    init?(_ state: JournalState) {
        guard state.sweepThrough > 0 else { return nil }
        self.init(through: state.sweepThrough, position: state.sweepPosition)
    }
}

/// What a part of a sweep will change, worked out beside writes.
struct SweepPart: Sendable {
    var start: SweepPlace
    var twins: [SettledTwin] = []
    /// Where the part ends; `nil` if the sweep ends with it.
    var end: SweepPlace?
}

/// What settling the events of one twin will change.
struct SettledTwin: Sendable {
    var graph: GraphID
    /// Whether its stored graph has to go first, because an event came late.
    var isLate: Bool
    var batch: WriteBatch
}

/// Only sweeps change what is settled of a twin, and they go through twins in one order, so what
/// one twin needs can be worked out from any snapshot since the sweep began.
extension TwinStore {
    /// Makes the next part of the sweep under way ready, in a snapshot of its own.
    ///
    /// - Parameters:
    ///   - count: How many events to settle, about.
    ///   - place: Where the part begins; where the sweep is now unless given.
    /// - Returns: The part; `nil` when no sweep is under way.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``.
    func prepareSweep(_ count: Int, from place: SweepPlace?) throws -> SweepPart? {
        try graph.read { transaction in
            let state = try journalState(in: transaction)
            guard let place = place ?? SweepPlace(state) else { return nil }
            // A sweep that another process began may be older than this process's index.
            try index.refresh(to: state) { try journalEntries(after: $0, in: transaction) }
            return try prepareSweep(count, from: place, in: transaction)
        }
    }

    /// Makes a part of a sweep ready.
    func prepareSweep(
        _ count: Int, from start: SweepPlace,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> SweepPart {
        var part = SweepPart(start: start)
        var eventCount = 0
        var position = start.position
        for graph in index.graphs(after: start.position, sweepThrough: start.through) {
            guard eventCount < count else {
                part.end = SweepPlace(through: start.through, position: position)
                return part
            }
            position = graph
            let pending = try pending(graph, through: start.through, in: transaction)
            guard let twin = try settled(pending, graph, start.through, in: transaction) else {
                continue
            }
            part.twins.append(twin)
            eventCount += pending.records.count
        }
        return part
    }

    private struct Pending {
        var summary: TwinSummary?
        var records: [(moment: Moment, record: [UInt8])] = []
    }

    private func pending(
        _ graphID: GraphID, through: UInt64,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Pending {
        var pending = Pending(summary: try summary(of: graphID, in: transaction))
        let settled = pending.summary?.settledThrough ?? 0
        for entry in index.entries(of: graphID)
        where entry.sequence <= through && entry.sequence > settled {
            guard let record = try journalRecord(entry.sequence, in: transaction) else {
                throw TwinsError(.corrupt, "The journal lacks an event. Restore a backup.")
            }
            let moment = Moment(timestamp: record.timestamp, tieBreak: record.tieBreak)
            pending.records.append((moment, record.record))
        }
        pending.records.sort { $0.moment < $1.moment }
        return pending
    }

    /// Works out what settling a twin's pending events changes; `nil` if there are none.
    private func settled(
        _ pending: Pending, _ graphID: GraphID, _ through: UInt64,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> SettledTwin? {
        guard let first = pending.records.first else { return nil }
        let customer = try customer(of: graphID)
        let summary = pending.summary
        let isLate = summary.map { first.moment < $0.moment } ?? false
        var steps = try pending.records.map { moment, record in
            try step(
                EventRecord.decodeForFold(record.span.bytes, timestamp: moment.timestamp),
                moment.tieBreak, in: transaction)
        }
        var fold: TwinFold
        if isLate {
            // Cheaper ways exist for a few late events; none is as surely right as starting over.
            steps += try settledSteps(graphID, in: transaction)
            steps.sort { $0.moment < $1.moment }
            fold = TwinFold(customer: customer, settings: settings)
            for step in steps { try fold.apply(step) { _ in nil } }
        } else {
            let tail = summary == nil ? [] : try tail(graphID, before: steps[0], in: transaction)
            fold = TwinFold(customer: customer, settings: settings, tail: tail)
            try apply(steps, to: &fold, isNew: summary == nil, graphID, in: transaction)
        }
        guard var total = TwinSummary(steps, after: isLate ? nil : summary) else { return nil }
        total.settledThrough = through
        var batch = WriteBatch()
        let node = Node(id: customer, properties: total.properties)
        try graph.put(node, fold.edges, graph: graphID, into: &batch)
        put(pending.records, graphID, into: &batch)
        return SettledTwin(graph: graphID, isLate: isLate, batch: batch)
    }

    /// Steps from which on a twin's edges are read all at once and not one by one.
    private static let wholeGraphSteps = 16

    private func apply(
        _ steps: [TwinFold.Step], to fold: inout TwinFold, isNew: Bool, _ graphID: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws {
        if isNew {
            for step in steps { try fold.apply(step) { _ in nil } }
        } else if steps.count < Self.wholeGraphSteps {
            for step in steps {
                try fold.apply(step) { ends in
                    try graph.edge(
                        from: ends.source, ends.type, to: ends.target, graph: graphID,
                        in: transaction)
                }
            }
        } else {
            var stored: [TwinFold.Ends: Edge] = [:]
            try graph.forEachEdge(graph: graphID, in: transaction) { edge in
                stored[TwinFold.Ends(edge)] = edge
                return true
            }
            for step in steps { try fold.apply(step) { stored[$0] } }
        }
    }

    /// Adds events and their ids to what a twin's settling changes.
    private func put(
        _ records: [(moment: Moment, record: [UInt8])], _ graphID: GraphID,
        into batch: inout WriteBatch
    ) {
        for (moment, record) in records {
            batch.put(
                in: graph.records,
                key: { Self.writeEventKey(graphID, moment, to: &$0) },
                value: { $0.appendRaw(record) })
        }
        for (moment, _) in records.sorted(by: { $0.moment.tieBreak < $1.moment.tieBreak }) {
            batch.put(
                in: graph.records,
                key: { Self.writeIDKey(graphID, moment.tieBreak, to: &$0) },
                value: { $0.appendInt64(moment.timestamp.rawValue) })
        }
    }
}
