package import PropertyGraph
import Synchronization
package import Time

/// The state of the journal: one record that every batch rewrites.
package struct JournalState: Hashable, Sendable {
    /// The number of changes of the journal.
    package var revision: UInt64 = 0
    /// The sequence number of the next event.
    package var next: UInt64 = 1
    /// All events up to this sequence number are merged.
    package var mergedThrough: UInt64 = 0
    /// The sequence number up to which the merge pass under way merges; 0 if there is none.
    package var mergeThrough: UInt64 = 0
    /// The last graph that the merge pass under way has visited.
    package var mergePosition = GraphID(rawValue: 0)
    /// The number of events in the store, merged or pending.
    package var eventCount: UInt64 = 0
    /// The time of the newest event of all.
    package var newest: Timestamp?

    /// Creates a value from its parts.
    package init(
        revision: UInt64 = 0, next: UInt64 = 1, mergedThrough: UInt64 = 0,
        mergeThrough: UInt64 = 0, mergePosition: GraphID = .shared,
        eventCount: UInt64 = 0, newest: Timestamp? = nil
    ) {
        self.revision = revision
        self.next = next
        self.mergedThrough = mergedThrough
        self.mergeThrough = mergeThrough
        self.mergePosition = mergePosition
        self.eventCount = eventCount
        self.newest = newest
    }

    /// Whether the numbers are consistent and can grow; a damaged record may have any values.
    package var isPlausible: Bool {
        let limit: UInt64 = 1 << 62
        return (1..<limit).contains(next) && revision < limit && eventCount < limit
            && mergedThrough < next && mergeThrough < next
            && (mergeThrough == 0 || mergeThrough >= mergedThrough)
    }
}

/// The position of an event in the journal.
struct JournalEntry: Hashable, Sendable {
    /// Its sequence number, which is its key.
    var sequence: UInt64
    /// The first half of the hash of its id.
    var tieBreak: UInt64
}

/// The identity of an event.
struct EventKey: Hashable, Sendable {
    var graph: GraphID
    var tieBreak: UInt64

    func hash(into hasher: inout Hasher) {
        // One number instead of two, because this runs several times for every event.
        hasher.combine(tieBreak &+ graph.rawValue &* 0x9E37_79B9_7F4A_7C15)
    }
}

/// An index in memory of the pending events of each twin, built from the journal.
///
/// It may have more events than a snapshot (not yet committed, or merged since), but never fewer:
/// events enter before their transaction commits, and leave after the transaction that merged them
/// has committed. A reader sees each event exactly once if it reads the index *before* it opens a
/// snapshot, and then skips events that the snapshot lacks and those that the twin has merged.
final class JournalIndex: Sendable {
    private let contents = Mutex(Contents())

    fileprivate struct Contents {
        var state: JournalState?
        var pending: [GraphID: [JournalEntry]] = [:]
        var sequences: [EventKey: UInt64] = [:]
        /// The number of events, merged or pending, of twins for which it was needed.
        var counts: [GraphID: Int] = [:]
        /// Whether a write transaction has opened the journal and not closed it.
        var isOpen = false
        /// The transaction that wrote `state`; it may not have committed.
        var writtenBy = 0
        var droppedThrough: UInt64 = 0
        /// The graphs with events in the merge pass under way, by id.
        var mergeOrder: (through: UInt64, graphs: [GraphID])?
    }

    /// The entries of a twin, in the order of arrival.
    func entries(of graph: GraphID) -> [JournalEntry] {
        contents.withLock { $0.pending[graph] ?? [] }
    }

    /// The entries of a twin that a snapshot may need; `nil` if needed entries were dropped.
    ///
    /// The index drops entries after they are merged. A snapshot in which all dropped entries are
    /// merged needs none of them, even if the index is read after the snapshot was opened.
    ///
    /// - Parameters:
    ///   - graph: The twin's graph.
    ///   - merged: The sequence number up to which the snapshot has merged all events.
    /// - Returns: The entries, in the order of arrival.
    func entries(of graph: GraphID, mergedThrough merged: UInt64) -> [JournalEntry]? {
        contents.withLock { contents in
            contents.droppedThrough <= merged ? contents.pending[graph] ?? [] : nil
        }
    }

    /// Stops the program if the parts of the index are inconsistent; for tests.
    ///
    /// Do not call it while a transaction is claiming sequence numbers.
    ///
    /// - Complexity: O(n log n) for n events in the journal.
    func checkInvariants() {
        contents.withLock { $0.checkInvariants() }
    }

    /// A lower bound of the number of events in the journal.
    var pendingCount: Int { contents.withLock { $0.sequences.count } }

    /// Reloads the index if it is older than a snapshot.
    ///
    /// - Parameters:
    ///   - stored: The state in the snapshot.
    ///   - load: Reads the snapshot's journal after a sequence number.
    /// - Throws: The error of `load`.
    func refresh(
        to stored: JournalState, load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        try contents.withLock { contents in
            if let state = contents.state, state.revision >= stored.revision { return }
            try contents.reload(stored, load)
        }
    }

    /// Makes the index equal to the journal in a write transaction.
    ///
    /// - Parameters:
    ///   - stored: The state in the transaction.
    ///   - number: The transaction's number.
    ///   - load: Reads the transaction's journal after a sequence number.
    /// - Throws: The error of `load`.
    func open(
        at stored: JournalState, transaction number: Int,
        load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        try contents.withLock { contents in
            // If it is still open, that transaction did not commit. If the revision differs,
            // another process has written.
            if contents.isOpen || contents.state?.revision != stored.revision {
                try contents.reload(stored, load)
            } else if number > contents.writtenBy {
                contents.drop(through: stored.mergedThrough)
            }
            if contents.counts.count > Self.countedMax { contents.counts.removeAll() }
            contents.isOpen = true
        }
    }

    /// The most twins with a kept count; each takes 16 bytes.
    private static let countedMax = 1 << 17

    /// The number of events of a twin, merged or pending, in the open transaction.
    ///
    /// - Parameters:
    ///   - graph: The twin's graph.
    ///   - merged: Reads the number of its merged events, and the sequence number up to which they
    ///     are merged. It is called once, before the transaction adds events of the twin.
    /// - Returns: The number of its events.
    /// - Throws: The error of `merged`.
    func eventCount(
        of graph: GraphID, merged: () throws -> (count: Int, through: UInt64)
    ) rethrows -> Int {
        try contents.withLock { contents in
            if let count = contents.counts[graph] { return count }
            let (count, through) = try merged()
            let pending = contents.pending[graph]?.count { $0.sequence > through } ?? 0
            contents.counts[graph] = count + pending
            return count + pending
        }
    }

    /// Adds 1 to the number of events of a twin, if it is kept.
    func countEvent(of graph: GraphID) {
        contents.withLock { contents in contents.counts[graph]? += 1 }
    }

    /// The sequence number of an event in the journal; `nil` if it is not there.
    func sequence(of key: EventKey) -> UInt64? { contents.withLock { $0.sequences[key] } }

    /// Returns an event's existing sequence number, or reserves `sequence` for it.
    ///
    /// - Returns: The existing sequence number; `nil` if `sequence` was reserved.
    func claim(_ sequence: UInt64, for key: EventKey) -> UInt64? {
        contents.withLock { contents in
            // A table that grows in small steps is copied often.
            if contents.sequences.count == 1 << 12 { contents.sequences.reserveCapacity(1 << 18) }
            guard let known = contents.sequences.updateValue(sequence, forKey: key) else {
                return nil
            }
            contents.sequences[key] = known
            return known
        }
    }

    /// Adds the entries and the state that a transaction is about to commit.
    func close(
        at state: JournalState, added: [(GraphID, JournalEntry)], transaction number: Int
    ) {
        contents.withLock { contents in
            for (graph, entry) in added { contents.pending[graph, default: []].append(entry) }
            contents.state = state
            contents.writtenBy = number
            contents.isOpen = false
        }
    }

    /// Removes the entries of a twin that is being erased.
    ///
    /// A reader with an older snapshot may miss them, which is intended.
    func forget(_ graph: GraphID) {
        contents.withLock { contents in
            for entry in contents.pending[graph] ?? [] {
                contents.sequences[EventKey(graph: graph, tieBreak: entry.tieBreak)] = nil
            }
            contents.pending[graph] = nil
            contents.counts[graph] = nil
        }
    }

    /// The graphs after a position that have events in the merge pass under way, by id.
    func graphs(after position: GraphID, mergeThrough: UInt64) -> ArraySlice<GraphID> {
        contents.withLock { contents in
            if contents.mergeOrder?.through != mergeThrough {
                let graphs = contents.pending.filter {
                    ($0.value.first?.sequence ?? .max) <= mergeThrough
                }
                contents.mergeOrder = (mergeThrough, graphs.keys.sorted())
            }
            let graphs = contents.mergeOrder?.graphs ?? []
            var low = 0
            var high = graphs.count
            while low < high {
                let middle = (low + high) / 2
                if graphs[middle] <= position { low = middle + 1 } else { high = middle }
            }
            return graphs[low...]
        }
    }
}

extension JournalIndex.Contents {
    fileprivate func checkInvariants() {
        var count = 0
        for (graph, entries) in pending {
            precondition(!entries.isEmpty, "a graph without events is not listed")
            for (earlier, later) in zip(entries, entries.dropFirst()) {
                precondition(
                    earlier.sequence < later.sequence, "events of a graph are in their order")
            }
            for entry in entries {
                let key = EventKey(graph: graph, tieBreak: entry.tieBreak)
                precondition(
                    sequences[key] == entry.sequence, "an event is known by its id and its graph")
                precondition(entry.sequence > droppedThrough, "what was dropped is gone")
                if let state {
                    precondition(entry.sequence < state.next, "no event is yet to come")
                }
            }
            count += entries.count
        }
        precondition(sequences.count == count, "events are as many as their ids")
        if let state {
            precondition(state.isPlausible, "the state's numbers fit each other")
            precondition(droppedThrough <= state.mergedThrough, "only merged events are dropped")
        }
    }

    fileprivate mutating func reload(
        _ stored: JournalState, _ load: (UInt64) throws -> [(GraphID, JournalEntry)]
    ) throws {
        let entries = try load(stored.mergedThrough)
        pending = [:]
        sequences = [:]
        counts = [:]
        for (graph, entry) in entries {
            pending[graph, default: []].append(entry)
            sequences[EventKey(graph: graph, tieBreak: entry.tieBreak)] = entry.sequence
        }
        state = stored
        writtenBy = 0
        droppedThrough = stored.mergedThrough
        mergeOrder = nil
    }

    /// Drops events up to a sequence number; their merge is committed.
    fileprivate mutating func drop(through sequence: UInt64) {
        guard sequence > droppedThrough else { return }
        droppedThrough = sequence
        for (graph, entries) in pending where (entries.first?.sequence ?? 0) <= sequence {
            let rest = entries.filter { $0.sequence > sequence }
            for entry in entries where entry.sequence <= sequence {
                sequences[EventKey(graph: graph, tieBreak: entry.tieBreak)] = nil
            }
            pending[graph] = rest.isEmpty ? nil : rest
        }
    }
}
