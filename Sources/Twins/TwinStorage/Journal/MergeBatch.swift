import LMDB
import PropertyGraph
import Shop
import Time

/// A position in a merge pass: it merges events up to `through`, and has come as far as one twin.
struct MergePosition: Hashable, Sendable {
    var through: UInt64
    var position: GraphID

    init(through: UInt64, position: GraphID) {
        self.through = through
        self.position = position
    }

    /// The position of the merge pass under way; `nil` if there is none.
    init?(_ state: JournalState) {
        guard state.mergeThrough > 0 else { return nil }
        self.init(through: state.mergeThrough, position: state.mergePosition)
    }
}

/// The changes of a part of a merge pass, computed beside writes.
struct MergeBatch: Sendable {
    var start: MergePosition
    var twins: [TwinUpdate] = []
    /// Where the part ends; `nil` if the merge pass ends with it.
    var end: MergePosition?
}

/// The changes of one twin when its events are merged.
struct TwinUpdate: Sendable {
    var graph: GraphID
    /// Whether its stored graph has to go first, because it is folded anew: an event came late, or
    /// a return reverses a purchase.
    var isRebuilt: Bool
    var batch: WriteBatch
}

/// Only merge passes change the merged events of a twin, and they go through twins in one order,
/// so what one twin needs can be worked out from any snapshot since the merge pass began.
extension TwinStore {
    /// Makes the next part of the merge pass under way ready, in a snapshot of its own.
    ///
    /// - Parameters:
    ///   - count: How many events to merge, about.
    ///   - place: Where the part begins; where the merge pass is now unless given.
    /// - Returns: The part; `nil` when no merge pass is under way.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``.
    func prepareMerge(_ count: Int, from place: MergePosition?) throws -> MergeBatch? {
        try graph.read { transaction in
            let state = try journalState(in: transaction)
            guard let place = place ?? MergePosition(state) else { return nil }
            // A merge pass that another process began may be older than this process's index.
            try index.refresh(to: state) { try journalEntries(after: $0, in: transaction) }
            return try prepareMerge(count, from: place, in: transaction)
        }
    }

    /// Makes a part of a merge pass ready.
    func prepareMerge(
        _ count: Int, from start: MergePosition,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> MergeBatch {
        var part = MergeBatch(start: start)
        var merging = Merging(through: start.through, finder: EventNodeResolver(self))
        var eventCount = 0
        var position = start.position
        for graph in index.graphs(after: start.position, mergeThrough: start.through) {
            guard eventCount < count else {
                part.end = MergePosition(through: start.through, position: position)
                return part
            }
            position = graph
            guard let twin = try merge(graph, &merging, in: transaction) else { continue }
            part.twins.append(twin)
            eventCount += merging.pending.count
        }
        return part
    }

    /// The state of merging one twin after another; its lists are reused.
    private struct Merging {
        let through: UInt64
        var finder: EventNodeResolver
        /// The pending events of a twin, in order of time.
        var pending: [PendingEvent] = []
        /// The same as the log will hold them.
        var records: [UInt8] = []
    }

    private struct PendingEvent {
        var step: TwinFold.Step
        /// Where its record is.
        var record: Range<Int>
    }

    /// The changes of a twin when its pending events are merged; `nil` if it has none.
    private func merge(
        _ graphID: GraphID, _ merging: inout Merging,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> TwinUpdate? {
        let summary = try summary(of: graphID, in: transaction)
        try readPending(graphID, after: summary?.mergedThrough ?? 0, &merging, in: transaction)
        guard let first = merging.pending.first?.step.moment else { return nil }
        let customer = try customer(of: graphID)
        var steps = merging.pending.map(\.step)
        let isRebuilt =
            try summary.map { summary in
                try first < summary.moment || steps.contains(where: \.isReturn)
                    || countsReturned(customer, summary, in: transaction)
            } ?? false
        var fold: TwinFold
        if isRebuilt || summary == nil {
            // Cheaper ways exist for a few late events; none is as surely right as starting over.
            if isRebuilt {
                steps += try mergedSteps(graphID, &merging.finder, in: transaction)
                steps.sort { $0.moment < $1.moment }
            }
            fold = TwinFold(all: steps, customer: customer, settings: settings)
        } else {
            let tail = try tail(graphID, before: first, &merging.finder, in: transaction)
            fold = TwinFold(customer: customer, settings: settings, tail: tail)
            try apply(steps, to: &fold, graphID, in: transaction)
        }
        guard var total = TwinSummary(steps, after: isRebuilt ? nil : summary) else { return nil }
        total.mergedThrough = merging.through
        var batch = WriteBatch()
        let node = Node(id: customer, properties: total.properties)
        let touched = fold.edges.lazy.filter(\.isTouched).map { ($0.edge, $0.isKnown) }
        try graph.put(node, Array(touched), graph: graphID, into: &batch)
        put(merging, graphID, into: &batch)
        return TwinUpdate(graph: graphID, isRebuilt: isRebuilt, batch: batch)
    }

    /// Reads the events of a twin that wait in the journal and are not merged yet.
    private func readPending(
        _ graphID: GraphID, after merged: UInt64, _ merging: inout Merging,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws {
        merging.pending.removeAll(keepingCapacity: true)
        merging.records.removeAll(keepingCapacity: true)
        var before: EventOutline?
        for entry in index.entries(of: graphID)
        where entry.sequence <= merging.through && entry.sequence > merged {
            let found: Void? = try readJournal(entry.sequence, in: transaction) {
                _, moment, record in
                let start = merging.records.count
                merging.records.append(copying: record)
                let event = try EventRecord.decodeOutline(record, after: before)
                before = event
                let step = try merging.finder.step(event, at: moment, in: transaction)
                merging.pending.append(
                    PendingEvent(step: step, record: start..<merging.records.count))
            }
            guard found != nil else {
                throw TwinsError(.corrupt, "The journal lacks an event. Restore a backup.")
            }
        }
        merging.pending.sort { $0.step.moment < $1.step.moment }
    }

    /// Steps from which on a twin's edges are read all at once and not one by one.
    private static let wholeGraphSteps = 16

    private func apply(
        _ steps: [TwinFold.Step], to fold: inout TwinFold, _ graphID: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws {
        guard steps.count < Self.wholeGraphSteps else {
            try graph.forEachEdge(graph: graphID, in: transaction) { edge in
                fold.load(edge)
                return true
            }
            for step in steps { fold.apply(step) }
            return
        }
        for step in steps {
            try fold.apply(step) { ends in
                try graph.edge(
                    from: ends.source, ends.type, to: ends.target, graph: graphID,
                    in: transaction)
            }
        }
    }

    /// Adds events and their ids to the changes of a twin.
    private func put(
        _ merging: Merging, _ graphID: GraphID, into batch: inout WriteBatch
    ) {
        for event in merging.pending {
            batch.put(
                in: graph.records,
                key: { Self.writeEventKey(graphID, event.step.moment, to: &$0) },
                value: { $0.appendRaw(merging.records[event.record]) })
        }
        let ids = merging.pending.map(\.step.moment).sorted { $0.tieBreak < $1.tieBreak }
        for moment in ids {
            batch.put(
                in: graph.records,
                key: { Self.writeIDKey(graphID, moment.tieBreak, to: &$0) },
                value: { $0.appendInt64(moment.timestamp.rawValue) })
        }
    }
}
