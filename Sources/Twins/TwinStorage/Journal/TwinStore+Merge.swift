import LMDB
import PropertyGraph

/// Merging: moving pending events from the journal into the logs and graphs of their twins.
///
/// A merge pass visits the twins by id, in several transactions. It merges all events of each twin
/// up to the sequence number at which the pass began. The journal's state has the position of the
/// pass, so an interrupted pass continues. After the pass, the journal up to that number is
/// obsolete; the next pass removes it in parts.
extension TwinStore {
    /// Merges all pending events, so that the journal is empty and twins are read fastest.
    ///
    /// Results do not depend on it: reads include pending events. It pays off after many events
    /// were ingested.
    ///
    /// - Parameter progress: Called after each batch with the number of events left.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``; merged events stay merged.
    package func mergeAll(progress: (Int) -> Void = { _ in }) throws {
        var writing = BackgroundStage<MergePosition?>()
        while try pendingCount() > 0 {
            // Begins a pass if none is under way.
            var position = try mergeStep(nil)
            while let start = position {
                let batch = try prepareMerge(Self.mergeBatchCount, from: start)
                position = batch?.end
                _ = try writing.begin { [self] in try mergeStep(batch) }
                progress(try pendingCount())
            }
            _ = try writing.finish()
            progress(try pendingCount())
        }
    }

    /// Applies one batch of a merge pass; without a batch it only begins a pass.
    ///
    /// - Returns: The position of the pass afterwards; `nil` if the pass has ended.
    private func mergeStep(_ batch: MergeBatch?) throws -> MergePosition? {
        try graph.write { transaction in
            var state = try openJournal(in: transaction)
            if state.mergeThrough == 0 {
                guard state.mergedThrough + 1 < state.next else { return nil }
                state.mergeThrough = state.next - 1
                state.mergePosition = GraphID(rawValue: 0)
            }
            if let batch {
                try advanceMerge(
                    by: Self.mergeBatchCount, prepared: batch, &state, in: transaction)
                if state.mergedThrough + 1 == state.next {
                    // The state goes too; it is written again right after.
                    try transaction.removeAll(prefix: [], in: journal)
                }
            }
            try closeJournal(state, added: [], in: transaction)
            return MergePosition(state)
        }
    }

    /// An upper bound of the number of pending events.
    package func pendingCount() throws -> Int {
        let state = try graph.read { try journalState(in: $0) }
        return Int(clamping: state.next - 1 - state.mergedThrough)
    }

    /// The number of events that ``mergeAll(progress:)`` merges in one transaction.
    private static let mergeBatchCount = 10_000

    /// The number of pending events at which a merge pass begins: a fraction of all events.
    ///
    /// A pass writes most pages of the twins that it visits, whether it merges one event of a twin
    /// or ten. If the journal did not grow with the store, the cost of an event would grow with the
    /// store. So the limit is a sixteenth of all events (O'Neil et al. 1996, "The Log-Structured
    /// Merge-Tree").
    private func journalLimit(_ state: JournalState) -> Int {
        max(journalLimit, min(Int(clamping: state.eventCount / 16), Self.journalLimitMax))
    }

    /// About half a gigabyte of memory during a merge pass.
    private static let journalLimitMax = 1 << 22

    /// The number of events to merge with a batch of new events.
    ///
    /// It is greater than the batch, so the journal cannot grow without end. It is hardly greater,
    /// so one pass follows the other and all batches cost the same.
    static func mergeCount(for events: [some Any]) -> Int { events.count + events.count / 16 + 1 }

    /// Continues the merge pass under way, or begins one if the journal has reached its limit.
    ///
    /// - Parameters:
    ///   - count: About how many events to merge.
    ///   - batch: The next batch of the pass, if it was prepared. If it does not begin at the
    ///     position of the pass, nothing is merged, unless the journal has twice its limit: then a
    ///     batch is prepared here.
    ///   - state: The state of the journal, which is updated.
    ///   - transaction: The transaction to write in.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``.
    func advanceMerge(
        by count: Int, prepared batch: MergeBatch?, _ state: inout JournalState,
        in transaction: borrowing WriteTransaction
    ) throws {
        let pending = index.pendingCount
        let limit = journalLimit(state)
        if state.mergeThrough == 0, pending >= limit, state.mergedThrough + 1 < state.next {
            state.mergeThrough = state.next - 1
            state.mergePosition = GraphID(rawValue: 0)
        }
        guard let position = MergePosition(state) else { return }
        try transaction.removeRange(
            from: Self.journalKey(0), to: Self.journalKey(state.mergedThrough + 1),
            limit: count, in: journal)
        if let batch, batch.start == position {
            try apply(batch, &state, in: transaction)
        } else if pending >= 2 * limit {
            try apply(
                prepareMerge(count, from: position, in: transaction), &state, in: transaction)
        }
    }

    private func apply(
        _ batch: MergeBatch, _ state: inout JournalState,
        in transaction: borrowing WriteTransaction
    ) throws {
        for twin in batch.twins {
            if twin.isRebuilt { try graph.clearGraph(twin.graph, in: transaction) }
            try transaction.apply(twin.batch)
        }
        if let end = batch.end {
            state.mergePosition = end.position
        } else {
            state.mergedThrough = state.mergeThrough
            state.mergeThrough = 0
        }
    }
}
