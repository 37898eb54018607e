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
    package func settle(progress: (Int) -> Void = { _ in }) throws {
        var writing = BackgroundStage<MergePosition?>()
        while try pendingCount() > 0 {
            // Where the sweep is, if it is under way; made so if it is not.
            var place = try mergeBatch(nil)
            while let from = place {
                let part = try prepareMerge(Self.mergeBatchCount, from: from)
                place = part?.end
                _ = try writing.begin { [self] in try mergeBatch(part) }
                progress(try pendingCount())
            }
            _ = try writing.finish()
            progress(try pendingCount())
        }
    }

    /// Settles one part of a sweep; without a part it only begins a sweep.
    ///
    /// - Returns: Where the sweep is afterwards; `nil` when it has ended.
    private func mergeBatch(_ part: MergeBatch?) throws -> MergePosition? {
        try graph.write { transaction in
            var state = try openJournal(in: transaction)
            if state.mergeThrough == 0 {
                guard state.mergedThrough + 1 < state.next else { return nil }
                state.mergeThrough = state.next - 1
                state.mergePosition = GraphID(rawValue: 0)
            }
            if let part {
                try sweep(Self.mergeBatchCount, part, &state, in: transaction)
                if state.mergedThrough + 1 == state.next {
                    // All at once: the state is written anew right after.
                    try transaction.removeAll(prefix: [], in: journal)
                }
            }
            try closeJournal(state, added: [], in: transaction)
            return MergePosition(state)
        }
    }

    /// How many events are in the journal, at most.
    package func pendingCount() throws -> Int {
        let state = try graph.read { try journalState(in: $0) }
        return Int(clamping: state.next - 1 - state.mergedThrough)
    }

    /// Events that one transaction settles when nothing else is to be done.
    private static let mergeBatchCount = 10_000

    /// How many events wait before a sweep begins: a share of all.
    ///
    /// A sweep writes most pages of the twins that it comes to, whether it settles one event of a
    /// twin or ten. If the journal did not grow with the store, ever more would be written for an
    /// event; so it is a sixteenth of the store at most (O'Neil et al. 1996, "The Log-Structured
    /// Merge-Tree").
    private func journalLimit(_ state: JournalState) -> Int {
        max(journalLimit, min(Int(clamping: state.eventCount / 16), Self.journalLimitMax))
    }

    /// About half a gigabyte of memory while a sweep is under way.
    private static let journalLimitMax = 1 << 22

    /// How many events a batch settles: more than come in, so the journal cannot grow without
    /// end, and hardly more, so one sweep follows the other and every batch costs the same.
    static func mergeCount(for events: [some Any]) -> Int { events.count + events.count / 16 + 1 }

    /// Goes on with the sweep under way, or begins one if the journal is long.
    ///
    /// - Parameters:
    ///   - count: How many events to settle before it stops, about.
    ///   - part: What was made ready of it. If the sweep is not where the part begins, it waits for
    ///     the next batch, unless the journal is twice too long: then the part is made here.
    ///   - state: The journal's; moved on.
    ///   - transaction: To settle in.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError``.
    func sweep(
        _ count: Int, _ part: MergeBatch?, _ state: inout JournalState,
        in transaction: borrowing WriteTransaction
    ) throws {
        let pending = index.pendingCount
        let limit = journalLimit(state)
        if state.mergeThrough == 0, pending >= limit, state.mergedThrough + 1 < state.next {
            state.mergeThrough = state.next - 1
            state.mergePosition = GraphID(rawValue: 0)
        }
        guard let place = MergePosition(state) else { return }
        try transaction.removeRange(
            from: Self.journalKey(0), to: Self.journalKey(state.mergedThrough + 1),
            limit: count, in: journal)
        if let part, part.start == place {
            try carryOut(part, &state, in: transaction)
        } else if pending >= 2 * limit {
            try carryOut(
                prepareMerge(count, from: place, in: transaction), &state, in: transaction)
        }
    }

    private func carryOut(
        _ part: MergeBatch, _ state: inout JournalState, in transaction: borrowing WriteTransaction
    ) throws {
        for twin in part.twins {
            if twin.isRebuilt { try graph.clearGraph(twin.graph, in: transaction) }
            try transaction.apply(twin.batch)
        }
        if let end = part.end {
            state.mergePosition = end.position
        } else {
            state.mergedThrough = state.mergeThrough
            state.mergeThrough = 0
        }
    }
}
